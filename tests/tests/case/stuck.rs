//! LAG > 0 and nothing moves: the fault, and what only looks like it.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{advice, fact, length, number};
use rollcall_tests::kafka::{CONFIGS, unique};
use rollcall_tests::producer::End;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Record};

use crate::look::{SHORT, peek, read_all, severity_of, until_at_the_end, until_slot, verdict_of};

/// Nothing is called stuck before an ordinary failover would be over.
const FROZEN: Duration = Duration::from_secs(10);

/// A broker that answers no fetch any more, though the client is connected and its probes are answered: a quota for
/// the consumer's client id, so low that a single answer takes minutes.
#[tokio::test]
async fn records_that_wait_and_are_not_read_for_ten_seconds_are_stuck() {
    let kafka = Kafka::shared().await;
    let id = unique("throttled");
    let plan = Plan::on(kafka)
        .topic("stuck", 1)
        .fetcher_flags(&["--client-id", &id]);
    let stage = plan.start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, &topic).await;
    let quota = [
        "--alter",
        "--add-config",
        "consumer_byte_rate=1000",
        "--entity-type",
        "clients",
        "--entity-name",
        &id,
    ];
    kafka.tool(CONFIGS, &quota).await.unwrap();
    let large = Record::default()
        .with_value(vec![b'v'; 1_000_000])
        .to_partition(0);
    for _ in 0..3 {
        stage.producer.send(&topic, large.clone()).await.unwrap();
    }
    let begun = Instant::now();
    // Whatever comes all the same is taken.
    let mut taken = 0;
    let slot = loop {
        let request = Request::of([topic.as_str()]).timeout(SHORT);
        let gathered = client.gather(request).await.unwrap();
        client.settle(gathered.acks()).await.unwrap();
        taken += gathered.record_count();
        let slot = gathered.slot(&topic).unwrap().clone();
        let verdict = verdict_of(&slot.verdict);
        assert_ne!(
            verdict.code(),
            VerdictCode::CaughtUp,
            "{taken} of 3 were read: {slot:?}"
        );
        if verdict.code() == VerdictCode::StuckWithLag && verdict.confirmed {
            break slot;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{taken} of 3 were read: {slot:?}"
        );
        assert!(taken < 3, "the quota holds nothing back");
    };
    println!(
        "STUCK_WITH_LAG is confirmed after {:?}, {taken} of 3 were read",
        begun.elapsed()
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Fault);
    let verdict = verdict_of(&slot.verdict);
    assert!(length(fact(verdict, "position_unchanged_for").unwrap()).unwrap() >= FROZEN);
    assert!(number(fact(verdict, "probes_that_agree").unwrap()).unwrap() >= 2);
    advice(verdict, AdviceCode::LookAtFetcher).unwrap();
}

#[tokio::test]
async fn records_behind_an_open_transaction_are_hidden_and_not_stuck() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("hidden", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, &topic).await;
    let writer = Producer::transactional(kafka.bootstrap(), &unique("writer"))
        .await
        .unwrap();
    writer.begin().unwrap();
    writer.numbers(&topic, Some(0), 0..5).await.unwrap();
    let slot = until_slot(&client, &topic, VerdictCode::OpenTransaction).await;
    let hidden = number(fact(verdict_of(&slot.verdict), "hidden").unwrap()).unwrap();
    assert!(hidden >= 5, "{hidden}");
    writer.end(End::Commit).await.unwrap();
    let gathered = client
        .gather(peek(&topic, Duration::from_secs(10)))
        .await
        .unwrap();
    assert_eq!(gathered.record_count(), 5);
    read_all(&client, &topic).await;
    until_at_the_end(&client, &topic).await;
}
