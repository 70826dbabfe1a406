//! Kafka 3.9: no KIP-848 that librdkafka could speak, so groups are classic, and a rebalance stops all of them.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_tests::stage::{Flow, Plan};
use rollcall_tests::{Kafka, Version, eventually};
use tokio::sync::OnceCell;

use crate::{moves, pauses, storm};

const SOON: Duration = Duration::from_secs(10);

/// The price of the fallback.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The broker that the tests here share.
async fn kafka_3_9() -> &'static Kafka {
    static SHARED: OnceCell<Kafka> = OnceCell::const_new();
    let start = async || Kafka::start(Version::V3_9).await.unwrap();
    SHARED.get_or_init(start).await
}

#[tokio::test]
async fn an_ack_counts_after_its_partition_moved_by_the_classic_protocol() {
    moves::ack_after_a_move(kafka_3_9().await).await;
}

#[tokio::test]
async fn a_fetcher_that_wakes_up_after_its_classic_session_harms_nothing() {
    pauses::wake_up_after_the_session(kafka_3_9().await).await;
}

#[tokio::test]
async fn a_storm_of_faults_breaks_nothing_in_a_classic_group() {
    storm::storm(kafka_3_9().await).await;
}

#[tokio::test]
async fn the_classic_fallback_pauses_for_two_seconds_at_most() {
    let kafka = kafka_3_9().await;
    let plan = Plan::on(kafka)
        .topic("restless", 2)
        .topic("calm-a", 2)
        .topic("calm-b", 1);
    let mut stage = plan.start().await.unwrap();
    let restless = stage.topic(0).to_owned();
    let look = stage.roll.client("look").unwrap();
    eventually("the fetcher says its protocol", SOON, async || {
        let status = look.topic(&restless).await?;
        let protocol = &status.fetchers[0].group_protocol;
        ensure!(protocol == "classic", "it says {protocol:?}");
        Ok(())
    })
    .await
    .unwrap();
    let flow = Flow::start(&stage, &[1, 2]).unwrap();
    flow.until_more(20).await.unwrap();

    let begun = Instant::now();
    let added = stage.roll.add_fetcher(&restless).await.unwrap();
    stage.until_spread(0, 2).await.unwrap();
    flow.until_more(30).await.unwrap();
    let comes = flow.longest_gap(begun);

    let begun = Instant::now();
    stage.roll.fetchers[added].terminate().await.unwrap();
    stage.until_spread(0, 1).await.unwrap();
    flow.until_more(30).await.unwrap();
    let goes = flow.longest_gap(begun);

    println!(
        "longest pause of the other topics (classic, Kafka 3.9): a fetcher comes {comes:?}, goes {goes:?}"
    );
    for pause in [comes, goes] {
        assert!(pause <= LONGEST_PAUSE, "comes {comes:?}, goes {goes:?}");
    }
    flow.stop().await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}
