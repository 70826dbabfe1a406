//! Requests: what they mean, and everything that is wrong with them.

use rollcall_proto::v1;

use super::*;
use crate::core::roster::Roster;

const SECOND: Duration = Duration::from_secs(1);

fn roster() -> Roster {
    Roster::new(["STATION", "CAR"].map(|topic| rollcall_proto::ids::Topic::new(topic).unwrap()))
}

fn violations(request: v1::GatherRequest) -> Vec<String> {
    let wrong = read(&request, &roster(), SECOND).err().unwrap_or_default();
    wrong
        .into_iter()
        .map(|violation| format!("{}: {}", violation.field, violation.description))
        .collect()
}

#[test]
fn an_empty_request_means_the_whole_roll_at_its_defaults() {
    let terms = read(&v1::GatherRequest::default(), &roster(), SECOND).unwrap();
    let expected = Terms {
        topics: vec![TopicKey(0), TopicKey(1)],
        timeout: SECOND,
        max_records: 200,
        max_bytes: u64::MAX,
        close: CloseWhen::Each,
        delivery: Deliver::Lease,
        lease: Duration::from_secs(30),
        plain: false,
        client: String::new(),
        trace: None,
    };
    assert_eq!(terms, expected);
}

#[test]
fn each_number_says_what_it_accepts() {
    let duration = |seconds, nanos| Some(prost_types::Duration { seconds, nanos });
    let request = v1::GatherRequest::default;
    let cases = [
        (
            v1::GatherRequest {
                timeout: duration(0, 0),
                ..request()
            },
            "timeout: 0.000000000 s; 1ms to 300s",
        ),
        (
            v1::GatherRequest {
                timeout: duration(301, 0),
                ..request()
            },
            "timeout: 301",
        ),
        (
            v1::GatherRequest {
                timeout: duration(-1, 0),
                ..request()
            },
            "timeout: -1",
        ),
        (
            v1::GatherRequest {
                timeout: duration(i64::MAX, i32::MAX),
                ..request()
            },
            "timeout: ",
        ),
        (
            v1::GatherRequest {
                lease: duration(3601, 0),
                ..request()
            },
            "lease: 3601",
        ),
        (
            v1::GatherRequest {
                max_records: Some(0),
                ..request()
            },
            "max_records: 0 records",
        ),
        (
            v1::GatherRequest {
                max_records: Some(1_000_001),
                ..request()
            },
            "max_records: 1000001 records",
        ),
        (
            v1::GatherRequest {
                max_bytes: Some(0),
                ..request()
            },
            "max_bytes: 0 bytes",
        ),
    ];
    check(cases);
}

#[test]
fn each_name_says_what_it_accepts() {
    let request = v1::GatherRequest::default;
    let cases = [
        (
            v1::GatherRequest {
                close: 9,
                ..request()
            },
            "close: 9 is no close mode",
        ),
        (
            v1::GatherRequest {
                encoding: 9,
                ..request()
            },
            "encoding: 9",
        ),
        (
            v1::GatherRequest {
                delivery: -1,
                ..request()
            },
            "delivery: -1",
        ),
        (
            v1::GatherRequest {
                required: vec!["CAR".to_owned()],
                ..request()
            },
            "required: topics are required, but close",
        ),
        (
            v1::GatherRequest {
                close: Close::Required.into(),
                ..request()
            },
            "required: CLOSE_REQUIRED needs",
        ),
        (
            v1::GatherRequest {
                topics: vec!["CARS".to_owned()],
                ..request()
            },
            "topics[0]: topic \"CARS\" is not on the roll; the nearest is CAR",
        ),
        (
            v1::GatherRequest {
                topics: vec!["\u{1b}[2J".to_owned()],
                ..request()
            },
            "topics[0]: topic \"\\u{1b}[2J\"",
        ),
        (
            v1::GatherRequest {
                client_id: "x".repeat(256),
                ..request()
            },
            "client_id: 256 bytes",
        ),
    ];
    check(cases);
}

/// Each request has one violation, which begins like this.
fn check<const N: usize>(cases: [(v1::GatherRequest, &str); N]) {
    for (request, expected) in cases {
        let found = violations(request);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{expected:?} is not in {found:?}"
        );
    }
}

#[test]
fn a_flood_of_violations_is_counted_not_listed() {
    let topics = vec!["X".to_owned(); 5000];
    let found = violations(v1::GatherRequest {
        topics,
        ..v1::GatherRequest::default()
    });
    assert_eq!(found.len(), 101);
    assert_eq!(found[100], ": 4900 more violations");
}
