//! Groups that other software made, looked at from outside.

pub(super) mod broker;
pub(super) mod group;
pub(super) mod log;
pub(super) mod producer;

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Note, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, LeaderUnavailable, NoGroup, NoMember, NotSubscribed,
    OffsetOutOfRange, OpenTransaction, ProducerOverdue, ProducerSlowerThanTimeout, StuckWithLag,
    TopicEmpty, TopicMissing, UndecodableBatch,
};

use super::super::cast::{Task, rhythm};
use super::super::situation::Family::Broker;
use super::super::{Scene, Situation};
use super::broker::placed;
use super::offsets::undecodable_from_outside;
use super::script;
use crate::member::Member;
use crate::producer::End;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "outside-application-paused",
        StuckWithLag,
        Fault,
        script!(paused),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-application-does-not-poll",
        StuckWithLag,
        Fault,
        script!(asleep),
    )
    .outside()
    .like(NoMember)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-application-commits-nothing",
        StuckWithLag,
        Fault,
        script!(quiet),
    )
    .outside()
    .like(OpenTransaction)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-application-left-with-records-waiting",
        NoMember,
        Fault,
        script!(left),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-group-was-rewound-and-nobody-reads",
        NoMember,
        Fault,
        script!(rewound),
    )
    .outside()
    .like(NoGroup)
    .by_way_of(&[Flowing])
    .from(5, "nobody was a member: for 10 s a commit may still come"),
    Situation::inside(
        "outside-application-commits-every-half-minute",
        Flowing,
        Good,
        script!(half_minute),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[CaughtUp]),
    Situation::inside(
        "outside-application-assigns-by-hand",
        Flowing,
        Good,
        script!(by_hand),
    )
    .outside()
    .like(NoMember)
    .by_way_of(&[CaughtUp])
    .beside(&[NoMember]),
    Situation::inside(
        "outside-application-left-one-of-two-partitions",
        NoMember,
        Fault,
        script!(left_two),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside("outside-no-such-group", NoGroup, Fault, script!(no_group))
        .outside()
        .like(NoMember)
        .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-no-such-group-on-an-empty-topic",
        NoGroup,
        Fault,
        script!(no_group_empty),
    )
    .outside()
    .like(TopicEmpty)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-group-was-deleted",
        NoGroup,
        Fault,
        script!(deleted_group),
    )
    .outside()
    .like(NoMember)
    // The group loses its members before it is deleted.
    .by_way_of(&[NoMember, CaughtUp, Flowing]),
    Situation::inside(
        "outside-members-subscribe-to-another-topic",
        NotSubscribed,
        Note,
        script!(unsubscribed),
    )
    .outside()
    .like(NoMember)
    // Nobody reads the topic until the group is described with its new subscription.
    .by_way_of(&[NoMember, Flowing]),
    Situation::inside(
        "outside-application-changed-its-topic-with-records-waiting",
        NotSubscribed,
        Note,
        script!(unsubscribed_behind),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[NoMember, Flowing])
    .from(
        1,
        "who subscribes, and what is committed, is asked for once a second",
    ),
    Situation::inside(
        "outside-classic-members-subscribe-to-another-topic",
        NotSubscribed,
        Note,
        script!(unsubscribed_classic),
    )
    .outside()
    .like(NoMember)
    .by_way_of(&[NoMember, Flowing]),
    Situation::inside("outside-all-is-read", CaughtUp, Good, script!(all_read))
        .outside()
        .like(StuckWithLag)
        .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-transaction-left-open",
        OpenTransaction,
        Warn,
        script!(transaction),
    )
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "outside-topic-deleted",
        TopicMissing,
        Fault,
        script!(missing),
    )
    .outside()
    .like(NoGroup)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-log-cut-above-the-commit",
        OffsetOutOfRange,
        Fault,
        script!(cut),
    )
    .outside()
    .like(StuckWithLag)
    // The commit stands still before the log is cut above it.
    .by_way_of(&[ArrivedTooLate, StuckWithLag, Flowing])
    .from(
        1,
        "the log's start is asked for once a second where records wait",
    ),
    Situation::inside(
        "outside-commit-beyond-the-end-and-nobody-reads",
        OffsetOutOfRange,
        Fault,
        script!(beyond),
    )
    .outside()
    .like(NoMember)
    .by_way_of(&[Flowing, NoMember])
    .beside(&[NoMember])
    .from(
        1,
        "who subscribes, and what is committed, is asked for once a second",
    ),
    Situation::inside(
        "outside-one-record-every-three-seconds",
        ProducerSlowerThanTimeout,
        Note,
        script!(slow),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[Flowing, ArrivedTooLate, CaughtUp])
    .from(
        4,
        "one gap of 3 s, which is read a second later: one record makes no rhythm",
    ),
    Situation::inside(
        "outside-producer-died",
        ProducerOverdue,
        Warn,
        script!(overdue),
    )
    .outside()
    .like(CaughtUp)
    .by_way_of(&[CaughtUp, Flowing, ArrivedTooLate, ProducerSlowerThanTimeout])
    .from(3, "silent for 3 x 0.2 s, and for 2 s at least"),
    Situation::inside(
        "outside-leader-ends-in-order",
        LeaderUnavailable,
        Fault,
        script!(no_leader),
    )
    .of(Broker)
    .outside()
    .like(StuckWithLag)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "outside-batch-with-a-wrong-codec",
        UndecodableBatch,
        Fault,
        script!(undecodable_from_outside),
    )
    .of(Broker)
    .outside()
    .like(StuckWithLag)
    // The commit stands still before the batch is tried.
    .by_way_of(&[ArrivedTooLate, StuckWithLag, Flowing]),
];

async fn reading(scene: &mut Scene) -> Result<Member> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    scene.application(&[], 10).await
}

/// An application that reads what is written five times a second, watched until it is known how often it commits.
async fn at_work(scene: &mut Scene) -> Result<(Member, Task)> {
    let member = reading(scene).await?;
    let writing = written(scene);
    tokio::time::sleep(Duration::from_secs(5)).await;
    Ok((member, writing))
}

/// A record five times a second.
fn written(scene: &Scene) -> Task {
    let gap = Duration::from_millis(200);
    rhythm(scene.producer.clone(), &scene.topic, gap, 1)
}

async fn paused(scene: &mut Scene) -> Result<()> {
    let (member, _writing) = at_work(scene).await?;
    scene.disturb();
    member.pause()?;
    scene.cause();
    scene.produce(500).await?;
    scene.until_right().await?;
    scene.undo();
    member.resume()?;
    scene.until_well().await
}

async fn asleep(scene: &mut Scene) -> Result<()> {
    let (member, _writing) = at_work(scene).await?;
    member.fall_asleep();
    scene.cause();
    scene.produce(50).await?;
    scene.until_right().await?;
    scene.undo();
    member.wake_up();
    scene.until_well().await
}

async fn quiet(scene: &mut Scene) -> Result<()> {
    let (member, _writing) = at_work(scene).await?;
    member.keep_quiet();
    scene.cause();
    scene.produce(50).await?;
    scene.until_right().await
}

async fn left(scene: &mut Scene) -> Result<()> {
    let member = reading(scene).await?;
    scene.cause();
    drop(member);
    scene.produce(50).await?;
    scene.until_right().await?;
    scene.undo();
    let _member = scene.join(&[])?;
    scene.until_well().await
}

async fn left_two(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.produce(10).await?;
    let member = scene.application(&[], 10).await?;
    scene.cause();
    drop(member);
    scene.produce_to(1, 5).await?;
    scene.until_right().await
}

async fn rewound(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.commit(10).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await
}

/// It commits by itself every 30 s, and that was told. Whatever is wrongly said before its second commit is a false
/// warning before the cause.
async fn half_minute(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let interval = Duration::from_secs(30);
    let member = scene.join(&[
        ("enable.auto.commit", "true"),
        ("auto.commit.interval.ms", "30000"),
    ])?;
    scene.until_committed(10).await?;
    member.keep_quiet();
    let _writing = written(scene);
    scene.look_at_commits_every(Some(interval))?;
    tokio::time::sleep(interval * 2).await;
    scene.cause();
    scene.until_right().await
}

/// A consumer that is no member reads and commits. A fault would be said ten seconds after the first look.
async fn by_hand(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let _reader = Member::assign(&scene.bootstrap, &scene.group, &scene.topic)?;
    scene.until_committed(10).await?;
    let _writing = written(scene);
    scene.look_from_outside()?;
    tokio::time::sleep(Duration::from_secs(15)).await;
    scene.cause();
    scene.until_right().await
}

async fn no_group(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await
}

async fn no_group_empty(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await
}

async fn deleted_group(scene: &mut Scene) -> Result<()> {
    let member = reading(scene).await?;
    scene.disturb();
    drop(member);
    scene.kafka.read().await.delete_group(&scene.group).await?;
    scene.cause();
    scene.until_right().await
}

async fn unsubscribed(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, 0, &[]).await
}

async fn unsubscribed_behind(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, 30, &[]).await
}

async fn unsubscribed_classic(scene: &mut Scene) -> Result<()> {
    elsewhere(scene, 0, &[("group.protocol", "classic")]).await
}

/// The application reads another topic from now on.
async fn elsewhere(scene: &mut Scene, records: u64, settings: &[(&str, &str)]) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let member = scene.application(settings, 10).await?;
    scene.disturb();
    drop(member);
    let other = scene.another_topic().await?;
    let member = Member::join(&scene.bootstrap, &scene.group, &[&other], settings)?;
    member.until_it_owns(1).await?;
    if records > 0 {
        scene.produce(records).await?;
    }
    scene.cause();
    scene.until_right().await
}

async fn all_read(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
    scene.cause();
    scene.produce(100).await?;
    scene.until_right().await
}

async fn transaction(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
    let writer = scene.writer().await?;
    scene.cause();
    scene.hide(&writer, 0).await?;
    scene.until_right().await?;
    scene.undo();
    writer.end(End::Commit).await?;
    scene.until_well().await
}

async fn missing(scene: &mut Scene) -> Result<()> {
    let _member = reading(scene).await?;
    scene.cause();
    scene.delete_topic().await?;
    scene.until_right().await
}

async fn cut(scene: &mut Scene) -> Result<()> {
    let (member, _writing) = at_work(scene).await?;
    scene.disturb();
    member.pause()?;
    scene.produce(90).await?;
    scene.cause();
    scene.delete_records(60).await?;
    scene.until_right().await
}

async fn beyond(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    scene.commit(1_000).await?;
    scene.cause();
    scene.look_from_outside()?;
    scene.until_right().await
}

async fn slow(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let _member = scene.application(&[], 0).await?;
    scene.cause();
    let _writing = rhythm(
        scene.producer.clone(),
        &scene.topic,
        Duration::from_secs(3),
        1,
    );
    scene.until_right().await
}

async fn overdue(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let _member = scene.application(&[], 0).await?;
    scene.disturb();
    let gap = Duration::from_millis(200);
    let writing = rhythm(scene.producer.clone(), &scene.topic, gap, 1);
    tokio::time::sleep(Duration::from_secs(8)).await;
    drop(writing);
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, 1);
    scene.until_well().await
}

async fn no_leader(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 1).await?;
    let _member = scene.application(&[], 10).await?;
    scene.cause();
    scene.kafka.write().await.terminate_node(2).await?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.start_node(2)?;
    scene.until_well().await
}
