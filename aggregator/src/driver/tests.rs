//! What the loop finds out while it performs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use rollcall_proto::ids::Topic;
use rollcall_proto::v1;

use super::*;
use crate::core::evidence::{OperatorWords, TopicEvidence};
use crate::core::roster::{Roster, TopicKey};
use crate::core::settings::Settings;
use crate::core::terms;
use crate::core::trace::log::opening;

fn driver() -> (Driver, Arc<Roster>) {
    let roster = Arc::new(Roster::new([Topic::new("A").unwrap()]));
    let clock = Clock::start();
    let words = BTreeMap::new();
    let roll = Roll::new(
        Settings::default(),
        Arc::clone(&roster),
        &words,
        clock.now(),
        SystemTime::UNIX_EPOCH,
    );
    (Driver::new(roll, clock, 1).0, roster)
}

#[test]
fn a_call_that_was_given_up_between_admission_and_answer_holds_nothing() {
    let (mut driver, roster) = driver();
    let request = v1::GatherRequest::default();
    let terms = terms::read(&request, &roster, Duration::from_secs(1)).unwrap();
    let (chunks, answer) = mpsc::channel(GATHER_CHUNKS);
    let (admitted, admission) = oneshot::channel();
    driver.obey(Command::Gather {
        terms,
        settle: Vec::new(),
        chunks,
        admitted,
    });
    drop((admission, answer));
    // The first thing that is written finds nobody.
    driver.apply(Event::Stop);
    assert!(driver.roll.is_drained());
}

#[test]
fn a_recording_that_nobody_reads_is_cut_off_and_what_waited_can_still_be_read() {
    let (mut driver, _) = driver();
    let (topic, now) = (TopicKey(0), driver.clock.now());
    let mut lines = driver.record(vec![topic], true).lines;
    let words = OperatorWords::default();
    let name = Topic::new("A").unwrap();
    let known = TopicEvidence::new(name, words, now, SystemTime::UNIX_EPOCH);
    let line = opening(&known, now);
    for _ in 0..recorders::LINES {
        driver.hand_on(topic, &line);
    }
    assert_eq!(driver.recorders.len(), 1, "there was room for each of them");
    driver.hand_on(topic, &line);
    assert_eq!(driver.recorders.len(), 0);
    let mut read = 0;
    while lines.try_recv().is_ok() {
        read += 1;
    }
    assert_eq!(read, recorders::LINES);
    assert!(lines.is_closed(), "then it ends");
}
