use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{Severity, VerdictCode as Code};

use super::scene::{Scene, claim, wire};
use super::{also, check};

/// A partition without claim that the group's description names no owner of, for so many seconds.
fn unowned(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(2);
    scene.evidence.released(Partition(1), scene.now);
    scene.books.partitions.remove(&Partition(1));
    scene.logs[1].pulse.assigned = false;
    scene.pulse.owners_age = wire(2);
    scene.tick(seconds);
    scene
}

#[test]
fn a_partition_that_nobody_owns_is_a_note_then_a_fault() {
    let code = |seconds| unowned(seconds).judge().partitions[&Partition(1)];
    assert_eq!(code(3), Code::Undetermined, "2 s");
    assert_eq!(code(4), Code::PartitionUnowned, "3 s");
    check(
        "29 s",
        &unowned(30),
        (Code::PartitionUnowned, Severity::Note, false),
    );
    check(
        "30 s",
        &unowned(31),
        (Code::PartitionUnowned, Severity::Fault, true),
    );
}

#[test]
fn an_added_partition_is_unowned_since_it_was_first_heard_of_and_not_since_the_group_was_described()
{
    let mut scene = Scene::caught_up(1);
    scene.pulse.owners_age = wire(20);
    let added = scene.logs[0].clone();
    scene.logs.push(added);
    scene.logs[1].pulse.assigned = false;
    scene.tick(5);
    let code = |scene: &Scene| scene.judge().partitions[&Partition(1)];
    assert_eq!(code(&scene), Code::Undetermined, "not described since");
    scene.pulse.owners_age = wire(0);
    scene.tick(1);
    assert_eq!(
        code(&scene),
        Code::PartitionUnowned,
        "first heard of 5 s ago"
    );
    scene.tick(24);
    let unowned = |severity, confirmed| (Code::PartitionUnowned, severity, confirmed);
    check("29 s", &scene, unowned(Severity::Note, false));
    scene.tick(1);
    check("30 s", &scene, unowned(Severity::Fault, true));
}

#[test]
fn a_partition_is_not_unowned_while_the_group_moves_or_was_not_described_or_a_fetcher_has_it() {
    let owned = |what: &str, change: fn(&mut Scene)| {
        let mut scene = unowned(5);
        change(&mut scene);
        scene.tick(31);
        let code = scene.judge().partitions[&Partition(1)];
        assert_ne!(code, Code::PartitionUnowned, "{what}");
    };
    owned("in motion", |scene| {
        scene.pulse.group.as_mut().unwrap().join_state = "wait-join".into();
    });
    owned("not described", |scene| scene.pulse.owners_age = None);
    owned("an old description", |scene| {
        scene.pulse.owners_age = wire(12)
    });
    owned("assigned, not claimed yet", |scene| {
        scene.logs[1].pulse.assigned = true
    });
    owned("claimed", |scene| scene.claim(&claim(1, 100)));
}

#[test]
fn a_hung_coordinator_is_missed_though_the_members_state_flips() {
    let mut scene = Scene::caught_up(1);
    let state = |scene: &mut Scene, state: &str, age, seconds| {
        let group = scene.pulse.group.as_mut().unwrap();
        group.state = state.into();
        group.state_age = wire(age);
        scene.tick(seconds);
    };
    let beside = |scene: &Scene| also(scene).contains(&(Code::NoCoordinator, true));
    state(&mut scene, "wait-coord", 0, 4);
    for _ in 0..4 {
        state(&mut scene, "up", 1, 1);
        state(&mut scene, "wait-coord", 1, 1);
    }
    assert!(beside(&scene), "{:?}", also(&scene));
    state(&mut scene, "up", 4, 1);
    assert!(beside(&scene), "up for 4 s");
    state(&mut scene, "up", 5, 1);
    assert!(!beside(&scene), "it is back");
}
