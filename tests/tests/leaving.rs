//! Leaving rollcall: the old consumer goes on, with the same group id, exactly where the acks ended.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::Close;
use rollcall_tests::aiokafka::Aiokafka;
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, eventually};

const SOON: Duration = Duration::from_secs(30);

/// What aiokafka reads of the first topic, by number: it goes on until it has so many.
async fn aiokafka_reads(stage: &Stage<'_>, records: usize) -> Vec<u64> {
    let aiokafka = Aiokafka::get().await.unwrap();
    let (bootstrap, group, topic) = (stage.kafka.bootstrap(), stage.group(), stage.topic(0));
    let consumed = aiokafka
        .consume(bootstrap, group, topic, records, SOON)
        .await
        .unwrap();
    let number = |value: Option<String>| value.unwrap().parse().unwrap();
    consumed
        .into_iter()
        .map(|record| number(record.value))
        .collect()
}

/// Takes records and acks the first of them; the others stay out.
async fn take(stage: &Stage<'_>, acked: u32, leased: u32) {
    let client = stage.witness("client").unwrap();
    for (records, acks) in [(acked, true), (leased, false)] {
        let request = Request::roll()
            .timeout(SOON)
            .max_records(records)
            .close(Close::Full);
        let taken = client.gather(request.lease(SOON * 20)).await.unwrap();
        assert_eq!(taken.record_count(), usize::try_from(records).unwrap());
        if acks {
            client.ack(&taken).await.unwrap();
        }
    }
}

#[tokio::test]
async fn aiokafka_goes_on_where_the_acks_ended_after_a_clean_stop() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("leaving", 1).start().await.unwrap();
    stage.produce(0, 0, 50).await.unwrap();
    take(&stage, 20, 10).await;

    // Nobody settles what is out any more: the fetcher waits for it as long as it may, and leaves.
    let ended = stage.roll.fetchers[0].terminate().await.unwrap();
    assert!(ended.success(), "{ended}");
    stage.roll.aggregator.terminate().await.unwrap();
    assert_eq!(stage.committed(stage.topic(0), 0).await.unwrap(), Some(20));

    // A classic consumer takes over a group that was a KIP-848 one, as soon as that has no members.
    let came = aiokafka_reads(&stage, 30).await;
    assert_eq!(came, (20..50).collect::<Vec<_>>());
    assert_eq!(stage.committed(stage.topic(0), 0).await.unwrap(), Some(50));
}

#[tokio::test]
async fn aiokafka_goes_on_where_the_acks_ended_after_a_kill() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("leaving", 1).start().await.unwrap();
    stage.produce(0, 0, 50).await.unwrap();
    take(&stage, 20, 10).await;
    stage.until_committed(0, 0, 20).await.unwrap();
    stage.roll.fetchers[0].kill().unwrap();
    stage.roll.aggregator.kill().unwrap();

    // The broker keeps the dead member for its session, and refuses a classic one until then.
    let came = eventually("aiokafka may join", SOON * 2, async || {
        let aiokafka = Aiokafka::get().await?;
        let (bootstrap, group, topic) = (kafka.bootstrap(), stage.group(), stage.topic(0));
        let consumed = aiokafka.consume(bootstrap, group, topic, 30, SOON).await?;
        ensure!(!consumed.is_empty(), "nothing came");
        Ok(consumed)
    });
    let came: Vec<i64> = came
        .await
        .unwrap()
        .iter()
        .map(|record| record.offset)
        .collect();
    assert_eq!(came, (20..50).collect::<Vec<_>>());
}

#[tokio::test]
async fn rollcall_goes_on_where_aiokafka_was() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("coming", 1).start().await.unwrap();
    stage.produce(0, 0, 40).await.unwrap();
    take(&stage, 10, 1).await;
    stage.roll.fetchers[0].terminate().await.unwrap();
    assert_eq!(
        aiokafka_reads(&stage, 15).await,
        (10..25).collect::<Vec<_>>()
    );

    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    let client = stage.witness("client").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(15)
        .close(Close::Full);
    let gathered = client.gather(request).await.unwrap();
    let topic = stage.topic(0);
    assert_eq!(
        gathered.numbers(topic).unwrap(),
        (25..40).collect::<Vec<_>>()
    );
    client.ack(&gathered).await.unwrap();
    stage.until_committed(0, 0, 40).await.unwrap();
}
