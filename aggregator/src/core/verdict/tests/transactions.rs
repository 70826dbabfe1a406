use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, ErrorKind, Severity, VerdictCode as Code};

use super::scene::{Scene, fact, open, secs, wire};
use super::{also, check};

fn read_committed() -> v1::Open {
    v1::Open {
        isolation_level: v1::IsolationLevel::ReadCommitted.into(),
        ..open()
    }
}

/// A transaction hides 13 records, seen for so many seconds, whose first record is so old.
fn open_for(seen: u64, age: u64) -> Scene {
    let mut scene = Scene::caught_up_with(&read_committed(), 1);
    scene.logs[0].stable = Some(100);
    scene.logs[0].high = 113;
    scene.tick(seen + 1);
    record_at(&mut scene, 100, age);
    scene
}

/// The first hidden record that was read, at that offset.
fn record_at(scene: &mut Scene, offset: i64, age: u64) {
    let at = scene.now.before(secs(age));
    scene.logs[0].pulse.hidden_record = Some(v1::LoggedRecord {
        offset,
        timestamp_ms: Some(scene.evidence.wall().millis(at)),
        age: wire(0),
    });
    scene.pulse();
}

const WARN: (Code, Severity, bool) = (Code::OpenTransaction, Severity::Warn, true);
const FAULT: (Code, Severity, bool) = (Code::OpenTransaction, Severity::Fault, true);

#[test]
fn a_transaction_is_open_since_the_timestamp_of_its_first_record() {
    check(
        "9 s",
        &open_for(1, 9),
        (Code::OpenTransaction, Severity::Note, false),
    );
    let scene = open_for(1, 10);
    check("10 s, seen for 1 s", &scene, WARN);
    assert!(fact(&scene.judge(), "open_since").is_some());
}

#[test]
fn an_old_record_makes_no_fault_before_the_transaction_was_seen_for_ten_seconds() {
    check("seen for 9 s", &open_for(9, 100_000), WARN);
    check("seen for 10 s", &open_for(10, 100_000), FAULT);
    check("within the limit", &open_for(10, 900), WARN);
    check("beyond it", &open_for(10, 910), FAULT);
}

#[test]
fn the_brokers_own_limit_holds_where_it_is_known() {
    let mut scene = open_for(30, 69);
    scene.pulse.settings = Some(v1::TopicSettings {
        transaction_max_timeout: wire(60),
        ..Default::default()
    });
    scene.pulse();
    check("69 s of 60 + 10", &scene, WARN);
    record_at(&mut scene, 100, 70);
    check("70 s", &scene, FAULT);
}

#[test]
fn a_record_from_the_future_or_of_an_earlier_transaction_says_nothing() {
    let mut scene = open_for(2, 500);
    record_at(&mut scene, 99, 500);
    check(
        "below S",
        &scene,
        (Code::OpenTransaction, Severity::Note, false),
    );
    let future = scene.evidence.wall().millis(scene.now + secs(500));
    scene.logs[0].pulse.hidden_record = Some(v1::LoggedRecord {
        offset: 100,
        timestamp_ms: Some(future),
        age: wire(0),
    });
    scene.pulse();
    check(
        "the future",
        &scene,
        (Code::OpenTransaction, Severity::Note, false),
    );
}

#[test]
fn a_position_that_a_bad_checksum_moved_beyond_the_end_is_undecodable_and_not_out_of_range() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].next = Some(8_680_820_740_569_200_760);
    scene.tick(4);
    check(
        "beyond",
        &scene,
        (Code::OffsetOutOfRange, Severity::Fault, true),
    );
    scene.error(ErrorKind::Undecodable, 6);
    scene.tick(1);
    check(
        "with a bad batch",
        &scene,
        (Code::UndecodableBatch, Severity::Fault, true),
    );
}

#[test]
fn of_two_partitions_on_the_broker_that_sent_too_much_the_one_that_stood_still_longer_is_to_blame()
{
    let mut scene = Scene::caught_up(2);
    scene.error(ErrorKind::RecordTooLarge, 20);
    scene.logs[0].high = 101;
    scene.tick(5);
    scene.logs[1].high = 130;
    scene.logs[1].next = Some(105);
    scene.tick(2);
    let judgement = scene.judge();
    assert_eq!(judgement.partitions[&Partition(0)], Code::RecordTooLarge);
    assert_ne!(judgement.partitions[&Partition(1)], Code::RecordTooLarge);
    assert_eq!(
        judgement.verdict.partitions,
        1,
        "its sibling is slowed: {:?}",
        also(&scene)
    );
    scene.logs[1].pulse.leader = Some(2);
    scene.tick(2);
    let code = scene.judge().partitions[&Partition(1)];
    assert_eq!(
        code,
        Code::RecordTooLarge,
        "on another broker it is a cause of its own"
    );
}

#[test]
fn a_log_that_grows_by_nothing_visible_is_told_once_it_grew_for_two_seconds() {
    let mut scene = Scene::caught_up(1);
    let mut grow = |seconds: u64| {
        for _ in 0..seconds {
            // Another aborted transaction before polling could come to the end of the one before.
            scene.logs[0].handed_over = Some(100);
            scene.logs[0].high += 6;
            scene.logs[0].next = Some(scene.logs[0].high);
            scene.logs[0].pulse.polled_offset = Some(scene.logs[0].high - 6);
            scene.logs[0].pulse.next_offset_age = wire(0);
            scene.logs[0].pulse.last_record_age = wire(60);
            scene.tick(1);
        }
        scene.judge().verdict.code()
    };
    assert_eq!(grow(2), Code::ArrivedTooLate, "1 s");
    assert_eq!(grow(1), Code::NoVisibleRecords, "2 s");
    assert_eq!(grow(20), Code::NoVisibleRecords, "22 s");
    assert!(
        also(&scene)
            .iter()
            .all(|(code, _)| *code != Code::ArrivedTooLate)
    );
    // A record comes at last.
    scene.arrive(0);
    scene.logs[0].handed_over = None;
    scene.logs[0].pulse.last_record_age = wire(0);
    scene.tick(1);
    assert_ne!(scene.judge().verdict.code(), Code::NoVisibleRecords);
}
