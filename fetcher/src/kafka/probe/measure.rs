//! The questions of a round, asked side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};

use super::{ByLeader, Commits};
use crate::kafka::observer::{GroupReader, Observer, Offsets, PartitionMetadata, TopicMetadata};
use crate::kafka::progress::Progress;
use crate::kafka::text::bounded;

/// Leaders that are asked at the same time; in a larger cluster some are asked one after the other.
const LANES: usize = 16;
/// Why a partition without a leader was not measured.
const NO_LEADER: &str = "the partition has no leader";
/// Why partitions were not measured when the machine gives no thread to ask for them.
const NO_THREAD: &str = "the probe could not start a thread";

/// What a round asks.
pub(in crate::kafka) struct Question<'a> {
    pub(in crate::kafka) observer: &'a Observer,
    pub(in crate::kafka) commits: Option<Commits<'a>>,
    pub(in crate::kafka) topic: &'a Topic,
    pub(in crate::kafka) metadata: &'a TopicMetadata,
    pub(in crate::kafka) read_committed: bool,
    /// N, where somebody reads the topic.
    pub(in crate::kafka) progress: Option<&'a Progress>,
    /// S of each partition as it was last known.
    pub(in crate::kafka) stable: &'a BTreeMap<Partition, Offset>,
    /// Partitions whose log start is asked for too.
    pub(in crate::kafka) without_log_start: BTreeSet<Partition>,
    pub(in crate::kafka) timeout: Duration,
}

/// What a round found.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Measurement {
    pub(in crate::kafka) topic_id: Option<TopicId>,
    pub(in crate::kafka) partitions: BTreeMap<Partition, Measured>,
    /// Of the partitions whose commit Kafka was asked for and told; `None` where there is none.
    pub(in crate::kafka) committed: BTreeMap<Partition, Option<Offset>>,
}

/// What a round found of one partition.
#[derive(Clone, Debug, Default)]
pub(in crate::kafka) struct Measured {
    pub(in crate::kafka) high_watermark: Option<Offset>,
    pub(in crate::kafka) last_stable_offset: Option<Offset>,
    pub(in crate::kafka) log_start: Option<Offset>,
    pub(in crate::kafka) failure: Option<String>,
}

impl Measured {
    fn failed(failure: &str) -> Self {
        Self {
            failure: Some(bounded(failure)),
            ..Self::default()
        }
    }
}

impl Question<'_> {
    /// Asks for everything but the topic's id, and waits for all of it. One leader is asked on this thread: in most rounds there is no other, and
    /// a thread more costs as much as the questions.
    pub(in crate::kafka) fn ask(&self) -> Measurement {
        let (by_leader, mut partitions) = self.by_leader();
        let mut lanes = lanes(by_leader);
        let ours = lanes.pop().unwrap_or_default();
        std::thread::scope(|scope| {
            let committed = self.others().and_then(|(reader, wanted)| {
                beside(scope, move || self.committed(reader, &wanted))
            });
            let asked: Vec<_> = lanes
                .iter()
                .map(|lane| (lane, beside(scope, || self.lane(lane))))
                .collect();
            partitions.extend(self.lane(&ours));
            for (lane, handle) in asked {
                partitions.extend(answer(handle).unwrap_or_else(|| failed(lane)));
            }
            Measurement {
                topic_id: None,
                committed: answer(committed).unwrap_or_default(),
                partitions,
            }
        })
    }

    /// The partitions of each leader, and those without one. One without a leader must not be asked for: librdkafka
    /// would wait for its leader until the timeout, and give the other partitions' answers away.
    fn by_leader(&self) -> (ByLeader, BTreeMap<Partition, Measured>) {
        let mut by_leader = ByLeader::new();
        let mut leaderless = BTreeMap::new();
        for entry in &self.metadata.partitions {
            match entry.leader {
                Some(leader) => by_leader.entry(leader).or_default().push(entry.partition),
                None => {
                    leaderless.insert(entry.partition, Measured::failed(NO_LEADER));
                }
            }
        }
        (by_leader, leaderless)
    }

    /// The topic's id, asked of a leader that has answered for these; of the controller where there is no leader to ask.
    /// Not while every leader is silent: the round has waited for them already.
    pub(super) fn topic_id(&self, measured: &BTreeMap<Partition, Measured>) -> Option<TopicId> {
        let has_answered = |entry: &&PartitionMetadata| {
            let measured = measured.get(&entry.partition);
            measured.is_some_and(|measured| measured.high_watermark.is_some())
        };
        let partitions = &self.metadata.partitions;
        let leaderless = partitions.iter().all(|entry| entry.leader.is_none());
        let leader = partitions
            .iter()
            .filter(has_answered)
            .find_map(|entry| entry.leader);
        (leaderless || leader.is_some())
            .then(|| topic_id(self.observer, self.topic, leader, self.timeout))
            .flatten()
    }

    /// The partitions whose commits are to be read, if there are any, and who reads them.
    fn others(&self) -> Option<(&GroupReader, Vec<Partition>)> {
        let Commits { reader, assigned } = self.commits?;
        let partitions = self.metadata.partitions.iter().map(|entry| entry.partition);
        let wanted: Vec<_> = partitions
            .filter(|partition| !assigned.contains(partition))
            .collect();
        (!wanted.is_empty()).then_some((reader, wanted))
    }

    fn committed(
        &self,
        reader: &GroupReader,
        wanted: &[Partition],
    ) -> BTreeMap<Partition, Option<Offset>> {
        match reader.committed(self.topic, wanted, self.timeout) {
            Ok(committed) => committed,
            Err(error) => {
                tracing::debug!(topic = %self.topic, %error, "no commits of others");
                BTreeMap::new()
            }
        }
    }

    /// Asks the leaders of a lane, one after the other.
    fn lane(&self, leaders: &[Vec<Partition>]) -> BTreeMap<Partition, Measured> {
        leaders
            .iter()
            .flat_map(|partitions| self.leader(partitions))
            .collect()
    }

    /// Asks one leader for H, then S, then L. H before S: records written in between only make S look later, never
    /// earlier, so S < H proves an open transaction.
    fn leader(&self, partitions: &[Partition]) -> BTreeMap<Partition, Measured> {
        let mut found: BTreeMap<_, _> = partitions
            .iter()
            .map(|&partition| (partition, Measured::default()))
            .collect();
        let (observer, topic, timeout) = (self.observer, self.topic, self.timeout);
        let high = observer.high_watermarks(topic, partitions, timeout);
        if !take(&mut found, high, |measured| &mut measured.high_watermark) {
            return found;
        }
        if self.read_committed {
            let unproven = self.take_proven(&mut found);
            let stable = match unproven.is_empty() {
                true => Ok(Offsets::new()),
                false => observer.last_stable_offsets(topic, &unproven, timeout),
            };
            if !take(&mut found, stable, |measured| {
                &mut measured.last_stable_offset
            }) {
                return found;
            }
        }
        let missing = |partition: &&Partition| self.without_log_start.contains(partition);
        let missing: Vec<_> = partitions.iter().filter(missing).copied().collect();
        let starts = observer.log_starts(topic, &missing, timeout);
        take(&mut found, starts, |measured| &mut measured.log_start);
        found
    }

    /// S where it follows from H; the other partitions are left to be asked for.
    ///
    /// S is never beyond H, and falls only where the log is cut. So S is H where H is what S was before, and where reading, looked at after
    /// H, has come to H: a read_committed consumer is handed nothing beyond S. A commit, where reading begins, may lie
    /// beyond S.
    fn take_proven(&self, found: &mut BTreeMap<Partition, Measured>) -> Vec<Partition> {
        let reached = self.progress.map(Progress::reached).unwrap_or_default();
        let mut unproven = Vec::new();
        for (&partition, measured) in found {
            let proofs = [reached.get(&partition), self.stable.get(&partition)];
            match measured.high_watermark {
                Some(high) if proofs.contains(&Some(&high)) => {
                    measured.last_stable_offset = Some(high);
                }
                Some(_) | None => unproven.push(partition),
            }
        }
        unproven
    }
}

/// The topic's id, where the broker tells it.
pub(in crate::kafka) fn topic_id(
    observer: &Observer,
    topic: &Topic,
    broker: Option<i32>,
    timeout: Duration,
) -> Option<TopicId> {
    match observer.topic_id(topic, broker, timeout) {
        Ok(id) => id,
        Err(error) => {
            tracing::debug!(%topic, %error, "no topic id");
            None
        }
    }
}

/// Takes what one call answered; true when it answered at all.
fn take(
    found: &mut BTreeMap<Partition, Measured>,
    offsets: Result<Offsets, rdkafka::error::KafkaError>,
    field: impl Fn(&mut Measured) -> &mut Option<Offset>,
) -> bool {
    match offsets {
        Ok(offsets) => {
            for (partition, offset) in offsets {
                let measured = found.entry(partition).or_default();
                match offset {
                    Ok(offset) => *field(measured) = Some(offset),
                    Err(error) => measured.failure = Some(bounded(&error.to_string())),
                }
            }
            true
        }
        Err(error) => {
            for measured in found.values_mut() {
                measured.failure = Some(bounded(&error.to_string()));
            }
            false
        }
    }
}

/// Deals the leaders' partitions out to as many lanes as may run at once.
fn lanes(by_leader: ByLeader) -> Vec<Vec<Vec<Partition>>> {
    let mut lanes = vec![Vec::new(); by_leader.len().min(LANES)];
    let count = lanes.len();
    for (index, partitions) in by_leader.into_values().enumerate() {
        lanes[index % count].push(partitions);
    }
    lanes
}

fn failed(lane: &[Vec<Partition>]) -> BTreeMap<Partition, Measured> {
    let partitions = lane.iter().flatten();
    partitions
        .map(|&partition| (partition, Measured::failed(NO_THREAD)))
        .collect()
}

/// Runs `job` beside the caller; `None` when the machine has no thread for it.
fn beside<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    job: impl FnOnce() -> T + Send + 'scope,
) -> Option<ScopedJoinHandle<'scope, T>> {
    let thread = Builder::new().name("probe".to_owned());
    thread.spawn_scoped(scope, job).ok()
}

/// What the job answered; `None` when it did not run, or not to its end.
fn answer<T>(handle: Option<ScopedJoinHandle<'_, T>>) -> Option<T> {
    handle?.join().ok()
}
