//! The committed offsets of consumer groups.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::Kafka;
use crate::blocking::blocking;

/// Includes finding the coordinator, whose topic the first group of a broker creates.
const REQUEST: Duration = Duration::from_secs(30);

impl Kafka {
    /// Sets the committed offsets of a group that has no members, as an operator who rewinds it would.
    ///
    /// A broker refuses this while the group has members.
    pub async fn alter_group_offsets(
        &self,
        group: &str,
        offsets: &[(&str, i32, i64)],
    ) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for (topic, partition, offset) in offsets {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        let outsider = self.outsider(group)?;
        let commit = move || outsider.commit(&list, CommitMode::Sync);
        let done = blocking("commit offsets", REQUEST, commit).await?;
        done.with_context(|| format!("could not set the offsets of group {group}"))
    }

    /// The committed offset of a group for a partition; none, when there is no commit.
    pub async fn committed(&self, group: &str, topic: &str, partition: i32) -> Result<Option<i64>> {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, partition);
        let outsider = self.outsider(group)?;
        let ask = move || outsider.committed_offsets(list, REQUEST);
        let found = blocking("read offsets", REQUEST * 2, ask).await?;
        let found =
            found.with_context(|| format!("could not read the offsets of group {group}"))?;
        let elements = found.elements();
        let element = elements
            .first()
            .context("an answer without the partition")?;
        element.error()?;
        Ok(element.offset().to_raw().filter(|offset| *offset >= 0))
    }

    /// A client that bears a group's name but never joins: it does not disturb the members.
    fn outsider(&self, group: &str) -> Result<BaseConsumer> {
        ensure!(!group.is_empty(), "a group without a name");
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.bootstrap())
            .set("group.id", group);
        config.set("enable.auto.commit", "false");
        config
            .create()
            .context("could not create a client for the group's offsets")
    }
}
