//! An aggregator that is one lane of several.

use rollcall_aggregator::Config;
use rollcall_proto::ids::Topic;
use rollcall_proto::status::{Explained, explain, reason};
use rollcall_proto::v1::{
    GetStatusRequest, Open, Pulse, SettleRange, SettleRequest, SettleStatus, VerdictCode,
    feed_request, feed_response,
};
use tonic::Code;

use crate::feed::{Feed, TOPIC_ID, open};
use crate::house::{House, request};

/// Lane 1 of 2.
async fn lane_one(topics: &[&str]) -> House {
    let topics = topics.iter().map(|topic| Topic::new(topic).unwrap());
    House::with(Config {
        lane: 1,
        lanes: 2,
        ..Config::new(topics.collect())
    })
    .await
}

/// A feed of a fetcher that counts so many lanes.
async fn counting(house: &House, topic: &str, lanes: u32) -> Feed {
    let feed = Feed::connect(house).await;
    let words = Open {
        lanes,
        ..open(topic)
    };
    feed.say(feed_request::Event::Open(words)).await;
    feed
}

/// Why a feed ended.
async fn end(mut feed: Feed) -> Explained {
    explain(&feed.end().await.unwrap_err())
}

fn metadata(explained: &Explained) -> Vec<(&str, &str)> {
    let metadata = explained.metadata.iter();
    metadata
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

#[tokio::test]
async fn a_fetcher_that_counts_other_lanes_is_told_both_numbers() {
    let house = lane_one(&["A"]).await;
    let explained = end(counting(&house, "A", 3).await).await;
    assert_eq!(explained.code, Code::FailedPrecondition);
    assert_eq!(explained.reason.as_deref(), Some(reason::LANES_DISAGREE));
    assert_eq!(
        metadata(&explained),
        [("lanes", "2"), ("lanes_of_the_fetcher", "3")]
    );
    let both = explained.message.contains("counts 3 lanes") && explained.message.contains("of 2");
    assert!(both, "{}", explained.message);
    assert_eq!(house.count("feed_fault_lanes_disagree").await, 1);
}

#[tokio::test]
async fn a_fetcher_that_claims_another_lanes_partition_is_told_whose_it_is() {
    let house = lane_one(&["A"]).await;
    let mut feed = counting(&house, "A", 2).await;
    let welcome = feed
        .hear(|event| matches!(event, feed_response::Event::Welcome(_)))
        .await;
    let feed_response::Event::Welcome(welcome) = welcome else {
        panic!("{welcome:?}")
    };
    assert_eq!((welcome.lane, welcome.lanes), (1, 2));
    feed.say(feed_request::Event::Claim(rollcall_proto::v1::Claim {
        partition: 4,
        generation: 1,
        topic_id: TOPIC_ID.to_owned(),
        proven: true,
        ..Default::default()
    }))
    .await;
    let explained = end(feed).await;
    assert_eq!(explained.code, Code::FailedPrecondition);
    assert_eq!(explained.reason.as_deref(), Some(reason::NOT_IN_THIS_LANE));
    let expected = [
        ("lane", "1"),
        ("lane_of_the_partition", "0"),
        ("lanes", "2"),
        ("partition", "4"),
    ];
    assert_eq!(metadata(&explained), expected);
    assert_eq!(house.count("feed_fault_not_in_this_lane").await, 1);
}

#[tokio::test]
async fn a_client_is_told_which_lane_has_what_it_wants() {
    let house = lane_one(&["A"]).await;
    let feed = counting(&house, "A", 2).await;
    feed.say(feed_request::Event::Pulse(Pulse {
        partitions_known: Some(1),
        ..Pulse::default()
    }))
    .await;
    let answer = house.gather(request(20_000)).await;
    let slot = &answer.summary.slots[0];
    assert_eq!(
        slot.verdict.as_ref().unwrap().code(),
        VerdictCode::NotInThisLane
    );

    let range = SettleRange {
        topic: "A".to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        partition: 6,
        next_offset: 10,
        ..SettleRange::default()
    };
    let settled = house
        .gathers()
        .await
        .settle(SettleRequest {
            ranges: vec![range],
        })
        .await
        .unwrap()
        .into_inner();
    let result = &settled.results[0];
    assert_eq!(result.status(), SettleStatus::RefusedWrongLane);
    assert_eq!(result.lane, Some(0));

    let asked = house.statuses().await;
    let status = { asked }.get_status(GetStatusRequest::default()).await;
    let status = status.unwrap().into_inner();
    assert_eq!((status.lane, status.lanes), (1, 2));
}
