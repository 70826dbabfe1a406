//! Where the logs of many topics begin and end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::v1::ErrorKind;

use super::catalog::side_by_side;
use super::cluster::{ASK_WAIT, Cluster};
use crate::kafka::errors;
use crate::kafka::observer::{Answer, CHUNK, DIVISIONS, Found, ObserverClient, chunked, offset};
use crate::kafka::text::bounded;

/// A partition of a topic.
pub(super) type Key = (Topic, Partition);

/// What was measured of one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    /// H.
    pub(super) high_watermark: Option<Offset>,
    /// S, asked after H.
    pub(super) last_stable_offset: Option<Offset>,
    /// L.
    pub(super) log_start: Option<Offset>,
    /// Why it could not be measured (from the network), and what that is about.
    pub(super) failure: Option<(String, ErrorKind)>,
}

impl Measured {
    /// Whether the leader said where the log ends.
    pub(super) fn answered(&self) -> bool {
        self.high_watermark.is_some()
    }
}

/// Measures all partitions, those of each leader beside the others, so that one that does not answer takes no
/// other's partitions with it. `starts` are those whose log start is wanted too.
pub(super) fn measure(
    cluster: &Cluster,
    by_leader: &BTreeMap<i32, Vec<Key>>,
    starts: &(dyn Fn(&Key) -> bool + Sync),
) -> BTreeMap<Key, Measured> {
    let leaders: Vec<&Vec<Key>> = by_leader.values().collect();
    let found = side_by_side(&leaders, |keys| leader(cluster, keys, starts));
    found.into_iter().flatten().collect()
}

/// H first, then S: records that are written in between only make S look later, never earlier, so S < H proves an
/// open transaction. L last.
fn leader(
    cluster: &Cluster,
    keys: &[Key],
    starts: &(dyn Fn(&Key) -> bool + Sync),
) -> BTreeMap<Key, Measured> {
    let empty = |key: &Key| (key.clone(), Measured::default());
    let mut found: BTreeMap<Key, Measured> = keys.iter().map(empty).collect();
    let high = positions(&cluster.uncommitted, keys, Position::End);
    if !take(&mut found, high, |measured| &mut measured.high_watermark) {
        return found;
    }
    let stable = positions(&cluster.committed, keys, Position::End);
    if !take(&mut found, stable, |measured| {
        &mut measured.last_stable_offset
    }) {
        return found;
    }
    let wanted: Vec<Key> = keys.iter().filter(|key| starts(key)).cloned().collect();
    let begin = positions(&cluster.uncommitted, &wanted, Position::Beginning);
    take(&mut found, begin, |measured| &mut measured.log_start);
    found
}

/// Where `position` lies in each partition, chunk by chunk.
pub(super) fn positions(
    client: &ObserverClient,
    keys: &[Key],
    position: Position,
) -> Result<Found<Key>, KafkaError> {
    client.serve();
    let deadline = Instant::now() + longest(keys.len());
    let remaining = || deadline.saturating_duration_since(Instant::now());
    let found = chunked(keys, CHUNK, DIVISIONS, |chunk| {
        let answered = client
            .consumer
            .offsets_for_times(list(chunk, position)?, remaining())?;
        Ok(answers(&answered))
    });
    // The client that asks for S asks for no metadata otherwise: it hears of a partition that was added, or that has a
    // leader again, only when it asks itself, and the next round knows it.
    let unheard: BTreeSet<&Topic> = match &found {
        Ok(found) => unknown_to(found),
        Err(error) if is_unheard(error) => keys.iter().map(|(topic, _)| topic).collect(),
        Err(_) => BTreeSet::new(),
    };
    for topic in unheard {
        client.refresh(topic, remaining());
    }
    found
}

/// The topics with partitions that the client has not heard of, or of which it remembers that nobody leads them.
fn unknown_to(found: &Found<Key>) -> BTreeSet<&Topic> {
    let unheard =
        |found: &Result<Option<Offset>, KafkaError>| found.as_ref().err().is_some_and(is_unheard);
    let unheard = found.iter().filter(|(_, found)| unheard(found));
    unheard.map(|((topic, _), _)| topic).collect()
}

/// Whether librdkafka said so by itself, from what it was told last. Of a list in which no partition has a leader it says
/// that none is known.
fn is_unheard(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(Code::UnknownPartition | Code::LeaderNotAvailable)
    )
}

/// A long list may take longer: some milliseconds a chunk where brokers answer.
fn longest(partitions: usize) -> Duration {
    let chunks = u32::try_from(partitions / CHUNK).unwrap_or(u32::MAX);
    ASK_WAIT.saturating_add(Duration::from_millis(50).saturating_mul(chunks))
}

fn list(keys: &[Key], position: Position) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(keys.len());
    for (topic, partition) in keys {
        list.add_partition(topic.as_str(), partition.0)
            .set_offset(position)?;
    }
    Ok(list)
}

fn answers(list: &TopicPartitionList) -> Answer<Key> {
    let elements = list.elements();
    let answer = elements.iter().filter_map(|element| {
        let found = element.error().map(|()| offset(element.offset()));
        let topic = Topic::new(element.topic()).ok()?;
        Some(((topic, Partition(element.partition())), found))
    });
    answer.collect()
}

/// Takes what one call answered; true when it answered at all.
fn take(
    found: &mut BTreeMap<Key, Measured>,
    offsets: Result<Found<Key>, KafkaError>,
    field: impl Fn(&mut Measured) -> &mut Option<Offset>,
) -> bool {
    match offsets {
        Ok(offsets) => {
            for (key, offset) in offsets {
                let measured = found.entry(key).or_default();
                match offset {
                    Ok(offset) => *field(measured) = offset,
                    Err(error) => measured.failure = Some(failure(&error)),
                }
            }
            true
        }
        Err(error) => {
            for measured in found.values_mut() {
                measured.failure = Some(failure(&error));
            }
            false
        }
    }
}

/// Why a question failed (from the network), and what that is about.
pub(super) fn failure(error: &KafkaError) -> (String, ErrorKind) {
    (bounded(&error.to_string()), errors::answer_kind(error))
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::mocking::MockCluster;

    use super::*;
    use crate::kafka::observer::group_less;

    #[test]
    fn a_partition_that_has_a_leader_again_is_measured_by_a_client_that_knew_of_none() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("A", 1, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        let client = ObserverClient::new(&group_less(&config)).unwrap();
        let key = (Topic::new("A").unwrap(), Partition(0));
        let ends = || positions(&client, std::slice::from_ref(&key), Position::End);
        cluster.partition_leader("A", 0, None).unwrap();
        client.refresh(&key.0, ASK_WAIT);
        let unled = ends().unwrap_err().rdkafka_error_code();
        assert_eq!(
            unled,
            Some(Code::UnknownPartition),
            "of all that was asked for"
        );
        cluster.partition_leader("A", 0, Some(1)).unwrap();
        // Metadata serves for a second; then the first question hears of the leader, and the next is answered.
        let deadline = Instant::now() + ASK_WAIT * 4;
        let answered = || ends().is_ok_and(|found| found[&key].is_ok());
        while !answered() {
            assert!(Instant::now() < deadline, "it is never heard of");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
