use std::time::Duration;

use rollcall_proto::v1::{self, ErrorKind, Severity, VerdictCode as Code};

use super::scene::{FEED, Scene, claim, fact, number, open, secs, wire};
use super::{also, check};
use crate::core::evidence::wire::wire_duration;

const UNKNOWN: (Code, Severity, bool) = (Code::Undetermined, Severity::Unknown, true);
const CAUGHT_UP: (Code, Severity, bool) = (Code::CaughtUp, Severity::Ok, true);

fn millis(millis: u64) -> Option<prost_types::Duration> {
    Some(wire_duration(Duration::from_millis(millis)))
}

/// The leader's broker, as a healthy long poll shows it.
fn broker() -> v1::BrokerPulse {
    v1::BrokerPulse {
        broker: 1,
        address: "kafka-2:9092".into(),
        state: "UP".into(),
        in_flight: Some(1),
        last_answer_age: millis(300),
        fetches: Some(40),
        connects: Some(1),
        disconnects: Some(0),
        ..Default::default()
    }
}

/// A partition is behind by so many records, for as long as it takes to be seen once.
fn behind(records: i64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers.push(broker());
    scene.logs[0].high = 100 + records;
    scene.tick(1);
    scene
}

#[test]
fn a_client_that_nobody_polls_has_left_its_group_after_max_poll_interval() {
    let mut told = open();
    told.max_poll_interval = wire(30);
    let mut scene = Scene::caught_up_with(&told, 1);
    let polled = |scene: &mut Scene, age| {
        scene.pulse.polled_age = age;
        scene.pulse();
    };
    polled(&mut scene, millis(29_999));
    check("just not", &scene, CAUGHT_UP);
    polled(&mut scene, wire(30));
    let left = (Code::PollIntervalExceeded, Severity::Fault, true);
    check("30 s", &scene, left);
    polled(&mut scene, wire(0));
    scene.error(ErrorKind::PollInterval, 0);
    scene.pulse();
    check("the client says so", &scene, left);
}

#[test]
fn without_a_word_of_the_fetcher_a_member_may_go_unpolled_for_five_minutes() {
    let mut scene = Scene::caught_up(1);
    scene.pulse.polled_age = wire(299);
    scene.pulse();
    check("299 s", &scene, CAUGHT_UP);
    scene.pulse.polled_age = wire(300);
    scene.pulse();
    check(
        "300 s",
        &scene,
        (Code::PollIntervalExceeded, Severity::Fault, true),
    );
}

/// Ten records were fetched and are not handed over, for so many seconds.
fn not_handed_over(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 110;
    scene.logs[0].next = Some(110);
    scene.logs[0].handed_over = Some(100);
    scene.logs[0].pulse.polled_offset = Some(100);
    scene.logs[0].pulse.polled_offset_age = wire(seconds + 60);
    scene.logs[0].pulse.next_offset_age = wire(seconds);
    scene.pulse.polled_age = wire(0);
    scene.tick(1);
    scene
}

#[test]
fn records_that_were_fetched_and_not_taken_are_a_fault_once_that_is_frozen() {
    assert_eq!(also(&not_handed_over(1)), [], "on their way");
    assert_eq!(also(&not_handed_over(2)), [(Code::NotPolled, false)]);
    check("9 s", &not_handed_over(9), UNKNOWN);
    let scene = not_handed_over(10);
    check("10 s", &scene, (Code::NotPolled, Severity::Fault, true));
    assert_eq!(number(&scene.judge(), "fetched_not_handed_over"), Some(10));
}

#[test]
fn a_reader_that_is_held_back_is_not_unpolled() {
    let mut scene = not_handed_over(30);
    scene.logs[0].pulse.paused = wire(30);
    scene.tick(1);
    check(
        "paused",
        &scene,
        (Code::PausedBackpressure, Severity::Warn, true),
    );
    assert!(
        !also(&scene)
            .iter()
            .any(|(code, _)| *code == Code::NotPolled)
    );
}

#[test]
fn unread_records_and_nobody_who_polls_are_not_polled_though_nothing_was_fetched() {
    let mut scene = behind(5);
    scene.logs[0].pulse.polled_offset = Some(100);
    scene.logs[0].pulse.polled_offset_age = wire(60);
    let unpolled = |scene: &mut Scene, seconds| {
        scene.pulse.polled_age = wire(seconds);
        scene.tick(1);
    };
    unpolled(&mut scene, 1);
    assert!(
        !also(&scene)
            .iter()
            .any(|(code, _)| *code == Code::NotPolled)
    );
    unpolled(&mut scene, 10);
    check("10 s", &scene, (Code::NotPolled, Severity::Fault, true));
}

/// The leader's broker has said nothing for so long, and probes fail.
fn silent_broker(age: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    let silent = v1::BrokerPulse {
        last_answer_age: millis(age),
        ..broker()
    };
    scene.pulse.brokers.push(silent);
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.tick(1);
    scene
}

#[test]
fn a_broker_that_says_nothing_for_longer_than_a_fetch_may_wait_is_not_answering() {
    let fault = (Code::BrokerNotAnswering, Severity::Fault, true);
    assert_eq!(also(&silent_broker(1_499)), [], "W + 1 s is 1.5 s");
    let mut scene = silent_broker(1_500);
    assert_eq!(also(&scene), [(Code::BrokerNotAnswering, false)]);
    scene.pulse.brokers[0].last_answer_age = millis(4_499);
    scene.tick(1);
    check("2.999 s later", &scene, UNKNOWN);
    scene.pulse.brokers[0].last_answer_age = millis(4_500);
    scene.tick(1);
    check("3 s later", &scene, fault);
    assert_eq!(number(&scene.judge(), "requests_in_flight"), Some(1));
    for accepted in ["APIVERSION_QUERY", "AUTH_REQ"] {
        scene.pulse.brokers[0].state = accepted.into();
        scene.tick(1);
        check(accepted, &scene, fault);
    }
}

#[test]
fn a_silent_broker_is_excused_without_a_request_without_a_connection_by_a_quota_and_by_a_probe() {
    let excused = |what: &str, change: fn(&mut Scene)| {
        let mut scene = silent_broker(5_000);
        scene.tick(2);
        check(
            "before",
            &scene,
            (Code::BrokerNotAnswering, Severity::Fault, true),
        );
        change(&mut scene);
        scene.tick(1);
        let judged = scene.judge().verdict.code();
        assert_ne!(judged, Code::BrokerNotAnswering, "{what}");
        let beside = also(&scene);
        assert!(
            beside
                .iter()
                .all(|(code, _)| *code != Code::BrokerNotAnswering),
            "{what}"
        );
    };
    excused("nothing in flight", |scene| {
        scene.pulse.brokers[0].in_flight = Some(0)
    });
    excused("not said", |scene| scene.pulse.brokers[0].in_flight = None);
    excused("no connection", |scene| {
        scene.pulse.brokers[0].state = "TRY_CONNECT".into()
    });
    excused("old statistics", |scene| {
        scene.pulse.statistics_age = wire(6)
    });
    excused("throttled", |scene| {
        scene.pulse.brokers[0].throttle = wire(8)
    });
    excused("probed", |scene| scene.logs[0].probe_failure = None);
}

#[test]
fn a_throttle_explains_unread_records_and_those_of_which_nothing_is_known() {
    let mut scene = behind(5);
    scene.pulse.brokers[0].throttle = wire(8);
    scene.pulse.brokers[0].throttle_age = wire(3);
    scene.tick(1);
    let throttled = (Code::Throttled, Severity::Warn, true);
    check("unread", &scene, throttled);
    assert!(fact(&scene.judge(), "throttle_ends").is_some());
    scene.logs[0].probe_failure = Some("timed out".into());
    scene.silence(1_000);
    scene.tick(1);
    check("unknown", &scene, throttled);
    scene.logs[0].probe_failure = None;
    scene.logs[0].high = 100;
    scene.tick(1);
    check("all read", &scene, CAUGHT_UP);
    scene.logs[0].high = 105;
    scene.pulse.brokers[0].throttle = None;
    scene.tick(3);
    check("over", &scene, UNKNOWN);
}

#[test]
fn a_throttle_that_is_over_before_anybody_hears_of_it_explains_nothing() {
    for (millis, expected) in [
        (99, UNKNOWN),
        (100, (Code::Throttled, Severity::Warn, true)),
    ] {
        let mut scene = behind(5);
        let length = Duration::from_millis(millis);
        scene.pulse.brokers[0].throttle = Some(wire_duration(length));
        scene.pulse.brokers[0].throttle_age = wire(1);
        scene.tick(2);
        check(&format!("{millis} ms"), &scene, expected);
    }
}

#[test]
fn a_throttle_of_another_broker_explains_nothing() {
    let mut scene = behind(5);
    let other = v1::BrokerPulse {
        broker: 2,
        throttle: wire(8),
        ..broker()
    };
    scene.pulse.brokers.push(other);
    scene.tick(2);
    check("not the leader", &scene, UNKNOWN);
}

/// Five records wait in the log of a reader with this fetch.min.bytes.
fn min_bytes(bytes: u32, records: i64) -> Scene {
    let mut patient = open();
    (patient.fetch_min_bytes, patient.fetch_wait) = (bytes, wire(5));
    let mut scene = Scene::caught_up_with(&patient, 1);
    scene.logs[0].pulse.last_fetch_age = wire(1);
    scene.logs[0].high = 100 + records;
    scene.tick(1);
    scene
}

#[test]
fn fetch_min_bytes_holds_few_records_back_for_a_fetch_wait_and_no_longer() {
    let waiting = (Code::WaitingMinBytes, Severity::Note, true);
    let mut scene = min_bytes(10_240, 5);
    check("just seen", &scene, waiting);
    assert_eq!(number(&scene.judge(), "fetch_min_bytes"), Some(10_240));
    scene.tick(6);
    check("W + 1 s", &scene, waiting);
    scene.tick(1);
    check("longer", &scene, UNKNOWN);
}

#[test]
fn fetch_min_bytes_excuses_neither_many_records_nor_a_silent_broker_and_1_is_the_default() {
    let late = (Code::ArrivedTooLate, Severity::Note, true);
    let waiting = (Code::WaitingMinBytes, Severity::Note, true);
    check("M = 1", &min_bytes(1, 5), late);
    check("M not said", &min_bytes(0, 5), late);
    check("5 records of 7 bytes below 36", &min_bytes(36, 5), waiting);
    check("5 records of 7 bytes are 35", &min_bytes(35, 5), late);
    let mut scene = min_bytes(10_240, 5);
    scene.logs[0].pulse.last_fetch_age = wire(6);
    scene.pulse();
    check("W + 1 s ago", &scene, waiting);
    scene.logs[0].pulse.last_fetch_age = wire(7);
    scene.pulse();
    check("silent", &scene, late);
}

/// No broker is connected for so many seconds, and one hung up at once.
fn hung_up(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers_up = 0;
    scene.error(ErrorKind::AllBrokersDown, seconds);
    scene.error(ErrorKind::ProtocolMismatch, seconds);
    scene.tick(1);
    scene
}

#[test]
fn a_broker_that_hangs_up_at_once_speaks_another_protocol() {
    let mismatch = (Code::ProtocolMismatch, Severity::Fault, true);
    assert_eq!(also(&hung_up(1))[0], (Code::ProtocolMismatch, false));
    check("2 s", &hung_up(2), mismatch);
    assert!(
        also(&hung_up(20))
            .iter()
            .any(|(code, _)| *code == Code::ClusterUnreachable)
    );
}

#[test]
fn a_broker_that_refuses_connections_since_or_is_up_is_no_mismatch() {
    let no_mismatch = |what: &str, change: fn(&mut Scene)| {
        let mut scene = hung_up(20);
        change(&mut scene);
        scene.tick(1);
        assert_ne!(
            scene.judge().verdict.code(),
            Code::ProtocolMismatch,
            "{what}"
        );
    };
    no_mismatch("up", |scene| scene.pulse.brokers_up = 1);
    no_mismatch("refused since", |scene| {
        scene.pulse.errors[1].last_age = wire(5);
        scene.error(ErrorKind::Transport, 5);
    });
    no_mismatch("more than a minute ago", |scene| {
        scene.pulse.errors[1].last_age = wire(61)
    });
    no_mismatch("a connection stands", |scene| {
        scene.pulse.brokers.push(broker())
    });
}

/// N moved over three offsets without a record, so many seconds ago.
fn passed(seconds: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 103;
    scene.logs[0].next = Some(103);
    scene.logs[0].handed_over = Some(100);
    scene.logs[0].pulse.polled_offset = Some(103);
    scene.logs[0].pulse.next_offset_age = wire(seconds);
    scene.logs[0].pulse.last_record_age = wire(seconds + 2);
    scene.tick(1);
    scene
}

#[test]
fn a_position_that_passed_no_record_explains_an_empty_slot_for_ten_seconds() {
    let nothing = (Code::NoVisibleRecords, Severity::Ok, true);
    check("just now", &passed(0), nothing);
    let scene = passed(10);
    check("10 s", &scene, nothing);
    assert_eq!(number(&scene.judge(), "offsets_without_records"), Some(3));
    check("11 s", &passed(11), CAUGHT_UP);
}

#[test]
fn a_marker_behind_its_records_and_what_polling_has_not_come_to_are_no_invisible_records() {
    let visible = |what: &str, change: fn(&mut Scene)| {
        let mut scene = passed(3);
        change(&mut scene);
        scene.pulse();
        assert_ne!(
            scene.judge().verdict.code(),
            Code::NoVisibleRecords,
            "{what}"
        );
    };
    visible("a record 1 s before", |scene| {
        scene.logs[0].pulse.last_record_age = wire(4)
    });
    visible("polling is behind", |scene| {
        scene.logs[0].pulse.polled_offset = Some(102)
    });
    visible("a record is on its way", |scene| {
        scene.logs[0].handed_over = Some(102)
    });
    visible("a record waits", |scene| scene.book(0).buffered_records = 1);
    visible("reading began there", |scene| scene.claim(&claim(0, 103)));
}

/// Everything is read, by a probe that is four seconds old, while nobody asks.
fn measured_four_seconds_ago(change: fn(&mut Scene)) -> Code {
    let mut scene = Scene::caught_up(1);
    scene.pulse.brokers.push(broker());
    scene.slot = None;
    scene.tick(1);
    change(&mut scene);
    for _ in 0..4 {
        scene.silence(1_000);
        scene.pulse();
    }
    scene.judge().verdict.code()
}

#[test]
fn an_end_that_was_measured_before_the_broker_fell_silent_proves_nothing() {
    assert_eq!(measured_four_seconds_ago(|_| {}), Code::CaughtUp);
    let unknown = Code::Undetermined;
    let slow = measured_four_seconds_ago(|scene| {
        scene.pulse.brokers[0].last_answer_age = millis(1_500);
    });
    assert_eq!(
        slow,
        Code::CaughtUp,
        "a fetch may wait for 0.5 s, and 1 s more"
    );
    let silent = measured_four_seconds_ago(|scene| {
        scene.pulse.brokers[0].last_answer_age = millis(1_501);
    });
    assert_eq!(silent, unknown, "silent");
    // The same answer, seen by statistics that are as old: nothing is known of the time since.
    let late = measured_four_seconds_ago(|scene| {
        scene.pulse.brokers[0].last_answer_age = millis(2_500);
        scene.pulse.statistics_age = wire(2);
    });
    assert_eq!(late, Code::CaughtUp, "old statistics");
    let nobody = measured_four_seconds_ago(|scene| scene.pulse.brokers_up = 0);
    assert_eq!(nobody, unknown, "no broker");
    let down = measured_four_seconds_ago(|scene| scene.logs[0].pulse.leader_up = false);
    assert_eq!(down, unknown, "the leader is down");
}

/// An unread record of that age, in a topic that keeps its records for 1000 s.
fn unread_record(age: u64) -> Scene {
    let mut scene = behind(5);
    scene.tick(3);
    let timestamp = scene.evidence.wall().millis(scene.now.before(secs(age)));
    scene.pulse.settings = Some(v1::TopicSettings {
        retention: wire(1_000),
        ..Default::default()
    });
    scene.logs[0].pulse.unread_record = Some(v1::LoggedRecord {
        offset: 100,
        timestamp_ms: Some(timestamp),
        age: wire(0),
    });
    scene.pulse();
    scene
}

#[test]
fn a_record_that_expires_soon_is_said_beside_the_verdict_and_never_as_one() {
    let near = |scene: &Scene| also(scene).contains(&(Code::RetentionNear, true));
    assert!(!near(&unread_record(900)), "a tenth is left");
    let mut scene = unread_record(901);
    assert!(near(&scene));
    check("never the verdict", &scene, UNKNOWN);
    scene.logs[0].next = Some(101);
    scene.tick(1);
    assert!(!near(&scene), "reading has passed the record");
    let mut gone = unread_record(1_001);
    gone.logs[0].start = 101;
    gone.tick(1);
    assert!(!near(&gone), "the record is deleted");
    let mut unlimited = unread_record(5_000);
    assert!(near(&unlimited), "overdue");
    unlimited.pulse.settings = None;
    unlimited.pulse();
    assert!(!near(&unlimited), "retention is not known");
}

#[test]
fn a_feed_that_is_gone_has_no_brokers_and_nothing_is_guessed() {
    let mut scene = silent_broker(5_000);
    scene.evidence.feed_closed(FEED, scene.now);
    scene.silence(3_000);
    check(
        "gone",
        &scene,
        (Code::FetcherUnreachable, Severity::Fault, true),
    );
}
