//! Whether the topic is there, and still the same.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, AuthorizationDenied, CaughtUp, Flowing, OffsetOutOfRange, Rebalancing,
    TopicEmpty, TopicMissing, TopicRecreated,
};

use super::super::{Scene, Situation};
use super::script;
use crate::roll::Setup;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "topic-never-there",
        TopicMissing,
        Fault,
        script!(never_there),
    )
    .like(TopicEmpty),
    Situation::inside("topic-deleted", TopicMissing, Fault, script!(deleted)).like(CaughtUp),
    Situation::inside(
        "topic-deleted-with-records-waiting",
        TopicMissing,
        Fault,
        script!(deleted_behind),
    )
    .like(AuthorizationDenied)
    // The group shares out anew what is left of its topics.
    .by_way_of(&[ArrivedTooLate, Rebalancing]),
    Situation::inside(
        "topic-recreated-shorter",
        TopicRecreated,
        Fault,
        script!(shorter),
    )
    .like(OffsetOutOfRange)
    // The topic is missing between its deletion and its new creation.
    .by_way_of(&[TopicMissing, Flowing]),
    Situation::inside(
        "topic-recreated-longer",
        TopicRecreated,
        Fault,
        script!(longer),
    )
    .like(CaughtUp)
    // The topic is missing between its deletion and its new creation.
    .by_way_of(&[TopicMissing, Flowing]),
    Situation::inside(
        "topic-recreated-while-away",
        CaughtUp,
        Good,
        script!(while_away),
    )
    .like(TopicRecreated)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "topic-recreated-with-a-sibling",
        TopicRecreated,
        Fault,
        script!(sibling),
    )
    .like(CaughtUp)
    // The topic is missing between its deletion and its new creation.
    .by_way_of(&[TopicMissing, Flowing]),
];

async fn never_there(scene: &mut Scene) -> Result<()> {
    let setup = Setup::new(&scene.bootstrap, &scene.group).topic(&scene.topic, 0);
    scene.start_aggregator(setup).await?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await?;
    scene.work()?;
    scene.undo();
    scene.topic(1).await?;
    scene.until_well().await
}

async fn deleted(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    gone(scene).await
}

async fn deleted_behind(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &[]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce_to(1, 20).await?;
    gone(scene).await
}

/// Deletes the topic, and creates it again in the end; that it is another one then is said, and is no fault of this.
async fn gone(scene: &mut Scene) -> Result<()> {
    scene.cause();
    scene.delete_topic().await?;
    scene.until_right().await
}

async fn shorter(scene: &mut Scene) -> Result<()> {
    recreated(scene, 20).await
}

async fn longer(scene: &mut Scene) -> Result<()> {
    recreated(scene, 200).await
}

/// Two partitions, one of which was never written.
async fn sibling(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.produce(50).await?;
    scene.start(&[]).await?;
    scene.until_committed(50).await?;
    again(scene, 2).await?;
    scene.cause();
    scene.produce_to(1, 5).await?;
    scene.until_right().await
}

async fn recreated(scene: &mut Scene, records: u64) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.start(&[]).await?;
    scene.until_committed(100).await?;
    again(scene, 1).await?;
    scene.cause();
    scene.produce(records).await?;
    scene.until_right().await
}

/// The broker has deleted the group's commits with the topic: reading begins at the new topic's first record, so that
/// nothing is lost.
async fn while_away(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.start(&[]).await?;
    scene.until_committed(100).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    again(scene, 1).await?;
    scene.produce(200).await?;
    scene.fetcher()?.start().await?;
    scene.cause();
    scene.until_right().await
}

/// Another topic under the same name. That it is another is caused by the moment in which it is there, and not by the end
/// of the old one, which is TOPIC_MISSING.
pub(super) async fn again(scene: &mut Scene, partitions: i32) -> Result<()> {
    scene.disturb();
    scene.delete_topic().await?;
    scene.topic(partitions).await
}
