use super::super::scene::{fact, number};
use super::*;
use crate::core::outside::observation::is_sure;

#[test]
fn a_group_that_nobody_knows_is_no_group() {
    let mut watched = Watched::fresh(1);
    watched.logs[0].committed = None;
    watched.logs[0].owned = false;
    watched.group = v1::GroupSeen {
        state: "Dead".into(),
        has_commits: Some(false),
        members_total: 0,
        ..watched.group
    };
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::NoGroup, Severity::Fault, true));
    // Commits without a group are Kafka's "Empty"; one that forgot to say so is not judged by it.
    watched.group.has_commits = None;
    watched.tick(1);
    assert_ne!(watched.code(), Code::NoGroup);
}

#[test]
fn a_verdict_is_not_sure_while_a_row_above_it_waits_to_be_confirmed() {
    let mut watched = Watched::caught_up(2);
    watched.logs.iter_mut().for_each(|log| log.owned = false);
    watched.tick(1);
    let judged = watched.judge();
    assert_eq!(judged.verdict.code(), Code::NotSubscribed);
    let row = |code: Code, confirmed| v1::Verdict {
        code: code.into(),
        confirmed,
        ..v1::Verdict::default()
    };
    let sure = |also: &[v1::Verdict]| is_sure(&judged.verdict, also);
    assert!(sure(&judged.also), "{:?}", judged.also);
    assert!(!sure(&[row(Code::TopicMissing, false)]));
    assert!(sure(&[row(Code::TopicMissing, true)]));
    assert!(sure(&[row(Code::StuckWithLag, false)]), "it stands below");
    let flowing = row(Code::Flowing, true);
    assert!(is_sure(&flowing, &[row(Code::StuckWithLag, false)]));
}

fn empty(watched: &mut Watched) {
    watched.group.state = "Empty".into();
    watched.group.members_total = 0;
    watched.logs.iter_mut().for_each(|log| log.owned = false);
}

#[test]
fn a_group_without_members_is_a_fault_where_records_wait() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 130;
    empty(&mut watched);
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Note, false));
    watched.tick(4);
    assert_eq!(
        watched.verdict().1,
        Severity::Note,
        "a restart takes that long"
    );
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Fault, true));
    assert_eq!(number(&watched.judge(), "members"), Some(0));
}

#[test]
fn who_assigns_by_hand_and_commits_is_no_fault() {
    let mut watched = Watched::fresh(1);
    empty(&mut watched);
    watched.logs[0].high = 150;
    for second in 1..60 {
        watched.logs[0].high += 100;
        if second % 5 == 0 {
            watched.logs[0].committed = Some(watched.logs[0].high - 50);
        }
        watched.tick(1);
        assert_ne!(watched.verdict().1, Severity::Fault, "{second}");
    }
    assert_eq!(watched.verdict(), (Code::Flowing, Severity::Ok, true));
    assert!(watched.also().contains(&Code::NoMember));
    // It stops.
    watched.tick(15);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Fault, true));
}

#[test]
fn a_group_that_never_had_members_may_commit_for_ten_seconds() {
    let mut watched = Watched::fresh(1);
    empty(&mut watched);
    watched.logs[0].high = 150;
    watched.tick(10);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Note, false));
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Fault, true));
}

#[test]
fn a_partition_that_nobody_waits_for_makes_nothing_sure_of_one_that_may_be_a_fault() {
    let mut watched = Watched::fresh(2);
    empty(&mut watched);
    watched.logs[0].high = 150;
    watched.tick(10);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Note, false));
    let judged = watched.judge();
    assert!(!is_sure(&judged.verdict, &judged.also));
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Fault, true));
}

#[test]
fn a_group_without_members_whose_lag_is_not_known_is_unknown() {
    let mut watched = Watched::fresh(1);
    empty(&mut watched);
    watched.group.commits_failure = Some("Broker: Topic authorization failed".into());
    watched.tick(30);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Unknown, true));
}

#[test]
fn a_group_without_members_and_without_lag_is_a_note() {
    let mut watched = Watched::caught_up(2);
    empty(&mut watched);
    watched.tick(60);
    assert_eq!(watched.verdict(), (Code::NoMember, Severity::Note, true));
}

#[test]
fn members_that_own_nothing_of_the_topic_read_other_topics() {
    let mut watched = Watched::caught_up(2);
    watched.logs.iter_mut().for_each(|log| log.owned = false);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::NotSubscribed, Severity::Note, true)
    );
}

#[test]
fn a_partition_that_nobody_owns_is_a_fault_after_half_a_minute() {
    let mut watched = Watched::caught_up(2);
    watched.logs.push(Log {
        high: 10,
        committed: None,
        owned: false,
        ..Log::read_to_the_end()
    });
    watched.tick(4);
    assert_eq!(watched.verdict().0, Code::PartitionUnowned);
    assert_eq!(watched.verdict().1, Severity::Note);
    watched.tick(27);
    assert_eq!(
        watched.verdict(),
        (Code::PartitionUnowned, Severity::Fault, true)
    );
    watched.logs[2].owned = true;
    watched.logs[2].committed = Some(10);
    watched.tick(1);
    assert_eq!(watched.code(), Code::CaughtUp);
}

#[test]
fn a_group_that_shares_out_its_partitions_is_ok_for_a_minute() {
    for state in ["PreparingRebalance", "CompletingRebalance", "Unknown"] {
        let mut watched = Watched::caught_up(1);
        watched.group.state = state.into();
        watched.logs[0].owned = false;
        watched.logs[0].high = 130;
        watched.tick(1);
        assert_eq!(
            watched.verdict(),
            (Code::Rebalancing, Severity::Ok, true),
            "{state}"
        );
        watched.tick(59);
        assert_eq!(watched.verdict().1, Severity::Ok, "{state}");
        watched.tick(1);
        assert_eq!(watched.verdict().1, Severity::Fault, "{state}");
    }
}

#[test]
fn a_partition_that_keeps_its_owner_does_not_rebalance() {
    let mut watched = Watched::caught_up(1);
    watched.group.state = "Unknown".into();
    watched.tick(1);
    assert_eq!(watched.code(), Code::CaughtUp);
}

#[test]
fn a_coordinator_that_answers_neither_question_is_none() {
    let mut watched = Watched::caught_up(1);
    watched.group.failure = Some("Local: Timed out".into());
    watched.group.commits_failure = Some("Local: Timed out".into());
    watched.group.state = String::new();
    watched.tick(2);
    assert_ne!(watched.code(), Code::NoCoordinator);
    watched.tick(1);
    let noted = |confirmed| (Code::NoCoordinator, Severity::Note, confirmed);
    assert_eq!(watched.verdict(), noted(false), "it may be moving");
    watched.tick(7);
    assert_eq!(watched.verdict(), noted(false));
    watched.tick(1);
    assert_eq!(watched.verdict(), noted(true));
    assert!(!is_sure(&watched.judge().verdict, &[]), "it may be back");
    watched.tick(9);
    assert_eq!(watched.verdict(), noted(true));
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::NoCoordinator, Severity::Fault, true)
    );
    assert!(fact(&watched.judge(), "group_failure").is_some());
}

#[test]
fn a_coordinator_that_moved_is_nothing_to_speak_of() {
    let mut watched = Watched::caught_up(1);
    let answering = watched.group.clone();
    watched.group.failure = Some("Local: Timed out".into());
    watched.group.commits_failure = Some("Local: Timed out".into());
    watched.group.state = String::new();
    watched.tick(15);
    watched.group = answering;
    watched.tick(1);
    assert_eq!(watched.code(), Code::CaughtUp);
    assert!(!watched.also().contains(&Code::NoCoordinator));
}

#[test]
fn a_broker_that_cannot_be_asked_about_groups_is_no_missing_coordinator() {
    let mut watched = Watched::caught_up(1);
    let unsupported = Some("Group list error: UnsupportedFeature".to_owned());
    watched.group.failure.clone_from(&unsupported);
    watched.group.commits_failure = unsupported;
    watched.group.failure_kind = v1::ErrorKind::Unsupported.into();
    watched.group.commits_failure_kind = watched.group.failure_kind;
    watched.tick(20);
    assert_ne!(watched.code(), Code::NoCoordinator);
}

#[test]
fn a_coordinator_that_answers_one_question_is_there() {
    let mut watched = Watched::caught_up(1);
    watched.group.failure = Some("Local: Timed out".into());
    watched.tick(20);
    assert_eq!(watched.code(), Code::CaughtUp);
}

#[test]
fn a_right_that_is_missing_is_named_and_says_nothing_about_the_group() {
    let mut watched = Watched::caught_up(1);
    let right = |resource: &str, operation: &str| v1::MissingRight {
        resource: resource.into(),
        name: "name".into(),
        operation: operation.into(),
    };
    watched.group.missing_rights = vec![
        right("topic", "READ"),
        right("topic", "DESCRIBE_CONFIGS"),
        right("cluster", "DESCRIBE_CONFIGS"),
    ];
    watched.tick(1);
    assert_eq!(
        watched.code(),
        Code::CaughtUp,
        "without figures less is known, and enough"
    );
    watched.group = v1::GroupSeen {
        failure: Some("GroupAuthorizationFailed".into()),
        commits_failure: Some("GroupAuthorizationFailed".into()),
        missing_rights: vec![right("group", "DESCRIBE")],
        ..watched.group
    };
    watched.tick(20);
    assert_eq!(
        watched.verdict(),
        (Code::AuthorizationDenied, Severity::Unknown, true)
    );
    let named = fact(&watched.judge(), "missing_right")
        .unwrap()
        .value
        .clone();
    let text = Some(v1::fact::Value::Text("DESCRIBE on group name".into()));
    assert_eq!(named, text);
}
