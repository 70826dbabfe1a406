//! Leases, acks, nacks, claims: what survives what.

use std::time::Duration;

use rollcall_proto::v1::{self, SettleStatus, feed_request};

use super::play::{ID, Play, claim, range};
use crate::core::count::Count;
use crate::core::event::{Event, FeedEnd};
use crate::core::kept::KEPT_FOR;

const LEASE: Duration = Duration::from_secs(30);

/// Records `[0, 10)` of partition 0 of topic A are out on a lease.
fn leased() -> (Play, crate::core::books::FeedKey, v1::Claimed) {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 0, 10, 0)]);
    (play, feed, claimed)
}

#[test]
fn an_ack_counts_after_its_lease_ran_out() {
    let (mut play, feed, _) = leased();
    play.pass(LEASE);
    assert_eq!(play.roll.counters().get(Count::LeasesExpired), 1);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Acked);
    assert_eq!(play.hear_settled(feed), [(0, 10)]);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), []);
}

#[test]
fn an_ack_counts_while_the_range_is_leased_again() {
    let (mut play, _, _) = leased();
    play.pass(LEASE);
    let again = play.gather("A", |_| {});
    assert_eq!(play.got(again), [(0, 0, 10, 1)]);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Acked);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Already);
    assert_eq!(play.nack(0, 0, 10), SettleStatus::Already);
}

#[test]
fn a_lease_that_ran_out_gives_its_records_to_whoever_waits() {
    let (mut play, _, _) = leased();
    play.pass(LEASE - Duration::from_millis(500));
    let waiting = play.gather("A", |_| {});
    assert_eq!(play.got(waiting), []);
    play.pass(Duration::from_millis(500));
    assert_eq!(play.got(waiting), [(0, 0, 10, 1)]);
}

#[test]
fn acks_out_of_order_move_the_floor_when_the_gap_closes() {
    let (mut play, feed, _) = leased();
    assert_eq!(play.ack(0, 6, 10), SettleStatus::Acked);
    assert_eq!(play.ack(0, 2, 4), SettleStatus::Acked);
    assert_eq!(play.floor(0), 0);
    assert_eq!(play.ack(0, 0, 2), SettleStatus::Acked);
    assert_eq!(play.floor(0), 4);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Acked);
    assert_eq!(play.floor(0), 10);
    assert_eq!(play.hear_settled(feed), [(6, 10), (2, 4), (0, 2), (0, 10)]);
}

#[test]
fn what_was_acked_in_the_middle_is_not_given_again() {
    let (mut play, _, _) = leased();
    play.ack(0, 3, 5);
    play.pass(LEASE);
    let again = play.gather("A", |_| {});
    assert_eq!(play.got(again), [(0, 0, 3, 1), (0, 5, 10, 1)]);
}

#[test]
fn a_nack_waits_longer_every_time() {
    let (mut play, _, _) = leased();
    for (times, wait_ms) in [(1, 100), (2, 200), (3, 400), (4, 800)] {
        assert_eq!(play.nack(0, 0, 10), SettleStatus::Returned);
        let waiting = play.gather("A", |_| {});
        play.pass(Duration::from_millis(wait_ms - 1));
        assert_eq!(play.got(waiting), [], "after {times} deliveries");
        play.pass(Duration::from_millis(1));
        assert_eq!(play.got(waiting), [(0, 0, 10, times)]);
    }
}

#[test]
fn a_nack_of_a_part_keeps_the_rest_with_its_client() {
    let (mut play, _, _) = leased();
    assert_eq!(play.nack(0, 4, 6), SettleStatus::Returned);
    assert_eq!(play.nack(0, 4, 6), SettleStatus::RefusedNoLease);
    play.pass(Duration::from_secs(1));
    let waiting = play.gather("A", |_| {});
    assert_eq!(play.got(waiting), []);
    play.ack(0, 0, 4);
    play.ack(0, 6, 10);
    assert_eq!(play.got(waiting), [(0, 4, 6, 1)]);
}

#[test]
fn a_nack_needs_a_live_lease() {
    let (mut play, _, _) = leased();
    play.pass(LEASE);
    assert_eq!(play.nack(0, 0, 10), SettleStatus::RefusedNoLease);
}

#[test]
fn acks_survive_an_aggregator_restart() {
    let mut play = Play::new();
    let feed = play.open("A");
    // Another run handed out [0, 40) of what was sent up to 100; [60, 70) was settled there.
    let settled = vec![v1::OffsetRange {
        first_offset: 60,
        next_offset: 70,
    }];
    let claimed = play.claim_as(
        feed,
        v1::Claim {
            sent: 100,
            settled,
            ..claim()
        },
    );
    assert_eq!((claimed.floor, claimed.settled.len()), (0, 1));
    assert_eq!(play.ack(0, 0, 40), SettleStatus::Acked);
    assert_eq!(play.ack(0, 60, 70), SettleStatus::Already);
    assert_eq!(play.ack(0, 90, 101), SettleStatus::RefusedBeyondSent);
    // The fetcher begins at the floor that it was told; what is settled by now does not come out again.
    play.batch(feed, &claimed, 0, 50);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 40, 50, 0)]);
}

#[test]
fn an_ack_that_comes_before_the_claim_is_kept_for_it() {
    let mut play = Play::new();
    assert_eq!(play.ack(0, 0, 40), SettleStatus::Kept);
    let feed = play.open("A");
    assert_eq!(play.claim(feed, 0, 0, 100).floor, 40);
}

#[test]
fn a_kept_ack_of_what_was_never_sent_is_counted() {
    let mut play = Play::new();
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Kept);
    let feed = play.open("A");
    assert_eq!(play.claim(feed, 0, 0, 0).floor, 0);
    assert_eq!(play.roll.counters().get(Count::AcksKeptInVain), 1);
}

#[test]
fn an_ack_is_not_kept_for_ever() {
    let mut play = Play::new();
    assert_eq!(play.ack(0, 0, 40), SettleStatus::Kept);
    play.pass(KEPT_FOR);
    let feed = play.open("A");
    assert_eq!(play.claim(feed, 0, 0, 100).floor, 0);
    assert_eq!(play.roll.counters().get(Count::AcksKeptInVain), 1);
}

#[test]
fn a_partition_moves_while_leased_and_the_ack_comes_after() {
    let (mut play, old, old_claim) = leased();
    let new = play.open("A");
    let claimed = play.claim(new, 0, 0, 0);
    assert!(claimed.epoch > old_claim.epoch);
    play.batch(new, &claimed, 0, 20);
    // The range is still out: nobody else gets it, though it was sent again.
    let waiting = play.gather("A", |_| {});
    assert_eq!(play.got(waiting), []);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Acked);
    assert_eq!(play.hear_settled(new), [(0, 10)]);
    assert_eq!(play.got(waiting), [(0, 10, 20, 0)]);
    // The one that lost the partition sends on without knowing: dropped, counted, no fault.
    play.batch(old, &old_claim, 10, 20);
    assert_eq!(play.roll.counters().get(Count::RecordsOfOldEpoch), 10);
    assert!(play.ends.is_empty());
}

#[test]
fn an_ack_beyond_what_the_new_owner_sent_is_said_again_with_its_batches() {
    let (mut play, _, _) = leased();
    let new = play.open("A");
    let claimed = play.claim(new, 0, 0, 0);
    play.batch(new, &claimed, 0, 4);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::Acked);
    assert_eq!(play.hear_settled(new), [(0, 10)], "it believes [0, 4)");
    play.batch(new, &claimed, 4, 8);
    assert_eq!(play.hear_settled(new), [(4, 8)]);
    play.batch(new, &claimed, 8, 20);
    assert_eq!(play.hear_settled(new), [(8, 10)]);
}

#[test]
fn an_open_gather_goes_on_where_it_was_when_the_partition_moves() {
    let mut play = Play::new();
    let old = play.open("A");
    let claimed = play.claim(old, 0, 0, 0);
    play.batch(old, &claimed, 0, 10);
    let gather = play.gather("", |_| {});
    let new = play.open("A");
    let claimed = play.claim(new, 0, 0, 0);
    play.batch(new, &claimed, 0, 7);
    play.batch(new, &claimed, 7, 15);
    assert_eq!(play.got(gather), [(0, 0, 10, 0), (0, 10, 15, 0)]);
}

#[test]
fn a_claim_that_is_not_proven_displaces_nobody() {
    let (mut play, old, old_claim) = leased();
    let new = play.open("A");
    let refused = play.claim_as(
        new,
        v1::Claim {
            proven: false,
            ..claim()
        },
    );
    assert_eq!(refused.epoch, 0);
    assert!(refused.refused.is_some());
    play.batch(old, &old_claim, 10, 12);
    assert!(play.ends.is_empty());
    // Once the partition is free, it will do.
    play.apply(Event::FeedClosed(old));
    assert_ne!(
        play.claim_as(
            new,
            v1::Claim {
                proven: false,
                ..claim()
            }
        )
        .epoch,
        0
    );
}

#[test]
fn a_feed_that_breaks_is_sent_again_from_the_floor() {
    let (mut play, feed, _) = leased();
    play.ack(0, 0, 4);
    play.apply(Event::FeedClosed(feed));
    assert_eq!(play.ack(0, 4, 6), SettleStatus::Kept);
    let again = play.open("A");
    let claimed = play.claim(again, 0, 0, 10);
    assert_eq!(claimed.floor, 6);
    play.batch(again, &claimed, 6, 12);
    // [6, 10) is still out on the lease; its order in the partition holds the rest back.
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), []);
    play.pass(LEASE);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 6, 10, 1), (0, 10, 12, 0)]);
}

#[test]
fn a_rewound_group_starts_anew() {
    let (mut play, feed, _) = leased();
    play.ack(0, 0, 10);
    play.say(feed, feed_request::Event::Committed(committed(0, 10)));
    let claimed = play.claim(feed, 0, 3, 3);
    assert_eq!(claimed.floor, 3);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 1);
    play.batch(feed, &claimed, 3, 8);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 3, 8, 0)]);
}

#[test]
fn a_commit_that_only_lags_is_no_rewind() {
    let (mut play, feed, _) = leased();
    play.say(feed, feed_request::Event::Committed(committed(0, 4)));
    play.ack(0, 0, 10);
    assert_eq!(play.claim(feed, 0, 4, 10).floor, 10);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 0);
}

#[test]
fn a_recreated_topic_starts_anew_and_old_acks_do_not_count() {
    let (mut play, feed, _) = leased();
    let claimed = play.claim_as(
        feed,
        v1::Claim {
            topic_id: "second-id".to_owned(),
            ..claim()
        },
    );
    assert_eq!(claimed.floor, 0);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 1);
    assert_eq!(play.ack(0, 0, 10), SettleStatus::RefusedTopicId);
    play.batch(feed, &claimed, 0, 5);
    let gather = play.gather("A", |_| {});
    assert_eq!(play.got(gather), [(0, 0, 5, 0)]);
    let of_new = v1::SettleRange {
        topic_id: "second-id".to_owned(),
        ..range(0, 0, 5)
    };
    assert_eq!(play.settle(vec![of_new]), [SettleStatus::Acked]);
}

#[test]
fn records_of_the_old_log_settle_nothing_of_the_new_one() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    play.batch(feed, &claimed, 0, 10);
    let gather = play.gather_deaf("A", |request| {
        request.delivery = v1::Delivery::AutoAck.into()
    });
    let second = v1::Claim {
        topic_id: "second-id".to_owned(),
        ..claim()
    };
    let claimed = play.claim_as(feed, second);
    play.batch(feed, &claimed, 0, 20);
    play.apply(Event::SummaryTaken(gather));
    assert_eq!(play.floor(0), 0);
}

#[test]
fn an_unknown_topic_id_proves_nothing() {
    let (mut play, feed, _) = leased();
    play.ack(0, 0, 10);
    let claimed = play.claim_as(
        feed,
        v1::Claim {
            topic_id: String::new(),
            ..claim()
        },
    );
    assert_eq!(claimed.floor, 0);
    assert_eq!(play.roll.counters().get(Count::PartitionsReset), 1);
}

#[test]
fn an_ack_of_another_log_that_was_kept_does_not_count() {
    let mut play = Play::new();
    assert_eq!(play.ack(0, 0, 40), SettleStatus::Kept);
    let feed = play.open("A");
    let claimed = play.claim_as(
        feed,
        v1::Claim {
            topic_id: "second-id".to_owned(),
            sent: 100,
            ..claim()
        },
    );
    assert_eq!(claimed.floor, 0);
}

#[test]
fn what_cannot_be_settled_says_why() {
    let (mut play, _, _) = leased();
    let cases = [
        (range(0, 5, 5), SettleStatus::RefusedRange),
        (range(0, -1, 5), SettleStatus::RefusedRange),
        (range(-1, 0, 5), SettleStatus::RefusedRange),
        (range(0, 0, 11), SettleStatus::RefusedBeyondSent),
        (
            v1::SettleRange {
                topic: "C".to_owned(),
                ..range(0, 0, 5)
            },
            SettleStatus::RefusedTopic,
        ),
        (
            v1::SettleRange {
                topic_id: "other".to_owned(),
                ..range(0, 0, 5)
            },
            SettleStatus::RefusedTopicId,
        ),
        (
            v1::SettleRange {
                topic_id: String::new(),
                ..range(7, 0, 5)
            },
            SettleStatus::RefusedTopicId,
        ),
    ];
    let (ranges, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    assert_eq!(play.settle(ranges), expected);
    assert_eq!(play.floor(0), 0);
    assert_eq!(play.roll.counters().get(Count::SettlementsRefused), 7);
}

#[test]
fn records_that_retention_took_are_named_and_counted_once() {
    let mut play = Play::new();
    let feed = play.open("A");
    let lost = Some(v1::OffsetRange {
        first_offset: 0,
        next_offset: 7,
    });
    let started_from = v1::StartedFrom::BelowLogStart.into();
    let claim = v1::Claim {
        committed: 7,
        sent: 7,
        lost,
        started_from,
        ..claim()
    };
    play.claim_as(feed, claim.clone());
    play.claim_as(feed, claim);
    assert_eq!(play.roll.counters().get(Count::OffsetsLost), 7);
}

#[test]
fn offsets_that_hold_no_record_need_no_ack() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    let void = v1::PackedBatch {
        partition: 0,
        first_offset: 0,
        next_offset: 5,
        ..v1::PackedBatch::default()
    };
    play.send(feed, claimed.epoch, void);
    assert_eq!(play.hear_settled(feed), [(0, 5)]);
    assert_eq!(play.floor(0), 5);
}

#[test]
fn an_acked_record_takes_the_gap_behind_it_along_in_the_end() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 0);
    // One record at offset 0; control records up to 5.
    let mut packed = super::play::packed(0, 0, 1, 8);
    packed.next_offset = 5;
    play.send(feed, claimed.epoch, packed);
    play.gather("A", |_| {});
    play.ack(0, 0, 1);
    assert_eq!(play.floor(0), 1);
    play.pass(LEASE);
    play.gather("A", |_| {});
    assert_eq!(play.floor(0), 5);
}

#[test]
fn a_batch_below_the_floor_is_settled_at_once() {
    let mut play = Play::new();
    let feed = play.open("A");
    let claimed = play.claim(feed, 0, 0, 20);
    play.ack(0, 0, 20);
    play.hear_settled(feed);
    play.batch(feed, &claimed, 0, 10);
    assert_eq!(play.hear_settled(feed), [(0, 10)]);
    assert_eq!(play.roll.counters().get(Count::BatchesSettledBefore), 1);
}

#[test]
fn a_newer_feed_of_the_same_fetcher_replaces_the_old_one() {
    let mut play = Play::new();
    let old = play.open("A");
    let open = v1::Open {
        fetcher_id: "fetcher-1".to_owned(),
        topic: "A".to_owned(),
        group: "group".to_owned(),
        topic_id: ID.to_owned(),
        ..v1::Open::default()
    };
    play.say(
        crate::core::books::FeedKey(77),
        feed_request::Event::Open(open),
    );
    assert_eq!(play.ends[&old], FeedEnd::Replaced);
    assert_eq!(play.ends.len(), 1);
}

#[test]
fn a_commit_beyond_what_was_acked_is_counted() {
    let (mut play, feed, _) = leased();
    play.say(feed, feed_request::Event::Committed(committed(0, 10)));
    assert_eq!(play.roll.counters().get(Count::CommitsBeyondAcked), 1);
    play.ack(0, 0, 10);
    // Control records behind the last record: the commit may lie above it.
    play.say(feed, feed_request::Event::Committed(committed(0, 11)));
    assert_eq!(play.roll.counters().get(Count::CommitsBeyondAcked), 1);
}

fn committed(partition: i32, offset: i64) -> v1::Committed {
    v1::Committed {
        partitions: vec![v1::CommittedPartition {
            partition,
            offset,
            failure: None,
        }],
    }
}
