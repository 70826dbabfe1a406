//! A client that reads nothing, though nothing keeps it from reading. No broker and no setting brings librdkafka to that
//! without another verdict that names the cause, so a feed says so.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{ArrivedTooLate, CaughtUp, NotPolled, StuckWithLag};
use rollcall_proto::v1::feed_request::Event;
use rollcall_proto::v1::{IsolationLevel, Open, PartitionPulse, Probed, ProbedPartition, Pulse};

use super::super::cast::Task;
use super::super::{Scene, Situation};
use super::script;
use crate::feed::{RawFeed, open};

pub(super) static ALL: &[Situation] = &[
    Situation::inside("client-reads-nothing", StuckWithLag, Fault, script!(one))
        .like(NotPolled)
        .by_way_of(&[ArrivedTooLate])
        .by_feed(),
    Situation::inside(
        "client-reads-one-of-two-partitions",
        StuckWithLag,
        Fault,
        script!(one_of_two),
    )
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate])
    .by_feed(),
];

/// Time between two pulses, each with a probe.
const PULSE: Duration = Duration::from_secs(1);

/// Records of each partition.
const RECORDS: i64 = 50;

async fn one(scene: &mut Scene) -> Result<()> {
    stuck(scene, &[0]).await
}

async fn one_of_two(scene: &mut Scene) -> Result<()> {
    stuck(scene, &[0, RECORDS]).await
}

/// A feed whose partitions stand at these offsets; then a fetcher takes its place.
async fn stuck(scene: &mut Scene, positions: &[i64]) -> Result<()> {
    scene.topic(i32::try_from(positions.len())?).await?;
    scene.produce_to_each(RECORDS.unsigned_abs()).await?;
    let setup = scene.unfed();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    let fed = feed(scene, positions).await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    drop(fed);
    scene.add_fetcher().await?;
    scene.until_well().await
}

/// Claims the partitions, and says where they stand until it is dropped.
async fn feed(scene: &mut Scene, positions: &[i64]) -> Result<Task> {
    let words = Open {
        isolation_level: IsolationLevel::ReadCommitted.into(),
        ..open(&scene.topic)
    };
    let mut feed = RawFeed::welcomed(scene.roll()?.address(), words).await?;
    for partition in 0..scene.partitions {
        feed.claim(partition).await?;
    }
    let now = Some(prost_types::Duration::default());
    let placed = || (0..scene.partitions).zip(positions.iter().copied());
    let pulse = Pulse {
        partitions_known: u32::try_from(scene.partitions).ok(),
        polled_age: now,
        partitions: placed()
            .map(|(partition, next_offset)| PartitionPulse {
                partition,
                next_offset: Some(next_offset),
                assigned: true,
                leader: Some(1),
                leader_up: true,
                ..PartitionPulse::default()
            })
            .collect(),
        ..Pulse::default()
    };
    let probed = Probed {
        age: now,
        topic_exists: Some(true),
        partitions: placed()
            .map(|(partition, next_offset)| ProbedPartition {
                partition,
                high_watermark: Some(RECORDS),
                last_stable_offset: Some(RECORDS),
                log_start: Some(0),
                next_offset: Some(next_offset),
                leader: Some(1),
                ..ProbedPartition::default()
            })
            .collect(),
        brokers: 1,
        ..Probed::default()
    };
    Ok(Task::run(async move {
        let mut ticks = tokio::time::interval(PULSE);
        loop {
            ticks.tick().await;
            feed.say(Event::Pulse(pulse.clone())).await;
            feed.say(Event::Probed(probed.clone())).await;
        }
    }))
}
