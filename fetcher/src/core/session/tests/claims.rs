//! Proof of ownership, and claims.

use super::*;
use rollcall_proto::limits::CLAIM_RANGES;
use rollcall_proto::v1::StartedFrom;

#[test]
fn a_start_by_policy_is_committed_before_the_claim() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    assert!(!stage.wants_commit(), "nothing is known yet");
    stage.facts.log_start = at(7);
    stage.resolve();
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
    assert_eq!(
        stage.commit(CommitOutcome::Taken),
        BTreeMap::from([(P, at(7))])
    );
    let claim = stage.claim();
    assert_eq!((claim.committed, claim.sent, claim.proven), (7, 7, true));
    assert_eq!(
        (claim.started_from(), claim.topic_id.as_str()),
        (StartedFrom::PolicyEarliest, "id-1")
    );
}

#[test]
fn nothing_is_read_before_the_claim_is_granted() {
    let mut stage = Stage::new();
    stage.assign(&[0]);
    stage.resolve();
    assert!(
        !stage.wants_commit(),
        "without a feed there is no claim to prove"
    );
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. }))
    );
    stage.grant(&claim, 4, 3);
    let place = Action::Place {
        partition: P,
        placement: 1,
        at: at(3),
        first: at(3),
    };
    assert!(stage.wants(&place), "{:?}", stage.actions);
}

#[test]
fn a_fenced_fetcher_does_not_claim() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Fenced("unknown member".to_owned()));
    stage.pass(500);
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
    stage.pass(600);
    stage.commit(CommitOutcome::Taken);
    assert!(
        stage.claim().proven,
        "it tries again, and claims once it is the owner"
    );
}

#[test]
fn without_a_coordinator_the_claim_says_that_it_is_not_proven() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::NoCoordinator("timed out".to_owned()));
    assert!(!stage.claim().proven);
}

#[test]
fn a_commit_that_hangs_holds_the_claim_for_three_seconds_only() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.pass(2900);
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
    stage.pass(200);
    assert!(!stage.claim().proven);
}

#[test]
fn an_answer_from_before_the_feed_broke_proves_nothing() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.ack(0, 5);
    let old = stage.take(|action| match action {
        Action::Commit { ticket, offsets } => Some((*ticket, offsets.clone())),
        _ => None,
    });
    stage.session.disconnected(stage.now);
    stage.open();
    let answer = CommitAnswer {
        ticket: old.0,
        offsets: old.1,
        outcome: CommitOutcome::Taken,
    };
    stage.session.committed(answer, stage.now);
    stage.settle_down();
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
    stage.commit(CommitOutcome::Fenced("unknown member".to_owned()));
    assert!(!stage.said.iter().any(|said| matches!(said, Said::Claim(_))));
}

#[test]
fn a_claim_names_no_more_ranges_than_an_aggregator_takes() {
    let mut stage = Stage::feeding();
    let ranges = 2 * i64::try_from(CLAIM_RANGES + 10).unwrap();
    stage.batch(0, ranges);
    let range = |first_offset| v1::OffsetRange {
        first_offset,
        next_offset: first_offset + 1,
    };
    stage.hear(Answer::Settled(v1::Settled {
        partition: 0,
        epoch: 1,
        ranges: (1..ranges).step_by(2).map(range).collect(),
        ..v1::Settled::default()
    }));
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    assert_eq!(stage.claim().settled.len(), CLAIM_RANGES);
}

#[test]
fn a_late_answer_about_the_old_log_hides_nothing_of_the_new_one() {
    let mut stage = Stage::feeding();
    stage.batch(0, 90);
    stage.ack(0, 90);
    let (ticket, offsets) = stage.take(|action| match action {
        Action::Commit { ticket, offsets } => Some((*ticket, offsets.clone())),
        _ => None,
    });
    stage.recreate("id-2");
    stage.resolve();
    let late = CommitAnswer {
        ticket,
        offsets,
        outcome: CommitOutcome::Taken,
    };
    stage.session.committed(late, stage.now);
    stage.settle_down();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!((claim.topic_id.as_str(), claim.committed), ("id-2", 0));
}

#[test]
fn a_recreated_topic_that_a_stall_finds_out_is_read_from_its_start() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.pass(1500);
    stage.actions.clear();
    let suspect = crate::core::facts::Suspect {
        partition: P,
        placement: stage.placement(),
        next_offset: at(10),
        certain: true,
        refused: Some(crate::core::facts::Refused { end: None }),
    };
    stage.session.stalled(&[suspect], stage.now);
    stage.settle_down();
    stage.topic_id = "id-2";
    stage.resolve();
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(0));
    let claim = stage.claim();
    assert_eq!((claim.topic_id.as_str(), claim.committed), ("id-2", 0));
}

#[test]
fn what_waits_for_credit_is_sent_before_what_is_read_again() {
    let mut stage = Stage::feeding();
    stage.hear(Answer::Credit(v1::Credit::default()));
    stage.session.credit.spend(1 << 20);
    stage.batch(0, 10);
    stage.batch(10, 20);
    assert_eq!(stage.sent(), [(1, 0, 10)], "the other waits for credit");
    stage.session.place(P, at(20), stage.now);
    stage
        .session
        .reached_end(P, stage.placement(), end(at(20)), stage.now);
    stage.ack(0, 10);
    assert_eq!(stage.sent(), [(1, 0, 10), (1, 10, 20)]);
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(10));
}

#[test]
fn a_refused_claim_is_made_again_after_a_second() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let first = stage.claim();
    stage.grant(&first, 0, 0);
    stage.pass(1100);
    stage.commit(CommitOutcome::Taken);
    let second = stage.claim();
    assert!(second.generation > first.generation);
    stage.grant(&first, 9, 0);
    assert!(
        !stage
            .actions
            .iter()
            .any(|a| matches!(a, Action::Place { .. })),
        "an answer to the older claim"
    );
}

#[test]
fn the_aggregators_floor_is_where_sending_begins_and_is_committed() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant(&claim, 1, 40);
    assert!(stage.wants(&Action::Place {
        partition: P,
        placement: 1,
        at: at(40),
        first: at(40)
    }));
    stage.batch(40, 41);
    stage.ack(40, 41);
    assert_eq!(stage.commit(CommitOutcome::Taken)[&P], at(41));
}

#[test]
fn offsets_that_cannot_be_read_are_asked_for_again() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.take(|a| matches!(a, Action::Resolve(_)).then_some(()));
    let partitions = vec![(P, Err("timed out".to_owned()))];
    stage.session.resolved(
        &Resolved {
            topic_id: None,
            partitions,
        },
        stage.now,
    );
    stage.pass(900);
    assert!(!stage.wants(&Action::Resolve(vec![P])));
    assert!(stage.pulse().partitions[0].unresolved.is_some());
    stage.pass(200);
    assert!(stage.wants(&Action::Resolve(vec![P])));
}

#[test]
fn a_commit_beyond_the_end_is_believed_only_after_two_seconds() {
    let mut stage = Stage::new();
    stage.open();
    stage.assign(&[0]);
    stage.facts.committed = Some(at(150));
    stage.resolve();
    assert!(!stage.wants_commit(), "a new leader's end may lag");
    stage.pass(1100);
    stage.resolve();
    stage.pass(1100);
    stage.resolve();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert_eq!(
        (claim.committed, claim.started_from()),
        (0, StartedFrom::BeyondEnd)
    );
}

#[test]
fn a_claim_that_another_feed_displaced_is_proven_and_made_again() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.actions.clear();
    let generation = stage.session.holdings[&P].claim;
    let ended = |generation| {
        Answer::Claimed(v1::Claimed {
            generation,
            refused: Some("another feed has it".to_owned()),
            ..v1::Claimed::default()
        })
    };
    stage.hear(ended(generation + 1));
    assert!(!stage.wants(&Action::Withdraw(P)), "it is another claim's");
    stage.hear(ended(generation));
    assert!(stage.wants(&Action::Withdraw(P)));
    stage.pass(999);
    assert!(!stage.wants_commit());
    stage.pass(1);
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    assert!(claim.proven);
    assert_eq!((claim.committed, claim.sent), (0, 10));
    stage.grant(&claim, 3, 0);
    stage.batch(0, 10);
    assert_eq!(stage.sent().last(), Some(&(3, 0, 10)));
}
