//! One admin request and its answer.

use std::ffi::CStr;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;

use super::{Owned, checked, late, millis};

/// Longest timeout that an admin request takes (source: `rd_kafka_AdminOptions_set_request_timeout`).
const LONGEST: Duration = Duration::from_secs(3600);
/// How long the client gets beyond the timeout to answer that it ran out, with a better reason than ours.
const GRACE: Duration = Duration::from_millis(200);

/// Sends one admin request to the broker with this id, else to the one that the last metadata named as the controller,
/// and waits for its answer.
///
/// `send` gets the handle, the options and the queue for the answer, which are valid during the call.
pub(super) fn request<C: ClientContext>(
    client: &Client<C>,
    operation: sys::rd_kafka_admin_op_t,
    broker: Option<i32>,
    timeout: Duration,
    send: impl FnOnce(
        *mut sys::rd_kafka_t,
        *const sys::rd_kafka_AdminOptions_t,
        *mut sys::rd_kafka_queue_t,
    ),
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    let options = options(client, operation, timeout.min(LONGEST))?;
    if let Some(broker) = broker {
        // SAFETY: the options are alive; without room for an error text none is written.
        checked(unsafe {
            sys::rd_kafka_AdminOptions_set_broker(options.as_ptr(), broker, ptr::null_mut(), 0)
        })?;
    }
    let queue = queue_of(client)?;
    send(client.native_ptr(), options.as_ptr(), queue.as_ptr());
    answer(&queue, timeout.min(LONGEST) + GRACE).ok_or(RDKafkaErrorCode::OperationTimedOut)?
}

/// The same for a request that goes to the coordinator of these groups: librdkafka never gives it up (see [`late`]).
pub(super) fn request_to_coordinator<C: ClientContext>(
    client: &Client<C>,
    operation: sys::rd_kafka_admin_op_t,
    groups: &[&CStr],
    timeout: Duration,
    send: impl FnOnce(
        *mut sys::rd_kafka_t,
        *const sys::rd_kafka_AdminOptions_t,
        *mut sys::rd_kafka_queue_t,
    ),
) -> Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode> {
    let begun = Instant::now();
    let kind = late::Kind::of(client, operation, &groups);
    if !late::is_clear(&kind, timeout) {
        return Err(RDKafkaErrorCode::OperationTimedOut);
    }
    let options = options(client, operation, LONGEST)?;
    let queue = queue_of(client)?;
    send(client.native_ptr(), options.as_ptr(), queue.as_ptr());
    match answer(&queue, timeout.saturating_sub(begun.elapsed())) {
        Some(answer) => answer,
        None => {
            late::leave_behind(kind, queue);
            Err(RDKafkaErrorCode::OperationTimedOut)
        }
    }
}

pub(super) fn queue_of<C: ClientContext>(
    client: &Client<C>,
) -> Result<Owned<sys::rd_kafka_queue_t>, RDKafkaErrorCode> {
    // SAFETY: the handle is alive as long as `client` is borrowed, and the queue is ours.
    let queue = unsafe {
        let queue = sys::rd_kafka_queue_new(client.native_ptr());
        Owned::new(queue, sys::rd_kafka_queue_destroy)
    };
    queue.ok_or(RDKafkaErrorCode::Fail)
}

/// The answer, when it comes in time.
fn answer(
    queue: &Owned<sys::rd_kafka_queue_t>,
    timeout: Duration,
) -> Option<Result<Owned<sys::rd_kafka_event_t>, RDKafkaErrorCode>> {
    // SAFETY: the queue is alive; an event taken from it is ours. An answer that comes after the queue is
    // destroyed is destroyed by librdkafka.
    let event = unsafe {
        let event = sys::rd_kafka_queue_poll(queue.as_ptr(), millis(timeout));
        Owned::new(event, sys::rd_kafka_event_destroy)
    }?;
    // SAFETY: the event is alive.
    let said = checked(unsafe { sys::rd_kafka_event_error(event.as_ptr()) });
    Some(said.map(|()| event))
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
