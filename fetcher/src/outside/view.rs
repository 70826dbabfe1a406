//! One topic, as the last look at the cluster saw it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};
use rollcall_proto::v1::ErrorKind;

use super::backlog::Unread;
use super::ends::{self, Measured};
use super::pulse::Led;
use super::say;
use crate::kafka::native::{ClusterMetadata, PartitionMetadata};

/// How long a measured log start serves where nothing waits to be read.
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
    /// Why the round failed as a whole (from the network), and what that is about.
    pub(super) failure: Option<(String, ErrorKind)>,
    /// How long measuring took.
    pub(super) took: Duration,
    pub(super) log_starts: BTreeMap<Partition, (Offset, Instant)>,
    /// Partitions with records that a group has not read.
    pub(super) behind: BTreeSet<Partition>,
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

    /// The partitions whose end could not be had.
    pub(super) fn unmeasured(&self) -> impl Iterator<Item = Partition> {
        let high = |partition| self.measured.get(&partition)?.high_watermark;
        let partitions = self.partitions.iter().map(|entry| entry.partition);
        partitions.filter(move |&partition| high(partition).is_none())
    }

    /// Whether L has to be asked for: where records wait for a group every time, so that what a cut takes from it is
    /// told at once.
    pub(super) fn wants_log_start(&self, partition: Partition) -> bool {
        self.behind.contains(&partition) || self.log_start(partition).is_none()
    }

    /// Notes the partitions that a group with these commits is behind in.
    pub(super) fn note_behind(&mut self, commits: &BTreeMap<Partition, Offset>) {
        let measured = &self.measured;
        let high = |partition| measured.get(partition)?.high_watermark;
        let behind = commits.iter().filter(|(partition, committed)| {
            high(partition).is_some_and(|high| **committed < high)
        });
        self.behind.extend(behind.map(|(partition, _)| *partition));
    }

    /// E and H of a partition, where records lie between the commit and H and can be read from there.
    pub(super) fn readable_from(
        &self,
        partition: Partition,
        committed: Offset,
        read_uncommitted: bool,
    ) -> Option<(Offset, Offset)> {
        let measured = self.measured.get(&partition)?;
        let high = measured.high_watermark?;
        let stable = measured.last_stable_offset?.min(high);
        let end = if read_uncommitted { high } else { stable };
        let readable = self.log_start(partition)? <= committed && committed < high;
        readable.then(|| (end.max(committed), high))
    }

    /// The leader of a partition with records that only an uncommitted reader sees.
    pub(super) fn leader_with_hidden_records(&self) -> Option<i32> {
        self.partitions.iter().find_map(|entry| {
            let measured = self.measured.get(&entry.partition)?;
            let hidden = measured.last_stable_offset? < measured.high_watermark?;
            entry.leader.filter(|_| hidden)
        })
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

    /// What the failure is about is not known after all.
    pub(super) fn forget_why(&mut self) {
        if let Some((_, kind)) = &mut self.failure
            && *kind == ErrorKind::TimedOut
        {
            *kind = ErrorKind::Unspecified;
        }
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
                    .then(|| ends::failure(&KafkaError::MetadataFetch(code)));
                self.said = Some(Err(code));
            }
        }
    }

    /// Takes what a round found. A broker that is silent when it is asked for metadata is no failure of a round in which
    /// leaders answered.
    pub(super) fn measured(&mut self, found: BTreeMap<Partition, Measured>, took: Duration) {
        let now = Instant::now();
        if found.values().any(Measured::answered) {
            self.failure = None;
        }
        for (&partition, measured) in &found {
            if let Some(start) = measured.log_start {
                self.log_starts.insert(partition, (start, now));
            }
        }
        self.measured = found;
        self.took = took;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> Offset {
        Offset::known(offset).unwrap()
    }

    #[test]
    fn a_silent_broker_fails_no_round_in_which_a_leader_answered() {
        let mut view = view(0, 10, 10);
        let timed_out = || Some(("timed out".to_owned(), ErrorKind::TimedOut));
        view.failure = timed_out();
        let silent = Measured {
            failure: timed_out(),
            ..Measured::default()
        };
        view.measured(BTreeMap::from([(Partition(0), silent)]), Duration::ZERO);
        assert!(view.failure.is_some());
        let answered = measured(0, 10, 10);
        view.measured(BTreeMap::from([(Partition(0), answered)]), Duration::ZERO);
        assert!(view.failure.is_none());
    }

    fn measured(start: i64, stable: i64, high: i64) -> Measured {
        Measured {
            high_watermark: Some(at(high)),
            last_stable_offset: Some(at(stable)),
            log_start: Some(at(start)),
            failure: None,
        }
    }

    fn view(start: i64, stable: i64, high: i64) -> TopicView {
        let measured = measured(start, stable, high);
        let mut view = TopicView::default();
        view.measured(BTreeMap::from([(Partition(0), measured)]), Duration::ZERO);
        view
    }

    #[test]
    fn the_log_start_is_asked_for_every_time_where_records_wait() {
        let mut view = view(0, 100, 100);
        assert!(!view.wants_log_start(Partition(0)), "it is fresh");
        view.note_behind(&BTreeMap::from([(Partition(0), at(100))]));
        assert!(!view.wants_log_start(Partition(0)), "all is read");
        view.note_behind(&BTreeMap::from([(Partition(0), at(99))]));
        assert!(view.wants_log_start(Partition(0)));
        assert!(view.wants_log_start(Partition(1)), "it was never measured");
    }

    #[test]
    fn what_can_be_read_from_a_commit_ends_where_the_group_must_wait() {
        let view = view(10, 40, 50);
        let from = |commit, read_uncommitted| {
            let ends = view.readable_from(Partition(0), at(commit), read_uncommitted);
            ends.map(|(end, high)| (end.get(), high.get()))
        };
        assert_eq!(from(20, false), Some((40, 50)));
        assert_eq!(from(20, true), Some((50, 50)));
        assert_eq!(from(45, false), Some((45, 50)), "hidden records only");
        assert_eq!(from(50, false), None, "all is read");
        assert_eq!(from(9, false), None, "the log begins above it");
    }
}
