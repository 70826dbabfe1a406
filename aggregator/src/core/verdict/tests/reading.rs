use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, ErrorKind, Severity, VerdictCode as Code};

use super::scene::{Scene, claim, fact, number, open, wire};
use super::{also, check};

/// One record lies past the position, since so many seconds.
fn behind(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 101;
    scene.tick(seconds);
    scene
}

#[test]
fn a_record_past_the_position_is_on_its_way_then_suspected_then_stuck() {
    check(
        "seen once",
        &behind(1),
        (Code::ArrivedTooLate, Severity::Note, true),
    );
    check(
        "1 s",
        &behind(2),
        (Code::ArrivedTooLate, Severity::Note, true),
    );
    check(
        "2 s",
        &behind(3),
        (Code::Undetermined, Severity::Unknown, true),
    );
    assert_eq!(also(&behind(3)), [(Code::StuckWithLag, false)]);
    assert!(fact(&behind(3).judge(), "suspected").is_some());
    check(
        "9 s",
        &behind(10),
        (Code::Undetermined, Severity::Unknown, true),
    );
    check(
        "10 s",
        &behind(11),
        (Code::StuckWithLag, Severity::Fault, true),
    );
}

#[test]
fn a_long_fetch_wait_makes_frozen_longer() {
    let mut patient = open();
    patient.fetch_wait = wire(5);
    let mut scene = Scene::caught_up_with(&patient, 1);
    scene.logs[0].high = 101;
    scene.tick(15);
    check(
        "14 s of 3 W",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    scene.tick(1);
    check("15 s", &scene, (Code::StuckWithLag, Severity::Fault, true));
}

#[test]
fn a_position_that_moves_is_not_stuck_however_far_behind() {
    let mut scene = Scene::caught_up(1);
    for _ in 0..30 {
        scene.logs[0].high += 1_000;
        scene.logs[0].next = scene.logs[0].next.map(|next| next + 1);
        scene.tick(1);
    }
    check(
        "moving",
        &scene,
        (Code::ArrivedTooLate, Severity::Note, true),
    );
}

#[test]
fn one_old_probe_proves_no_stuck_reader() {
    let mut scene = behind(1);
    for _ in 0..20 {
        scene.silence(1_000);
        scene.pulse();
    }
    check(
        "seen once, 20 s ago",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
}

#[test]
fn a_paused_partition_is_not_stuck() {
    let mut scene = behind(1);
    scene.logs[0].pulse.paused = wire(3);
    scene.tick(15);
    check(
        "paused",
        &scene,
        (Code::PausedBackpressure, Severity::Warn, true),
    );
}

#[test]
fn a_hung_broker_is_not_stuck_since_its_probe_times_out() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.tick(20);
    check(
        "probe times out",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    assert!(fact(&scene.judge(), "probe_failure").is_some());
}

#[test]
fn evidence_older_than_a_second_proves_nothing_to_a_gather_and_eleven_to_a_status() {
    let mut scene = Scene::caught_up(1);
    let caught_up = (Code::CaughtUp, Severity::Ok, true);
    let unknown = (Code::Undetermined, Severity::Unknown, true);
    let late = |scene: &mut Scene, millis: u64| {
        scene.silence(millis);
        scene.pulse();
    };
    late(&mut scene, 1_000);
    check("1 s", &scene, caught_up);
    late(&mut scene, 1);
    check("more", &scene, unknown);
    scene.slot = None;
    (0..4).for_each(|_| late(&mut scene, 2_499));
    check("10.997 s", &scene, caught_up);
    late(&mut scene, 4);
    check("more than 11 s", &scene, unknown);
    scene.probe();
    check("probed again", &scene, caught_up);
}

#[test]
fn a_status_takes_no_old_evidence_once_a_probe_failed() {
    let mut scene = Scene::caught_up(1);
    scene.slot = None;
    scene.silence(1_001);
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.pulse();
    check("late", &scene, (Code::CaughtUp, Severity::Ok, true));
    scene.probe();
    check(
        "failed",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
}

#[test]
fn a_position_read_before_the_end_proves_nothing() {
    let mut scene = Scene::caught_up(1);
    scene.silence(1_000);
    scene.pulse();
    scene.logs[0].next = None;
    scene.silence(500);
    scene.probe();
    check(
        "N older than E",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    scene.logs[0].next = Some(100);
    scene.silence(100);
    scene.pulse();
    check(
        "N in a later pulse",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn without_an_isolation_level_the_end_is_unknown() {
    let mut unsaid = open();
    unsaid.isolation_level = 99;
    let scene = Scene::caught_up_with(&unsaid, 1);
    check(
        "isolation level 99",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
}

fn read_committed() -> v1::Open {
    v1::Open {
        isolation_level: v1::IsolationLevel::ReadCommitted.into(),
        ..open()
    }
}

/// A transaction hides 13 records, since so many seconds.
fn open_transaction(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up_with(&read_committed(), 1);
    scene.logs[0].stable = Some(100);
    scene.tick(1);
    scene.logs[0].high = 113;
    scene.tick(seconds);
    scene
}

#[test]
fn an_open_transaction_is_a_note_then_a_warning_then_a_fault() {
    check(
        "9 s",
        &open_transaction(10),
        (Code::OpenTransaction, Severity::Note, false),
    );
    let scene = open_transaction(11);
    check(
        "10 s",
        &scene,
        (Code::OpenTransaction, Severity::Warn, true),
    );
    assert_eq!(number(&scene.judge(), "hidden"), Some(13));
    check(
        "15 min 9 s",
        &open_transaction(910),
        (Code::OpenTransaction, Severity::Warn, true),
    );
    check(
        "15 min 10 s",
        &open_transaction(911),
        (Code::OpenTransaction, Severity::Fault, true),
    );
}

#[test]
fn records_between_the_two_probes_are_no_transaction() {
    let mut scene = open_transaction(0);
    scene.logs[0].stable = Some(101);
    scene.tick(1);
    // S was asked after H: a record came in between, and N is on its way to it.
    check(
        "S beyond H",
        &scene,
        (Code::ArrivedTooLate, Severity::Note, true),
    );
}

#[test]
fn a_reader_of_everything_sees_no_transaction() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].stable = Some(90);
    scene.tick(20);
    check(
        "read_uncommitted",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn the_last_stable_offset_is_the_end_of_a_read_committed_reader() {
    let mut scene = Scene::caught_up_with(&read_committed(), 1);
    scene.tick(5);
    check(
        "S unknown",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    scene.logs[0].stable = Some(100);
    scene.tick(1);
    check("S known", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_position_beyond_the_end_needs_two_probes_two_seconds_apart() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 60;
    scene.tick(2);
    check("1 s apart", &scene, (Code::CaughtUp, Severity::Ok, true));
    assert_eq!(also(&scene), [(Code::OffsetOutOfRange, false)]);
    scene.tick(1);
    check(
        "2 s apart",
        &scene,
        (Code::OffsetOutOfRange, Severity::Fault, true),
    );
    assert_eq!(number(&scene.judge(), "beyond_end_by"), Some(40));
}

#[test]
fn an_earlier_position_below_a_newer_log_start_is_not_out_of_range() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].start = 150;
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.silence(100);
    scene.probe();
    let judged = also(&scene);
    assert!(
        !judged
            .iter()
            .any(|(code, _)| *code == Code::OffsetOutOfRange),
        "{judged:?}"
    );
    assert_ne!(scene.judge().verdict.code(), Code::OffsetOutOfRange);
}

#[test]
fn a_position_below_the_log_start_names_what_is_lost() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].start = 150;
    scene.logs[0].high = 200;
    scene.tick(1);
    check(
        "N < L",
        &scene,
        (Code::OffsetOutOfRange, Severity::Fault, true),
    );
    assert_eq!(number(&scene.judge(), "lost_records_at_most"), Some(50));
    assert_eq!(number(&scene.judge(), "lost_first_offset"), Some(100));
}

/// A claim that began at the log start, since its commit lay below.
fn lost() -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.claim(&v1::Claim {
        started_from: v1::StartedFrom::BelowLogStart.into(),
        lost: Some(v1::OffsetRange {
            first_offset: 30,
            next_offset: 100,
        }),
        ..claim(0, 100)
    });
    scene
}

#[test]
fn a_loss_is_said_for_ten_minutes_and_beside_the_data_once_records_flow() {
    let mut scene = lost();
    scene.tick(1);
    check(
        "just now",
        &scene,
        (Code::OffsetOutOfRange, Severity::Fault, true),
    );
    assert_eq!(number(&scene.judge(), "lost_records_at_most"), Some(70));
    scene.slot = Some(crate::core::verdict::SlotOutcome {
        records: 5,
        capped: None,
    });
    check("with data", &scene, (Code::Flowing, Severity::Ok, true));
    assert_eq!(also(&scene), [(Code::OffsetOutOfRange, true)]);
    scene.slot = super::scene::EMPTY_SLOT;
    scene.tick(598);
    check(
        "9 min 59 s",
        &scene,
        (Code::OffsetOutOfRange, Severity::Fault, true),
    );
    scene.tick(1);
    check("10 min", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_fetcher_that_claims_again_does_not_lose_again() {
    let mut scene = lost();
    scene.tick(599);
    let again = v1::Claim {
        started_from: v1::StartedFrom::BelowLogStart.into(),
        lost: Some(v1::OffsetRange {
            first_offset: 30,
            next_offset: 100,
        }),
        ..claim(0, 100)
    };
    scene.evidence.released(Partition(0), scene.now);
    scene.claim(&again);
    scene.tick(1);
    check(
        "the same loss",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn a_start_offset_that_is_not_found_is_a_warning_then_a_fault() {
    for (seconds, expected) in [
        (4, (Code::Undetermined, Severity::Unknown, true)),
        (5, (Code::StartOffsetUnknown, Severity::Warn, true)),
        (59, (Code::StartOffsetUnknown, Severity::Warn, true)),
        (60, (Code::StartOffsetUnknown, Severity::Fault, true)),
    ] {
        let mut scene = Scene::caught_up(1);
        scene.evidence.released(Partition(0), scene.now);
        scene.logs[0].pulse.unresolved = wire(seconds);
        scene.logs[0].next = None;
        scene.tick(1);
        check(&format!("{seconds} s"), &scene, expected);
    }
}

#[test]
fn an_oversized_record_is_named_with_its_size_and_the_limit() {
    let mut scene = behind(1);
    scene.logs[0].pulse.oversized = Some(v1::OversizedRecord {
        offset: 100,
        bytes: 3_000_000,
        max_record_bytes: 1_000_000,
    });
    scene.tick(1);
    check(
        "held",
        &scene,
        (Code::RecordTooLarge, Severity::Fault, true),
    );
    assert_eq!(number(&scene.judge(), "record_bytes"), Some(3_000_000));
}

#[test]
fn a_record_too_large_for_the_client_blames_the_partition_with_unread_records() {
    let mut scene = Scene::caught_up(2);
    scene.error(ErrorKind::RecordTooLarge, 5);
    scene.logs[1].high = 101;
    scene.tick(2);
    check(
        "one of two",
        &scene,
        (Code::RecordTooLarge, Severity::Fault, true),
    );
    assert_eq!(scene.judge().verdict.partitions, 1);
    assert_eq!(
        scene.judge().partitions[&Partition(1)],
        Code::RecordTooLarge
    );
}

#[test]
fn control_records_past_the_last_record_are_no_lag_while_somebody_polls() {
    let mut scene = Scene::caught_up(1);
    (scene.logs[0].high, scene.logs[0].next) = (101, Some(101));
    scene.logs[0].handed_over = Some(100);
    scene.tick(1);
    check(
        "N moved and nothing came",
        &scene,
        (Code::ArrivedTooLate, Severity::Note, true),
    );
    scene.tick(3);
    check(
        "nothing came for 3 s",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.logs[0].handed_over = Some(101);
    scene.tick(1);
    check(
        "a record was handed over and did not come",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    scene.logs[0].handed_over = Some(100);
    scene.pulse.starved = wire(1);
    scene.tick(1);
    check(
        "no credit",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
    scene.pulse.starved = None;
    scene.pulse.statistics_age = wire(6);
    scene.tick(1);
    check(
        "nobody polls",
        &scene,
        (Code::Undetermined, Severity::Unknown, true),
    );
}
