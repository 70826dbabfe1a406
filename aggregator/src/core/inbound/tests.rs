//! Messages that nobody should send.

use super::*;
use crate::core::count::Count;

const LIMITS: BatchLimits = BatchLimits {
    batch_bytes: 1 << 10,
    max_record_bytes: 1 << 12,
};

fn check(event: feed_request::Event, expected: Count) {
    let fault = read(v1::FeedRequest { event: Some(event) }, LIMITS).unwrap_err();
    assert_eq!(fault.count(), expected, "{fault}");
    assert!(fault.to_string().len() < 300, "{fault}");
}

#[test]
fn what_cannot_be_meant_is_a_fault() {
    use feed_request::Event;
    let long = "x".repeat(2000);
    let claim = |committed, sent| v1::Claim {
        committed,
        sent,
        ..v1::Claim::default()
    };
    let faults = [
        (
            Event::Open(v1::Open {
                topic: long.clone(),
                ..v1::Open::default()
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Open(v1::Open {
                host: long.clone(),
                ..v1::Open::default()
            }),
            Count::FeedFaultMalformed,
        ),
        (Event::Claim(claim(-1, 0)), Count::FeedFaultMalformed),
        (Event::Claim(claim(5, 4)), Count::FeedFaultMalformed),
        (
            Event::Claim(v1::Claim {
                partition: -1,
                ..claim(0, 0)
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Claim(v1::Claim {
                partition: i32::MAX,
                ..claim(0, 0)
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Release(v1::Release {
                partition: -5,
                epoch: 1,
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Batch(v1::Batch::default()),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Batch(v1::Batch {
                packed: Some(v1::PackedBatch::default()),
                ..v1::Batch::default()
            }),
            Count::FeedFaultLengths,
        ),
        (
            Event::Batch(v1::Batch {
                packed: Some(v1::PackedBatch::default()),
                traceparent: long.clone(),
                ..v1::Batch::default()
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Pulse(v1::Pulse {
                errors: vec![v1::LatchedError {
                    text: long,
                    ..v1::LatchedError::default()
                }],
                ..v1::Pulse::default()
            }),
            Count::FeedFaultMalformed,
        ),
        (
            Event::Pulse(v1::Pulse {
                errors: vec![v1::LatchedError::default(); 300],
                ..v1::Pulse::default()
            }),
            Count::FeedFaultMalformed,
        ),
    ];
    for (event, expected) in faults {
        check(event, expected);
    }
    assert!(matches!(
        read(v1::FeedRequest { event: None }, LIMITS),
        Err(FeedFault::NothingKnown)
    ));
}

#[test]
fn settled_ranges_of_a_claim_lie_between_committed_and_sent() {
    let range = |first_offset, next_offset| v1::OffsetRange {
        first_offset,
        next_offset,
    };
    let settled = vec![range(0, 12), range(15, 99), range(-3, 4), range(7, 7)];
    let claim = v1::Claim {
        committed: 10,
        sent: 20,
        settled,
        ..v1::Claim::default()
    };
    let Ok(FeedMessage::Claim(ask)) = read(
        v1::FeedRequest {
            event: Some(feed_request::Event::Claim(claim)),
        },
        LIMITS,
    ) else {
        panic!("a claim is a claim");
    };
    let ranges: Vec<_> = ask
        .settled
        .iter()
        .map(|range| (range.first().get(), range.next().get()))
        .collect();
    assert_eq!(ranges, [(10, 12), (15, 20)]);
    assert_eq!(ask.topic_id, None);
}
