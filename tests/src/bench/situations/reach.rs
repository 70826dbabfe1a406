//! Whether the fetcher can be heard.

use anyhow::Result;
use rollcall_proto::v1::Severity::Fault;
use rollcall_proto::v1::VerdictCode::{CaughtUp, FetcherUnreachable, NotPolled, TopicEmpty};

use super::super::{Scene, Situation};
use super::script;

pub(super) static ALL: &[Situation] = &[
    Situation::inside("fetcher-killed", FetcherUnreachable, Fault, script!(killed)).like(CaughtUp),
    Situation::inside("fetcher-frozen", FetcherUnreachable, Fault, script!(frozen))
        .like(NotPolled)
        .from(3, "it is missed after three pulses of 1 s"),
    Situation::inside(
        "fetcher-stopped",
        FetcherUnreachable,
        Fault,
        script!(stopped),
    )
    .like(CaughtUp),
    Situation::inside(
        "no-fetcher-at-all",
        FetcherUnreachable,
        Fault,
        script!(none),
    )
    .like(TopicEmpty)
    .from(
        10,
        "for 10 s after its start an aggregator waits for its fetchers",
    ),
];

async fn killed(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.cause();
    scene.fetcher()?.kill()?;
    scene.until_right().await?;
    scene.fetcher()?.start().await?;
    scene.undo();
    scene.until_well().await
}

async fn frozen(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.cause();
    scene.fetcher()?.pause()?;
    scene.until_right().await?;
    scene.undo();
    scene.fetcher()?.resume()?;
    scene.until_well().await
}

async fn stopped(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.disturb();
    scene.fetcher()?.terminate().await?;
    scene.cause();
    scene.until_right().await?;
    scene.fetcher()?.start().await?;
    scene.undo();
    scene.until_well().await
}

async fn none(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let setup = scene.unfed();
    scene.start_aggregator(setup).await?;
    scene.cause();
    scene.until_right().await?;
    scene.work()?;
    scene.add_fetcher().await?;
    scene.undo();
    scene.until_well().await
}
