//! Clients that leave, and clients that do not read.

use std::time::Duration;

use super::play::{Play, packed};
use crate::core::count::Count;
use crate::core::event::Event;
use crate::core::gather::CHUNKS;

/// More than the chunks that may be on their way: one large batch each.
const BATCHES: i64 = CHUNKS as i64 + 4;

/// Topic A has large batches in one partition.
fn large() -> Play {
    let mut play = Play::with(&["A"], crate::core::settings::Settings::default());
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    for first in 0..BATCHES {
        play.send(feed, claimed.epoch, packed(0, first, first + 1, 300 << 10));
    }
    play
}

#[test]
fn a_client_that_does_not_read_is_given_no_more_than_a_few_chunks() {
    let mut play = large();
    let gather = play.gather_deaf("A", |_| {});
    assert_eq!(play.answer(gather).untaken, CHUNKS as usize);
    assert!(
        !play.is_answered(gather),
        "EACH has its record, but not all that was there"
    );
    play.apply(Event::ChunkTaken(gather));
    assert_eq!(play.got(gather).len(), CHUNKS as usize + 1);
}

#[test]
fn what_was_buffered_goes_out_before_a_condition_closes() {
    let mut play = large();
    let gather = play.gather("A", |_| {});
    assert_eq!(i64::from(play.summary(gather).record_count), BATCHES);
}

#[test]
fn a_slow_reader_loses_its_lease_and_its_stream() {
    let mut play = large();
    let slow = play.gather_deaf("A", |_| {});
    let waiting = play.gather("A", |request| {
        request.timeout = prost_types::Duration::try_from(Duration::from_secs(60)).ok()
    });
    assert_eq!(play.got(waiting), []);
    // The timeout closes after 1 s; then it has 10 s to read.
    play.pass(Duration::from_secs(11));
    assert!(play.answer(slow).cut_off);
    assert_eq!(play.got(waiting).len() as i64, BATCHES);
    assert_eq!(play.roll.counters().get(Count::GathersCutOff), 1);
}

#[test]
fn a_slow_reader_does_not_keep_others_waiting() {
    let mut play = large();
    let feed = play.open("A");
    let claimed = play.claim(feed, 1, 0, 0);
    play.gather_deaf("A", |request| request.max_records = Some(4));
    play.batch(feed, &claimed, 0, 10);
    let quick = play.gather("A", |_| {});
    assert_eq!(play.got(quick), [(1, 0, 10, 0)]);
}

#[test]
fn a_client_that_leaves_before_the_summary_gives_everything_back() {
    let mut play = large();
    let gone = play.gather_deaf("A", |_| {});
    play.apply(Event::StreamEnded(gone));
    let next = play.gather("A", |_| {});
    assert_eq!(play.got(next)[0], (0, 0, 1, 1));
    assert_eq!(play.summary(next).slots[0].ranges.len(), 1);
    assert_eq!(play.roll.counters().get(Count::GathersAbandoned), 1);
}

#[test]
fn a_client_that_leaves_after_the_summary_keeps_its_lease() {
    let mut play = large();
    let gather = play.gather("A", |_| {});
    play.apply(Event::StreamEnded(gather));
    let next = play.gather("A", |_| {});
    assert_eq!(play.got(next), []);
}

#[test]
fn the_clock_of_a_lease_runs_from_the_summary() {
    let mut play = large();
    let gather = play.gather_deaf("A", |request| {
        request.max_records = Some(2);
        request.lease = prost_types::Duration::try_from(Duration::from_secs(1)).ok();
    });
    assert!(play.is_answered(gather));
    play.pass(Duration::from_secs(5));
    assert_eq!(play.roll.counters().get(Count::LeasesExpired), 0);
    play.apply(Event::SummaryTaken(gather));
    play.pass(Duration::from_secs(1));
    assert_eq!(play.roll.counters().get(Count::LeasesExpired), 1);
}
