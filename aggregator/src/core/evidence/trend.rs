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
/// Shortest time of which each half holds a commit, at the usual interval of automatic commits (5 s).
const BOTH_HALVES: Duration = Duration::from_secs(11);
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

    /// The growth over the window, if the lag grows: for half a minute at least, by more than noise, and its second
    /// half lies above its first half as a whole. How large the lag is already does not matter.
    pub fn growth(&self, now: Moment) -> Option<Growth> {
        let recent = self.recent(now);
        let (&(since, from), &(until, to)) = (recent.first()?, recent.last()?);
        let watched = until.since(since);
        let (early, late) = recent.split_at(recent.len() / 2);
        let above = early.iter().map(|s| s.1).max() < late.iter().map(|s| s.1).min();
        let grown = to.saturating_sub(from);
        (watched >= ENOUGH && above && grown > NOISE).then(|| Growth {
            since,
            from,
            to,
            rate: grown as f64 / watched.as_secs_f64(),
        })
    }

    /// Records a second by which the lag seems to grow that was not watched for long enough yet: its lowest points rise.
    /// Between two commits every lag grows, so each half of the time must be long enough to hold a commit.
    pub fn rising(&self, now: Moment) -> Option<f64> {
        let recent = self.recent(now);
        let (&(since, _), &(until, _)) = (recent.first()?, recent.last()?);
        let watched = until.since(since);
        if watched < BOTH_HALVES || watched >= ENOUGH {
            return None;
        }
        let middle = since + watched / 2;
        let lowest = |late: bool| {
            let half = recent.iter().filter(|&&(at, _)| (at > middle) == late);
            half.map(|&(at, lag)| (lag, at)).min()
        };
        let ((early, from), (late, to)) = (lowest(false)?, lowest(true)?);
        let grown = late.saturating_sub(early);
        (grown > NOISE).then(|| grown as f64 / to.since(from).as_secs_f64())
    }

    /// Whether the lag may turn out to grow: it rises, or is above where it was and too young to tell.
    pub fn may_grow(&self, now: Moment) -> bool {
        let recent = self.recent(now);
        let Some((&(since, from), &(until, to))) = recent.first().zip(recent.last()) else {
            return false;
        };
        let young = until.since(since) < BOTH_HALVES;
        (young && to.saturating_sub(from) > NOISE) || self.rising(now).is_some()
    }

    /// The newest sample of the window, and when it was taken.
    pub fn last(&self, now: Moment) -> Option<(u64, Moment)> {
        let (at, lag) = *self.recent(now).last()?;
        Some((lag, at))
    }

    fn recent(&self, now: Moment) -> Vec<(Moment, u64)> {
        let all = self.0.iter().copied();
        all.filter(|&(at, _)| now.since(at) <= WINDOW).collect()
    }
}

#[cfg(test)]
mod tests;
