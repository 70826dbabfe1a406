//! The committed offsets of consumer groups.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rdkafka::admin::AdminOptions;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::Kafka;
use super::settings::OFFSETS_PARTITIONS;
use crate::blocking::blocking;
use crate::wait::eventually;

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

    /// Deletes a group, as soon as its last member has left.
    pub async fn delete_group(&self, group: &str) -> Result<()> {
        eventually("the group is deleted", REQUEST, async || {
            let options = AdminOptions::new().request_timeout(Some(REQUEST));
            let answers = self.admin.delete_groups(&[group], &options).await?;
            match answers.into_iter().next() {
                Some(Ok(_)) => Ok(()),
                Some(Err((_, code))) => bail!("could not delete group {group}: {code}"),
                None => bail!("could not delete group {group}: the answer does not name it"),
            }
        })
        .await
    }

    /// The node that coordinates a group: the one that leads the group's partition of the topic with the offsets.
    pub async fn coordinator(&self, group: &str) -> Result<i32> {
        let partition = match self.nodes.len() {
            1 => 0,
            _ => java_hash(group) % OFFSETS_PARTITIONS,
        };
        let leader = self.leader("__consumer_offsets", partition).await?;
        leader.with_context(|| format!("group {group} has no coordinator"))
    }

    /// A group name that begins with `prefix` and that this node coordinates.
    pub async fn group_coordinated_by(&self, node: i32, prefix: &str) -> Result<String> {
        /// A third of all names is, so this is never reached.
        const TRIES: usize = 200;
        for _ in 0..TRIES {
            let group = super::unique(prefix);
            if self.coordinator(&group).await? == node {
                return Ok(group);
            }
        }
        bail!("node {node} coordinates no group")
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

/// Java's hash of a text, without its sign: by it a group finds its partition.
fn java_hash(text: &str) -> i32 {
    let hash = text.encode_utf16().fold(0_i32, |hash, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    hash.checked_abs().unwrap_or(0)
}
