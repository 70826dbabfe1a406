//! Nothing to read: at the end, empty, or skipped by choice.

use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::v1::Severity::{Note, Ok as Good, Unknown};
use rollcall_proto::v1::VerdictCode::{
    ArrivedTooLate, CaughtUp, FetcherUnreachable, Flowing, NoVisibleRecords, OpenTransaction,
    ProducerSlowerThanTimeout, SkippedToEnd, StuckWithLag, TopicEmpty, TopicMissing, Undetermined,
};

use super::super::{Scene, Situation};
use super::polling::let_go;
use super::script;
use crate::producer::{COMPACTED, End};
use crate::record::Record;
use crate::wait::eventually;

pub(super) static ALL: &[Situation] = &[
    Situation::inside("starts-at-the-end", SkippedToEnd, Note, script!(latest)).like(CaughtUp),
    Situation::inside(
        "starts-at-the-end-of-one-partition",
        SkippedToEnd,
        Note,
        script!(latest_of_one),
    )
    .like(TopicEmpty),
    Situation::inside(
        "starts-at-the-end-of-transactions",
        SkippedToEnd,
        Note,
        script!(latest_transactions),
    )
    .like(NoVisibleRecords),
    Situation::inside("never-written", TopicEmpty, Note, script!(never_written)).like(TopicMissing),
    Situation::inside("purged", TopicEmpty, Note, script!(purged))
        .like(CaughtUp)
        .from(10, "the log's start is asked for every 10 s"),
    Situation::inside("retention-took-all", TopicEmpty, Note, script!(retention)).like(CaughtUp),
    Situation::inside("all-is-read", CaughtUp, Good, script!(all_read))
        .like(StuckWithLag)
        .by_way_of(&[Flowing, ArrivedTooLate]),
    Situation::inside(
        "ends-with-a-control-record",
        CaughtUp,
        Good,
        script!(control_record),
    )
    .like(OpenTransaction)
    // The transaction is open until it is committed.
    .by_way_of(&[Flowing, NoVisibleRecords, OpenTransaction, ArrivedTooLate])
    .from(
        2,
        "a gather may have to show first that polling has passed the control record",
    ),
    Situation::inside("gaps-of-compaction", CaughtUp, Good, script!(compacted))
        .like(StuckWithLag)
        .by_way_of(&[Flowing]),
    Situation::inside("old-records-and-silence", CaughtUp, Good, script!(old))
        .like(ProducerSlowerThanTimeout),
    Situation::inside(
        "probing-thread-hangs",
        Undetermined,
        Unknown,
        script!(unmeasured),
    )
    .like(CaughtUp)
    .by_way_of(&[CaughtUp])
    .from(
        11,
        "the end of the log serves for so long after it was measured",
    ),
    Situation::inside(
        "aggregator-just-started",
        Undetermined,
        Unknown,
        script!(starting),
    )
    .like(FetcherUnreachable),
    Situation::inside(
        "aggregator-restarts-while-its-fetcher-is-frozen",
        Undetermined,
        Unknown,
        script!(restarting),
    )
    .like(FetcherUnreachable),
];

async fn latest(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(100).await?;
    skipped(scene).await
}

async fn latest_of_one(scene: &mut Scene) -> Result<()> {
    scene.topic(3).await?;
    scene.produce_to(2, 7).await?;
    skipped(scene).await
}

async fn latest_transactions(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    let writer = scene.writer().await?;
    for end in [End::Commit, End::Abort] {
        let records = (0..5).map(Record::numbered);
        writer
            .transaction(&scene.topic, records.collect(), end)
            .await?;
    }
    skipped(scene).await
}

async fn skipped(scene: &mut Scene) -> Result<()> {
    let setup = scene.setup().fetcher_flags(&["--start", "latest"]);
    scene.start_aggregator(setup).await?;
    scene.roll()?.start_fetchers().await?;
    scene.roll()?.until_claimed().await?;
    scene.cause();
    scene.until_right().await?;
    scene.work()?;
    scene.undo();
    scene.produce_to_each(3).await?;
    scene.until_well().await
}

async fn never_written(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.start_without_work().await?;
    scene.cause();
    scene.until_right().await?;
    scene.work()?;
    scene.undo();
    scene.produce(5).await?;
    scene.until_well().await
}

async fn purged(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(50).await?;
    scene.start(&[]).await?;
    scene.until_committed(50).await?;
    scene.cause();
    scene.delete_records(50).await?;
    // The log's start is asked for every 10 s.
    scene.until_right().await?;
    scene.undo();
    scene.produce(5).await?;
    scene.until_well().await
}

async fn retention(scene: &mut Scene) -> Result<()> {
    let settings = [("retention.ms", "1000"), ("segment.ms", "1000")];
    scene.topic_with(1, &settings).await?;
    let hour = Duration::from_secs(3_600);
    let record = |number| Record::numbered(number).to_partition(0).aged(hour);
    scene
        .producer
        .send_all(&scene.topic, (0..50).map(record).collect())
        .await?;
    let kafka = std::sync::Arc::clone(&scene.kafka);
    eventually(
        "retention has taken all",
        Duration::from_secs(30),
        async || {
            let (start, end) = kafka.read().await.watermarks(&scene.topic, 0).await?;
            ensure!(start == end, "{start} to {end}");
            Ok(())
        },
    )
    .await?;
    scene.start_without_work().await?;
    scene.cause();
    scene.until_right().await
}

async fn all_read(scene: &mut Scene) -> Result<()> {
    scene.topic(2).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.produce(100).await?;
    scene.produce_to(1, 100).await?;
    scene.until_right().await
}

async fn control_record(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.start(&[]).await?;
    let writer = scene.writer().await?;
    scene.cause();
    let records = (0..20).map(Record::numbered);
    writer
        .transaction(&scene.topic, records.collect(), End::Commit)
        .await?;
    scene.until_right().await
}

async fn compacted(scene: &mut Scene) -> Result<()> {
    scene.topic_with(1, COMPACTED).await?;
    scene.producer.rewrite(&scene.topic, 0, 3, 0..300).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.producer.rewrite(&scene.topic, 0, 3, 300..600).await?;
    scene.until_right().await
}

async fn old(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(1).await?;
    scene.start(&[]).await?;
    scene.cause();
    scene.until_right().await
}

async fn starting(scene: &mut Scene) -> Result<()> {
    scene.topic(1).await?;
    scene.produce(10).await?;
    let setup = scene.unfed();
    scene.cause();
    scene.start_aggregator(setup).await?;
    scene.until_right().await?;
    scene.work()?;
    scene.add_fetcher().await?;
    scene.undo();
    scene.until_well().await
}

async fn restarting(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.disturb();
    scene.fetcher()?.pause()?;
    scene.roll()?.aggregator.kill()?;
    scene.roll()?.restart_aggregator().await?;
    scene.cause();
    scene.until_right().await?;
    scene.undo();
    scene.fetcher()?.resume()?;
    scene.until_well().await
}

/// Where the log ends is told by nobody any more.
async fn unmeasured(scene: &mut Scene) -> Result<()> {
    scene.all_read(1, &[]).await?;
    scene.cause();
    let thread = scene.fetcher()?.running()?.hold_thread("probe ").await?;
    let_go(scene, thread).await
}
