//! Logs that were cut: an unclean election took their ends.

use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::StartedFrom;

use super::recovery::{feeding_to, stall, suspect};
use super::*;
use crate::core::facts::{Refused, Suspect};

/// The leader refuses N, which is 50, of a log that has grown to 70 since it was cut, and perhaps says where its own epoch ends.
fn cut_and_grown(stage: &mut Stage, end: Option<LogPosition>) {
    let refused = Suspect {
        refused: Some(Refused { end }),
        ..suspect(stage, 50, true)
    };
    stage.session.stalled(&[refused], stage.now);
    stage.settle_down();
    stage.facts.high_watermark = at(70);
    stage.resolve();
}

fn assert_claims_anew(stage: &mut Stage) {
    let claim = stage.claim();
    assert_eq!(
        (claim.committed, claim.sent, claim.started_from()),
        (0, 0, StartedFrom::BeyondEnd)
    );
    assert_eq!(
        claim.cut_at,
        Some(0),
        "nothing that was read is known to be left"
    );
}

#[test]
fn a_truncated_log_is_believed_after_two_seconds_and_begins_a_new_claim() {
    let mut stage = feeding_to(50);
    stall(&mut stage, 50);
    stage.facts.high_watermark = at(20);
    stage.resolve();
    stage.pass(1100);
    stage.resolve();
    assert!(
        !stage.wants(&Action::Withdraw(P)),
        "a new leader's end may lag"
    );
    stage.pass(1100);
    stage.resolve();
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.commit(CommitOutcome::Taken);
    assert_claims_anew(&mut stage);
}

#[test]
fn a_log_that_was_cut_and_has_grown_past_the_position_since_is_read_again() {
    let mut stage = feeding_to(50);
    // What lies before 50 now was written after the cut, and nobody has read it.
    cut_and_grown(&mut stage, None);
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.commit(CommitOutcome::Taken);
    assert_claims_anew(&mut stage);
}

#[test]
fn commits_and_placements_name_the_leaders_of_what_was_read() {
    let mut stage = feeding_to(50);
    let epoch = |stage: &Stage, offset| {
        let position = stage.session.position(P, at(offset));
        position.unwrap().leader_epoch
    };
    assert_eq!(epoch(&stage, 50), Some(LEADER));
    assert_eq!(epoch(&stage, 51), None, "that was not read");
    // Once the log was cut they are worth nothing.
    cut_and_grown(&mut stage, None);
    assert_eq!(epoch(&stage, 0), None);
}

#[test]
fn the_leader_of_a_commit_goes_with_the_place_where_it_is_read_on() {
    let mut stage = Stage::new();
    stage.facts.committed = Some(at(30));
    stage.facts.committed_epoch = Some(LEADER);
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    let epoch = stage.session.position(P, at(30)).unwrap().leader_epoch;
    assert_eq!(epoch, Some(LEADER));
    // Below the log start nothing of it is left.
    let mut stage = Stage::new();
    stage.facts.committed = Some(at(30));
    stage.facts.committed_epoch = Some(LEADER);
    stage.facts.log_start = at(40);
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    let epoch = stage.session.position(P, at(40)).unwrap().leader_epoch;
    assert_eq!(epoch, None);
}

#[test]
fn a_refused_position_is_remembered_when_statistics_tell_the_partition_again() {
    let mut stage = feeding_to(50);
    let refused = Suspect {
        refused: Some(Refused { end: None }),
        ..suspect(&stage, 50, true)
    };
    let again = suspect(&stage, 50, true);
    stage.session.stalled(&[refused], stage.now);
    stage.session.stalled(&[again], stage.now);
    stage.settle_down();
    stage.facts.high_watermark = at(70);
    stage.resolve();
    assert!(stage.wants(&Action::Withdraw(P)));
}

#[test]
fn a_commit_that_the_log_lost_is_no_start_however_far_the_log_has_grown_since() {
    let mut stage = Stage::holding();
    stage.batch(0, 50);
    stage.ack(0, 50);
    assert_eq!(
        stage.commit(CommitOutcome::Taken),
        BTreeMap::from([(P, at(50))])
    );
    stage.pass(2_000);
    stage.facts.committed = Some(at(50));
    cut_and_grown(&mut stage, None);
    // The commit is read again before the claim.
    stage.resolve();
    assert_claims_anew(&mut stage);
}

/// `[0, 10)` is committed, `[20, 25)` is settled, and of the leader's records `[0, at)` are left.
fn cut_with_settled(at_offset: i64) -> Stage {
    let mut stage = feeding_to(50);
    stage.ack(0, 10);
    stage.commit(CommitOutcome::Taken);
    stage.ack(20, 25);
    cut_and_grown(&mut stage, Some(end(at(at_offset))));
    stage
}

#[test]
fn what_lies_below_a_cut_is_as_it_was() {
    let mut stage = cut_with_settled(30);
    assert!(stage.wants(&Action::Withdraw(P)));
    let proof = stage.commit(CommitOutcome::Taken);
    assert_eq!(proof, BTreeMap::from([(P, at(10))]), "the commit stands");
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (10, 30));
    assert_eq!((claim.cut_at, claim.lost), (Some(30), None));
    let settled = OffsetRange::new(at(20), at(25)).unwrap();
    assert_eq!(claim.settled, [settled.into()]);
    assert_eq!(stage.session.position(P, at(30)), Some(end(at(30))));
    stage.grant(&claim, 2, 10);
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: stage.placement(),
        at: at(10),
        first: at(10),
    }));
}

#[test]
fn a_cut_is_said_until_a_claim_is_granted() {
    let mut stage = cut_with_settled(30);
    stage.commit(CommitOutcome::Taken);
    let lost = stage.claim();
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!((lost.cut_at, claim.cut_at), (Some(30), Some(30)));
    stage.grant(&claim, 2, 10);
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    assert_eq!(stage.claim().cut_at, None);
}

#[test]
fn what_was_settled_beyond_a_cut_is_forgotten() {
    let mut stage = cut_with_settled(22);
    stage.commit(CommitOutcome::Taken);
    let settled = OffsetRange::new(at(20), at(22)).unwrap();
    assert_eq!(stage.claim().settled, [settled.into()]);
}

#[test]
fn a_commit_beyond_a_cut_goes_back_to_it() {
    let mut stage = feeding_to(50);
    stage.ack(0, 50);
    stage.commit(CommitOutcome::Taken);
    stage.facts.committed = Some(at(50));
    cut_and_grown(&mut stage, Some(end(at(30))));
    let proof = stage.commit(CommitOutcome::Taken);
    assert_eq!(proof, BTreeMap::from([(P, at(30))]));
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (30, 30));
}

#[test]
fn a_log_that_has_no_epoch_that_was_read_here_is_read_again() {
    let mut stage = feeding_to(50);
    let earlier = LogPosition {
        offset: at(30),
        leader_epoch: Some(LeaderEpoch(LEADER.0 - 1)),
    };
    cut_and_grown(&mut stage, Some(earlier));
    stage.commit(CommitOutcome::Taken);
    assert_claims_anew(&mut stage);
}

#[test]
fn an_epoch_that_was_not_read_here_leaves_nothing_above_the_floor() {
    let mut stage = Stage::new();
    stage.facts.committed = Some(at(30));
    stage.facts.committed_epoch = Some(LeaderEpoch(5));
    stage.facts.high_watermark = at(50);
    stage.feed_from(30);
    stage.batch(30, 50);
    stage.ack(40, 45);
    stage.actions.clear();
    let between = LogPosition {
        offset: at(35),
        leader_epoch: Some(LeaderEpoch(6)),
    };
    cut_and_grown(&mut stage, Some(between));
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent), (30, 30));
    assert_eq!((claim.cut_at, claim.settled), (Some(30), vec![]));
    let floor = stage.session.position(P, at(30)).unwrap();
    assert_eq!(
        floor.leader_epoch,
        Some(LeaderEpoch(5)),
        "it is asked about next"
    );
}

#[test]
fn whether_it_is_the_log_of_the_same_topic_is_asked_until_somebody_says() {
    let mut stage = feeding_to(50);
    stage.topic_id = "";
    cut_and_grown(&mut stage, Some(end(at(30))));
    assert!(!stage.wants(&Action::Withdraw(P)));
    stage.pass(1000);
    stage.topic_id = "id-1";
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    assert_eq!(stage.claim().cut_at, Some(30));
}

#[test]
fn what_retention_took_behind_a_cut_is_named() {
    let mut stage = feeding_to(50);
    stage.facts.log_start = at(40);
    cut_and_grown(&mut stage, Some(end(at(30))));
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    let lost = OffsetRange::new(at(0), at(40)).unwrap();
    assert_eq!(claim.lost, Some(lost.into()));
    assert_eq!(
        (claim.committed, claim.sent, claim.cut_at),
        (40, 40, Some(40))
    );
}

#[test]
fn a_commit_beyond_the_end_is_asked_about_where_its_leader_is_known() {
    let mut stage = Stage::new();
    stage.facts.committed = Some(at(50));
    stage.facts.committed_epoch = Some(LEADER);
    stage.facts.high_watermark = at(20);
    stage.feed_from(50);
    cut_and_grown(&mut stage, Some(end(at(20))));
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.cut_at), (20, Some(20)));
}

#[test]
fn a_commit_beyond_the_end_of_unknown_leader_is_a_cut_too() {
    let mut stage = Stage::new();
    stage.facts.committed = Some(at(50));
    stage.facts.high_watermark = at(20);
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.pass(2100);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    assert_claims_anew(&mut stage);
}

#[test]
fn a_log_that_begins_anew_takes_nobodys_word_for_who_wrote_it() {
    let mut stage = feeding_to(50);
    cut_and_grown(&mut stage, None);
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant_written(&claim, 0, 0);
    let start = stage.session.position(P, at(0)).unwrap();
    assert_eq!(
        start.leader_epoch, None,
        "its leader does not know that one"
    );
}
