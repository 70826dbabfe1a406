//! An aggregator of several: what is another lane's is refused, and not waited for.

use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Close, ClosedBy, SettleStatus, VerdictCode, feed_request};
use rollcall_proto::v1::{Delivery, feed_response};

use super::play::{Play, TOPICS, claim, range};
use crate::core::books::FeedKey;
use crate::core::count::Count;
use crate::core::event::FeedEnd;
use crate::core::fault::FeedFault;
use crate::core::lane::Lane;
use crate::core::roster::TopicKey;
use crate::core::settings::Settings;
use crate::core::verdict::Detail;

const LANE: Lane = Lane::new(1, 2);
const SECOND: Duration = Duration::from_secs(1);

/// Lane 1 of 2.
fn lane_one() -> Play {
    let settings = Settings {
        lane: LANE,
        ..Settings::default()
    };
    Play::with(&TOPICS, settings)
}

/// A pulse that says how many partitions the metadata has.
fn knows(play: &mut Play, feed: FeedKey, partitions: u32) {
    let pulse = v1::Pulse {
        partitions_known: Some(partitions),
        ..v1::Pulse::default()
    };
    play.say(feed, feed_request::Event::Pulse(pulse));
}

fn code(summary: &v1::GatherSummary, slot: usize) -> VerdictCode {
    summary.slots[slot].verdict.as_ref().unwrap().code()
}

#[test]
fn a_fetcher_is_told_the_lane() {
    let mut play = lane_one();
    for lanes in [0, 2] {
        let feed = play.open_counting("A", lanes);
        let welcome = play.told[&feed].iter().find_map(|event| match event {
            feed_response::Event::Welcome(welcome) => Some((welcome.lane, welcome.lanes)),
            _ => None,
        });
        assert_eq!(welcome, Some((1, 2)), "who says {lanes}");
        assert!(!play.ends.contains_key(&feed));
    }
}

#[test]
fn a_fetcher_that_counts_other_lanes_is_refused_and_leaves_its_word() {
    let mut play = lane_one();
    let mut refused = None;
    for _ in 0..=60 {
        let feed = play.open_counting("A", 3);
        refused = play.ends.get(&feed).cloned();
        assert!(!play.told.contains_key(&feed), "no welcome");
        play.pass(SECOND);
    }
    let fault = FeedFault::LanesDisagree {
        said: 3,
        lane: LANE,
    };
    let said = fault.to_string();
    assert_eq!(refused, Some(FeedEnd::Fault(fault)));
    assert_eq!(
        said,
        "the fetcher counts 3 lanes, this aggregator is lane 1 of 2"
    );
    let counted = play.roll.counters().get(Count::FeedFaultLanesDisagree);
    assert_eq!(counted, 61);
    let gather = play.gather("A", |_| {});
    play.pass(SECOND * 2);
    assert_eq!(code(&play.summary(gather), 0), VerdictCode::LanesDisagree);
    let said = play.roll.topics()[0]
        .timeline
        .last()
        .map(|span| span.said.code);
    assert_eq!(
        said,
        Some(VerdictCode::LanesDisagree),
        "without a gather too"
    );
    let feed = play.open_counting("A", 2);
    assert!(
        !play.ends.contains_key(&feed),
        "who counts the same is let in"
    );
}

#[test]
fn a_claim_of_another_lanes_partition_ends_the_feed_and_no_other() {
    let mut play = lane_one();
    let good = play.open("A");
    play.claim(good, 1, 0, 0);
    let feed = play.open("A");
    let asked = v1::Claim {
        partition: 2,
        ..claim()
    };
    play.say(feed, feed_request::Event::Claim(asked));
    let fault = FeedFault::NotInThisLane {
        partition: Partition(2),
        lane: LANE,
    };
    let said = "partition 2 belongs to lane 0, this aggregator is lane 1 of 2";
    assert_eq!(fault.to_string(), said);
    assert_eq!(play.ends.get(&feed), Some(&FeedEnd::Fault(fault)));
    assert!(!play.ends.contains_key(&good));
    assert_eq!(play.roll.counters().get(Count::FeedFaultNotInThisLane), 1);
    assert!(!play.roll.topics()[0].partitions.contains_key(&Partition(2)));
}

#[test]
fn a_range_is_settled_at_the_lane_that_has_its_partition() {
    let mut play = lane_one();
    let feed = play.open("A");
    let claimed = play.claim(feed, 3, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let gather = play.gather("A", |request| {
        request.settle = vec![range(4, 0, 10), range(-1, 0, 10)];
    });
    let settled = play.settle(vec![range(0, 0, 10), range(3, 0, 10), range(2, 5, 5)]);
    let expected = [
        SettleStatus::RefusedWrongLane,
        SettleStatus::Acked,
        SettleStatus::RefusedRange,
    ];
    assert_eq!(settled, expected);
    let lanes: Vec<_> = play.settled.iter().map(|result| result.lane).collect();
    assert_eq!(lanes, [Some(0), None, None]);
    let with_the_call = &play.summary(gather).settled;
    let told = |result: &v1::SettleResult| (result.status(), result.lane);
    let expected = [
        (SettleStatus::RefusedWrongLane, Some(0)),
        (SettleStatus::RefusedRange, None),
    ];
    assert_eq!(with_the_call.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(
        play.roll.counters().get(Count::AcksKept),
        0,
        "kept for nobody"
    );
}

/// Lane 1 of 2: topic A has a partition here with ten records, B has one partition, in lane 0.
fn with_a_topic_elsewhere() -> Play {
    let mut play = lane_one();
    let (a, b) = (play.open("A"), play.open("B"));
    knows(&mut play, a, 2);
    knows(&mut play, b, 1);
    let claimed = play.claim(a, 1, 0, 0);
    play.batch(a, &claimed, 0, 10);
    play
}

#[test]
fn a_topic_without_a_partition_here_is_not_waited_for() {
    let closes = [Close::Each, Close::Full, Close::Required, Close::Any];
    for delivery in [Delivery::Lease, Delivery::Peek, Delivery::AutoAck] {
        for close in closes {
            let mut play = with_a_topic_elsewhere();
            let gather = play.gather("", |request| {
                request.close = close.into();
                request.delivery = delivery.into();
                request.max_records = Some(10);
                if close == Close::Required {
                    request.required = vec!["A".to_owned(), "B".to_owned()];
                }
            });
            assert!(play.is_answered(gather), "{close:?} {delivery:?} waits");
            let summary = play.summary(gather);
            assert_eq!(summary.closed_by(), ClosedBy::Condition);
            assert_eq!((summary.lane, summary.lanes), (1, 2));
            assert_eq!(summary.slots[0].record_count, 10);
            assert_eq!(code(&summary, 1), VerdictCode::NotInThisLane);
            assert_eq!(summary.slots[1].backlog, Some(0));
        }
    }
}

#[test]
fn a_gather_of_nothing_that_is_here_is_answered_at_once() {
    for close in [Close::Each, Close::Full, Close::Any] {
        let mut play = with_a_topic_elsewhere();
        let gather = play.gather("B", |request| request.close = close.into());
        assert!(play.is_answered(gather), "{close:?} waits");
    }
}

#[test]
fn a_topic_whose_partitions_are_not_known_is_waited_for_until_they_are() {
    let mut play = lane_one();
    let feed = play.open("A");
    let gather = play.gather("A", |_| {});
    play.pass(SECOND / 2);
    assert!(!play.is_answered(gather), "nothing is known");
    knows(&mut play, feed, 1);
    assert!(play.is_answered(gather), "it turned out to be elsewhere");
    let peek = play.gather("A", |request| request.delivery = Delivery::Peek.into());
    assert!(play.is_answered(peek));

    knows(&mut play, feed, 2);
    let gather = play.gather("A", |_| {});
    play.pass(SECOND / 2);
    assert!(!play.is_answered(gather), "it has got a partition here");
    let claimed = play.claim(feed, 1, 0, 0);
    play.batch(feed, &claimed, 0, 1);
    assert_eq!(play.summary(gather).record_count, 1);
}

#[test]
fn a_gather_that_was_excused_takes_what_comes_after_all() {
    let mut play = with_a_topic_elsewhere();
    let gather = play.gather("", |request| {
        request.close = Close::Full.into();
        request.max_records = Some(20);
    });
    let b = play.open("B");
    knows(&mut play, b, 2);
    let claimed = play.claim(b, 1, 0, 0);
    play.batch(b, &claimed, 0, 20);
    assert!(
        !play.is_answered(gather),
        "A has not got its 20 records yet"
    );
    play.pass(SECOND * 2);
    let summary = play.summary(gather);
    let records: Vec<_> = summary.slots.iter().map(|slot| slot.record_count).collect();
    assert_eq!(records, [10, 20]);
}

#[test]
fn every_answer_names_the_lane() {
    let mut play = with_a_topic_elsewhere();
    let all: Vec<_> = [0, 1].map(TopicKey).to_vec();
    play.gather("", |_| {});
    let now = play.now;
    let roll = &play.roll;
    let status = roll.status(&all, None, Detail::Full, now);
    assert_eq!((status.lane, status.lanes), (1, 2));
    let topic = roll.topic(TopicKey(1), None, None, now);
    assert_eq!((topic.lane, topic.lanes), (1, 2));
    let gathers = roll.gathers(None, 0, now);
    assert_eq!((gathers.lane, gathers.lanes), (1, 2));
    let verdicts = roll.verdicts(&all, None, 0, now);
    assert_eq!((verdicts.lane, verdicts.lanes), (1, 2));
    let header = roll.trace_header(&all, now);
    assert_eq!((header.lane, header.lanes), (1, 2));
}

#[test]
fn partitions_are_counted_of_this_lane_alone() {
    let mut play = with_a_topic_elsewhere();
    let a = FeedKey(1);
    let part = |partition| v1::PartitionPulse {
        partition,
        next_offset: Some(5),
        assigned: true,
        ..v1::PartitionPulse::default()
    };
    let pulse = v1::Pulse {
        partitions: (0..6).map(part).collect(),
        partitions_known: Some(6),
        ..v1::Pulse::default()
    };
    play.say(a, feed_request::Event::Pulse(pulse));
    let measured = play.roll.measure_topic(TopicKey(0), 10, play.now).unwrap();
    let numbers: Vec<_> = measured
        .partitions
        .iter()
        .map(|part| part.partition)
        .collect();
    assert_eq!(numbers, [1, 3, 5]);
    assert_eq!((measured.sums.partitions, measured.sums.claimed), (3, 1));
    let status = play
        .roll
        .status(&[TopicKey(0)], None, Detail::Full, play.now);
    let shown = status.topics[0].partitions.iter();
    assert_eq!(
        shown.map(|part| part.partition).collect::<Vec<_>>(),
        [1, 3, 5]
    );
    assert_eq!(
        status.topics[0].verdict.as_ref().unwrap().partitions_total,
        3
    );
    let summary = play
        .roll
        .status(&[TopicKey(0)], None, Detail::Summary, play.now);
    assert_eq!(summary.topics[0].partitions, []);
    // It is gone only when its feed to each lane is.
    assert_eq!(summary.topics[0].fetchers.len(), 1);
}

#[test]
fn a_recording_of_a_lane_is_judged_as_that_lane() {
    use crate::core::trace::replay::Replay;

    let play = with_a_topic_elsewhere();
    let all: Vec<_> = [0, 1].map(TopicKey).to_vec();
    for without_past in [false, true] {
        let past = play.roll.past(&all, without_past, play.now);
        let zero = past.first().unwrap().at;
        let mut replay = Replay::begin(play.roll.trace_header(&all, zero)).unwrap();
        for traced in past {
            replay.take(&traced.to_line(zero).unwrap()).unwrap();
        }
        let verdicts = replay.judge_all(play.now);
        let codes: Vec<_> = verdicts.iter().map(|(_, verdict)| verdict.code()).collect();
        assert_eq!(codes[1], VerdictCode::NotInThisLane, "{without_past}");
    }
}
