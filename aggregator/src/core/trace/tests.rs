pub(in crate::core) mod events;
mod labels;
mod looked_at;
mod properties;

use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, evidence::Event, trace_line::Line};

use super::fault::{TraceFault, VERSION};
use super::replay::{Heard, Replay};
use crate::core::evidence::wire::wire_duration;

/// Where the recorder's clock stands when it starts.
const STARTED: Moment = Moment::from_millis(3_600_000);
/// Where it stands at offset zero.
const ZERO: Moment = Moment::from_millis(3_610_000);

fn started_wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123)
}

fn header() -> v1::TraceHeader {
    v1::TraceHeader {
        rollcall_trace: VERSION,
        recorded_at: Some((started_wall() + (ZERO - STARTED)).into()),
        group: "g".into(),
        uptime: Some(wire_duration(ZERO - STARTED)),
        clock: Some(wire_duration(ZERO.since_start())),
        topics: vec![v1::TraceTopic {
            topic: "T".into(),
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn line(at: Moment, line: Line) -> v1::TraceLine {
    v1::TraceLine {
        at: Some(wire_duration(at.since(ZERO))),
        topic: "T".into(),
        line: Some(line),
        ..Default::default()
    }
}

fn evidence(feed: u64, event: Event) -> Line {
    Line::Evidence(v1::Evidence {
        feed,
        event: Some(event),
    })
}

#[test]
fn a_trace_of_another_version_or_of_something_else_is_refused() {
    let version = |rollcall_trace| v1::TraceHeader {
        rollcall_trace,
        ..header()
    };
    let refused = |header| Replay::begin(header).map(|_| ());
    assert_eq!(refused(version(0)), Err(TraceFault::NotOurs));
    assert_eq!(refused(version(2)), Err(TraceFault::Version(2)));
    let timeless = v1::TraceHeader {
        recorded_at: None,
        ..header()
    };
    assert_eq!(refused(timeless), Err(TraceFault::NoTime));
    assert_eq!(refused(version(1)), Ok(()));
}

#[test]
fn a_kind_of_line_or_evidence_that_is_not_known_is_skipped_and_counted() {
    let mut replay = Replay::begin(header()).unwrap();
    let empty = v1::TraceLine::default();
    assert_eq!(replay.take(&empty), Ok(Heard::Unknown));
    let unknown = Line::Evidence(v1::Evidence {
        feed: 1,
        event: None,
    });
    assert_eq!(replay.take(&line(ZERO, unknown)), Ok(Heard::Unknown));
    assert_eq!(replay.skipped(), 2);
}

#[test]
fn time_never_goes_back_and_nothing_follows_the_end() {
    let mut replay = Replay::begin(header()).unwrap();
    let later = ZERO + Duration::from_secs(3);
    let open = |at| line(at, evidence(1, Event::Opened(v1::Open::default())));
    replay.take(&open(later)).unwrap();
    replay.take(&open(ZERO)).unwrap();
    assert_eq!(replay.now(), later);
    let end = Line::End(v1::TraceEnd::default());
    assert_eq!(replay.take(&line(later, end.clone())), Ok(Heard::End));
    assert_eq!(
        replay.take(&line(later, end)),
        Err(TraceFault::BehindTheEnd)
    );
}

#[test]
fn topics_times_and_partitions_of_a_hostile_trace_are_bounded() {
    let mut replay = Replay::begin(header()).unwrap();
    let named = |number: i32| v1::TraceLine {
        topic: format!("T{number}"),
        ..line(ZERO, Line::Label(v1::TraceLabel::default()))
    };
    let full = (0..2_000).find_map(|number| replay.take(&named(number)).err());
    assert_eq!(full, Some(TraceFault::TooManyTopics));

    let mut replay = Replay::begin(header()).unwrap();
    let late = v1::TraceLine {
        at: Some(prost_types::Duration {
            seconds: i64::MAX,
            nanos: i32::MAX,
        }),
        ..Default::default()
    };
    assert_eq!(replay.take(&late), Err(TraceFault::TooLong));
    let pulse = v1::Pulse {
        partitions: (0..10_000)
            .map(|partition| v1::PartitionPulse {
                partition,
                ..Default::default()
            })
            .collect(),
        ..Default::default()
    };
    let full = (0..256).find_map(|feed| {
        let opened = evidence(feed, Event::Opened(v1::Open::default()));
        replay.take(&line(ZERO, opened)).unwrap();
        let pulse = evidence(feed, Event::Pulse(pulse.clone()));
        replay.take(&line(ZERO, pulse)).err()
    });
    assert_eq!(full, Some(TraceFault::TooManyPartitions));
}

#[test]
fn a_name_that_is_no_topic_is_refused() {
    let mut replay = Replay::begin(header()).unwrap();
    let bad = v1::TraceLine {
        topic: "no such/topic".into(),
        ..line(ZERO, Line::Label(v1::TraceLabel::default()))
    };
    let topic = Topic::new("no such/topic").unwrap_err();
    assert_eq!(replay.take(&bad), Err(TraceFault::Topic(topic)));
}
