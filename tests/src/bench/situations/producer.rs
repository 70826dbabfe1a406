//! What the producer's rhythm says about a silence.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Note, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, ProducerOverdue, ProducerSlowerThanTimeout, StuckWithLag,
};

use super::super::cast::rhythm;
use super::super::{Scene, Situation};
use super::script;
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "producer-dies-after-thirty-records",
        ProducerOverdue,
        Warn,
        script!(dies),
    )
    .like(CaughtUp)
    .by_way_of(&[CaughtUp, Flowing, ProducerSlowerThanTimeout])
    .from(2, "silent for 3 x 0.2 s, and for 2 s at least"),
    Situation::inside(
        "producer-of-bursts-dies",
        ProducerOverdue,
        Warn,
        script!(bursts_end),
    )
    .like(ProducerSlowerThanTimeout)
    .by_way_of(&[CaughtUp, Flowing, ProducerSlowerThanTimeout])
    .from(4, "silent for 3 x 1 s"),
    Situation::inside(
        "silence-beyond-what-the-operator-allows",
        ProducerOverdue,
        Warn,
        script!(operator),
    )
    .like(CaughtUp)
    .by_way_of(&[CaughtUp, Flowing, ProducerSlowerThanTimeout])
    .from(3, "the operator allows 3 s"),
    Situation::inside(
        "one-record-every-two-seconds",
        ProducerSlowerThanTimeout,
        Note,
        script!(every_two),
    )
    .like(ProducerOverdue)
    .by_way_of(&[Flowing, CaughtUp, ArrivedTooLate])
    .from(4, "two gaps of 2 s"),
    Situation::inside(
        "three-records-every-three-seconds",
        ProducerSlowerThanTimeout,
        Note,
        script!(bursts),
    )
    .like(StuckWithLag)
    .by_way_of(&[Flowing, CaughtUp, ArrivedTooLate])
    .from(6, "two gaps of 3 s"),
    Situation::inside(
        "rhythm-known-from-the-log",
        ProducerSlowerThanTimeout,
        Note,
        script!(from_the_log),
    )
    .like(CaughtUp)
    .by_way_of(&[Flowing]),
];

async fn dies(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    ends(scene, Duration::from_millis(200), 1, Duration::from_secs(7)).await
}

async fn bursts_end(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    ends(scene, Duration::from_secs(1), 5, Duration::from_secs(25)).await
}

async fn operator(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let silence = format!("max_silence={}=3s", scene.topic);
    let setup = scene.setup().aggregator_flags(&["--set", &silence]);
    scene.start_as(setup).await?;
    ends(scene, Duration::from_millis(500), 1, Duration::from_secs(4)).await
}

/// Produces in this rhythm for so long, then never again; and goes on in the end.
async fn ends(scene: &mut Scene, gap: Duration, burst: u64, long: Duration) -> Result<()> {
    let writing = rhythm(scene.producer.clone(), &scene.topic, gap, burst);
    tokio::time::sleep(long).await;
    drop(writing);
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, burst);
    scene.until_well().await
}

async fn every_two(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    scene.cause();
    let _writing = rhythm(
        scene.producer.clone(),
        &scene.topic,
        Duration::from_secs(2),
        1,
    );
    scene.until_right().await
}

async fn bursts(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    scene.cause();
    let _writing = rhythm(
        scene.producer.clone(),
        &scene.topic,
        Duration::from_secs(3),
        3,
    );
    scene.until_right().await
}

async fn from_the_log(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let past = |number: u64| {
        let age = Duration::from_secs(30 * (40 - number) - 20);
        Record::numbered(number).to_partition(0).aged(age)
    };
    scene
        .producer
        .send_all(&scene.topic, (0..40).map(past).collect())
        .await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    scene.roll()?.until_claimed().await?;
    scene.cause();
    scene.until_right().await
}
