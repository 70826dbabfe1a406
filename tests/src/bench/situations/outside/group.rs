//! Groups in motion, and partitions that none of a group's members has.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Note, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, NoMember, PartitionUnowned, Rebalancing, StartOffsetUnknown,
    StuckWithLag, TopicEmpty,
};

use super::super::super::{Scene, Situation};
use super::super::script;
use crate::member::Member;
use crate::producer::Producer;

pub(in super::super) static ALL: &[Situation] = &[
    Situation::inside(
        "outside-round-waits-for-a-sleeper",
        Rebalancing,
        Good,
        script!(sleeper),
    )
    .outside()
    .like(NoMember)
    .from(2, LEAVES),
    Situation::inside(
        "outside-round-waits-for-a-sleeper-with-records-waiting",
        Rebalancing,
        Good,
        script!(sleeper_behind),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp])
    .from(2, LEAVES),
    Situation::inside(
        "outside-added-partition-that-nobody-takes",
        PartitionUnowned,
        Fault,
        script!(unowned),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[CaughtUp, Flowing])
    .from(1, ADDED),
    Situation::inside(
        "outside-added-partition-with-records-that-nobody-takes",
        PartitionUnowned,
        Fault,
        script!(unowned_behind),
    )
    .outside()
    .like(StartOffsetUnknown)
    .by_way_of(&[ArrivedTooLate, Flowing, StartOffsetUnknown])
    .from(1, ADDED),
    Situation::inside(
        "outside-application-reads-and-never-commits",
        StartOffsetUnknown,
        Warn,
        script!(never_commits),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-application-began-at-the-end",
        StartOffsetUnknown,
        Note,
        script!(began_at_the_end),
    )
    .outside()
    .like(TopicEmpty)
    .by_way_of(&[Flowing]),
];

const ADDED: &str = "a topic's partitions are asked for once a second";

const LEAVES: &str =
    "a consumer that is closed ends its poll first, and a group is described once a second";

const OFTEN: Duration = Duration::from_secs(1);

const RANGE: [(&str, &str); 4] = [
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "range"),
    ("session.timeout.ms", "20000"),
    ("max.poll.interval.ms", "20000"),
];

async fn sleeper(scene: &mut Scene) -> Result<()> {
    asleep_in_a_round(scene, 0).await
}

async fn sleeper_behind(scene: &mut Scene) -> Result<()> {
    asleep_in_a_round(scene, 50).await
}

/// One of two members leaves, and the round waits for the other, which does not poll: nobody owns what the first had.
/// What the sleeper had is named as its own until then.
async fn asleep_in_a_round(scene: &mut Scene, waiting: u64) -> Result<()> {
    scene.topic(2).await?;
    scene.produce_to_each(5).await?;
    let reader = scene.application(&RANGE, 10).await?;
    scene.disturb();
    let sleeper = scene.join(&RANGE)?;
    sleeper.until_it_owns(1).await?;
    sleeper.fall_asleep();
    scene.cause();
    drop(reader);
    if waiting > 0 {
        scene.produce_to_each(waiting).await?;
    }
    scene.until_right().await?;
    replace(scene, sleeper).await
}

async fn unowned(scene: &mut Scene) -> Result<()> {
    added(scene, 0).await
}

async fn unowned_behind(scene: &mut Scene) -> Result<()> {
    added(scene, 10).await
}

/// A partition that the group's classic leader hears of in five minutes.
async fn added(scene: &mut Scene, records: u64) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let slow = [
        ("topic.metadata.refresh.interval.ms", "300000"),
        ("metadata.max.age.ms", "900000"),
    ];
    let member = scene.application(&[&RANGE[..], &slow].concat(), 10).await?;
    scene.cause();
    scene.add_partitions(2).await?;
    if records > 0 {
        // The scene's own producer hears of the new partition in five minutes.
        let newcomer = Producer::new(&scene.bootstrap)?;
        newcomer.numbers(&scene.topic, Some(1), 0..records).await?;
    }
    scene.until_right().await?;
    replace(scene, member).await
}

/// The cause is undone by a member that comes in place of this one.
async fn replace(scene: &mut Scene, member: Member) -> Result<()> {
    scene.undo();
    drop(member);
    let _next = scene.join(&RANGE)?;
    scene.until_well().await
}

/// Its first records come while it is looked at; that it commits often was told.
async fn never_commits(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let member = quiet(scene, &[]).await?;
    member.until_it_read(10).await?;
    scene.look_at_commits_every(Some(OFTEN))?;
    scene.until_beside(StartOffsetUnknown).await?;
    scene.cause();
    scene.produce(10).await?;
    scene.until_right().await
}

/// Nothing came since it joined, so that it had nothing to commit.
async fn began_at_the_end(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let member = quiet(scene, &[("auto.offset.reset", "latest")]).await?;
    member.until_it_owns(1).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await
}

/// A member that commits nothing, from its first record on.
async fn quiet(scene: &Scene, settings: &[(&str, &str)]) -> Result<Member> {
    let member = scene.join(settings)?;
    member.keep_quiet();
    Ok(member)
}
