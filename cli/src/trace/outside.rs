//! What was heard from outside, as the parts of a trace.

use std::time::{Duration, SystemTime};

use rollcall_aggregator::core::books::TopicBooks;
use rollcall_aggregator::core::outside::Outside;
use rollcall_aggregator::core::trace::fault::VERSION;
use rollcall_aggregator::core::trace::judged;
use rollcall_aggregator::core::verdict::{Ask, judge};
use rollcall_fetcher::outside::Sighting;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{TraceHeader, TraceLine, TraceSource, TraceTopic, trace_line};

/// The header of a trace of `group` that begins at `zero`, which the clock on the wall calls `wall`; with what the operator
/// says of topics.
pub fn header(group: &str, zero: Moment, wall: SystemTime, topics: Vec<TraceTopic>) -> TraceHeader {
    TraceHeader {
        rollcall_trace: VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recorded_at: Some(wall.into()),
        source: TraceSource::Outside.into(),
        group: group.to_owned(),
        topics,
        uptime: length(Duration::ZERO),
        clock: length(zero.since_start()),
        ..TraceHeader::default()
    }
}

/// A sighting as a line; one of a group alone is about no topic, and is none.
pub fn sighted(sighting: &Sighting, zero: Moment) -> Option<TraceLine> {
    Some(TraceLine {
        at: length(sighting.at.since(zero)),
        topic: sighting.topic.as_ref()?.to_string(),
        group: sighting.group.clone(),
        line: Some(trace_line::Line::Evidence(sighting.evidence.clone())),
    })
}

/// What a topic is judged to be now, as a line; `None` when nothing is known of it. `timeout` is the application's.
pub fn judgement(
    known: &Outside,
    (group, topic): (&str, &Topic),
    timeout: Option<Duration>,
    (now, zero): (Moment, Moment),
) -> Option<TraceLine> {
    let evidence = known.evidence(group, topic)?;
    let (ask, books) = (Ask::outside(timeout, now), TopicBooks::default());
    let verdict = judge(evidence, &books, &ask, now).verdict;
    Some(TraceLine {
        at: length(now.since(zero)),
        topic: topic.to_string(),
        group: group.to_owned(),
        ..judged::line(&ask, &books, &verdict, now)
    })
}

fn length(length: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(length).ok()
}
