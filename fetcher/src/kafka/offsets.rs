//! Finds C, L, H and S of partitions, outside of the rebalance callback.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset as RawOffset;
use rollcall_proto::ids::{LeaderEpoch, Offset, Partition, Topic, TopicId};
use std::collections::BTreeMap;
use tokio::sync::mpsc::Sender;

use crate::core::facts::{LogFacts, Resolved};
use crate::kafka::consumer::Seat;
use crate::kafka::event::KafkaEvent;
use crate::kafka::native::leader_epochs;
use crate::kafka::observer::{Observer, list, offset};
use crate::kafka::probe::{Measured, Measurement, Question, topic_id};

/// How long one round may take in all.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions of a round that wait for each other: metadata, the topic's id, H, S, L.
const STEPS: u32 = 5;
/// The least that a single call gets.
const LEAST: Duration = Duration::from_millis(200);
/// What a commit's metadata begins with, before the id of the topic that its offset is about.
const NOTE: &str = "rollcall topic-id ";

/// The metadata of a commit: which topic its offset is about. The broker deletes commits with their
/// topic, but one that is under way may land on the new topic of the same name.
pub(crate) fn commit_note(topic: &TopicId) -> String {
    format!("{NOTE}{topic}")
}

/// What is committed for a partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Committed {
    pub(crate) offset: Option<Offset>,
    pub(crate) leader_epoch: Option<LeaderEpoch>,
    pub(crate) topic: Option<TopicId>,
}

/// Answers requests for start offsets.
pub(crate) fn run(
    requests: &Receiver<Vec<Partition>>,
    observer: &Observer,
    seat: &Seat,
    topic: &Topic,
    read_committed: bool,
    events: &Sender<KafkaEvent>,
) {
    while let Ok(first) = requests.recv() {
        let mut partitions = first;
        partitions.extend(requests.try_iter().flatten());
        partitions.sort_unstable();
        partitions.dedup();
        let resolved = resolve(&partitions, observer, seat, topic, read_committed);
        if events
            .blocking_send(KafkaEvent::Resolved(resolved))
            .is_err()
        {
            return;
        }
    }
}

fn resolve(
    partitions: &[Partition],
    observer: &Observer,
    seat: &Seat,
    topic: &Topic,
    read_committed: bool,
) -> Resolved {
    let started = Instant::now();
    let left = || PATIENCE.saturating_sub(started.elapsed()).max(LEAST);
    let found = committed(partitions, seat, topic, left()).and_then(|committed| {
        let log = measure(partitions, observer, topic, read_committed, left());
        Ok((committed, log.map_err(|error| error.to_string())?))
    });
    match found {
        Ok((committed, log)) => Resolved {
            partitions: partitions
                .iter()
                .map(|p| (*p, facts(committed.get(p), log.partitions.get(p))))
                .collect(),
            // A cluster too old for ids has none.
            topic_id: log.topic_id,
        },
        Err(why) => Resolved {
            topic_id: None,
            partitions: partitions.iter().map(|p| (*p, Err(why.clone()))).collect(),
        },
    }
}

/// The topic's id, then H, S and L of these partitions, each leader asked by itself: one that is away keeps no other's
/// partitions from beginning.
///
/// The id first: where the topic is recreated meanwhile, it is the old one, and the next probe sees that it is gone.
/// The new id with an end of the old log would be taken for the truth.
fn measure(
    partitions: &[Partition],
    observer: &Observer,
    topic: &Topic,
    read_committed: bool,
    patience: Duration,
) -> Result<Measurement, KafkaError> {
    let timeout = patience / STEPS;
    let mut metadata = observer.metadata(topic, timeout)?;
    metadata
        .partitions
        .retain(|entry| partitions.contains(&entry.partition));
    let question = Question {
        observer,
        commits: None,
        topic,
        metadata: &metadata,
        read_committed,
        progress: None,
        stable: &BTreeMap::new(),
        without_log_start: partitions.iter().copied().collect(),
        timeout,
    };
    let leader = metadata.partitions.iter().find_map(|entry| entry.leader);
    Ok(Measurement {
        topic_id: topic_id(observer, topic, leader, timeout),
        ..question.ask()
    })
}

fn facts(committed: Option<&Committed>, log: Option<&Measured>) -> Result<LogFacts, String> {
    let log = log.ok_or("the topic has no such partition")?;
    let why = || {
        log.failure
            .clone()
            .unwrap_or_else(|| "no answer".to_owned())
    };
    if log.failure.is_some() {
        return Err(why());
    }
    let committed = committed.cloned().unwrap_or_default();
    Ok(LogFacts {
        committed: committed.offset,
        committed_epoch: committed.leader_epoch,
        committed_for: committed.topic,
        log_start: log.log_start.ok_or_else(why)?,
        high_watermark: log.high_watermark.ok_or_else(why)?,
        last_stable: log.last_stable_offset,
    })
}

/// The group's commits of these partitions.
pub(crate) fn committed(
    partitions: &[Partition],
    seat: &Seat,
    topic: &Topic,
    timeout: Duration,
) -> Result<BTreeMap<Partition, Committed>, String> {
    let consumer = seat.consumer().ok_or("the client is not started yet")?;
    let list = list(topic, partitions, RawOffset::Invalid).map_err(|e| e.to_string())?;
    let list = consumer
        .committed(list, timeout)
        .map_err(|e| e.to_string())?;
    let mut found = BTreeMap::new();
    let leader_epochs = leader_epochs(&list);
    for (element, leader_epoch) in list.elements().iter().zip(leader_epochs) {
        element.error().map_err(|e| e.to_string())?;
        let offset = offset(element.offset());
        let topic = element.metadata().strip_prefix(NOTE).and_then(TopicId::new);
        let committed = Committed {
            offset,
            leader_epoch,
            topic,
        };
        found.insert(Partition(element.partition()), committed);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::mocking::MockCluster;

    use super::*;

    #[test]
    fn a_leader_that_is_away_keeps_no_other_partition_from_beginning() {
        let cluster = MockCluster::new(2).unwrap();
        cluster.create_topic("A", 2, 1).unwrap();
        cluster.partition_leader("A", 0, Some(1)).unwrap();
        cluster.partition_leader("A", 1, Some(2)).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        let observer = Observer::new(&config).unwrap();
        let topic = Topic::new("A").unwrap();
        let both = [Partition(0), Partition(1)];
        let ask = || measure(&both, &observer, &topic, true, PATIENCE).unwrap();
        let begins = |log: &Measurement, p| facts(None, log.partitions.get(&Partition(p))).is_ok();
        let log = ask();
        assert!(begins(&log, 0) && begins(&log, 1));
        cluster.broker_down(2).unwrap();
        let log = ask();
        assert!(begins(&log, 0), "{log:?}");
        assert!(!begins(&log, 1), "{log:?}");
    }
}
