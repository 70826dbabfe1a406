//! Brokers that die, end, or hang.

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Ok as Good};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, BrokerDown, BrokerNotAnswering, CaughtUp, ClusterUnreachable, Flowing,
    LeaderUnavailable, NoCoordinator, Rebalancing, StuckWithLag,
};

use super::super::situation::Family::Broker;
use super::super::{Scene, Situation};
use super::script;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "all-brokers-killed",
        ClusterUnreachable,
        Fault,
        script!(all_killed),
    )
    .of(Broker)
    .like(BrokerDown)
    // The brokers go one after the other: until the last has gone, one is down.
    .by_way_of(&[BrokerDown]),
    Situation::inside(
        "all-brokers-killed-with-records-waiting",
        ClusterUnreachable,
        Fault,
        script!(all_killed_behind),
    )
    .of(Broker)
    .like(StuckWithLag)
    // The brokers go one after the other: until the last has gone, one is down.
    .by_way_of(&[BrokerDown, ArrivedTooLate]),
    Situation::inside(
        "all-brokers-end-in-order",
        ClusterUnreachable,
        Fault,
        script!(all_end),
    )
    .of(Broker)
    .like(LeaderUnavailable)
    // The brokers go one after the other: until the last has gone, one is down.
    .by_way_of(&[BrokerDown, LeaderUnavailable]),
    Situation::inside(
        "coordinator-dead-when-the-fetcher-starts",
        NoCoordinator,
        Fault,
        script!(no_coordinator),
    )
    .of(Broker)
    .like(Rebalancing)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "coordinator-frozen-when-the-fetcher-starts",
        NoCoordinator,
        Fault,
        script!(frozen_coordinator),
    )
    .of(Broker)
    .like(Rebalancing)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "coordinator-dead-when-the-fetcher-comes-back",
        NoCoordinator,
        Fault,
        script!(coordinator_again),
    )
    .of(Broker)
    .like(ClusterUnreachable)
    .from(
        1,
        "a client needs its first statistics, which come once a second",
    ),
    Situation::inside(
        "coordinator-dead-while-reading-goes-on",
        CaughtUp,
        Good,
        script!(steady),
    )
    .of(Broker)
    .like(NoCoordinator)
    .by_way_of(&[Flowing]),
    Situation::inside("leader-killed", BrokerDown, Fault, script!(killed))
        .of(Broker)
        .like(CaughtUp)
        // The others tell that the partition has no leader before the broker counts as down.
        .by_way_of(&[LeaderUnavailable]),
    Situation::inside(
        "leader-killed-with-records-waiting",
        BrokerDown,
        Fault,
        script!(killed_behind),
    )
    .of(Broker)
    .like(StuckWithLag)
    // The others tell that the partition has no leader before the broker counts as down.
    .by_way_of(&[LeaderUnavailable]),
    Situation::inside(
        "leader-of-one-partition-of-two-killed",
        BrokerDown,
        Fault,
        script!(one_killed),
    )
    .of(Broker)
    .like(CaughtUp)
    // The others tell that the partition has no leader before the broker counts as down.
    .by_way_of(&[LeaderUnavailable]),
    Situation::inside(
        "leader-killed-and-another-takes-over",
        CaughtUp,
        Good,
        script!(taken_over),
    )
    .of(Broker)
    .like(BrokerDown)
    // Until another takes over, the broker is down and the partition has no leader.
    .by_way_of(&[BrokerDown, LeaderUnavailable, Flowing, ArrivedTooLate]),
    Situation::inside(
        "leader-ends-in-order",
        LeaderUnavailable,
        Fault,
        script!(ended),
    )
    .of(Broker)
    .like(BrokerDown)
    // The broker counts as down after 10 s, the missing leader after 30 s.
    .by_way_of(&[BrokerDown]),
    Situation::inside(
        "leader-of-one-partition-of-two-ends",
        LeaderUnavailable,
        Fault,
        script!(one_ended),
    )
    .of(Broker)
    .like(CaughtUp)
    // The broker counts as down after 10 s, the missing leader after 30 s.
    .by_way_of(&[BrokerDown]),
    Situation::inside(
        "leader-ends-with-records-waiting",
        LeaderUnavailable,
        Fault,
        script!(ended_behind),
    )
    .of(Broker)
    .like(StuckWithLag)
    // The broker counts as down after 10 s, the missing leader after 30 s.
    .by_way_of(&[ArrivedTooLate, BrokerDown]),
    Situation::inside("leader-frozen", BrokerNotAnswering, Fault, script!(frozen))
        .of(Broker)
        .like(CaughtUp),
    Situation::inside(
        "leader-frozen-with-records-waiting",
        BrokerNotAnswering,
        Fault,
        script!(frozen_behind),
    )
    .of(Broker)
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate]),
    Situation::inside(
        "leader-of-one-partition-of-two-frozen",
        BrokerNotAnswering,
        Fault,
        script!(one_frozen),
    )
    .of(Broker)
    .like(BrokerDown),
];

/// The topic's partitions lie on these nodes, the group's coordinator on this one; all is read.
pub(super) async fn placed(scene: &mut Scene, replicas: &[&[i32]], coordinator: i32) -> Result<()> {
    scene.placed(replicas).await?;
    let group = scene
        .kafka
        .read()
        .await
        .group_coordinated_by(coordinator, "verdicts")
        .await?;
    scene.group = group;
    scene.produce_to_each(10).await?;
    Ok(())
}

async fn reading(scene: &mut Scene, replicas: &[&[i32]]) -> Result<()> {
    placed(scene, replicas, 1).await?;
    scene.start(&[]).await
}

/// Waits for the verdict about a dead node, starts it again, and waits for the end of it.
async fn until_back(scene: &mut Scene, node: i32) -> Result<()> {
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.start_node(node)?;
    scene.until_well().await
}

async fn killed(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2]]).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(2)?;
    until_back(scene, 2).await
}

async fn one_killed(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2], &[3]]).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(2)?;
    until_back(scene, 2).await
}

/// Records that nobody takes wait here, and more on the broker.
async fn killed_behind(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[3]]).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(3)?;
    until_back(scene, 3).await
}

async fn taken_over(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2, 3, 1]]).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(2)?;
    scene
        .kafka
        .read()
        .await
        .until_led_by(&scene.topic, 0, 3)
        .await?;
    scene.produce(10).await?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.start_node(2)?;
    scene.until_well().await
}

async fn ended(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2]]).await?;
    scene.cause();
    scene.kafka.write().await.terminate_node(2).await?;
    until_back(scene, 2).await
}

async fn one_ended(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[3], &[2]]).await?;
    scene.cause();
    scene.kafka.write().await.terminate_node(2).await?;
    until_back(scene, 2).await
}

async fn ended_behind(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[3]]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce(50).await?;
    scene.cause();
    scene.kafka.write().await.terminate_node(3).await?;
    scene.until_right().await?;
    scene.work()?;
    scene.undo();
    scene.kafka.write().await.start_node(3)?;
    scene.until_well().await
}

async fn frozen(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2]]).await?;
    hang(scene, 2).await
}

async fn one_frozen(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2], &[3]]).await?;
    hang(scene, 3).await
}

/// The coordinator is frozen too.
async fn frozen_behind(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2], &[1]], 2).await?;
    scene.start(&[]).await?;
    hang(scene, 2).await
}

async fn hang(scene: &mut Scene, node: i32) -> Result<()> {
    scene.cause();
    scene.kafka.write().await.pause_node(node)?;
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(node)?;
    scene.until_well().await
}

async fn all_killed(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2]]).await?;
    scene.disturb();
    scene.kafka.write().await.kill()?;
    scene.cause();
    all_back(scene).await
}

async fn all_killed_behind(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2], &[3]]).await?;
    scene.disturb();
    scene.rest().await;
    scene.produce(50).await?;
    scene.disturb();
    scene.kafka.write().await.kill()?;
    scene.cause();
    scene.until_right().await?;
    scene.work()?;
    scene.undo();
    scene.kafka.write().await.restart().await?;
    scene.until_well().await
}

async fn all_end(scene: &mut Scene) -> Result<()> {
    reading(scene, &[&[2], &[3], &[1]]).await?;
    scene.disturb();
    {
        let mut kafka = scene.kafka.write().await;
        kafka.terminate_node(2).await?;
        kafka.terminate_node(3).await?;
        // The last controller waits for nobody.
        kafka.kill_node(1)?;
    }
    scene.cause();
    all_back(scene).await
}

async fn all_back(scene: &mut Scene) -> Result<()> {
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.restart().await?;
    scene.until_well().await
}

async fn no_coordinator(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.kafka.write().await.kill_node(3)?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    until_back(scene, 3).await
}

async fn frozen_coordinator(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.kafka.write().await.pause_node(3)?;
    scene.roll()?.start_fetchers().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.kafka.write().await.resume_node(3)?;
    scene.until_well().await
}

async fn coordinator_again(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    scene.kafka.write().await.kill_node(3)?;
    scene.fetcher()?.start().await?;
    scene.cause();
    until_back(scene, 3).await
}

async fn steady(scene: &mut Scene) -> Result<()> {
    placed(scene, &[&[2]], 3).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.kafka.write().await.kill_node(3)?;
    scene.produce(10).await?;
    until_back(scene, 3).await
}
