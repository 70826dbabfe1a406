//! Requests to a group's coordinator, which librdkafka must never give up by itself.
//!
//! Until at least 2.12.1 librdkafka aborts the process (`rd_kafka_enq_once_del_source_return`, `eonce->refcnt > 0`) when an
//! admin request to a coordinator ran into its timeout while no coordinator was there, and then one comes: the request
//! is sent for an operation that was freed. <https://github.com/confluentinc/librdkafka/pull/5397>. So these requests get
//! the longest timeout that there is, the caller waits as long as it likes, and a request that was left behind is
//! remembered: the next of its kind waits for it and is not sent beside it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::bindings as sys;
use rdkafka::client::{Client, ClientContext};

use super::{Owned, millis, text};

/// How long an answer that is late keeps the next request of its kind from being sent.
const HOLDS: Duration = Duration::from_secs(60);
/// Late answers that are remembered; the oldest are forgotten.
const MAX_LATE: usize = 1_000;

static LATE: Mutex<Vec<Late>> = Mutex::new(Vec::new());

/// Which request: the client, the operation, and the groups that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    client: String,
    operation: u32,
    groups: u64,
}

/// A request whose answer has not come in time.
struct Late {
    kind: Kind,
    since: Instant,
    queue: Owned<sys::rd_kafka_queue_t>,
}

// SAFETY: librdkafka's queues may be polled and destroyed on any thread; under the lock it is one at a time.
#[expect(unsafe_code, reason = "a pointer that is only used under a lock")]
unsafe impl Send for Late {}

impl Kind {
    pub(super) fn of<C: ClientContext>(
        client: &Client<C>,
        operation: sys::rd_kafka_admin_op_t,
        groups: &impl Hash,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        groups.hash(&mut hasher);
        Self {
            client: name_of(client),
            operation: operation as u32,
            groups: hasher.finish(),
        }
    }
}

/// The name that librdkafka gave the client: in a process no two ever have the same, unlike their addresses.
#[expect(unsafe_code, reason = "asks a living client for its name")]
fn name_of<C: ClientContext>(client: &Client<C>) -> String {
    // SAFETY: the client is alive as long as it is borrowed, and its name with it.
    let name = unsafe { text(sys::rd_kafka_name(client.native_ptr())) };
    name.unwrap_or_default()
}

/// Whether no request of this kind is on its way any more; waits for one that is.
pub(super) fn is_clear(kind: &Kind, timeout: Duration) -> bool {
    let found = {
        let mut late = late();
        let at = late.iter().position(|one| one.kind == *kind);
        at.map(|at| late.swap_remove(at))
    };
    let Some(found) = found else {
        return true;
    };
    // SAFETY: the queue is alive and ours; its client is the caller's. The answer is an old one: it is destroyed.
    #[expect(unsafe_code, reason = "polls the queue of a late answer")]
    let answer = unsafe {
        let event = sys::rd_kafka_queue_poll(found.queue.as_ptr(), millis(timeout));
        Owned::new(event, sys::rd_kafka_event_destroy)
    };
    let clear = answer.is_some() || found.since.elapsed() > HOLDS;
    if !clear {
        remember(found);
    }
    clear
}

/// Whether a request of this client was left behind.
pub(crate) fn waits_for_an_answer<C: ClientContext>(client: &Client<C>) -> bool {
    let client = name_of(client);
    late().iter().any(|one| one.kind.client == client)
}

/// The answer to a request of this kind has not come in time.
pub(super) fn leave_behind(kind: Kind, queue: Owned<sys::rd_kafka_queue_t>) {
    remember(Late {
        kind,
        since: Instant::now(),
        queue,
    });
}

fn remember(one: Late) {
    let mut late = late();
    if late.len() >= MAX_LATE {
        late.remove(0);
    }
    late.push(one);
}

fn late() -> MutexGuard<'static, Vec<Late>> {
    // Whoever panicked left whole entries behind.
    LATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use rdkafka::ClientConfig;
    use rdkafka::consumer::{BaseConsumer, Consumer};

    use super::super::admin::queue_of;
    use super::*;

    const OPERATION: sys::rd_kafka_admin_op_t =
        sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;

    #[test]
    fn an_answer_that_is_late_holds_back_the_next_request_of_its_kind_and_no_other() {
        let client: BaseConsumer = ClientConfig::new().create().unwrap();
        let kind = |group: &str| Kind::of(client.client(), OPERATION, &group);
        leave_behind(kind("a"), queue_of(client.client()).unwrap());
        assert!(is_clear(&kind("b"), Duration::ZERO), "another group");
        assert!(!is_clear(&kind("a"), Duration::ZERO));
        assert!(!is_clear(&kind("a"), Duration::ZERO), "still on its way");
        let long_ago = Instant::now().checked_sub(HOLDS + HOLDS);
        for one in late().iter_mut().filter(|one| one.kind == kind("a")) {
            one.since = long_ago.unwrap();
        }
        assert!(is_clear(&kind("a"), Duration::ZERO), "it is given up");
        assert!(late().iter().all(|one| one.kind != kind("a")));
    }
}
