use std::time::SystemTime;

use rollcall_proto::ids::Topic;
use rollcall_proto::v1;

use super::*;
use crate::core::books::FeedKey;
use crate::core::evidence::OperatorWords;

const NOW: Moment = Moment::from_millis(7_200_000);
const WALL_SECONDS: i64 = 1_700_000_000;

/// A topic with one record every `gap` seconds, ten of them; none for 0.
fn topic(name: &str, gap: i64) -> TopicEvidence {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(WALL_SECONDS as u64);
    let mut evidence = TopicEvidence::new(
        Topic::new(name).unwrap(),
        OperatorWords::default(),
        NOW,
        wall,
    );
    let count = if gap == 0 { 0 } else { 10 };
    let arrivals = (0..count).rev().map(|i| prost_types::Timestamp {
        seconds: WALL_SECONDS - i * gap,
        nanos: 0,
    });
    evidence.history(
        FeedKey(1),
        &v1::History {
            arrivals: arrivals.collect(),
            ..Default::default()
        },
        NOW,
    );
    evidence
}

#[test]
fn every_topic_gets_its_timeout_and_the_roll_its_share() {
    let roll = [topic("CAR-ORDER", 5), topic("HOST-DCDC", 2)];
    let advice = advise(&roll, 0.95, Duration::from_secs(1), NOW);
    let timeouts: Vec<_> = advice.topics.iter().map(|topic| topic.timeout).collect();
    let millis = |millis| Some(wire_duration(Duration::from_millis(millis)));
    assert_eq!(timeouts, [millis(4_750), millis(1_900)]);
    assert!((advice.p_all_answer.unwrap() - 0.2 * 0.5).abs() < 1e-9);
    assert!((advice.topics[0].p_empty.unwrap() - 0.05).abs() < 1e-9);
}

#[test]
fn an_unknown_rhythm_is_no_advice_and_leaves_the_roll_unknown() {
    let roll = [topic("CAR-ORDER", 5), topic("STORAGE", 0)];
    let advice = advise(&roll, 0.95, Duration::from_secs(1), NOW);
    assert_eq!(
        (
            advice.topics[1].timeout,
            advice.topics[1].arrivals.is_some()
        ),
        (None, false)
    );
    assert_eq!(advice.p_all_answer, None);
}

#[test]
fn a_target_that_is_no_share_is_the_usual_one() {
    for target in [0.0, 1.0, -3.0, f64::NAN, f64::INFINITY] {
        let advice = advise(
            &[topic("CAR-ORDER", 5)],
            target,
            Duration::from_secs(1),
            NOW,
        );
        assert!((advice.target - TARGET).abs() < 1e-9, "{target}");
    }
}
