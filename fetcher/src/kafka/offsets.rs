//! Finds C, L, H and S of partitions, outside of the rebalance callback.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset as RawOffset;
use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};
use std::collections::BTreeMap;
use tokio::sync::mpsc::Sender;

use crate::core::facts::{LogFacts, Resolved};
use crate::kafka::consumer::Seat;
use crate::kafka::event::KafkaEvent;
use crate::kafka::observer::{Observer, Offsets, list, offset};

/// How long one round may take in all.
const PATIENCE: Duration = Duration::from_secs(5);
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
    let all = |why: String| partitions.iter().map(|p| (*p, Err(why.clone()))).collect();
    let measured = (|| {
        let committed = committed(partitions, seat, topic, left())?;
        let failed = |error: KafkaError| error.to_string();
        let high = observer
            .high_watermarks(topic, partitions, left())
            .map_err(failed)?;
        let stable = read_committed
            .then(|| {
                observer
                    .last_stable_offsets(topic, partitions, left())
                    .map_err(failed)
            })
            .transpose()?;
        let start = observer
            .log_starts(topic, partitions, left())
            .map_err(failed)?;
        Ok((committed, high, stable, start))
    })();
    let (committed, high, stable, start) = match measured {
        Ok(measured) => measured,
        Err(why) => {
            return Resolved {
                topic_id: None,
                partitions: all(why),
            };
        }
    };
    // A cluster too old for ids has none, and a missing topic no offsets.
    let topic_id = observer.topic_id(topic, left()).ok().flatten();
    let facts = |p: &Partition| {
        let c = committed.get(p).cloned().unwrap_or_default();
        let last_stable = stable.as_ref().map(|s| bound(s, *p)).transpose()?;
        Ok(LogFacts {
            committed: c.offset,
            committed_for: c.topic,
            log_start: bound(&start, *p)?,
            high_watermark: bound(&high, *p)?,
            last_stable,
        })
    };
    Resolved {
        topic_id,
        partitions: partitions.iter().map(|p| (*p, facts(p))).collect(),
    }
}

fn bound(offsets: &Offsets, partition: Partition) -> Result<Offset, String> {
    match offsets.get(&partition) {
        Some(Ok(offset)) => Ok(*offset),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("no answer".to_owned()),
    }
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
        .committed_offsets(list, timeout)
        .map_err(|e| e.to_string())?;
    let mut found = BTreeMap::new();
    for element in list.elements() {
        element.error().map_err(|e| e.to_string())?;
        let offset = offset(element.offset());
        let topic = element.metadata().strip_prefix(NOTE).and_then(TopicId::new);
        found.insert(Partition(element.partition()), Committed { offset, topic });
    }
    Ok(found)
}
