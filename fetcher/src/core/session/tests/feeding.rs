//! Batches, acks, credit, and feeds that break.

use super::*;

#[test]
fn the_contiguous_acked_prefix_is_committed_and_nothing_else() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.batch(10, 20);
    stage.ack(10, 20);
    assert!(!stage.wants_commit());
    stage.ack(0, 5);
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(5));
    stage.ack(5, 10);
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(20));
}

#[test]
fn the_end_of_the_log_is_committed_when_everything_is_acked() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage
        .session
        .reached_end(P, stage.placement(), end(at(13)), stage.now);
    stage.settle_down();
    assert!(!stage.wants_commit());
    stage.ack(0, 10);
    assert_eq!(
        stage.commit(CommitOutcome::Taken)[&P],
        at(13),
        "control records leave no lag"
    );
}

#[test]
fn a_refused_commit_is_tried_again_after_a_second() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Refused(30, "denied".to_owned()));
    assert!(!stage.wants_commit());
    assert_eq!(stage.pulse().errors[0].kind(), v1::ErrorKind::Commit);
    stage.pass(1100);
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(10));
    assert!(
        stage.pulse().errors.is_empty(),
        "a commit that is taken contradicts the error"
    );
}

#[test]
fn a_broken_feed_begins_anew_at_the_floor_and_keeps_what_was_acked_above() {
    let mut stage = Stage::feeding();
    stage.batch(0, 30);
    stage.ack(0, 10);
    stage.ack(20, 25);
    stage.commit(CommitOutcome::Taken);
    stage.session.disconnected(stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Withdraw(P)) && stage.wants(&Action::Feed(None)));
    stage.open();
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(10));
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (10, 30));
    assert_eq!(
        claim.settled,
        [v1::OffsetRange {
            first_offset: 20,
            next_offset: 25
        }]
    );
}

#[test]
fn what_an_older_placement_polled_is_neither_sent_nor_committed() {
    let mut stage = Stage::feeding();
    let old = stage.placement();
    stage.batch(0, 10);
    stage.session.disconnected(stage.now);
    stage.batch_of(P, old, 10, 20);
    stage.session.reached_end(P, old, end(at(20)), stage.now);
    stage.settle_down();
    stage.open();
    assert_eq!(
        stage.commit(CommitOutcome::Taken)[&P],
        at(0),
        "the end was reached by records that nobody acked"
    );
    let claim = stage.claim();
    stage.grant(&claim, 2, 0);
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    stage.batch_of(P, old, 20, 30);
    stage.session.reached_end(P, old, end(at(30)), stage.now);
    stage.settle_down();
    assert_eq!(stage.sent(), [(1, 0, 10)]);
    assert!(!stage.wants_commit());
}

#[test]
fn a_feed_that_breaks_with_everything_acked_goes_on_without_a_second_reading() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    stage.actions.clear();
    stage.session.disconnected(stage.now);
    stage.batch(10, 20);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant(&claim, 2, 10);
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. } | Action::Withdraw(_)))
    );
    assert_eq!(stage.sent(), [(1, 0, 10), (2, 10, 20)]);
}

#[test]
fn without_credit_a_partition_sends_one_batch_and_waits_for_its_acks() {
    let mut stage = Stage::feeding();
    stage.session.credit = Credit::default();
    stage.batch(0, 10);
    stage.batch(10, 20);
    assert_eq!(stage.sent(), [(1, 0, 10)], "its reserve");
    stage.ack(0, 9);
    assert_eq!(stage.sent().len(), 1);
    stage.ack(9, 10);
    assert_eq!(stage.sent(), [(1, 0, 10), (1, 10, 20)]);
}

#[test]
fn credit_is_counted_in_bytes_and_overshot_by_one_batch_at_most() {
    let mut stage = Stage::feeding();
    stage.session.credit = Credit::default();
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 250,
    }));
    for first in 0..6 {
        stage.batch(first * 10, first * 10 + 10);
    }
    assert_eq!(stage.sent().len(), 3, "100 bytes each");
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 301,
    }));
    assert_eq!(stage.sent().len(), 4);
}

#[test]
fn partitions_take_turns() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0, 1]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    for _ in 0..2 {
        let claim = stage.claim();
        stage.grant(&claim, 1, 0);
    }
    // No credit yet: reserves only. Then everything that waits goes.
    for partition in [Partition(0), Partition(1)] {
        for first in 0..3 {
            stage.batch_of(partition, 1, first * 10, first * 10 + 10);
        }
    }
    let before = stage.said.len();
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    let turns = stage.said[before..].iter().filter_map(|said| match said {
        Said::Batch(batch) => batch.packed.as_ref().map(|p| p.partition),
        _ => None,
    });
    assert_eq!(turns.collect::<Vec<_>>(), [0, 1, 0, 1]);
}

#[test]
fn a_drain_sends_nothing_new_and_rotates_once_everything_is_acked() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    let deadline = Some(prost_types::Duration {
        seconds: 30,
        nanos: 0,
    });
    stage.hear(Answer::Drain(v1::Drain { deadline }));
    stage.batch(10, 20);
    assert_eq!(stage.sent(), [(1, 0, 10)]);
    stage.pass(5000);
    assert!(!stage.wants(&Action::Rotate));
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    stage.pass(1000);
    assert!(stage.wants(&Action::Rotate));
}

#[test]
fn a_drain_ends_at_its_deadline() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    let deadline = Some(prost_types::Duration {
        seconds: 3,
        nanos: 0,
    });
    stage.hear(Answer::Drain(v1::Drain { deadline }));
    stage.pass(2900);
    assert!(!stage.wants(&Action::Rotate));
    stage.pass(200);
    assert!(stage.wants(&Action::Rotate));
}

#[test]
fn a_new_client_learns_of_the_open_feed_and_what_it_used() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.session.client_lost(stage.now);
    stage.actions.clear();
    stage.session.client_built();
    stage.settle_down();
    let limits = stage.take(|action| match action {
        Action::Feed(limits) => *limits,
        _ => None,
    });
    assert_eq!(limits.waiting_bytes, 100);
    assert!(stage.wants(&Action::Allow(1 << 20)));
}

#[test]
fn what_is_dropped_before_it_was_sent_costs_no_credit() {
    let mut stage = Stage::feeding();
    stage.batch_of(P, stage.placement() - 1, 0, 10);
    assert!(
        stage.wants(&Action::Allow((1 << 20) + 100)),
        "it was cut for another placement"
    );
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 2 << 20,
    }));
    assert!(stage.wants(&Action::Allow((2 << 20) + 100)));
}

#[test]
fn what_waits_of_a_revoked_partition_costs_no_credit() {
    let mut stage = Stage::new();
    stage.open();
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 100,
    }));
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant(&claim, 1, 0);
    stage.batch(0, 10);
    stage.batch(10, 20);
    assert_eq!(stage.sent(), [(1, 0, 10)], "the other waits for credit");
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Allow(200)));
}

#[test]
fn a_floor_beyond_what_is_in_hand_drops_it() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    stage.session.disconnected(stage.now);
    stage.batch(10, 20);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant(&claim, 2, 20);
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    stage.batch(20, 30);
    assert_eq!(
        stage.sent(),
        [(1, 0, 10), (2, 20, 30)],
        "batches leave no hole and go not back"
    );
}
