//! Who is in the group, and who owns what.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good, Warn};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, GroupProtocolMismatch, NoCoordinator, OwnerElsewhere,
    OwnerSilent, PartitionUnowned, Rebalancing, StuckWithLag,
};

use super::super::{Scene, Situation};
use super::script;
use crate::member::Member;
use crate::producer::Producer;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "strangers-assignor-is-sticky",
        GroupProtocolMismatch,
        Fault,
        script!(sticky),
    )
    .like(Rebalancing),
    Situation::inside(
        "strangers-assignor-is-roundrobin",
        GroupProtocolMismatch,
        Fault,
        script!(roundrobin),
    )
    .like(NoCoordinator),
    Situation::inside(
        "strangers-assignor-on-another-topic",
        GroupProtocolMismatch,
        Fault,
        script!(other_topic),
    )
    .like(NoCoordinator),
    Situation::inside(
        "round-waits-for-a-sleeper",
        Rebalancing,
        Good,
        script!(sleeper),
    )
    .like(StuckWithLag),
    Situation::inside(
        "round-waits-for-a-sleeper-with-records-waiting",
        Rebalancing,
        Good,
        script!(sleeper_behind),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "round-waits-for-a-sleeper-with-four-partitions",
        Rebalancing,
        Good,
        script!(sleeper_of_four),
    )
    .like(OwnerElsewhere),
    Situation::inside(
        "added-partition-that-nobody-takes",
        PartitionUnowned,
        Fault,
        script!(unowned),
    )
    .like(CaughtUp),
    Situation::inside(
        "added-partitions-that-nobody-takes",
        PartitionUnowned,
        Fault,
        script!(unowned_three),
    )
    .like(CaughtUp),
    Situation::inside(
        "added-partition-with-records-that-nobody-takes",
        PartitionUnowned,
        Fault,
        script!(unowned_behind),
    )
    .like(StuckWithLag),
    Situation::inside(
        "stranger-takes-one-of-two",
        OwnerElsewhere,
        Warn,
        script!(one_of_two),
    )
    .like(CaughtUp),
    Situation::inside(
        "classic-stranger-takes-one-of-two",
        OwnerElsewhere,
        Warn,
        script!(classic_one_of_two),
    )
    .like(Rebalancing)
    // The group shares out its partitions anew when the stranger joins.
    .by_way_of(&[Rebalancing]),
    Situation::inside(
        "stranger-reads-what-comes",
        OwnerElsewhere,
        Warn,
        script!(reading),
    )
    .like(OwnerSilent)
    .by_way_of(&[Flowing]),
    Situation::inside(
        "stranger-owns-and-sleeps",
        OwnerSilent,
        Fault,
        script!(asleep),
    )
    .like(OwnerElsewhere)
    // Who owns it is known at once, that it is silent only in time.
    .by_way_of(&[OwnerElsewhere, Flowing])
    .from(
        5,
        "who owns what, and what is committed of it, is asked for every 5 s",
    ),
    Situation::inside(
        "stranger-owns-and-commits-nothing",
        OwnerSilent,
        Fault,
        script!(quiet),
    )
    .like(OwnerElsewhere)
    // Who owns it is known at once, that it is silent only in time.
    .by_way_of(&[OwnerElsewhere, Flowing])
    .from(
        5,
        "who owns what, and what is committed of it, is asked for every 5 s",
    ),
    Situation::inside(
        "classic-stranger-owns-and-sleeps",
        OwnerSilent,
        Fault,
        script!(classic_asleep),
    )
    .like(OwnerElsewhere)
    // Who owns it is known at once, that it is silent only in time.
    .by_way_of(&[OwnerElsewhere, Rebalancing, Flowing])
    .from(
        5,
        "who owns what, and what is committed of it, is asked for every 5 s",
    ),
    Situation::inside("second-fetcher-joins", CaughtUp, Good, script!(second))
        .like(Rebalancing)
        // The group shares out its partitions anew when the second joins.
        .by_way_of(&[Flowing, Rebalancing]),
];

const CLASSIC: [&str; 2] = ["--group-protocol", "classic"];

const RANGE: [(&str, &str); 4] = [
    ("group.protocol", "classic"),
    ("partition.assignment.strategy", "range"),
    ("session.timeout.ms", "20000"),
    ("max.poll.interval.ms", "20000"),
];

pub(super) const KIP_848: [(&str, &str); 1] = [("group.protocol", "consumer")];

pub(super) fn join(scene: &Scene, settings: &[(&str, &str)]) -> Result<Member> {
    Member::join(&scene.bootstrap, &scene.group, &[&scene.topic], settings)
}

async fn sticky(scene: &mut Scene) -> Result<()> {
    mismatch(scene, "cooperative-sticky").await
}

async fn roundrobin(scene: &mut Scene) -> Result<()> {
    mismatch(scene, "roundrobin").await
}

/// The fetcher comes back to a group that a stranger with another assignor has formed.
async fn mismatch(scene: &mut Scene, assignor: &str) -> Result<()> {
    scene.all_read(1, &CLASSIC).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    let strategy = ("partition.assignment.strategy", assignor);
    let stranger = join(scene, &[("group.protocol", "classic"), strategy])?;
    stranger.until_it_owns(1).await?;
    scene.fetcher()?.start().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    drop(stranger);
    scene.until_well().await
}

async fn other_topic(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let other = scene.another_topic().await?;
    let settings = [
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "cooperative-sticky"),
    ];
    let stranger = Member::join(&scene.bootstrap, &scene.group, &[&other], &settings)?;
    stranger.until_it_owns(1).await?;
    let setup = scene.setup().fetcher_flags(&CLASSIC);
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    drop(stranger);
    scene.until_well().await
}

async fn sleeper(scene: &mut Scene) -> Result<()> {
    asleep_in_a_round(scene, 2, 0).await
}

async fn sleeper_behind(scene: &mut Scene) -> Result<()> {
    asleep_in_a_round(scene, 2, 50).await
}

async fn sleeper_of_four(scene: &mut Scene) -> Result<()> {
    asleep_in_a_round(scene, 4, 0).await
}

/// A round that waits for a member that does not poll; nobody owns anything until then.
async fn asleep_in_a_round(scene: &mut Scene, partitions: i32, waiting: u64) -> Result<()> {
    scene.topic(partitions).await?;
    scene.produce_to_each(5).await?;
    scene.start(&CLASSIC).await?;
    scene.disturb();
    let sleeper = join(scene, &RANGE)?;
    sleeper
        .until_it_owns(usize::try_from(partitions / 2)?)
        .await?;
    sleeper.fall_asleep();
    scene.cause();
    let third = join(scene, &RANGE)?;
    if waiting > 0 {
        scene.produce(waiting).await?;
    }
    scene.until_right().await?;
    scene.undo();
    drop(third);
    drop(sleeper);
    scene.until_well().await
}

async fn unowned(scene: &mut Scene) -> Result<()> {
    added(scene, 2, 0).await
}

async fn unowned_three(scene: &mut Scene) -> Result<()> {
    added(scene, 4, 0).await
}

async fn unowned_behind(scene: &mut Scene) -> Result<()> {
    added(scene, 2, 10).await
}

/// Partitions that the group's classic leader hears of in five minutes.
async fn added(scene: &mut Scene, total: i32, records: u64) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let slow = [
        "-X",
        "topic.metadata.refresh.interval.ms=300000",
        "-X",
        "metadata.max.age.ms=900000",
    ];
    scene.start(&[&CLASSIC[..], &slow].concat()).await?;
    scene.cause();
    scene.add_partitions(total).await?;
    if records > 0 {
        // The scene's own producer hears of the new partition in five minutes.
        let newcomer = Producer::new(&scene.bootstrap)?;
        newcomer.numbers(&scene.topic, Some(1), 0..records).await?;
    }
    scene.until_right().await?;
    scene.fetcher()?.terminate().await?;
    scene.fetcher()?.start().await?;
    scene.undo();
    scene.until_well().await
}

async fn one_of_two(scene: &mut Scene) -> Result<()> {
    let stranger = taken(scene, &[], &KIP_848, 0).await?;
    over(scene, stranger).await
}

async fn classic_one_of_two(scene: &mut Scene) -> Result<()> {
    let stranger = taken(scene, &CLASSIC, &RANGE, 0).await?;
    over(scene, stranger).await
}

async fn reading(scene: &mut Scene) -> Result<()> {
    let stranger = taken(scene, &[], &KIP_848, 0).await?;
    // Our own partition stays silent: records there would be what is said of the topic.
    let theirs = stranger.partitions().first().copied();
    let (producer, topic) = (scene.producer.clone(), scene.topic.clone());
    let writing = super::super::cast::Task::run(async move {
        for number in 0_u64.. {
            let sent = producer.numbers(&topic, theirs, number..number + 1).await;
            if sent.is_err() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    });
    let ended = over(scene, stranger).await;
    drop(writing);
    ended
}

/// A stranger has one of the topic's two partitions, the cause being that; with so many records for it.
async fn taken(
    scene: &mut Scene,
    flags: &[&str],
    settings: &[(&str, &str)],
    records: u64,
) -> Result<Member> {
    scene.topic(2).await?;
    scene.produce_to_each(5).await?;
    scene.start(flags).await?;
    scene.disturb();
    let stranger = join(scene, settings)?;
    stranger.until_it_owns(1).await?;
    scene.produce_to_each(records).await?;
    scene.cause();
    Ok(stranger)
}

async fn over(scene: &mut Scene, stranger: Member) -> Result<()> {
    scene.until_right().await?;
    scene.undo();
    drop(stranger);
    scene.until_well().await
}

async fn asleep(scene: &mut Scene) -> Result<()> {
    silent(scene, &[], &KIP_848, Member::fall_asleep).await
}

async fn quiet(scene: &mut Scene) -> Result<()> {
    silent(scene, &[], &KIP_848, Member::keep_quiet).await
}

async fn classic_asleep(scene: &mut Scene) -> Result<()> {
    let patient = [
        ("max.poll.interval.ms", "120000"),
        ("session.timeout.ms", "60000"),
    ];
    let settings = [&RANGE[..2], &patient].concat();
    silent(scene, &CLASSIC, &settings, Member::fall_asleep).await
}

async fn silent(
    scene: &mut Scene,
    flags: &[&str],
    settings: &[(&str, &str)],
    how: fn(&Member),
) -> Result<()> {
    let stranger = taken(scene, flags, settings, 3).await?;
    stranger.until_it_read(1).await?;
    how(&stranger);
    scene.produce_to_each(10).await?;
    scene.cause();
    over(scene, stranger).await
}

async fn second(scene: &mut Scene) -> Result<()> {
    scene.topic(4).await?;
    scene.produce_to_each(5).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.add_fetcher().await?;
    scene.until_right().await
}
