//! Several faults at once: the first cause is the verdict, the others are said beside it.

use super::*;

fn both(watched: &Watched, first: Code, other: Code) {
    assert_eq!(watched.code(), first, "{:?}", watched.also());
    assert!(watched.also().contains(&other), "{:?}", watched.also());
}

#[test]
fn nobody_is_there_comes_before_what_they_would_have_missed() {
    let mut watched = Watched::caught_up(1);
    watched.group.state = "Empty".into();
    watched.group.members_total = 0;
    watched.logs[0].owned = false;
    watched.logs[0].high = 500;
    watched.logs[0].start = 130;
    watched.tick(15);
    both(&watched, Code::NoMember, Code::OffsetOutOfRange);
    both(&watched, Code::NoMember, Code::StuckWithLag);
}

#[test]
fn a_dead_leader_comes_before_the_backlog_behind_it() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 500;
    watched.logs[1].leader_up = false;
    watched.logs[1].times_out();
    watched.tick(15);
    both(&watched, Code::BrokerDown, Code::StuckWithLag);
}

#[test]
fn a_rebalance_comes_before_the_backlog_that_it_makes() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 500;
    watched.tick(12);
    watched.group.state = "PreparingRebalance".into();
    watched.logs.iter_mut().for_each(|log| log.owned = false);
    watched.tick(62);
    both(&watched, Code::Rebalancing, Code::StuckWithLag);
}

#[test]
fn records_that_are_lost_come_before_the_transaction_that_hides_the_rest() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].start = 130;
    watched.logs[0].high = 500;
    watched.logs[1].high = 113;
    watched.logs[1].stable = Some(100);
    watched.tick(12);
    both(&watched, Code::OffsetOutOfRange, Code::OpenTransaction);
}

#[test]
fn a_stuck_partition_comes_before_one_that_waits_for_a_transaction() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 500;
    watched.logs[1].high = 113;
    watched.logs[1].stable = Some(100);
    watched.tick(12);
    both(&watched, Code::StuckWithLag, Code::OpenTransaction);
}

#[test]
fn a_topic_that_was_recreated_comes_before_the_commits_that_went_with_it() {
    let mut watched = Watched::caught_up(1);
    watched.probe.topic_id = "topic-id-2".into();
    watched.logs[0].committed = None;
    watched.tick(3);
    both(&watched, Code::TopicRecreated, Code::StartOffsetUnknown);
}

#[test]
fn a_missing_right_does_not_hide_that_the_cluster_is_gone() {
    let mut watched = Watched::caught_up(1);
    watched.group.missing_rights = vec![v1::MissingRight {
        resource: "group".into(),
        name: "group".into(),
        operation: "DESCRIBE".into(),
    }];
    watched.pulse.brokers_up = 0;
    watched.probe.failure = Some("Local: Timed out".into());
    watched.tick(8);
    // The right comes first in the table; what is said beside it is the fault.
    both(
        &watched,
        Code::AuthorizationDenied,
        Code::ClusterUnreachable,
    );
}

#[test]
fn a_partition_that_nobody_owns_comes_before_its_sibling_that_stands_still() {
    let mut watched = Watched::caught_up(2);
    watched.logs[0].high = 500;
    watched.logs[1].owned = false;
    watched.tick(32);
    both(&watched, Code::PartitionUnowned, Code::StuckWithLag);
}
