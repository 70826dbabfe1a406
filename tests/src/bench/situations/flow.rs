//! Whether records can be read, and whether they are.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Note, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, NoVisibleRecords, OpenTransaction,
    ProducerSlowerThanTimeout, StuckWithLag, Throttled, WaitingMinBytes,
};

use super::super::cast::Task;
use super::super::{Scene, Situation};
use super::script;
use crate::kafka::unique;
use crate::producer::{End, Producer};
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "transaction-left-open",
        OpenTransaction,
        Warn,
        script!(open),
    )
    .like(StuckWithLag),
    Situation::inside(
        "plain-records-behind-an-open-transaction",
        OpenTransaction,
        Warn,
        script!(behind),
    )
    .like(StuckWithLag),
    Situation::inside(
        "one-partition-of-three-in-a-transaction",
        OpenTransaction,
        Warn,
        script!(one_of_three),
    )
    .like(CaughtUp),
    Situation::inside(
        "writer-of-a-transaction-vanished",
        OpenTransaction,
        Warn,
        script!(vanished),
    )
    .like(CaughtUp),
    Situation::inside(
        "open-transaction-does-not-hold-read-uncommitted",
        CaughtUp,
        Good,
        script!(uncommitted),
    )
    .like(OpenTransaction)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "aborted-transactions-only",
        NoVisibleRecords,
        Good,
        script!(aborted),
    )
    .like(StuckWithLag)
    // Each transaction is open for a moment before it is aborted.
    .by_way_of(&[OpenTransaction, ArrivedTooLate])
    .from(
        4,
        "nothing must have come of it for 3 s, and an abort comes twice a second",
    ),
    Situation::inside(
        "aborted-transactions-in-two-partitions",
        NoVisibleRecords,
        Good,
        script!(aborted_in_two),
    )
    .like(StuckWithLag)
    // Each transaction is open for a moment before it is aborted.
    .by_way_of(&[OpenTransaction, ArrivedTooLate])
    .from(
        4,
        "nothing must have come of it for 3 s, and an abort comes twice a second",
    ),
    Situation::inside(
        "aborted-transactions-after-records",
        NoVisibleRecords,
        Good,
        script!(aborted_after),
    )
    .like(CaughtUp)
    .by_way_of(&[
        OpenTransaction,
        ArrivedTooLate,
        Flowing,
        ProducerSlowerThanTimeout,
    ])
    .from(
        4,
        "nothing must have come of it for 3 s, and an abort comes twice a second",
    ),
    Situation::inside("quota-of-a-thousand-bytes", Throttled, Warn, script!(quota))
        .like(StuckWithLag)
        .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "quota-that-bites-at-once",
        Throttled,
        Warn,
        script!(quota_before),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "quota-with-two-partitions",
        Throttled,
        Warn,
        script!(quota_two),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "min-bytes-hold-three-records",
        WaitingMinBytes,
        Note,
        script!(min_bytes),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "min-bytes-hold-one-record",
        WaitingMinBytes,
        Note,
        script!(min_bytes_one),
    )
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "min-bytes-in-one-of-two-partitions",
        WaitingMinBytes,
        Note,
        script!(min_bytes_two),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
];

async fn open(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    let writer = scene.writer().await?;
    scene.cause();
    scene.hide(&writer, 0).await?;
    scene.until_right().await?;
    scene.undo();
    writer.end(End::Commit).await?;
    scene.until_well().await
}

async fn behind(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    hidden(scene, 50).await
}

/// A transaction is left open, with so many plain records behind it.
pub(super) async fn hidden(scene: &mut Scene, records: u64) -> Result<()> {
    let writer = scene.writer().await?;
    scene.cause();
    scene.hide(&writer, 0).await?;
    scene.produce(records).await?;
    scene.until_right().await?;
    scene.undo();
    writer.end(End::Abort).await?;
    scene.until_well().await
}

async fn one_of_three(scene: &mut Scene) -> Result<()> {
    scene.topic(3).await?;
    scene.produce_to_each(10).await?;
    scene.start(&[]).await?;
    let writer = scene.writer().await?;
    scene.cause();
    scene.hide(&writer, 1).await?;
    scene.until_right().await?;
    scene.undo();
    writer.end(End::Commit).await?;
    scene.until_well().await
}

/// The producer is gone, and the broker ends its transaction after its timeout.
async fn vanished(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    let id = unique("writer");
    let writer = Producer::transactional(&scene.bootstrap, &id).await?;
    scene.cause();
    scene.hide(&writer, 0).await?;
    drop(writer);
    scene.until_right().await?;
    scene.undo();
    // A new writer of that name has the old transaction aborted.
    let _next = Producer::transactional(&scene.bootstrap, &id).await?;
    scene.until_well().await
}

async fn uncommitted(scene: &mut Scene) -> Result<()> {
    scene
        .all_read(1, &["-X", "isolation.level=read_uncommitted"])
        .await?;
    let writer = scene.writer().await?;
    scene.cause();
    scene.hide(&writer, 0).await?;
    scene.until_right().await?;
    scene.undo();
    writer.end(End::Commit).await?;
    scene.until_well().await
}

/// Aborts a transaction of five records every half second, until dropped.
async fn aborting(scene: &Scene, partition: i32) -> Result<Task> {
    let writer = scene.writer().await?;
    let topic = scene.topic.clone();
    Ok(Task::run(async move {
        loop {
            let records = (0..5).map(|number| Record::numbered(number).to_partition(partition));
            // A transaction that failed is one that is not visible either.
            let _ = writer
                .transaction(&topic, records.collect(), End::Abort)
                .await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }))
}

async fn aborted(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    scene.cause();
    let aborting = aborting(scene, 0).await?;
    scene.until_right().await?;
    scene.undo();
    drop(aborting);
    scene.until_well().await
}

async fn aborted_in_two(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &[]).await?;
    scene.cause();
    let both = (aborting(scene, 0).await?, aborting(scene, 1).await?);
    scene.until_right().await?;
    scene.undo();
    drop(both);
    scene.until_well().await
}

async fn aborted_after(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.produce(10).await?;
    let aborting = aborting(scene, 0).await?;
    scene.until_right().await?;
    scene.undo();
    drop(aborting);
    scene.until_well().await
}

async fn quota(scene: &mut Scene) -> Result<()> {
    throttled(scene, 1, 1_000.0, false).await
}

async fn quota_before(scene: &mut Scene) -> Result<()> {
    throttled(scene, 1, 20_000.0, true).await
}

async fn quota_two(scene: &mut Scene) -> Result<()> {
    throttled(scene, 2, 5_000.0, false).await
}

/// Three megabytes under a quota of `rate` bytes a second. A broker that throttles holds the connection for up to a
/// minute, whatever becomes of the quota, so that nothing is undone.
async fn throttled(scene: &mut Scene, partitions: i32, rate: f64, early: bool) -> Result<()> {
    let id = unique("throttled");
    scene.topic(partitions).await?;
    scene.produce(10).await?;
    let limit = async |scene: &Scene| {
        let kafka = scene.kafka.read().await;
        kafka.limit_consumers(&id, Some(rate)).await
    };
    if early {
        limit(scene).await?;
    }
    scene.start(&["--client-id", &id]).await?;
    scene.disturb();
    if !early {
        limit(scene).await?;
    }
    scene.cause();
    let large = Record::default().with_value(vec![b'v'; 500_000]);
    for at in 0..6 {
        let record = large.clone().to_partition(at % partitions);
        scene.producer.send(&scene.topic, record).await?;
    }
    scene.until_right().await
}

const LAZY: [&str; 4] = [
    "-X",
    "fetch.min.bytes=10240",
    "-X",
    "fetch.wait.max.ms=5000",
];

async fn min_bytes(scene: &mut Scene) -> Result<()> {
    held_back(scene, 1, 3).await
}

async fn min_bytes_one(scene: &mut Scene) -> Result<()> {
    held_back(scene, 1, 1).await
}

async fn min_bytes_two(scene: &mut Scene) -> Result<()> {
    held_back(scene, 2, 3).await
}

/// A few small records a second, so that some wait for the rest of a fetch at any time.
async fn held_back(scene: &mut Scene, partitions: i32, records: u64) -> Result<()> {
    scene.all_read(partitions, &LAZY).await?;
    scene.cause();
    scene.produce(records).await?;
    scene.until_right().await?;
    scene.undo();
    scene.until_well().await
}
