//! One measuring round: what the log of a topic looks like now.
//!
//! Metadata first, then H, then S, each leader asked beside the others, so that one that does not answer takes no
//! other's partitions with it. Blocking, for an OS thread of its own; a round that cannot be had says why, it never
//! panics and never guesses.

mod measure;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};
use rollcall_proto::v1;

use super::observer::{GroupReader, Observer, TopicMetadata};
use super::progress::Progress;
use super::text::bounded;

pub(in crate::kafka) use measure::{Measured, Measurement, Question, topic_id};
use memory::Memory;

/// What a probe's calls get beyond the consumer's fetch wait: a broker's own answer takes at most that long.
const BEYOND_FETCH_WAIT: Duration = Duration::from_secs(1);
/// How long what the client complained about explains a failure.
const FAULT_EXPLAINS: Duration = Duration::from_secs(60);

/// Measures one topic, round by round.
#[derive(Debug)]
pub struct Probe {
    topic: Topic,
    read_committed: bool,
    /// Of each call of a round.
    timeout: Duration,
    memory: Memory,
    /// N, where somebody reads the topic.
    progress: Option<Progress>,
}

/// Whose commits a round shall read: those of the partitions that somebody else owns.
#[derive(Clone, Copy)]
pub struct Commits<'a> {
    /// Reads the group.
    pub reader: &'a GroupReader,
    /// Partitions that are left out: their commits are known better than a probe could.
    pub assigned: &'a BTreeSet<Partition>,
}

impl Probe {
    /// A probe for a consumer with this isolation level and `fetch.wait.max.ms`.
    pub fn new(topic: Topic, isolation_level: v1::IsolationLevel, fetch_wait: Duration) -> Self {
        Self {
            topic,
            read_committed: isolation_level != v1::IsolationLevel::ReadUncommitted,
            timeout: fetch_wait + BEYOND_FETCH_WAIT,
            memory: Memory::default(),
            progress: None,
        }
    }

    /// The same, beside the consumer whose progress this is: what it has read to the end tells S.
    pub(crate) fn beside(self, progress: Progress) -> Self {
        Self {
            progress: Some(progress),
            ..self
        }
    }

    /// Measures. Takes some milliseconds, and about twice `fetch.wait.max.ms` + 1 s when a broker does not answer.
    ///
    /// What is left for the caller: `probe_id`, `age`, and each partition's `next_offset`, to be read after this.
    /// `topic_exists` is false only when a broker said so. Commits that could not be read are absent.
    pub fn round(&mut self, observer: &Observer, commits: Option<Commits<'_>>) -> v1::Probed {
        let started = Instant::now();
        let mut probed = match observer.metadata(&self.topic, self.timeout) {
            Ok(metadata) if !metadata.exists => {
                self.memory = Memory::default();
                v1::Probed {
                    topic_exists: Some(false),
                    brokers: count(&metadata),
                    ..Default::default()
                }
            }
            Ok(metadata) => {
                self.memory.learn(metadata);
                let probed = self.measured(observer, commits);
                v1::Probed {
                    topic_exists: Some(true),
                    ..probed
                }
            }
            Err(error) => self.without_metadata(observer, commits, &error),
        };
        probed.took = prost_types::Duration::try_from(started.elapsed()).ok();
        probed
    }

    /// A round whose metadata could not be had. A silent broker may have been asked while the leaders answer: then
    /// they are asked where they were.
    fn without_metadata(
        &mut self,
        observer: &Observer,
        commits: Option<Commits<'_>>,
        error: &KafkaError,
    ) -> v1::Probed {
        let timed_out = error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut);
        let mut probed = if timed_out && self.memory.metadata().is_some() {
            self.measured(observer, commits)
        } else {
            v1::Probed::default()
        };
        let measured = |partition: &v1::ProbedPartition| partition.high_watermark.is_some();
        if !probed.partitions.iter().any(measured) {
            probed.failure = Some(reason(observer, error));
        }
        probed
    }

    /// Measures what the remembered metadata names.
    fn measured(&mut self, observer: &Observer, commits: Option<Commits<'_>>) -> v1::Probed {
        let Some(metadata) = self.memory.metadata().cloned() else {
            return v1::Probed::default();
        };
        let question = Question {
            observer,
            commits,
            topic: &self.topic,
            metadata: &metadata,
            read_committed: self.read_committed,
            progress: self.progress.as_ref(),
            stable: self.memory.stable(),
            without_log_start: self.memory.without_log_start(Instant::now()),
            timeout: self.timeout,
        };
        let mut measurement = question.ask();
        measurement.topic_id = question.topic_id(&measurement.partitions);
        self.memory.keep(&measurement, Instant::now());
        self.say(&metadata, &measurement)
    }

    fn say(&self, metadata: &TopicMetadata, measurement: &Measurement) -> v1::Probed {
        let partitions = metadata.partitions.iter().map(|entry| {
            let partition = entry.partition;
            let measured = measurement.partitions.get(&partition);
            let commit = measurement.committed.get(&partition);
            v1::ProbedPartition {
                leader: entry.leader,
                leader_address: self.memory.leader_address(partition),
                log_start: self.memory.log_start(partition, Instant::now()),
                committed: commit.and_then(|offset| Some((*offset)?.get())),
                commit_known: commit.is_some(),
                ..said(partition, measured)
            }
        });
        v1::Probed {
            topic_id: measurement
                .topic_id
                .as_ref()
                .map(TopicId::to_string)
                .unwrap_or_default(),
            partitions: partitions.collect(),
            brokers: count(metadata),
            ..Default::default()
        }
    }
}

/// What was measured of a partition, as it travels.
fn said(partition: Partition, measured: Option<&Measured>) -> v1::ProbedPartition {
    let raw = |offset: Option<Offset>| offset.map(Offset::get);
    v1::ProbedPartition {
        partition: partition.0,
        high_watermark: raw(measured.and_then(|measured| measured.high_watermark)),
        last_stable_offset: raw(measured.and_then(|measured| measured.last_stable_offset)),
        failure: measured.and_then(|measured| measured.failure.clone()),
        ..Default::default()
    }
}

fn count(metadata: &TopicMetadata) -> u32 {
    u32::try_from(metadata.brokers.len()).unwrap_or(u32::MAX)
}

/// Why nothing could be measured: the call's error, and what the client complained about lately, which names the
/// cause ("connection refused", a refused login) where the call only ran out of time.
fn reason(observer: &Observer, error: &KafkaError) -> String {
    match observer.fault() {
        Some(fault) if fault.at.elapsed() < FAULT_EXPLAINS => {
            bounded(&format!("{error}: {}", fault.text))
        }
        Some(_) | None => bounded(&error.to_string()),
    }
}

/// The partitions of each leader.
type ByLeader = BTreeMap<i32, Vec<Partition>>;

#[cfg(test)]
mod tests;
