//! Whether the position can be read from.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, BrokerNotAnswering, CaughtUp, Flowing, LeaderUnavailable, OffsetOutOfRange,
    PausedBackpressure, RecordTooLarge, StartOffsetUnknown, StuckWithLag, TopicRecreated,
    UndecodableBatch,
};

use super::super::situation::Family::Broker;
use super::super::{Scene, Situation};
use super::broker::placed;
use super::delivery::fill;
use super::script;
use crate::client::Request;
use crate::kafka::{Damage, Damaged};
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "retention-took-unread-records",
        OffsetOutOfRange,
        Fault,
        script!(retention),
    )
    .like(CaughtUp)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "commit-beyond-the-end",
        OffsetOutOfRange,
        Fault,
        script!(beyond),
    )
    .like(TopicRecreated)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "log-cut-above-a-waiting-reader",
        OffsetOutOfRange,
        Fault,
        script!(cut),
    )
    .like(PausedBackpressure)
    // The reader waits because its budget is full, before the log is cut.
    .by_way_of(&[PausedBackpressure])
    .from(10, "the log's start is asked for every 10 s"),
    Situation::inside(
        "retention-took-read-records",
        CaughtUp,
        Good,
        script!(harmless),
    )
    .like(OffsetOutOfRange)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "leader-frozen-at-the-start",
        StartOffsetUnknown,
        Warn,
        script!(frozen),
    )
    .of(Broker)
    .like(BrokerNotAnswering),
    Situation::inside(
        "leader-of-one-partition-frozen-at-the-start",
        StartOffsetUnknown,
        Warn,
        script!(one_frozen),
    )
    .of(Broker)
    .like(LeaderUnavailable)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "leader-frozen-when-the-fetcher-comes-back",
        StartOffsetUnknown,
        Warn,
        script!(frozen_again),
    )
    .of(Broker)
    .like(BrokerNotAnswering),
    Situation::inside(
        "record-above-the-limit",
        RecordTooLarge,
        Fault,
        script!(too_large),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate]),
    Situation::inside(
        "record-above-the-limit-among-others",
        RecordTooLarge,
        Fault,
        script!(among_others),
    )
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "record-above-the-clients-own-limit",
        RecordTooLarge,
        Fault,
        script!(receive_limit),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate]),
    Situation::inside(
        "batch-with-a-wrong-checksum",
        UndecodableBatch,
        Fault,
        script!(checksum),
    )
    .of(Broker)
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "batch-with-a-wrong-codec",
        UndecodableBatch,
        Fault,
        script!(codec),
    )
    .of(Broker)
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "first-batch-with-a-wrong-codec",
        UndecodableBatch,
        Fault,
        script!(first_codec),
    )
    .of(Broker)
    .like(RecordTooLarge)
    .by_way_of(&[ArrivedTooLate]),
];

/// The group has committed 10 of 100, and its fetcher is away.
async fn behind(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.until_committed(10).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    scene.produce(90).await
}

async fn retention(scene: &mut Scene) -> Result<()> {
    behind(scene).await?;
    scene.delete_records(60).await?;
    scene.fetcher()?.start().await?;
    scene.cause();
    scene.until_right().await
}

async fn harmless(scene: &mut Scene) -> Result<()> {
    behind(scene).await?;
    scene.delete_records(10).await?;
    scene.fetcher()?.start().await?;
    scene.cause();
    scene.until_right().await
}

async fn beyond(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.commit(1_000).await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await
}

async fn cut(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let large = Record::sized(100_000).to_partition(0);
    fill(scene, &SMALL_QUEUE, vec![large; 200]).await?;
    scene.until_said(PausedBackpressure).await?;
    scene.cause();
    scene.delete_records(205).await?;
    scene.until_right().await
}

/// A topic on node 2, which the group's coordinator is not on.
async fn elsewhere(scene: &mut Scene, replicas: &[&[i32]]) -> Result<()> {
    scene.placed(replicas).await?;
    let group = scene
        .kafka
        .read()
        .await
        .group_coordinated_by(1, "verdicts")
        .await?;
    scene.group = group;
    scene.produce_to_each(10).await?;
    Ok(())
}

async fn frozen(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, &[&[2]]).await?;
    frozen_start(scene).await
}

async fn one_frozen(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, &[&[2], &[3]]).await?;
    frozen_start(scene).await
}

async fn frozen_start(scene: &mut Scene) -> Result<()> {
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.kafka.write().await.pause_node(2)?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(2)?;
    scene.until_well().await
}

async fn frozen_again(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, &[&[2]]).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    scene.kafka.write().await.pause_node(2)?;
    scene.fetcher()?.start().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(2)?;
    scene.until_well().await
}

/// The client fetches little ahead, so that most of a backlog stays in the log.
pub(super) const SMALL_QUEUE: [&str; 2] = ["-X", "queued.max.messages.kbytes=1024"];

const LIMIT: [&str; 2] = ["--max-record-bytes", "100KiB"];

async fn too_large(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &LIMIT).await?;
    scene.cause();
    let large = Record::sized(300_000).to_partition(0);
    scene.producer.send(&scene.topic, large).await?;
    scene.produce(5).await?;
    scene.until_right().await?;
    scene.undo();
    // A fetcher that holds the partition for it does not look again by itself.
    scene.delete_records(11).await?;
    scene.fetcher()?.terminate().await?;
    scene.fetcher()?.start().await?;
    scene.until_well().await
}

async fn among_others(scene: &mut Scene) -> Result<()> {
    scene.all_read(3, &LIMIT).await?;
    scene.cause();
    let large = Record::sized(300_000).to_partition(1);
    scene.producer.send(&scene.topic, large).await?;
    scene.produce_to(0, 5).await?;
    scene.produce_to(2, 5).await?;
    scene.until_right().await
}

async fn receive_limit(scene: &mut Scene) -> Result<()> {
    scene
        .topic_with(1, &[("max.message.bytes", "20000000")])
        .await?;
    scene.produce(10).await?;
    let flags = [
        "-X",
        "receive.message.max.bytes=1000512",
        "-X",
        "fetch.max.bytes=1000000",
    ];
    scene
        .start(&[&flags[..], &["-X", "fetch.message.max.bytes=1000000"]].concat())
        .await?;
    scene.cause();
    let large = Record::sized(3_000_000).to_partition(0);
    scene.producer.send(&scene.topic, large).await?;
    scene.produce(5).await?;
    scene.until_right().await
}

async fn checksum(scene: &mut Scene) -> Result<()> {
    damaged(scene, 1, Damage::Payload).await
}

async fn codec(scene: &mut Scene) -> Result<()> {
    damaged(scene, 1, Damage::Codec).await
}

async fn first_codec(scene: &mut Scene) -> Result<()> {
    damaged(scene, 0, Damage::Codec).await
}

/// Three batches, one of which cannot be read; mended in the end.
async fn damaged(scene: &mut Scene, batch: usize, damage: Damage) -> Result<()> {
    elsewhere(scene, &[&[2]]).await?;
    scene.produce(10).await?;
    scene.produce(10).await?;
    let whole = inflict(scene, batch, damage).await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    scene.roll()?.until_claimed().await?;
    scene.cause();
    scene.until_right().await?;
    scene.kafka.write().await.terminate_node(2).await?;
    whole.undo()?;
    scene.kafka.write().await.start_node(2)?;
    scene.undo();
    scene.until_well().await
}

pub(super) async fn inflict(scene: &Scene, batch: usize, damage: Damage) -> Result<Damaged> {
    let mut kafka = scene.kafka.write().await;
    kafka.terminate_node(2).await?;
    let whole = kafka.damage(2, (&scene.topic, 0), batch, damage)?;
    kafka.start_node(2)?;
    kafka.until_it_serves().await?;
    kafka.until_led_by(&scene.topic, 0, 2).await?;
    Ok(whole)
}

/// Gathers and holds what came, for a minute.
pub(super) fn held(topic: &str) -> Request {
    Request::of([topic]).lease(std::time::Duration::from_secs(60))
}

pub(super) async fn undecodable_from_outside(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 1).await?;
    let member = scene.application(&[], 10).await?;
    scene.disturb();
    drop(member);
    scene.produce(10).await?;
    scene.produce(10).await?;
    let _whole = inflict(scene, 1, Damage::Codec).await?;
    let _member = scene.join(&[])?;
    scene.cause();
    scene.until_right().await
}
