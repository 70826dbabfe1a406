//! `rollcall tune`'s timeouts, applied and measured.
//!
//! The numbers: of 660 gathers with P(empty) = 5 % each, the share that is empty has a standard deviation of 0.85 points. The
//! timeouts come from 200 gaps or more of each of four topics, of which Poisson's mean is known to 7 %; that is 1.1 points
//! of P(empty) for one topic, and 0.5 for four together. So the measured share lies within 3 points of the target
//! but for 3 standard deviations: three times in a thousand tries. Three tries, each with timeouts and gathers of its
//! own, would miss once in ten million runs; there are five, for machines that stand still now and then. With half of
//! the advised timeout 22 % (Poisson) or more are empty, which 130 gathers tell from 8 % but for 3.8 standard
//! deviations: the test can fail.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use rollcall_proto::v1::Delivery;
use rollcall_tests::client::{Client, Request};
use rollcall_tests::kafka::unique;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Producer, Record, Rollcall, eventually};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// Mean time between two arrivals.
const MEAN: Duration = Duration::from_millis(150);
/// Partitions of a topic: of each the newest 100 records are looked at.
const PARTITIONS: i32 = 2;
/// Arrivals that lie in the log before anybody reads it.
const WRITTEN: u32 = 220;
/// Gaps that are known before advice is asked for.
const KNOWN: u64 = 200;
/// Topics of each kind, so that they are measured at the same time.
const TOPICS: usize = 4;
/// Gathers of each topic at random moments, in a row, and with half of the timeout.
const RANDOM: u32 = 165;
const IN_A_ROW: u32 = 80;
const HALF: u32 = 33;
const TRIES: usize = 5;
/// Time to learn in, on a busy machine.
const LEARN: Duration = Duration::from_secs(120);
const TARGET: f64 = 0.95;
/// Three points.
const CLOSE: f64 = 0.03;
/// The shortest timeout of a gather.
const MOMENT: Duration = Duration::from_millis(1);
/// An empty gather that took so much longer than its timeout says nothing: the machine stood still.
const STOOD_STILL: Duration = Duration::from_millis(60);

/// How records come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Periodic,
    Poisson,
    /// One to three records at once, after gaps of half to one and a half times the mean.
    Bursty,
}

const KINDS: [Kind; 3] = [Kind::Periodic, Kind::Poisson, Kind::Bursty];

impl Kind {
    fn gap(self, rng: &mut Rng) -> Duration {
        let of_the_mean = match self {
            Self::Periodic => 1.0,
            Self::Poisson => -(1.0 - rng.f64()).ln(),
            Self::Bursty => 0.5 + rng.f64(),
        };
        MEAN.mul_f64(of_the_mean)
    }

    fn records(self, rng: &mut Rng) -> u32 {
        match self {
            Self::Periodic | Self::Poisson => 1,
            Self::Bursty => rng.u32(1..=3),
        }
    }
}

/// A producer that goes on in the rhythm of a history until it is dropped.
struct Writer(JoinHandle<()>);

impl Writer {
    /// Writes a history that ends now, and goes on.
    async fn start(producer: Producer, topic: &str, kind: Kind, mut rng: Rng) -> Result<Self> {
        let gaps: Vec<Duration> = (0..WRITTEN).map(|_| kind.gap(&mut rng)).collect();
        let begun = Instant::now();
        let mut at = SystemTime::now() - gaps.iter().sum::<Duration>();
        let mut records = Vec::new();
        for gap in gaps {
            at += gap;
            let millis = i64::try_from(at.duration_since(UNIX_EPOCH)?.as_millis())?;
            let burst = 0..kind.records(&mut rng);
            records.extend(burst.map(|_| spread(&mut rng).at(millis)));
        }
        producer.send_all(topic, records).await?;
        let topic = topic.to_owned();
        Ok(Self(tokio::spawn(async move {
            let mut next = begun;
            loop {
                next += kind.gap(&mut rng);
                sleep_until(next).await;
                let burst = 0..kind.records(&mut rng);
                let burst = burst.map(|_| spread(&mut rng)).collect();
                producer.send_all(&topic, burst).await.unwrap();
            }
        })))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn spread(rng: &mut Rng) -> Record {
    Record::numbered(rng.u64(..)).to_partition(rng.i32(0..PARTITIONS))
}

/// Empty gathers of all that count.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    empty: u32,
    all: u32,
}

impl Tally {
    fn share(self) -> f64 {
        f64::from(self.empty) / f64::from(self.all.max(1))
    }

    /// A gather with this timeout; its records are settled.
    async fn gather(&mut self, client: &Client, topic: &str, timeout: Duration) -> Result<()> {
        let begun = Instant::now();
        let request = Request::of([topic])
            .delivery(Delivery::AutoAck)
            .timeout(timeout);
        let empty = client.gather(request).await?.summary()?.record_count == 0;
        if !empty || begun.elapsed() < timeout + STOOD_STILL {
            self.empty += u32::from(empty);
            self.all += 1;
        }
        Ok(())
    }
}

/// Takes the backlog, until no more comes at once than a busy machine leaves for a moment.
async fn drain(client: &Client, topic: &str) -> Result<()> {
    loop {
        let request = Request::of([topic])
            .delivery(Delivery::AutoAck)
            .max_records(10_000)
            .timeout(MEAN);
        if client.gather(request).await?.summary()?.record_count < 100 {
            return Ok(());
        }
    }
}

/// Gathers that start at moments which have nothing to do with the records, with nothing waiting.
async fn at_random(client: &Client, topic: &str, timeout: Duration, rounds: u32) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut rng = Rng::new();
    for _ in 0..rounds {
        sleep(MEAN.mul_f64(rng.f64())).await;
        // What came meanwhile is taken. From then on a record ends the wait, so the way to the aggregator and back is
        // part of it: left out, a metronome's share would be two points too low.
        let begun = Instant::now();
        Tally::default().gather(client, topic, MOMENT).await?;
        let way = begun.elapsed().saturating_sub(MOMENT);
        if way < STOOD_STILL / 2 {
            let rest = timeout.saturating_sub(way);
            tally.gather(client, topic, rest).await?;
        }
    }
    Ok(tally)
}

/// Gathers that follow each other at once.
async fn in_a_row(client: &Client, topic: &str, timeout: Duration, rounds: u32) -> Result<Tally> {
    let mut tally = Tally::default();
    for _ in 0..rounds {
        tally.gather(client, topic, timeout).await?;
    }
    Ok(tally)
}

/// The advised timeouts of a topic: at a random moment, and in a row.
fn advised(advice: &serde_json::Value, topic: &str) -> Result<(Duration, Duration)> {
    let topics = advice["topics"].as_array().context("topics")?;
    let found = topics.iter().find(|advice| advice["topic"] == topic);
    let found = found.with_context(|| format!("no advice for {topic}"))?;
    let length = |name: &str| -> Result<Duration> {
        let text = found[name]
            .as_str()
            .with_context(|| format!("{name}: {found}"))?;
        let seconds = text.strip_suffix('s').context("seconds")?.parse()?;
        Ok(Duration::from_secs_f64(seconds))
    };
    Ok((length("timeout")?, length("timeoutInARow")?))
}

/// What was measured of the topics of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    random: Tally,
    row: Tally,
    half: Tally,
}

async fn measure(
    client: Client,
    topic: String,
    timeouts: (Duration, Duration),
) -> Result<Measured> {
    let (random, row) = timeouts;
    Ok(Measured {
        random: at_random(&client, &topic, random, RANDOM).await?,
        row: in_a_row(&client, &topic, row, IN_A_ROW).await?,
        half: at_random(&client, &topic, random / 2, HALF).await?,
    })
}

fn add(sum: Tally, more: Tally) -> Tally {
    Tally {
        empty: sum.empty + more.empty,
        all: sum.all + more.all,
    }
}

/// Asks for timeouts, applies them to all topics at the same time, and holds the shares against the target.
async fn applied(stage: &Stage<'_>) -> Result<()> {
    let rollcall = Rollcall::of(stage.roll.address());
    let advice = rollcall
        .json(&["tune", "-o", "json", "--target", "95%"])
        .await?;
    let mut running: JoinSet<Result<(usize, Measured)>> = JoinSet::new();
    for place in 0..KINDS.len() * TOPICS {
        let topic = stage.topic(place).to_owned();
        let timeouts = advised(&advice, &topic)?;
        println!("{topic}: {timeouts:?}");
        let client = stage.roll.client(&format!("client-{place}"))?;
        running.spawn(async move { Ok((place, measure(client, topic, timeouts).await?)) });
    }
    let mut measured = [Measured::default(); KINDS.len()];
    while let Some(ended) = running.join_next().await {
        let (place, one) = ended??;
        let sum = &mut measured[place / TOPICS];
        sum.random = add(sum.random, one.random);
        sum.row = add(sum.row, one.row);
        sum.half = add(sum.half, one.half);
    }
    KINDS
        .into_iter()
        .zip(measured)
        .try_for_each(|(kind, of)| hold(kind, of))
}

fn hold(kind: Kind, Measured { random, row, half }: Measured) -> Result<()> {
    println!(
        "{kind:?}: {:.1} % of {} gathers at random moments are empty, {:.1} % of {} in a row, {:.1} % of {} with half the timeout",
        100.0 * random.share(),
        random.all,
        100.0 * row.share(),
        row.all,
        100.0 * half.share(),
        half.all
    );
    let enough = TOPICS as u32 * RANDOM * 3 / 4;
    ensure!(
        random.all >= enough,
        "{kind:?}: the machine stood still: {} gathers count",
        random.all
    );
    let off = random.share() - (1.0 - TARGET);
    ensure!(
        off.abs() <= CLOSE,
        "{kind:?}: {} of {} are empty",
        random.empty,
        random.all
    );
    // All or nothing for a metronome, so below the target is right.
    ensure!(
        row.share() <= 1.0 - TARGET + CLOSE,
        "{kind:?} in a row: {} of {}",
        row.empty,
        row.all
    );
    ensure!(
        half.share() > 1.0 - TARGET + CLOSE,
        "{kind:?}: half the timeout: {} of {}",
        half.empty,
        half.all
    );
    Ok(())
}

/// Waits until enough is known of every topic.
async fn until_known(stage: &Stage<'_>) -> Result<()> {
    let rollcall = Rollcall::of(stage.roll.address());
    eventually("every rhythm is known", LEARN, async || {
        let advice = rollcall.json(&["tune", "-o", "json"]).await?;
        for topic in advice["topics"].as_array().context("topics")? {
            let gaps = topic["arrivals"]["gapCount"].as_str().unwrap_or("0");
            let gaps: u64 = gaps.parse()?;
            ensure!(gaps >= KNOWN, "{gaps} gaps of {}", topic["topic"]);
        }
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tunes_timeouts_bring_the_share_of_empty_answers_to_the_target() {
    let kafka = Kafka::shared().await;
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let mut plan = Plan::on(kafka);
    let mut writers = Vec::new();
    for place in 0..KINDS.len() * TOPICS {
        let (kind, rng) = (KINDS[place / TOPICS], Rng::with_seed(place as u64));
        let topic = unique(&format!("tuned-{kind:?}"));
        kafka.create_topic(&topic, PARTITIONS, &[]).await.unwrap();
        // The fetchers are to find a history at their start.
        writers.push(
            Writer::start(producer.clone(), &topic, kind, rng)
                .await
                .unwrap(),
        );
        plan = plan.existing_topic(&topic, PARTITIONS);
    }
    let stage = plan.start().await.unwrap();
    let client = stage.roll.client("client").unwrap();
    for place in 0..KINDS.len() * TOPICS {
        drain(&client, stage.topic(place)).await.unwrap();
    }
    let mut tried = Ok(());
    for _ in 0..TRIES {
        until_known(&stage).await.unwrap();
        tried = applied(&stage).await;
        match &tried {
            Ok(()) => return,
            Err(error) => println!("a few in a thousand may be off: {error:#}"),
        }
    }
    tried.unwrap();
}
