//! Records wait, and it is the taking that is slow: LAG > 0 and nothing comes, for reasons that look alike.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{advice, fact, length, number, number_of, text};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Record, Rollcall, eventually};

use crate::look::{SHORT, SOON, severity_of, until_buffered, until_slot, until_status, verdict_of};

#[tokio::test]
async fn records_out_on_a_lease_wait_for_the_ack_of_a_client_that_is_named() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("leased", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 12).await.unwrap();
    let forgetful = stage.roll.client("forgetful").unwrap();
    until_buffered(&forgetful, &topic, 12).await;
    let lease = Duration::from_secs(120);
    let taken = forgetful
        .gather(Request::roll().lease(lease))
        .await
        .unwrap();
    assert_eq!(taken.record_count(), 12);

    let client = stage.roll.client("client").unwrap();
    let waiting = client
        .gather(Request::of([topic.as_str()]).timeout(SHORT))
        .await
        .unwrap();
    let slot = waiting.slot(&topic).unwrap();
    assert_eq!(
        waiting.verdict(&topic).unwrap(),
        VerdictCode::WaitingForAck,
        "{slot:?}"
    );
    assert_eq!(slot.unacked, 12);
    let verdict = verdict_of(&slot.verdict);
    assert_eq!(
        text(fact(verdict, "leased_to").unwrap()).unwrap(),
        "forgetful"
    );
    assert_eq!(
        number(fact(verdict, "lease_next_offset").unwrap()).unwrap(),
        12
    );
    let left = length(fact(verdict, "lease_ends_in").unwrap()).unwrap();
    assert!(Duration::from_secs(60) < left && left <= lease, "{left:?}");
    let settle = advice(verdict, AdviceCode::Settle).unwrap();
    assert_eq!(number(number_of(settle, "unacked").unwrap()).unwrap(), 12);
    assert_eq!(
        text(number_of(settle, "client").unwrap()).unwrap(),
        "forgetful"
    );
    let explained = Rollcall::of(stage.roll.address())
        .ends_with(0, &["explain", &topic])
        .await
        .unwrap();
    for said in ["WAITING_FOR_ACK", "forgetful"] {
        assert!(
            explained.stdout.contains(said),
            "{said:?} is not in\n{}",
            explained.stdout
        );
    }

    // A young lease is a client at work; one that stays is worth a warning.
    eventually(
        "the lease is warned of",
        Duration::from_secs(10),
        async || {
            let status = client.topic(&topic).await?;
            let severity = severity_of(&status.verdict);
            ensure!(severity == Severity::Warn, "{severity:?}");
            Ok(())
        },
    )
    .await
    .unwrap();

    forgetful.settle(taken.acks()).await.unwrap();
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
}

/// Far more than the buffer takes.
const RECORDS: usize = 500;

#[tokio::test]
async fn a_full_buffer_pauses_the_reading_and_says_so() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("full", 1)
        .aggregator_flags(&["--budget", "512KiB"]);
    let stage = plan.start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("slow").unwrap();
    let record = |_| {
        Record::default()
            .with_value(vec![b'v'; 10_000])
            .to_partition(0)
    };
    stage
        .producer
        .send_all(&topic, (0..RECORDS).map(record).collect())
        .await
        .unwrap();
    // Somebody gathers, but takes far less than there is.
    let gather = async || {
        let request = Request::roll().timeout(SHORT).max_records(1);
        let gathered = client.gather(request).await.unwrap();
        client.settle(gathered.acks()).await.unwrap();
    };
    gather().await;
    let begun = Instant::now();
    let status = until_status(&client, &topic, VerdictCode::PausedBackpressure).await;
    println!(
        "PAUSED_BACKPRESSURE is confirmed after {:?}",
        begun.elapsed()
    );
    assert_eq!(severity_of(&status.verdict), Severity::Warn);
    let paused = length(fact(verdict_of(&status.verdict), "paused_for").unwrap()).unwrap();
    assert!(paused >= Duration::from_secs(3), "{paused:?}");
    advice(verdict_of(&status.verdict), AdviceCode::TakeFaster).unwrap();
    let held = stage.roll.client("look").unwrap().status().await.unwrap();
    assert!(
        held.buffered_bytes <= held.budget_bytes + (1 << 20),
        "{}",
        held.buffered_bytes
    );

    // Taking it all lets the reading go on; until the last record is there, nothing says that it is.
    let mut taken = 1;
    while taken < RECORDS {
        let request = Request::roll().timeout(SHORT).max_records(10_000);
        let gathered = client.gather(request).await.unwrap();
        client.settle(gathered.acks()).await.unwrap();
        taken += gathered.record_count();
        let slot = gathered.slot(&topic).unwrap();
        let at_the_end = verdict_of(&slot.verdict).code() == VerdictCode::CaughtUp;
        assert!(
            !at_the_end || taken == RECORDS,
            "{taken} were taken: {slot:?}"
        );
        let left = u64::try_from(RECORDS - taken).unwrap();
        assert!(slot.backlog >= Some(left), "{left} are left: {slot:?}");
        assert!(begun.elapsed() < SOON * 2, "{taken} were taken: {slot:?}");
    }
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
}
