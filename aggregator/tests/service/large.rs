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
async fn a_status_of_many_topics_is_a_summary_unless_all_is_asked_for() {
    let names: Vec<String> = (0..TOPICS).map(|number| format!("T{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let house = House::of(&names).await;
    let mut feed = Feed::open(&house, "T00").await;
    feed.claim(0, 0, 0).await;

    let all = status(&house, &[], StatusView::Unspecified).await;
    assert_eq!(all.topics.len(), TOPICS);
    assert_eq!(fed(&all), (0, 0));
    assert_eq!(fed(&status(&house, &[], StatusView::Full).await), (1, 1));

    let few = &names[..TOPICS - 1];
    let whole = status(&house, few, StatusView::Unspecified).await;
    assert_eq!(fed(&whole), (1, 1));
    let summary = status(&house, few, StatusView::Summary).await;
    assert_eq!(fed(&summary), (0, 0));
    let verdicts = |status: &GetStatusResponse| -> Vec<(String, i32)> {
        let topics = status.topics.iter();
        let verdict =
            topics.map(|topic| (topic.topic.clone(), topic.verdict.as_ref().unwrap().code));
        verdict.collect()
    };
    assert_eq!(verdicts(&summary), verdicts(&whole));
}
