//! The window of a gather: who gets what, and when it closes.

use std::time::Duration;

use rollcall_proto::v1::{
    self, Close, ClosedBy, Delivery, VerdictCode, feed_request, feed_response,
};

use super::play::{Play, bytes_of, packed};
use crate::core::event::{Event, GatherRefusal};
use crate::core::roll::FeedKey;
use crate::core::settings::Settings;
use crate::core::verdict::Detail;

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Topic A has 30 records in three batches in partitions 0, 1 and 2.
fn three_partitions() -> Play {
    let mut play = Play::new();
    let feed = play.open("A");
    for partition in 0..3 {
        let claimed = play.claim(feed, partition, 0, 0);
        play.batch(feed, &claimed, 0, 10);
    }
    play
}

#[test]
fn partitions_take_turns_within_a_topic() {
    let mut play = three_partitions();
    let mut peek = |records| {
        let gather = play.gather("A", |request| {
            request.max_records = Some(records);
        });
        play.got(gather)
            .iter()
            .map(|got| (got.0, got.2))
            .collect::<Vec<_>>()
    };
    assert_eq!(peek(15), [(0, 10), (1, 5)]);
    // Partitions 0 and 1 are out; the next gather begins behind the last one that had its turn.
    assert_eq!(peek(200), [(2, 10)]);
}

#[test]
fn two_gathers_never_hold_records_of_one_partition() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let first = play.gather("A", |request| request.max_records = Some(5));
    let second = play.gather("A", |_| {});
    assert_eq!(play.got(first), [(0, 0, 5, 0)]);
    assert_eq!(play.got(second), []);
    play.ack(0, 0, 5);
    assert_eq!(play.got(second), [(0, 5, 10, 0)]);
}

#[test]
fn new_records_go_to_the_oldest_gather_that_has_room() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claims = [play.claim(feed, 0, 0, 0), play.claim(feed, 1, 0, 0)];
    let full = |request: &mut v1::GatherRequest| {
        request.close = Close::Full.into();
        request.max_records = Some(10);
    };
    let oldest = play.gather("A", full);
    let younger = play.gather("A", full);
    play.batch(feed, &claims[0], 0, 10);
    assert!(play.is_answered(oldest));
    play.batch(feed, &claims[1], 0, 10);
    assert_eq!(play.got(oldest), [(0, 0, 10, 0)]);
    assert_eq!(play.got(younger), [(1, 0, 10, 0)]);
}

/// Topic A has records, topic B gets one after 300 ms: when and why does the gather close?
fn check(close: Close, required: &[&str], expected: (u64, ClosedBy)) {
    let mut play = Play::new();
    let (a, b) = (play.open("A"), play.open("B"));
    let (claimed_a, claimed_b) = (play.claim(a, 0, 0, 0), play.claim(b, 0, 0, 0));
    let started = play.now;
    let gather = play.gather("", |request| {
        request.close = close.into();
        request.required = required.iter().map(|&topic| topic.to_owned()).collect();
        request.max_records = Some(2);
    });
    play.pass(millis(100));
    play.batch(a, &claimed_a, 0, 2);
    play.pass(millis(200));
    play.batch(b, &claimed_b, 0, 1);
    let closed = play.is_answered(gather);
    let at = play.now.since(started);
    play.pass(millis(2000));
    let summary = play.summary(gather);
    assert_eq!(summary.closed_by(), expected.1, "{close:?}");
    let took = Duration::try_from(summary.took.unwrap()).unwrap();
    let (least, grace) = (millis(expected.0), millis(50));
    assert!(
        least <= took && took <= least + grace,
        "{close:?} took {took:?} (answered after {at:?}: {closed})"
    );
}

#[test]
fn each_close_mode_closes_on_its_own_condition() {
    check(Close::Each, &[], (300, ClosedBy::Condition));
    check(Close::Any, &[], (100, ClosedBy::Condition));
    check(Close::Full, &[], (1000, ClosedBy::Timeout));
    check(Close::Required, &["A"], (100, ClosedBy::Condition));
    check(Close::Required, &["A", "B"], (300, ClosedBy::Condition));
}

#[test]
fn all_that_is_buffered_goes_out_at_once() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    for first in 0..40 {
        play.batch(feed, &claimed, first, first + 1);
    }
    let gather = play.gather("A", |_| {});
    assert_eq!(play.summary(gather).record_count, 40);
}

#[test]
fn max_records_cuts_inside_a_batch_and_the_rest_waits() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let gather = play.gather("A", |request| request.max_records = Some(7));
    assert_eq!(play.got(gather), [(0, 0, 7, 0)]);
    play.ack(0, 0, 7);
    let rest = play.gather("A", |_| {});
    assert_eq!(play.got(rest), [(0, 7, 10, 0)]);
}

#[test]
fn max_bytes_holds_over_all_topics_and_lets_the_first_record_through() {
    let mut play = Play::new();
    for topic in ["A", "B"] {
        let feed = play.open(topic);
        let claimed = play.claim(feed, 0, 0, 0);
        play.send(feed, claimed.epoch, packed(0, 0, 10, 1000));
    }
    let one = play.gather("", |request| request.max_bytes = Some(1));
    play.pass(millis(50));
    assert_eq!(play.summary(one).record_count, 1);
    assert_eq!(play.summary(one).closed_by(), ClosedBy::MaxBytes);
    let mut play = Play::new();
    for topic in ["A", "B"] {
        let feed = play.open(topic);
        let claimed = play.claim(feed, 0, 0, 0);
        play.send(feed, claimed.epoch, packed(0, 0, 10, 1000));
    }
    let limit = bytes_of(&packed(0, 0, 10, 1000)) + 3500;
    let some = play.gather("", |request| request.max_bytes = Some(limit));
    let summary = play.summary(some);
    let bytes: u64 = summary.slots.iter().map(|slot| slot.byte_count).sum();
    assert!(bytes <= limit, "{bytes} bytes, {limit} were allowed");
    assert_eq!(
        summary
            .slots
            .iter()
            .map(|slot| slot.record_count)
            .collect::<Vec<_>>(),
        [10, 3]
    );
}

#[test]
fn a_peek_sees_what_waits_and_changes_nothing() {
    let mut play = three_partitions();
    let before = format!("{:?}", play.roll.topics[0].partitions);
    for _ in 0..2 {
        let peek = play.gather("A", |request| request.delivery = Delivery::Peek.into());
        assert_eq!(
            play.got(peek),
            [(0, 0, 10, 0), (1, 0, 10, 0), (2, 0, 10, 0)]
        );
    }
    assert_eq!(format!("{:?}", play.roll.topics[0].partitions), before);
    let taker = play.gather("A", |_| {});
    assert_eq!(play.got(taker).len(), 3);
    let peek = play.gather("A", |request| request.delivery = Delivery::Peek.into());
    assert_eq!(play.got(peek), [], "what is leased is exclusive");
}

#[test]
fn a_peek_that_saw_everything_was_not_cut() {
    let mut play = three_partitions();
    let mut cut = |records, delivery: Delivery| {
        let gather = play.gather("A", |request| {
            (request.max_records, request.delivery) = (Some(records), delivery.into());
        });
        let summary = play.summary(gather);
        let slot = &summary.slots[0];
        assert_eq!(slot.record_count, records.min(30));
        let also = slot.also.iter().chain(&slot.verdict);
        also.map(v1::Verdict::code)
            .any(|code| code == VerdictCode::CappedByMaxRecords)
    };
    assert!(cut(29, Delivery::Peek), "one more waits");
    assert!(!cut(30, Delivery::Peek), "all 30 of 30");
    assert!(!cut(31, Delivery::Peek));
    assert!(!cut(30, Delivery::Lease));
}

#[test]
fn a_peek_sees_new_records_although_an_older_gather_takes_them() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    let taker = play.gather("", |_| {});
    let peek = play.gather("", |request| request.delivery = Delivery::Peek.into());
    play.batch(feed, &claimed, 0, 10);
    assert_eq!(play.got(peek), [(0, 0, 10, 0)]);
    assert_eq!(play.got(taker), [(0, 0, 10, 0)]);
}

#[test]
fn every_topic_has_a_slot_whatever_it_gave() {
    let mut play = Play::with(&["A", "B", "C", "D"], Settings::default());
    let gather = play.gather("", |_| {});
    play.pass(millis(1050));
    let summary = play.summary(gather);
    let topics: Vec<_> = summary
        .slots
        .iter()
        .map(|slot| slot.topic.as_str())
        .collect();
    assert_eq!(topics, ["A", "B", "C", "D"]);
    assert!(summary.slots.iter().all(|slot| slot.verdict.is_some()));
}

#[test]
fn an_answer_waits_for_evidence_a_short_grace_and_no_longer() {
    let mut play = Play::new();
    let feed = play.open("A");
    play.claim(feed, 0, 0, 0);
    let gather = play.gather("A", |_| {});
    play.pass(millis(1000));
    let asked = play.told[&feed]
        .iter()
        .any(|event| matches!(event, feed_response::Event::Probe(_)));
    assert!(asked, "the feed is asked for a probe");
    assert!(!play.is_answered(gather));
    play.pass(millis(50));
    assert!(play.is_answered(gather));
}

#[test]
fn an_answer_leaves_as_soon_as_the_evidence_is_there() {
    let mut play = Play::new();
    let feed = play.open("A");
    play.claim(feed, 0, 0, 0);
    let gather = play.gather("A", |_| {});
    play.pass(millis(1005));
    probe(&mut play, feed);
    assert!(play.is_answered(gather));
}

#[test]
fn evidence_is_asked_for_before_the_close_so_that_the_answer_need_not_wait() {
    let mut play = Play::new();
    let feed = play.open("A");
    play.claim(feed, 0, 0, 0);
    let gather = play.gather("A", |_| {});
    let asked = |play: &Play| {
        let told = play.told.get(&feed).into_iter().flatten();
        let probes = told.filter(|event| matches!(event, feed_response::Event::Probe(_)));
        probes.count()
    };
    play.pass(millis(590));
    assert_eq!(asked(&play), 0, "too early: it would be old at the close");
    play.pass(millis(10));
    assert_eq!(asked(&play), 1);
    probe(&mut play, feed);
    play.pass(millis(400));
    assert!(play.is_answered(gather), "at its timeout, without a grace");
    assert_eq!(asked(&play), 1, "what is fresh is not asked for again");
}

/// The feed answers with a partition that is empty and read to its end.
fn probe(play: &mut Play, feed: FeedKey) {
    let partition = v1::ProbedPartition {
        high_watermark: Some(0),
        next_offset: Some(0),
        ..v1::ProbedPartition::default()
    };
    let probed = v1::Probed {
        topic_exists: Some(true),
        partitions: vec![partition],
        ..v1::Probed::default()
    };
    play.say(feed, feed_request::Event::Probed(probed));
}

#[test]
fn no_more_gathers_are_open_than_may_be() {
    let mut play = Play::with(
        &["A"],
        Settings {
            max_gathers: 1,
            ..Settings::default()
        },
    );
    let open = play.gather("A", |_| {});
    let refused = play.gather("A", |_| {});
    assert_eq!(
        play.answer(refused).refused,
        Some(GatherRefusal::TooMany { open: 1 })
    );
    play.pass(millis(1050));
    assert!(play.is_answered(open));
    let next = play.gather("A", |_| {});
    assert_eq!(play.answer(next).refused, None);
}

#[test]
fn a_stop_answers_every_open_gather() {
    let mut play = three_partitions();
    let gather = play.gather("", |_| {});
    play.apply(Event::Stop);
    assert_eq!(play.summary(gather).closed_by(), ClosedBy::Shutdown);
    assert!(play.roll.is_drained());
    let late = play.gather("A", |_| {});
    assert_eq!(play.answer(late).refused, Some(GatherRefusal::Stopping));
}

#[test]
fn a_silence_that_becomes_too_long_is_a_reason_to_measure_the_end_once() {
    let mut play = Play::new();
    let feed = play.open("A");
    let asked = |play: &Play| {
        let told = play.told.get(&feed).into_iter().flatten();
        let probes = told.filter(|event| matches!(event, feed_response::Event::Probe(_)));
        probes.count()
    };
    // Forty records half a second apart, the last one just now: two seconds are unusual.
    let wall = play
        .roll
        .status(&[], None, Detail::Full, play.now)
        .judged_at
        .unwrap();
    let arrivals = (0..40).rev().map(|record| {
        let ms = wall.seconds * 1_000 + i64::from(wall.nanos) / 1_000_000 - 500 * record;
        prost_types::Timestamp {
            seconds: ms / 1_000,
            nanos: i32::try_from(ms % 1_000).unwrap() * 1_000_000,
        }
    });
    let history = v1::History {
        arrivals: arrivals.collect(),
        age: Some(prost_types::Duration::default()),
        ..v1::History::default()
    };
    play.say(feed, feed_request::Event::History(history));
    let mut at = Vec::new();
    for second in 1..=20 {
        play.say(feed, feed_request::Event::Pulse(v1::Pulse::default()));
        play.pass(millis(1_000));
        at.extend(vec![second; asked(&play) - at.len()]);
    }
    assert_eq!(at.len(), 1, "asked at {at:?} s");
}
