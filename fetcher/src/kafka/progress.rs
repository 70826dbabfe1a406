//! N as the polling thread knows it, readable from other threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;

/// The offset that each placed partition would hand over next, and when the thread last turned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: BTreeMap<Partition, Offset>,
    /// Partitions that were read up to there, and not only placed there.
    read: BTreeSet<Partition>,
    polled: Option<Moment>,
}

impl Progress {
    /// Polling came to `next` in a partition.
    pub(crate) fn set(&self, partition: Partition, next: Offset) {
        let mut state = self.lock();
        state.next.insert(partition, next);
        state.read.insert(partition);
    }

    /// Reading is to begin at `next` in a partition.
    pub(crate) fn placed(&self, partition: Partition, next: Offset) {
        let mut state = self.lock();
        state.next.insert(partition, next);
        state.read.remove(&partition);
    }

    /// The partition is read no more.
    pub(crate) fn remove(&self, partition: Partition) {
        let mut state = self.lock();
        state.next.remove(&partition);
        state.read.remove(&partition);
    }

    /// Everything as of now.
    pub(crate) fn read(&self) -> BTreeMap<Partition, Offset> {
        self.lock().next.clone()
    }

    /// How far the partitions were read; without those of which nothing was polled yet.
    pub(crate) fn reached(&self) -> BTreeMap<Partition, Offset> {
        let state = self.lock();
        let read = |(partition, _): &(&Partition, &Offset)| state.read.contains(*partition);
        let reached = state.next.iter().filter(read);
        reached
            .map(|(partition, next)| (*partition, *next))
            .collect()
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
