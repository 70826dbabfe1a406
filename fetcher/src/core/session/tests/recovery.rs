//! Positions that the log does not have any more, and topics that are others than they were.

use super::*;
use crate::core::facts::{ClientPartition, ProbeRound, Suspect};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::StartedFrom;

pub(super) fn stall(stage: &mut Stage, next: i64) {
    stall_as(stage, next, true);
}

fn stall_as(stage: &mut Stage, next: i64, certain: bool) {
    let suspect = suspect(stage, next, certain);
    stage.session.stalled(&[suspect], stage.now);
    stage.settle_down();
}

pub(super) fn suspect(stage: &Stage, next: i64, certain: bool) -> Suspect {
    Suspect {
        partition: P,
        placement: stage.placement(),
        next_offset: at(next),
        certain,
        refused: None,
    }
}

#[test]
fn a_mere_suspect_inside_of_the_log_is_left_alone_until_statistics_name_it() {
    let mut stage = feeding_to(10);
    stall_as(&mut stage, 10, false);
    stage.resolve();
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. }))
    );
    let statistics = |stage: &Stage, next_offset| ClientFacts {
        measured: stage.now,
        partitions: BTreeMap::from([(
            P,
            ClientPartition {
                next_offset,
                ..ClientPartition::default()
            },
        )]),
        ..ClientFacts::default()
    };
    stage.pass(2000);
    stage
        .session
        .client(statistics(&stage, Some(at(10))), stage.now);
    stage.settle_down();
    assert!(!stage.wants(&Action::Resolve(vec![P])));
    stage.session.client(statistics(&stage, None), stage.now);
    stage.settle_down();
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(10),
        first: at(10)
    }));
}

#[test]
fn a_suspect_that_does_not_move_for_ten_seconds_is_read_again() {
    let mut stage = feeding_to(10);
    stall_as(&mut stage, 10, false);
    stage.resolve();
    stage.pass(9900);
    assert!(!stage.wants(&Action::Resolve(vec![P])));
    stage.pass(200);
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(10),
        first: at(10)
    }));
}

#[test]
fn a_suspect_that_moves_is_innocent() {
    let mut stage = feeding_to(10);
    stall_as(&mut stage, 10, false);
    stage.resolve();
    stage.batch(10, 20);
    stage.pass(10_100);
    stage.resolve();
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. }))
    );
    stage.pass(20_000);
    assert!(!stage.wants(&Action::Resolve(vec![P])));
}

#[test]
fn a_suspect_at_the_end_is_innocent() {
    let mut stage = feeding_to(100);
    stall_as(&mut stage, 100, false);
    stage.resolve();
    stage.pass(20_000);
    assert!(!stage.wants(&Action::Resolve(vec![P])));
}

#[test]
fn a_log_start_beyond_the_position_is_noticed_without_any_error() {
    let mut stage = feeding_to(10);
    stage.pass(1000);
    starts_at(&mut stage, 60);
    stage.facts.log_start = at(60);
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(60),
        first: at(10)
    }));
}

/// A probe whose log starts there.
fn starts_at(stage: &mut Stage, log_start: i64) {
    let log = v1::ProbedPartition {
        log_start: Some(log_start),
        ..v1::ProbedPartition::default()
    };
    let probed = v1::Probed {
        topic_exists: Some(true),
        partitions: vec![log],
        ..v1::Probed::default()
    };
    let round = ProbeRound {
        measured: stage.now,
        probed,
        ..ProbeRound::default()
    };
    stage.session.probed(round, stage.now);
    stage.settle_down();
}

#[test]
fn a_record_above_the_limit_that_was_deleted_holds_the_partition_no_more() {
    let mut stage = feeding_to(10);
    let record = v1::OversizedRecord {
        offset: 10,
        bytes: 99,
        max_record_bytes: 9,
    };
    let placement = stage.placement();
    stage.session.oversized(P, placement, record, stage.now);
    // The client reads on behind it, and the polling thread holds the partition.
    let held = stage.session.holdings.get_mut(&P).unwrap();
    held.polled_to(at(40), stage.now);
    stage.session.flow.paused.insert(P, stage.now);
    stage.pass(1000);
    starts_at(&mut stage, 10);
    assert!(
        stage.pulse().partitions[0].oversized.is_some(),
        "it is there"
    );
    starts_at(&mut stage, 11);
    stage.facts.log_start = at(11);
    stage.resolve();
    let place = Action::Place {
        partition: P,
        placement: 2,
        at: at(11),
        first: at(10),
    };
    assert!(stage.wants(&place), "{:?}", stage.actions);
    let pulse = stage.pulse();
    assert_eq!(
        (pulse.partitions[0].oversized, pulse.errors),
        (None, Vec::new())
    );
}

#[test]
fn a_mere_suspect_outside_of_the_log_is_moved() {
    let mut stage = feeding_to(10);
    stall_as(&mut stage, 10, false);
    stage.facts.log_start = at(60);
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(60),
        first: at(10)
    }));
}

pub(super) fn feeding_to(next: i64) -> Stage {
    let mut stage = Stage::feeding();
    stage.batch(0, next);
    stage.pass(1500);
    stage.actions.clear();
    stage
}

#[test]
fn retention_that_overtakes_the_reader_is_named_and_leaves_no_hole() {
    let mut stage = feeding_to(10);
    stall(&mut stage, 10);
    stage.facts.log_start = at(60);
    stage.resolve();
    let place = Action::Place {
        partition: P,
        placement: 2,
        at: at(60),
        first: at(10),
    };
    assert!(stage.wants(&place), "{:?}", stage.actions);
    let pulse = stage.pulse();
    let lost = v1::OffsetRange {
        first_offset: 10,
        next_offset: 60,
    };
    assert_eq!(
        (pulse.partitions[0].lost, pulse.partitions[0].started_from()),
        (Some(lost), StartedFrom::BelowLogStart)
    );
    stage.ack(0, 10);
    assert_eq!(
        stage.commit(CommitOutcome::Taken)[&P],
        at(60),
        "nobody can ack what is gone"
    );
    stage.batch(10, 61);
    assert_eq!(
        stage.sent(),
        [(1, 0, 10), (1, 10, 61)],
        "the next batch covers the lost range"
    );
}

#[test]
fn retention_that_overtakes_the_reader_twice_leaves_no_hole() {
    let mut stage = feeding_to(10);
    for log_start in [60, 80] {
        let read_to = stage.session.holdings[&P].read_to.get();
        stall(&mut stage, read_to);
        stage.facts.log_start = at(log_start);
        stage.pass(1100);
        stage.resolve();
    }
    assert!(
        stage.wants(&Action::Place {
            partition: P,
            placement: 3,
            at: at(80),
            first: at(10)
        }),
        "{:?}",
        stage.actions
    );
}

#[test]
fn a_position_inside_of_the_log_is_read_again() {
    let mut stage = feeding_to(10);
    stall(&mut stage, 10);
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(10),
        first: at(10)
    }));
}

#[test]
fn what_stalls_again_at_once_is_tried_every_ten_seconds() {
    let mut stage = feeding_to(10);
    stall(&mut stage, 10);
    stage.resolve();
    stall(&mut stage, 10);
    assert!(
        !stage.wants(&Action::Resolve(vec![P])),
        "a batch that cannot be read must not make a loop"
    );
    stage.pass(9900);
    assert!(!stage.wants(&Action::Resolve(vec![P])));
    stage.pass(200);
    assert!(stage.wants(&Action::Resolve(vec![P])));
}

#[test]
fn a_lagging_end_that_catches_up_changes_nothing() {
    let mut stage = feeding_to(50);
    stall(&mut stage, 50);
    stage.facts.high_watermark = at(20);
    stage.resolve();
    stage.facts.high_watermark = at(50);
    stage.pass(1100);
    stage.resolve();
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 2,
        at: at(50),
        first: at(50)
    }));
}

fn probe(stage: &mut Stage, topic_id: &str) {
    let probed = v1::Probed {
        topic_exists: Some(true),
        topic_id: topic_id.to_owned(),
        partitions: vec![v1::ProbedPartition {
            partition: 0,
            ..v1::ProbedPartition::default()
        }],
        ..v1::Probed::default()
    };
    let round = ProbeRound {
        measured: stage.now,
        probed,
        ..ProbeRound::default()
    };
    stage.session.probed(round, stage.now);
    stage.settle_down();
}

#[test]
fn a_recreated_topic_is_never_resumed_at_the_old_offset() {
    let mut stage = feeding_to(50);
    stage.ack(0, 30);
    stage.commit(CommitOutcome::Taken);
    probe(&mut stage, "id-1");
    assert!(!stage.wants(&Action::Withdraw(P)));
    probe(&mut stage, "id-2");
    assert!(stage.wants(&Action::Withdraw(P)));
    assert!(
        stage
            .said
            .iter()
            .any(|said| matches!(said, Said::Release(_)))
    );
    // A commit that was under way landed on the new topic.
    stage.facts.committed = Some(at(30));
    stage.topic_id = "id-2";
    stage.resolve();
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(0));
    let claim = stage.claim();
    assert_eq!(
        (claim.topic_id.as_str(), claim.committed, claim.sent),
        ("id-2", 0, 0)
    );
    assert_eq!(claim.started_from(), StartedFrom::Recreated);
    assert_eq!(
        claim.lost,
        OffsetRange::from_raw(30, 50).map(Into::into),
        "what was read and not acked is gone"
    );
}

#[test]
fn an_ack_about_the_old_log_does_not_settle_the_new_one() {
    let mut stage = feeding_to(50);
    probe(&mut stage, "id-2");
    stage.topic_id = "id-2";
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.hear(Answer::Credit(v1::Credit {
        cumulative_bytes: 1 << 20,
    }));
    stage.grant(&claim, 2, 0);
    stage.batch(0, 50);
    let ranges = vec![v1::OffsetRange {
        first_offset: 0,
        next_offset: 50,
    }];
    stage.hear(Answer::Settled(v1::Settled {
        partition: 0,
        epoch: 1,
        ranges,
        ..v1::Settled::default()
    }));
    assert!(!stage.wants_commit(), "it is of the old claim");
    stage.ack(0, 50);
    assert!(stage.wants_commit());
}

#[test]
fn a_probe_that_could_not_ask_for_the_id_says_nothing_about_the_topic() {
    let mut stage = feeding_to(50);
    probe(&mut stage, "");
    assert!(!stage.wants(&Action::Withdraw(P)));
}

#[test]
fn a_topic_that_is_found_to_be_recreated_while_nothing_is_assigned_is_still_known_as_that() {
    let mut stage = feeding_to(50);
    stage.ack(0, 50);
    stage.commit(CommitOutcome::Taken);
    probe(&mut stage, "id-2");
    // The answer to what the probe led to comes when the partition was taken away.
    stage.session.revoke(&[P], false, stage.now);
    stage.settle_down();
    stage.topic_id = "id-2";
    stage.facts.committed = None;
    stage.resolve();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    assert_eq!(stage.claim().started_from(), StartedFrom::Recreated);
}

#[test]
fn a_recreated_topic_is_still_said_to_be_that_when_the_group_takes_it_away_before_the_claim() {
    let mut stage = feeding_to(50);
    stage.recreate("id-2");
    stage.facts.committed = None;
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let unheard = stage.claim();
    assert_eq!(unheard.started_from(), StartedFrom::Recreated);
    let again = |stage: &mut Stage| {
        stage.session.revoke(&[P], false, stage.now);
        stage.settle_down();
        stage.facts.committed = Some(at(0));
        stage.assign(&[0]);
        stage.resolve();
        stage.commit(CommitOutcome::Taken);
        stage.claim()
    };
    let heard = again(&mut stage);
    assert_eq!(heard.started_from(), StartedFrom::Recreated);
    stage.grant(&heard, 2, 0);
    assert_eq!(again(&mut stage).started_from(), StartedFrom::Commit);
}
