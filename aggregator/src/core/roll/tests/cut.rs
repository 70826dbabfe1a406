//! Logs that an unclean election cut: the topic is the same, and other records have its offsets.

use std::time::Duration;

use rollcall_proto::ids::GatherId;
use rollcall_proto::v1::{self, SettleStatus};

use super::play::{Play, claim, packed, range};
use crate::core::books::FeedKey;
use crate::core::count::Count;
use crate::core::event::Event;

/// A partition of which `[0, 4)` is settled and committed and `[4, 10)` is leased; then the log is cut at `at`, and has grown
/// to 20.
fn cut(at: i64) -> (Play, FeedKey, v1::Claimed) {
    let (mut play, feed) = leased(|_| {});
    play.ack(0, 0, 4);
    let claimed = play.claim_as(feed, cut_claim(4.min(at), at));
    play.batch(feed, &claimed, claimed.floor, 20);
    (play, feed, claimed)
}

fn leased(with: impl FnOnce(&mut v1::GatherRequest)) -> (Play, FeedKey) {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let old = play.gather("A", with);
    assert_eq!((old, play.got(old)), (OLD, vec![(0, 0, 10, 0)]));
    (play, feed)
}

const OLD: GatherId = GatherId(1);
const LEASE: Duration = Duration::from_secs(30);

fn cut_claim(committed: i64, cut_at: i64) -> v1::Claim {
    v1::Claim {
        committed,
        sent: cut_at,
        cut_at: Some(cut_at),
        ..claim()
    }
}

/// An ack that names its lease.
fn ack(play: &mut Play, lease: GatherId, first: i64, next: i64) -> SettleStatus {
    let lease_id = lease.0;
    play.settle(vec![v1::SettleRange {
        lease_id,
        ..range(0, first, next)
    }])[0]
}

#[test]
fn what_lies_behind_a_cut_is_sent_again_and_its_commit_stands() {
    let (mut play, _, claimed) = cut(6);
    assert_eq!(claimed.floor, 4, "it has not gone back, and is no rewind");
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 1);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 4, 6, 1), (0, 6, 20, 0)]);
    assert_eq!(ack(&mut play, gather, 4, 20), SettleStatus::Acked);
    assert_eq!(play.floor(0), 20);
}

#[test]
fn a_commit_beyond_the_cut_goes_back_to_it() {
    let (play, _, claimed) = cut(2);
    assert_eq!((claimed.floor, play.floor(0)), (2, 2));
}

#[test]
fn a_late_ack_of_lost_records_settles_nothing_of_those_that_have_their_offsets() {
    let (mut play, ..) = cut(6);
    assert_eq!(ack(&mut play, OLD, 4, 10), SettleStatus::RefusedLogCut);
    // Below the cut the records are the same.
    assert_eq!(ack(&mut play, OLD, 4, 6), SettleStatus::Acked);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 6, 20, 0)]);
    // Who has the others now does not change that.
    assert_eq!(ack(&mut play, OLD, 6, 10), SettleStatus::RefusedLogCut);
    assert_eq!(ack(&mut play, gather, 6, 20), SettleStatus::Acked);
    assert_eq!(play.floor(0), 20);
    assert_eq!(ack(&mut play, OLD, 6, 10), SettleStatus::Already);
}

#[test]
fn an_aggregator_that_knows_no_log_yet_hears_of_the_cut_all_the_same() {
    let mut play = Play::new();
    let idle = play.gather("A", |_| {});
    assert_eq!(idle, OLD);
    let feed = play.open("A");
    let claimed = play.claim_as(feed, cut_claim(0, 6));
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 0);
    play.batch(feed, &claimed, 0, 20);
    play.pass(LEASE);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 0, 20, 1)]);
    assert_eq!(ack(&mut play, OLD, 0, 20), SettleStatus::RefusedLogCut);
}

#[test]
fn a_late_ack_is_not_kept_for_a_log_that_it_does_not_speak_of() {
    let (mut play, feed, _) = cut(6);
    play.apply(Event::FeedClosed(feed));
    assert_eq!(ack(&mut play, OLD, 4, 10), SettleStatus::RefusedLogCut);
    assert_eq!(ack(&mut play, OLD, 4, 6), SettleStatus::Kept);
}

#[test]
fn an_ack_that_was_kept_before_the_cut_counts_below_it() {
    let (mut play, feed) = leased(|_| {});
    play.apply(Event::FeedClosed(feed));
    assert_eq!(ack(&mut play, OLD, 0, 3), SettleStatus::Kept);
    assert_eq!(ack(&mut play, OLD, 3, 10), SettleStatus::Kept);
    let feed = play.open("A");
    assert_eq!(play.claim_as(feed, cut_claim(0, 6)).floor, 3);
}

#[test]
fn a_gather_that_goes_on_over_a_cut_gets_no_records_of_two_logs() {
    let (mut play, feed) = leased(|request| request.topics.push("B".to_owned()));
    assert!(!play.is_answered(OLD), "it waits for B");
    let claimed = play.claim_as(feed, cut_claim(0, 6));
    play.batch(feed, &claimed, 0, 20);
    assert_eq!(play.got(OLD), [(0, 0, 10, 0)]);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 0, 6, 1), (0, 6, 20, 0)]);
}

#[test]
fn a_claim_that_was_cut_below_what_it_sent_is_malformed() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claim = v1::Claim {
        sent: 7,
        ..cut_claim(0, 6)
    };
    play.say(feed, v1::feed_request::Event::Claim(claim));
    assert_eq!(play.roll.counters().get(Count::FeedFaultMalformed), 1);
}

#[test]
fn whoever_goes_on_is_told_who_wrote_the_log() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    assert_eq!(claimed.written, []);
    for (first, next, leader_epoch) in [(0, 10, 7), (10, 30, 9)] {
        let batch = v1::Batch {
            epoch: claimed.epoch,
            packed: Some(packed(0, first, next, 8)),
            leader_epoch: Some(leader_epoch),
            ..v1::Batch::default()
        };
        play.say(feed, v1::feed_request::Event::Batch(batch));
    }
    let place = |offset, leader_epoch| v1::LogPosition {
        offset,
        leader_epoch,
    };
    let next = play.claim(feed, 0, 4, 4);
    assert_eq!(next.written, [place(10, 7), place(30, 9)]);
    let cut = play.claim_as(feed, cut_claim(4, 20));
    assert_eq!(cut.written, [place(10, 7), place(20, 9)]);
    let recreated = v1::Claim {
        topic_id: "second-id".to_owned(),
        ..claim()
    };
    assert_eq!(play.claim_as(feed, recreated).written, []);
}

#[test]
fn what_an_open_gather_has_below_a_cut_stays_in_its_summary() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 4);
    let gather = play.gather("A", |request| request.topics.push("B".to_owned()));
    play.claim_as(feed, cut_claim(0, 6));
    play.pass(Duration::from_secs(1));
    let summary = play.summary(gather);
    let range = &summary.slots[0].ranges[0];
    assert_eq!((range.first_offset, range.next_offset), (0, 4));
    assert_eq!(ack(&mut play, gather, 0, 4), SettleStatus::Acked);
}
