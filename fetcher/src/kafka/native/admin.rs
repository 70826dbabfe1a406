//! One admin request and its answer.

use std::ptr;
use std::time::Duration;

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;

use super::{Owned, checked, millis};

/// Longest timeout that an admin request takes (source: `rd_kafka_AdminOptions_set_request_timeout`).
const LONGEST: Duration = Duration::from_secs(3600);
/// How long the client gets beyond the timeout to answer that it ran out, with a better reason than ours.
const GRACE: Duration = Duration::from_millis(200);

/// Sends one admin request and waits for its answer.
///
/// `send` gets the handle, the options and the queue for the answer, which are valid during the call.
pub(super) fn request<C: ClientContext>(
    client: &Client<C>,
    operation: sys::rd_kafka_admin_op_t,
    timeout: Duration,
    send: impl FnOnce(
        *mut sys::rd_kafka_t,
        *const sys::rd_kafka_AdminOptions_t,
        *mut sys::rd_kafka_queue_t,
    ),
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    let timeout = timeout.min(LONGEST);
    let handle = client.native_ptr();
    let options = options(client, operation, timeout)?;
    // SAFETY: the handle is alive as long as `client` is borrowed, and the queue is ours.
    let queue = unsafe { Owned::new(sys::rd_kafka_queue_new(handle), sys::rd_kafka_queue_destroy) };
    let queue = queue.ok_or(RDKafkaErrorCode::Fail)?;
    send(handle, options.as_ptr(), queue.as_ptr());
    // SAFETY: the queue is alive; an event taken from it is ours. An answer that comes after the queue is
    // destroyed is destroyed by librdkafka.
    let event = unsafe {
        let event = sys::rd_kafka_queue_poll(queue.as_ptr(), millis(timeout + GRACE));
        Owned::new(event, sys::rd_kafka_event_destroy)
    };
    let event = event.ok_or(RDKafkaErrorCode::OperationTimedOut)?;
    // SAFETY: the event is alive.
    checked(unsafe { sys::rd_kafka_event_error(event.as_ptr()) })?;
    Ok(event)
}

fn options<C: ClientContext>(
    client: &Client<C>,
    operation: sys::rd_kafka_admin_op_t,
    timeout: Duration,
) -> Result<Owned<sys::rd_kafka_AdminOptions_t>, RDKafkaErrorCode> {
    // SAFETY: the handle is alive as long as `client` is borrowed, and the options are ours.
    let options = unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client.native_ptr(), operation);
        Owned::new(options, sys::rd_kafka_AdminOptions_destroy)
    };
    let options = options.ok_or(RDKafkaErrorCode::Fail)?;
    // SAFETY: the options are alive; without room for an error text none is written.
    let set = unsafe {
        sys::rd_kafka_AdminOptions_set_request_timeout(
            options.as_ptr(),
            millis(timeout),
            ptr::null_mut(),
            0,
        )
    };
    checked(set)?;
    Ok(options)
}
