//! Aggregators that share the partitions out, and fetchers that count other lanes than they do: a feed says so.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good};
use rollcall_proto::v1::VerdictCode::{
    FetcherUnreachable, LanesDisagree, NotInThisLane, PartitionUnowned, StuckWithLag, TopicEmpty,
    Undetermined,
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
    Situation::inside(
        "topic-of-one-partition-at-lane-one",
        NotInThisLane,
        Good,
        script!(one_at_lane_one),
    )
    .like(TopicEmpty)
    .by_feed(),
    Situation::inside(
        "topic-of-two-partitions-with-a-backlog-at-lane-two-of-three",
        NotInThisLane,
        Good,
        script!(two_at_lane_two),
    )
    .like(StuckWithLag)
    .by_feed(),
    Situation::inside(
        "topic-of-one-partition-at-lane-one-after-its-fetcher-was-away",
        NotInThisLane,
        Good,
        script!(one_after_all),
    )
    .like(FetcherUnreachable)
    .by_way_of(&[FetcherUnreachable, Undetermined])
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
        _ => Some(feed(scene, 1, claims).await?),
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

async fn one_at_lane_one(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, 1, 0, ["1", "2"]).await
}

async fn two_at_lane_two(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, 2, 50, ["2", "3"]).await
}

/// A topic at a lane that has none of its partitions.
async fn elsewhere(
    scene: &mut Scene,
    partitions: i32,
    records: u64,
    [lane, lanes]: [&str; 2],
) -> Result<()> {
    at_lane(scene, partitions, records, [lane, lanes]).await?;
    tell(scene, lanes).await
}

async fn one_after_all(scene: &mut Scene) -> Result<()> {
    at_lane(scene, 1, 10, ["1", "2"]).await?;
    scene.until_said(FetcherUnreachable).await?;
    tell(scene, "2").await
}

/// A topic that nobody feeds, and an aggregator that is one lane of several.
async fn at_lane(
    scene: &mut Scene,
    partitions: i32,
    records: u64,
    [lane, lanes]: [&str; 2],
) -> Result<()> {
    scene.topic(partitions).await?;
    scene.produce(records).await?;
    let setup = scene.unfed();
    let setup = setup.aggregator_flags(&["--lane", lane, "--lanes", lanes]);
    scene.start_aggregator(setup).await
}

/// A fetcher comes and tells how many partitions there are.
async fn tell(scene: &mut Scene, lanes: &str) -> Result<()> {
    scene.cause();
    let fed = feed(scene, lanes.parse()?, 0).await?;
    scene.until_right().await?;
    drop(fed);
    Ok(())
}

/// Counts so many lanes, claims the first partitions and no others, and pulses until it is dropped.
async fn feed(scene: &mut Scene, lanes: u32, claims: i32) -> Result<Task> {
    let words = Open {
        lanes,
        ..open(&scene.topic)
    };
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
