use std::time::Duration;

use rollcall_proto::v1::{ErrorKind, Severity, VerdictCode as Code};

use super::scene::{EMPTY_SLOT, Scene, fact, number, secs, wire};
use super::{also, check};
use crate::core::verdict::{Capped, SlotOutcome};

fn with_records(records: u32, capped: Option<Capped>) -> Option<SlotOutcome> {
    Some(SlotOutcome { records, capped })
}

#[test]
fn a_partition_that_is_out_on_a_lease_waits_for_its_ack() {
    let mut scene = Scene::caught_up(2);
    scene.lease(1, 200, 13);
    scene.book(1).buffered_records = 300;
    check(
        "leased",
        &scene,
        (Code::WaitingForAck, Severity::Warn, true),
    );
    let judgement = scene.judge();
    assert_eq!((judgement.verdict.partitions, judgement.unacked), (1, 200));
    assert_eq!(judgement.backlog, Some(300));
    assert!(fact(&judgement, "leased_to").is_some());
}

#[test]
fn a_lease_is_worth_a_warning_after_two_seconds() {
    let mut scene = Scene::caught_up(1);
    scene.lease(0, 5, 1);
    check(
        "at work",
        &scene,
        (Code::WaitingForAck, Severity::Note, true),
    );
    scene.lease(0, 5, 2);
    check("late", &scene, (Code::WaitingForAck, Severity::Warn, true));
}

#[test]
fn records_that_were_given_back_wait_for_their_back_off() {
    let mut scene = Scene::caught_up(1);
    scene.book(0).buffered_records = 3;
    scene.book(0).back_off_until = Some(scene.now + secs(2));
    check(
        "backing off",
        &scene,
        (Code::WaitingForAck, Severity::Warn, true),
    );
    scene.book(0).back_off_until = Some(scene.now);
    check("over", &scene, (Code::ArrivedTooLate, Severity::Note, true));
}

#[test]
fn records_that_wait_for_a_minute_without_a_gather_have_no_client() {
    let mut scene = Scene::caught_up(1);
    scene.slot = None;
    scene.book(0).buffered_records = 3;
    scene.book(0).buffered_since = Some(scene.now.before(secs(59)));
    check("59 s", &scene, (Code::NoClient, Severity::Note, false));
    scene.book(0).buffered_since = Some(scene.now.before(secs(60)));
    check("60 s", &scene, (Code::NoClient, Severity::Warn, true));
    let late = |scene: &Scene| {
        also(scene)
            .iter()
            .any(|(code, _)| *code == Code::ArrivedTooLate)
    };
    assert!(!late(&scene), "for whom?");
    scene.books.last_asked = Some(scene.now.before(secs(59)));
    check(
        "gathered 59 s ago",
        &scene,
        (Code::ArrivedTooLate, Severity::Note, true),
    );
    scene.books.last_asked = Some(scene.now.before(secs(60)));
    check(
        "gathered 60 s ago",
        &scene,
        (Code::NoClient, Severity::Warn, true),
    );
}

#[test]
fn a_fetcher_without_credit_for_three_seconds_is_paused() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.starved = wire(2);
    scene.tick(1);
    check("2 s", &scene, (Code::CaughtUp, Severity::Ok, true));
    scene.pulse.starved = wire(3);
    scene.tick(1);
    check(
        "3 s",
        &scene,
        (Code::PausedBackpressure, Severity::Warn, true),
    );
}

#[test]
fn what_back_pressure_held_is_stuck_only_once_it_stands_still_by_itself() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 200;
    scene.logs[0].pulse.paused = wire(15);
    scene.tick(15);
    let paused = (Code::PausedBackpressure, Severity::Warn, true);
    check("paused", &scene, paused);
    scene.logs[0].pulse.paused = None;
    scene.tick(9);
    let unknown = (Code::Undetermined, Severity::Unknown, true);
    check("9 s later", &scene, unknown);
    scene.tick(1);
    let stuck = (Code::StuckWithLag, Severity::Fault, true);
    check("10 s later", &scene, stuck);
}

#[test]
fn what_the_client_read_ahead_waits_too_and_is_no_proof_of_the_end() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 200;
    scene.logs[0].next = Some(200);
    scene.logs[0].handed_over = Some(100);
    scene.pulse.starved = wire(5);
    scene.tick(5);
    assert_eq!(scene.judge().backlog, Some(100));
    scene.pulse.starved = None;
    scene.tick(1);
    let late = (Code::ArrivedTooLate, Severity::Note, true);
    check("credit again", &scene, late);
    assert_eq!(scene.judge().backlog, Some(100));
    // Nothing of it comes: it held no record.
    scene.tick(2);
    check("after all", &scene, (Code::CaughtUp, Severity::Ok, true));
    assert_eq!(scene.judge().backlog, Some(0));
}

#[test]
fn commits_that_fail_for_ten_seconds_are_a_fault_even_while_data_flows() {
    for (seconds, expected) in [
        (9, (Code::Flowing, Severity::Ok, true)),
        (10, (Code::CommitFailing, Severity::Fault, true)),
    ] {
        let mut scene = Scene::caught_up(1);
        scene.slot = with_records(5, None);
        scene.error(ErrorKind::Commit, seconds);
        scene.tick(1);
        check(&format!("{seconds} s"), &scene, expected);
    }
}

#[test]
fn an_empty_slot_says_of_commits_that_fail_that_they_do_from_the_first_on() {
    for (seconds, severity, confirmed) in [
        (0, Severity::Note, false),
        (9, Severity::Note, false),
        (10, Severity::Fault, true),
    ] {
        let mut scene = Scene::caught_up(1);
        scene.error(ErrorKind::Commit, seconds);
        scene.tick(1);
        check(
            &format!("{seconds} s"),
            &scene,
            (Code::CommitFailing, severity, confirmed),
        );
    }
}

#[test]
fn a_record_that_came_after_the_close_arrived_too_late() {
    let mut scene = Scene::caught_up(1);
    scene.book(0).buffered_records = 1;
    scene.books.last_asked = Some(scene.now);
    check(
        "buffered",
        &scene,
        (Code::ArrivedTooLate, Severity::Note, true),
    );
}

#[test]
fn a_slot_with_data_flows_or_says_which_limit_cut_it() {
    let mut scene = Scene::caught_up(1);
    for (slot, expected) in [
        (with_records(5, None), (Code::Flowing, Severity::Ok, true)),
        (
            with_records(5, Some(Capped::MaxRecords)),
            (Code::CappedByMaxRecords, Severity::Note, true),
        ),
        (
            with_records(5, Some(Capped::MaxBytes)),
            (Code::CappedByMaxBytes, Severity::Note, true),
        ),
        (EMPTY_SLOT, (Code::CaughtUp, Severity::Ok, true)),
    ] {
        scene.slot = slot;
        check(&format!("{slot:?}"), &scene, expected);
    }
}

#[test]
fn the_lease_of_a_slot_with_data_is_its_own() {
    let mut scene = Scene::caught_up(1);
    scene.lease(0, 5, 0);
    scene.slot = with_records(5, None);
    check("with data", &scene, (Code::Flowing, Severity::Ok, true));
}

#[test]
fn a_status_calls_a_topic_flowing_after_a_gather_with_records_for_ten_seconds_and_the_timeout() {
    let mut scene = Scene::caught_up(1);
    scene.lease(0, 5, 0);
    scene.slot = None;
    scene.books.last_record_count = 5;
    scene.books.last_asked = Some(scene.now.before(secs(11)));
    check("11 s", &scene, (Code::Flowing, Severity::Ok, true));
    scene.books.last_asked = Some(scene.now.before(secs(11) + Duration::from_millis(1)));
    check("more", &scene, (Code::WaitingForAck, Severity::Note, true));
}

#[test]
fn a_partition_that_fails_is_a_fault_of_a_topic_whose_other_partitions_flow() {
    let mut scene = Scene::caught_up(12);
    scene.logs[7].high = 200;
    scene.tick(15);
    scene.slot = with_records(5, None);
    check(
        "1 of 12",
        &scene,
        (Code::StuckWithLag, Severity::Fault, true),
    );
    let judgement = scene.judge();
    assert_eq!(
        (
            judgement.verdict.partitions,
            judgement.verdict.partitions_total
        ),
        (1, 12)
    );
    assert_eq!(number(&judgement, "readable"), Some(100));
}

#[test]
fn a_warning_does_not_outweigh_data_and_is_said_beside() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.starved = wire(5);
    scene.tick(1);
    scene.slot = with_records(5, None);
    check("starved", &scene, (Code::Flowing, Severity::Ok, true));
    assert_eq!(also(&scene), [(Code::PausedBackpressure, true)]);
}

#[test]
fn a_lag_that_grows_for_half_a_minute_is_falling_behind() {
    let mut scene = Scene::caught_up(1);
    let grow = |scene: &mut Scene, seconds: u64| {
        for _ in 0..seconds {
            scene.logs[0].high += 50;
            scene.logs[0].next = scene.logs[0].next.map(|next| next + 50);
            scene.logs[0].committed = scene.logs[0].committed.map(|committed| committed + 20);
            scene.tick(1);
        }
    };
    scene.slot = with_records(20, Some(Capped::MaxRecords));
    scene.tick(60);
    check(
        "steady",
        &scene,
        (Code::CappedByMaxRecords, Severity::Note, true),
    );
    grow(&mut scene, 60);
    check(
        "growing",
        &scene,
        (Code::FallingBehind, Severity::Warn, true),
    );
    let judgement = scene.judge();
    let rate = fact(&judgement, "rate").and_then(|fact| fact.value.clone());
    assert_eq!(rate, Some(rollcall_proto::v1::fact::Value::Ratio(30.0)));
    assert_eq!(also(&scene), [(Code::CappedByMaxRecords, true)]);
}

#[test]
fn a_lag_is_not_falling_behind_before_half_a_minute_nor_while_it_is_noise_or_drained() {
    let after = |seconds: u64, came: fn(u64) -> i64, committed: fn(u64) -> i64| {
        let mut scene = Scene::caught_up(1);
        scene.slot = with_records(20, None);
        for second in 0..seconds {
            let log = &mut scene.logs[0];
            log.high += came(second);
            log.next = log.next.map(|next| next + came(second));
            log.committed = log.committed.map(|before| before + committed(second));
            scene.tick(1);
        }
        scene.judge().verdict.code()
    };
    let none = |_| 0;
    let fifty = |_| 50;
    for (what, code, expected) in [
        ("29 s", after(29, fifty, none), Code::Flowing),
        ("30 s", after(30, fifty, none), Code::FallingBehind),
        ("by 60 records", after(90, |_| 1, none), Code::Flowing),
        (
            "by 120 records",
            after(90, |_| 2, none),
            Code::FallingBehind,
        ),
        ("taken as it comes", after(90, fifty, fifty), Code::Flowing),
        (
            "taken every ten seconds",
            after(90, fifty, |second| if second % 10 == 9 { 500 } else { 0 }),
            Code::Flowing,
        ),
    ] {
        assert_eq!(code, expected, "{what}");
    }
}
