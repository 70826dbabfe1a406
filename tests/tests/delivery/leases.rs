//! Leases that end by their clock, and nacks.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{Close, Outcome, SettleStatus, VerdictCode};
use rollcall_tests::client::{Gathered, Request};
use rollcall_tests::stage::{Plan, Witness};
use rollcall_tests::{Kafka, eventually};

const SOON: Duration = Duration::from_secs(20);

/// A gather that waits for a record as long as it takes.
async fn next(client: &Witness, lease: Duration) -> Gathered {
    let request = Request::roll().timeout(SOON).close(Close::Any).lease(lease);
    let gathered = client.gather(request).await.unwrap();
    assert!(gathered.record_count() > 0, "{:?}", gathered.summary);
    gathered
}

#[tokio::test]
async fn a_lease_that_ran_out_is_handed_out_again_and_a_late_ack_counts() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("expiry", 1).start().await.unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    let (slow, other) = (
        stage.witness("slow").unwrap(),
        stage.witness("other").unwrap(),
    );
    let first = next(&slow, Duration::from_secs(1)).await;
    let held = Instant::now();

    // While the lease lives the other one gets nothing, and is told why.
    let short = Request::roll().timeout(Duration::from_millis(100));
    let nothing = other.gather(short).await.unwrap();
    assert_eq!(
        nothing.verdict(stage.topic(0)).unwrap(),
        VerdictCode::WaitingForAck
    );

    let again = next(&other, Duration::from_secs(60)).await;
    assert!(
        held.elapsed() > Duration::from_millis(900),
        "after {:?}",
        held.elapsed()
    );
    assert_eq!(again.batches[0].redelivered, 1);
    assert_eq!(again.batches[0].records, first.batches[0].records);
    assert_eq!(other.client.counter("leases_expired").await.unwrap(), 1);

    assert_eq!(
        slow.ack(&first).await.unwrap(),
        [SettleStatus::Acked],
        "late"
    );
    assert_eq!(other.ack(&again).await.unwrap(), [SettleStatus::Already]);
    stage.until_committed(0, 0, 1).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_nacked_record_comes_again_after_its_back_off_with_its_count() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("nack", 1).start().await.unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    let client = stage.witness("nacker").unwrap();
    for (redelivered, back_off) in [(0, 0), (1, 100), (2, 200), (3, 400)] {
        let asked = Instant::now();
        let gathered = next(&client, Duration::from_secs(60)).await;
        let waited = asked.elapsed();
        let back_off = Duration::from_millis(back_off);
        assert_eq!(gathered.batches[0].redelivered, redelivered);
        // What little went by between the nack and this asking is no fault of anybody's.
        let early = back_off.saturating_sub(Duration::from_millis(30));
        assert!(
            waited >= early,
            "{redelivered}: after {waited:?}, the back-off is {back_off:?}"
        );
        assert!(
            waited < back_off + Duration::from_secs(1),
            "{redelivered}: after {waited:?}"
        );
        let nacked = client.settle(gathered.settle(Outcome::Nack)).await.unwrap();
        assert_eq!(nacked, [SettleStatus::Returned]);
    }
    let nacked_twice = next(&client, Duration::from_millis(100)).await;
    eventually("the lease is over", SOON, async || {
        let late = client
            .client
            .settle(nacked_twice.settle(Outcome::Nack))
            .await?;
        ensure!(late == [SettleStatus::RefusedNoLease], "{late:?}");
        Ok(())
    })
    .await
    .unwrap();
    // A poisonous record is skipped by acking it.
    let gathered = next(&client, Duration::from_secs(60)).await;
    assert_eq!(client.ack(&gathered).await.unwrap(), [SettleStatus::Acked]);
    stage.until_committed(0, 0, 1).await.unwrap();
    stage.check().unwrap();
}

#[tokio::test]
async fn a_nacked_middle_comes_again_before_anything_newer() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("middle", 1).start().await.unwrap();
    stage.produce(0, 0, 9).await.unwrap();
    let client = stage.witness("nacker").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(9)
        .close(Close::Full);
    let gathered = client.gather(request).await.unwrap();
    let batches = &gathered.batches;
    assert_eq!(
        batches
            .iter()
            .map(|batch| batch.records.len())
            .sum::<usize>(),
        9
    );
    let (middle, rest): (Vec<_>, Vec<_>) = batches
        .iter()
        .flat_map(|batch| {
            batch
                .records
                .iter()
                .map(move |record| (batch, record.offset))
        })
        .partition(|(_, offset)| (3..6).contains(offset));
    let single = |(batch, offset): &(&rollcall_tests::client::Batch, i64), outcome| {
        let range = rollcall_proto::ranges::OffsetRange::from_raw(*offset, offset + 1).unwrap();
        batch.settle_part(range, outcome)
    };
    client
        .settle(rest.iter().map(|one| single(one, Outcome::Ack)).collect())
        .await
        .unwrap();
    client
        .settle(
            middle
                .iter()
                .map(|one| single(one, Outcome::Nack))
                .collect(),
        )
        .await
        .unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    stage.until_committed(0, 0, 3).await.unwrap();

    let again = next(&client, SOON).await;
    let first = again.numbers(stage.topic(0)).unwrap();
    assert_eq!(first[0], 3, "{first:?}");
    client.ack(&again).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}
