use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code};

use super::scene::{FEED, Scene, claim, number, open, wire};
use super::{also, check};

const CAUGHT_UP: (Code, Severity, bool) = (Code::CaughtUp, Severity::Ok, true);

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
fn another_number_of_lanes_is_a_fault_after_a_minute() {
    let with = |lanes, seconds: u64| {
        let mut told = open();
        told.lanes = lanes;
        let mut scene = Scene::caught_up_with(&told, 1);
        scene.tick(seconds - 30);
        scene
    };
    check("one lane", &with(1, 90), CAUGHT_UP);
    check("not said", &with(0, 90), CAUGHT_UP);
    check("59 s", &with(3, 59), CAUGHT_UP);
    let scene = with(3, 60);
    check("60 s", &scene, (Code::LanesDisagree, Severity::Fault, true));
    assert_eq!(number(&scene.judge(), "lanes_of_the_fetcher"), Some(3));
}

#[test]
fn a_fetcher_that_reconnects_goes_on_counting_other_lanes() {
    let other = |lanes| v1::Open { lanes, ..open() };
    let reconnected = |gap: u64, told: &v1::Open| {
        let mut scene = Scene::caught_up_with(&other(3), 1);
        scene.evidence.feed_closed(FEED, scene.now);
        scene.silence(gap * 1_000);
        scene.evidence.feed_opened(FEED, told, scene.now);
        scene.claim(&claim(0, 100));
        scene.tick(30 - gap);
        scene
    };
    let check_gap = |what: &str, told: &v1::Open, expected| {
        check(what, &reconnected(2, told), expected);
    };
    let fault = (Code::LanesDisagree, Severity::Fault, true);
    check_gap("60 s over two feeds", &other(3), fault);
    check_gap("another number since", &other(2), CAUGHT_UP);
    let stranger = v1::Open {
        client_id: "another".into(),
        ..other(3)
    };
    check_gap("another fetcher since", &stranger, CAUGHT_UP);
    let mut scene = reconnected(2, &other(3));
    scene.evidence.feed_closed(FEED, scene.now);
    scene.silence(60_000);
    scene.evidence.feed_opened(FEED, &other(3), scene.now);
    scene.claim(&claim(0, 100));
    scene.tick(5);
    check("gone for a minute", &scene, CAUGHT_UP);
}

#[test]
fn a_topic_none_of_whose_partitions_is_this_lanes_is_not_in_this_lane() {
    let mut scene = Scene::caught_up(2);
    scene.evidence.set_lane(2, 3);
    check(
        "0 and 1 of lane 2",
        &scene,
        (Code::NotInThisLane, Severity::Ok, true),
    );
    scene.evidence.set_lane(1, 3);
    check("1 of lane 1", &scene, CAUGHT_UP);
    let mut bare = Scene::bare();
    bare.evidence.set_lane(2, 3);
    assert_ne!(
        bare.judge().verdict.code(),
        Code::NotInThisLane,
        "nothing is known"
    );
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
