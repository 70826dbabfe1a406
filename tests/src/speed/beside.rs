//! How old a record is when the client has it in its hands, while another topic of the roll runs at half of full speed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::delay::sample;
use super::load::{empty, hand_over};
use super::plan::{PARTITIONS, Size};
use super::readers::{Readers, client};
use super::spread::quantile;
use crate::blocking::blocking;

/// From one portion of the busy topic to the next.
const PORTION: Duration = Duration::from_millis(10);
/// Before the first record is timed, the busy topic runs for this long.
const RUNS: Duration = Duration::from_secs(3);
/// The busy topic ends by itself after this.
const ENDS: Duration = Duration::from_secs(120);
/// The part of the wanted rate that the busy topic must have reached, or what was measured is not what was asked for.
const REACHED: f64 = 0.9;

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    /// Milliseconds of each record of the quiet topic, sorted.
    pub(super) delays: Vec<f64>,
    /// Records a second of the busy topic.
    pub(super) rate: f64,
}

/// Times so many records of one topic while another one gets `rate` records of this size a second. Each has a client of its own.
pub(super) async fn beside(
    readers: &Readers<'_>,
    size: Size,
    rate: f64,
    samples: usize,
) -> Result<Beside> {
    let topics = empty(readers.kafka).await?;
    let [quiet, busy, ..] = &topics[..] else {
        anyhow::bail!("two topics are needed");
    };
    let roll = readers.roll(&[quiet.clone(), busy.clone()]).start().await?;
    let reads = client(&roll, u64::MAX, &["--topics", busy]).await?;
    let flags = ["--topics", quiet, "--delays", "--close", "any"];
    let timed = client(&roll, samples as u64, &flags).await?;
    let stream = Stream::begin(readers.kafka.bootstrap(), busy, size, rate);
    tokio::time::sleep(RUNS).await;
    let delays = sample(readers.kafka, timed, std::slice::from_ref(quiet), samples).await;
    let rate_reached = stream.end().await?;
    drop((reads, roll));
    // Gigabytes, which the next round's do not have to fit beside.
    for topic in &topics {
        readers.kafka.delete_topic(topic).await?;
    }
    let delays = delays?;
    ensure!(
        rate_reached >= rate * REACHED,
        "the busy topic got {rate_reached:.0} records/s, {rate:.0} were to come (p99 of the quiet one was {:.1} ms then)",
        quantile(&delays, 0.99).unwrap_or(f64::NAN)
    );
    Ok(Beside {
        delays,
        rate: rate_reached,
    })
}

/// The records of the busy topic, on a thread of their own.
struct Stream {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    began: Instant,
    thread: tokio::task::JoinHandle<Result<()>>,
}

impl Stream {
    fn begin(bootstrap: &str, topic: &str, size: Size, rate: f64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let (bootstrap, topic) = (bootstrap.to_owned(), topic.to_owned());
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&sent));
        let run = move || produce(&bootstrap, &topic, size, rate, &stopped, &counted);
        let thread = tokio::spawn(async move {
            blocking("produce into the busy topic", ENDS + ENDS, run).await?
        });
        Self {
            stop,
            sent,
            began: Instant::now(),
            thread,
        }
    }

    /// Ends it, and says how many records a second there were.
    async fn end(self) -> Result<f64> {
        let seconds = self.began.elapsed().as_secs_f64();
        let sent = self.sent.load(Ordering::Relaxed) as f64;
        self.stop.store(true, Ordering::Relaxed);
        self.thread.await??;
        Ok(sent / seconds)
    }
}

/// Portions at the wanted rate; a portion that came late is made up for with the next one.
fn produce(
    bootstrap: &str,
    topic: &str,
    size: Size,
    rate: f64,
    stop: &AtomicBool,
    sent: &AtomicU64,
) -> Result<()> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("linger.ms", "5")
        .set("batch.size", "1000000");
    let producer: BaseProducer = config.create().context("could not create a producer")?;
    let value = vec![b'v'; size.bytes()];
    let began = Instant::now();
    let mut number = 0_u64;
    while !stop.load(Ordering::Relaxed) && began.elapsed() < ENDS {
        let due = (began.elapsed().as_secs_f64() * rate) as u64;
        while number < due {
            let key = number.to_be_bytes();
            let partition = (number % u64::from(PARTITIONS.unsigned_abs())) as i32;
            let record = BaseRecord::to(topic).key(&key).payload(&value);
            hand_over(&producer, record.partition(partition), began)?;
            number += 1;
        }
        sent.store(number, Ordering::Relaxed);
        producer.poll(PORTION);
    }
    producer.flush(ENDS).context("not all was produced")
}
