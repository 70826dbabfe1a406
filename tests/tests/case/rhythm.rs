//! Cause 2: topics that are written more rarely than a gather waits, and the timeout that would do.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rollcall_proto::v1::{AdviceCode, Severity, Verdict, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{advice, fact, length, number, number_of, ratio};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Record};

use crate::look::{read_all, severity_of, until_slot_at, verdict_of};

/// Records that lie in the log before anybody reads it.
const WRITTEN: i64 = 30;

/// A rhythm that the log tells is known in seconds, not after minutes of watching.
const SECONDS: Duration = Duration::from_secs(20);

/// The timeout of the case's application.
const SECOND: Duration = Duration::from_secs(1);

/// Writes a history: a record every `gap`, the last one just now.
async fn write_history(producer: &Producer, topic: &str, gap: Duration) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    let gap = i64::try_from(gap.as_millis()).unwrap();
    let at = |number: i64| now - (WRITTEN - 1 - number) * gap;
    let record = |number: i64| Record::numbered(u64::try_from(number).unwrap()).at(at(number));
    producer
        .send_all(topic, (0..WRITTEN).map(record).collect())
        .await
        .unwrap();
}

/// What the verdict says: P(empty) now, the advised timeout, P(empty) then.
fn advised(verdict: &Verdict) -> (f64, Duration, f64) {
    let raise = advice(verdict, AdviceCode::RaiseTimeout).unwrap();
    let number = |name| number_of(raise, name).unwrap();
    (
        ratio(number("p_empty_now")).unwrap(),
        length(number("timeout")).unwrap(),
        ratio(number("p_empty_then")).unwrap(),
    )
}

#[tokio::test]
async fn a_topic_slower_than_the_timeout_says_how_often_it_is_empty_and_which_timeout_would_do() {
    let kafka = Kafka::shared().await;
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let plan = Plan::on(kafka)
        .topic("half", 1)
        .topic("two", 1)
        .topic("five", 1);
    let mut stage = plan.start().await.unwrap();
    let gaps = [500, 2_000, 5_000].map(Duration::from_millis);
    // The fetchers are to find the history at their start.
    for fetcher in &mut stage.roll.fetchers {
        fetcher.terminate().await.unwrap();
    }
    for (place, gap) in gaps.into_iter().enumerate() {
        write_history(&producer, stage.topic(place), gap).await;
    }
    let begun = Instant::now();
    for fetcher in &mut stage.roll.fetchers {
        fetcher.start().await.unwrap();
    }
    stage.roll.until_claimed().await.unwrap();
    let client = stage.roll.client("client").unwrap();
    for place in 0..gaps.len() {
        read_all(&client, stage.topic(place)).await;
    }

    for (place, gap) in gaps.into_iter().enumerate().skip(1) {
        let (topic, code) = (stage.topic(place), VerdictCode::ProducerSlowerThanTimeout);
        let slot = until_slot_at(&client, topic, code, SECOND).await;
        assert!(
            begun.elapsed() < SECONDS,
            "known after {:?}",
            begun.elapsed()
        );
        assert_eq!(severity_of(&slot.verdict), Severity::Note);
        let verdict = verdict_of(&slot.verdict);
        let gaps_known = number(fact(verdict, "gap_count").unwrap()).unwrap();
        assert!(gaps_known >= WRITTEN - 2, "{gaps_known} gaps are known");
        let (p_now, timeout, p_then) = advised(verdict);
        println!(
            "a record every {gap:?}: empty {p_now:.3} at 1 s, {p_then:.3} at {timeout:?}, known after {:?}",
            begun.elapsed()
        );
        // A second of `gap`: the rest of it is empty.
        let expected = 1.0 - 1.0 / gap.as_secs_f64();
        assert!(
            (p_now - expected).abs() < 0.05,
            "{p_now}, expected {expected}"
        );
        let wanted = gap.mul_f64(0.95);
        assert!(
            (wanted.mul_f64(0.95)..wanted.mul_f64(1.1)).contains(&timeout),
            "{timeout:?}, expected {wanted:?}"
        );
        assert!(p_then <= 0.05 + 1e-9, "{p_then}");
    }
    // Twice a second is fast enough.
    let gathered = client.gather(Request::of([stage.topic(0)])).await.unwrap();
    assert_ne!(
        gathered.verdict(stage.topic(0)).unwrap(),
        VerdictCode::ProducerSlowerThanTimeout
    );
}
