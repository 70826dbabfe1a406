//! Cause 2: topics that are written more rarely than a gather waits, and the timeout that would do.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rollcall_proto::v1::{AdviceCode, Delivery, Severity, Verdict, VerdictCode};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::evidence::{advice, fact, length, number, number_of, ratio};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Record};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

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

/// A producer that writes one record every `gap` until it is dropped.
struct Metronome(JoinHandle<()>);

impl Metronome {
    fn start(producer: Producer, topic: &str, gap: Duration) -> Self {
        let topic = topic.to_owned();
        Self(tokio::spawn(async move {
            let mut pace = interval(gap);
            pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
            for number in 0.. {
                pace.tick().await;
                producer
                    .send(&topic, Record::numbered(number))
                    .await
                    .unwrap();
            }
        }))
    }
}

impl Drop for Metronome {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How many of `rounds` gathers with this timeout are empty, each begun at a moment that has nothing to do with the
/// producer's, and with nothing waiting.
async fn share_of_empties(client: &Client, topic: &str, timeout: Duration, rounds: u32) -> f64 {
    // A pace that is no multiple of the producer's, nor the other way round: it falls into every place of a gap alike.
    let mut pace = interval(Duration::from_millis(433));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut empties = 0;
    for _ in 0..rounds {
        pace.tick().await;
        let request = || Request::of([topic]).delivery(Delivery::AutoAck);
        let drained = request().timeout(Duration::from_millis(1));
        client.gather(drained).await.unwrap().summary().unwrap();
        let gathered = client.gather(request().timeout(timeout)).await.unwrap();
        empties += u32::from(gathered.summary().unwrap().record_count == 0);
    }
    f64::from(empties) / f64::from(rounds)
}

#[tokio::test]
async fn the_advised_timeout_brings_the_share_of_empty_answers_to_the_target() {
    let gap = Duration::from_millis(400);
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("steady", 1).start().await.unwrap();
    let topic = stage.topic(0);
    let _metronome = Metronome::start(stage.producer.clone(), topic, gap);
    let client = stage.roll.client("client").unwrap();

    let short = Duration::from_millis(160);
    let measured_now = share_of_empties(&client, topic, short, 25).await;
    // An empty slot, in the rhythm that has been watched by now, has the advice.
    let code = VerdictCode::ProducerSlowerThanTimeout;
    let verdict = loop {
        let request = Request::of([topic])
            .timeout(short)
            .delivery(Delivery::AutoAck);
        let gathered = client.gather(request).await.unwrap();
        if gathered.verdict(topic).unwrap() == code {
            break verdict_of(&gathered.slot(topic).unwrap().verdict).clone();
        }
    };
    let (p_now, timeout, p_then) = advised(&verdict);
    let measured_then = share_of_empties(&client, topic, timeout, 40).await;
    println!(
        "one record per {gap:?}: at {short:?} {p_now:.2} are said to be empty and {measured_now:.2} are; \
         at the advised {timeout:?} {p_then:.2} are said to be and {measured_then:.2} are"
    );
    assert!((p_now - 0.6).abs() < 0.1, "{p_now}");
    assert!(
        (measured_now - p_now).abs() < 0.3,
        "said {p_now}, measured {measured_now}"
    );
    // 40 gathers that are empty in 5 of 100: more than 6 of them once in a thousand runs.
    assert!(
        measured_then <= 0.15,
        "said {p_then}, measured {measured_then}"
    );
}
