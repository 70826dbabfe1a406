//! The log and the group from outside: measures, joins nothing.
//!
//! All calls block and are for an OS thread of their own. Between calls nothing is asked and nothing is polled, so
//! each call first hands out what the client has to say meanwhile ([`ClientFault`]).

mod client;
mod group;
mod lists;
mod standby;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset as Position};
use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};

use super::native;

pub use super::native::{
    GroupCommits, GroupDescription, GroupState, Member, PartitionMetadata, TopicMetadata,
};
pub use client::ClientFault;
pub use group::GroupReader;

pub(crate) use client::{CHUNK, Listener, ObserverClient, group_less};
pub(crate) use lists::{Answer, DIVISIONS, Found, chunked, list, offset};

use standby::Standby;

/// What was measured of each partition that was asked for.
pub type Offsets = BTreeMap<Partition, Result<Offset, KafkaError>>;

/// Two clients that join nothing: one sees every record; one, which comes and goes, only what is committed.
pub struct Observer {
    /// For H, L, metadata and topic ids.
    uncommitted: ObserverClient,
    /// For S.
    committed: Arc<Standby>,
}

impl Observer {
    /// An observer of the cluster that `base` connects to. Only the connection's settings of `base` matter: group,
    /// isolation level and the like are replaced. Connects in the background.
    pub fn new(base: &ClientConfig) -> Result<Self, KafkaError> {
        Self::over(base, group_less(base))
    }

    /// An observer and a reader of `group` that share the second client.
    pub fn with_reader(
        base: &ClientConfig,
        group: &str,
    ) -> Result<(Self, GroupReader), KafkaError> {
        let observer = Self::over(base, group::settings(base, group))?;
        let reader = GroupReader::over(Arc::clone(&observer.committed), group);
        Ok((observer, reader))
    }

    fn over(base: &ClientConfig, mut for_committed: ClientConfig) -> Result<Self, KafkaError> {
        let mut for_uncommitted = group_less(base);
        for_uncommitted.set("isolation.level", "read_uncommitted");
        // Every round asks for metadata itself.
        for_uncommitted.set("topic.metadata.refresh.interval.ms", "-1");
        for_committed.set("isolation.level", "read_committed");
        Ok(Self {
            uncommitted: ObserverClient::new(&for_uncommitted)?,
            committed: Arc::new(Standby::new(for_committed)),
        })
    }

    /// The topic's partitions and leaders, and the cluster's brokers.
    ///
    /// A topic that does not exist is an answer. An error when no broker answered in time, or refused to.
    pub fn metadata(&self, topic: &Topic, timeout: Duration) -> Result<TopicMetadata, KafkaError> {
        self.uncommitted.metadata(topic, timeout)
    }

    /// Kafka's id of the topic, asked of `broker`; `None` when the cluster has no such topic. See
    /// [`native::topic_id`].
    pub fn topic_id(
        &self,
        topic: &Topic,
        broker: Option<i32>,
        timeout: Duration,
    ) -> Result<Option<TopicId>, KafkaError> {
        self.uncommitted.serve();
        native::topic_id(self.uncommitted.consumer.client(), topic, broker, timeout)
    }

    /// H of each partition.
    ///
    /// One request to each leader. If one of them does not answer within the timeout, none of the partitions is
    /// known (librdkafka gives the others' answers away): ask for one leader's partitions at a time to tell them
    /// apart, and not at all for a partition without a leader, which holds up the others until the timeout.
    /// An error as a whole when nothing could be measured; a partition's own otherwise.
    pub fn high_watermarks(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Offsets, KafkaError> {
        self.uncommitted
            .offsets(topic, partitions, Position::End, timeout)
    }

    /// S of each partition; see [`Self::high_watermarks`]. Ask for H before: S < H then proves an open transaction.
    pub fn last_stable_offsets(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Offsets, KafkaError> {
        let client = self.committed.client()?;
        client.offsets(topic, partitions, Position::End, timeout)
    }

    /// Lets the second client go when S and the group have not been asked for in a while.
    pub fn rest(&self) {
        self.committed.rest();
    }

    /// L of each partition; see [`Self::high_watermarks`].
    pub fn log_starts(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<Offsets, KafkaError> {
        self.uncommitted
            .offsets(topic, partitions, Position::Beginning, timeout)
    }

    /// Of each partition, the first offset whose timestamp is `timestamp_ms` (since the epoch) or later; `None` when
    /// there is none, which is always so on the embedded broker: it has no time index.
    pub fn offsets_at(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        timestamp_ms: i64,
        timeout: Duration,
    ) -> Result<BTreeMap<Partition, Result<Option<Offset>, KafkaError>>, KafkaError> {
        self.uncommitted
            .positions(topic, partitions, Position::Offset(timestamp_ms), timeout)
    }

    /// Whether the second client is there.
    #[cfg(test)]
    pub(in crate::kafka) fn asks_for_committed(&self) -> bool {
        self.committed.present().is_some()
    }

    /// What the clients last complained about, why a call may have failed: a refused login, a failed handshake.
    pub fn fault(&self) -> Option<ClientFault> {
        self.uncommitted.serve();
        self.uncommitted.fault()
    }
}

#[cfg(test)]
mod tests;
