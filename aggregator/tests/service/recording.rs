//! Recordings and the verdicts of the past, over gRPC.

use rollcall_proto::v1::{self, feed_request, trace_line};

use super::feed::Feed;
use super::house::{House, within};

/// All of a recording that ends by itself: its header and its lines.
async fn recorded(
    house: &House,
    request: v1::RecordRequest,
) -> (v1::TraceHeader, Vec<v1::TraceLine>) {
    let mut service = house.statuses().await;
    let mut stream = within(service.record(request)).await.unwrap().into_inner();
    let mut header = None;
    let mut lines = Vec::new();
    while let Some(message) = within(stream.message()).await.unwrap() {
        header = header.or(message.header);
        lines.extend(message.lines);
    }
    (header.unwrap(), lines)
}

fn only_the_past() -> v1::RecordRequest {
    v1::RecordRequest {
        duration: Some(prost_types::Duration::default()),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_recording_has_the_past_and_an_end() {
    let house = House::of(&["A", "B"]).await;
    let feed = Feed::open(&house, "A").await;
    feed.say(feed_request::Event::Pulse(v1::Pulse::default()))
        .await;
    let (header, lines) = loop {
        let (header, lines) = recorded(&house, only_the_past()).await;
        // The pulse may still be on its way.
        if lines.len() >= 3 {
            break (header, lines);
        }
    };
    assert_eq!(header.rollcall_trace, 1);
    assert_eq!(header.topics.len(), 2);
    assert_eq!(header.source(), v1::TraceSource::Server);
    let kinds: Vec<_> = lines
        .iter()
        .map(|line| line.line.as_ref().unwrap())
        .collect();
    assert!(matches!(
        kinds[0],
        trace_line::Line::Evidence(v1::Evidence {
            event: Some(v1::evidence::Event::Opened(_)),
            ..
        })
    ));
    assert!(
        matches!(kinds.last(), Some(trace_line::Line::End(end)) if end.lines == lines.len() as u64)
    );
    let (_, other) = recorded(
        &house,
        v1::RecordRequest {
            topics: vec!["B".into()],
            ..only_the_past()
        },
    )
    .await;
    assert_eq!(other.len(), 1, "{other:?}");
}

#[tokio::test]
async fn what_comes_is_followed_until_the_reader_leaves() {
    let house = House::of(&["A"]).await;
    let feed = Feed::open(&house, "A").await;
    let mut service = house.statuses().await;
    let request = v1::RecordRequest {
        without_past: true,
        ..Default::default()
    };
    let mut stream = within(service.record(request)).await.unwrap().into_inner();
    let first = within(stream.message()).await.unwrap().unwrap();
    assert!(first.header.is_some());
    feed.say(feed_request::Event::Pulse(v1::Pulse::default()))
        .await;
    let is_pulse = |line: &v1::TraceLine| {
        matches!(
            &line.line,
            Some(trace_line::Line::Evidence(v1::Evidence {
                event: Some(v1::evidence::Event::Pulse(_)),
                ..
            }))
        )
    };
    loop {
        let message = within(stream.message()).await.unwrap().unwrap();
        if message.lines.iter().any(is_pulse) {
            break;
        }
    }
}

#[tokio::test]
async fn an_impossible_recording_is_refused() {
    let house = House::of(&["A"]).await;
    let mut service = house.statuses().await;
    let negative = v1::RecordRequest {
        duration: Some(prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        ..Default::default()
    };
    let refused = within(service.record(negative)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    let unknown = v1::RecordRequest {
        topics: vec!["C".into()],
        ..Default::default()
    };
    assert!(within(service.record(unknown)).await.is_err());
}

#[tokio::test]
async fn the_verdicts_of_the_past_are_listed() {
    let house = House::of(&["A"]).await;
    let mut service = house.statuses().await;
    let listed = loop {
        let request = v1::ListVerdictsRequest::default();
        let listed = within(service.list_verdicts(request))
            .await
            .unwrap()
            .into_inner();
        if !listed.verdicts.is_empty() {
            break listed;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(listed.verdicts[0].code(), v1::VerdictCode::Undetermined);
    assert_eq!(listed.verdicts[0].until, None);
    let wrong = v1::ListVerdictsRequest {
        page_token: "x".into(),
        ..Default::default()
    };
    assert!(within(service.list_verdicts(wrong)).await.is_err());
}
