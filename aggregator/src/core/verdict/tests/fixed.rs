//! A fetcher that joins no group: no rule about membership speaks of it, and a standby is healthy.

use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code};

use super::scene::{Scene, claim, fact, open, wire};
use super::{also, check};
use crate::core::books::FeedKey;

const CAUGHT_UP: (Code, Severity, bool) = (Code::CaughtUp, Severity::Ok, true);
const STANDBY: FeedKey = FeedKey(2);

fn fixed(fetcher_id: &str) -> v1::Open {
    v1::Open {
        fetcher_id: fetcher_id.into(),
        group_protocol: String::new(),
        membership: v1::Membership::Fixed.into(),
        shards: 1,
        ..open()
    }
}

/// A fixed fetcher that holds both partitions.
fn holder() -> Scene {
    let mut scene = Scene::caught_up_with(&fixed("fetcher-1"), 2);
    let group = scene.pulse.group.as_mut().unwrap();
    group.join_state = String::new();
    group.member_id = String::new();
    scene.tick(5);
    scene
}

/// The pulse of a fetcher that only waits.
fn waiting() -> v1::Pulse {
    v1::Pulse {
        statistics_age: wire(0),
        group: Some(v1::GroupState {
            state: "up".into(),
            ..v1::GroupState::default()
        }),
        brokers_up: 1,
        brokers_known: 1,
        standby: 2,
        ..v1::Pulse::default()
    }
}

#[test]
fn a_standby_changes_no_verdict_and_is_shown_as_one() {
    let mut scene = holder();
    check("alone", &scene, CAUGHT_UP);
    scene
        .evidence
        .feed_opened(STANDBY, &fixed("fetcher-2"), scene.now);
    for _ in 0..60 {
        scene.evidence.pulse(STANDBY, &waiting(), scene.now);
        scene.tick(1);
    }
    check("with a standby", &scene, CAUGHT_UP);
    assert_eq!(also(&scene), [], "and nothing beside it");
    let fetchers = scene.evidence.fetchers(scene.now);
    let said = fetchers
        .iter()
        .map(|f| (f.membership(), f.shard.as_str(), f.claims, f.standby));
    let fixed = v1::Membership::Fixed;
    assert_eq!(
        said.collect::<Vec<_>>(),
        [(fixed, "0/1", 2, 0), (fixed, "0/1", 0, 2)]
    );
}

#[test]
fn a_standby_that_falls_silent_changes_no_verdict_either() {
    let mut scene = holder();
    scene
        .evidence
        .feed_opened(STANDBY, &fixed("fetcher-2"), scene.now);
    scene.evidence.pulse(STANDBY, &waiting(), scene.now);
    scene.tick(60);
    check("silent", &scene, CAUGHT_UP);
    scene.evidence.feed_closed(STANDBY, scene.now);
    scene.tick(60);
    check("gone", &scene, CAUGHT_UP);
}

#[test]
fn a_fixed_fetcher_is_in_no_round_whatever_is_said_of_the_group() {
    let mut scene = holder();
    scene.evidence.released(Partition(1), scene.now);
    scene.books.partitions.remove(&Partition(1));
    scene.logs[1].pulse.assigned = false;
    scene.pulse.owners_age = wire(1);
    for join_state in ["init", "wait-join", "steady"] {
        scene.pulse.group.as_mut().unwrap().join_state = join_state.into();
        scene.tick(40);
        let code = scene.judge().partitions[&Partition(1)];
        let never = [
            Code::Rebalancing,
            Code::PartitionUnowned,
            Code::OwnerElsewhere,
            Code::OwnerSilent,
        ];
        assert!(!never.contains(&code), "{join_state}: {code:?}");
    }
}

/// A fixed fetcher of one shard that holds what it takes of two partitions.
fn half() -> Scene {
    let half = v1::Open {
        shards: 2,
        ..fixed("fetcher-1")
    };
    let mut scene = Scene::caught_up_with(&half, 1);
    let group = scene.pulse.group.as_mut().unwrap();
    group.join_state = String::new();
    group.member_id = String::new();
    let mut other = scene.logs[0].clone();
    other.pulse.assigned = false;
    scene.logs.push(other);
    scene
}

fn of_the_other(scene: &Scene) -> Code {
    scene.judge().partitions[&Partition(1)]
}

#[test]
fn a_partition_in_nobodys_shard_is_a_fault_after_half_a_minute() {
    let mut scene = half();
    scene.tick(4);
    assert_eq!(of_the_other(&scene), Code::PartitionUnowned, "3 s");
    let unowned = |severity, confirmed| (Code::PartitionUnowned, severity, confirmed);
    check("a note", &scene, unowned(Severity::Note, false));
    scene.tick(27);
    check("a fault", &scene, unowned(Severity::Fault, true));
    let judged = scene.judge();
    let named = fact(&judged, "shards").and_then(|fact| fact.value.clone());
    assert_eq!(named, Some(v1::fact::Value::Text("0/2".into())));
    // Shards that do not fit together leave partitions out as well.
    let third = v1::Open {
        shard: 2,
        shards: 3,
        ..fixed("fetcher-2")
    };
    scene.evidence.feed_opened(STANDBY, &third, scene.now);
    scene.tick(1);
    assert_eq!(of_the_other(&scene), Code::PartitionUnowned);
}

#[test]
fn a_partition_that_a_fetcher_may_take_is_not_left_out() {
    for (open, what) in [
        (
            v1::Open {
                shard: 1,
                shards: 2,
                ..fixed("fetcher-2")
            },
            "its shard",
        ),
        (open(), "a member of the group"),
    ] {
        let mut scene = half();
        scene.tick(40);
        scene.evidence.feed_opened(STANDBY, &open, scene.now);
        scene.tick(1);
        assert_ne!(of_the_other(&scene), Code::PartitionUnowned, "{what}");
        // It gives back what it had, and leaves.
        let claim = claim(1, 100);
        scene
            .evidence
            .claimed(Partition(1), STANDBY, &claim, scene.now);
        scene.evidence.released(Partition(1), scene.now);
        scene.evidence.feed_closed(STANDBY, scene.now);
        scene.tick(4);
        assert_eq!(of_the_other(&scene), Code::PartitionUnowned, "{what}");
    }
}

#[test]
fn without_a_coordinator_a_holder_reads_on() {
    let mut scene = holder();
    scene.pulse.group.as_mut().unwrap().state = "query-coord".into();
    scene.tick(15);
    check("coordinator away", &scene, CAUGHT_UP);
    assert_eq!(also(&scene), [(Code::NoCoordinator, true)]);
}

#[test]
fn a_group_that_has_members_is_a_fault_that_names_them() {
    let mut scene = holder();
    let said = "group g has members (app at 10.0.0.7)";
    scene.pulse.errors = vec![v1::LatchedError {
        kind: v1::ErrorKind::GroupProtocol.into(),
        text: said.into(),
        first_age: wire(1),
        last_age: wire(0),
        count: 1,
        ..v1::LatchedError::default()
    }];
    scene.tick(1);
    check(
        "members",
        &scene,
        (Code::GroupProtocolMismatch, Severity::Fault, true),
    );
    let judged = scene.judge();
    let named = fact(&judged, "error").and_then(|fact| fact.value.clone());
    assert_eq!(named, Some(v1::fact::Value::Text(said.into())));
}
