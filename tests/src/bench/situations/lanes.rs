//! Fetchers that count other lanes than the aggregator: a feed says so.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{
    FetcherUnreachable, LanesDisagree, PartitionUnowned, StuckWithLag,
};
use rollcall_proto::v1::feed_request::Event;
use rollcall_proto::v1::{Open, PartitionPulse, Pulse};
use tokio::time::{interval, sleep};

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
        script!(beside_another),
    )
    .like(PartitionUnowned)
    // The partitions that nobody claims are unowned, and confirmed sooner.
    .by_way_of(&[PartitionUnowned])
    .by_feed(),
];

/// Time between two pulses.
const PULSE: Duration = Duration::from_secs(1);
/// Time between two tries of a fetcher that is refused.
const REDIAL: Duration = Duration::from_secs(1);

async fn alone(scene: &mut Scene) -> Result<()> {
    disagree(scene, 1, 0, 0).await
}

async fn behind(scene: &mut Scene) -> Result<()> {
    disagree(scene, 1, 50, 0).await
}

async fn beside_another(scene: &mut Scene) -> Result<()> {
    disagree(scene, 3, 10, 1).await
}

/// A fetcher counts two lanes and is refused, beside a feed that claims the first partitions; then a fetcher comes that
/// counts one.
async fn disagree(scene: &mut Scene, partitions: i32, records: u64, claims: i32) -> Result<()> {
    scene.topic(partitions).await?;
    scene.produce(records).await?;
    let setup = scene.unfed();
    scene.start_aggregator(setup).await?;
    scene.cause();
    let fed = match claims {
        0 => None,
        _ => Some(feed(scene, claims).await?),
    };
    let refused = refused(scene)?;
    scene.until_right().await?;
    scene.undo();
    drop((fed, refused));
    scene.work()?;
    scene.add_fetcher().await?;
    scene.until_well().await
}

/// Tries again and again until it is dropped.
fn refused(scene: &mut Scene) -> Result<Task> {
    let aggregator = scene.roll()?.address();
    let words = Open {
        lanes: 2,
        client_id: "counts-two".to_owned(),
        ..open(&scene.topic)
    };
    Ok(Task::run(async move {
        loop {
            // It is never welcomed.
            let _refused = RawFeed::welcomed(aggregator, words.clone()).await;
            sleep(REDIAL).await;
        }
    }))
}

/// Does not say how many lanes it counts, claims the first partitions and no others, and pulses until it is dropped.
async fn feed(scene: &mut Scene, claims: i32) -> Result<Task> {
    let words = open(&scene.topic);
    let mut feed = RawFeed::welcomed(scene.roll()?.address(), words).await?;
    for partition in 0..claims {
        feed.claim(partition).await?;
    }
    let part = |partition| PartitionPulse {
        partition,
        assigned: partition < claims,
        ..PartitionPulse::default()
    };
    let pulse = Pulse {
        partitions: (0..scene.partitions).map(part).collect(),
        partitions_known: u32::try_from(scene.partitions).ok(),
        polled_age: Some(prost_types::Duration::default()),
        ..Pulse::default()
    };
    Ok(Task::run(async move {
        let mut ticks = interval(PULSE);
        loop {
            ticks.tick().await;
            feed.say(Event::Pulse(pulse.clone())).await;
        }
    }))
}
