//! Orders for the polling thread. Each is a level, not a message: the newest word on a partition
//! replaces the one before, so the box is bounded by what there is to say.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall_proto::ids::{LogPosition, Offset, Partition};

use crate::core::lanes::FeedId;
use crate::core::session::Limits;
use crate::kafka::consumer::Seat;

/// Where a partition is to be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The feed that it is read for.
    pub(crate) feed: FeedId,
    /// Names it.
    pub(crate) number: u64,
    /// Where to read on.
    pub(crate) at: LogPosition,
    /// First offset of the first batch.
    pub(crate) first: Offset,
}

/// What the polling thread has to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    /// Partitions to be read, or (`None`) no more.
    pub(crate) placements: BTreeMap<Partition, Option<Placement>>,
    /// Feeds that opened, or (`None`) ended.
    pub(crate) feeds: BTreeMap<FeedId, Option<Limits>>,
    /// Credit of those feeds, and of others.
    pub(crate) allow: BTreeMap<FeedId, u64>,
    /// Everything below is settled.
    pub(crate) floors: BTreeMap<Partition, Offset>,
    /// The pending revoke is to be answered.
    pub(crate) unassign: bool,
    /// The consumer is to be closed. Only after every drain: closing does not wait for one.
    pub(crate) stop: bool,
}

/// The box itself.
pub(crate) struct Mailbox {
    orders: Mutex<Orders>,
    changed: Condvar,
    /// Whose wait for records an order ends.
    seat: Seat,
}

impl Mailbox {
    /// A box for the thread that reads with the consumer of this seat.
    pub(crate) fn of(seat: Seat) -> Self {
        Self {
            orders: Mutex::default(),
            changed: Condvar::new(),
            seat,
        }
    }

    /// Changes the orders and wakes a waiting thread, whatever it waits for.
    pub(crate) fn put(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.lock());
        self.changed.notify_all();
        if let Some(consumer) = self.seat.consumer() {
            consumer.wake();
        }
    }

    /// Takes all orders.
    pub(crate) fn take(&self) -> Orders {
        std::mem::take(&mut self.lock())
    }

    /// Whether the thread is to stop.
    pub(crate) fn stops(&self) -> bool {
        self.lock().stop
    }

    /// Waits for an order, at most `patience`.
    pub(crate) fn wait(&self, patience: Duration) {
        let idle = |orders: &mut Orders| orders.is_empty();
        let waited = self.changed.wait_timeout_while(self.lock(), patience, idle);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Orders {
    fn is_empty(&self) -> bool {
        self.placements.is_empty()
            && self.feeds.is_empty()
            && self.allow.is_empty()
            && self.floors.is_empty()
            && !self.unassign
            && !self.stop
    }
}
