//! What the tests of this binary look with.

use std::time::Duration;

use anyhow::{Context, ensure};
use rollcall_proto::v1::{Delivery, Severity, Slot, TopicStatus, Verdict, VerdictCode};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::eventually;

/// For what takes a moment on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A timeout that is not what a test is about.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// A gather that only looks.
pub(crate) fn peek(topic: &str, timeout: Duration) -> Request {
    Request::of([topic])
        .timeout(timeout)
        .delivery(Delivery::Peek)
}

/// The topic's verdict, when it is this one and confirmed.
fn confirmed(verdict: Option<&Verdict>, code: VerdictCode) -> anyhow::Result<()> {
    let verdict = verdict.context("no verdict")?;
    ensure!(
        verdict.code() == code && verdict.confirmed,
        "it is {:?}, confirmed: {}; {:?}",
        verdict.code(),
        verdict.confirmed,
        verdict.facts
    );
    Ok(())
}

/// Peeks until the topic's slot has this verdict, confirmed.
pub(crate) async fn until_slot(client: &Client, topic: &str, code: VerdictCode) -> Slot {
    until_slot_at(client, topic, code, SHORT).await
}

/// The same, judged with this timeout.
pub(crate) async fn until_slot_at(
    client: &Client,
    topic: &str,
    code: VerdictCode,
    timeout: Duration,
) -> Slot {
    let what = format!("the slot of {topic} is {code:?}");
    let found = eventually(&what, SOON, async || {
        let gathered = client.gather(peek(topic, timeout)).await?;
        let slot = gathered.slot(topic)?;
        confirmed(slot.verdict.as_ref(), code)?;
        Ok(slot.clone())
    });
    found.await.unwrap()
}

/// Peeks until the topic is known to be read to its end. A topic that was written twice has a rhythm, which may say
/// more than that.
pub(crate) async fn until_at_the_end(client: &Client, topic: &str) {
    let at_the_end = [
        VerdictCode::CaughtUp,
        VerdictCode::ProducerSlowerThanTimeout,
    ];
    let what = format!("{topic} is read to its end");
    let found = eventually(&what, SOON, async || {
        let gathered = client.gather(peek(topic, SHORT)).await?;
        let code = gathered.verdict(topic)?;
        ensure!(at_the_end.contains(&code), "{:?}", gathered.slot(topic)?);
        Ok(())
    });
    found.await.unwrap();
}

/// Looks, without gathering, until the topic has this verdict, confirmed.
pub(crate) async fn until_status(client: &Client, topic: &str, code: VerdictCode) -> TopicStatus {
    until_status_within(client, topic, code, SOON).await
}

/// The same, within a time of the caller's choice.
pub(crate) async fn until_status_within(
    client: &Client,
    topic: &str,
    code: VerdictCode,
    within: Duration,
) -> TopicStatus {
    let what = format!("the status of {topic} is {code:?}");
    let found = eventually(&what, within, async || {
        let status = client.topic(topic).await?;
        confirmed(status.verdict.as_ref(), code)?;
        Ok(status)
    });
    found.await.unwrap()
}

/// Gathers and acks until nothing waits in the topic.
pub(crate) async fn read_all(client: &Client, topic: &str) -> usize {
    let mut count = 0;
    let what = format!("{topic} is read");
    let read = eventually(&what, SOON, async || {
        let request = Request::of([topic]).timeout(SHORT).max_records(10_000);
        let gathered = client.gather(request).await?;
        client.settle(gathered.acks()).await?;
        count += gathered.record_count();
        let slot = gathered.slot(topic)?;
        ensure!(
            gathered.record_count() == 0 && slot.backlog == Some(0),
            "{} records came, backlog {:?}: {:?}",
            gathered.record_count(),
            slot.backlog,
            slot.verdict
        );
        Ok(())
    });
    read.await.unwrap();
    count
}

/// Waits until so many records of the topic wait in the aggregator.
pub(crate) async fn until_buffered(client: &Client, topic: &str, records: u64) {
    let what = format!("{records} records of {topic} are buffered");
    let all = eventually(&what, SOON, async || {
        let status = client.topic(topic).await?;
        let buffered: u64 = status
            .partitions
            .iter()
            .map(|partition| partition.buffered)
            .sum();
        ensure!(buffered == records, "{buffered} are");
        Ok(())
    });
    all.await.unwrap();
}

/// The verdict of a slot or of a topic, which always has one.
pub(crate) fn verdict_of(verdict: &Option<Verdict>) -> &Verdict {
    verdict.as_ref().unwrap()
}

/// How much the verdict matters.
pub(crate) fn severity_of(verdict: &Option<Verdict>) -> Severity {
    verdict_of(verdict).severity()
}
