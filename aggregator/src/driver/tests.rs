//! What the loop finds out while it performs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use rollcall_proto::ids::Topic;
use rollcall_proto::v1;

use super::*;
use crate::core::roster::Roster;
use crate::core::settings::Settings;
use crate::core::terms;

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
