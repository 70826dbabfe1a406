//! Producers that ended, of topics whose groups are looked at from outside.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::Warn;
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, ProducerOverdue, ProducerSlowerThanTimeout,
};

use super::super::super::cast::rhythm;
use super::super::super::{Scene, Situation};
use super::super::script;
use crate::record::Record;

pub(in super::super) static ALL: &[Situation] = &[
    Situation::inside(
        "outside-producer-of-bursts-died",
        ProducerOverdue,
        Warn,
        script!(bursts),
    )
    .outside()
    .like(ProducerSlowerThanTimeout)
    .by_way_of(&[CaughtUp, Flowing, ArrivedTooLate, ProducerSlowerThanTimeout])
    .from(4, "silent for 3 x 1 s"),
    Situation::inside(
        "outside-producer-died-before-anybody-looked",
        ProducerOverdue,
        Warn,
        script!(before_the_look),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[CaughtUp, Flowing, ProducerSlowerThanTimeout]),
];

/// Five records once a second, often enough for a rhythm.
async fn bursts(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let _member = scene.application(&[], 0).await?;
    scene.disturb();
    let gap = Duration::from_secs(1);
    let writing = rhythm(scene.producer.clone(), &scene.topic, gap, 5);
    tokio::time::sleep(gap * 25).await;
    drop(writing);
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, 5);
    scene.until_well().await
}

/// One record a second until a minute ago: the rhythm is read from the log.
async fn before_the_look(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let aged = |age| {
        Record::numbered(age)
            .to_partition(0)
            .aged(Duration::from_secs(age))
    };
    let records: Vec<Record> = (60..120).rev().map(aged).collect();
    scene.producer.send_all(&scene.topic, records).await?;
    let member = scene.join(&[])?;
    member.until_it_read(60).await?;
    scene.until_committed(60).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await?;
    scene.undo();
    let _writing = rhythm(
        scene.producer.clone(),
        &scene.topic,
        Duration::from_secs(1),
        1,
    );
    scene.until_well().await
}
