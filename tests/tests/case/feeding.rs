//! A fetcher that is gone or silent: the topic is not judged by what it said last.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::client::Client;
use rollcall_tests::evidence::advice;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Rollcall};

use crate::look::{peek, read_all, severity_of, until_slot, verdict_of};

/// Three pulse intervals, and what a busy machine adds.
const THREE_PULSES: Duration = Duration::from_secs(3);

/// From then on what the fetcher measured last is too old for a gather.
const STALE: Duration = Duration::from_millis(1_300);

/// A topic that is read to its end and called caught up.
async fn caught_up(kafka: &Kafka) -> (Stage<'_>, Client) {
    let mut stage = Plan::on(kafka).topic("orphan", 1).start().await.unwrap();
    stage.produce(0, 0, 3).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, stage.topic(0)).await;
    until_slot(&client, stage.topic(0), VerdictCode::CaughtUp).await;
    (stage, client)
}

/// Peeks until the fetcher is called unreachable, and says how long that took. Once its last word is old, nothing
/// may be called caught up by it.
async fn until_unreachable(stage: &Stage<'_>, client: &Client) -> Duration {
    let topic = stage.topic(0);
    let silent = Instant::now();
    loop {
        let asked = silent.elapsed();
        let gathered = client
            .gather(peek(topic, Duration::from_millis(100)))
            .await
            .unwrap();
        let slot = gathered.slot(topic).unwrap();
        let verdict = verdict_of(&slot.verdict);
        let code = verdict.code();
        assert!(
            asked < STALE || code != VerdictCode::CaughtUp,
            "{asked:?} after its last word: {slot:?}"
        );
        if code == VerdictCode::FetcherUnreachable && verdict.confirmed {
            assert_eq!(severity_of(&slot.verdict), Severity::Fault);
            return silent.elapsed();
        }
        assert!(asked < Duration::from_secs(15), "{slot:?}");
    }
}

#[tokio::test]
async fn a_killed_fetcher_is_unreachable_after_three_pulses_and_nothing_is_caught_up_without_it() {
    let kafka = Kafka::shared().await;
    let (mut stage, client) = caught_up(kafka).await;
    let topic = stage.topic(0).to_owned();
    stage.roll.fetchers[0].kill().unwrap();
    let took = until_unreachable(&stage, &client).await;
    println!("FETCHER_UNREACHABLE is confirmed {took:?} after a kill -9");
    assert!(
        took >= THREE_PULSES - Duration::from_millis(1_200),
        "{took:?}"
    );
    assert!(took < THREE_PULSES + Duration::from_secs(2), "{took:?}");
    let status = client.topic(&topic).await.unwrap();
    let verdict = verdict_of(&status.verdict);
    assert_eq!(verdict.code(), VerdictCode::FetcherUnreachable);
    let start = advice(verdict, AdviceCode::StartFetcher).unwrap();
    assert!(!start.numbers.is_empty(), "which one it was is not said");
    Rollcall::of(stage.roll.address())
        .ends_with(1, &["status"])
        .await
        .unwrap();

    // It comes back as another process, once the dead member's session has run out.
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
}

#[tokio::test]
async fn a_frozen_fetcher_is_unreachable_though_its_connection_stands() {
    let kafka = Kafka::shared().await;
    let (mut stage, client) = caught_up(kafka).await;
    stage.roll.fetchers[0].pause().unwrap();
    let took = until_unreachable(&stage, &client).await;
    println!("FETCHER_UNREACHABLE is confirmed {took:?} after a SIGSTOP");
    assert!(took < THREE_PULSES + Duration::from_secs(4), "{took:?}");
    stage.roll.fetchers[0].resume().unwrap();
    until_slot(&client, stage.topic(0), VerdictCode::CaughtUp).await;
}

#[tokio::test]
async fn a_topic_that_nobody_feeds_is_unknown_at_first_and_then_a_fault() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).unfed_topic("unfed").start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    let gathered = client
        .gather(peek(&topic, Duration::from_millis(100)))
        .await
        .unwrap();
    let slot = gathered.slot(&topic).unwrap();
    assert_eq!(
        verdict_of(&slot.verdict).code(),
        VerdictCode::Undetermined,
        "starting"
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Unknown);
    let rollcall = Rollcall::of(stage.roll.address());
    rollcall.ends_with(2, &["status"]).await.unwrap();
    until_slot(&client, &topic, VerdictCode::FetcherUnreachable).await;
    rollcall.ends_with(1, &["status"]).await.unwrap();
    rollcall
        .ends_with(0, &["status", "--fail-on", "never"])
        .await
        .unwrap();
}
