//! Processes that stand still for longer than anybody waits for them, and then wake up.

use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::{Close, SettleStatus, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, eventually};

const SOON: Duration = Duration::from_secs(30);

/// Waits until one fetcher has all claims of the first topic, and it is not this one.
async fn until_another_has_all(stage: &Stage<'_>, not: &str) {
    let client = stage.roll.client("owners").unwrap();
    eventually("another fetcher has all partitions", SOON, async || {
        let status = client.topic(stage.topic(0)).await?;
        let owners: Vec<_> = status
            .fetchers
            .iter()
            .filter(|fetcher| fetcher.claims > 0)
            .collect();
        ensure!(
            owners.len() == 1 && owners[0].fetcher_id != not,
            "{:?}",
            status.fetchers
        );
        let claimed = status
            .partitions
            .iter()
            .filter(|partition| partition.epoch > 0)
            .count();
        ensure!(
            claimed == 2 && owners[0].claims == 2,
            "{:?}",
            status.fetchers
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_fetcher_that_wakes_up_after_its_session_harms_nothing() {
    wake_up_after_the_session(Kafka::shared().await).await;
}

/// A fetcher is frozen until another has all its partitions, and wakes up then.
pub(super) async fn wake_up_after_the_session(kafka: &Kafka) {
    let mut stage = Plan::on(kafka).topic("sleeper", 2).start().await.unwrap();
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
    let status = client.client.topic(&topic).await.unwrap();
    let sleeper = status.fetchers[0].fetcher_id.clone();

    stage.roll.fetchers[0].pause().unwrap();
    stage.roll.add_fetcher(&topic).await.unwrap();
    until_another_has_all(&stage, &sleeper).await;
    let statuses = client.ack(&leased).await.unwrap();
    assert!(
        statuses.iter().all(|status| *status == SettleStatus::Acked),
        "{statuses:?}"
    );
    for partition in 0..2 {
        stage.until_committed(0, partition, 50).await.unwrap();
        stage.produce(0, partition, 20).await.unwrap();
    }
    let some = client
        .gather(Request::roll().timeout(SOON).max_records(10))
        .await
        .unwrap();

    stage.roll.fetchers[0].resume().unwrap();
    eventually("both fetchers have a partition", SOON, async || {
        let status = client.client.topic(&topic).await?;
        let owners = status
            .fetchers
            .iter()
            .filter(|fetcher| fetcher.claims == 1)
            .count();
        ensure!(owners == 2, "{:?}", status.fetchers);
        stage.see_commits().await
    })
    .await
    .unwrap();
    client.ack(&some).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn an_aggregator_that_wakes_up_after_its_peers_gave_it_up_harms_nothing() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("dreamer", 2).start().await.unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 50).await.unwrap();
    }
    let client = stage.witness("client").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(60)
        .close(Close::Full);
    let leased = client
        .gather(request.lease(Duration::from_secs(600)))
        .await
        .unwrap();

    stage.roll.aggregator.pause().unwrap();
    // The fetcher says when it has given the silent connection up.
    let fetcher = stage.roll.fetchers[0].running().unwrap();
    let lost = |line: &str| {
        line.contains("feed")
            .then_some(())
            .filter(|()| line.contains("WARN"))
    };
    fetcher
        .line("that its feed is broken", SOON, lost)
        .await
        .unwrap();
    stage.produce(0, 0, 5).await.unwrap();
    stage.roll.aggregator.resume().unwrap();

    stage.roll.until_claimed().await.unwrap();
    let statuses = client.ack(&leased).await.unwrap();
    let counted = [SettleStatus::Acked, SettleStatus::Kept];
    assert!(
        statuses.iter().all(|status| counted.contains(status)),
        "{statuses:?}"
    );
    eventually("the fetcher is heard", SOON, async || {
        let gathered = client
            .gather(Request::roll().timeout(Duration::from_millis(200)))
            .await?;
        client.ack(&gathered).await?;
        let verdict = gathered.verdict(stage.topic(0))?;
        ensure!(verdict != VerdictCode::FetcherUnreachable, "{verdict:?}");
        Ok(())
    })
    .await
    .unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}
