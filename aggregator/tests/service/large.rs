//! A roll of many topics.

use rollcall_proto::v1::{
    Close, Delivery, GatherRequest, GetStatusRequest, GetStatusResponse, Slot, StatusView,
};

use crate::feed::Feed;
use crate::house::{House, request};

/// One more than are told in full.
const TOPICS: usize = 65;

fn names() -> Vec<String> {
    (0..TOPICS).map(|number| format!("T{number:02}")).collect()
}

async fn status(house: &House, topics: &[&str], view: StatusView) -> GetStatusResponse {
    let request = GetStatusRequest {
        topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
        view: view.into(),
        ..GetStatusRequest::default()
    };
    let answered = house.statuses().await.get_status(request).await;
    answered.unwrap().into_inner()
}

/// The topic that is fed, by its numbers of partitions and of fetchers.
fn fed(status: &GetStatusResponse) -> (usize, usize) {
    let topic = status.topics.iter().find(|topic| topic.topic == "T00");
    let topic = topic.unwrap();
    assert!(topic.verdict.is_some());
    (topic.partitions.len(), topic.fetchers.len())
}

#[tokio::test]
async fn a_summary_has_the_same_verdicts_and_no_partitions() {
    let names = names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let house = House::of(&names).await;
    let mut feed = Feed::open(&house, "T00").await;
    feed.claim(0, 0, 0).await;
    let verdicts = |status: &GetStatusResponse| -> Vec<(String, i32)> {
        let topics = status.topics.iter();
        let verdict =
            topics.map(|topic| (topic.topic.clone(), topic.verdict.as_ref().unwrap().code));
        verdict.collect()
    };
    for topics in [&names[..], &names[..TOPICS - 1]] {
        let whole = status(&house, topics, StatusView::Unspecified).await;
        let summary = status(&house, topics, StatusView::Summary).await;
        assert_eq!((fed(&whole), fed(&summary)), ((1, 1), (0, 0)));
        assert_eq!(summary.topics.len(), topics.len());
        assert_eq!(verdicts(&summary), verdicts(&whole));
    }
}

#[tokio::test]
async fn of_many_slots_those_that_got_records_need_no_evidence() {
    let names = names();
    let house = House::of(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut feed = Feed::open(&house, "T00").await;
    let (epoch, _) = feed.claim(0, 0, 0).await;
    feed.batch(0, epoch, 0, 10).await;
    let told = |slot: &Slot| {
        let verdict = slot.verdict.as_ref().unwrap();
        (slot.record_count, !verdict.facts.is_empty())
    };
    for (topics, fed) in [(TOPICS, (10, false)), (TOPICS - 1, (10, true))] {
        let peek = GatherRequest {
            topics: names[..topics].to_vec(),
            close: Close::Any.into(),
            delivery: Delivery::Peek.into(),
            ..request(20_000)
        };
        let slots = house.gather(peek).await.summary.slots;
        let slot = |topic: &str| slots.iter().find(|slot| slot.topic == topic).unwrap();
        assert_eq!(told(slot("T00")), fed, "{topics} topics");
        assert_eq!(told(slot("T01")), (0, true), "{topics} topics");
    }
}
