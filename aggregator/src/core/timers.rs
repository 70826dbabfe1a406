//! Deadlines, one for each key: what is due, and when to wake up next.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_proto::time::Moment;

/// A set of deadlines. Setting one again moves it.
#[derive(Clone, Debug)]
pub struct Timers<K> {
    due: BTreeMap<K, Moment>,
    order: BTreeSet<(Moment, K)>,
}

impl<K: Copy + Ord> Timers<K> {
    /// No deadlines.
    pub const fn new() -> Self {
        Self {
            due: BTreeMap::new(),
            order: BTreeSet::new(),
        }
    }

    /// Sets the deadline of a key.
    pub fn set(&mut self, key: K, at: Moment) {
        self.clear(key);
        self.due.insert(key, at);
        self.order.insert((at, key));
    }

    /// Takes the deadline of a key away.
    pub fn clear(&mut self, key: K) {
        if let Some(at) = self.due.remove(&key) {
            self.order.remove(&(at, key));
        }
    }

    /// The deadline of a key, where it has one.
    pub fn of(&self, key: K) -> Option<Moment> {
        self.due.get(&key).copied()
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Moment> {
        self.order.first().map(|&(at, _)| at)
    }

    /// Takes out the earliest deadline that has come, and says when it was, and whose.
    pub fn pop_due(&mut self, now: Moment) -> Option<(Moment, K)> {
        let &(at, key) = self.order.first()?;
        if at > now {
            return None;
        }
        self.clear(key);
        Some((at, key))
    }
}

impl<K: Copy + Ord> Default for Timers<K> {
    fn default() -> Self {
        Self::new()
    }
}
