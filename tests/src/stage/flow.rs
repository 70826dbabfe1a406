//! A steady flow through a roll: records at a pace, gathered and acked as they come, and when each came.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rollcall_proto::v1::Close;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::{Journal, Stage, Witness};
use crate::client::Request;
use crate::eventually;
use crate::producer::Producer;
use crate::record::Record;

/// Time between two records of one partition.
const PACE: Duration = Duration::from_millis(20);

/// Timeout of the gathers: longer than any gap that is not a fault.
const GATHER: Duration = Duration::from_secs(5);

/// How long the flow may take to bring a few records more.
const MORE: Duration = Duration::from_secs(30);

/// Numbers far above those of [`Stage::produce`].
const FIRST_NUMBER: u64 = 1_000_000;

/// A flow that runs until it is stopped.
pub struct Flow {
    stop: Arc<AtomicBool>,
    streams: Vec<Stream>,
}

/// One topic of it.
struct Stream {
    topic: String,
    arrivals: Arrivals,
    producing: JoinHandle<Result<()>>,
    reading: JoinHandle<Result<()>>,
}

type Arrivals = Arc<Mutex<Vec<Instant>>>;

impl Flow {
    /// Begins to produce to every partition of these topics, and to gather each.
    pub fn start(stage: &Stage<'_>, topics: &[usize]) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stream = |&place: &usize| -> Result<Stream> {
            let (topic, partitions) = stage.topics.get(place).context("no such topic")?.clone();
            let arrivals = Arrivals::default();
            let source = Source {
                producer: stage.producer.clone(),
                journal: stage.journal.clone(),
                topic: topic.clone(),
                partitions,
            };
            let reader = stage.witness(&format!("flow-{place}"))?;
            let read = read(
                reader,
                topic.clone(),
                Arc::clone(&arrivals),
                Arc::clone(&stop),
            );
            Ok(Stream {
                topic,
                arrivals,
                producing: tokio::spawn(source.run(Arc::clone(&stop))),
                reading: tokio::spawn(read),
            })
        };
        let streams: Result<Vec<Stream>> = topics.iter().map(stream).collect();
        Ok(Self {
            stop,
            streams: streams?,
        })
    }

    /// Waits until so many gathers more have brought records of each topic.
    pub async fn until_more(&self, gathers: usize) -> Result<()> {
        for stream in &self.streams {
            let before = stream.arrivals().len();
            eventually(&format!("{} flows on", stream.topic), MORE, async || {
                let more = stream.arrivals().len() - before;
                ensure!(more >= gathers, "{more} gathers of {gathers}");
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// The longest time without a record, over all topics, since `from`.
    pub fn longest_gap(&self, from: Instant) -> Duration {
        let gaps = self
            .streams
            .iter()
            .map(|stream| longest_gap(&stream.arrivals(), from));
        gaps.max().unwrap_or_default()
    }

    /// Ends it; fails if anything in it failed.
    pub async fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        for stream in self.streams {
            stream.producing.await??;
            stream.reading.await??;
        }
        Ok(())
    }
}

impl Stream {
    fn arrivals(&self) -> Vec<Instant> {
        self.arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The longest time between two arrivals, the first counted from `from`.
fn longest_gap(arrivals: &[Instant], from: Instant) -> Duration {
    let mut last = from;
    let mut longest = Duration::ZERO;
    for &at in arrivals.iter().filter(|&&at| at >= from) {
        longest = longest.max(at - last);
        last = at;
    }
    longest.max(last.elapsed())
}

struct Source {
    producer: Producer,
    journal: Journal,
    topic: String,
    partitions: i32,
}

impl Source {
    async fn run(self, stop: Arc<AtomicBool>) -> Result<()> {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut number = FIRST_NUMBER;
        while !stop.load(Ordering::Relaxed) {
            pace.tick().await;
            let record = |partition| Record::numbered(number).to_partition(partition);
            let records = (0..self.partitions).map(record).collect();
            let stored = self.producer.send_all(&self.topic, records).await?;
            self.journal.produced(&self.topic, &stored)?;
            number += 1;
        }
        Ok(())
    }
}

/// Gathers and acks; each gather settles what the one before brought.
async fn read(
    reader: Witness,
    topic: String,
    arrivals: Arrivals,
    stop: Arc<AtomicBool>,
) -> Result<()> {
    let mut acks = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let request = Request::of([topic.as_str()])
            .timeout(GATHER)
            .close(Close::Any);
        let gathered = reader.gather(request.settling(acks)).await?;
        gathered.summary()?;
        acks = gathered.acks();
        if gathered.record_count() > 0 {
            arrivals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Instant::now());
        }
    }
    if acks.is_empty() {
        return Ok(());
    }
    reader.settle(acks).await.map(drop)
}
