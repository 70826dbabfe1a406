//! Partitions that move between fetchers (KIP-848).

use std::time::{Duration, Instant};

use rollcall_proto::v1::{Close, SettleStatus};
use rollcall_tests::Kafka;
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Flow, Plan};

const SOON: Duration = Duration::from_secs(20);

/// With KIP-848 nobody else notices a rebalance; what is left is a busy machine.
const LONGEST_GAP: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_ack_counts_after_its_partition_moved_to_another_fetcher() {
    ack_after_a_move(Kafka::shared().await).await;
}

/// A partition moves while its records are leased; then they are acked.
pub(super) async fn ack_after_a_move(kafka: &Kafka) {
    let mut stage = Plan::on(kafka).topic("moves", 2).start().await.unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 50).await.unwrap();
    }
    let client = stage.witness("client").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(100)
        .close(Close::Full);
    let leased = client
        .gather(request.lease(Duration::from_secs(600)))
        .await
        .unwrap();
    assert_eq!(leased.record_count(), 100);

    let topic = stage.topic(0).to_owned();
    stage.roll.add_fetcher(&topic).await.unwrap();
    stage.until_spread(0, 2).await.unwrap();
    stage.see_commits().await.unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 5).await.unwrap();
    }
    // The new owner has read them again, and nobody gets what is still leased.
    let nothing = client
        .gather(Request::roll().timeout(Duration::from_millis(500)))
        .await
        .unwrap();
    assert_eq!(nothing.record_count(), 0, "{:?}", nothing.batches);

    let statuses = client.ack(&leased).await.unwrap();
    assert!(
        statuses.iter().all(|status| *status == SettleStatus::Acked),
        "{statuses:?}"
    );
    let request = Request::roll()
        .timeout(SOON)
        .max_records(10)
        .close(Close::Full);
    let rest = client.gather(request).await.unwrap();
    assert!(
        rest.batches
            .iter()
            .all(|batch| batch.range.first().get() >= 50),
        "{:?}",
        rest.batches
    );
    assert_eq!(rest.record_count(), 10);
    client.ack(&rest).await.unwrap();
    for partition in 0..2 {
        stage.until_committed(0, partition, 55).await.unwrap();
    }
    stage.check().unwrap();
}

#[tokio::test]
async fn a_fetcher_that_comes_or_goes_does_not_hold_up_the_other_topics() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("restless", 2)
        .topic("calm-a", 2)
        .topic("calm-b", 1);
    let mut stage = plan.start().await.unwrap();
    let restless = stage.topic(0).to_owned();
    let flow = Flow::start(&stage, &[1, 2]).unwrap();
    flow.until_more(20).await.unwrap();

    let begun = Instant::now();
    let added = stage.roll.add_fetcher(&restless).await.unwrap();
    stage.until_spread(0, 2).await.unwrap();
    flow.until_more(10).await.unwrap();
    let comes = flow.longest_gap(begun);

    let begun = Instant::now();
    stage.roll.fetchers[added].terminate().await.unwrap();
    stage.until_spread(0, 1).await.unwrap();
    flow.until_more(10).await.unwrap();
    let goes = flow.longest_gap(begun);

    let begun = Instant::now();
    stage.roll.fetchers[0].kill().unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    flow.until_more(10).await.unwrap();
    let dies = flow.longest_gap(begun);

    println!(
        "longest gap of the other topics (KIP-848): a fetcher comes {comes:?}, goes {goes:?}, is killed {dies:?}"
    );
    for gap in [comes, goes, dies] {
        assert!(
            gap <= LONGEST_GAP,
            "comes {comes:?}, goes {goes:?}, is killed {dies:?}"
        );
    }
    flow.stop().await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}
