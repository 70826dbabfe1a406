use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, ErrorKind, Severity, VerdictCode as Code};

use super::scene::{FEED, Scene, claim, fact, number, open, secs, wire};
use super::{also, check};
use crate::core::books::FeedKey;

#[test]
fn a_topic_without_a_fetcher_is_starting_for_ten_seconds_and_unreachable_from_then_on() {
    let mut scene = Scene::bare();
    scene.now = scene.evidence.started() + secs(9);
    check(
        "9 s after the start",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    assert!(fact(&scene.judge(), "starting_for").is_some());
    scene.silence(1_000);
    check(
        "10 s after the start",
        &scene,
        (Code::FetcherUnreachable, Severity::Fault, true),
    );
    assert_eq!(number(&scene.judge(), "feeds"), Some(0));
}

#[test]
fn a_silent_fetcher_is_unreachable_after_three_pulses_and_never_caught_up() {
    let mut scene = Scene::caught_up(2);
    check("heard", &scene, (Code::CaughtUp, Severity::Ok, true));
    for _ in 0..3 {
        scene.silence(1_000);
        scene.probe();
    }
    check(
        "silent for 3 s, probes go on",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.silence(1);
    scene.probe();
    check(
        "silent for more",
        &scene,
        (Code::FetcherUnreachable, Severity::Fault, true),
    );
    assert_eq!(
        (
            scene.judge().verdict.partitions,
            scene.judge().verdict.partitions_total
        ),
        (2, 2)
    );
}

#[test]
fn a_feed_that_ends_is_a_suspicion_for_three_seconds() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.feed_closed(FEED, scene.now);
    check(
        "just now",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    assert_eq!(also(&scene), [(Code::FetcherUnreachable, false)]);
    scene.silence(3_000);
    check(
        "3 s ago",
        &scene,
        (Code::FetcherUnreachable, Severity::Fault, true),
    );
}

#[test]
fn a_fetcher_that_was_cut_off_leaves_its_partition_unreachable_while_another_is_well() {
    let mut scene = Scene::caught_up(2);
    let (other, mut second) = (FeedKey(2), open());
    second.fetcher_id = "fetcher-2".into();
    scene.evidence.feed_opened(other, &second, scene.now);
    scene
        .evidence
        .claimed(Partition(1), other, &claim(1, 100), scene.now);
    scene.evidence.feed_closed(other, scene.now);
    scene.tick(3);
    check(
        "3 s after the cut",
        &scene,
        (Code::FetcherUnreachable, Severity::Fault, true),
    );
    let judgement = scene.judge();
    assert_eq!(
        (
            judgement.verdict.partitions,
            judgement.verdict.partitions_total
        ),
        (1, 2)
    );
    assert_eq!(judgement.partitions[&Partition(0)], Code::CaughtUp);
    assert!(fact(&judgement, "session_ends_at_the_latest").is_some());
}

#[test]
fn a_fetcher_that_left_in_order_leaves_no_ghost() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.evidence.feed_closed(FEED, scene.now);
    assert_eq!(scene.evidence.fetchers(scene.now).len(), 0);
}

#[test]
fn a_topic_is_missing_when_metadata_said_so_twice_a_second_apart() {
    let mut scene = Scene::caught_up(1);
    scene.probe.topic_exists = Some(false);
    scene.probe.topic_id = String::new();
    scene.tick(1);
    assert_eq!(also(&scene), [(Code::TopicMissing, false)]);
    scene.tick(1);
    check(
        "said twice",
        &scene,
        (Code::TopicMissing, Severity::Fault, true),
    );
    scene.probe.topic_exists = None;
    scene.tick(1);
    check(
        "metadata could not be had",
        &scene,
        (Code::TopicMissing, Severity::Fault, true),
    );
    scene.probe.topic_exists = Some(true);
    scene.tick(1);
    check("it is back", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_topic_that_never_existed_is_missing_without_any_partition() {
    let mut scene = Scene::bare();
    scene.evidence.feed_opened(FEED, &open(), scene.now);
    scene.probe.topic_exists = Some(false);
    scene.tick(2);
    check(
        "never existed",
        &scene,
        (Code::TopicMissing, Severity::Fault, true),
    );
    assert_eq!(scene.judge().verdict.partitions_total, 0);
}

#[test]
fn another_topic_id_is_another_topic() {
    let mut scene = Scene::caught_up(1);
    scene.probe.topic_id = "topic-id-2".into();
    scene.tick(1);
    check(
        "another id",
        &scene,
        (Code::TopicRecreated, Severity::Fault, true),
    );
    scene.probe.topic_id = String::new();
    scene.tick(1);
    let mut anew = claim(0, 0);
    anew.topic_id = "topic-id-2".into();
    anew.started_from = v1::StartedFrom::Recreated.into();
    scene.logs[0].next = Some(0);
    scene.logs[0].high = 0;
    scene.claim(&anew);
    scene.tick(599);
    check(
        "begun anew",
        &scene,
        (Code::TopicRecreated, Severity::Fault, true),
    );
    scene.tick(1);
    check(
        "ten minutes later",
        &scene,
        (Code::TopicEmpty, Severity::Note, true),
    );
}

#[test]
fn a_cluster_is_unreachable_when_no_broker_is_up_for_five_seconds_and_probes_fail() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers_up = 0;
    scene.probe.failure = Some("timed out".into());
    scene.probe.topic_exists = None;
    scene.tick(5);
    check("4 s", &scene, (Code::Undetermined, Severity::Unknown, true));
    scene.tick(1);
    check(
        "5 s",
        &scene,
        (Code::ClusterUnreachable, Severity::Fault, true),
    );
    assert!(fact(&scene.judge(), "bootstrap").is_some());
}

#[test]
fn no_broker_in_a_pulse_without_statistics_says_nothing() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers_up = 0;
    scene.pulse.statistics_age = None;
    scene.tick(20);
    check(
        "no statistics",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn a_client_that_never_found_a_broker_says_so_before_it_has_statistics() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers_up = 0;
    scene.pulse.statistics_age = None;
    scene.error(ErrorKind::AllBrokersDown, 0);
    scene.tick(6);
    check(
        "it says so for 6 s",
        &scene,
        (Code::ClusterUnreachable, Severity::Fault, true),
    );
}

#[test]
fn a_partition_in_motion_is_rebalancing_and_a_fault_after_a_minute_without_an_owner() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.pulse.group.as_mut().unwrap().join_state = "wait-assign-call".into();
    scene.tick(60);
    check("60 s", &scene, (Code::Rebalancing, Severity::Ok, true));
    scene.tick(1);
    check("61 s", &scene, (Code::Rebalancing, Severity::Fault, true));
}

#[test]
fn short_absences_add_up() {
    let mut scene = Scene::caught_up(1);
    for _ in 0..4 {
        scene.evidence.released(Partition(0), scene.now);
        scene.tick(16);
        scene.claim(&claim(0, 100));
        scene.tick(10);
    }
    scene.evidence.released(Partition(0), scene.now);
    scene.pulse.group.as_mut().unwrap().rebalancing = wire(1);
    scene.tick(1);
    check(
        "65 s of 5 min",
        &scene,
        (Code::Rebalancing, Severity::Fault, true),
    );
    scene.tick(0);
}

#[test]
fn a_member_that_keeps_its_partition_through_a_rebalance_is_not_rebalancing() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.group.as_mut().unwrap().rebalancing = wire(5);
    scene.tick(5);
    check("kept", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn no_coordinator_is_a_fault_for_a_joining_member_and_said_beside_for_a_steady_one() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.group.as_mut().unwrap().state = "query-coord".into();
    scene.tick(11);
    check("steady", &scene, (Code::CaughtUp, Severity::Ok, true));
    assert_eq!(also(&scene), [(Code::NoCoordinator, true)]);
    scene.evidence.released(Partition(0), scene.now);
    scene.pulse.group.as_mut().unwrap().join_state = "init".into();
    scene.tick(1);
    check(
        "joining",
        &scene,
        (Code::NoCoordinator, Severity::Fault, true),
    );
}

#[test]
fn a_coordinator_is_missed_since_the_client_lost_it_and_not_since_that_was_heard() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    let group = scene.pulse.group.as_mut().unwrap();
    group.state = "query-coord".into();
    group.join_state = "init".into();
    group.state_age = wire(10);
    scene.tick(1);
    check(
        "heard late",
        &scene,
        (Code::NoCoordinator, Severity::Fault, true),
    );
}

#[test]
fn a_group_without_a_coordinator_is_never_called_rebalancing() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    let group = scene.pulse.group.as_mut().unwrap();
    group.state = "query-coord".into();
    group.join_state = "init".into();
    scene.tick(2);
    let judged = scene.judge();
    assert_eq!(judged.verdict.code(), Code::Undetermined, "{judged:?}");
    assert!(also(&scene).contains(&(Code::NoCoordinator, false)));
}

#[test]
fn what_a_recreation_cost_is_still_said_when_a_rebalance_has_resumed_at_a_commit() {
    let mut scene = Scene::caught_up(1);
    let mut anew = claim(0, 0);
    anew.started_from = v1::StartedFrom::Recreated.into();
    scene.claim(&anew);
    scene.tick(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.claim(&claim(0, 100));
    scene.tick(1);
    check(
        "resumed",
        &scene,
        (Code::TopicRecreated, Severity::Fault, true),
    );
}

#[test]
fn a_warning_that_is_sure_comes_before_a_suspicion_that_the_table_puts_first() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.logs[0].pulse.unresolved = wire(0);
    scene.logs[0].pulse.leader_up = false;
    scene.logs[0].probe_failure = Some("broker transport failure".into());
    let after = |scene: &mut Scene, seconds: u64, expected| {
        scene.logs[0].pulse.unresolved = wire(seconds);
        scene.tick(1);
        check(&format!("{seconds} s"), scene, expected);
    };
    for seconds in 1..5 {
        let suspected = (Code::BrokerDown, Severity::Note, false);
        after(&mut scene, seconds, suspected);
    }
    for seconds in 5..11 {
        let sure = (Code::StartOffsetUnknown, Severity::Warn, true);
        after(&mut scene, seconds, sure);
    }
    scene.logs[0].pulse.unresolved = wire(11);
    scene.tick(1);
    check("11 s", &scene, (Code::BrokerDown, Severity::Fault, true));
}

#[test]
fn an_unclaimed_partition_is_judged_by_the_fetcher_that_it_is_assigned_to() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.logs[0].pulse.unresolved = wire(5);
    scene.tick(1);
    scene.silence(100);
    let other = FeedKey(2);
    scene.evidence.feed_opened(other, &open(), scene.now);
    scene
        .evidence
        .pulse(other, &v1::Pulse::default(), scene.now);
    check(
        "assigned to the first",
        &scene,
        (Code::StartOffsetUnknown, Severity::Warn, true),
    );
}

#[test]
fn a_dead_leader_is_a_note_for_ten_seconds() {
    let mut scene = Scene::caught_up(2);
    scene.logs[1].pulse.leader_up = false;
    scene.logs[1].probe_failure = Some("broker transport failure".into());
    scene.tick(10);
    check("9 s", &scene, (Code::BrokerDown, Severity::Note, false));
    // The client forgets the leader after ten seconds; the broker is still down.
    scene.logs[1].pulse.leader = None;
    scene.logs[1].leader = None;
    scene.tick(1);
    check("10 s", &scene, (Code::BrokerDown, Severity::Fault, true));
    assert_eq!(scene.judge().verdict.partitions, 1);
}

#[test]
fn a_leader_is_away_since_its_connection_went_down_and_not_since_a_probe_found_out() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].pulse.leader_up = false;
    for _ in 0..4 {
        scene.silence(1_000);
        scene.pulse();
    }
    scene.logs[0].probe_failure = Some("broker transport failure".into());
    scene.tick(6);
    check("9 s", &scene, (Code::BrokerDown, Severity::Note, false));
    scene.tick(1);
    check("10 s", &scene, (Code::BrokerDown, Severity::Fault, true));
}

#[test]
fn a_leader_that_answered_since_is_away_since_then() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].pulse.leader_up = false;
    scene.tick(4);
    scene.logs[0].probe_failure = Some("broker transport failure".into());
    scene.tick(9);
    check("9 s", &scene, (Code::BrokerDown, Severity::Note, false));
    scene.tick(1);
    check("10 s", &scene, (Code::BrokerDown, Severity::Fault, true));
}

#[test]
fn a_leader_in_another_state_than_down_may_be_probed_and_then_is_well() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].pulse.leader_up = false;
    scene.tick(20);
    check(
        "the probe succeeds",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn no_leader_is_a_note_for_thirty_seconds() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].leader = None;
    scene.logs[0].pulse.leader = None;
    scene.logs[0].probe_failure = Some("leader not available".into());
    scene.tick(30);
    check(
        "29 s",
        &scene,
        (Code::LeaderUnavailable, Severity::Note, false),
    );
    scene.tick(1);
    check(
        "30 s",
        &scene,
        (Code::LeaderUnavailable, Severity::Fault, true),
    );
}
