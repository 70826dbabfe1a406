//! One group from outside: what it committed, who is in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset as Position};
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::client::{CHUNK, group_less};
use super::standby::Standby;
use super::{ClientFault, GroupCommits, GroupDescription, lists};
use crate::kafka::native;

/// Reads a group's commits and its description. It has the group's id and never subscribes, so the group does not
/// notice it (measured: no rebalance, also when it goes, for classic and KIP-848 groups).
///
/// Dropping it takes about 100 ms.
pub struct GroupReader {
    group: String,
    client: Arc<Standby>,
}

/// The settings of a client that reads `group`.
pub(super) fn settings(base: &ClientConfig, group: &str) -> ClientConfig {
    let mut config = group_less(base);
    config.set("group.id", group);
    config
}

impl GroupReader {
    /// A reader of `group` on the cluster that `base` connects to. Connects in the background.
    pub fn new(base: &ClientConfig, group: &str) -> Result<Self, KafkaError> {
        let client = Standby::new(settings(base, group));
        client.client()?;
        Ok(Self::over(Arc::new(client), group))
    }

    /// A reader with a client that was made with these [`settings`].
    pub(super) fn over(client: Arc<Standby>, group: &str) -> Self {
        Self {
            group: group.to_owned(),
            client,
        }
    }

    /// The group's id.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The group's committed offset of each partition; `None` where it has none.
    ///
    /// An error when the coordinator did not answer in time or refused, also for a single partition.
    pub fn committed(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        timeout: Duration,
    ) -> Result<BTreeMap<Partition, Option<Offset>>, KafkaError> {
        let client = self.client.client()?;
        client.serve();
        let deadline = Instant::now() + timeout;
        // A group is refused as a whole.
        let found = lists::in_chunks(partitions, CHUNK, 0, |chunk| {
            let list = lists::list(topic, chunk, Position::Invalid)?;
            let remaining = deadline.saturating_duration_since(Instant::now());
            client.consumer.committed_offsets(list, remaining)
        })?;
        found
            .into_iter()
            .map(|(partition, offset)| Ok((partition, offset?)))
            .collect()
    }

    /// Everything that the group has committed, whatever the topic. See [`native::group_commits`].
    pub fn commits(&self, timeout: Duration) -> Result<GroupCommits, KafkaError> {
        let client = self.client.client()?;
        client.serve();
        native::group_commits(&client.consumer, &self.group, timeout)
    }

    /// The group's state, its members and what they own. See [`native::describe_group`].
    pub fn describe(&self, timeout: Duration) -> Result<GroupDescription, KafkaError> {
        let client = self.client.client()?;
        client.serve();
        native::describe_group(client.consumer.client(), &self.group, timeout)
    }

    /// What the client last complained about, why a call may have failed.
    pub fn fault(&self) -> Option<ClientFault> {
        let client = self.client.present()?;
        client.serve();
        client.fault()
    }
}
