//! N as the polling thread knows it, readable from other threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;

/// The offset that each placed partition would hand over next, and when the thread last turned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: BTreeMap<Partition, Offset>,
    polled: Option<Moment>,
}

impl Progress {
    /// Polling came to `next` in a partition.
    pub(crate) fn set(&self, partition: Partition, next: Offset) {
        self.lock().next.insert(partition, next);
    }

    /// The partition is read no more.
    pub(crate) fn remove(&self, partition: Partition) {
        self.lock().next.remove(&partition);
    }

    /// Everything as of now.
    pub(crate) fn read(&self) -> BTreeMap<Partition, Offset> {
        self.lock().next.clone()
    }

    /// The thread polls, or waits for credit on purpose.
    pub(crate) fn polled(&self, now: Moment) {
        self.lock().polled = Some(now);
    }

    /// When it last did; `None` while there is no consumer.
    pub(crate) fn last_polled(&self) -> Option<Moment> {
        self.lock().polled
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
