//! Memory: shares, reserves, credit.

use rollcall_proto::v1;

use super::fetcher::Fetcher;
use super::play::{Play, bytes_of, packed};
use crate::core::count::Count;
use crate::core::event::FeedEnd;
use crate::core::fault::FeedFault;
use crate::core::settings::Settings;

const BATCH: u64 = 64 << 10;

fn small() -> Play {
    Play::with(
        &["A", "B"],
        Settings {
            budget_bytes: 16 * BATCH,
            batch_bytes: BATCH,
            ..Settings::default()
        },
    )
}

#[test]
fn one_topic_that_nobody_gathers_does_not_stop_the_others() {
    let mut play = small();
    let (mut ignored, mut wanted) = (Fetcher::new(&mut play, "B"), Fetcher::new(&mut play, "A"));
    ignored.claim(&mut play, 0);
    wanted.claim(&mut play, 0);
    while ignored.send(&mut play, 0, 100) {}
    for round in 0..200 {
        assert!(wanted.send(&mut play, 0, 100), "round {round}: no credit");
        let gather = play.gather("A", |request| request.max_records = Some(1000));
        for (partition, first, next, _) in play.got(gather) {
            play.ack(partition, first, next);
        }
    }
}

#[test]
fn a_partition_whose_siblings_fill_the_share_has_its_reserve() {
    let mut play = small();
    let mut fetcher = Fetcher::new(&mut play, "A");
    fetcher.claim(&mut play, 0);
    fetcher.claim(&mut play, 1);
    while fetcher.send(&mut play, 0, 100) {}
    assert!(fetcher.send(&mut play, 1, 100));
    assert!(!fetcher.send(&mut play, 1, 100));
}

#[test]
fn credit_comes_back_as_records_are_settled_in_steps() {
    let mut play = small();
    let mut fetcher = Fetcher::new(&mut play, "A");
    fetcher.claim(&mut play, 0);
    while fetcher.send(&mut play, 0, 100) {}
    let before = play.credit(fetcher.feed);
    let gather = play.gather("A", |request| request.max_records = Some(1));
    let (_, first, next, _) = play.got(gather)[0];
    play.ack(0, first, next);
    assert_eq!(play.credit(fetcher.feed), before, "one record is no step");
    play.gather("A", |request| request.max_records = Some(1_000_000));
    play.ack(0, 0, fetcher.next(0));
    assert!(play.credit(fetcher.feed) > before);
}

#[test]
fn a_feed_that_sends_beyond_its_credit_is_closed() {
    let mut play = small();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    for first in 0..64 {
        play.send(feed, claimed.epoch, packed(0, first, first + 1, 60 << 10));
    }
    assert!(matches!(
        play.ends[&feed],
        FeedEnd::Fault(FeedFault::BeyondCredit { .. })
    ));
    assert_eq!(play.roll.counters().get(Count::FeedFaultBeyondCredit), 1);
    assert_eq!(play.roll.topics[0].held_bytes(), 0);
}

#[test]
fn a_second_feed_finds_credit_though_the_first_one_was_alone() {
    let mut play = small();
    let first = play.open("A");
    let second = play.open("A");
    assert!(play.credit(first) > 0);
    assert!(play.credit(second) > 0);
    assert!(play.credit(first) + play.credit(second) <= 8 * BATCH);
}

#[test]
fn dropped_batches_give_their_credit_back() {
    let mut play = small();
    let feed = play.open("A");
    let old = play.claim(feed, 0, 0, 0);
    let claimed = play.claim(feed, 0, 0, 0);
    let credit = play.credit(feed);
    let packed = packed(0, 0, 1, 60 << 10);
    let bytes = bytes_of(&packed);
    for _ in 0..4 {
        play.send(feed, old.epoch, packed.clone());
    }
    assert_eq!(play.credit(feed), credit + 4 * bytes);
    assert_eq!(play.roll.counters().get(Count::BatchesOfOldEpoch), 4);
    play.send(feed, claimed.epoch, packed);
    assert!(play.ends.is_empty());
}

#[test]
fn a_release_drops_what_nobody_took() {
    let mut play = small();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let release = v1::Release {
        partition: 0,
        epoch: claimed.epoch,
    };
    play.say(feed, v1::feed_request::Event::Release(release));
    assert_eq!(play.roll.topics[0].held_bytes(), 0);
    assert_eq!(play.roll.counters().get(Count::RecordsDroppedByClaim), 10);
    // Of a claim that has ended already, nothing can be released.
    play.say(feed, v1::feed_request::Event::Release(release));
    assert!(play.ends.is_empty());
}
