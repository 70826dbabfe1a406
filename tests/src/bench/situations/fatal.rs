//! A client that is lost for good: its group is full.

use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{
    ConsumerFatal, FetcherUnreachable, Flowing, OwnerElsewhere, Rebalancing,
};

use super::super::run::MEMBERS;
use super::super::{Scene, Situation};
use super::group::{KIP_848, join};
use super::script;
use crate::member::Member;
use crate::wait::eventually;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "group-is-full-at-the-start",
        ConsumerFatal,
        Fault,
        script!(at_the_start),
    )
    .like(OwnerElsewhere),
    Situation::inside(
        "group-is-full-after-a-restart",
        ConsumerFatal,
        Fault,
        script!(after_a_restart),
    )
    .like(FetcherUnreachable)
    // The fetcher restarts.
    .by_way_of(&[FetcherUnreachable]),
    Situation::inside(
        "group-is-full-after-a-freeze",
        ConsumerFatal,
        Fault,
        script!(after_a_freeze),
    )
    .like(Rebalancing)
    // The frozen fetcher is unreachable, is left out of the group, and another has its partitions.
    .by_way_of(&[FetcherUnreachable, Rebalancing, OwnerElsewhere, Flowing]),
];

/// A member that died keeps its partitions for 6 s.
const SOON: Duration = Duration::from_secs(30);

/// Strangers take every place in the group; a member that died keeps the last one until it is missed.
async fn crowd(scene: &Scene) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for _ in 1..MEMBERS {
        members.push(join(scene, &KIP_848)?);
    }
    eventually("strangers own every partition", SOON, async || {
        let owned: usize = members.iter().map(Member::owned).sum();
        ensure!(owned == MEMBERS, "they own {owned}");
        Ok(())
    })
    .await?;
    let last = join(scene, &KIP_848)?;
    last.until_it_owns(1).await?;
    members.push(last);
    Ok(members)
}

/// As many partitions as the group may have members.
async fn topic(scene: &mut Scene) -> Result<()> {
    scene.topic(i32::try_from(MEMBERS)?).await?;
    scene.produce(10).await
}

async fn at_the_start(scene: &mut Scene) -> Result<()> {
    topic(scene).await?;
    let strangers = crowd(scene).await?;
    let setup = scene.setup();
    scene.start_aggregator(setup).await?;
    scene.work()?;
    scene.roll()?.start_fetchers().await?;
    refused(scene, strangers).await
}

async fn after_a_restart(scene: &mut Scene) -> Result<()> {
    topic(scene).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    let strangers = crowd(scene).await?;
    scene.fetcher()?.start().await?;
    refused(scene, strangers).await
}

async fn after_a_freeze(scene: &mut Scene) -> Result<()> {
    topic(scene).await?;
    scene.start(&[]).await?;
    scene.disturb();
    scene.fetcher()?.pause()?;
    let strangers = crowd(scene).await?;
    scene.fetcher()?.resume()?;
    refused(scene, strangers).await
}

async fn refused(scene: &mut Scene, strangers: Vec<Member>) -> Result<()> {
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    drop(strangers);
    scene.until_well().await
}
