//! Whether the fetcher's client is polled: the thread that polls it hangs, the others go on.

use std::time::Duration;

use anyhow::Result;
use rollcall_proto::v1::Severity::{Fault, Note};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, Flowing, NotPolled, OwnerElsewhere, PausedBackpressure,
    PollIntervalExceeded, StuckWithLag,
};

use super::super::cast::rhythm;
use super::super::{Scene, Situation};
use super::group::{KIP_848, join};
use super::script;
use crate::process::HeldThread;

pub(super) static ALL: &[Situation] = &[
    Situation::inside(
        "poll-thread-hangs-for-the-poll-interval",
        PollIntervalExceeded,
        Fault,
        script!(overslept),
    )
    .like(CaughtUp)
    .from(12, UNPOLLED),
    Situation::inside(
        "poll-thread-hangs-for-the-poll-interval-with-records-waiting",
        PollIntervalExceeded,
        Fault,
        script!(overslept_behind),
    )
    .like(NotPolled)
    // Not polled is confirmed after 10 s, the interval of 12 s exceeded later.
    .by_way_of(&[ArrivedTooLate, Flowing, NotPolled])
    .from(12, UNPOLLED),
    Situation::inside(
        "poll-thread-hangs-and-a-stranger-takes-over",
        PollIntervalExceeded,
        Fault,
        script!(overtaken),
    )
    .like(OwnerElsewhere)
    // The stranger owns the partition as soon as the member has left.
    .by_way_of(&[OwnerElsewhere])
    .from(12, UNPOLLED),
    Situation::inside(
        "poll-thread-hangs-with-records-waiting",
        NotPolled,
        Fault,
        script!(hangs),
    )
    .like(StuckWithLag)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "poll-thread-hangs-with-records-in-one-of-three-partitions",
        NotPolled,
        Fault,
        script!(hangs_in_one),
    )
    .like(CaughtUp)
    .by_way_of(&[ArrivedTooLate, Flowing]),
    Situation::inside(
        "poll-thread-hangs-while-records-flow",
        NotPolled,
        Fault,
        script!(hangs_in_the_flow),
    )
    .like(PausedBackpressure)
    .by_way_of(&[ArrivedTooLate, Flowing, CaughtUp]),
    Situation::inside(
        "poll-thread-hangs-for-a-moment",
        ArrivedTooLate,
        Note,
        script!(hangs),
    )
    .like(NotPolled)
    .by_way_of(&[Flowing]),
];

const UNPOLLED: &str = "a member may go unpolled for 12 s here";

/// A session may not be longer, whichever protocol it is for.
const SHORT_INTERVAL: [&str; 4] = [
    "-X",
    "max.poll.interval.ms=12000",
    "-X",
    "session.timeout.ms=10000",
];

/// All is read; then the polling thread hangs.
async fn held(scene: &mut Scene, partitions: i32, flags: &[&str]) -> Result<HeldThread> {
    scene.all_read(partitions, flags).await?;
    scene.cause();
    hang(scene).await
}

pub(super) async fn hang(scene: &mut Scene) -> Result<HeldThread> {
    scene.fetcher()?.running()?.hold_thread("poll ").await
}

pub(super) async fn let_go(scene: &mut Scene, thread: HeldThread) -> Result<()> {
    scene.until_right().await?;
    scene.undo();
    drop(thread);
    scene.until_well().await
}

async fn overslept(scene: &mut Scene) -> Result<()> {
    let thread = held(scene, 1, &SHORT_INTERVAL).await?;
    let_go(scene, thread).await
}

async fn overslept_behind(scene: &mut Scene) -> Result<()> {
    let thread = held(scene, 1, &SHORT_INTERVAL).await?;
    scene.produce(20).await?;
    let_go(scene, thread).await
}

async fn overtaken(scene: &mut Scene) -> Result<()> {
    scene.all_read(2, &SHORT_INTERVAL).await?;
    scene.disturb();
    let stranger = join(scene, &KIP_848)?;
    stranger.until_it_owns(1).await?;
    scene.cause();
    let thread = hang(scene).await?;
    scene.until_right().await?;
    scene.undo();
    drop(thread);
    drop(stranger);
    scene.until_well().await
}

async fn hangs(scene: &mut Scene) -> Result<()> {
    let thread = held(scene, 1, &[]).await?;
    scene.produce(20).await?;
    let_go(scene, thread).await
}

async fn hangs_in_one(scene: &mut Scene) -> Result<()> {
    let thread = held(scene, 3, &[]).await?;
    scene.produce_to(1, 20).await?;
    let_go(scene, thread).await
}

async fn hangs_in_the_flow(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    scene.disturb();
    let gap = Duration::from_millis(200);
    let _writing = rhythm(scene.producer.clone(), &scene.topic, gap, 5);
    scene.until_said(Flowing).await?;
    scene.cause();
    let thread = hang(scene).await?;
    let_go(scene, thread).await
}
