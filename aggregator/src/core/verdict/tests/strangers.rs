//! A member of the group that is no fetcher of ours, and owns the partition.

use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code};

use super::check;
use super::scene::{Scene, fact, wire};

fn owned_by(member_id: &str, committed: Option<i64>) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.evidence.released(Partition(0), scene.now);
    scene.pulse.foreign_owners.push(v1::ForeignOwner {
        partition: 0,
        client_id: "stranger".into(),
        host: "10.8.4.17".into(),
        member_id: member_id.into(),
        age: wire(0),
        committed,
        commit_known: true,
    });
    scene
}

#[test]
fn a_partition_of_a_stranger_that_reads_is_owned_elsewhere() {
    let mut scene = owned_by("member-9", Some(100));
    scene.tick(9);
    check("9 s", &scene, (Code::OwnerElsewhere, Severity::Note, false));
    scene.tick(1);
    check("10 s", &scene, (Code::OwnerElsewhere, Severity::Warn, true));
    assert!(fact(&scene.judge(), "owner_host").is_some());
}

#[test]
fn a_stranger_whose_commit_is_frozen_below_the_end_is_silent() {
    let mut scene = owned_by("member-9", Some(40));
    scene.tick(10);
    check("9 s", &scene, (Code::OwnerElsewhere, Severity::Warn, true));
    scene.tick(1);
    check("10 s", &scene, (Code::OwnerSilent, Severity::Fault, true));
}

#[test]
fn a_stranger_that_never_committed_is_silent_once_records_have_waited_for_long_enough() {
    let mut scene = owned_by("member-9", None);
    scene.tick(60);
    let elsewhere = (Code::OwnerElsewhere, Severity::Warn, true);
    check("what it found proves nothing", &scene, elsewhere);
    scene.logs[0].high += 1;
    scene.tick(10);
    check("9 s", &scene, elsewhere);
    scene.tick(2);
    check("10 s", &scene, (Code::OwnerSilent, Severity::Fault, true));
    // Another member begins anew: what the first one left unread was there before it.
    scene.pulse.foreign_owners[0].member_id = "member-10".into();
    scene.tick(60);
    check("another member", &scene, elsewhere);
    scene.pulse.foreign_owners[0].member_id = "member-9".into();
    scene.tick(2);
    scene.logs[0].high += 1;
    scene.tick(12);
    assert!(fact(&scene.judge(), "owner_has_committed").is_some());
}

#[test]
fn a_stranger_whose_commit_is_not_known_is_never_called_silent() {
    let mut scene = owned_by("member-9", None);
    scene.pulse.foreign_owners[0].commit_known = false;
    scene.tick(60);
    check("60 s", &scene, (Code::OwnerElsewhere, Severity::Warn, true));
}

#[test]
fn a_stranger_is_not_silent_before_the_records_that_came_have_waited() {
    for committed in [None, Some(100)] {
        let mut scene = owned_by("member-9", committed);
        scene.logs[0].start = 100;
        scene.tick(60);
        let reads = (Code::OwnerElsewhere, Severity::Warn, true);
        check("nothing to read", &scene, reads);
        scene.logs[0].high = 101;
        scene.tick(10);
        check("9 s", &scene, reads);
        scene.tick(2);
        check("10 s", &scene, (Code::OwnerSilent, Severity::Fault, true));
    }
}

#[test]
fn a_partition_of_our_own_fetcher_is_not_owned_elsewhere() {
    let mut scene = owned_by("member-1", Some(100));
    scene.tick(20);
    check(
        "ours, and not claimed",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
}
