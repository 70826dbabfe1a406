//! Partitions that go, and the end.

use super::*;

fn released(stage: &Stage) -> Vec<u64> {
    let release = |said: &Said| match said {
        Said::Release(release) => Some(release.epoch),
        _ => None,
    };
    stage.said.iter().filter_map(release).collect()
}

#[test]
fn a_revoke_with_nothing_unsettled_is_answered_at_once() {
    let mut stage = Stage::feeding();
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Unassign));
    assert_eq!(released(&stage), [1]);
}

#[test]
fn a_revoke_waits_for_acks_commits_them_and_only_then_gives_back() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    assert!(!stage.wants(&Action::Unassign));
    stage.pass(500);
    stage.ack(0, 10);
    assert!(
        !stage.wants(&Action::Unassign),
        "not before the commit is answered"
    );
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(10));
    assert!(stage.wants(&Action::Unassign));
    assert_eq!(released(&stage), [1]);
}

#[test]
fn a_revoke_waits_for_one_second_at_most() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 4);
    stage.commit(CommitOutcome::Taken);
    stage.session.revoke(&[P], false, stage.now);
    stage.pass(900);
    assert!(!stage.wants(&Action::Unassign));
    stage.pass(200);
    assert!(stage.wants(&Action::Unassign));
}

#[test]
fn a_revoke_is_answered_though_the_last_commit_hangs() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 4);
    stage.session.revoke(&[P], false, stage.now);
    stage.pass(1100);
    assert!(!stage.wants(&Action::Unassign));
    stage.pass(2100);
    assert!(stage.wants(&Action::Unassign));
}

#[test]
fn a_fenced_last_commit_is_an_answer() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 10);
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    stage.commit(CommitOutcome::Fenced("unknown member".to_owned()));
    assert!(stage.wants(&Action::Unassign));
}

#[test]
fn lost_partitions_are_discarded_without_a_commit() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.session.revoke(&[P], true, stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Unassign) && !stage.wants_commit());
    assert_eq!(released(&stage), [1]);
    stage.ack(0, 10);
    assert!(
        !stage.wants_commit(),
        "the acks of somebody else's partition"
    );
}

#[test]
fn a_revoke_while_offsets_are_being_read_is_answered_and_their_answer_dropped() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Unassign));
    stage.resolve();
    assert!(!stage.wants_commit());
}

#[test]
fn a_revoke_of_what_was_never_given_is_answered_too() {
    let mut stage = Stage::new();
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    assert!(
        stage.wants(&Action::Unassign),
        "librdkafka waits for an answer, and pauses everything meanwhile"
    );
}

#[test]
fn kept_partitions_flow_while_others_drain() {
    let mut stage = Stage::new();
    stage.open();
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    stage.assign(&[0, 1]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    for _ in 0..2 {
        let claim = stage.claim();
        stage.grant(&claim, 1, 0);
    }
    stage.batch_of(Partition(0), 1, 0, 10);
    stage.session.revoke(&[Partition(0)], false, stage.now);
    stage.batch_of(Partition(0), 1, 10, 20);
    stage.batch_of(Partition(1), 1, 0, 10);
    assert_eq!(stage.sent(), [(1, 0, 10), (1, 0, 10)]);
    assert!(!stage.wants(&Action::Unassign));
}

#[test]
fn the_end_drains_commits_releases_and_is_done() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage
        .session
        .leave(stage.now + Duration::from_secs(5), stage.now);
    stage.settle_down();
    assert!(!stage.session.left());
    stage.batch(10, 20);
    assert_eq!(stage.sent().len(), 1, "nothing new goes out");
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    assert!(stage.session.left());
    assert_eq!(released(&stage), [1]);
}

#[test]
fn the_end_does_not_wait_beyond_its_time() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage
        .session
        .leave(stage.now + Duration::from_secs(5), stage.now);
    stage.pass(4900);
    assert!(!stage.session.left());
    stage.pass(200);
    assert!(stage.session.left());
}

#[test]
fn the_end_without_a_feed_waits_for_nobody() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.session.disconnected(stage.now);
    stage
        .session
        .leave(stage.now + Duration::from_secs(5), stage.now);
    stage.settle_down();
    assert!(stage.session.left());
}

#[test]
fn what_the_group_gives_to_one_that_leaves_keeps_it_from_nothing() {
    let mut stage = Stage::feeding();
    stage
        .session
        .leave(stage.now + Duration::from_secs(5), stage.now);
    stage.settle_down();
    stage.actions.clear();
    stage.assign(&[1, 2]);
    assert!(stage.actions.is_empty(), "{:?}", stage.actions);
    assert!(stage.session.left());
    // And it is answered when the group takes it away again.
    stage.session.revoke(&[Partition(1)], false, stage.now);
    stage.settle_down();
    assert!(!stage.wants_commit(), "nothing is known of its log");
    assert!(stage.wants(&Action::Unassign));
}

#[test]
fn a_lost_partition_is_read_no_more() {
    let mut stage = Stage::feeding();
    stage.session.revoke(&[P], true, stage.now);
    stage.settle_down();
    let at = |wanted: &Action| stage.actions.iter().position(|action| action == wanted);
    let (withdrawn, unassigned) = (at(&Action::Withdraw(P)), at(&Action::Unassign));
    assert!(
        withdrawn.is_some() && withdrawn < unassigned,
        "a placement may still be on its way"
    );
}

#[test]
fn a_grant_that_comes_after_the_revoke_is_given_back() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    stage.grant(&claim, 7, 0);
    assert_eq!(released(&stage), [7]);
}

#[test]
fn a_grant_from_before_a_revoke_is_none_for_the_claim_after_it() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let before = stage.claim();
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let after = stage.claim();
    stage.grant(&before, 1, 0);
    stage.grant(&after, 2, 0);
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    stage.batch(0, 10);
    assert_eq!(stage.sent(), [(2, 0, 10)]);
}

#[test]
fn the_end_does_not_wait_for_an_aggregator_that_does_not_read() {
    let mut stage = Stage::feeding();
    let deadline = stage.now + Duration::from_secs(1);
    stage.session.leave(deadline, stage.now);
    assert!(!stage.session.left(), "the release waits to be said");
    stage.session.tick_if_due(deadline + LAST_COMMIT_WAIT);
    assert!(stage.session.left());
}
