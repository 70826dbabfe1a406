//! When the polling thread polls, waits, pauses and resumes.
//!
//! Without credit it first stops polling for a moment, which keeps the client's prefetch. If that did
//! not help, it pauses exactly the partitions that have something unsettled and polls on, so that the
//! group stays served and the other partitions flow on their reserve of one batch.
//!
//! Each feed has a credit of its own. Where another one has some left, polling stops only for a blink.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;

use crate::core::credit::Credit;
use crate::core::lanes::{FEEDS, FeedId};

/// How long polling may stop before partitions are paused: rebalances and statistics wait that long.
pub const STOP_POLLING: Duration = Duration::from_millis(200);
/// How long it may stop for a feed while another has credit: the other's partitions wait as well.
pub const STOP_OTHERS: Duration = Duration::from_millis(10);

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
    /// The feed that it is read for.
    feed: FeedId,
    /// Offset after the last batch that was cut.
    cut: Offset,
    /// Everything below is settled, as the feed last said.
    floor: Offset,
    /// It must not go on, whatever the credit (a record above the limit).
    held: bool,
}

/// What one feed allows.
#[derive(Clone, Copy, Debug)]
struct Gate {
    feed: FeedId,
    credit: Credit,
    open: bool,
    /// Partitions that are read for it.
    flows: usize,
    starved_since: Option<Moment>,
    /// Its partitions are on their reserves.
    on_reserves: bool,
}

/// The decisions of one polling thread.
#[derive(Clone, Debug, Default)]
pub struct Throttle {
    gates: Vec<Gate>,
    flows: BTreeMap<Partition, Flow>,
    paused: BTreeSet<Partition>,
}

impl Throttle {
    /// A feed is open, or is not: without one nothing flows to it, reserves included.
    pub fn feed(&mut self, feed: FeedId, open: bool, credit: Credit) {
        let gate = self.gate(feed);
        (gate.open, gate.credit) = (open, credit);
    }

    /// The feed may send up to `cumulative` bytes.
    pub fn allow(&mut self, feed: FeedId, cumulative: u64) {
        self.gate(feed).credit.allow(cumulative);
    }

    /// The partition is read for a feed from `at` on; a pause of an earlier placement is over.
    pub fn place(&mut self, feed: FeedId, partition: Partition, at: Offset) {
        self.withdraw(partition);
        self.gate(feed).flows += 1;
        self.flows.insert(
            partition,
            Flow {
                feed,
                cut: at,
                floor: at,
                held: false,
            },
        );
    }

    /// The partition is read no more.
    pub fn withdraw(&mut self, partition: Partition) {
        if let Some(flow) = self.flows.remove(&partition) {
            self.gate(flow.feed).flows -= 1;
        }
        self.paused.remove(&partition);
    }

    /// Everything below `floor` is settled.
    pub fn settled(&mut self, partition: Partition, floor: Offset) {
        if let Some(flow) = self.flows.get_mut(&partition) {
            flow.floor = flow.floor.max(floor);
        }
    }

    /// A batch that ends at `next` was cut for the feed.
    pub fn cut(&mut self, feed: FeedId, partition: Partition, next: Offset, bytes: u64) {
        self.gate(feed).credit.spend(bytes);
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

    /// Whether so many more bytes, uncut yet, and `more` of each feed use up the credit of one that is not on its reserves.
    pub fn exhausted_with(&self, waiting: &[u64; FEEDS], more: u64) -> bool {
        let counts = |gate: &&Gate| gate.flows > 0 && !gate.on_reserves;
        self.gates.iter().filter(counts).any(|gate| {
            let mut credit = gate.credit;
            credit.spend(waiting.get(gate.feed.index()).copied().unwrap_or(0));
            credit.spend(more);
            credit.exhausted()
        })
    }

    /// Whether partitions are read on their reserves: what is cut of them must be followed by a pause.
    pub fn on_reserves(&self) -> bool {
        self.gates.iter().any(|gate| gate.on_reserves)
            && self
                .flows
                .iter()
                .any(|(p, flow)| self.reserves_of(flow.feed) && !self.paused.contains(p))
    }

    /// Whether partitions of the feed are on their reserves.
    pub fn reserves_of(&self, feed: FeedId) -> bool {
        let gate = self.gates.iter().find(|gate| gate.feed == feed);
        gate.is_some_and(|gate| gate.on_reserves)
    }

    /// The feeds without credit, and since when.
    pub fn starved(&self) -> BTreeMap<FeedId, Moment> {
        let starved = |gate: &Gate| Some((gate.feed, gate.starved_since?));
        self.gates.iter().filter_map(starved).collect()
    }

    /// What to do now.
    pub fn step(&mut self, now: Moment) -> Step {
        let wait = self.note_starvation(now);
        let flows = self.flows.keys().copied();
        let (blocked, free): (Vec<_>, Vec<_>) = flows.partition(|p| self.should_pause(*p));
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
        wait.map_or(Step::Poll, Step::Wait)
    }

    /// Looks which feeds lack credit, and tells how long polling stops for that.
    fn note_starvation(&mut self, now: Moment) -> Option<Duration> {
        for gate in &mut self.gates {
            gate.note(&self.flows, now);
        }
        let mut used = self.gates.iter().filter(|gate| gate.flows > 0);
        let patience = match used.all(|gate| gate.starved_since.is_some()) {
            true => STOP_POLLING,
            false => STOP_OTHERS,
        };
        let mut wait = None;
        for gate in self.gates.iter_mut().filter(|gate| !gate.on_reserves) {
            let waited = gate.starved_since.map(|since| now.since(since));
            gate.on_reserves = waited.is_some_and(|waited| waited >= patience);
            if let Some(waited) = waited.filter(|waited| *waited < patience) {
                let rest = patience - waited;
                wait = Some(wait.map_or(rest, |least: Duration| least.min(rest)));
            }
        }
        wait
    }

    fn should_pause(&self, partition: Partition) -> bool {
        let Some(flow) = self.flows.get(&partition) else {
            return false;
        };
        let gate = self.gates.iter().find(|gate| gate.feed == flow.feed);
        let blocks = |gate: &Gate| gate.on_reserves && (!gate.open || flow.floor < flow.cut);
        flow.held || gate.is_some_and(blocks)
    }

    fn gate(&mut self, feed: FeedId) -> &mut Gate {
        let known = self.gates.iter().position(|gate| gate.feed == feed);
        let index = known.unwrap_or_else(|| {
            self.gates.push(Gate::new(feed));
            self.gates.len() - 1
        });
        &mut self.gates[index]
    }
}

impl Gate {
    const fn new(feed: FeedId) -> Self {
        Self {
            feed,
            credit: Credit::starting_with(0),
            open: false,
            flows: 0,
            starved_since: None,
            on_reserves: false,
        }
    }

    fn note(&mut self, flows: &BTreeMap<Partition, Flow>, now: Moment) {
        let short = !self.open || self.credit.exhausted();
        // A window shrinks when feeds join, down to less than half of what was first granted: once
        // everything is settled there is no more to wait for.
        let recovered = || {
            let mut own = flows.values().filter(|flow| flow.feed == self.feed);
            self.credit.recovered() || own.all(|flow| flow.cut <= flow.floor)
        };
        if self.flows == 0 || (!short && (!self.on_reserves || recovered())) {
            (self.starved_since, self.on_reserves) = (None, false);
        } else if short && self.starved_since.is_none() {
            self.starved_since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
