use super::*;
use crate::core::outside::{Outside, Settings};

/// What an observer said of a group within a few seconds.
fn said() -> [(u64, Event); 3] {
    let open = v1::Open {
        observer: true,
        topic: "T".into(),
        group: "g".into(),
        bootstrap_servers: "kafka:9092".into(),
        ..Default::default()
    };
    let group = v1::GroupSeen {
        group: "g".into(),
        state: "Stable".into(),
        protocol: "classic".into(),
        members_total: 2,
        has_commits: Some(true),
        missing_rights: vec![v1::MissingRight::default()],
        age: Some(wire_duration(Duration::ZERO)),
        ..Default::default()
    };
    let probed = v1::Probed {
        topic_exists: Some(true),
        partitions: vec![v1::ProbedPartition {
            high_watermark: Some(7),
            ..Default::default()
        }],
        age: Some(wire_duration(Duration::ZERO)),
        ..Default::default()
    };
    [
        (0, Event::Opened(open)),
        (1, Event::Group(group)),
        (2, Event::Probed(probed)),
    ]
}

fn outside(header: v1::TraceHeader) -> v1::TraceHeader {
    v1::TraceHeader {
        source: v1::TraceSource::Outside.into(),
        ..header
    }
}

#[test]
fn a_trace_looks_at_a_group_as_the_observer_did() {
    let topic = Topic::new("T").unwrap();
    let mut live = Outside::new(Settings::default(), STARTED, started_wall());
    let mut replay = Replay::begin(outside(header())).unwrap();
    for (seconds, event) in said() {
        let at = ZERO + Duration::from_secs(seconds);
        let heard = v1::Evidence {
            feed: 1,
            event: Some(event.clone()),
        };
        live.apply("g", Some(&topic), &heard, at);
        replay.take(&line(at, evidence(1, event))).unwrap();
        let answer = live.topic("g", &topic, None, at).unwrap();
        assert_eq!(replay.observation("g", replay.now()), answer.observation);
    }
    let seen = replay.observation("g", replay.now()).unwrap();
    assert_eq!(
        (seen.state.as_str(), seen.members, seen.partitions),
        ("Stable", Some(2), 1)
    );
    assert_eq!(seen.watched, Some(wire_duration(Duration::from_secs(2))));
}

#[test]
fn a_trace_of_our_own_fetchers_looks_at_no_group() {
    let mut replay = Replay::begin(header()).unwrap();
    for (seconds, event) in said() {
        let at = ZERO + Duration::from_secs(seconds);
        replay.take(&line(at, evidence(1, event))).unwrap();
    }
    assert_eq!(replay.observation("g", replay.now()), None);
}
