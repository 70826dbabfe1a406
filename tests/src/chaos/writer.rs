//! Producers that number their records: one for each topic, on a thread of its own, at a steady pace to every partition.

mod answers;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use rollcall_proto::ids::Topic;

use super::numbered;
use crate::checker::line::TopicRuns;
use crate::eventually;
use answers::{Answers, Callbacks};

/// Time between two rounds over the partitions. Each costs three brokers a write for every partition, and has to leave two
/// cores something for all the rest.
const ROUND: Duration = Duration::from_millis(200);

/// Until the broker has answered for all that is on its way: longer than any fault, so that nothing is given up.
const ANSWERED: Duration = Duration::from_secs(150);

/// A topic's producer. Dropping it ends it.
pub(super) struct Writer {
    topic: Topic,
    orders: Arc<Orders>,
    answers: Arc<Answers>,
    thread: Option<JoinHandle<Result<()>>>,
}

/// What it is told.
#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    pause: AtomicBool,
    /// The topic is another one of the same name.
    renew: AtomicBool,
    /// Records a second.
    rate: AtomicU64,
    /// The next number of each partition.
    next: Mutex<Vec<i64>>,
}

impl Writer {
    /// Begins to write to every partition of a topic: so many records a second in all, of so many bytes.
    pub(super) fn start(
        bootstrap: &str,
        topic: &Topic,
        partitions: i32,
        rate: u64,
        bytes: usize,
    ) -> Result<Self> {
        let orders = Arc::new(Orders::default());
        orders.rate.store(rate, Ordering::Relaxed);
        *lock(&orders.next) = (0..partitions).map(|_| 0).collect();
        let answers = Arc::new(Answers::default());
        let hand = Hand {
            bootstrap: bootstrap.to_owned(),
            topic: topic.clone(),
            bytes,
            orders: Arc::clone(&orders),
            answers: Arc::clone(&answers),
        };
        let thread = std::thread::Builder::new()
            .name(format!("write-{topic}"))
            .spawn(move || hand.write())
            .context("could not start a thread")?;
        Ok(Self {
            topic: topic.clone(),
            orders,
            answers,
            thread: Some(thread),
        })
    }

    /// Records that Kafka acknowledged.
    pub(super) fn written(&self) -> u64 {
        self.answers.written()
    }

    /// Records that Kafka did not acknowledge.
    pub(super) fn failed(&self) -> u64 {
        self.answers.failed()
    }

    /// What Kafka acknowledged since this was asked last.
    pub(super) fn take(&self) -> Option<TopicRuns> {
        let runs = self.answers.take();
        (!runs.is_empty()).then(|| TopicRuns {
            topic: self.topic.clone(),
            runs,
        })
    }

    /// Writes no more for now, waits until the broker has answered for all, and says the next number of each partition.
    pub(super) async fn pause(&self) -> Result<Vec<i64>> {
        self.orders.pause.store(true, Ordering::Relaxed);
        self.until_answered().await?;
        Ok(lock(&self.orders.next).clone())
    }

    /// Writes on, to a topic that was made anew: librdkafka takes no leader from an epoch below one that it knows, and those of
    /// the new topic begin with 0.
    pub(super) fn resume_anew(&self) {
        self.orders.renew.store(true, Ordering::Relaxed);
        self.orders.pause.store(false, Ordering::Release);
    }

    /// Fails when the thread has ended.
    pub(super) fn check(&self) -> Result<()> {
        let ended = self.thread.as_ref().is_none_or(JoinHandle::is_finished);
        ensure!(!ended, "the producer of {} has ended", self.topic);
        Ok(())
    }

    /// The topic that it writes to.
    pub(super) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// How the producer does, with what it complained of lately.
    pub(super) fn told(&self) -> String {
        format!("the producer of {}: {}", self.topic, self.answers.told())
    }

    /// What it wrote to a partition.
    pub(super) fn told_of(&self, partition: i32) -> String {
        let next = lock(&self.orders.next);
        let next = usize::try_from(partition).map_or(None, |at| next.get(at).copied());
        let next = next.unwrap_or(0);
        format!("handed over {next}, {}", self.answers.told_of(partition))
    }

    async fn until_answered(&self) -> Result<()> {
        let what = format!("the broker answers for all of {}", self.topic);
        eventually(&what, ANSWERED, async || {
            self.check()?;
            let left = self.answers.awaited();
            ensure!(left == 0, "{left} are on their way");
            Ok(())
        })
        .await
    }
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders.stop.store(true, Ordering::Relaxed);
    }
}

/// The thread's own.
struct Hand {
    bootstrap: String,
    topic: Topic,
    bytes: usize,
    orders: Arc<Orders>,
    answers: Arc<Answers>,
}

impl Hand {
    fn write(&self) -> Result<()> {
        let mut producer = self.producer()?;
        let mut owed = 0.0;
        let mut last = Instant::now();
        while !self.orders.stop.load(Ordering::Relaxed) {
            std::thread::park_timeout(ROUND);
            // In this order: whoever lets it go on after the topic was made anew says that first.
            let paused = self.orders.pause.load(Ordering::Acquire);
            let renewed = self.orders.renew.swap(false, Ordering::Relaxed);
            if renewed || producer.client().fatal_error().is_some() {
                // What was on its way has failed by then, and no broker that lives has it.
                producer = self.producer()?;
            }
            let rate = self.orders.rate.load(Ordering::Relaxed) as f64;
            let most = rate * 20.0 * ROUND.as_secs_f64();
            owed = f64::min(owed + rate * last.elapsed().as_secs_f64(), most);
            last = Instant::now();
            if !paused {
                owed -= self.round(&producer, owed);
            }
        }
        Ok(())
    }

    /// A few records to every partition for whose last ones Kafka has answered; how many. Of a partition the client has one
    /// request on its way (it holds its limit of five against records, not requests, in librdkafka 2.12.1), and while more is due its
    /// threads look for the end of it without a pause: that alone took a core.
    fn round(&self, producer: &ThreadedProducer<Callbacks>, owed: f64) -> f64 {
        let mut next = lock(&self.orders.next);
        // Who pauses it takes the lock after that.
        if self.orders.pause.load(Ordering::Relaxed) {
            return 0.0;
        }
        let each = (owed / next.len().max(1) as f64) as i64;
        let mut sent = 0.0;
        for (partition, next) in (0..).zip(next.iter_mut()) {
            if self.answers.awaits(partition) {
                continue;
            }
            for _ in 0..each {
                let value = numbered::value(&self.topic, partition, *next, self.bytes);
                let record = BaseRecord::<(), _>::to(self.topic.as_str());
                self.answers.await_one(partition);
                let record = record.partition(partition).payload(&value);
                if let Err((error, _)) = producer.send(record) {
                    self.answers.not_taken(partition, &error);
                    return sent;
                }
                *next += 1;
                sent += 1.0;
            }
        }
        sent
    }

    fn producer(&self) -> Result<ThreadedProducer<Callbacks>> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "10")
            .set("message.timeout.ms", "140000")
            .set("reconnect.backoff.max.ms", "500")
            .set("topic.metadata.refresh.interval.ms", "5000");
        let context = Callbacks::new(&self.topic, &self.answers);
        config
            .create_with_context(context)
            .context("could not create a producer")
    }
}
