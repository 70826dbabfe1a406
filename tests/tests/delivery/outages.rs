//! Kafka that is away: at the start, and later.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::VerdictCode;
use rollcall_tests::client::{Client, Request};
use rollcall_tests::kafka::unique;
use rollcall_tests::roll::Setup;
use rollcall_tests::{Kafka, Producer, Version, eventually};

/// The client's own patience with a broker, and what a restart of it takes.
const SOON: Duration = Duration::from_secs(60);

async fn until_the_verdict_is(client: &Client, topic: &str, verdict: VerdictCode) {
    eventually(&format!("{topic} is {verdict:?}"), SOON, async || {
        let gathered = client
            .gather(Request::of([topic]).timeout(Duration::from_millis(300)))
            .await?;
        let found = gathered.verdict(topic)?;
        ensure!(found == verdict, "it is {found:?}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Gathers and acks until exactly these numbers have come.
async fn read(client: &Client, topic: &str, expected: std::ops::Range<u64>) {
    let mut came: Vec<u64> = Vec::new();
    let expected: Vec<u64> = expected.collect();
    eventually("the records come", SOON, async || {
        let gathered = client
            .gather(Request::of([topic]).timeout(Duration::from_secs(1)))
            .await?;
        came.extend(gathered.numbers(topic)?);
        client.settle(gathered.acks()).await?;
        ensure!(came == expected, "came: {came:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn services_outlive_a_kafka_that_is_down_at_their_start_and_later() {
    let mut kafka = Kafka::start(Version::V4_3).await.unwrap();
    let topic = unique("outage");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    kafka.kill().unwrap();

    let group = unique("group");
    let setup = Setup::new(kafka.bootstrap(), &group).topic(&topic, 1);
    let mut roll = setup.start_aggregator().await.unwrap();
    roll.start_fetchers().await.unwrap();
    let client = roll.client("client").unwrap();
    let begun = Instant::now();
    until_the_verdict_is(&client, &topic, VerdictCode::ClusterUnreachable).await;
    println!("Kafka down at the start: said after {:?}", begun.elapsed());
    kafka.restart().await.unwrap();
    let begun = Instant::now();
    read(&client, &topic, 0..10).await;
    println!("Kafka is up: all records after {:?}", begun.elapsed());

    kafka.kill().unwrap();
    let begun = Instant::now();
    until_the_verdict_is(&client, &topic, VerdictCode::ClusterUnreachable).await;
    println!("Kafka killed: said after {:?}", begun.elapsed());
    assert!(
        roll.aggregator.ended().unwrap().is_none(),
        "the aggregator stays up"
    );
    assert!(
        roll.fetchers[0].ended().unwrap().is_none(),
        "the fetcher stays up"
    );
    kafka.restart().await.unwrap();
    let begun = Instant::now();
    producer.numbers(&topic, Some(0), 10..20).await.unwrap();
    read(&client, &topic, 10..20).await;
    println!("Kafka is up again: all records after {:?}", begun.elapsed());
    let begun = Instant::now();
    eventually("all is committed", SOON, async || {
        let committed = kafka.committed(&group, &topic, 0).await?;
        ensure!(committed == Some(20), "committed is {committed:?}");
        Ok(())
    })
    .await
    .unwrap();
    println!("… and committed after {:?}", begun.elapsed());
}
