//! Cause 1: no new record. That is normal, and proven by a probe that is not older than a second.

use std::time::Duration;

use rollcall_proto::v1::{Severity, Source, Verdict, VerdictCode};
use rollcall_tests::Kafka;
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{age, fact, number};
use rollcall_tests::stage::Plan;

use crate::look::{read_all, severity_of, until_slot, until_slot_at, verdict_of};

/// A probe at most 1 s old serves a gather, and an answer waits for one at most a short grace.
const FRESH: Duration = Duration::from_millis(1100);

#[tokio::test]
async fn a_topic_that_is_read_to_its_end_is_caught_up_by_a_fresh_probe() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("read", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 7).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    assert_eq!(read_all(&client, &topic).await, 7);
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;

    for _ in 0..3 {
        let second = Duration::from_secs(1);
        let slot = until_slot_at(&client, &topic, VerdictCode::CaughtUp, second).await;
        assert_eq!(severity_of(&slot.verdict), Severity::Ok);
        let verdict = verdict_of(&slot.verdict);
        let end = fact(verdict, "high_watermark").unwrap();
        assert_eq!(
            (number(end).unwrap(), end.source()),
            (7, Source::ProbeHighWatermark)
        );
        assert!(age(end).unwrap() <= FRESH, "the probe is old: {end:?}");
        let position = fact(verdict, "position").unwrap();
        assert_eq!(number(position).unwrap(), 7);
        assert!(
            age(position).unwrap() <= age(end).unwrap(),
            "the position was read before the end: {verdict:?}"
        );
    }
    let log = stage.roll.fetchers[0].running().unwrap().stderr().unwrap();
    assert!(!log.contains("reports an error"), "an end is none: {log}");
}

#[tokio::test]
async fn a_topic_with_a_record_on_its_way_is_never_called_caught_up_by_a_probe_that_saw_it() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("racing", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    read_all(&client, &topic).await;
    for written in 2..=31 {
        // What lies in the log before the gather is asked for is either in its answer, or the probe is older than it.
        stage.produce(0, 0, 1).await.unwrap();
        let request = Request::roll().timeout(Duration::from_millis(1));
        let gathered = client.gather(request).await.unwrap();
        if gathered.record_count() == 0 {
            let slot = gathered.slot(&topic).unwrap();
            assert!(!saw(&slot.verdict, written), "{:?}", slot.verdict);
        }
        client.settle(gathered.acks()).await.unwrap();
        read_all(&client, &topic).await;
    }
}

/// Whether this verdict is CAUGHT_UP by a probe that saw so many records, or by one that is too old.
fn saw(verdict: &Option<Verdict>, written: i64) -> bool {
    let verdict = verdict_of(verdict);
    if verdict.code() != VerdictCode::CaughtUp {
        return false;
    }
    let end = fact(verdict, "high_watermark").unwrap();
    number(end).unwrap() >= written || age(end).unwrap() > FRESH
}

#[tokio::test]
async fn the_evidence_is_there_at_the_close_round_after_round() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("silent", 2).start().await.unwrap();
    let topic = stage.topic(0);
    let client = stage.roll.client("client").unwrap();
    until_slot(&client, topic, VerdictCode::TopicEmpty).await;
    let (mut unknown, mut late) = (0, Vec::new());
    for _ in 0..15 {
        let gathered = client.gather(Request::roll()).await.unwrap();
        let summary = gathered.summary().unwrap();
        let took = Duration::try_from(summary.took.unwrap_or_default()).unwrap();
        late.push(took.saturating_sub(Duration::from_secs(1)));
        unknown += u32::from(gathered.verdict(topic).unwrap() != VerdictCode::TopicEmpty);
    }
    late.sort();
    println!(
        "answers of 1 s: {unknown} of {} without a judgement, median {:?} late",
        late.len(),
        late[late.len() / 2]
    );
    assert!(
        unknown <= 2,
        "{unknown} of {} rounds had no judgement",
        late.len()
    );
}
