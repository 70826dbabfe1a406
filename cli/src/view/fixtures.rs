//! Hand-made facts for the tests of views: the moment is 12:04:44 UTC on 22 November 2026.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{
    ArrivalModel, Fact, GatherInfo, GetStatusResponse, Observation, PartitionStatus, Severity,
    Source, TopicStatus, Verdict, VerdictCode,
};

use super::Reader;
use crate::words::Speech;
use crate::words::clock::WallClock;
use crate::words::language::Language;

/// A reader of English in UTC who asks the default aggregator.
pub fn reader() -> Reader {
    reader_of(Language::English)
}

/// The same reader in another language.
pub fn reader_of(language: Language) -> Reader {
    let now: Timestamp = "2026-11-22T12:04:44Z".parse().unwrap();
    Reader {
        speech: Speech::new(language),
        clock: WallClock {
            zone: TimeZone::UTC,
            now,
        },
        reach: String::new(),
    }
}

/// The text without its colours.
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Milliseconds as they travel.
pub fn millis(millis: i64) -> Option<prost_types::Duration> {
    let nanos = i32::try_from(millis % 1000).unwrap() * 1_000_000;
    Some(prost_types::Duration {
        seconds: millis / 1000,
        nanos,
    })
}

/// A time of the day of the tests.
pub fn time(text: &str) -> prost_types::Timestamp {
    let time: Timestamp = format!("2026-11-22T{text}Z").parse().unwrap();
    prost_types::Timestamp {
        seconds: time.as_second(),
        nanos: 0,
    }
}

/// A confirmed verdict that holds for both partitions.
pub fn verdict(code: VerdictCode, severity: Severity) -> Verdict {
    Verdict {
        code: code.into(),
        severity: severity.into(),
        confirmed: true,
        partitions: 2,
        partitions_total: 2,
        ..Verdict::default()
    }
}

/// A topic whose newest record is so many milliseconds old.
pub fn topic(name: &str, verdict: Verdict, counts: [u32; 3], last: Option<i64>) -> TopicStatus {
    TopicStatus {
        topic: name.to_owned(),
        verdict: Some(verdict),
        record_count: counts[0],
        backlog: Some(counts[1].into()),
        unacked: counts[2].into(),
        last_record_age: last.and_then(millis),
        ..TopicStatus::default()
    }
}

/// A fact of a partition (or, without one, of the topic).
pub fn fact(name: &str, partition: Option<i32>, value: Value, source: Source, age: i64) -> Fact {
    let unit = match &value {
        Value::Number(_) => "offset",
        Value::Ratio(_) => "1",
        Value::Duration(_) | Value::Time(_) | Value::Text(_) | Value::Flag(_) => "",
    };
    Fact {
        name: name.to_owned(),
        unit: unit.to_owned(),
        value: Some(value),
        partition,
        source: source.into(),
        age: millis(age),
    }
}

/// A count of records, said of the topic.
pub fn records(name: &str, count: i64) -> Fact {
    Fact {
        unit: "records".to_owned(),
        ..fact(name, None, Value::Number(count), Source::Aggregator, 0)
    }
}

/// A length of time, said of the topic.
pub fn length(name: &str, length: i64) -> Fact {
    fact(
        name,
        None,
        Value::Duration(millis(length).unwrap()),
        Source::Aggregator,
        0,
    )
}

/// A fact that holds or does not.
pub fn flag(name: &str, holds: bool) -> Fact {
    fact(name, None, Value::Flag(holds), Source::Group, 0)
}

/// The roll of "six zeros".
pub fn six_zeros() -> GetStatusResponse {
    use Severity::{Note, Ok, Warn};
    let last_gather = GatherInfo {
        gather_id: 1284,
        age: millis(400),
        timeout: millis(1000),
        close: 1,
        record_count: 5,
        client_id: "app-7f9c".to_owned(),
        ..GatherInfo::default()
    };
    GetStatusResponse {
        group: "stack-charge-tcp-command-xfy".to_owned(),
        last_gather: Some(last_gather),
        topics: vec![
            topic(
                "SCHEDULE-STATION-PARAM",
                verdict(VerdictCode::Flowing, Ok),
                [5, 0, 5],
                Some(100),
            ),
            topic(
                "SCHEDULE-DEVICE-STORAGE",
                verdict(VerdictCode::TopicEmpty, Note),
                [0, 0, 0],
                None,
            ),
            topic(
                "SCHEDULE-CAR-ORDER",
                verdict(VerdictCode::ProducerSlowerThanTimeout, Note),
                [0, 0, 0],
                Some(3100),
            ),
            topic(
                "SCHEDULE-CAR-PRICE",
                verdict(VerdictCode::WaitingForAck, Warn),
                [0, 300, 200],
                Some(13_000),
            ),
            topic(
                "SCHEDULE-DEVICE-HOST-DCDC",
                verdict(VerdictCode::OpenTransaction, Warn),
                [0, 0, 0],
                Some(600),
            ),
            topic(
                "MODULE-OUTPUT-PV_PREDICTION",
                verdict(VerdictCode::ProducerOverdue, Warn),
                [0, 0, 0],
                Some(14_000),
            ),
        ],
        ..GetStatusResponse::default()
    }
}

/// The group of "six zeros" as it is seen from outside.
pub fn outside_six_zeros() -> GetStatusResponse {
    use Severity::{Fault, Note, Ok, Warn};
    let seen = |name: &str, verdict: Verdict, lag: u64, readable: u64, last: Option<i64>| {
        let partitions =
            [(0, lag, readable), (1, 0, 0)].map(|(number, lag, readable)| PartitionStatus {
                partition: number,
                verdict: verdict.code,
                committed: Some(0),
                high_watermark: Some(i64::from(last.is_some())),
                lag: Some(lag),
                readable: Some(readable),
                member_id: "m".to_owned(),
                host: "/10.8.4.17".to_owned(),
                client_id: format!("app-{name}"),
                oldest_unread_age: (lag > 0).then(|| last.and_then(millis)).flatten(),
                ..PartitionStatus::default()
            });
        TopicStatus {
            partitions: partitions.to_vec(),
            ..topic(name, verdict, [0, 0, 0], last)
        }
    };
    let mut slower = verdict(VerdictCode::ProducerSlowerThanTimeout, Note);
    let share = fact("p_empty", None, Value::Ratio(0.8), Source::ArrivalModel, 0);
    slower.facts = vec![length("gap_usual", 5000), length("timeout", 1000), share];
    let mut stuck = verdict(VerdictCode::StuckWithLag, Fault);
    let known = flag("commit_interval_known", true);
    stuck.facts = vec![length("position_unchanged_for", 11_800), known];
    let mut order = seen("SCHEDULE-CAR-ORDER", slower, 0, 0, Some(3100));
    order.arrivals = Some(ArrivalModel {
        gap_count: 39,
        gap_median: millis(5000),
        gap_longest: millis(5100),
        source: Source::Log.into(),
        ..ArrivalModel::default()
    });
    let plain = |code, severity| verdict(code, severity);
    GetStatusResponse {
        group: "stack-charge-tcp-command-xfy".to_owned(),
        topics: vec![
            seen(
                "SCHEDULE-STATION-PARAM",
                plain(VerdictCode::Flowing, Ok),
                1,
                1,
                Some(100),
            ),
            seen(
                "SCHEDULE-DEVICE-STORAGE",
                plain(VerdictCode::TopicEmpty, Note),
                0,
                0,
                None,
            ),
            order,
            seen("SCHEDULE-CAR-PRICE", stuck, 500, 500, Some(13_000)),
            seen(
                "SCHEDULE-DEVICE-HOST-DCDC",
                plain(VerdictCode::OpenTransaction, Warn),
                13,
                0,
                Some(600),
            ),
            seen(
                "MODULE-OUTPUT-PV_PREDICTION",
                plain(VerdictCode::ProducerOverdue, Warn),
                0,
                0,
                Some(14_000),
            ),
        ],
        observation: Some(Observation {
            bootstrap_servers: "kafka:9092".to_owned(),
            group: "stack-charge-tcp-command-xfy".to_owned(),
            state: "Stable".to_owned(),
            members: Some(6),
            partitions: 12,
            watched: millis(11_800),
            read_bytes: 214_000,
            has_commits: Some(true),
            ..Observation::default()
        }),
        ..GetStatusResponse::default()
    }
}

/// A partition.
pub fn partition(number: i32) -> PartitionStatus {
    PartitionStatus {
        partition: number,
        log_start: Some(0),
        high_watermark: Some(219),
        last_stable_offset: Some(212),
        position: Some(212),
        committed: Some(200),
        readable: Some(0),
        lag: Some(19),
        unacked: 12,
        member_id: "m-1".to_owned(),
        host: "10.1.2.3".to_owned(),
        client_id: "rollcall-A".to_owned(),
        ..PartitionStatus::default()
    }
}
