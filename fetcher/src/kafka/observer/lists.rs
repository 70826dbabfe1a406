//! librdkafka's lists of partitions, made and read.

use std::collections::BTreeMap;

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

/// Asks chunk by chunk and merges the answers. A chunk that failed as a whole is the failure of each of its
/// partitions; when every chunk did, the first failure is that of the call.
pub(super) fn in_chunks(
    partitions: &[Partition],
    chunk_length: usize,
    ask: impl Fn(&[Partition]) -> Result<TopicPartitionList, KafkaError>,
) -> Result<BTreeMap<Partition, Result<Option<Offset>, KafkaError>>, KafkaError> {
    let mut found = BTreeMap::new();
    let mut failure = None;
    let mut answered = partitions.is_empty();
    for chunk in partitions.chunks(chunk_length) {
        match ask(chunk) {
            Ok(list) => {
                answered = true;
                found.extend(offsets_in(&list));
            }
            Err(error) => {
                let failed = |&partition| (partition, Err(error.clone()));
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
