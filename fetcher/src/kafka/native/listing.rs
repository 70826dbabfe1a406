//! The names of a cluster's consumer groups.

use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use super::{admin, elements, is_embedded, text};

/// Groups of a cluster that are read; `total` counts them all.
const MAX_GROUPS: usize = 10_000;

/// The consumer groups of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupNames {
    /// Their names in alphabetical order.
    pub names: Vec<String>,
    /// How many there are: more than `names` holds when a limit cut them.
    pub total: usize,
    /// Brokers that did not say what groups they have.
    pub silent_brokers: usize,
}

/// Lists the consumer groups that the client may describe: one request to each broker. Without the right to describe
/// the cluster a broker leaves out the groups that the client may not describe.
///
/// An error when no broker answered in time, and (`UnsupportedFeature`) on the embedded broker.
pub fn group_names<C: ClientContext>(
    client: &Client<C>,
    timeout: Duration,
) -> Result<GroupNames, KafkaError> {
    if is_embedded(client, timeout) {
        return Err(KafkaError::GroupListFetch(
            RDKafkaErrorCode::UnsupportedFeature,
        ));
    }
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS;
    let answer = admin::request(
        client,
        operation,
        None,
        timeout,
        |handle, options, queue| {
            // SAFETY: all three are alive during the call, which copies the options.
            unsafe { sys::rd_kafka_ListConsumerGroups(handle, options, queue) }
        },
    );
    let answer = answer.map_err(KafkaError::GroupListFetch)?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    unsafe { names_in(answer.as_ptr()) }.map_err(KafkaError::GroupListFetch)
}

/// The names in an answer.
///
/// # Safety
/// `answer` is an event that lives during the call.
unsafe fn names_in(answer: *mut sys::rd_kafka_event_t) -> Result<GroupNames, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the answer, which the caller keeps alive; null is asked for before use.
    unsafe {
        let result = sys::rd_kafka_event_ListConsumerGroups_result(answer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        let (mut count, mut silent_brokers) = (0, 0);
        sys::rd_kafka_ListConsumerGroups_result_errors(result, &mut silent_brokers);
        let groups = sys::rd_kafka_ListConsumerGroups_result_valid(result, &mut count);
        let listed = elements(groups, count);
        let named = listed
            .iter()
            .filter_map(|&group| text(sys::rd_kafka_ConsumerGroupListing_group_id(group)));
        let mut names: Vec<_> = named.take(MAX_GROUPS).collect();
        names.sort_unstable();
        Ok(GroupNames {
            names,
            total: listed.len(),
            silent_brokers,
        })
    }
}
