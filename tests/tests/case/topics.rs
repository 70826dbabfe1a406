//! Topics that are not there, or hold nothing.

use std::time::Instant;

use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::evidence::{advice, fact, flag, number};
use rollcall_tests::kafka::unique;
use rollcall_tests::roll::Setup;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer};

use crate::look::{read_all, severity_of, until_buffered, until_slot, verdict_of};

#[tokio::test]
async fn a_topic_that_kafka_does_not_have_is_missing_until_somebody_creates_it() {
    let kafka = Kafka::shared().await;
    let topic = unique("missing");
    let setup = Setup::new(kafka.bootstrap(), &unique("group")).topic(&topic, 0);
    let mut roll = setup.start_aggregator().await.unwrap();
    roll.start_fetchers().await.unwrap();
    let begun = Instant::now();
    let client = roll.client("client").unwrap();
    let slot = until_slot(&client, &topic, VerdictCode::TopicMissing).await;
    println!(
        "TOPIC_MISSING is confirmed {:?} after the fetcher's start",
        begun.elapsed()
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Fault);
    let verdict = verdict_of(&slot.verdict);
    assert!(!flag(fact(verdict, "topic_exists").unwrap()).unwrap());
    assert!(
        number(fact(verdict, "times_answered").unwrap()).unwrap() >= 2,
        "{verdict:?}"
    );
    advice(verdict, AdviceCode::CheckTopicName).unwrap();

    kafka.create_topic(&topic, 2, &[]).await.unwrap();
    let created = Instant::now();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(1), 0..3).await.unwrap();
    until_buffered(&client, &topic, 3).await;
    println!(
        "its records are there {:?} after its creation",
        created.elapsed()
    );
    read_all(&client, &topic).await;
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
}

#[tokio::test]
async fn a_topic_deleted_under_way_is_missing_too() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("deleted", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    read_all(&client, &topic).await;
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
    kafka.delete_topic(&topic).await.unwrap();
    let slot = until_slot(&client, &topic, VerdictCode::TopicMissing).await;
    assert_eq!(severity_of(&slot.verdict), Severity::Fault);
}

#[tokio::test]
async fn an_empty_topic_says_whether_it_was_never_written_or_purged() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("never", 2)
        .topic("purged", 1)
        .start()
        .await
        .unwrap();
    let [never, purged] = [0, 1].map(|place| stage.topic(place).to_owned());
    let client = stage.roll.client("client").unwrap();
    stage.produce(1, 0, 20).await.unwrap();
    read_all(&client, &purged).await;
    until_slot(&client, &purged, VerdictCode::CaughtUp).await;
    kafka.delete_records(&purged, 0, 20).await.unwrap();

    for (topic, was_never_written, code) in [
        (&never, true, AdviceCode::CheckTopicName),
        (&purged, false, AdviceCode::AskProducer),
    ] {
        let slot = until_slot(&client, topic, VerdictCode::TopicEmpty).await;
        assert_eq!(severity_of(&slot.verdict), Severity::Note);
        let verdict = verdict_of(&slot.verdict);
        let told = flag(fact(verdict, "never_written").unwrap()).unwrap();
        assert_eq!(told, was_never_written, "{topic}");
        advice(verdict, code).unwrap();
    }
}
