//! Unread records that retention is about to delete: said beside what keeps them from being read.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, Flowing, NoClient, NotPolled, OffsetOutOfRange, PausedBackpressure,
    RetentionNear, StuckWithLag, WaitingForAck,
};

use super::super::{Scene, Situation};
use super::delivery::{fill, unclaimed};
use super::offsets::SMALL_QUEUE;
use super::polling::{hang, let_go};
use super::script;
use crate::record::Record;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "unread-records-expire-behind-a-full-budget",
        PausedBackpressure,
        Warn,
        script!(full),
    )
    .like(OffsetOutOfRange)
    .by_way_of(&[ArrivedTooLate, Flowing])
    .beside(&[RetentionNear]),
    Situation::inside(
        "unread-records-expire-while-nobody-gathers",
        NoClient,
        Warn,
        script!(full),
    )
    .like(OffsetOutOfRange)
    // A full budget and a waiting lease are what an absent client looks like until it is missed for a minute.
    .by_way_of(&[ArrivedTooLate, Flowing, PausedBackpressure, WaitingForAck])
    .beside(&[RetentionNear]),
    Situation::inside(
        "unread-records-expire-while-the-poll-thread-hangs",
        NotPolled,
        Fault,
        script!(unpolled),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing])
    .beside(&[RetentionNear]),
];

/// Ten minutes.
const RETENTION: [(&str, &str); 1] = [("retention.ms", "600000")];

/// Half a minute of it is left.
const OLD: Duration = Duration::from_secs(570);

fn old(bytes: usize) -> Record {
    Record::sized(bytes).to_partition(0).aged(OLD)
}

async fn topic(scene: &mut Scene) -> Result<()> {
    scene.topic_with(1, &RETENTION).await?;
    scene.produce(10).await
}

async fn full(scene: &mut Scene) -> Result<()> {
    topic(scene).await?;
    fill(scene, &SMALL_QUEUE, vec![old(100_000); 100]).await?;
    unclaimed(scene).await
}

async fn unpolled(scene: &mut Scene) -> Result<()> {
    topic(scene).await?;
    scene.start(&[]).await?;
    scene.cause();
    let thread = hang(scene).await?;
    let records = vec![old(10); 50];
    scene.producer.send_all(&scene.topic, records).await?;
    let_go(scene, thread).await
}
