//! librdkafka's lists of partitions, made and read.

use std::collections::{BTreeMap, VecDeque};

use rdkafka::error::KafkaError;
use rdkafka::{Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Offset, Partition, Topic};

/// The partitions, each at `position`.
pub(crate) fn list(
    topic: &Topic,
    partitions: &[Partition],
    position: Position,
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        // Not add_partition_offset: it looks through the whole list every time.
        list.add_partition(topic.as_str(), partition.0)
            .set_offset(position)?;
    }
    Ok(list)
}

/// How often a list of offsets is divided because one of its partitions fails: enough to find three of 240.
pub(crate) const DIVISIONS: usize = 24;

/// Asks chunk by chunk and merges the answers. A chunk that failed as a whole is the failure of each of its
/// partitions; when every chunk did, the first failure is that of the call.
///
/// librdkafka fails a whole list when a broker refuses one partition of it (a bad disk, a leader that has just moved):
/// such a list is divided, at most `divisions` times, so that the others are known. One that ran out of time is not.
pub(super) fn in_chunks(
    partitions: &[Partition],
    chunk_length: usize,
    divisions: usize,
    mut ask: impl FnMut(&[Partition]) -> Result<TopicPartitionList, KafkaError>,
) -> Result<Found<Partition>, KafkaError> {
    chunked(partitions, chunk_length, divisions, |chunk| {
        ask(chunk).map(|list| offsets_in(&list))
    })
}

/// What was found of each thing that was asked for.
pub(crate) type Found<K> = BTreeMap<K, Result<Option<Offset>, KafkaError>>;
/// What one list answered.
pub(crate) type Answer<K> = Vec<(K, Result<Option<Offset>, KafkaError>)>;

/// [`in_chunks`] for partitions that are named in any way.
pub(crate) fn chunked<K: Ord + Clone>(
    asked: &[K],
    chunk_length: usize,
    mut divisions: usize,
    mut ask: impl FnMut(&[K]) -> Result<Answer<K>, KafkaError>,
) -> Result<Found<K>, KafkaError> {
    let mut found = BTreeMap::new();
    let mut failure = None;
    let mut answered = asked.is_empty();
    let mut waiting: VecDeque<_> = asked.chunks(chunk_length).collect();
    while let Some(chunk) = waiting.pop_front() {
        match ask(chunk) {
            Ok(answer) => {
                answered = true;
                found.extend(answer);
            }
            Err(error) if divisions > 0 && chunk.len() > 1 && is_refusal(&error) => {
                divisions -= 1;
                let (first, second) = chunk.split_at(chunk.len() / 2);
                waiting.push_front(second);
                waiting.push_front(first);
            }
            Err(error) => {
                let failed = |one: &K| (one.clone(), Err(error.clone()));
                found.extend(chunk.iter().map(failed));
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(error) if !answered => Err(error),
        Some(_) | None => Ok(found),
    }
}

/// Whether a broker answered and refused; librdkafka's own codes are negative.
fn is_refusal(error: &KafkaError) -> bool {
    error
        .rdkafka_error_code()
        .is_some_and(|code| code as i32 > 0)
}

/// The offset that a position is; `None` for -1, -1001 and the like.
pub(crate) fn offset(position: Position) -> Option<Offset> {
    match position {
        Position::Offset(offset) => Offset::known(offset),
        Position::Beginning
        | Position::End
        | Position::Stored
        | Position::Invalid
        | Position::OffsetTail(_) => None,
    }
}

/// What a list says of each partition: an offset, none (-1 and -1001 on the wire), or an error.
fn offsets_in(list: &TopicPartitionList) -> Vec<(Partition, Result<Option<Offset>, KafkaError>)> {
    list.elements()
        .iter()
        .map(|element| {
            let found = element.error().map(|()| offset(element.offset()));
            (Partition(element.partition()), found)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use rdkafka::error::RDKafkaErrorCode;

    use super::*;

    fn partitions(count: i32) -> Vec<Partition> {
        (0..count).map(Partition).collect()
    }

    /// A cluster that answers 5 everywhere, and fails every list with a `bad` partition.
    fn cluster(
        bad: &[i32],
        code: RDKafkaErrorCode,
    ) -> impl FnMut(&[Partition]) -> Result<TopicPartitionList, KafkaError> {
        move |asked| {
            if asked.iter().any(|partition| bad.contains(&partition.0)) {
                return Err(KafkaError::MetadataFetch(code));
            }
            list(&Topic::new("A").unwrap(), asked, Position::Offset(5))
        }
    }

    #[test]
    fn a_partition_that_a_broker_refuses_does_not_hide_the_others() {
        let bad_disk = cluster(&[7, 100, 239], RDKafkaErrorCode::KafkaStorageError);
        let found = in_chunks(&partitions(240), 240, DIVISIONS, bad_disk).unwrap();
        let failed: Vec<_> = found.iter().filter(|(_, offset)| offset.is_err()).collect();
        let failed: Vec<_> = failed
            .into_iter()
            .map(|(partition, _)| partition.0)
            .collect();
        assert_eq!(failed, [7, 100, 239]);
        assert_eq!(found.len(), 240);
    }

    #[test]
    fn a_call_that_ran_out_of_time_is_not_repeated() {
        let mut calls = 0;
        let mut silent = cluster(&[7], RDKafkaErrorCode::OperationTimedOut);
        let found = in_chunks(&partitions(20), 10, DIVISIONS, |asked| {
            calls += 1;
            silent(asked)
        });
        assert_eq!(calls, 2);
        assert_eq!(
            found
                .unwrap()
                .values()
                .filter(|offset| offset.is_err())
                .count(),
            10
        );
    }

    #[test]
    fn when_every_partition_is_refused_the_call_fails_after_a_bounded_number_of_questions() {
        let mut calls = 0;
        let found = in_chunks(&partitions(1000), 240, DIVISIONS, |_| {
            calls += 1;
            Err(KafkaError::MetadataFetch(
                RDKafkaErrorCode::TopicAuthorizationFailed,
            ))
        });
        assert!(found.is_err());
        assert_eq!(calls, 5 + 2 * DIVISIONS);
    }
}
