//! A roll on a Kafka, with clients and producers whose every act is written into one history.

mod flow;
mod journal;
mod plan;
mod witness;

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rollcall_proto::v1::Close;

use crate::checker::{self, Log};
use crate::client::Request;
use crate::kafka::Kafka;
use crate::producer::Producer;
use crate::record::Stored;
use crate::roll::Roll;
use crate::{eventually, scratch};

pub use flow::Flow;
pub use journal::Journal;
pub use plan::Plan;
pub use witness::Witness;

/// Reading everything, and seeing it committed.
const TO_THE_END: Duration = Duration::from_secs(60);

/// A rebalance, and the session of a member that died before it.
const SPREAD: Duration = Duration::from_secs(30);

/// The timeout of the gathers that read to the end.
const GATHER: Duration = Duration::from_millis(300);

/// What was set up.
pub struct Stage<'k> {
    /// The Kafka.
    pub kafka: &'k Kafka,
    /// The services.
    pub roll: Roll,
    /// What happened.
    pub journal: Journal,
    /// A producer without transactions.
    pub producer: Producer,
    group: String,
    topics: Vec<(String, i32)>,
    next_numbers: BTreeMap<Log, u64>,
}

impl Stage<'_> {
    /// The consumer group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The full name of a topic, by its place on the roll.
    pub fn topic(&self, place: usize) -> &str {
        &self.topics[place].0
    }

    /// All partitions of all topics.
    pub fn logs(&self) -> impl Iterator<Item = (&str, i32)> {
        self.topics.iter().flat_map(|(topic, partitions)| {
            (0..*partitions).map(move |partition| (topic.as_str(), partition))
        })
    }

    /// A client whose gathers and settlements are written down.
    pub fn witness(&self, id: &str) -> Result<Witness> {
        Ok(Witness::new(self.roll.client(id)?, self.journal.clone()))
    }

    /// Produces the next numbers of one partition.
    pub async fn produce(
        &mut self,
        topic: usize,
        partition: i32,
        count: u64,
    ) -> Result<Vec<Stored>> {
        let name = self.topics[topic].0.clone();
        let log = Log::new(&name, partition).context("a topic's name")?;
        let next = self.next_numbers.entry(log).or_default();
        let numbers = *next..*next + count;
        *next += count;
        let stored = self
            .producer
            .numbers(&name, Some(partition), numbers)
            .await?;
        self.journal.produced(&name, &stored)?;
        Ok(stored)
    }

    /// The group's committed offset, which is written down.
    pub async fn committed(&self, topic: &str, partition: i32) -> Result<Option<i64>> {
        let committed = self.kafka.committed(&self.group, topic, partition).await?;
        let (_, end) = self.kafka.watermarks(topic, partition).await?;
        self.journal.committed(topic, partition, committed, end)?;
        Ok(committed)
    }

    /// Writes down what the group has committed of every log.
    pub async fn see_commits(&self) -> Result<()> {
        for (topic, partition) in self.logs() {
            self.committed(topic, partition).await?;
        }
        Ok(())
    }

    /// Waits until the group has committed this offset.
    pub async fn until_committed(&self, topic: usize, partition: i32, offset: i64) -> Result<()> {
        let topic = self.topic(topic);
        let what = format!("{offset} of {topic}-{partition} is committed");
        eventually(&what, TO_THE_END, async || {
            let committed = self.committed(topic, partition).await?;
            ensure!(committed == Some(offset), "it is {committed:?}");
            Ok(())
        })
        .await
    }

    /// Waits until every partition of a topic is claimed, by so many fetchers.
    pub async fn until_spread(&self, topic: usize, fetchers: usize) -> Result<()> {
        let client = self.roll.client("spread")?;
        let topic = self.topic(topic);
        let what = format!("{fetchers} fetchers have all of {topic}");
        eventually(&what, SPREAD, async || {
            let status = client.topic(topic).await?;
            let owners = status.fetchers.iter().filter(|fetcher| fetcher.claims > 0);
            let claimed = status
                .partitions
                .iter()
                .filter(|partition| partition.epoch > 0);
            let (owners, claimed) = (owners.count(), claimed.count());
            ensure!(owners == fetchers, "{owners} have: {:?}", status.fetchers);
            ensure!(claimed == status.partitions.len(), "{claimed} are claimed");
            Ok(())
        })
        .await
    }

    /// Gathers and acks until the group has committed every log to its end.
    pub async fn read_to_the_end(&self) -> Result<()> {
        let reader = self.witness("reader")?;
        eventually(
            "every log is read, acked and committed",
            TO_THE_END,
            async || {
                let request = Request::roll()
                    .timeout(GATHER)
                    .max_records(5_000)
                    .close(Close::Each);
                let gathered = reader.gather(request).await?;
                gathered.summary()?;
                reader.ack(&gathered).await?;
                ensure!(
                    gathered.record_count() == 0,
                    "{} records came",
                    gathered.record_count()
                );
                for (topic, partition) in self.logs() {
                    let (_, end) = self.kafka.watermarks(topic, partition).await?;
                    let committed = self.committed(topic, partition).await?;
                    ensure!(
                        committed == Some(end),
                        "{topic}-{partition} ends at {end}, committed is {committed:?}"
                    );
                }
                Ok(())
            },
        )
        .await
    }

    /// Judges all that happened by every invariant. A history that breaks one is kept with the logs.
    pub fn check(&self) -> Result<()> {
        let history = self.journal.history();
        let broken = checker::broken(&history);
        if broken.is_empty() {
            return Ok(());
        }
        let kept = scratch::directory("history")?.join("history.txt");
        let lines: Vec<String> = history
            .entries()
            .iter()
            .map(|entry| format!("{entry:?}\n"))
            .collect();
        fs::write(&kept, lines.concat())?;
        let told: Vec<String> = broken.iter().map(ToString::to_string).collect();
        bail!(
            "{}\nwhat happened is in {}",
            told.join("\n"),
            kept.display()
        );
    }

    /// Reads to the end, then judges.
    pub async fn read_to_the_end_and_check(&self) -> Result<()> {
        self.read_to_the_end().await?;
        self.check()
    }
}
