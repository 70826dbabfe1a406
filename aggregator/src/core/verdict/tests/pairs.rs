//! Several things at once: the first cause is the verdict, and the others are said beside it.

use rollcall_proto::v1::{self, ErrorKind, Severity, VerdictCode as Code};

use super::scene::{Scene, open, secs, wire};
use super::{also, check};

fn read_committed() -> v1::Open {
    v1::Open {
        isolation_level: v1::IsolationLevel::ReadCommitted.into(),
        ..open()
    }
}

fn leader() -> v1::BrokerPulse {
    v1::BrokerPulse {
        broker: 1,
        address: "kafka-2:9092".into(),
        state: "UP".into(),
        in_flight: Some(1),
        last_answer_age: wire(0),
        ..Default::default()
    }
}

/// Checks the verdict, and that each of the others is beside it, confirmed or not.
#[track_caller]
fn pair(what: &str, scene: &Scene, verdict: (Code, Severity, bool), beside: &[Code]) {
    check(what, scene, verdict);
    let codes: Vec<_> = also(scene).into_iter().map(|(code, _)| code).collect();
    for code in beside {
        assert!(codes.contains(code), "{what}: {code:?} is not in {codes:?}");
    }
}

/// Unread records in one partition, for so many seconds.
fn backlog(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers.push(leader());
    scene.logs[0].high = 150;
    scene.tick(seconds);
    scene
}

/// The oldest unread record expires within moments.
fn retention_is_near(scene: &mut Scene) {
    let at = scene.now.before(secs(990));
    scene.pulse.settings = Some(v1::TopicSettings {
        retention: wire(1_000),
        ..Default::default()
    });
    scene.logs[0].pulse.unread_record = Some(v1::LoggedRecord {
        offset: 100,
        timestamp_ms: Some(scene.evidence.wall().millis(at)),
        age: wire(0),
    });
    scene.tick(1);
}

#[test]
fn a_backlog_behind_a_dead_broker_in_a_group_that_rebalances_is_the_brokers() {
    let mut scene = backlog(3);
    scene.logs[0].pulse.leader_up = false;
    scene.logs[0].probe_failure = Some("connection refused".into());
    scene.pulse.brokers[0].state = "TRY_CONNECT".into();
    scene.pulse.group.as_mut().unwrap().join_state = "wait-assn".into();
    scene.tick(11);
    pair(
        "dead",
        &scene,
        (Code::BrokerDown, Severity::Fault, true),
        &[],
    );
    // Once the group has taken the partition away nobody fetches any more: that comes first, and the broker beside it.
    scene
        .evidence
        .released(rollcall_proto::ids::Partition(0), scene.now);
    scene.books.partitions.clear();
    scene.tick(2);
    let rebalancing = (Code::Rebalancing, Severity::Ok, true);
    pair("taken away", &scene, rebalancing, &[Code::BrokerDown]);
}

#[test]
fn a_throttle_comes_before_min_bytes_that_it_makes_worse() {
    let mut patient = open();
    (patient.fetch_min_bytes, patient.fetch_wait) = (10_240, wire(5));
    let mut scene = Scene::caught_up_with(&patient, 1);
    scene.pulse.brokers.push(v1::BrokerPulse {
        throttle: wire(20),
        throttle_age: wire(1),
        ..leader()
    });
    scene.logs[0].pulse.last_fetch_age = wire(1);
    scene.logs[0].high = 105;
    scene.tick(2);
    let throttled = (Code::Throttled, Severity::Warn, true);
    pair("both", &scene, throttled, &[Code::WaitingMinBytes]);
}

#[test]
fn a_denied_topic_with_lag_is_denied_and_stuck_beside_it() {
    let mut scene = backlog(12);
    scene.error(ErrorKind::TopicAuthorization, 12);
    scene.tick(1);
    let denied = (Code::AuthorizationDenied, Severity::Fault, true);
    pair("denied", &scene, denied, &[Code::StuckWithLag]);
}

#[test]
fn a_denied_topic_whose_records_expire_says_both() {
    let mut scene = backlog(12);
    scene.error(ErrorKind::TopicAuthorization, 12);
    retention_is_near(&mut scene);
    let denied = (Code::AuthorizationDenied, Severity::Fault, true);
    pair(
        "denied",
        &scene,
        denied,
        &[Code::StuckWithLag, Code::RetentionNear],
    );
}

#[test]
fn an_open_transaction_while_commits_fail_is_the_commits_fault_and_the_transaction_beside_it() {
    let mut scene = Scene::caught_up_with(&read_committed(), 1);
    (scene.logs[0].stable, scene.logs[0].high) = (Some(100), 113);
    scene.error(ErrorKind::Commit, 20);
    scene.tick(12);
    let failing = (Code::CommitFailing, Severity::Fault, true);
    pair("both", &scene, failing, &[Code::OpenTransaction]);
}

#[test]
fn an_open_transaction_behind_a_backlog_that_expires_is_stuck_first_and_near_its_end() {
    let mut scene = Scene::caught_up_with(&read_committed(), 1);
    // Unread below S, and hidden above it.
    (scene.logs[0].stable, scene.logs[0].high) = (Some(110), 120);
    scene.tick(12);
    retention_is_near(&mut scene);
    let stuck = (Code::StuckWithLag, Severity::Fault, true);
    pair("both", &scene, stuck, &[Code::RetentionNear]);
}

#[test]
fn commits_that_fail_while_a_client_holds_records_are_the_fault_and_the_client_is_beside_it() {
    let mut scene = Scene::caught_up(1);
    scene.error(ErrorKind::Commit, 20);
    scene.lease(0, 5, 20);
    scene.tick(1);
    let failing = (Code::CommitFailing, Severity::Fault, true);
    pair("both", &scene, failing, &[Code::WaitingForAck]);
}

#[test]
fn a_hung_broker_in_a_group_without_coordinator_is_the_brokers_fault_and_acks_wait_beside_it() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers.push(v1::BrokerPulse {
        last_answer_age: wire(8),
        ..leader()
    });
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.pulse.group.as_mut().unwrap().state = "query-coord".into();
    scene.tick(12);
    let silent = (Code::BrokerNotAnswering, Severity::Fault, true);
    pair("both", &scene, silent, &[Code::NoCoordinator]);
}

#[test]
fn a_cluster_that_is_gone_comes_before_its_brokers_and_its_coordinator() {
    let mut scene = backlog(3);
    scene.pulse.brokers_up = 0;
    scene.error(ErrorKind::AllBrokersDown, 10);
    scene.logs[0].pulse.leader_up = false;
    scene.pulse.group.as_mut().unwrap().state = "query-coord".into();
    scene.logs[0].probe_failure = Some("connection refused".into());
    scene.tick(12);
    let gone = (Code::ClusterUnreachable, Severity::Fault, true);
    pair(
        "gone",
        &scene,
        gone,
        &[Code::NoCoordinator, Code::BrokerDown],
    );
}

#[test]
fn a_reader_that_is_held_back_and_throttled_is_held_back_by_its_own_client_first() {
    let mut scene = backlog(1);
    scene.pulse.brokers[0].throttle = wire(20);
    scene.pulse.brokers[0].throttle_age = wire(0);
    scene.logs[0].pulse.paused = wire(5);
    scene.tick(1);
    let paused = (Code::PausedBackpressure, Severity::Warn, true);
    pair("both", &scene, paused, &[Code::Throttled]);
}
