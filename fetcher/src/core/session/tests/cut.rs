//! Logs that were cut: an unclean election took their ends.

use rollcall_proto::v1::StartedFrom;

use super::recovery::{feeding_to, stall, suspect};
use super::*;
use crate::core::facts::Suspect;

/// The leader refuses N, which is 50, of a log that has grown to 70 since it was cut.
fn cut_and_grown(stage: &mut Stage) {
    let refused = Suspect {
        refused: true,
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
    cut_and_grown(&mut stage);
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
    cut_and_grown(&mut stage);
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
        refused: true,
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
    cut_and_grown(&mut stage);
    // The commit is read again before the claim.
    stage.resolve();
    assert_claims_anew(&mut stage);
}
