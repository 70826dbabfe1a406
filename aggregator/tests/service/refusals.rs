//! Requests that cannot be served: a status with details, every violation at once.

use rollcall_aggregator::Config;
use rollcall_proto::ids::Topic;
use rollcall_proto::status::{Explained, explain, reason};
use rollcall_proto::v1::{Close, GatherRequest, GetTopicRequest, SettleRange};
use tonic::Code;

use crate::house::{House, request};

async fn refused(house: &House, request: GatherRequest) -> Explained {
    explain(&house.gathers().await.gather(request).await.unwrap_err())
}

#[tokio::test]
async fn a_gather_is_told_everything_that_is_wrong_with_it() {
    let house = House::of(&["STATION", "CAR"]).await;
    let broken = GatherRequest {
        topics: ["STATIONS", "CAR", "CAR"].map(str::to_owned).to_vec(),
        max_records: Some(0),
        max_bytes: Some(0),
        close: Close::Required.into(),
        delivery: 77,
        client_id: "x".repeat(256),
        lease: Some(prost_types::Duration {
            seconds: 0,
            nanos: 1,
        }),
        ..request(0)
    };
    let explained = refused(&house, broken).await;
    assert_eq!(explained.code, Code::InvalidArgument);
    assert_eq!(explained.reason.as_deref(), Some(reason::INVALID_REQUEST));
    let mut fields: Vec<_> = explained
        .violations
        .iter()
        .map(|violation| violation.field.as_str())
        .collect();
    fields.sort_unstable();
    let expected = [
        "client_id",
        "delivery",
        "lease",
        "max_bytes",
        "max_records",
        "required",
        "timeout",
        "topics[0]",
        "topics[2]",
    ];
    assert_eq!(fields, expected);
    let topic = explained
        .violations
        .iter()
        .find(|violation| violation.field == "topics[0]")
        .unwrap();
    assert!(
        topic.description.contains("the nearest is STATION"),
        "{}",
        topic.description
    );
}

#[tokio::test]
async fn required_topics_are_asked_for() {
    let house = House::of(&["A", "B"]).await;
    let topics = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let broken = GatherRequest {
        topics: topics(&["A"]),
        required: topics(&["B"]),
        close: Close::Required.into(),
        ..request(10)
    };
    let explained = refused(&house, broken).await;
    assert_eq!(explained.violations[0].field, "required");
}

#[tokio::test]
async fn one_gather_too_many_is_told_when_to_come_again() {
    let topics = vec![Topic::new("A").unwrap()];
    let house = House::with(Config {
        max_gathers: 1,
        ..Config::new(topics)
    })
    .await;
    let _open = house.gathers().await.gather(request(60_000)).await.unwrap();
    let explained = refused(&house, request(10)).await;
    assert_eq!(explained.code, Code::ResourceExhausted);
    assert!(explained.retry_after.is_some());
}

#[tokio::test]
async fn ten_thousand_ranges_are_enough_for_one_call() {
    let house = House::of(&["A"]).await;
    let settle = vec![SettleRange::default(); 10_001];
    assert_eq!(
        refused(
            &house,
            GatherRequest {
                settle,
                ..request(10)
            }
        )
        .await
        .violations[0]
            .field,
        "settle"
    );
}

#[tokio::test]
async fn a_topic_that_is_not_on_the_roll_is_not_found() {
    let house = House::of(&["STATION"]).await;
    let asked = GetTopicRequest {
        topic: "STATIOM".to_owned(),
        ..GetTopicRequest::default()
    };
    let explained = explain(&house.statuses().await.get_topic(asked).await.unwrap_err());
    assert_eq!(
        (explained.code, explained.reason.as_deref()),
        (Code::NotFound, Some(reason::TOPIC_NOT_ON_ROLL))
    );
    assert_eq!(explained.metadata["nearest"], "STATION");
}
