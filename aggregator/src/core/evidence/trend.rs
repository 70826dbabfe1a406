//! How the group's lag moves.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

/// How far back the lag is remembered.
const WINDOW: Duration = Duration::from_secs(60);
/// Shortest time between two samples.
const SPACING: Duration = Duration::from_millis(500);
/// Samples that are kept; more than fit in the window at that spacing.
const SAMPLES: usize = 128;
/// Shortest time that says anything about a trend.
const ENOUGH: Duration = Duration::from_secs(30);
/// Growth below this many records is noise.
const NOISE: u64 = 100;

/// Samples of the lag over the last minute.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Trend(VecDeque<(Moment, u64)>);

/// A lag that grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Since when it has been watched.
    pub since: Moment,
    /// Lag at the beginning.
    pub from: u64,
    /// Lag now.
    pub to: u64,
    /// Growth in records a second.
    pub rate: f64,
}

impl Trend {
    /// Takes a sample.
    pub fn sample(&mut self, lag: u64, at: Moment) {
        if self
            .0
            .back()
            .is_some_and(|&(last, _)| at.since(last) < SPACING)
        {
            return;
        }
        self.0.push_back((at, lag));
        self.0.retain(|&(taken, _)| at.since(taken) <= WINDOW);
        if self.0.len() > SAMPLES {
            self.0.pop_front();
        }
    }

    /// The growth over the window, if the lag grows: for half a minute at least, by a tenth and by more
    /// than noise, and its second half lies above its first half as a whole.
    pub fn growth(&self, now: Moment) -> Option<Growth> {
        let recent: Vec<_> = self
            .0
            .iter()
            .copied()
            .filter(|&(at, _)| now.since(at) <= WINDOW)
            .collect();
        let (&(since, from), &(until, to)) = (recent.first()?, recent.last()?);
        let watched = until.since(since);
        let (early, late) = recent.split_at(recent.len() / 2);
        let above = early.iter().map(|s| s.1).max() < late.iter().map(|s| s.1).min();
        let grown = to.saturating_sub(from);
        (watched >= ENOUGH && above && grown > NOISE.max(from / 10)).then(|| Growth {
            since,
            from,
            to,
            rate: grown as f64 / watched.as_secs_f64(),
        })
    }
}

#[cfg(test)]
mod tests;
