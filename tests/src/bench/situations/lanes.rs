//! Fetchers that count other lanes than the aggregator. There is one lane as yet, so that no fetcher counts two: a
//! feed says so.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{
    FetcherUnreachable, LanesDisagree, PartitionUnowned, StuckWithLag, TopicEmpty,
};
use rollcall_proto::v1::feed_request::Event;
use rollcall_proto::v1::{Open, Pulse};

use super::super::cast::Task;
use super::super::{Scene, Situation};
use super::script;
use crate::feed::{RawFeed, open};

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "fetcher-counts-two-lanes",
        LanesDisagree,
        Fault,
        script!(alone),
    )
    .like(FetcherUnreachable)
    .by_way_of(&[TopicEmpty])
    .by_feed(),
    Situation::inside(
        "fetcher-with-a-backlog-counts-two-lanes",
        LanesDisagree,
        Fault,
        script!(behind),
    )
    .like(StuckWithLag)
    .by_feed(),
    Situation::inside(
        "fetcher-of-one-partition-of-three-counts-two-lanes",
        LanesDisagree,
        Fault,
        script!(one_of_three),
    )
    .like(PartitionUnowned)
    // The partition that neither lane counts is unowned, and confirmed sooner.
    .by_way_of(&[PartitionUnowned])
    .by_feed(),
];

/// Time between two pulses.
const PULSE: Duration = Duration::from_secs(1);

async fn alone(scene: &mut Scene) -> Result<()> {
    disagree(scene, 1, 0, 0).await
}

async fn behind(scene: &mut Scene) -> Result<()> {
    disagree(scene, 1, 50, 1).await
}

async fn one_of_three(scene: &mut Scene) -> Result<()> {
    disagree(scene, 3, 10, 1).await
}

/// A feed that counts two lanes and claims the first partitions; then a fetcher takes its place.
async fn disagree(scene: &mut Scene, partitions: i32, records: u64, claims: i32) -> Result<()> {
    scene.topic(partitions).await?;
    scene.produce(records).await?;
    let setup = scene.unfed();
    scene.start_aggregator(setup).await?;
    scene.cause();
    let fed = feed(scene, claims).await?;
    scene.until_right().await?;
    scene.undo();
    drop(fed);
    scene.work()?;
    scene.add_fetcher().await?;
    scene.until_well().await
}

/// Pulses until it is dropped.
async fn feed(scene: &mut Scene, claims: i32) -> Result<Task> {
    let words = Open {
        lanes: 2,
        ..open(&scene.topic)
    };
    let mut feed = RawFeed::welcomed(scene.roll()?.address(), words).await?;
    for partition in 0..claims {
        feed.claim(partition).await?;
    }
    let pulse = Pulse {
        partitions_known: u32::try_from(scene.partitions).ok(),
        polled_age: Some(prost_types::Duration::default()),
        ..Pulse::default()
    };
    Ok(Task::run(async move {
        let mut ticks = tokio::time::interval(PULSE);
        loop {
            ticks.tick().await;
            feed.say(Event::Pulse(pulse.clone())).await;
        }
    }))
}
