//! Several faults at once: the worst partition's first cause in the table's order is the verdict, the others are said
//! beside it.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, AuthorizationDenied, BrokerDown, ClusterUnreachable, Flowing,
    LeaderUnavailable, NoCoordinator, OffsetOutOfRange, OpenTransaction, OwnerElsewhere,
    OwnerSilent, PausedBackpressure, RecordTooLarge, StuckWithLag, TopicMissing, TopicRecreated,
    WaitingForAck,
};

use super::super::situation::Family::{Broker, Secured};
use super::super::{Scene, Situation};
use super::broker::placed;
use super::delivery::{overflow, take};
use super::group::{KIP_848, join};
use super::script;
use super::secured::alice;
use super::topic::again;
use crate::kafka::{Acl, Operation, Resource};
use crate::producer::{End, Producer};
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "two-lease-before-an-open-transaction",
        WaitingForAck,
        Warn,
        script!(lease_and_transaction),
    )
    .like(OpenTransaction)
    .by_way_of(&[Flowing])
    .beside(&[OpenTransaction]),
    Situation::inside(
        "two-sleeping-stranger-and-open-transaction",
        OwnerSilent,
        Fault,
        script!(silent_and_transaction),
    )
    .from(
        5,
        "who owns what, and what is committed of it, is asked for every 5 s",
    )
    .like(OpenTransaction)
    // Who owns it is known at once, that it is silent only in time; and the transaction is the second fault.
    .by_way_of(&[OwnerElsewhere, OpenTransaction])
    .beside(&[OpenTransaction]),
    Situation::inside(
        "two-record-too-large-and-open-transaction",
        RecordTooLarge,
        Fault,
        script!(large_and_transaction),
    )
    .like(OpenTransaction)
    // The second fault, of the same partition.
    .by_way_of(&[ArrivedTooLate, OpenTransaction])
    .beside(&[OpenTransaction]),
    Situation::inside(
        "two-loss-and-open-transaction",
        OffsetOutOfRange,
        Fault,
        script!(loss_and_transaction),
    )
    .like(OpenTransaction)
    .beside(&[OpenTransaction])
    .by_way_of(&[Flowing]),
    Situation::inside(
        "two-recreated-and-record-too-large",
        TopicRecreated,
        Fault,
        script!(recreated_and_large),
    )
    .like(RecordTooLarge)
    // The topic is missing between its deletion and its new creation.
    .by_way_of(&[TopicMissing])
    .beside(&[RecordTooLarge]),
    Situation::inside(
        "two-stranger-and-lease",
        OwnerElsewhere,
        Warn,
        script!(stranger_and_lease),
    )
    .like(WaitingForAck)
    // The second fault, which counts sooner.
    .by_way_of(&[WaitingForAck, Flowing])
    .beside(&[WaitingForAck]),
    Situation::inside(
        "two-full-budget-and-lease",
        WaitingForAck,
        Warn,
        script!(lease_and_budget),
    )
    .like(PausedBackpressure)
    // The second fault, which may count sooner.
    .by_way_of(&[Flowing, PausedBackpressure])
    .beside(&[PausedBackpressure]),
    Situation::inside(
        "two-dead-leader-and-open-transaction",
        BrokerDown,
        Fault,
        script!(dead_and_transaction),
    )
    .of(Broker)
    .like(OpenTransaction)
    // The second fault, and the missing leader: both may be told before the broker counts as down.
    .by_way_of(&[OpenTransaction, LeaderUnavailable])
    .beside(&[OpenTransaction]),
    Situation::inside(
        "two-dead-leader-and-record-too-large",
        BrokerDown,
        Fault,
        script!(dead_and_large),
    )
    .of(Broker)
    .like(RecordTooLarge)
    // The second fault, and the missing leader: both may be told before the broker counts as down.
    .by_way_of(&[RecordTooLarge, LeaderUnavailable])
    .beside(&[RecordTooLarge]),
    Situation::inside(
        "two-dead-leader-and-stranger-in-the-group",
        BrokerDown,
        Fault,
        script!(dead_and_stranger),
    )
    .of(Broker)
    .like(OwnerElsewhere)
    // The second fault, and the missing leader: both may be told before the broker counts as down.
    .by_way_of(&[OwnerElsewhere, LeaderUnavailable])
    .beside(&[OwnerElsewhere]),
    Situation::inside(
        "two-deleted-topic-and-no-coordinator",
        TopicMissing,
        Fault,
        script!(missing_and_coordinator),
    )
    .of(Broker)
    .like(NoCoordinator)
    .beside(&[NoCoordinator]),
    Situation::inside(
        "two-dead-cluster-and-full-budget",
        ClusterUnreachable,
        Fault,
        script!(cluster_and_budget),
    )
    .of(Broker)
    .like(PausedBackpressure)
    // The second fault; and the brokers go one after the other.
    .by_way_of(&[PausedBackpressure, BrokerDown])
    .beside(&[PausedBackpressure]),
    Situation::inside(
        "two-denied-and-behind",
        AuthorizationDenied,
        Fault,
        script!(denied_and_behind),
    )
    .of(Secured)
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate])
    .from(11, "beside it, a position stands still after 10 s")
    .beside(&[StuckWithLag]),
];

const LIMIT: [&str; 2] = ["--max-record-bytes", "100KiB"];

/// A transaction with five records in a partition, left open.
async fn open(scene: &Scene, partition: i32) -> Result<Producer> {
    let writer = scene.writer().await?;
    scene.hide(&writer, partition).await?;
    Ok(writer)
}

async fn large(scene: &Scene, partition: i32) -> Result<()> {
    let large = Record::sized(300_000).to_partition(partition);
    scene.producer.send(&scene.topic, large).await.map(drop)
}

async fn over(scene: &mut Scene, writer: Producer) -> Result<()> {
    scene.until_right().await?;
    writer.end(End::Commit).await
}

async fn lease_and_transaction(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &[]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce(20).await?;
    let writer = open(scene, 1).await?;
    scene.until_beside(OpenTransaction).await?;
    let _held = take(scene, 20).await?;
    scene.watch_peeks()?;
    scene.cause();
    over(scene, writer).await
}

async fn silent_and_transaction(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.produce_to_each(5).await?;
    scene.start(&[]).await?;
    scene.disturb();
    let stranger = join(scene, &KIP_848)?;
    stranger.until_it_owns(1).await?;
    let ours = i32::from(!stranger.partitions().contains(&1));
    let writer = open(scene, ours).await?;
    stranger.fall_asleep();
    scene.cause();
    scene.produce_to_each(10).await?;
    over(scene, writer).await
}

async fn large_and_transaction(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &LIMIT).await?;
    scene.disturb();
    let writer = open(scene, 1).await?;
    scene.until_said(OpenTransaction).await?;
    scene.cause();
    large(scene, 0).await?;
    over(scene, writer).await
}

async fn loss_and_transaction(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.until_committed(10).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    scene.produce(90).await?;
    scene.delete_records(60).await?;
    let writer = open(scene, 0).await?;
    scene.fetcher()?.start().await?;
    scene.cause();
    over(scene, writer).await
}

async fn recreated_and_large(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.start(&LIMIT).await?;
    scene.until_committed(100).await?;
    again(scene, 1).await?;
    scene.cause();
    large(scene, 0).await?;
    scene.until_right().await
}

async fn stranger_and_lease(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.produce_to_each(5).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.rest().await;
    let stranger = join(scene, &KIP_848)?;
    stranger.until_it_owns(1).await?;
    scene.cause();
    scene.produce_to_each(20).await?;
    let _held = take(scene, 20).await?;
    scene.watch_peeks()?;
    scene.until_right().await
}

async fn lease_and_budget(scene: &mut Scene) -> Result<()> {
    overflow(scene, 1).await?;
    scene.until_said(PausedBackpressure).await?;
    let _held = take(scene, 10).await?;
    scene.watch_peeks()?;
    scene.cause();
    scene.until_right().await
}

/// Two partitions, on nodes 2 and 3, read; the group is node 1's.
async fn on_two_nodes(scene: &mut Scene, flags: &[&str]) -> Result<()> {
    placed(scene, &[&[2], &[3]], 1).await?;
    scene.start(flags).await?;
    scene.disturb();
    Ok(())
}

async fn dead(scene: &mut Scene) -> Result<()> {
    scene.cause();
    scene.kafka.write().await.kill_node(2)?;
    scene.until_right().await
}

async fn dead_and_transaction(scene: &mut Scene) -> Result<()> {
    on_two_nodes(scene, &[]).await?;
    let _writer = open(scene, 1).await?;
    scene.until_said(OpenTransaction).await?;
    dead(scene).await
}

async fn dead_and_large(scene: &mut Scene) -> Result<()> {
    on_two_nodes(scene, &LIMIT).await?;
    large(scene, 1).await?;
    scene.until_said(RecordTooLarge).await?;
    dead(scene).await
}

async fn dead_and_stranger(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2], &[2], &[2]], 1).await?;
    scene.start(&[]).await?;
    scene.disturb();
    let stranger = join(scene, &KIP_848)?;
    stranger.until_it_owns(1).await?;
    scene.until_said(OwnerElsewhere).await?;
    dead(scene).await
}

async fn missing_and_coordinator(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.kafka.write().await.kill_node(3)?;
    scene.until_beside(NoCoordinator).await?;
    // A broker that was just killed may be named as the controller for some seconds, and then nothing is deleted yet.
    scene.delete_topic().await?;
    scene.cause();
    scene.until_right().await
}

async fn cluster_and_budget(scene: &mut Scene) -> Result<()> {
    overflow(scene, 1).await?;
    scene.until_said(PausedBackpressure).await?;
    scene.cause();
    scene.kafka.write().await.kill()?;
    scene.until_right().await?;
    scene.kafka.write().await.restart().await
}

async fn denied_and_behind(scene: &mut Scene) -> Result<()> {
    let setup = alice(scene).await?;
    scene.start_as(setup).await?;
    let deny = Acl::deny(Resource::Topic(scene.topic.clone()), Operation::Read);
    scene.cause();
    scene
        .kafka
        .read()
        .await
        .add_acls(std::slice::from_ref(&deny))
        .await?;
    // A fetch that was on its way may still bring records.
    scene.until_said(AuthorizationDenied).await?;
    scene.produce(50).await?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.read().await.remove_acls(&[deny]).await?;
    scene.until_well().await
}
