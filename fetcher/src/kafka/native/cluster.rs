//! Many topics at once: their partitions and leaders, and their ids.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{Topic, TopicId};

use super::topics::{MetadataAnswer, handle_of, partitions};
use super::{Owned, PartitionMetadata, c_name, checked, elements, text, topics};

/// The cluster's metadata of several topics.
#[derive(Clone, Debug, Default)]
pub struct ClusterMetadata {
    /// What was said of each topic that was asked for: its partitions, or why there are none
    /// (`UnknownTopicOrPartition` for a topic that the cluster does not have).
    pub topics: BTreeMap<Topic, Result<Vec<PartitionMetadata>, RDKafkaErrorCode>>,
    /// Every broker of the cluster: "host:port" by id.
    pub brokers: BTreeMap<i32, String>,
}

/// Reads the metadata of many topics with one request.
///
/// The client asks for every topic that it has a handle of; so the handles are kept here.
pub struct TopicsReader<C: ConsumerContext + 'static> {
    /// Dropped before the client.
    handles: BTreeMap<Topic, Owned<sys::rd_kafka_topic_t>>,
    consumer: Arc<BaseConsumer<C>>,
}

impl<C: ConsumerContext> TopicsReader<C> {
    /// A reader that asks through this client.
    pub fn new(consumer: Arc<BaseConsumer<C>>) -> Self {
        Self {
            handles: BTreeMap::new(),
            consumer,
        }
    }

    /// Asks about these topics. Never creates one: a client whose list of topics holds none of its own handles
    /// would allow that (librdkafka 2.12, `rd_kafka_metadata`), so an empty list is not asked for.
    pub fn read<'t>(
        &mut self,
        topics: impl IntoIterator<Item = &'t Topic>,
        timeout: Duration,
    ) -> Result<ClusterMetadata, KafkaError> {
        let mut wanted = BTreeMap::new();
        for topic in topics {
            let handle = match self.handles.remove(topic) {
                Some(handle) => Ok(handle),
                None => handle_of(self.consumer.client(), topic),
            };
            if let Ok(handle) = handle {
                wanted.insert(topic.clone(), handle);
            }
        }
        self.handles = wanted;
        if self.handles.is_empty() {
            return Ok(ClusterMetadata::default());
        }
        let answer = MetadataAnswer::ask(self.consumer.client(), ptr::null_mut(), timeout)
            .map_err(KafkaError::MetadataFetch)?;
        Ok(self.understand(&answer))
    }

    fn understand(&self, answer: &MetadataAnswer) -> ClusterMetadata {
        let (answered, brokers) = answer.read_all();
        let known = |topic: &&sys::rd_kafka_metadata_topic| {
            // SAFETY: the name is null or a NUL-terminated text that lives as long as the answer.
            let name = Topic::new(&unsafe { text(topic.topic) }?).ok()?;
            self.handles.contains_key(&name).then_some(name)
        };
        let topics = answered.iter().filter_map(|topic| {
            let said = checked(topic.err).map(|()| partitions(topic));
            Some((known(topic)?, said))
        });
        ClusterMetadata {
            topics: topics.collect(),
            brokers,
        }
    }
}

/// Kafka's ids of several topics, with one DescribeTopics request to `broker`, see [`topics::topic_id`]. A topic that the cluster does not have, or that
/// may not be described, is left out.
///
/// An error when the answer did not come in time or came from a cluster that knows no topic ids.
pub fn topic_ids<C: ClientContext>(
    client: &Client<C>,
    topics: &[Topic],
    broker: Option<i32>,
    timeout: Duration,
) -> Result<BTreeMap<Topic, TopicId>, KafkaError> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<_> = topics
        .iter()
        .map(|topic| c_name(topic.as_str()))
        .collect::<Result<_, _>>()?;
    let answer = topics::describe(client, &names, broker, timeout);
    let answer = answer.map_err(KafkaError::MetadataFetch)?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    let described = unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(answer.as_ptr());
        if result.is_null() {
            return Err(KafkaError::MetadataFetch(RDKafkaErrorCode::BadMessage));
        }
        let mut count = 0;
        let described = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        elements(described, count)
    };
    let id = |&topic: &*const sys::rd_kafka_TopicDescription_t| {
        // SAFETY: the description is lent by the answer.
        unsafe {
            let name = text(sys::rd_kafka_TopicDescription_name(topic))?;
            Some((Topic::new(&name).ok()?, topics::id_of(topic).ok()?))
        }
    };
    Ok(described.iter().filter_map(id).collect())
}
