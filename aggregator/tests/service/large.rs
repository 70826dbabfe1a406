//! A roll of many topics.

use rollcall_proto::v1::{GetStatusRequest, GetStatusResponse, StatusView};

use crate::feed::Feed;
use crate::house::House;

/// One more than are told in full.
const TOPICS: usize = 65;

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
    let names: Vec<String> = (0..TOPICS).map(|number| format!("T{number:02}")).collect();
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
    // One more than are told in full, and as many as are.
    for topics in [&names[..], &names[..TOPICS - 1]] {
        let whole = status(&house, topics, StatusView::Unspecified).await;
        let summary = status(&house, topics, StatusView::Summary).await;
        assert_eq!((fed(&whole), fed(&summary)), ((1, 1), (0, 0)));
        assert_eq!(summary.topics.len(), topics.len());
        assert_eq!(verdicts(&summary), verdicts(&whole));
    }
}
