//! What librdkafka can do and rdkafka's safe interface cannot: topic ids, member ids, group descriptions, and
//! metadata and headers that nothing from the network can turn into a panic.
#![allow(
    unsafe_code,
    reason = "rdkafka 0.39 has no safe call for DescribeTopics, none for DescribeConfigs that tells a refusal, DescribeConsumerGroups, ListConsumerGroups, ListConsumerGroupOffsets and the member id, its calls for metadata and headers may panic, and its consumer makes an event of every record; all of it is here"
)]

mod admin;
mod cluster;
mod commits;
mod configs;
mod consumer;
mod groups;
mod headers;
mod late;
mod listing;
mod message;
mod positions;
mod topics;

use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rollcall_proto::ids::Topic;

use super::text::bounded;

pub use cluster::{ClusterMetadata, TopicsReader, topic_ids};
pub use commits::{GroupCommits, group_commits};
pub use configs::configs;
pub(crate) use consumer::GroupConsumer;
pub use groups::{GroupDescription, GroupState, Member, describe_group, describe_groups};
pub(crate) use headers::HeaderParts;
pub(crate) use late::waits_for_an_answer;
pub use listing::{GroupNames, group_names};
pub(crate) use message::Message;
pub(crate) use positions::{leader_epochs, list_of};
pub use topics::{PartitionMetadata, TopicMetadata, topic_id, topic_metadata};

/// How the id of an embedded cluster begins (source: librdkafka's `rd_kafka_mock_cluster_new`).
const EMBEDDED_CLUSTER: &str = "mockCluster";

/// Whether the client's cluster is librdkafka's embedded one; false while no broker has answered in time.
pub fn is_embedded<C: ClientContext>(client: &Client<C>, timeout: Duration) -> bool {
    cluster_id(client, timeout).is_some_and(|id| id.starts_with(EMBEDDED_CLUSTER))
}

/// The cluster's id; `None` when no broker has answered in time, or they are too old to say it (before Kafka 0.10.1).
///
/// Waits only before the client's first metadata, which librdkafka asks for by itself; the id is remembered.
pub fn cluster_id<C: ClientContext>(client: &Client<C>, timeout: Duration) -> Option<String> {
    // Not `Client::fetch_cluster_id`: it never frees the text (rdkafka 0.39).
    // SAFETY: the client's handle is alive as long as `client` is borrowed; the text belongs to us.
    unsafe {
        let id = sys::rd_kafka_clusterid(client.native_ptr(), millis(timeout));
        take_text(client, id)
    }
}

/// The client's id in its group; `None` while it is no member, and for a client without a group.
///
/// Asks the client's own threads, no broker.
pub fn member_id<C: ClientContext>(client: &Client<C>) -> Option<String> {
    // SAFETY: the client's handle is alive as long as `client` is borrowed; the text belongs to us.
    let id = unsafe { take_text(client, sys::rd_kafka_memberid(client.native_ptr())) };
    id.filter(|id| !id.is_empty())
}

/// Something of librdkafka's that is ours to destroy.
struct Owned<T> {
    object: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Takes over what `object` points to; `None` when it is null.
    ///
    /// # Safety
    /// `object` is null, or nobody else destroys it and `destroy` is the function for its type.
    unsafe fn new(object: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> Option<Self> {
        NonNull::new(object).map(|object| Self { object, destroy })
    }

    fn as_ptr(&self) -> *mut T {
        self.object.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `new` was promised that the object is ours and that this is its destructor.
        unsafe { (self.destroy)(self.object.as_ptr()) }
    }
}

/// Copies a text of librdkafka's, cut to a bounded length; `None` when it is null.
///
/// # Safety
/// `text` is null or points to a NUL-terminated text that lives during the call.
unsafe fn text(text: *const c_char) -> Option<String> {
    let text = NonNull::new(text.cast_mut())?;
    // SAFETY: the caller promises a NUL-terminated text.
    let text = unsafe { CStr::from_ptr(text.as_ptr()) };
    Some(bounded(&text.to_string_lossy()))
}

/// Copies a text that librdkafka allocated for us, and frees it.
///
/// # Safety
/// `owned` is null or a NUL-terminated text that the client's library allocated and nobody else frees.
unsafe fn take_text<C: ClientContext>(client: &Client<C>, owned: *mut c_char) -> Option<String> {
    // SAFETY: the caller promises a text that lives until it is freed, which is here and once.
    unsafe {
        let copy = text(owned)?;
        sys::rd_kafka_mem_free(client.native_ptr(), owned.cast());
        Some(copy)
    }
}

/// An error code as a result.
fn checked(code: sys::rd_kafka_resp_err_t) -> Result<(), RDKafkaErrorCode> {
    let code = RDKafkaErrorCode::from(code);
    if code == RDKafkaErrorCode::NoError {
        return Ok(());
    }
    Err(code)
}

/// A name as C wants it.
fn c_name(name: &str) -> Result<CString, KafkaError> {
    CString::new(name).map_err(KafkaError::Nul)
}

/// A timeout as librdkafka wants it.
fn millis(timeout: Duration) -> c_int {
    c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX)
}

/// `count` elements at `first`; none when it is null, where `from_raw_parts` would be undefined.
///
/// # Safety
/// `first` is null or points to `count` initialized elements that live and do not change during `'a`.
unsafe fn elements<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if first.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: not null, and the caller promises the rest.
    unsafe { std::slice::from_raw_parts(first, count) }
}

/// The topic of a list's element, which costs no allocation when it is the one `before`; `None` for a name that no
/// Kafka topic can have.
///
/// # Safety
/// The element's topic is null or a NUL-terminated text that lives during the call.
unsafe fn topic_of(
    element: &sys::rd_kafka_topic_partition_t,
    before: Option<&Topic>,
) -> Option<Topic> {
    // SAFETY: as the caller promises.
    let name = unsafe { text(element.topic) }?;
    match before.filter(|topic| topic.as_str() == name) {
        Some(topic) => Some(topic.clone()),
        None => Topic::new(&name).ok(),
    }
}

#[cfg(test)]
mod tests;
