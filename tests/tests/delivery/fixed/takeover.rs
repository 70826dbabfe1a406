//! The second fetcher takes over, however the first one ended.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{Close, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Flow, Plan, Stage};
use rollcall_tests::{Kafka, eventually};

use super::relay::{Relay, Way};
use super::{FIXED, SOON, until_one_waits};

/// From the end of a feed until records flow again.
const TAKEN_OVER: Duration = Duration::from_secs(2);
/// The longest pause of the other topics meanwhile.
const OTHERS: Duration = Duration::from_secs(1);

const PARTITIONS: u32 = 3;

/// A topic with a holder (0) and a standby (2), and another topic (1) that goes on.
async fn stage<'k>(kafka: &'k Kafka, prefix: &str) -> Stage<'k> {
    let plan = Plan::on(kafka).topic(prefix, 3).topic("calm", 1);
    let mut stage = plan.fetcher_flags(&FIXED).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.roll.add_fetcher(&topic).await.unwrap();
    until_one_waits(&stage.roll, &topic, PARTITIONS).await;
    stage
}

/// The longest times without a record since a feed ended.
#[derive(Clone, Copy, Debug)]
struct Gaps {
    taken_over: Duration,
    others: Duration,
}

/// Holds the middle ones of three. What the other topic stood for at the same time, to which nothing was done, is the
/// machine's own doing.
fn hold(gaps: [Gaps; 3]) {
    let middle = |of: fn(&Gaps) -> Duration| {
        let mut sorted = gaps.each_ref().map(of);
        sorted.sort_unstable();
        sorted[1]
    };
    let others = middle(|gap| gap.others);
    assert!(
        middle(|gap| gap.taken_over) <= TAKEN_OVER + others,
        "{gaps:?}"
    );
    assert!(others <= OTHERS, "{gaps:?}");
}

/// What flows through both topics.
struct Flows {
    taken_over: Flow,
    calm: Flow,
}

impl Flows {
    async fn start(stage: &Stage<'_>) -> Self {
        let flows = Self {
            taken_over: Flow::start(stage, &[0]).unwrap(),
            calm: Flow::start(stage, &[1]).unwrap(),
        };
        flows.taken_over.until_more(20).await.unwrap();
        flows.calm.until_more(5).await.unwrap();
        flows
    }

    /// Waits until records flow again, and says how long they did not, and how long the other topic's did not.
    async fn resume(&self, how: &str, begun: Instant) -> Gaps {
        self.taken_over.until_more(10).await.unwrap();
        self.calm.until_more(5).await.unwrap();
        let gaps = Gaps {
            taken_over: self.taken_over.longest_gap(begun),
            others: self.calm.longest_gap(begun),
        };
        println!("fixed, {how}: {gaps:?}");
        gaps
    }

    async fn stop(self) {
        self.taken_over.stop().await.unwrap();
        self.calm.stop().await.unwrap();
    }
}

/// Who holds the topic's partitions, by epoch, and how often a silent holder was given up.
async fn claims(stage: &Stage<'_>) -> (u64, Vec<u64>) {
    let client = stage.roll.client("claims").unwrap();
    let status = client.topic(stage.topic(0)).await.unwrap();
    let epochs = status.partitions.iter().map(|partition| partition.epoch);
    let given_up = client.counter("feeds_cut_off").await.unwrap();
    (given_up, epochs.collect())
}

/// The fetcher that was given up is back: it waits, the other one holds on, and no commit has fallen.
async fn is_the_standby_now(stage: &Stage<'_>, flows: &Flows, before: (u64, Vec<u64>)) {
    until_one_waits(&stage.roll, stage.topic(0), PARTITIONS).await;
    for _ in 0..5 {
        flows.taken_over.until_more(5).await.unwrap();
        stage.see_commits().await.unwrap();
    }
    let now = claims(stage).await;
    // A machine that leaves a process without a turn for a second freezes it, too.
    if now.0 == before.0 {
        assert_eq!(now.1, before.1, "nobody claimed since");
    }
}

/// Of the first topic's two fetchers, which one holds in this round.
const fn holder(round: usize) -> usize {
    if round.is_multiple_of(2) { 0 } else { 2 }
}

#[tokio::test]
async fn a_standby_takes_over_from_a_killed_fetcher_within_two_seconds() {
    let mut stage = stage(Kafka::shared().await, "killed").await;
    let flows = Flows::start(&stage).await;
    let mut gaps = Vec::new();
    for holder in (0..3).map(holder) {
        let begun = Instant::now();
        stage.roll.fetchers[holder].kill().unwrap();
        gaps.push(flows.resume("SIGKILL", begun).await);
        let before = claims(&stage).await;
        stage.roll.fetchers[holder].start().await.unwrap();
        is_the_standby_now(&stage, &flows, before).await;
    }
    flows.stop().await;
    stage.read_to_the_end_and_check().await.unwrap();
    hold(gaps.try_into().unwrap());
}

#[tokio::test]
async fn a_standby_takes_over_from_a_frozen_fetcher_which_then_neither_feeds_nor_commits() {
    let mut stage = stage(Kafka::shared().await, "frozen").await;
    let flows = Flows::start(&stage).await;
    let mut gaps = Vec::new();
    for holder in (0..3).map(holder) {
        let begun = Instant::now();
        stage.roll.fetchers[holder].pause().unwrap();
        gaps.push(flows.resume("SIGSTOP", begun).await);
        stage.see_commits().await.unwrap();
        let before = claims(&stage).await;
        stage.roll.fetchers[holder].resume().unwrap();
        is_the_standby_now(&stage, &flows, before).await;
    }
    let client = stage.roll.client("counters").unwrap();
    assert!(client.counter("feeds_cut_off").await.unwrap() >= 3);
    assert_eq!(client.counter("partitions_reset").await.unwrap(), 0);
    flows.stop().await;
    stage.read_to_the_end_and_check().await.unwrap();
    hold(gaps.try_into().unwrap());
}

#[tokio::test]
async fn a_standby_takes_over_when_the_way_is_cut_or_falls_silent() {
    for way in [Way::Cut, Way::Silent] {
        let mut stage = stage(Kafka::shared().await, "way").await;
        let topic = stage.topic(0).to_owned();
        let relay = Relay::to(stage.roll.address()).await;
        // In the place of the first one, by the relay; it holds whenever the other one was away.
        stage.roll.fetchers[0].terminate().await.unwrap();
        let relayed = stage
            .roll
            .add_fetcher_by(&topic, relay.address(), &[])
            .await
            .unwrap();
        until_one_waits(&stage.roll, &topic, PARTITIONS).await;
        let flows = Flows::start(&stage).await;
        let mut gaps = Vec::new();
        for _ in 0..3 {
            stage.roll.fetchers[relayed - 1].terminate().await.unwrap();
            flows.taken_over.until_more(5).await.unwrap();
            stage.roll.fetchers[relayed - 1].start().await.unwrap();
            until_one_waits(&stage.roll, &topic, PARTITIONS).await;
            let begun = Instant::now();
            relay.set(way);
            gaps.push(flows.resume(&format!("{way:?}"), begun).await);
            let before = claims(&stage).await;
            relay.set(Way::Open);
            is_the_standby_now(&stage, &flows, before).await;
        }
        flows.stop().await;
        stage.read_to_the_end_and_check().await.unwrap();
        hold(gaps.try_into().unwrap());
    }
}

#[tokio::test]
async fn a_fetcher_that_leaves_in_order_hands_over_without_a_wait() {
    let mut stage = stage(Kafka::shared().await, "leaves").await;
    let flows = Flows::start(&stage).await;
    let begun = Instant::now();
    stage.roll.fetchers[0].terminate().await.unwrap();
    flows.resume("SIGTERM", begun).await;
    flows.stop().await;
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_standby_is_healthy_and_no_verdict_says_otherwise() {
    let stage = stage(Kafka::shared().await, "healthy").await;
    let client = stage.roll.client("verdicts").unwrap();
    eventually("the topic is judged", SOON, async || {
        let status = client.topic(stage.topic(0)).await?;
        let verdict = status.verdict.unwrap_or_default();
        ensure!(verdict.code() == VerdictCode::TopicEmpty, "{verdict:?}");
        ensure!(
            !status
                .also
                .iter()
                .any(|also| also.code() == VerdictCode::FetcherUnreachable)
        );
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn records_flow_within_two_seconds_of_an_aggregators_restart() {
    for (membership, flags) in [("group", &[][..]), ("fixed", &FIXED[..])] {
        let kafka = Kafka::shared().await;
        let plan = Plan::on(kafka).topic("restart", 2);
        let mut stage = plan.fetcher_flags(flags).start().await.unwrap();
        stage
            .journal
            .add(rollcall_tests::checker::Event::AggregatorKilled);
        stage.roll.aggregator.kill().unwrap();
        // Away for so long that the pauses between two tries are as long as they get.
        let fetcher = stage.roll.fetchers[0].running().unwrap();
        let tries = |line: &str| line.contains("failures=8").then_some(());
        fetcher
            .line("that it tries for the eighth time", SOON, tries)
            .await
            .unwrap();
        stage.produce(0, 0, 10).await.unwrap();
        stage.roll.restart_aggregator().await.unwrap();
        let begun = Instant::now();
        let client = stage.witness("client").unwrap();
        let request = Request::of([stage.topic(0)])
            .timeout(SOON)
            .close(Close::Any);
        let gathered = client.gather(request).await.unwrap();
        let took = begun.elapsed();
        println!("{membership}: the first record {took:?} after the aggregator's restart");
        assert!(gathered.record_count() > 0);
        assert!(took <= TAKEN_OVER, "{membership}: {took:?}");
        client.ack(&gathered).await.unwrap();
        stage.read_to_the_end_and_check().await.unwrap();
    }
}
