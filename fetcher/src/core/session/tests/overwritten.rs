//! Records that a later leader wrote over what somebody has read: the log was cut while nobody asked.

use super::*;

/// The aggregator says who wrote the log up to 50; the fetcher begins at 10.
fn told_who_wrote(stage: &mut Stage) {
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant_written(&claim, 10, 50);
    stage.actions.clear();
}

#[test]
fn what_a_later_leader_wrote_over_known_records_shows_the_cut() {
    let mut stage = Stage::feeding();
    told_who_wrote(&mut stage);
    let floor = stage.session.position(P, at(10)).unwrap();
    assert_eq!(floor.leader_epoch, Some(LEADER));
    stage.batch(10, 20);
    assert!(!stage.wants(&Action::Withdraw(P)), "it is the same log");
    stage.batch_under(20, 40, LeaderEpoch(LEADER.0 + 1));
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!(
        (claim.committed, claim.sent, claim.cut_at),
        (10, 20, Some(20))
    );
}

#[test]
fn what_a_later_leader_wrote_behind_what_is_known_is_only_new() {
    let mut stage = Stage::feeding();
    told_who_wrote(&mut stage);
    stage.batch(10, 50);
    stage.batch_under(50, 60, LeaderEpoch(LEADER.0 + 1));
    assert!(!stage.wants(&Action::Withdraw(P)));
}

#[test]
fn a_cut_that_shows_while_a_claim_is_on_its_way_is_not_passed_over() {
    let mut stage = Stage::feeding();
    told_who_wrote(&mut stage);
    stage.batch(10, 20);
    stage.ack(10, 20);
    stage.commit(CommitOutcome::Taken);
    // Nothing is unsettled, so reading goes on over the rotation.
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let old = stage.claim();
    stage.batch_under(20, 40, LeaderEpoch(LEADER.0 + 1));
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.grant(&old, 3, 20);
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.cut_at), (20, Some(20)));
}

#[test]
fn an_end_that_a_later_leader_wrote_below_what_is_known_shows_the_cut() {
    let mut stage = Stage::feeding();
    told_who_wrote(&mut stage);
    let end = LogPosition {
        offset: at(30),
        leader_epoch: Some(LeaderEpoch(LEADER.0 + 1)),
    };
    let placement = stage.placement();
    stage.session.reached_end(P, placement, end, stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.commit(CommitOutcome::Taken);
    assert_eq!(stage.claim().cut_at, Some(at(10).get()));
}

#[test]
fn what_was_settled_before_another_had_the_partition_is_not_claimed() {
    let mut stage = Stage::holding();
    stage.batch(0, 50);
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    stage.ack(10, 20);
    stage.ack(30, 40);
    let generation = stage.session.holdings[&P].claim;
    stage.hear(Answer::Claimed(v1::Claimed {
        generation,
        standby: true,
        ..v1::Claimed::default()
    }));
    stage.facts.committed = Some(at(10));
    stage.said.clear();
    stage.hear(Answer::Vacant(v1::Vacant {
        partitions: vec![0],
    }));
    stage.resolve();
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (10, 50));
    assert_eq!(claim.settled, []);
}
