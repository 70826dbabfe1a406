//! Slots with data.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Note, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    CappedByMaxBytes, CappedByMaxRecords, FallingBehind, Flowing, ProducerSlowerThanTimeout,
};

use super::super::cast::rhythm;
use super::super::{Scene, Situation};
use super::script;
use crate::client::Request;
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside("records-flow", Flowing, Good, script!(flow)).like(ProducerSlowerThanTimeout),
    Situation::inside("records-flow-in-bursts", Flowing, Good, script!(bursts))
        .like(CappedByMaxRecords),
    Situation::inside("a-backlog-is-read", Flowing, Good, script!(backlog))
        .like(FallingBehind)
        .by_way_of(&[CappedByMaxRecords]),
    Situation::inside(
        "cut-by-max-records",
        CappedByMaxRecords,
        Note,
        script!(max_records),
    )
    .like(Flowing),
    Situation::inside(
        "cut-by-max-records-of-one",
        CappedByMaxRecords,
        Note,
        script!(max_one),
    )
    .like(FallingBehind),
    Situation::inside(
        "cut-by-max-records-in-three-partitions",
        CappedByMaxRecords,
        Note,
        script!(max_three),
    )
    .like(CappedByMaxBytes),
    Situation::inside(
        "cut-by-max-bytes",
        CappedByMaxBytes,
        Note,
        script!(max_bytes),
    )
    .like(CappedByMaxRecords),
    Situation::inside(
        "cut-by-max-bytes-of-a-record",
        CappedByMaxBytes,
        Note,
        script!(max_bytes_one),
    )
    .like(Flowing),
    Situation::inside(
        "cut-by-max-bytes-in-three-partitions",
        CappedByMaxBytes,
        Note,
        script!(max_bytes_three),
    )
    .like(CappedByMaxRecords),
    Situation::inside("lag-grows-slowly", FallingBehind, Warn, script!(slowly))
        .like(Flowing)
        .by_way_of(&[CappedByMaxRecords, Flowing])
        .from(35, "the lag must have grown for half a minute"),
    Situation::inside("lag-grows-fast", FallingBehind, Warn, script!(fast))
        .like(CappedByMaxRecords)
        .by_way_of(&[CappedByMaxRecords, Flowing])
        .from(35, "the lag must have grown for half a minute"),
    Situation::inside(
        "lag-grows-in-one-of-two-partitions",
        FallingBehind,
        Warn,
        script!(one_of_two),
    )
    .like(Flowing)
    .by_way_of(&[CappedByMaxRecords, Flowing])
    .from(35, "the lag must have grown for half a minute"),
];

const GATHER: Duration = Duration::from_millis(300);

async fn flow(scene: &mut Scene) -> Result<()> {
    flowing(scene, Duration::from_millis(50), 1).await
}

async fn bursts(scene: &mut Scene) -> Result<()> {
    flowing(scene, Duration::from_millis(300), 20).await
}

async fn flowing(scene: &mut Scene, gap: Duration, burst: u64) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    scene.cause();
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, burst);
    scene.until_right().await
}

async fn backlog(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(50_000).await?;
    scene.start_without_work().await?;
    scene.cause();
    scene.work()?;
    scene.until_right().await
}

/// Records that wait, and gathers that may not take all; what the slots say is watched.
async fn capped(scene: &mut Scene, partitions: i32, limit: fn(Request) -> Request) -> Result<()> {
    scene.topic(partitions).await?;
    for partition in 0..partitions {
        let large = Record::sized(1_000).to_partition(partition);
        scene
            .producer
            .send_all(&scene.topic, vec![large; 2_000])
            .await?;
    }
    let setup = scene.setup();
    scene.start_unwatched(setup).await?;
    let request = limit(Request::of([scene.topic.as_str()]).timeout(GATHER));
    scene.cause();
    scene.watch_slots(request)?;
    scene.until_right().await
}

async fn max_records(scene: &mut Scene) -> Result<()> {
    capped(scene, 1, |request| request.max_records(20)).await
}

async fn max_one(scene: &mut Scene) -> Result<()> {
    capped(scene, 1, |request| request.max_records(1)).await
}

async fn max_three(scene: &mut Scene) -> Result<()> {
    capped(scene, 3, |request| request.max_records(50)).await
}

async fn max_bytes(scene: &mut Scene) -> Result<()> {
    capped(scene, 1, |request| {
        request.max_records(100_000).max_bytes(20_000)
    })
    .await
}

async fn max_bytes_one(scene: &mut Scene) -> Result<()> {
    capped(scene, 1, |request| {
        request.max_records(100_000).max_bytes(1)
    })
    .await
}

async fn max_bytes_three(scene: &mut Scene) -> Result<()> {
    capped(scene, 3, |request| {
        request.max_records(100_000).max_bytes(30_000)
    })
    .await
}

async fn slowly(scene: &mut Scene) -> Result<()> {
    behind(scene, 1, Duration::from_millis(200), 5).await
}

async fn fast(scene: &mut Scene) -> Result<()> {
    behind(scene, 1, Duration::from_millis(100), 100).await
}

async fn one_of_two(scene: &mut Scene) -> Result<()> {
    behind(scene, 2, Duration::from_millis(200), 20).await
}

/// The application takes three records in each round; more come.
async fn behind(scene: &mut Scene, partitions: i32, gap: Duration, burst: u64) -> Result<()> {
    scene.topic(partitions).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.rest().await;
    let request = Request::of([scene.topic.as_str()])
        .timeout(GATHER)
        .max_records(3);
    scene.work_slowly(request, GATHER)?;
    scene.cause();
    let writing = rhythm(scene.producer.clone(), &scene.topic, gap, burst);
    scene.until_right().await?;
    drop(writing);
    scene.undo();
    scene.rest().await;
    let quick = Request::of([scene.topic.as_str()])
        .timeout(GATHER)
        .max_records(10_000);
    scene.work_with(quick)?;
    scene.until_well().await
}
