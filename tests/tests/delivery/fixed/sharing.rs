//! Shards, partitions that are added, and a group that has members.

use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::{Close, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::kafka::unique;
use rollcall_tests::member::Member;
use rollcall_tests::roll::Setup;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, eventually};

use super::{FIXED, SOON};

#[tokio::test]
async fn two_shards_cover_every_partition_once() {
    let kafka = Kafka::shared().await;
    let (topic, group) = (unique("shards"), unique("group"));
    kafka.create_topic(&topic, 5, &[]).await.unwrap();
    let setup = Setup::new(kafka.bootstrap(), &group).unfed_topic(&topic);
    let mut roll = setup
        .fetcher_flags(&FIXED)
        .start_aggregator()
        .await
        .unwrap();
    let address = roll.address();
    for shard in ["0/2", "1/2"] {
        let flags = ["--shard", shard];
        roll.add_fetcher_by(&topic, address, &flags).await.unwrap();
    }
    roll.until_partitions_are_claimed(&topic, 5).await.unwrap();
    let client = roll.client("shards").unwrap();
    eventually("both say what they have", SOON, async || {
        let status = client.topic(&topic).await?;
        let mut said: Vec<_> = status
            .fetchers
            .iter()
            .map(|f| (f.shard.as_str(), f.claims, f.standby))
            .collect();
        said.sort_unstable();
        ensure!(said == [("0/2", 3, 0), ("1/2", 2, 0)], "{said:?}");
        Ok(())
    })
    .await
    .unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    for (partition, number) in (0..5).zip(0_u64..) {
        producer
            .numbers(&topic, Some(partition), number..number + 1)
            .await
            .unwrap();
    }
    let request = Request::of([topic.as_str()]).timeout(SOON).max_records(5);
    let gathered = client.gather(request.close(Close::Full)).await.unwrap();
    let mut came = gathered.numbers(&topic).unwrap();
    came.sort_unstable();
    assert_eq!(came, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn partitions_that_are_added_are_taken() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("grows", 1);
    let stage = plan.fetcher_flags(&FIXED).start().await.unwrap();
    let topic = stage.topic(0);
    kafka.add_partitions(topic, 3).await.unwrap();
    stage
        .roll
        .until_partitions_are_claimed(topic, 3)
        .await
        .unwrap();
    let stored = stage.producer.numbers(topic, Some(2), 0..5).await.unwrap();
    stage.journal.produced(topic, &stored).unwrap();
    let client = stage.witness("client").unwrap();
    let request = Request::of([topic])
        .timeout(SOON)
        .max_records(5)
        .close(Close::Full);
    let gathered = client.gather(request).await.unwrap();
    assert_eq!(gathered.numbers(topic).unwrap(), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_group_with_members_is_refused_by_their_names_until_they_are_gone() {
    let kafka = Kafka::shared().await;
    let (topic, group) = (unique("occupied"), unique("group"));
    kafka.create_topic(&topic, 2, &[]).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[topic.as_str()], &[]).unwrap();
    member.until_it_owns(2).await.unwrap();
    let setup = Setup::new(kafka.bootstrap(), &group).unfed_topic(&topic);
    let mut roll = setup
        .fetcher_flags(&FIXED)
        .start_aggregator()
        .await
        .unwrap();
    let fetcher = roll.add_fetcher(&topic).await.unwrap();
    let named = |line: &str| {
        let says = line.contains("has members") && line.contains("stranger at");
        says.then_some(())
    };
    let process = roll.fetchers[fetcher].running().unwrap();
    process
        .line("who is in the group", SOON, named)
        .await
        .unwrap();
    let client = roll.client("refused").unwrap();
    eventually("the verdict says so", SOON, async || {
        let status = client.topic(&topic).await?;
        let verdict = status.verdict.unwrap_or_default();
        ensure!(
            verdict.code() == VerdictCode::GroupProtocolMismatch,
            "{verdict:?}"
        );
        ensure!(
            verdict
                .facts
                .iter()
                .any(|fact| format!("{fact:?}").contains("stranger at"))
        );
        ensure!(
            status
                .partitions
                .iter()
                .all(|partition| partition.epoch == 0)
        );
        Ok(())
    })
    .await
    .unwrap();
    drop(member);
    roll.until_partitions_are_claimed(&topic, 2).await.unwrap();
    eventually("the verdict is taken back", SOON, async || {
        let gathered = client
            .gather(Request::of([topic.as_str()]).timeout(Duration::from_millis(100)))
            .await?;
        let verdict = gathered.verdict(&topic)?;
        ensure!(verdict != VerdictCode::GroupProtocolMismatch, "{verdict:?}");
        Ok(())
    })
    .await
    .unwrap();
}
