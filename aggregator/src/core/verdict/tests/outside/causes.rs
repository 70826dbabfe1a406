//! Brokers and the cluster, as an observer meets them.

use super::*;

#[test]
fn a_topic_that_the_cluster_does_not_have_is_missing_after_two_answers() {
    let mut watched = Watched::caught_up(1);
    watched.logs.clear();
    watched.probe.topic_exists = Some(false);
    watched.tick(1);
    assert!(!watched.verdict().2 || watched.code() != Code::TopicMissing);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::TopicMissing, Severity::Fault, true)
    );
}

#[test]
fn a_leader_whose_connection_is_refused_is_down_after_ten_seconds() {
    let mut watched = Watched::caught_up(2);
    watched.logs[1].leader_up = false;
    watched.logs[1].times_out();
    watched.tick(1);
    assert_eq!(watched.verdict().0, Code::BrokerDown);
    assert_eq!(watched.verdict().1, Severity::Note);
    watched.tick(10);
    assert_eq!(watched.verdict(), (Code::BrokerDown, Severity::Fault, true));
    assert_eq!(watched.judge().verdict.partitions, 1);
}

#[test]
fn a_partition_without_a_leader_is_a_fault_after_half_a_minute() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].leader = None;
    watched.logs[0].failure = Some("the partition has no leader".into());
    watched.tick(30);
    assert_eq!(watched.verdict().1, Severity::Note);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::LeaderUnavailable, Severity::Fault, true)
    );
}

#[test]
fn a_leader_that_is_connected_and_lets_questions_run_out_of_time_does_not_answer() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].times_out();
    watched.tick(1);
    assert_ne!(
        watched.verdict(),
        (Code::BrokerNotAnswering, Severity::Fault, true)
    );
    watched.tick(3);
    assert_eq!(
        watched.verdict(),
        (Code::BrokerNotAnswering, Severity::Fault, true)
    );
}

#[test]
fn a_leader_that_refuses_does_answer() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].failure = Some("NotLeaderForPartition".into());
    watched.tick(5);
    assert_ne!(watched.code(), Code::BrokerNotAnswering);
}

#[test]
fn a_cluster_of_which_nobody_answers_is_unreachable_after_five_seconds() {
    let mut watched = Watched::caught_up(1);
    watched.pulse.brokers_up = 0;
    watched.probe.failure = Some("Local: Timed out".into());
    watched.logs[0].leader_up = false;
    watched.tick(5);
    assert_ne!(
        watched.verdict(),
        (Code::ClusterUnreachable, Severity::Fault, true)
    );
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::ClusterUnreachable, Severity::Fault, true)
    );
}

#[test]
fn a_refused_login_is_named_and_not_the_silence_that_follows_it() {
    let mut watched = Watched::fresh(0);
    watched.pulse.brokers_up = 0;
    watched.probe.topic_exists = None;
    watched.probe.failure = Some("Local: Timed out".into());
    watched.pulse.errors = vec![v1::LatchedError {
        kind: v1::ErrorKind::Authentication.into(),
        text: "SASL authentication error: Authentication failed".into(),
        first_age: wire(2),
        last_age: wire(0),
        ..Default::default()
    }];
    watched.tick(6);
    assert_eq!(
        watched.verdict(),
        (Code::AuthenticationFailed, Severity::Fault, true)
    );
}
