//! A topic's id, and its partitions with their leaders.

use std::collections::BTreeMap;
use std::ffi::CString;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{Partition, Topic, TopicId};

use super::{Owned, admin, c_name, checked, elements, is_embedded, millis, text};

/// What a broker answers for a topic that it cannot name an id for: 16 bytes of zero.
const NO_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// The cluster's metadata of one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicMetadata {
    /// Whether the cluster has the topic. False is an answer, not the lack of one.
    pub exists: bool,
    /// Its partitions, by number.
    pub partitions: Vec<PartitionMetadata>,
    /// Every broker of the cluster: "host:port" by id.
    pub brokers: BTreeMap<i32, String>,
    /// Whether this is the embedded broker, which has no topic ids, group descriptions and time index.
    pub embedded: bool,
}

/// The cluster's metadata of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The partition.
    pub partition: Partition,
    /// Broker id of its leader; `None` while it has none.
    pub leader: Option<i32>,
}

/// Kafka's id of a topic; `None` when the cluster has no such topic. A stand-in on the embedded broker.
///
/// One DescribeTopics request, 3 ms, to `broker`: any broker can answer, and the controller, whom librdkafka asks
/// otherwise, may have died since the last metadata. An error when the answer did not come in time, was refused, or came from a
/// cluster too old for topic ids (before Kafka 2.8: `UnsupportedFeature`).
pub fn topic_id<C: ClientContext>(
    client: &Client<C>,
    topic: &Topic,
    broker: Option<i32>,
    timeout: Duration,
) -> Result<Option<TopicId>, KafkaError> {
    let deadline = Instant::now() + timeout;
    if is_embedded(client, timeout) {
        return Ok(Some(TopicId::embedded(topic)));
    }
    let name = c_name(topic.as_str())?;
    let remaining = deadline.saturating_duration_since(Instant::now());
    let answer = describe(client, &[name], broker, remaining);
    // SAFETY: the answer is alive during the call.
    answer
        .and_then(|answer| unsafe { id_in(answer.as_ptr()) })
        .map(Some)
        .or_else(|code| {
            if code == RDKafkaErrorCode::UnknownTopicOrPartition {
                return Ok(None);
            }
            Err(KafkaError::MetadataFetch(code))
        })
}

/// Asks for the descriptions of the topics with these names, `broker` if one is named.
pub(super) fn describe<C: ClientContext>(
    client: &Client<C>,
    names: &[CString],
    broker: Option<i32>,
    timeout: Duration,
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    let mut names: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: the array and its texts live during the call, which copies them; the collection is ours.
    let topics = unsafe {
        let topics = sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len());
        Owned::new(topics, sys::rd_kafka_TopicCollection_destroy)
    };
    let topics = topics.ok_or(RDKafkaErrorCode::Fail)?;
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS;
    admin::request(
        client,
        operation,
        broker,
        timeout,
        |handle, options, queue| {
            // SAFETY: all four are alive during the call, which copies the collection and the options.
            unsafe { sys::rd_kafka_DescribeTopics(handle, topics.as_ptr(), options, queue) }
        },
    )
}

/// The topic id in the answer for one topic.
///
/// # Safety
/// `answer` is an event that lives during the call.
unsafe fn id_in(answer: *mut sys::rd_kafka_event_t) -> Result<TopicId, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the answer, which the caller keeps alive; null is asked for before use.
    unsafe {
        let result = sys::rd_kafka_event_DescribeTopics_result(answer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        let mut count = 0;
        let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        let &[topic] = elements(topics, count) else {
            return Err(RDKafkaErrorCode::BadMessage);
        };
        id_of(topic)
    }
}

/// The topic id in a description.
///
/// # Safety
/// `topic` lives during the call.
pub(super) unsafe fn id_of(
    topic: *const sys::rd_kafka_TopicDescription_t,
) -> Result<TopicId, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the description, which the caller keeps alive; null is asked for before use.
    unsafe {
        let error = sys::rd_kafka_TopicDescription_error(topic);
        checked(sys::rd_kafka_error_code(error))?;
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        if id.is_null() {
            return Err(RDKafkaErrorCode::UnsupportedFeature);
        }
        text(sys::rd_kafka_Uuid_base64str(id))
            .filter(|id| id != NO_ID)
            .and_then(|id| TopicId::new(&id))
            .ok_or(RDKafkaErrorCode::UnsupportedFeature)
    }
}

/// Asks a broker for a topic's partitions, their leaders, and the cluster's brokers.
///
/// A topic that the cluster does not have is an answer (`exists` is false); a right that is missing, a timeout and a
/// cluster that cannot be reached are errors. Never creates the topic unless the client is configured to.
///
/// rdkafka's own call panics when a broker's host name is no UTF-8.
pub fn topic_metadata<C: ClientContext>(
    client: &Client<C>,
    topic: &Topic,
    timeout: Duration,
) -> Result<TopicMetadata, KafkaError> {
    let deadline = Instant::now() + timeout;
    let answer = ask_metadata(client, topic, timeout).map_err(KafkaError::MetadataFetch)?;
    let remaining = deadline.saturating_duration_since(Instant::now());
    answer
        .read(is_embedded(client, remaining))
        .map_err(KafkaError::MetadataFetch)
}

fn ask_metadata<C: ClientContext>(
    client: &Client<C>,
    topic: &Topic,
    timeout: Duration,
) -> Result<MetadataAnswer, RDKafkaErrorCode> {
    let native = handle_of(client, topic)?;
    MetadataAnswer::ask(client, native.as_ptr(), timeout)
}

/// The client's own handle of a topic.
pub(super) fn handle_of<C: ClientContext>(
    client: &Client<C>,
    topic: &Topic,
) -> Result<Owned<sys::rd_kafka_topic_t>, RDKafkaErrorCode> {
    let name = c_name(topic.as_str()).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    // SAFETY: the client's handle is alive as long as `client` is borrowed, the name is copied, the topic is ours.
    let native = unsafe {
        let native = sys::rd_kafka_topic_new(client.native_ptr(), name.as_ptr(), ptr::null_mut());
        Owned::new(native, sys::rd_kafka_topic_destroy)
    };
    native.ok_or(RDKafkaErrorCode::InvalidTopic)
}

/// An answer to a metadata request; never null.
pub(super) struct MetadataAnswer(*const sys::rd_kafka_metadata);

impl Drop for MetadataAnswer {
    fn drop(&mut self) {
        // SAFETY: the answer is ours and is destroyed once.
        unsafe { sys::rd_kafka_metadata_destroy(self.0) }
    }
}

impl MetadataAnswer {
    /// Asks about one topic, or, with a null one, about all that the client has handles of.
    pub(super) fn ask<C: ClientContext>(
        client: &Client<C>,
        topic: *mut sys::rd_kafka_topic_t,
        timeout: Duration,
    ) -> Result<Self, RDKafkaErrorCode> {
        let mut answer = ptr::null();
        // SAFETY: handle and topic are alive; the answer is written before the call returns without an error.
        let asked = unsafe {
            sys::rd_kafka_metadata(client.native_ptr(), 0, topic, &mut answer, millis(timeout))
        };
        checked(asked)?;
        if answer.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        Ok(Self(answer))
    }

    /// Every topic in the answer, and the brokers.
    pub(super) fn read_all(&self) -> (Vec<&sys::rd_kafka_metadata_topic>, BTreeMap<i32, String>) {
        // SAFETY: the answer is alive and not null, and librdkafka wrote as many elements as it counts.
        let (brokers, topics) = unsafe {
            let answer = &*self.0;
            (
                elements(answer.brokers, counted(answer.broker_cnt)),
                elements(answer.topics, counted(answer.topic_cnt)),
            )
        };
        (
            topics.iter().collect(),
            brokers.iter().map(address).collect(),
        )
    }

    fn read(&self, embedded: bool) -> Result<TopicMetadata, RDKafkaErrorCode> {
        // SAFETY: the answer is alive and not null, and librdkafka wrote as many elements as it counts.
        let (brokers, topics) = unsafe {
            let answer = &*self.0;
            (
                elements(answer.brokers, counted(answer.broker_cnt)),
                elements(answer.topics, counted(answer.topic_cnt)),
            )
        };
        let brokers = brokers.iter().map(address).collect();
        let [topic] = topics else {
            return Err(RDKafkaErrorCode::BadMessage);
        };
        let exists = match checked(topic.err) {
            Err(code) if code != RDKafkaErrorCode::UnknownTopicOrPartition => return Err(code),
            Err(_) => false,
            Ok(()) => true,
        };
        Ok(TopicMetadata {
            exists,
            partitions: partitions(topic),
            brokers,
            embedded,
        })
    }
}

pub(super) fn partitions(topic: &sys::rd_kafka_metadata_topic) -> Vec<PartitionMetadata> {
    // SAFETY: librdkafka wrote as many partitions as it counts.
    let partitions = unsafe { elements(topic.partitions, counted(topic.partition_cnt)) };
    let mut partitions: Vec<_> = partitions
        .iter()
        .map(|partition| PartitionMetadata {
            partition: Partition(partition.id),
            leader: (partition.leader >= 0).then_some(partition.leader),
        })
        .collect();
    partitions.sort_by_key(|partition| partition.partition);
    partitions
}

fn address(broker: &sys::rd_kafka_metadata_broker) -> (i32, String) {
    // SAFETY: a broker's host is null or a NUL-terminated text that lives as long as the answer.
    let host = unsafe { text(broker.host) }.unwrap_or_default();
    (broker.id, format!("{host}:{}", broker.port))
}

/// A count as C says it; 0 when it is negative.
fn counted(count: std::ffi::c_int) -> usize {
    usize::try_from(count).unwrap_or(0)
}
