//! A look changes nothing: members, generation, commits and topics are as before.

use std::time::Duration;

use anyhow::ensure;
use rollcall_fetcher::outside::Options;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::VerdictCode;
use rollcall_tests::kafka::{CONSUMER_GROUPS, TOPICS, Version, unique};
use rollcall_tests::wait::eventually;
use rollcall_tests::{Kafka, Producer};

use crate::look::{Look, options};
use crate::member::Member;

const LATER: Duration = Duration::from_secs(30);

/// What Kafka's own tools say of a group, member by member.
async fn picture(kafka: &Kafka, group: &str) -> [String; 3] {
    let ask = async |what: &[&str]| {
        let args = [&["--describe", "--group", group], what].concat();
        kafka.tool(CONSUMER_GROUPS, &args).await.unwrap()
    };
    [
        ask(&["--state", "--verbose"]).await,
        ask(&["--members", "--verbose"]).await,
        ask(&["--offsets", "--verbose"]).await,
    ]
}

async fn unchanged(version: Version, settings: &[(&str, &str)]) {
    let kafka = Kafka::start(version).await.unwrap();
    let (group, topic) = (unique("g"), unique("topic"));
    kafka.create_topic(&topic, 3, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[&topic], settings);
    let committed = async || {
        let committed = kafka.committed(&group, &topic, 0).await?;
        ensure!(committed == Some(10), "{committed:?}");
        Ok(())
    };
    eventually("it is committed", LATER, committed)
        .await
        .unwrap();
    member.pause();
    producer.numbers(&topic, Some(0), 10..20).await.unwrap();
    let (before, topics) = (
        picture(&kafka, &group).await,
        kafka.tool(TOPICS, &["--list"]).await.unwrap(),
    );
    // A topic that nobody has: asking for it does not create it.
    let missing = unique("missing");
    let named = [topic.as_str(), missing.as_str()];
    let mut look = Look::with(Options {
        topics: named.iter().map(|name| Topic::new(name).unwrap()).collect(),
        ..options(kafka.bootstrap(), &[&group])
    });
    look.until_verdict(&group, &topic, VerdictCode::StuckWithLag, LATER)
        .await
        .unwrap();
    look.until_verdict(&group, &missing, VerdictCode::TopicMissing, LATER)
        .await
        .unwrap();
    assert!(look.status(&group).observation.unwrap().read_bytes > 0);
    assert_eq!(picture(&kafka, &group).await, before);
    drop(look);
    assert_eq!(picture(&kafka, &group).await, before);
    assert_eq!(kafka.tool(TOPICS, &["--list"]).await.unwrap(), topics);
}

#[tokio::test]
async fn a_classic_group_of_kafka_4_3_is_as_it_was() {
    unchanged(Version::V4_3, &[]).await;
}

#[tokio::test]
async fn a_kip_848_group_of_kafka_4_3_is_as_it_was() {
    unchanged(Version::V4_3, &[("group.protocol", "consumer")]).await;
}

#[tokio::test]
async fn a_classic_group_of_kafka_3_9_is_as_it_was() {
    unchanged(Version::V3_9, &[]).await;
}
