//! A member of a group that is no fetcher of rollcall's: another application's consumer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::blocking::EndsElsewhere;
use crate::eventually;

/// A rebalance, and the session of a member that died before it.
const SOON: Duration = Duration::from_secs(30);

/// One poll.
const POLL: Duration = Duration::from_millis(50);

/// Time between two commits of where it stands.
const COMMIT: Duration = Duration::from_secs(1);

/// The application: it polls on a thread of its own, and commits synchronously what it read.
pub struct Member {
    consumer: EndsElsewhere<BaseConsumer>,
    orders: Arc<Orders>,
}

/// What it is told from outside.
#[derive(Debug, Default)]
struct Orders {
    stop: AtomicBool,
    asleep: AtomicBool,
    /// It reads, and commits nothing.
    keeps_quiet: AtomicBool,
    read: AtomicU64,
}

impl Member {
    /// Joins a group under the client id `stranger`, with librdkafka's settings of the caller's choice.
    pub fn join(
        bootstrap: &str,
        group: &str,
        topics: &[&str],
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let mut config = config(bootstrap, group);
        for (name, value) in settings {
            config.set(*name, *value);
        }
        let consumer: BaseConsumer = config.create().context("could not create a member")?;
        consumer.subscribe(topics).context("could not subscribe")?;
        Ok(Self::polled(consumer))
    }

    /// Reads partition 0 of a topic for a group without being a member of it, and commits as one does.
    pub fn assign(bootstrap: &str, group: &str, topic: &str) -> Result<Self> {
        let consumer = config(bootstrap, group)
            .create::<BaseConsumer>()
            .context("could not create a consumer")?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, 0, Offset::Stored)?;
        consumer.assign(&list).context("could not assign")?;
        Ok(Self::polled(consumer))
    }

    fn polled(consumer: BaseConsumer) -> Self {
        let (consumer, orders) = (EndsElsewhere::new(consumer), Arc::new(Orders::default()));
        let (polled, told) = (consumer.share(), Arc::clone(&orders));
        std::thread::spawn(move || {
            if let Some(consumer) = polled {
                poll(&consumer, &told);
            }
        });
        Self { consumer, orders }
    }

    /// How many partitions it owns.
    pub fn owned(&self) -> usize {
        let owned = self
            .consumer()
            .and_then(|consumer| Ok(consumer.assignment()?));
        owned.map_or(0, |owned| owned.count())
    }

    /// The partitions that it owns, of all its topics.
    pub fn partitions(&self) -> Vec<i32> {
        let owned = self
            .consumer()
            .and_then(|consumer| Ok(consumer.assignment()?));
        let owned = owned.map(|owned| owned.elements().iter().map(|one| one.partition()).collect());
        owned.unwrap_or_default()
    }

    /// How many records it has read.
    pub fn read(&self) -> u64 {
        self.orders.read.load(Ordering::Relaxed)
    }

    /// Waits until it owns this many partitions.
    pub async fn until_it_owns(&self, partitions: usize) -> Result<()> {
        eventually("the member has its partitions", SOON, async || {
            ensure!(self.owned() == partitions, "it has {}", self.owned());
            Ok(())
        })
        .await
    }

    /// Waits until it has read this many records.
    pub async fn until_it_read(&self, records: u64) -> Result<()> {
        eventually("the member has read", SOON, async || {
            ensure!(self.read() >= records, "it has {}", self.read());
            Ok(())
        })
        .await
    }

    /// From now on it does not poll; the client's own threads go on with its heartbeats.
    pub fn fall_asleep(&self) {
        self.orders.asleep.store(true, Ordering::Relaxed);
    }

    /// It polls again.
    pub fn wake_up(&self) {
        self.orders.asleep.store(false, Ordering::Relaxed);
    }

    /// From now on it reads without committing.
    pub fn keep_quiet(&self) {
        self.orders.keeps_quiet.store(true, Ordering::Relaxed);
    }

    /// Pauses the partitions that it owns.
    pub fn pause(&self) -> Result<()> {
        let consumer = self.consumer()?;
        let owned = consumer.assignment().context("no assignment")?;
        consumer.pause(&owned).context("could not pause")
    }

    /// Lets them go on.
    pub fn resume(&self) -> Result<()> {
        let consumer = self.consumer()?;
        let owned = consumer.assignment().context("no assignment")?;
        consumer.resume(&owned).context("could not resume")
    }

    fn consumer(&self) -> Result<Arc<BaseConsumer>> {
        self.consumer.share().context("the member has left")
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Leaving the group may take as long as the group pleases, and is nothing to wait for here.
        self.orders.stop.store(true, Ordering::Relaxed);
    }
}

fn config(bootstrap: &str, group: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", group)
        .set("client.id", "stranger")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "50")
        .set("isolation.level", "read_committed");
    config
}

fn poll(consumer: &BaseConsumer, orders: &Orders) {
    let mut committed = Instant::now();
    while !orders.stop.load(Ordering::Relaxed) {
        if orders.asleep.load(Ordering::Relaxed) {
            std::thread::park_timeout(POLL);
            continue;
        }
        if let Some(Ok(message)) = consumer.poll(POLL) {
            orders.read.fetch_add(1, Ordering::Relaxed);
            if !orders.keeps_quiet.load(Ordering::Relaxed) {
                // One that came in the middle of a round is committed by the next.
                let _ = consumer.commit_message(&message, CommitMode::Sync);
            }
        } else if !orders.keeps_quiet.load(Ordering::Relaxed) && committed.elapsed() > COMMIT {
            commit_position(consumer);
            committed = Instant::now();
        }
    }
}

/// Commits where it stands, control records included, so that they leave no lag.
fn commit_position(consumer: &BaseConsumer) {
    let (Ok(position), Ok(owned)) = (consumer.position(), consumer.assignment()) else {
        return;
    };
    let mut list = TopicPartitionList::new();
    for element in owned.elements() {
        let at = position.find_partition(element.topic(), element.partition());
        if let Some(at) = at.filter(|at| matches!(at.offset(), Offset::Offset(_))) {
            // A partition that is listed twice is refused; it is listed once.
            let _ = list.add_partition_offset(element.topic(), element.partition(), at.offset());
        }
    }
    if list.count() > 0 {
        // As above.
        let _ = consumer.commit(&list, CommitMode::Sync);
    }
}
