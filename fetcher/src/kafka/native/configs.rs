//! Settings of a topic or a broker. rdkafka 0.39 has this call, but gives what was refused away as an empty answer.

use std::collections::HashMap;
use std::time::Duration;

use rdkafka::admin::ResourceSpecifier;
use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::error::KafkaError;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaResourceType};

use super::{Owned, admin, c_name, checked, elements, text};

/// The settings of one topic or broker by name; those without a value, as secrets have none, are left out.
///
/// One DescribeConfigs request, which wants the right DESCRIBE_CONFIGS: without it `AdminOp` of
/// `TopicAuthorizationFailed` or `ClusterAuthorizationFailed`.
pub fn configs<C: ClientContext>(
    client: &Client<C>,
    resource: ResourceSpecifier<'_>,
    timeout: Duration,
) -> Result<HashMap<String, String>, KafkaError> {
    use RDKafkaResourceType::{RD_KAFKA_RESOURCE_BROKER, RD_KAFKA_RESOURCE_GROUP};
    let (kind, name) = match resource {
        ResourceSpecifier::Topic(name) => (
            RDKafkaResourceType::RD_KAFKA_RESOURCE_TOPIC,
            name.to_owned(),
        ),
        ResourceSpecifier::Group(name) => (RD_KAFKA_RESOURCE_GROUP, name.to_owned()),
        ResourceSpecifier::Broker(id) => (RD_KAFKA_RESOURCE_BROKER, id.to_string()),
    };
    let name = c_name(&name)?;
    // SAFETY: the name lives during the call, which copies it; the resource is ours.
    let wanted = unsafe {
        let wanted = sys::rd_kafka_ConfigResource_new(kind, name.as_ptr());
        Owned::new(wanted, sys::rd_kafka_ConfigResource_destroy)
    };
    let wanted = wanted.ok_or(KafkaError::AdminOp(RDKafkaErrorCode::InvalidArgument))?;
    let mut all = [wanted.as_ptr()];
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS;
    let answer = admin::request(
        client,
        operation,
        None,
        timeout,
        |handle, options, queue| {
            // SAFETY: all of it is alive during the call, which copies the resource and the options.
            unsafe {
                sys::rd_kafka_DescribeConfigs(handle, all.as_mut_ptr(), all.len(), options, queue);
            }
        },
    );
    let answer = answer.map_err(KafkaError::AdminOp)?;
    // SAFETY: the answer is alive until the end of this function, and what it lends with it.
    unsafe { values_in(answer.as_ptr()) }.map_err(KafkaError::AdminOp)
}

/// The values in the answer for one resource.
///
/// # Safety
/// `answer` is an event that lives during the call.
unsafe fn values_in(
    answer: *mut sys::rd_kafka_event_t,
) -> Result<HashMap<String, String>, RDKafkaErrorCode> {
    // SAFETY: everything is lent by the answer, which the caller keeps alive; null is asked for before use.
    unsafe {
        let result = sys::rd_kafka_event_DescribeConfigs_result(answer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::BadMessage);
        }
        let mut count = 0;
        let resources = sys::rd_kafka_DescribeConfigs_result_resources(result, &mut count);
        let &[resource] = elements(resources, count) else {
            return Err(RDKafkaErrorCode::BadMessage);
        };
        checked(sys::rd_kafka_ConfigResource_error(resource))?;
        let entries = sys::rd_kafka_ConfigResource_configs(resource, &mut count);
        let value = |&entry: &*const sys::rd_kafka_ConfigEntry_t| {
            let name = text(sys::rd_kafka_ConfigEntry_name(entry))?;
            Some((name, text(sys::rd_kafka_ConfigEntry_value(entry))?))
        };
        let entries = elements(entries.cast_const().cast(), count);
        Ok(entries.iter().filter_map(value).collect())
    }
}
