//! A producer that stopped: told from one that is merely slow by the topic's own history.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::Kafka;
use rollcall_tests::Record;
use rollcall_tests::client::Request;
use rollcall_tests::eventually;
use rollcall_tests::evidence::{advice, fact, length, number};
use rollcall_tests::stage::Plan;
use tokio::time::interval;

use crate::look::{SOON, severity_of, until_slot, verdict_of};

/// Time between two records, while there are some.
const GAP: Duration = Duration::from_millis(200);

/// Gaps that must be known before a silence is called unusual, and a few more.
const RECORDS: u64 = 26;

/// Records that are no history.
const NEW: usize = 10;

#[tokio::test]
async fn a_producer_that_falls_silent_is_overdue_and_one_that_is_not_well_known_is_not() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka)
        .topic("dead", 1)
        .topic("new", 1)
        .start()
        .await
        .unwrap();
    let [dead, new] = [0, 1].map(|place| stage.topic(place).to_owned());
    let client = stage.roll.client("client").unwrap();
    let mut pace = interval(GAP);
    let mut came = 0;
    for number in 0..RECORDS {
        pace.tick().await;
        stage
            .producer
            .send(&dead, Record::numbered(number))
            .await
            .unwrap();
        if number < u64::try_from(NEW).unwrap() {
            stage
                .producer
                .send(&new, Record::numbered(number))
                .await
                .unwrap();
        }
        let gathered = client
            .gather(Request::roll().timeout(Duration::from_millis(20)))
            .await
            .unwrap();
        for topic in [&dead, &new] {
            assert_ne!(
                gathered.verdict(topic).unwrap(),
                VerdictCode::ProducerOverdue,
                "while it writes"
            );
        }
        came += gathered.record_count();
        client.settle(gathered.acks()).await.unwrap();
    }
    let silent = Instant::now();
    // What came too late for the last gather is taken too, or data would be what is seen.
    let all = usize::try_from(RECORDS).unwrap() + NEW;
    eventually("all records came", SOON, async || {
        if came < all {
            let gathered = client.gather(Request::roll()).await?;
            came += gathered.record_count();
            client.settle(gathered.acks()).await?;
        }
        ensure!(came == all, "{came} of {all} did");
        Ok(())
    })
    .await
    .unwrap();
    let slot = until_slot(&client, &dead, VerdictCode::ProducerOverdue).await;
    let after = silent.elapsed();
    println!("PRODUCER_OVERDUE {after:?} after the last record; gaps of {GAP:?}");
    assert!(
        after >= Duration::from_millis(1_900),
        "no silence below 2 s is unusual: {after:?}"
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Warn);
    let verdict = verdict_of(&slot.verdict);
    let silence = length(fact(verdict, "silence").unwrap()).unwrap();
    let allowed = length(fact(verdict, "allowed_silence").unwrap()).unwrap();
    assert!(silence > allowed, "{silence:?} of {allowed:?}");
    assert!(number(fact(verdict, "gap_count").unwrap()).unwrap() >= 20);
    advice(verdict, AdviceCode::AskProducer).unwrap();

    // Ten records are no history: nothing is made of the same silence.
    until_slot(&client, &new, VerdictCode::CaughtUp).await;
    stage
        .producer
        .send(&dead, Record::numbered(RECORDS))
        .await
        .unwrap();
    until_slot(&client, &dead, VerdictCode::Flowing).await;
}
