//! Memory: fixed shares of one budget, so that no topic can starve another.
//!
//! The budget is divided evenly over the topics of the roll. A topic's share is divided over its feeds,
//! with one part kept free for a feed that joins. A feed may send while what it sent is below what was
//! granted, and beyond that one batch for a partition that has nothing unsettled (its reserve). So:
//!
//! - a topic that nobody gathers fills its own share and nothing else;
//! - a partition whose records were all settled can always send one batch: nothing can deadlock;
//! - bytes held of a topic are at most its share and one batch for each partition (I7).

use std::collections::BTreeMap;

use super::books::FeedKey;

/// A credit is raised when at least this part of the window is new, so that credits stay fewer than batches.
const STEPS_PER_WINDOW: u64 = 8;

/// Bytes of one feed, counted since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Bytes that came.
    pub received: u64,
    /// Bytes that are held no more: settled, discarded, dropped.
    pub released: u64,
    /// Bytes that may come, as the fetcher was told.
    pub granted: u64,
}

impl Ledger {
    /// Bytes held.
    pub const fn held(&self) -> u64 {
        self.received.saturating_sub(self.released)
    }

    /// Bytes held, or granted and not yet sent.
    pub const fn outstanding(&self) -> u64 {
        let promised = if self.granted > self.received {
            self.granted
        } else {
            self.received
        };
        promised.saturating_sub(self.released)
    }

    /// Whether a batch may come that uses no reserve.
    pub const fn has_credit(&self) -> bool {
        self.received < self.granted
    }
}

/// The share of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Bytes for all feeds of the topic together, reserves excluded.
    pub bytes: u64,
    /// Bytes of one batch.
    pub batch_bytes: u64,
}

impl Share {
    /// An even share of `budget` for one of `topics` topics.
    pub fn of(budget: u64, topics: usize, batch_bytes: u64) -> Self {
        Self {
            bytes: budget / (topics as u64).max(1),
            batch_bytes,
        }
    }

    /// The window of each of `feeds` feeds.
    pub fn window(self, feeds: usize) -> u64 {
        let part = self.bytes / (feeds as u64).saturating_add(1);
        part.max(self.batch_bytes).min(self.bytes)
    }

    /// Raises credits where enough has become free: the feeds that are to be told, with their new
    /// cumulative bytes.
    pub fn regrant(self, ledgers: &mut BTreeMap<FeedKey, Ledger>) -> Vec<(FeedKey, u64)> {
        let window = self.window(ledgers.len());
        let step = (window / STEPS_PER_WINDOW).max(1);
        let mut total: u64 = ledgers.values().map(Ledger::outstanding).sum();
        let mut told = Vec::new();
        for (&feed, ledger) in ledgers {
            let others = total - ledger.outstanding();
            let goal = ledger.released + window.min(self.bytes.saturating_sub(others));
            if goal >= ledger.granted + step {
                ledger.granted = goal;
                total = others + ledger.outstanding();
                told.push((feed, goal));
            }
        }
        told
    }
}

#[cfg(test)]
mod tests;
