//! Changes of an assignment, each complete before the next.
//!
//! librdkafka 2.12.1 ends the process (an assertion in `rd_kafka_assignment_partition_stopped`) when a partition
//! is taken out of the assignment, put back, and taken out again before its fetcher has stopped the first time.
//! Stopping takes two steps on the client's main thread, the request and its answer. A question for the
//! assignment is answered by the same thread in the order of the queue: two of them lie behind both steps.

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionList;

/// Steps that a fetcher takes to stop.
const STEPS: usize = 2;

/// Replaces the assignment.
pub(crate) fn assign<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    list: &TopicPartitionList,
) -> KafkaResult<()> {
    consumer.assign(list)?;
    until_stopped(|| consumer.assignment().map(drop))
}

/// Takes everything out of the assignment.
pub(crate) fn unassign<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> KafkaResult<()> {
    consumer.unassign()?;
    until_stopped(|| consumer.assignment().map(drop))
}

/// Waits until what was taken out of the assignment has stopped. `ask` asks for the assignment.
pub(super) fn until_stopped(mut ask: impl FnMut() -> KafkaResult<()>) -> KafkaResult<()> {
    (0..STEPS).try_for_each(|_| ask())
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::mocking::MockCluster;
    use rdkafka::topic_partition_list::Offset;

    use super::*;

    #[test]
    fn a_partition_may_be_moved_as_often_as_one_likes() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("moved", 1, 1).unwrap();
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("group.id", "g")
            .create()
            .unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_offset("moved", 0, Offset::Offset(0))
            .unwrap();
        for _ in 0..2000 {
            assign(&consumer, &list).unwrap();
        }
        unassign(&consumer).unwrap();
    }
}
