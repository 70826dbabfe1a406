use std::time::SystemTime;

use rollcall_proto::ids::Topic;
use rollcall_proto::v1;

use super::*;
use crate::core::books::FeedKey;
use crate::core::evidence::OperatorWords;

const NOW: Moment = Moment::from_millis(7_200_000);
const WALL_SECONDS: i64 = 1_700_000_000;

/// A topic with one record every `gap` seconds, thirty of them; none for 0.
fn topic(name: &str, gap: i64) -> TopicEvidence {
    written(name, gap, if gap == 0 { 0 } else { 30 })
}

/// A topic with so many records, one every `gap` seconds, whose consumer has the settings of profile "balanced".
fn written(name: &str, gap: i64, count: i64) -> TopicEvidence {
    said(name, gap, count, OperatorWords::default())
}

/// The same, with what the operator says of it.
fn said(name: &str, gap: i64, count: i64, words: OperatorWords) -> TopicEvidence {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(WALL_SECONDS as u64);
    let mut evidence = TopicEvidence::new(Topic::new(name).unwrap(), words, NOW, wall);
    let open = v1::Open {
        fetch_wait: Some(wire_duration(Duration::from_millis(500))),
        fetch_min_bytes: 1_024,
        ..Default::default()
    };
    evidence.feed_opened(FeedKey(1), &open, NOW);
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

fn asked(target: f64) -> Asked {
    Asked {
        target,
        ..Default::default()
    }
}

fn millis(millis: u64) -> Option<prost_types::Duration> {
    Some(wire_duration(Duration::from_millis(millis)))
}

#[test]
fn every_topic_gets_its_timeout_and_the_roll_its_share() {
    let roll = [topic("CAR-ORDER", 5), topic("HOST-DCDC", 2)];
    let advice = advise(&roll, asked(0.95), NOW);
    let timeouts: Vec<_> = advice.topics.iter().map(|topic| topic.timeout).collect();
    assert_eq!(timeouts, [millis(4_750), millis(1_900)]);
    assert!((advice.p_all_answer.unwrap() - 0.2 * 0.5).abs() < 1e-9);
    assert!((advice.topics[0].p_empty.unwrap() - 0.05).abs() < 1e-9);
}

#[test]
fn an_unknown_rhythm_is_no_advice_and_leaves_the_roll_unknown() {
    let roll = [topic("CAR-ORDER", 5), topic("STORAGE", 0)];
    let advice = advise(&roll, asked(0.95), NOW);
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
        let advice = advise(&[topic("CAR-ORDER", 5)], asked(target), NOW);
        assert!((advice.target - TARGET).abs() < 1e-9, "{target}");
    }
}

#[test]
fn callers_in_a_row_get_a_timeout_of_their_own() {
    let advice = advise(&[topic("CAR-ORDER", 5)], asked(0.95), NOW);
    let topic = &advice.topics[0];
    assert_eq!(topic.timeout_in_a_row, millis(5_061));
    assert_eq!(topic.p_empty_in_a_row, Some(0.0));
}

#[test]
fn without_enough_gaps_there_is_no_advice_but_how_long_to_watch() {
    let advice = advise(
        &[written("CAR-ORDER", 5, 9), written("STORAGE", 5, 1)],
        asked(0.95),
        NOW,
    );
    let [some, none] = &advice.topics[..] else {
        panic!("{advice:?}")
    };
    assert_eq!((some.gaps_missing, some.watch_for), (12, millis(60_000)));
    assert_eq!((some.timeout, some.timeout_in_a_row), (None, None));
    assert_eq!((some.profile.as_str(), some.profiles.len()), ("", 0));
    assert_eq!((none.gaps_missing, none.watch_for), (20, None));
    assert_eq!((advice.topics_unknown, advice.points.len()), (2, 0));
}

#[test]
fn the_roll_has_a_timeout_at_which_all_of_it_answers() {
    let roll = [
        topic("CAR-ORDER", 5),
        topic("HOST-DCDC", 2),
        topic("STORAGE", 0),
    ];
    let advice = advise(&roll, asked(0.9), NOW);
    assert_eq!((advice.p_all_answer, advice.topics_unknown), (None, 1));
    // The faster one always answers by then.
    assert_eq!(advice.timeout_for_all, millis(4_500));
    assert_eq!(advice.timeout_for_all_in_a_row, millis(5_061));
    let points: Vec<_> = advice
        .points
        .iter()
        .map(|point| point.p_all_answer)
        .collect();
    assert!(points.is_sorted(), "{points:?}");
    assert!((8..=26).contains(&points.len()), "{points:?}");
    let at = |wanted| {
        let found = advice.points.iter().find(|point| point.timeout == wanted);
        found.map(|point| point.p_all_answer)
    };
    assert!((at(millis(1_000)).unwrap() - 0.2 * 0.5).abs() < 1e-9);
    assert!(at(millis(4_500)).is_some() && at(millis(5_061)).is_some());
}

#[test]
fn a_topic_that_is_expected_to_be_empty_does_not_hold_the_roll_up() {
    let words = OperatorWords {
        expect_empty: true,
        ..Default::default()
    };
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(WALL_SECONDS as u64);
    let empty = TopicEvidence::new(Topic::new("STORAGE").unwrap(), words, NOW, wall);
    let advice = advise(&[topic("CAR-ORDER", 5), empty], asked(0.95), NOW);
    assert_eq!(
        (advice.topics_unknown, advice.topics_expected_empty),
        (0, 1)
    );
    assert_eq!(advice.timeout_for_all, millis(4_750));
    assert!(advice.topics[1].expect_empty);
}

#[test]
fn a_topic_whose_producer_fell_silent_is_not_counted_as_one_that_answers() {
    let later = NOW + Duration::from_secs(600);
    let operator = |max_silence| OperatorWords {
        max_silence,
        ..Default::default()
    };
    // Thirty gaps of 5 s, and of 400 s: 600 s are far beyond the first, and nothing unusual for the other.
    for (words, silent) in [
        (operator(None), [true, false]),
        (operator(Some(Duration::from_secs(3_600))), [true, false]),
        (operator(Some(Duration::from_secs(599))), [true, true]),
    ] {
        let roll = [5, 400].map(|gap| said("CAR-ORDER", gap, 31, words.clone()));
        let advice = advise(&roll, asked(0.95), later);
        let silences = advice.topics.iter().map(|topic| topic.silent_for.is_some());
        assert_eq!(silences.collect::<Vec<_>>(), silent);
        assert_eq!(advice.topics[0].silent_for, millis(600_000));
        let count = silent.into_iter().filter(|silent| *silent).count();
        assert_eq!(
            (advice.topics_silent as usize, advice.topics_unknown),
            (count, 0)
        );
        assert_eq!(advice.p_all_answer, None);
        let alone = advise(&roll[1..], asked(0.95), later);
        assert_eq!(
            (advice.points, advice.timeout_for_all),
            (alone.points, alone.timeout_for_all),
            "what is left is counted as if it were alone"
        );
    }
    let on_time = advise(
        &[topic("CAR-ORDER", 5)],
        asked(0.95),
        NOW + Duration::from_secs(15),
    );
    assert_eq!(
        (on_time.topics_silent, on_time.topics[0].silent_for),
        (0, None)
    );
}

#[test]
fn a_burst_that_was_all_is_no_topic_that_always_answers() {
    use crate::core::arrivals::ArrivedBatch;
    let mut burst = topic("CAR-ORDER", 0);
    for i in 1..=25 {
        let batch = ArrivedBatch {
            records: 1,
            bytes: 0,
            first_ms: None,
            last_ms: None,
            live: true,
        };
        burst.heard(batch, NOW + Duration::from_millis(100 * i));
    }
    let advice = advise(&[burst], asked(0.95), NOW + Duration::from_secs(60));
    assert_eq!((advice.topics_silent, advice.p_all_answer), (1, None));
    assert!(advice.points.is_empty());
}

/// What each profile costs a topic, and the one that fits.
fn profiles(topic: TopicEvidence) -> v1::TopicAdvice {
    advise(&[topic], asked(0.95), NOW).topics.remove(0)
}

#[test]
fn a_minimum_of_bytes_delays_and_the_profile_without_one_fits() {
    let advice = profiles(topic("CAR-ORDER", 2));
    let delays: Vec<_> = advice
        .profiles
        .iter()
        .map(|cost| (cost.profile.as_str(), cost.delay_at_most))
        .collect();
    // Nothing is known of the records' size: the whole of W.
    assert_eq!(
        delays,
        [
            ("default", millis(0)),
            ("balanced", millis(500)),
            ("high-throughput", millis(1_000)),
            ("realtime", millis(0)),
        ]
    );
    assert_eq!(advice.today.unwrap().delay_at_most, millis(500));
    // A second is too short for it; balanced and high-throughput wait long enough.
    assert_eq!(
        (advice.profile.as_str(), advice.reason.try_into()),
        ("balanced", Ok(v1::ProfileReason::ReachesTarget))
    );
    let slow = profiles(topic("CAR-ORDER", 60));
    assert_eq!(
        (slow.profile.as_str(), slow.reason.try_into()),
        ("high-throughput", Ok(v1::ProfileReason::FewestEmpty))
    );
}

/// A topic that is read live, with batches of so many records of 100 bytes ten times a second.
fn busy(records: u32) -> TopicEvidence {
    use crate::core::arrivals::ArrivedBatch;
    let mut evidence = topic("CAR-ORDER", 0);
    for i in 1..=50 {
        let batch = ArrivedBatch {
            records,
            bytes: u64::from(records) * 100,
            first_ms: None,
            last_ms: None,
            live: true,
        };
        evidence.heard(batch, NOW + Duration::from_millis(100 * i));
    }
    evidence
}

#[test]
fn a_limit_of_records_leaves_behind_what_comes_beyond_it() {
    let advice = profiles(busy(15));
    let left: Vec<_> = advice
        .profiles
        .iter()
        .map(|cost| cost.records_left.round())
        .collect();
    // 150 records a second: 150, 450, 750 and 150 in the timeouts of the profiles.
    assert_eq!(left, [0.0, 0.0, 0.0, 50.0]);
    assert_eq!(advice.profile, "default");
    assert!((advice.record_bytes.unwrap() - 100.0).abs() < 1e-9);
    // 1 KiB of them is there after 68 ms.
    assert_eq!(
        advice.today.unwrap().delay_at_most.unwrap().nanos / 1_000_000,
        68
    );
    let flood = profiles(busy(100));
    assert_eq!(
        (flood.profile.as_str(), flood.reason.try_into()),
        ("default", Ok(v1::ProfileReason::FewestLeft))
    );
}
