//! Lists of places in logs, with the epochs that rdkafka's own lists leave out.

use rdkafka::bindings as sys;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Partition, Topic};

use super::elements;
use crate::core::epochs::{LeaderEpoch, LogPosition};

/// The partitions, each at its place.
pub(crate) fn list_of(
    topic: &Topic,
    places: impl IntoIterator<Item = (Partition, LogPosition)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, at) in places {
        list.add_partition(topic.as_str(), partition.0)
            .set_offset(Position::Offset(at.offset.get()))?;
        if let Some(LeaderEpoch(epoch)) = at.leader_epoch {
            let last = raw(&list).last();
            // SAFETY: the element was just added and lives as long as the list, which nobody else has.
            last.into_iter().for_each(|last| unsafe {
                sys::rd_kafka_topic_partition_set_leader_epoch(
                    std::ptr::from_ref(last).cast_mut(),
                    epoch,
                );
            });
        }
    }
    Ok(list)
}

/// The epochs of a list's elements, in its order.
pub(crate) fn leader_epochs(
    list: &TopicPartitionList,
) -> impl Iterator<Item = Option<LeaderEpoch>> + '_ {
    // SAFETY: the element lives as long as the list.
    let epoch = |element| unsafe { sys::rd_kafka_topic_partition_get_leader_epoch(element) };
    raw(list)
        .iter()
        .map(move |element| LeaderEpoch::known(epoch(element)))
}

fn raw(list: &TopicPartitionList) -> &[sys::rd_kafka_topic_partition_t] {
    // SAFETY: a list that lives has as many elements as it says.
    unsafe {
        let list = &*list.ptr();
        elements(list.elems, usize::try_from(list.cnt).unwrap_or(0))
    }
}
