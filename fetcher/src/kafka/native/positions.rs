//! Lists of places in logs, with the epochs that rdkafka's own lists leave out.

use rdkafka::bindings as sys;
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{LeaderEpoch, LogPosition, Partition, Topic};

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
            // SAFETY: a list that lives has as many elements as it says, one at least, and nobody else looks at the last.
            unsafe {
                let raw = list.ptr();
                let last = (*raw).elems.offset((*raw).cnt as isize - 1);
                sys::rd_kafka_topic_partition_set_leader_epoch(last, epoch);
            }
        }
    }
    Ok(list)
}

/// The epochs of a list's elements, in its order.
pub(crate) fn leader_epochs(list: &TopicPartitionList) -> Vec<Option<LeaderEpoch>> {
    let count = isize::try_from(list.count()).unwrap_or(0);
    // SAFETY: a list that lives has as many elements as it says.
    let epoch = |at| unsafe {
        sys::rd_kafka_topic_partition_get_leader_epoch((*list.ptr()).elems.offset(at))
    };
    (0..count).map(|at| LeaderEpoch::known(epoch(at))).collect()
}
