//! Cause 3: what `fetch.wait.max.ms` and `fetch.min.bytes` do to a record that is produced while a gather waits.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{Delivery, Severity, VerdictCode};
use rollcall_tests::client::{Client, Part, Request};
use rollcall_tests::record::Record;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Producer};
use tokio::time::timeout;

use crate::look::{peek, read_all, severity_of};

/// When the record is produced, in a gather that waits for longer.
const PRODUCED_AFTER: Duration = Duration::from_millis(3_200);

/// The timeout of that gather.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a record may take from the producer's acknowledgement to the client when nobody holds it back.
const AT_ONCE: Duration = Duration::from_millis(400);

/// What the rest of the way may add to a wait at the broker.
const REST: Duration = Duration::from_millis(600);

/// A stage with one topic, its fetcher with these settings, everything read.
async fn stage<'k>(kafka: &'k Kafka, properties: &[&str]) -> (Stage<'k>, Client) {
    let flags: Vec<&str> = properties
        .iter()
        .flat_map(|property| ["-X", *property])
        .collect();
    let stage = Plan::on(kafka)
        .topic("waits", 1)
        .fetcher_flags(&flags)
        .start()
        .await
        .unwrap();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, stage.topic(0)).await;
    (stage, client)
}

/// How long a lone record takes from the producer's acknowledgement to a client that is waiting for it.
pub(crate) async fn delay_of_a_lone_record(
    client: &Client,
    producer: &Producer,
    topic: &str,
) -> Duration {
    let request = Request::of([topic]).timeout(Duration::from_secs(20));
    let mut answer = client
        .ask(request.delivery(Delivery::AutoAck))
        .await
        .unwrap();
    producer.send(topic, Record::numbered(1)).await.unwrap();
    let produced = Instant::now();
    let first = answer.next().await.unwrap().unwrap();
    let delay = produced.elapsed();
    assert!(matches!(first, Part::Batch(_)), "{first:?}");
    answer.rest().await.unwrap();
    delay
}

#[tokio::test]
async fn a_fetch_wait_shorter_than_the_timeout_loses_no_record_and_delays_none() {
    let kafka = Kafka::shared().await;
    let (stage, client) = stage(kafka, &["fetch.wait.max.ms=500"]).await;
    let topic = stage.topic(0);
    let asked = Instant::now();
    let mut answer = client
        .ask(Request::of([topic]).timeout(TIMEOUT))
        .await
        .unwrap();
    let early = timeout(PRODUCED_AFTER, answer.next()).await;
    assert!(early.is_err(), "nothing was produced yet: {early:?}");
    stage
        .producer
        .send(topic, Record::numbered(1))
        .await
        .unwrap();
    let produced = Instant::now();
    let first = answer.next().await.unwrap().unwrap();
    let (delay, after) = (produced.elapsed(), asked.elapsed());
    println!(
        "fetch wait 500 ms, timeout 5 s: produced after 3.2 s, there after {after:?} ({delay:?} later)"
    );
    assert!(
        matches!(&first, Part::Batch(batch) if batch.records.len() == 1),
        "{first:?}"
    );
    assert!(delay < AT_ONCE, "it took {delay:?}");
    assert_eq!(
        answer.rest().await.unwrap().verdict(topic).unwrap(),
        VerdictCode::Flowing
    );
}

#[tokio::test]
async fn min_bytes_hold_a_lone_record_until_the_fetch_wait_ends() {
    let wait = Duration::from_millis(1_500);
    let kafka = Kafka::shared().await;
    let (stage, client) = stage(kafka, &["fetch.min.bytes=10240", "fetch.wait.max.ms=1500"]).await;
    let mut delays = Vec::new();
    for _ in 0..5 {
        delays.push(delay_of_a_lone_record(&client, &stage.producer, stage.topic(0)).await);
    }
    println!("fetch.min.bytes 10 KiB, fetch wait {wait:?}: a lone record takes {delays:?}");
    // The one before ended a wait, so that each but the first meets the beginning of the next.
    let longest = delays.iter().max().unwrap();
    assert!(*longest > wait.mul_f64(0.5), "nothing was held: {delays:?}");
    assert!(
        *longest < wait + REST,
        "it is held for longer than a wait: {delays:?}"
    );
}

#[tokio::test]
async fn what_the_broker_still_holds_at_the_close_waits_for_min_bytes() {
    let kafka = Kafka::shared().await;
    let properties = ["fetch.min.bytes=10240", "fetch.wait.max.ms=4000"];
    let (stage, client) = stage(kafka, &properties).await;
    let topic = stage.topic(0);
    // The first one ends a wait; the next one lies at the broker for the whole of the next.
    delay_of_a_lone_record(&client, &stage.producer, topic).await;
    let sent = stage.producer.send(topic, Record::numbered(2)).await;
    sent.unwrap();
    // Longer than a probe may be old, shorter than what is called a stall.
    let request = peek(topic, Duration::from_millis(1_500));
    let gathered = client.gather(request).await.unwrap();
    let slot = gathered.slot(topic).unwrap();
    let verdict = gathered.verdict(topic).unwrap();
    assert_eq!(verdict, VerdictCode::WaitingMinBytes, "{slot:?}");
    assert_eq!(severity_of(&slot.verdict), Severity::Note);
    assert_eq!(slot.backlog, Some(1), "{slot:?}");
    let request = Request::of([topic]).timeout(TIMEOUT);
    let next = client.gather(request).await.unwrap();
    assert_eq!(next.numbers(topic).unwrap(), [2], "the next gather has it");
}
