//! Everything that a group has committed, whatever the topic.

use std::ffi::CStr;
use std::ptr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::{Owned, admin, c_name, checked, elements, is_embedded, topic_of};

/// Commits of a group that are read; `total` counts them all.
const MAX_COMMITS: usize = 200_000;

/// What a group has committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCommits {
    /// The offset of each partition, by topic and number. A name that no Kafka topic can have is left out.
    pub commits: Vec<(Topic, Partition, Offset)>,
    /// How many partitions have a commit: more than `commits` holds when a limit cut them.
    pub total: usize,
}

/// All commits of `group`, without being a member. A group that does not exist has none.
///
/// `reader` has to be a client with a group, any group: on a coordinator's refusal librdkafka 2.12 makes its own
/// group's coordinator known anew, and writes through a null pointer when it has none (`rd_kafka_handle_OffsetFetch`).
///
/// An error when `reader` has none, when the coordinator cannot be found or does not answer in time, when the right
/// is missing, and (`UnsupportedFeature`) on the embedded broker.
pub fn group_commits<C: ConsumerContext>(
    reader: &BaseConsumer<C>,
    group: &str,
    timeout: Duration,
) -> Result<GroupCommits, KafkaError> {
    if reader.group_metadata().is_none() {
        return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::UnknownGroup));
    }
    if is_embedded(reader.client(), timeout) {
        // It takes "all partitions" for "no partition", and would answer that there is no commit.
        return Err(KafkaError::OffsetFetch(
            RDKafkaErrorCode::UnsupportedFeature,
        ));
    }
    list(reader, &c_name(group)?, timeout).map_err(KafkaError::OffsetFetch)
}

fn list<C: ConsumerContext>(
    reader: &BaseConsumer<C>,
    group: &CStr,
    timeout: Duration,
) -> Result<GroupCommits, RDKafkaErrorCode> {
    // SAFETY: the name is alive during the call, which copies it; without a list all partitions are meant. The
    // request is ours.
    let wanted = unsafe {
        Owned::new(
            sys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), ptr::null()),
            sys::rd_kafka_ListConsumerGroupOffsets_destroy,
        )
    };
    let wanted = wanted.ok_or(RDKafkaErrorCode::Fail)?;
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
    let answer = admin::request_to_coordinator(
        reader.client(),
        operation,
        &[group],
        timeout,
        |handle, options, queue| {
            let mut groups = [wanted.as_ptr()];
            // SAFETY: all are alive during the call, which copies the request and the options.
            unsafe {
                sys::rd_kafka_ListConsumerGroupOffsets(
                    handle,
                    groups.as_mut_ptr(),
                    groups.len(),
                    options,
                    queue,
                );
            }
        },
    )?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    unsafe { commits_in(answer.as_ptr()) }
}

/// The commits in the answer for one group.
///
/// # Safety
/// `answer` is an event that lives during the call.
unsafe fn commits_in(answer: *mut sys::rd_kafka_event_t) -> Result<GroupCommits, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the answer, which the caller keeps alive; null is asked for before use. The list
    // has as many elements as it counts.
    let elements = unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(answer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        let mut count = 0;
        let groups = sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count);
        let &[group] = elements(groups, count) else {
            return Err(RDKafkaErrorCode::BadMessage);
        };
        // Null when the group was answered.
        let error = sys::rd_kafka_group_result_error(group);
        if !error.is_null() {
            checked(sys::rd_kafka_error_code(error))?;
        }
        match sys::rd_kafka_group_result_partitions(group).as_ref() {
            Some(list) => elements(list.elems, usize::try_from(list.cnt).unwrap_or(0)),
            None => &[],
        }
    };
    // SAFETY: the elements live as long as the answer.
    unsafe { commits(elements) }
}

/// What the elements say; one that says -1 or -1001 has no commit.
///
/// # Safety
/// Each element's topic is null or a NUL-terminated text that lives during the call.
unsafe fn commits(
    elements: &[sys::rd_kafka_topic_partition_t],
) -> Result<GroupCommits, RDKafkaErrorCode> {
    let mut found = GroupCommits::default();
    for element in elements {
        checked(element.err)?;
        let Some(offset) = Offset::known(element.offset) else {
            continue;
        };
        found.total += 1;
        if found.commits.len() == MAX_COMMITS {
            continue;
        }
        let before = found.commits.last().map(|(topic, ..)| topic);
        // SAFETY: as the caller promises.
        if let Some(topic) = unsafe { topic_of(element, before) } {
            found
                .commits
                .push((topic, Partition(element.partition), offset));
        }
    }
    // Brokers list them by no order.
    found.commits.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(topic: &CStr, partition: i32, offset: i64) -> sys::rd_kafka_topic_partition_t {
        sys::rd_kafka_topic_partition_t {
            topic: topic.as_ptr().cast_mut(),
            partition,
            offset,
            metadata: ptr::null_mut(),
            metadata_size: 0,
            opaque: ptr::null_mut(),
            err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
            _private: ptr::null_mut(),
        }
    }

    fn read(
        elements: &[sys::rd_kafka_topic_partition_t],
    ) -> Result<GroupCommits, RDKafkaErrorCode> {
        // SAFETY: the topics are literals.
        unsafe { commits(elements) }
    }

    #[test]
    fn commits_come_in_order_and_partitions_without_one_are_left_out() {
        let found = read(&[
            element(c"B", 1, 7),
            element(c"A", 3, -1001),
            element(c"B", 0, 0),
            element(c"A", 2, -1),
            element(c"A", 1, 9),
        ]);
        let commit = |topic: &str, partition, offset| {
            let offset = Offset::known(offset).unwrap();
            (Topic::new(topic).unwrap(), Partition(partition), offset)
        };
        let expected = vec![commit("A", 1, 9), commit("B", 0, 0), commit("B", 1, 7)];
        assert_eq!(
            found,
            Ok(GroupCommits {
                commits: expected,
                total: 3
            })
        );
    }

    #[test]
    fn a_name_that_no_topic_can_have_is_counted_and_a_null_one_harms_nobody() {
        let mut nameless = element(c"", 0, 5);
        nameless.topic = ptr::null_mut();
        let found = read(&[element(c"a/b", 0, 5), nameless]).unwrap();
        assert_eq!((found.total, found.commits.len()), (2, 0));
    }

    #[test]
    fn a_partition_that_cannot_be_told_fails_the_whole() {
        let mut failed = element(c"A", 0, -1001);
        failed.err = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
        let found = read(&[element(c"A", 1, 5), failed]);
        assert_eq!(found, Err(RDKafkaErrorCode::TopicAuthorizationFailed));
    }
}
