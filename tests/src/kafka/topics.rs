//! Topics: create, grow, delete, cut, look.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use rdkafka::admin::{AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::timeout;

use super::Kafka;
use crate::blocking::blocking;
use crate::wait::eventually;

/// One request to the broker.
const REQUEST: Duration = Duration::from_secs(15);

/// From the broker's answer to an admin request until every client would see it.
const VISIBLE: Duration = Duration::from_secs(15);

/// Until another node leads: the dead one's session (9 s) has to run out first; on a busy machine that is not all.
const LED: Duration = Duration::from_secs(90);

/// One look at who leads and follows; the node that is asked may be the one that is frozen.
const GLANCE: Duration = Duration::from_secs(3);

impl Kafka {
    /// Creates a topic and waits until every partition has a leader.
    pub async fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        config: &[(&str, &str)],
    ) -> Result<()> {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        topic.config = config.to_vec();
        let created = self.admin.create_topics([&topic], &options()).await?;
        accepted(created, "create", name)?;
        self.wait_for_leaders(name, partitions).await
    }

    /// Creates a topic whose partitions lie on these nodes, the first of each the one that leads; waits for the leaders.
    pub async fn create_placed_topic(
        &self,
        name: &str,
        replicas: &[&[i32]],
        config: &[(&str, &str)],
    ) -> Result<()> {
        let partitions = i32::try_from(replicas.len()).context("a number of partitions")?;
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Variable(replicas));
        topic.config = config.to_vec();
        let created = self.admin.create_topics([&topic], &options()).await?;
        accepted(created, "create", name)?;
        self.wait_for_leaders(name, partitions).await
    }

    /// The node that leads a partition; none when it has no leader.
    pub async fn leader(&self, topic: &str, partition: i32) -> Result<Option<i32>> {
        self.leader_within(topic, partition, REQUEST).await
    }

    async fn leader_within(
        &self,
        topic: &str,
        partition: i32,
        within: Duration,
    ) -> Result<Option<i32>> {
        let metadata = self.metadata(Some(topic), within).await?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let partitions = found.map(MetadataTopic::partitions).unwrap_or_default();
        let found = partitions.iter().find(|found| found.id() == partition);
        let leader = found
            .with_context(|| format!("no {topic}-{partition}"))?
            .leader();
        Ok((leader >= 0).then_some(leader))
    }

    /// Waits until these nodes, in any order, are all that is in sync in every partition of a topic.
    pub async fn until_in_sync(&self, topic: &str, nodes: &[i32]) -> Result<()> {
        let what = format!("{nodes:?} are in sync in {topic}");
        eventually(&what, LED, async || {
            let metadata = self.metadata(Some(topic), GLANCE).await?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            for partition in found.with_context(|| format!("no {topic}"))?.partitions() {
                let mut isr = partition.isr().to_vec();
                isr.sort_unstable();
                ensure!(isr == nodes, "{}: {isr:?} are", partition.id());
            }
            Ok(())
        })
        .await
    }

    /// Waits until this node leads the partition.
    pub async fn until_led_by(&self, topic: &str, partition: i32, node: i32) -> Result<()> {
        let what = format!("node {node} leads {topic}-{partition}");
        eventually(&what, LED, async || {
            let leader = self.leader_within(topic, partition, GLANCE).await?;
            ensure!(leader == Some(node), "{leader:?} does");
            Ok(())
        })
        .await
    }

    /// Gives a topic more partitions (`total` in all) and waits until every one has a leader.
    pub async fn add_partitions(&self, name: &str, total: i32) -> Result<()> {
        let count = usize::try_from(total).context("a number of partitions")?;
        let added = self
            .admin
            .create_partitions([&NewPartitions::new(name, count)], &options())
            .await?;
        accepted(added, "add partitions to", name)?;
        self.wait_for_leaders(name, total).await
    }

    /// Deletes a topic and waits until the metadata has it no more.
    pub async fn delete_topic(&self, name: &str) -> Result<()> {
        let deleted = self.admin.delete_topics(&[name], &options()).await?;
        accepted(deleted, "delete", name)?;
        eventually(&format!("topic {name} is gone"), VISIBLE, async || {
            ensure!(
                self.partitions_of(name).await?.is_none(),
                "it is still in the metadata"
            );
            Ok(())
        })
        .await
    }

    /// Deletes the records of a partition below `before_offset`, as retention would.
    pub async fn delete_records(
        &self,
        topic: &str,
        partition: i32,
        before_offset: i64,
    ) -> Result<()> {
        let mut cut = TopicPartitionList::new();
        cut.add_partition_offset(topic, partition, Offset::Offset(before_offset))?;
        let answer = self.admin.delete_records(&cut, &options()).await?;
        for element in answer.elements() {
            element
                .error()
                .with_context(|| format!("could not delete records of {topic}-{partition}"))?;
        }
        Ok(())
    }

    /// The log start and the high watermark of a partition, as a read_uncommitted client sees them.
    pub async fn watermarks(&self, topic: &str, partition: i32) -> Result<(i64, i64)> {
        let (admin, name) = (Arc::clone(&self.admin), topic.to_owned());
        let ask = move || admin.inner().fetch_watermarks(&name, partition, REQUEST);
        let found = blocking("read watermarks", REQUEST * 2, ask).await?;
        found.with_context(|| format!("could not read the watermarks of {topic}-{partition}"))
    }

    /// The log of a partition in words: its bounds, who leads it, and who is in sync.
    pub(crate) async fn log_of(&self, topic: &str, partition: i32) -> Result<String> {
        let metadata = self.metadata(Some(topic), GLANCE).await?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let partitions = found.map(MetadataTopic::partitions).unwrap_or_default();
        let found = partitions.iter().find(|found| found.id() == partition);
        let found = found.context("is not in the metadata")?;
        let (leader, isr, error) = (found.leader(), found.isr(), found.error());
        let bounds = match timeout(GLANCE, self.watermarks(topic, partition)).await {
            Ok(Ok((start, end))) => format!("{start}..{end}"),
            Ok(Err(why)) => format!("does not say its ends ({why:#})"),
            Err(_) => format!("does not say its ends in {GLANCE:?}"),
        };
        Ok(format!(
            "{bounds}, led by {leader}, {isr:?} in sync, error {error:?}"
        ))
    }

    /// The metadata of one topic or of all.
    pub(super) async fn metadata(&self, topic: Option<&str>, within: Duration) -> Result<Metadata> {
        let (admin, topic) = (Arc::clone(&self.admin), topic.map(str::to_owned));
        let ask = move || admin.inner().fetch_metadata(topic.as_deref(), within);
        blocking("read metadata", within * 2, ask)
            .await?
            .context("could not read the metadata")
    }

    async fn wait_for_leaders(&self, name: &str, partitions: i32) -> Result<()> {
        eventually(
            &format!("topic {name} has {partitions} partitions with leaders"),
            VISIBLE,
            async || {
                let led = self.partitions_of(name).await?.unwrap_or(0);
                ensure!(i32::try_from(led) == Ok(partitions), "{led} have one");
                Ok(())
            },
        )
        .await
    }

    /// How many partitions with a leader a topic has; none, when there is no such topic.
    async fn partitions_of(&self, name: &str) -> Result<Option<usize>> {
        let metadata = self.metadata(Some(name), REQUEST).await?;
        let topic = metadata.topics().iter().find(|topic| topic.name() == name);
        Ok(topic.filter(|topic| topic.error().is_none()).map(count_led))
    }
}

fn count_led(topic: &MetadataTopic) -> usize {
    topic
        .partitions()
        .iter()
        .filter(|partition| partition.error().is_none() && partition.leader() >= 0)
        .count()
}

fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(REQUEST))
        .operation_timeout(Some(REQUEST))
}

/// Admin requests answer per topic; these here name exactly one.
fn accepted(answers: Vec<rdkafka::admin::TopicResult>, what: &str, name: &str) -> Result<()> {
    match answers.into_iter().next() {
        Some(Ok(_)) => Ok(()),
        Some(Err((_, code))) => {
            Err(anyhow!(code).context(format!("could not {what} topic {name}")))
        }
        None => bail!("could not {what} topic {name}: the broker's answer does not name it"),
    }
}
