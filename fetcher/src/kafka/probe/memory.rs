//! What a probe remembers from round to round.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rollcall_proto::ids::{Offset, Partition, TopicId};

use super::measure::{Measured, Measurement};
use crate::kafka::observer::TopicMetadata;

/// How long a measured log start serves: retention moves it every few minutes at most.
const LOG_START_SERVES: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Memory {
    metadata: Option<TopicMetadata>,
    topic_id: Option<TopicId>,
    log_starts: BTreeMap<Partition, (Offset, Instant)>,
    /// S as it was last known.
    stable: BTreeMap<Partition, Offset>,
    /// "host:port" of each partition's leader, or of its last one: ten seconds after a broker's death nothing else
    /// names it any more.
    leader_addresses: BTreeMap<Partition, String>,
}

impl Memory {
    /// The last metadata of a topic that exists.
    pub(super) fn metadata(&self) -> Option<&TopicMetadata> {
        self.metadata.as_ref()
    }

    /// Takes the metadata of a topic that exists.
    pub(super) fn learn(&mut self, metadata: TopicMetadata) {
        for entry in &metadata.partitions {
            let address = entry
                .leader
                .and_then(|leader| metadata.brokers.get(&leader));
            if let Some(address) = address {
                self.leader_addresses
                    .insert(entry.partition, address.clone());
            }
        }
        self.metadata = Some(metadata);
    }

    /// Takes what a round measured. What was known of another topic of the same name is forgotten.
    pub(super) fn keep(&mut self, measurement: &Measurement, now: Instant) {
        let another = measurement.topic_id.is_some() && measurement.topic_id != self.topic_id;
        if another {
            self.log_starts.clear();
            self.stable.clear();
            self.topic_id.clone_from(&measurement.topic_id);
        }
        for (&partition, measured) in &measurement.partitions {
            if let Some(log_start) = measured.log_start {
                self.log_starts.insert(partition, (log_start, now));
            }
            // The round that met another topic may have taken S from what was known of the one before.
            if !another {
                self.keep_stable(partition, measured);
            }
        }
    }

    fn keep_stable(&mut self, partition: Partition, measured: &Measured) {
        let Some(high) = measured.high_watermark else {
            return;
        };
        if let Some(stable) = measured.last_stable_offset {
            self.stable.insert(partition, stable);
        } else if self
            .stable
            .get(&partition)
            .is_some_and(|stable| high < *stable)
        {
            // The log was cut: what is written in place of the lost records may be undecided.
            self.stable.remove(&partition);
        }
    }

    /// S of each partition as it was last known.
    pub(super) fn stable(&self) -> &BTreeMap<Partition, Offset> {
        &self.stable
    }

    /// The log start of a partition, unless it is too old.
    pub(super) fn log_start(&self, partition: Partition, now: Instant) -> Option<i64> {
        let &(log_start, at) = self.log_starts.get(&partition)?;
        let fresh = now.saturating_duration_since(at) < LOG_START_SERVES;
        fresh.then_some(log_start.get())
    }

    /// Partitions whose log start has to be measured.
    pub(super) fn without_log_start(&self, now: Instant) -> BTreeSet<Partition> {
        let partitions = self
            .metadata
            .iter()
            .flat_map(|metadata| &metadata.partitions);
        partitions
            .map(|entry| entry.partition)
            .filter(|&partition| self.log_start(partition, now).is_none())
            .collect()
    }

    /// "host:port" of the partition's leader or last leader; empty when it never had one.
    pub(super) fn leader_address(&self, partition: Partition) -> String {
        self.leader_addresses
            .get(&partition)
            .cloned()
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::observer::PartitionMetadata;

    fn metadata() -> TopicMetadata {
        let partition = |partition| PartitionMetadata {
            partition: Partition(partition),
            leader: Some(1),
        };
        TopicMetadata {
            exists: true,
            partitions: vec![partition(0), partition(1)],
            ..TopicMetadata::default()
        }
    }

    fn measurement(topic_id: &str, log_start: Option<i64>) -> Measurement {
        let measured = Measured {
            log_start: log_start.and_then(Offset::known),
            ..Measured::default()
        };
        of_one(topic_id, measured)
    }

    fn of_one(topic_id: &str, measured: Measured) -> Measurement {
        Measurement {
            topic_id: TopicId::new(topic_id),
            partitions: BTreeMap::from([(Partition(0), measured)]),
            ..Measurement::default()
        }
    }

    #[test]
    fn a_log_start_serves_ten_seconds_and_is_measured_again() {
        let now = Instant::now();
        let both = BTreeSet::from([Partition(0), Partition(1)]);
        let mut memory = Memory::default();
        memory.learn(metadata());
        assert_eq!(memory.without_log_start(now), both);
        memory.keep(&measurement("a", Some(7)), now);
        let later = now + LOG_START_SERVES - Duration::from_millis(1);
        assert_eq!(memory.log_start(Partition(0), later), Some(7));
        assert_eq!(
            memory.without_log_start(later),
            BTreeSet::from([Partition(1)])
        );
        let too_late = now + LOG_START_SERVES;
        assert_eq!(memory.log_start(Partition(0), too_late), None);
        assert_eq!(memory.without_log_start(too_late), both);
    }

    #[test]
    fn the_log_start_of_a_topic_that_was_recreated_is_forgotten() {
        let now = Instant::now();
        let mut memory = Memory::default();
        memory.learn(metadata());
        memory.keep(&measurement("a", Some(7)), now);
        // A round that could not ask for the id says nothing about it.
        memory.keep(&measurement("", None), now);
        assert_eq!(memory.log_start(Partition(0), now), Some(7));
        memory.keep(&measurement("b", None), now);
        assert_eq!(memory.log_start(Partition(0), now), None);
    }

    fn ends(topic_id: &str, high: i64, stable: Option<i64>) -> Measurement {
        let measured = Measured {
            high_watermark: Offset::known(high),
            last_stable_offset: stable.and_then(Offset::known),
            ..Measured::default()
        };
        of_one(topic_id, measured)
    }

    fn stable(memory: &Memory) -> Option<i64> {
        memory
            .stable()
            .get(&Partition(0))
            .map(|stable| stable.get())
    }

    #[test]
    fn the_stable_offset_of_a_log_that_was_cut_below_it_is_forgotten() {
        let now = Instant::now();
        let mut memory = Memory::default();
        memory.keep(&ends("a", 7, Some(7)), now);
        assert_eq!(stable(&memory), None, "the topic was met in this round");
        memory.keep(&ends("a", 7, Some(7)), now);
        // A round that could not ask for S, or for the id.
        memory.keep(&ends("", 9, None), now);
        assert_eq!(stable(&memory), Some(7));
        memory.keep(&ends("a", 6, None), now);
        assert_eq!(stable(&memory), None);
    }

    #[test]
    fn the_stable_offset_of_a_topic_that_was_recreated_is_forgotten() {
        let now = Instant::now();
        let mut memory = Memory::default();
        memory.keep(&ends("", 7, Some(7)), now);
        assert_eq!(stable(&memory), Some(7), "a cluster without topic ids");
        memory.keep(&ends("b", 7, Some(7)), now);
        assert_eq!(stable(&memory), None);
        memory.keep(&ends("b", 7, Some(5)), now);
        assert_eq!(stable(&memory), Some(5));
    }
}
