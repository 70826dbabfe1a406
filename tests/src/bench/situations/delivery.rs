//! Records that are there, and do not go out.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Outcome;
use rollcall_proto::v1::Severity::{Note, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, NoClient, PausedBackpressure, StuckWithLag, WaitingForAck,
};

use super::super::{Scene, Situation};
use super::offsets::held;
use super::script;
use crate::record::Record;
use crate::wait::eventually;

pub(super) static ALL: &[Situation] = &[
    Situation::inside("client-holds-all", WaitingForAck, Warn, script!(holds))
        .like(StuckWithLag)
        .by_way_of(&[Flowing]),
    Situation::inside(
        "client-holds-one-of-two-partitions",
        WaitingForAck,
        Warn,
        script!(holds_one),
    )
    .like(CaughtUp)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "client-died-with-a-lease",
        WaitingForAck,
        Warn,
        script!(died),
    )
    .like(CaughtUp)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "client-gives-back-again-and-again",
        WaitingForAck,
        Note,
        script!(gives_back),
    )
    .like(StuckWithLag)
    .by_way_of(&[Flowing]),
    Situation::inside("nobody-gathers", NoClient, Warn, script!(nobody))
        .like(StuckWithLag)
        .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "nobody-gathers-three-partitions",
        NoClient,
        Warn,
        script!(nobody_three),
    )
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "nobody-gathers-any-more",
        NoClient,
        Warn,
        script!(nobody_more),
    )
    .like(PausedBackpressure)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "records-come-after-the-last-gather",
        ArrivedTooLate,
        Note,
        script!(late),
    )
    .like(NoClient),
    Situation::inside(
        "records-come-to-one-of-three-partitions-after-the-last-gather",
        ArrivedTooLate,
        Note,
        script!(late_in_one),
    )
    .like(CaughtUp),
    Situation::inside("budget-is-full", PausedBackpressure, Warn, script!(full))
        .like(StuckWithLag)
        .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "budget-is-full-of-two-partitions",
        PausedBackpressure,
        Warn,
        script!(full_two),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "budget-is-full-of-small-records",
        PausedBackpressure,
        Warn,
        script!(full_of_small),
    )
    .like(NoClient)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "budget-is-full-of-leases",
        WaitingForAck,
        Warn,
        script!(full_of_leases),
    )
    .like(PausedBackpressure)
    .by_way_of(&[ArrivedTooLate, Flowing]),
];

async fn waiting(scene: &mut Scene, partitions: i32) -> Result<()> {
    scene.all_read(partitions, &[]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce_to_each(20).await?;
    Ok(())
}

async fn holds(scene: &mut Scene) -> Result<()> {
    waiting(scene, 1).await?;
    held_by(scene).await
}

async fn holds_one(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &[]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce_to(1, 20).await?;
    held_by(scene).await
}

/// A client takes all and acks late.
async fn held_by(scene: &mut Scene) -> Result<()> {
    let holder = scene.client("holder")?;
    let taken = take(scene, 20).await?;
    scene.watch_peeks()?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    holder.settle(taken.acks()).await?;
    scene.work()?;
    scene.until_well().await
}

/// What waits, as one lease, when it has come.
pub(super) async fn take(scene: &Scene, records: usize) -> Result<crate::client::Gathered> {
    let holder = scene.client("holder")?;
    let within = Duration::from_secs(20);
    let topic = scene.topic.clone();
    eventually("all has come to the aggregator", within, async || {
        let status = holder.topic(&topic).await?;
        let buffered: u64 = status.partitions.iter().map(|one| one.buffered).sum();
        anyhow::ensure!(buffered >= records as u64, "{buffered} of {records}");
        Ok(())
    })
    .await?;
    holder.gather(held(&scene.topic).max_records(100_000)).await
}

async fn died(scene: &mut Scene) -> Result<()> {
    waiting(scene, 1).await?;
    let _lost = take(scene, 20).await?;
    scene.watch_peeks()?;
    scene.cause();
    scene.until_right().await?;
    // The lease runs out by itself, and then the application has it all.
    scene.work()?;
    Ok(())
}

async fn gives_back(scene: &mut Scene) -> Result<()> {
    waiting(scene, 1).await?;
    let client = scene.client("refuser")?;
    for _ in 0..6 {
        let taken = take(scene, 20).await?;
        client.settle(taken.settle(Outcome::Nack)).await?;
    }
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.work()?;
    scene.until_well().await
}

async fn nobody(scene: &mut Scene) -> Result<()> {
    waiting(scene, 1).await?;
    unclaimed(scene).await
}

async fn nobody_three(scene: &mut Scene) -> Result<()> {
    waiting(scene, 3).await?;
    unclaimed(scene).await
}

async fn nobody_more(scene: &mut Scene) -> Result<()> {
    waiting(scene, 1).await?;
    let client = scene.client("last")?;
    let taken = client.gather(held(&scene.topic).max_records(5)).await?;
    client.settle(taken.acks()).await?;
    unclaimed(scene).await
}

pub(super) async fn unclaimed(scene: &mut Scene) -> Result<()> {
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.work()?;
    scene.until_well().await
}

async fn late(scene: &mut Scene) -> Result<()> {
    too_late(scene, 1).await
}

async fn late_in_one(scene: &mut Scene) -> Result<()> {
    too_late(scene, 3).await
}

async fn too_late(scene: &mut Scene, partitions: i32) -> Result<()> {
    scene.all_read(partitions, &[]).await?;
    scene.disturb();
    scene.rest().await;
    scene.cause();
    scene.produce_to(partitions - 1, 20).await?;
    scene.until_right().await?;
    scene.undo();
    scene.work()?;
    scene.until_well().await
}

const SMALL: [&str; 6] = [
    "--budget",
    "2MiB",
    "--set",
    "batch_bytes=64KiB",
    "--max-record-bytes",
    "256KiB",
];
const SMALL_FETCHER: [&str; 2] = ["--max-record-bytes", "256KiB"];

async fn full(scene: &mut Scene) -> Result<()> {
    overflow(scene, 1).await?;
    unclaimed(scene).await
}

async fn full_two(scene: &mut Scene) -> Result<()> {
    overflow(scene, 2).await?;
    unclaimed(scene).await
}

async fn full_of_small(scene: &mut Scene) -> Result<()> {
    let records = vec![Record::sized(2_000).to_partition(0); 2_500];
    overflow_with(scene, 1, records).await?;
    unclaimed(scene).await
}

async fn full_of_leases(scene: &mut Scene) -> Result<()> {
    overflow(scene, 1).await?;
    scene.until_said(PausedBackpressure).await?;
    let holder = scene.client("holder")?;
    let taken = holder
        .gather(held(&scene.topic).max_records(100_000))
        .await?;
    scene.watch_peeks()?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    holder.settle(taken.acks()).await?;
    scene.work()?;
    scene.until_well().await
}

/// Ten megabytes for a budget of two, which nobody takes.
pub(super) async fn overflow(scene: &mut Scene, partitions: i32) -> Result<()> {
    let of = |partition| vec![Record::sized(100_000).to_partition(partition); 50];
    let records = (0..partitions).flat_map(of).collect();
    overflow_with(scene, partitions, records).await
}

async fn overflow_with(scene: &mut Scene, partitions: i32, records: Vec<Record>) -> Result<()> {
    scene.topic(partitions).await?;
    scene.produce(10).await?;
    fill(scene, &[], records).await
}

/// All is read with a small budget; then the application rests, and these records come.
pub(super) async fn fill(
    scene: &mut Scene,
    fetcher_flags: &[&str],
    records: Vec<Record>,
) -> Result<()> {
    let setup = scene.setup().aggregator_flags(&SMALL);
    let setup = setup
        .fetcher_flags(&SMALL_FETCHER)
        .fetcher_flags(fetcher_flags);
    scene.start_as(setup).await?;
    scene.disturb();
    scene.rest().await;
    scene
        .producer
        .send_all(&scene.topic, records)
        .await
        .map(drop)
}
