//! When the polling thread polls, waits, pauses and resumes.
//!
//! Without credit it first stops polling for a moment, which keeps the client's prefetch. If that did
//! not help, it pauses exactly the partitions that have something unsettled and polls on, so that the
//! group stays served and the other partitions flow on their reserve of one batch.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;

use crate::core::credit::Credit;

/// How long polling may stop before partitions are paused: rebalances and statistics wait that long.
pub const STOP_POLLING: Duration = Duration::from_millis(200);

/// What the polling thread does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Poll.
    Poll,
    /// Wait for credit, at most that long.
    Wait(Duration),
    /// Pause these partitions, then ask again.
    Pause(Vec<Partition>),
    /// Resume these partitions, then ask again.
    Resume(Vec<Partition>),
}

/// One partition as the polling thread sees it.
#[derive(Clone, Copy, Debug)]
struct Flow {
    /// Offset after the last batch that was cut.
    cut: Offset,
    /// Everything below is settled, as the feed last said.
    floor: Offset,
    /// It must not go on, whatever the credit (a record above the limit).
    held: bool,
}

/// The decisions of one polling thread.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    credit: Credit,
    open: bool,
    flows: BTreeMap<Partition, Flow>,
    paused: BTreeSet<Partition>,
    starved_since: Option<Moment>,
}

impl Throttle {
    /// A feed is open, or none is: without one nothing flows, reserves included.
    pub fn feed(&mut self, open: bool, credit: Credit) {
        self.open = open;
        self.credit = credit;
    }

    /// The feed may send up to `cumulative` bytes.
    pub fn allow(&mut self, cumulative: u64) {
        self.credit.allow(cumulative);
    }

    /// The partition is read from `at` on; a pause of an earlier placement is over.
    pub fn place(&mut self, partition: Partition, at: Offset) {
        self.flows.insert(
            partition,
            Flow {
                cut: at,
                floor: at,
                held: false,
            },
        );
        self.paused.remove(&partition);
    }

    /// The partition is read no more.
    pub fn withdraw(&mut self, partition: Partition) {
        self.flows.remove(&partition);
        self.paused.remove(&partition);
    }

    /// Everything below `floor` is settled.
    pub fn settled(&mut self, partition: Partition, floor: Offset) {
        if let Some(flow) = self.flows.get_mut(&partition) {
            flow.floor = flow.floor.max(floor);
        }
    }

    /// A batch that ends at `next` was cut.
    pub fn cut(&mut self, partition: Partition, next: Offset, bytes: u64) {
        self.credit.spend(bytes);
        if let Some(flow) = self.flows.get_mut(&partition) {
            flow.cut = flow.cut.max(next);
        }
    }

    /// The partition must not go on until it is placed anew.
    pub fn hold(&mut self, partition: Partition) {
        if let Some(flow) = self.flows.get_mut(&partition) {
            flow.held = true;
        }
    }

    /// Whether `waiting` more bytes, uncut yet, use up the credit.
    pub const fn exhausted_with(&self, waiting: u64) -> bool {
        let mut credit = self.credit;
        credit.spend(waiting);
        credit.exhausted()
    }

    /// Whether partitions are on their reserves: what is cut must be followed by a pause.
    pub fn on_reserves(&self, now: Moment) -> bool {
        self.starved_since
            .is_some_and(|since| now.since(since) >= STOP_POLLING)
    }

    /// Since when there is no credit.
    pub const fn starved_since(&self) -> Option<Moment> {
        self.starved_since
    }

    /// What to do now.
    pub fn step(&mut self, now: Moment) -> Step {
        self.note_starvation(now);
        let flows = self.flows.keys().copied();
        let (blocked, free): (Vec<_>, Vec<_>) = flows.partition(|p| self.should_pause(*p, now));
        let pause: Vec<_> = blocked
            .into_iter()
            .filter(|p| self.paused.insert(*p))
            .collect();
        if !pause.is_empty() {
            return Step::Pause(pause);
        }
        let resume: Vec<_> = free.into_iter().filter(|p| self.paused.remove(p)).collect();
        if !resume.is_empty() {
            return Step::Resume(resume);
        }
        match self.starved_since {
            Some(since) if !self.on_reserves(now) => Step::Wait(STOP_POLLING - now.since(since)),
            Some(_) | None => Step::Poll,
        }
    }

    fn note_starvation(&mut self, now: Moment) {
        let nothing_to_throttle = self.flows.is_empty();
        let short = !self.open || self.credit.exhausted();
        let was_paused = self.on_reserves(now);
        // A window shrinks when feeds join, down to less than half of what was first granted: once
        // everything is settled there is no more to wait for.
        let recovered = self.credit.recovered() || self.all_settled();
        if nothing_to_throttle || (!short && (!was_paused || recovered)) {
            self.starved_since = None;
        } else if short && self.starved_since.is_none() {
            self.starved_since = Some(now);
        }
    }

    fn all_settled(&self) -> bool {
        self.flows.values().all(|flow| flow.cut <= flow.floor)
    }

    fn should_pause(&self, partition: Partition, now: Moment) -> bool {
        let Some(flow) = self.flows.get(&partition) else {
            return false;
        };
        flow.held || (self.on_reserves(now) && (!self.open || flow.floor < flow.cut))
    }
}

#[cfg(test)]
mod tests;
