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
    next: BTreeMap<Partition, Next>,
    polled: Option<Moment>,
}

/// N of one partition.
#[derive(Clone, Copy, Debug)]
struct Next {
    at: Offset,
    /// Reading came there, and was not only placed there.
    read: bool,
}

impl Progress {
    /// Polling came to `next` in a partition.
    pub(crate) fn set(&self, partition: Partition, next: Offset) {
        self.put(partition, next, true);
    }

    /// Reading is to begin at `next` in a partition.
    pub(crate) fn placed(&self, partition: Partition, next: Offset) {
        self.put(partition, next, false);
    }

    /// The partition is read no more.
    pub(crate) fn remove(&self, partition: Partition) {
        self.lock().next.remove(&partition);
    }

    /// Everything as of now.
    pub(crate) fn read(&self) -> BTreeMap<Partition, Offset> {
        self.such(|_| true)
    }

    /// How far the partitions were read; without those of which nothing was polled yet.
    pub(crate) fn reached(&self) -> BTreeMap<Partition, Offset> {
        self.such(|next| next.read)
    }

    /// The thread polls, or waits for credit on purpose.
    pub(crate) fn polled(&self, now: Moment) {
        self.lock().polled = Some(now);
    }

    /// When it last did; `None` while there is no consumer.
    pub(crate) fn last_polled(&self) -> Option<Moment> {
        self.lock().polled
    }

    fn put(&self, partition: Partition, at: Offset, read: bool) {
        self.lock().next.insert(partition, Next { at, read });
    }

    fn such(&self, wanted: impl Fn(&Next) -> bool) -> BTreeMap<Partition, Offset> {
        let state = self.lock();
        let such = state.next.iter().filter(|(_, next)| wanted(next));
        such.map(|(partition, next)| (*partition, next.at))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
