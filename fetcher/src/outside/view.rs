//! One topic, as the last look at the cluster saw it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};

use super::backlog::Unread;
use super::ends::Measured;
use super::pulse::Led;
use super::say;
use crate::kafka::native::{ClusterMetadata, PartitionMetadata};
use crate::kafka::text::bounded;

/// How long a measured log start serves.
const LOG_START_SERVES: Duration = Duration::from_secs(10);

/// One topic as the last round saw it.
#[derive(Debug, Default)]
pub(super) struct TopicView {
    /// What metadata said of it; `None` while no broker answered.
    pub(super) said: Option<Result<(), Code>>,
    pub(super) partitions: Vec<PartitionMetadata>,
    pub(super) measured: BTreeMap<Partition, Measured>,
    pub(super) id: Option<TopicId>,
    /// Brokers in the metadata.
    pub(super) brokers: u32,
    /// Why the round failed as a whole.
    pub(super) failure: Option<String>,
    /// How long measuring took.
    pub(super) took: Duration,
    pub(super) log_starts: BTreeMap<Partition, (Offset, Instant)>,
    addresses: BTreeMap<Partition, String>,
}

impl TopicView {
    /// Whether the cluster has the topic; `None` while it is not known.
    pub(super) fn exists(&self) -> Option<bool> {
        match self.said? {
            Ok(()) => Some(true),
            Err(Code::UnknownTopicOrPartition) => Some(false),
            Err(_) => None,
        }
    }

    /// L, unless it is too old.
    pub(super) fn log_start(&self, partition: Partition) -> Option<Offset> {
        let &(start, at) = self.log_starts.get(&partition)?;
        (at.elapsed() < LOG_START_SERVES).then_some(start)
    }

    /// "host:port" of the leader or the last one; empty when there never was one.
    pub(super) fn leader_address(&self, partition: Partition) -> String {
        self.addresses.get(&partition).cloned().unwrap_or_default()
    }

    /// Sum of the ends; `None` while one of them is unknown.
    pub(super) fn written(&self) -> Option<u64> {
        let ends = self.partitions.iter().map(|entry| {
            let measured = self.measured.get(&entry.partition)?;
            u64::try_from(measured.high_watermark?.get()).ok()
        });
        ends.into_iter()
            .try_fold(0, |sum: u64, end| Some(sum.saturating_add(end?)))
    }

    /// The last record of a partition that has one, for no group.
    pub(super) fn last_record(&self, topic: &Topic) -> Option<Unread> {
        self.measured.iter().find_map(|(&partition, measured)| {
            let (high, start) = (measured.high_watermark?, self.log_start(partition)?);
            let before = Offset::known(high.get() - 1)?;
            (start < high).then(|| Unread {
                group: String::new(),
                key: (topic.clone(), partition),
                committed: before,
                end: high,
                high,
            })
        })
    }

    /// The partitions with their leaders, or the last that were known.
    pub(super) fn led(&self) -> Vec<Led> {
        let led = |entry: &PartitionMetadata| Led {
            partition: entry.partition,
            leader: entry.leader,
            address: self.leader_address(entry.partition),
        };
        self.partitions.iter().map(led).collect()
    }

    pub(super) fn learn(
        &mut self,
        said: Result<Vec<PartitionMetadata>, Code>,
        metadata: &ClusterMetadata,
    ) {
        self.failure = None;
        self.brokers = say::count(metadata.brokers.len());
        match said {
            Ok(partitions) => {
                for entry in &partitions {
                    let address = entry
                        .leader
                        .and_then(|leader| metadata.brokers.get(&leader));
                    if let Some(address) = address {
                        self.addresses.insert(entry.partition, address.clone());
                    }
                }
                self.partitions = partitions;
                self.said = Some(Ok(()));
            }
            Err(code) => {
                self.partitions.clear();
                self.failure = (code != Code::UnknownTopicOrPartition)
                    .then(|| bounded(&KafkaError::MetadataFetch(code).to_string()));
                self.said = Some(Err(code));
            }
        }
    }

    pub(super) fn measured(&mut self, found: BTreeMap<Partition, Measured>, took: Duration) {
        let now = Instant::now();
        for (&partition, measured) in &found {
            if let Some(start) = measured.log_start {
                self.log_starts.insert(partition, (start, now));
            }
        }
        self.measured = found;
        self.took = took;
    }
}
