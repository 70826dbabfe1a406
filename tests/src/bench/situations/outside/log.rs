//! What the log itself does to a group that is looked at from outside.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, NoMember, NoVisibleRecords, OffsetOutOfRange,
    OpenTransaction, RecordTooLarge, RetentionNear, StuckWithLag, TopicMissing, TopicRecreated,
};

use super::super::super::{Scene, Situation};
use super::super::flow::hidden;
use super::super::script;
use super::super::topic::again;
use super::reading;
use crate::kafka::unique;
use crate::member::Member;
use crate::producer::{End, Producer};
use crate::record::Record;

pub(in super::super) static ALL: &[Situation] = &[
    Situation::inside(
        "outside-topic-recreated",
        TopicRecreated,
        Fault,
        script!(recreated),
    )
    .outside()
    .like(OffsetOutOfRange)
    .by_way_of(&[TopicMissing, Flowing])
    .from(5, IDS),
    Situation::inside(
        "outside-topic-recreated-with-nobody-reading",
        TopicRecreated,
        Fault,
        script!(recreated_unread),
    )
    .outside()
    .like(NoMember)
    .by_way_of(&[TopicMissing, Flowing, NoMember])
    .from(5, IDS),
    Situation::inside(
        "outside-record-above-the-clients-own-limit",
        RecordTooLarge,
        Fault,
        script!(too_large),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp])
    .from(
        2,
        "unread records are read once two looks, a second apart, have found them",
    ),
    Situation::inside(
        "outside-aborted-transactions-that-nobody-commits",
        NoVisibleRecords,
        Good,
        script!(aborted),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp, OpenTransaction]),
    Situation::inside(
        "outside-unread-records-expire-while-nobody-reads",
        NoMember,
        Fault,
        script!(expire_unread),
    )
    .outside()
    .like(OffsetOutOfRange)
    .by_way_of(&[ArrivedTooLate, Flowing, NoMember])
    .beside(&[RetentionNear]),
    Situation::inside(
        "outside-unread-records-expire-while-the-application-is-paused",
        StuckWithLag,
        Fault,
        script!(expire_paused),
    )
    .outside()
    .like(OffsetOutOfRange)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp])
    .beside(&[RetentionNear]),
    Situation::inside(
        "outside-plain-records-behind-an-open-transaction",
        OpenTransaction,
        Warn,
        script!(plain_behind),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-writer-of-a-transaction-vanished",
        OpenTransaction,
        Warn,
        script!(vanished),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing]),
];

const IDS: &str = "topics' ids are asked for every 5 s";

async fn recreated(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
    again(scene, 1).await?;
    scene.cause();
    scene.produce(20).await?;
    scene.until_right().await
}

async fn recreated_unread(scene: &mut Scene) -> Result<()> {
    let member = reading(scene).await?;
    scene.disturb();
    drop(member);
    again(scene, 1).await?;
    scene.cause();
    scene.produce(5).await?;
    scene.until_right().await
}

/// The client's limits of the application, which whoever looks shares.
const LIMITS: [(&str, &str); 3] = [
    ("receive.message.max.bytes", "1100000"),
    ("fetch.max.bytes", "1000000"),
    ("fetch.message.max.bytes", "1000000"),
];

async fn too_large(scene: &mut Scene) -> Result<()> {
    scene
        .topic_with(1, &[("max.message.bytes", "20000000")])
        .await?;
    scene.produce(10).await?;
    let member = scene.join(&LIMITS)?;
    member.until_it_read(10).await?;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut settings = LIMITS.map(owned).to_vec();
    settings.push(owned(("bootstrap.servers", &scene.bootstrap)));
    scene.look_with(&settings)?;
    scene.until_well_at_first().await?;
    scene.cause();
    let large = Record::sized(3_000_000).to_partition(0);
    scene.producer.send(&scene.topic, large).await?;
    scene.until_right().await
}

/// An application that commits only what it was given: there is nothing to be given in what was aborted.
async fn aborted(scene: &mut Scene) -> Result<()> {
    let member = reading(scene).await?;
    member.keep_quiet();
    let writer = scene.writer().await?;
    scene.disturb();
    scene.hide(&writer, 0).await?;
    scene.cause();
    writer.end(End::Abort).await?;
    scene.until_right().await
}

/// A topic that keeps its records for ten minutes, and a group that has read it.
async fn read_of_ten_minutes(scene: &mut Scene) -> Result<Member> {
    scene.topic_with(1, &[("retention.ms", "600000")]).await?;
    scene.produce(10).await?;
    scene.application(&[], 10).await
}

/// Records of which half a minute is left.
async fn expire(scene: &Scene) -> Result<()> {
    let old = Record::sized(10)
        .to_partition(0)
        .aged(Duration::from_secs(570));
    let sent = scene.producer.send_all(&scene.topic, vec![old; 50]);
    sent.await.map(drop)
}

async fn expire_unread(scene: &mut Scene) -> Result<()> {
    let member = read_of_ten_minutes(scene).await?;
    scene.cause();
    drop(member);
    expire(scene).await?;
    scene.until_right().await
}

async fn expire_paused(scene: &mut Scene) -> Result<()> {
    let member = read_of_ten_minutes(scene).await?;
    let writing = super::written(scene);
    tokio::time::sleep(Duration::from_secs(5)).await;
    drop(writing);
    member.pause()?;
    scene.cause();
    expire(scene).await?;
    scene.until_right().await
}

async fn plain_behind(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
    hidden(scene, 20).await
}

/// The producer is gone, and the broker ends its transaction after its timeout.
async fn vanished(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
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
