//! N as the polling thread knows it, readable from other threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rollcall_proto::ids::{Offset, Partition};

/// The offset that each placed partition would hand over next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<Mutex<BTreeMap<Partition, Offset>>>);

impl Progress {
    /// Polling came to `next` in a partition.
    pub(crate) fn set(&self, partition: Partition, next: Offset) {
        self.lock().insert(partition, next);
    }

    /// The partition is read no more.
    pub(crate) fn remove(&self, partition: Partition) {
        self.lock().remove(&partition);
    }

    /// Everything as of now.
    pub(crate) fn read(&self) -> BTreeMap<Partition, Offset> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Partition, Offset>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
