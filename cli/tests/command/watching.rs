//! `status -w` where there is no terminal: a line per change, also when the aggregator goes and comes back.

use rollcall_proto::v1::{Severity, VerdictCode};

use super::aggregator::{Aggregator, roll, topic};
use super::process::Running;

#[tokio::test]
async fn a_watch_outlives_the_aggregator_and_ends_with_the_last_code() {
    let before = roll(vec![topic("A", VerdictCode::CaughtUp, Severity::Ok)]);
    let after = roll(vec![topic("A", VerdictCode::TopicMissing, Severity::Fault)]);
    let aggregator = Aggregator::start(before).await;
    let address = aggregator.address;
    let mut watch = Running::start(&format!("status -w --server {address}"));
    watch.printed("ok A CAUGHT_UP").await;
    drop(aggregator);
    watch.said("trying again").await;
    let _back = Aggregator::start_on(address, after).await;
    watch.printed("FAULT A TOPIC_MISSING (was CAUGHT_UP)").await;
    watch.said("the aggregator is back").await;
    assert_eq!(watch.interrupt().await.0, Some(1));
}

#[tokio::test]
async fn a_watch_as_json_is_a_document_per_line() {
    let aggregator =
        Aggregator::start(roll(vec![topic("A", VerdictCode::CaughtUp, Severity::Ok)])).await;
    let mut watch = Running::start(&format!(
        "status -w -o json --server {}",
        aggregator.address
    ));
    let lines = watch.printed("CAUGHT_UP").await;
    let document: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(document["topics"][0]["topic"], "A");
    assert_eq!(watch.interrupt().await.0, Some(0));
}
