//! A reader that is held back, and by whom: the broker's quota, its silence, its settings, or nobody at all.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{Severity, VerdictCode};
use rollcall_tests::client::Client;
use rollcall_tests::evidence::{fact, length, number, text};
use rollcall_tests::kafka::unique;
use rollcall_tests::producer::End;
use rollcall_tests::record::Record;
use rollcall_tests::roll::Setup;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Version, eventually};

use crate::look::{
    SOON, peek, read_all, severity_of, until_at_the_end, until_status, until_status_within,
    verdict_of,
};

/// Records of that size, so many.
fn large(count: u64, bytes: usize) -> Vec<Record> {
    let padded = |number| Record {
        value: Some(vec![b'x'; bytes]),
        ..Record::numbered(number)
    };
    (0..count).map(padded).collect()
}

#[tokio::test]
async fn a_quota_is_named_with_its_throttle_time() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("quota", 1).start().await.unwrap();
    let (client, topic) = (stage.roll.client("client").unwrap(), stage.topic(0));
    stage.producer.numbers(topic, None, 0..5).await.unwrap();
    read_all(&client, topic).await;
    let consumer = format!("rollcall-{topic}");
    kafka
        .limit_consumers(&consumer, Some(20_000.0))
        .await
        .unwrap();
    let limited = Instant::now();
    // Read as they come, far above the quota, and then more that waits for the throttle's end.
    for round in 0..40 {
        stage
            .producer
            .send_all(topic, large(10, 20_000))
            .await
            .unwrap();
        read_some(&client, topic).await;
        let status = client.topic(topic).await.unwrap();
        if verdict_of(&status.verdict).code() == VerdictCode::Throttled {
            println!(
                "THROTTLED {:?} after the quota, in round {round}",
                limited.elapsed()
            );
            break;
        }
    }
    stage
        .producer
        .send_all(topic, large(10, 20_000))
        .await
        .unwrap();
    let status = until_status(&client, topic, VerdictCode::Throttled).await;
    let verdict = verdict_of(&status.verdict);
    assert_eq!(severity_of(&status.verdict), Severity::Warn);
    let throttle = length(fact(verdict, "throttle").unwrap()).unwrap();
    // A shorter one is none of the verdict's.
    assert!(throttle >= Duration::from_millis(100), "{throttle:?}");
    assert_eq!(
        text(fact(verdict, "throttled_by").unwrap()).unwrap(),
        kafka.bootstrap()
    );
    kafka.limit_consumers(&consumer, None).await.unwrap();
}

async fn read_some(client: &Client, topic: &str) {
    let request = rollcall_tests::client::Request::of([topic]).timeout(Duration::from_millis(300));
    let gathered = client.gather(request).await.unwrap();
    client.settle(gathered.acks()).await.unwrap();
}

#[tokio::test]
async fn a_leader_that_hangs_is_not_answering_and_its_sibling_is_well() {
    let mut kafka = Kafka::cluster(Version::V4_3, 2, &[]).await.unwrap();
    let topic = unique("hangs");
    kafka
        .create_placed_topic(&topic, &[&[1], &[2]], &[])
        .await
        .unwrap();
    let group = kafka.group_coordinated_by(1, "hangs").await.unwrap();
    let roll = Setup::new(kafka.bootstrap(), &group).topic(&topic, 2);
    let roll = roll.start().await.unwrap();
    let client = roll.client("client").unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    for partition in 0..2 {
        producer
            .numbers(&topic, Some(partition), 0..5)
            .await
            .unwrap();
    }
    read_all(&client, &topic).await;
    until_at_the_end(&client, &topic).await;
    kafka.pause_node(2).unwrap();
    let hung = Instant::now();
    let status = until_status(&client, &topic, VerdictCode::BrokerNotAnswering).await;
    println!("BROKER_NOT_ANSWERING {:?} after the freeze", hung.elapsed());
    let verdict = verdict_of(&status.verdict);
    assert_eq!(
        (verdict.partitions, verdict.partitions_total),
        (1, 2),
        "{verdict:?}"
    );
    assert_eq!(
        number(fact(verdict, "requests_in_flight").unwrap()).unwrap(),
        1
    );
    kafka.resume_node(2).unwrap();
    let back = Instant::now();
    until_at_the_end(&client, &topic).await;
    println!("read to the end {:?} after it went on", back.elapsed());
}

#[tokio::test]
async fn a_plaintext_client_at_a_tls_port_is_told_so() {
    let kafka = Kafka::secured().await.unwrap();
    let topic = unique("plain");
    for (port, bootstrap) in [("TLS", kafka.tls()), ("SASL", kafka.sasl())] {
        let setup = Setup::new(&bootstrap, "plain").topic(&topic, 1);
        let mut roll = setup.start_aggregator().await.unwrap();
        let began = Instant::now();
        roll.start_fetchers().await.unwrap();
        let client = roll.client("client").unwrap();
        let status = until_status(&client, &topic, VerdictCode::ProtocolMismatch).await;
        println!(
            "{port}: PROTOCOL_MISMATCH {:?} after the start",
            began.elapsed()
        );
        assert_eq!(severity_of(&status.verdict), Severity::Fault);
    }
}

#[tokio::test]
async fn aborted_transactions_move_the_position_and_bring_nothing() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("aborts", 1).start().await.unwrap();
    let (client, topic) = (stage.roll.client("client").unwrap(), stage.topic(0));
    stage.producer.numbers(topic, None, 0..5).await.unwrap();
    read_all(&client, topic).await;
    until_at_the_end(&client, topic).await;
    let writer = Producer::transactional(kafka.bootstrap(), &unique("aborts"))
        .await
        .unwrap();
    let began = Instant::now();
    // Right behind the records that were read a first one is not told from what belongs to them.
    let slot = eventually("an aborted transaction is told", SOON, async || {
        let records = (0..5).map(Record::numbered).collect();
        writer.transaction(topic, records, End::Abort).await?;
        let gathered = client.gather(peek(topic, Duration::from_secs(1))).await?;
        let slot = gathered.slot(topic)?.clone();
        let code = verdict_of(&slot.verdict).code();
        ensure!(code == VerdictCode::NoVisibleRecords, "{code:?}");
        Ok(slot)
    });
    let slot = slot.await.unwrap();
    println!(
        "NO_VISIBLE_RECORDS {:?} after the first abort",
        began.elapsed()
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Ok);
    let passed = fact(verdict_of(&slot.verdict), "offsets_without_records").unwrap();
    let passed = number(passed).unwrap();
    assert_eq!(
        passed % 6,
        0,
        "{passed}: five records and their marker each"
    );
    until_at_the_end(&client, topic).await;
}

#[tokio::test]
async fn a_partition_that_was_added_is_nobodys_until_it_is_found() {
    let kafka = Kafka::shared().await;
    // A member of the older protocol with old metadata for longer than the test, as with Kafka's default of five
    // minutes; under KIP-848 the coordinator sees it by itself.
    let old = "topic.metadata.refresh.interval.ms=300000";
    let stage = Plan::on(kafka)
        .topic("added", 1)
        .fetcher_flags(&["--group-protocol", "classic", "-X", old])
        .start()
        .await
        .unwrap();
    let (client, topic) = (stage.roll.client("client").unwrap(), stage.topic(0));
    stage.producer.numbers(topic, None, 0..5).await.unwrap();
    read_all(&client, topic).await;
    kafka.add_partitions(topic, 2).await.unwrap();
    let added = Instant::now();
    let found = client.gather(peek(topic, Duration::from_millis(300))).await;
    drop(found);
    let status = until_status_within(&client, topic, VerdictCode::PartitionUnowned, SOON * 2).await;
    println!(
        "PARTITION_UNOWNED is a fault {:?} after it was added",
        added.elapsed()
    );
    let verdict = verdict_of(&status.verdict);
    assert_eq!((verdict.partitions, verdict.partitions_total), (1, 2));
    assert_eq!(severity_of(&status.verdict), Severity::Fault);
}
