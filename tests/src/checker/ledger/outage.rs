//! Waves of faults, and how long each partition brought nothing new in them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::checker::history::Log;
use crate::checker::line::FaultSeen;

/// A wave of faults, and what clients saw of it.
#[derive(Clone, Debug)]
pub struct WaveSeen {
    /// Its number.
    pub number: usize,
    /// Its faults.
    pub faults: Vec<FaultSeen>,
    /// When it began.
    pub begun: Duration,
    /// When all of it was undone.
    pub mended: Option<Duration>,
    /// When every partition had brought new records since then.
    pub over: Option<Duration>,
    /// The longest time from its beginning on in which a partition brought nothing new.
    pub longest: BTreeMap<Log, Duration>,
    /// From the mending to the first new record of each partition.
    pub back: BTreeMap<Log, Duration>,
}

impl WaveSeen {
    pub(super) fn begun(number: usize, faults: Vec<FaultSeen>, at: Duration) -> Self {
        Self {
            number,
            faults,
            begun: at,
            mended: None,
            over: None,
            longest: BTreeMap::new(),
            back: BTreeMap::new(),
        }
    }

    /// New records came, after the last ones.
    pub(super) fn came(&mut self, log: &Log, last: Duration, at: Duration) {
        if self.over.is_some() {
            return;
        }
        let gap = at.saturating_sub(last.max(self.begun));
        let longest = self.longest.entry(log.clone()).or_default();
        *longest = gap.max(*longest);
        if let Some(mended) = self.mended {
            let back = at.saturating_sub(mended);
            self.back.entry(log.clone()).or_insert(back);
        }
    }

    /// The kind of its only fault.
    pub fn only(&self) -> Option<&FaultSeen> {
        match &self.faults[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The longest outage of a partition that its faults may touch, and that of any other.
    pub fn outages(&self) -> (Duration, Option<Duration>) {
        let scope = super::scope(&self.faults);
        let touched = |log: &Log| scope.as_ref().is_none_or(|only| only.contains(&log.topic));
        let longest = |inside: bool| {
            let logs = self.longest.iter();
            let logs = logs.filter(|(log, _)| touched(log) == inside);
            logs.map(|(_, gap)| *gap).max()
        };
        (longest(true).unwrap_or_default(), longest(false))
    }

    /// From the mending until the last partition that its faults may touch had brought something new.
    pub fn recovery(&self) -> Option<Duration> {
        self.back.values().max().copied()
    }
}
