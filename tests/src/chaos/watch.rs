//! Looking at the roll all the time, from outside: what is committed, what the aggregator holds and names as lost.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::{ClientConfig, TopicPartitionList};
use rollcall_proto::ids::Topic;
use rollcall_proto::limits::BATCH_BYTES;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::book::Book;
use super::house::GROUP;
use crate::checker::line::Said;
use crate::client::Client;

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// One question about the group.
const ASK: Duration = Duration::from_secs(5);

/// Ranges that are kept apart to name each once; rollcall itself keeps far less of each partition.
const RANGES: usize = 100_000;

/// What looks; it ends when this is dropped.
pub(super) struct Watch {
    stop: Arc<AtomicBool>,
    /// Of each lane.
    statuses: Vec<JoinHandle<Result<()>>>,
}

impl Watch {
    /// Begins to look.
    pub(super) fn start(
        bootstrap: &str,
        aggregators: &[SocketAddr],
        topics: Vec<Topic>,
        partitions: i32,
        book: &Book,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let commits = Commits {
            group: outsider(bootstrap)?,
            topics: topics.clone(),
            partitions,
        };
        let (told, written) = (Arc::clone(&stop), book.clone());
        std::thread::Builder::new()
            .name("commits".to_owned())
            .spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    // The coordinator may be dead just now.
                    let _ = commits.look(&written);
                    std::thread::park_timeout(LOOK);
                }
            })
            .context("could not start a thread")?;
        let mut statuses = Vec::new();
        for &aggregator in aggregators {
            let status = Status {
                client: Client::to(aggregator, "watch")?,
                topics: topics.clone(),
                partitions,
                named: HashSet::new(),
            };
            statuses.push(tokio::spawn(status.run(book.clone())));
        }
        Ok(Self { stop, statuses })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.statuses.iter().for_each(JoinHandle::abort);
    }
}

/// Who asks what a group has committed, without being a member.
pub(super) fn outsider(bootstrap: &str) -> Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", GROUP)
        .set("enable.auto.commit", "false");
    config
        .create()
        .context("could not create a client for the commits")
}

struct Commits {
    group: BaseConsumer,
    topics: Vec<Topic>,
    partitions: i32,
}

impl Commits {
    fn look(&self, book: &Book) -> Result<()> {
        for topic in &self.topics {
            let offsets = committed(&self.group, topic, self.partitions)?;
            book.say(Said::Committed {
                topic: topic.clone(),
                offsets,
            })?;
        }
        Ok(())
    }
}

/// What is committed of each partition of a topic.
pub(super) fn committed(
    group: &BaseConsumer,
    topic: &Topic,
    partitions: i32,
) -> Result<Vec<Option<i64>>> {
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic.as_str(), 0, partitions - 1);
    let found = group.committed_offsets(list, ASK)?;
    let offset = |partition| {
        let element = found.find_partition(topic.as_str(), partition)?;
        element.offset().to_raw().filter(|offset| *offset >= 0)
    };
    Ok((0..partitions).map(offset).collect())
}

struct Status {
    client: Client,
    topics: Vec<Topic>,
    partitions: i32,
    named: HashSet<(Topic, i32, i64, i64)>,
}

impl Status {
    async fn run(mut self, book: Book) -> Result<()> {
        loop {
            // The aggregator may be dead just now.
            let _ = self.look(&book).await;
            sleep(LOOK).await;
        }
    }

    async fn look(&mut self, book: &Book) -> Result<()> {
        for topic in self.topics.clone() {
            for partition in self.client.topic(topic.as_str()).await?.partitions {
                for lost in &partition.lost {
                    let (first, next) = (lost.first_offset, lost.next_offset);
                    self.name(book, &topic, partition.partition, first, next)?;
                }
            }
        }
        let status = self.client.status().await?;
        book.say(Said::Held {
            bytes: status.buffered_bytes,
            budget: status.budget_bytes,
            partitions: u64::from(self.partitions.unsigned_abs()) * self.topics.len() as u64,
            batch: BATCH_BYTES,
        })
    }

    fn name(
        &mut self,
        book: &Book,
        topic: &Topic,
        partition: i32,
        first_offset: i64,
        next_offset: i64,
    ) -> Result<()> {
        let range = (topic.clone(), partition, first_offset, next_offset);
        if self.named.len() >= RANGES || !self.named.insert(range) {
            return Ok(());
        }
        book.say(Said::Named {
            topic: topic.clone(),
            partition,
            first_offset,
            next_offset,
        })
    }
}
