//! One partition as one fetcher measures it.

use std::collections::VecDeque;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Source};
use serde::{Deserialize, Serialize};

use super::feed::Isolation;
use super::observed::{Backlog, OpenRecord};
use super::pulse::{Foreign, PartitionFacts, PulseFacts};
use super::streak::Streak;
use super::wire::{self, Measured};
use crate::core::verdict::case::IN_FLIGHT;

/// What was sent in this time may overtake, by the times of its coming here, a probe that was begun before.
const ON_ITS_WAY: Duration = Duration::from_millis(250);
/// Waits for a commit that are remembered.
const WAITS: usize = 8;

/// What one fetcher knows of one partition. Whatever is absent is unknown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// The partition's part of the last pulse.
    pub pulse: Option<PartitionFacts>,
    /// N: the newest measurement of the next offset to fetch.
    pub position: Option<Measured<Offset>>,
    /// When N last changed.
    pub moved: Option<Moment>,
    /// Since when N has moved, and nothing that came explains it.
    pub passed: Option<Moment>,
    /// When reading was last seen to be held back by the want of credit.
    pub held: Option<Moment>,
    /// C: the newest word about the group's commit.
    pub committed: Option<Measured<Offset>>,
    /// The last successful measurement of the log's end.
    pub ends: Option<Ends>,
    /// L: the last successful measurement of the log's start.
    pub log_start: Option<Measured<Offset>>,
    /// Probes that failed since the last one that succeeded.
    pub probe_failure: Option<ProbeFailure>,
    /// Probes in a row with N < E, and N the same.
    pub behind: Option<Streak>,
    /// Probes in a row with an N from before they were begun > H.
    pub beyond: Option<Streak>,
    /// Probes in a row with S < H, and S the same.
    pub held_back: Option<Streak>,
    /// When the partition was first heard of.
    pub known: Option<Moment>,
    /// Whether anybody was ever seen to own it.
    pub was_owned: bool,
    /// Since when the group's description names no owner, and the partition is not assigned to this fetcher.
    pub unowned: Option<Moment>,
    /// Since when records have waited that the commit of a foreign owner does not reach.
    pub owner_behind: Option<Moment>,
    /// What was there when a foreign owner that has committed nothing came.
    pub newcomer: Option<Newcomer>,
    /// Where the leader is, as far as anything said so.
    pub leader: Leader,
    /// Since when an observed group is known to have no commit.
    pub no_commit: Option<Moment>,
    /// When an observed group was last seen to have committed up to the end.
    pub was_at_end: Option<Moment>,
    /// Probes in a row with C < L of an observed group, and C the same.
    pub below: Option<Streak>,
    /// Times that an observed group's commit was seen to move.
    pub moves: u32,
    /// How long records last waited for an observed group's commit, newest first.
    pub waits: VecDeque<Duration>,
    /// The unread records of an observed group.
    pub backlog: Option<Backlog>,
    /// The record at S that an observer read: the first of the open transaction.
    pub open_record: Option<OpenRecord>,
    /// When H was last seen to have grown, by an observer.
    pub written: Option<Moment>,
    /// Since when records have come of which an observed group has committed none.
    pub uncommitted: Option<Moment>,
    /// Since when nobody in an observed group has owned the partition.
    pub unowned_since: Option<Moment>,
}

/// The log's end, and N as it was read after it, all of one probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// When they were measured.
    pub at: Moment,
    /// H.
    pub high: Offset,
    /// S, asked after H.
    pub stable: Option<Offset>,
    /// N, read after both.
    pub next: Option<Offset>,
}

/// A foreign owner without a commit. One that begins at the log's end commits nothing before its first record, so what
/// is older than itself proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// Its member id. From the network.
    pub member_id: String,
    /// When it was first seen.
    pub seen: Moment,
    /// E as it was first measured after that.
    pub end: Option<Offset>,
}

/// Probes that failed one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeFailure {
    /// The first of them.
    pub since: Moment,
    /// The last of them.
    pub at: Moment,
    /// What the last one said. From the network.
    pub text: String,
    /// What that is about.
    #[serde(default)]
    pub kind: v1::ErrorKind,
}

/// A partition's leader.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Leader {
    /// "host:port", remembered after the broker is gone. From the network.
    pub address: String,
    /// Since when the client's connection to it is down.
    pub down: Option<Moment>,
    /// Since when metadata names no leader.
    pub none: Option<Moment>,
}

impl Ends {
    /// E: where the log ends for a consumer of this isolation level. Unknown for an unknown level.
    pub fn end(&self, isolation: Option<Isolation>) -> Option<Offset> {
        match isolation? {
            Isolation::ReadCommitted => self.stable,
            Isolation::ReadUncommitted => Some(self.high),
        }
    }
}

impl Seen {
    /// Takes the partition's part of a pulse; `starved` is the whole consumer without credit.
    pub fn pulse(&mut self, pulse: &v1::PartitionPulse, starved: bool, now: Moment) {
        self.known.get_or_insert(now);
        if starved || pulse.paused.is_some() {
            self.held = Some(now);
        }
        let before = self.pulse.as_ref().map(|before| before.handed_over);
        if before.is_some_and(|before| before != wire::offset(pulse.handed_over)) {
            self.passed = None;
        }
        if let Some(next) = wire::offset(pulse.next_offset) {
            self.position(next, now, Source::Pulse);
            if let Some(moved) = wire::moment(pulse.next_offset_age.as_ref(), now) {
                self.moved = Some(moved);
            }
        }
        if let Some(committed) = wire::offset(pulse.committed) {
            self.committed = Some(Measured::new(committed, now, Source::Pulse));
        }
        self.leader.pulse(pulse, now);
        self.pulse = Some(PartitionFacts::read(pulse, now));
    }

    /// What a pulse and the group's description say of who owns the partition. One that never had an owner has had
    /// none for as long as it is known, and not only since the group was described.
    pub fn ownership(
        &mut self,
        client: Option<&PulseFacts>,
        partition: Partition,
        isolation: Option<Isolation>,
        now: Moment,
    ) {
        let assigned = self.pulse.as_ref().is_some_and(|part| part.assigned);
        let foreign = client.and_then(|client| client.foreign.get(&partition));
        self.was_owned |= assigned || foreign.is_some();
        self.meet(foreign, isolation, now);
        let behind = foreign.is_some_and(|owner| self.is_behind(owner, isolation) == Some(true));
        self.owner_behind = behind.then(|| self.owner_behind.unwrap_or(now));
        let nobodys =
            client.is_some_and(|client| client.owned_by_nobody(partition, self.known, now));
        let onset = self.known.filter(|_| !self.was_owned).unwrap_or(now);
        self.unowned = (nobodys && !assigned).then(|| self.unowned.unwrap_or(onset));
    }

    fn meet(&mut self, owner: Option<&Foreign>, isolation: Option<Isolation>, now: Moment) {
        let Some(owner) = owner.filter(|owner| owner.no_commit) else {
            self.newcomer = None;
            return;
        };
        let met = self.newcomer.take();
        let met = met.filter(|met| met.member_id == owner.member_id);
        let mut met = met.unwrap_or_else(|| Newcomer {
            member_id: owner.member_id.clone(),
            seen: now,
            end: None,
        });
        let ends = self.ends.filter(|ends| ends.at >= met.seen);
        met.end = met.end.or_else(|| ends?.end(isolation));
        self.newcomer = Some(met);
    }

    /// Whether records wait that the commit of a foreign owner does not reach: without one, those that were written
    /// since it came. `None` while that is unknown.
    pub fn is_behind(&self, owner: &Foreign, isolation: Option<Isolation>) -> Option<bool> {
        let end = self.ends?.end(isolation)?;
        let reached = match owner.committed {
            Some(committed) => committed,
            None if owner.no_commit => self.newcomer.as_ref()?.end?,
            None => return None,
        };
        Some(reached < end)
    }

    /// Takes the partition's part of a probe that was begun at `begun` and had measured at `at`.
    pub fn probed(
        &mut self,
        probed: &v1::ProbedPartition,
        isolation: Option<Isolation>,
        begun: Moment,
        at: Moment,
    ) {
        self.known.get_or_insert(at);
        self.leader.probed(probed, at);
        if let Some(start) = wire::offset(probed.log_start) {
            self.log_start = Some(Measured::new(start, at, Source::ProbeLogStart));
        }
        if let Some(committed) = wire::offset(probed.committed) {
            self.committed = Some(Measured::new(committed, at, Source::Group));
        }
        match (wire::offset(probed.high_watermark), &probed.failure) {
            (Some(high), None) => self.measured(high, probed, isolation, begun, at),
            (_, failure) => {
                let text = failure.as_deref().unwrap_or("no high watermark");
                self.probe_failed(text, probed.failure_kind(), at)
            }
        }
    }

    /// Takes the partition's part of an observer's probe: the group is the consumer, so N is what it has committed,
    /// read after the ends. Says whether an earlier commit lies past this probe's S, which a group that waits for
    /// transactions to end cannot have made.
    pub fn observed(
        &mut self,
        probed: &v1::ProbedPartition,
        commits_known: bool,
        isolation: Option<Isolation>,
        begun: Moment,
        at: Moment,
    ) -> bool {
        let before = self.position.map(|position| position.value);
        let behind_before = self.behind;
        let high_before = self.ends.map(|ends| ends.high);
        let stable = wire::offset(probed.last_stable_offset);
        let inside = |c: Offset| wire::offset(probed.high_watermark).is_some_and(|high| c <= high);
        let past = before.zip(stable).is_some_and(|(c, s)| c > s && inside(c));
        let none = commits_known && wire::offset(probed.committed).is_none();
        if none {
            self.committed = None;
            self.position = None;
            self.no_commit.get_or_insert(at);
        } else if commits_known {
            self.no_commit = None;
        }
        let consumer = v1::ProbedPartition {
            next_offset: probed.committed,
            ..probed.clone()
        };
        self.probed(&consumer, isolation, begun, at);
        let high = self.ends.map(|ends| ends.high);
        if high_before.is_some() && high > high_before {
            self.written = Some(at);
        }
        // What was written before is nothing that it had to commit.
        let came = self
            .written
            .filter(|written| Some(*written) > self.no_commit);
        self.uncommitted = self.no_commit.and(self.uncommitted.or(came));
        if !commits_known {
            // Who cannot be asked for commits cannot be given any.
            self.uncommitted = self.uncommitted.map(|_| at);
        }
        let after = self.position.map(|position| position.value);
        if before
            .zip(after)
            .is_some_and(|(before, after)| before < after)
        {
            self.moves = self.moves.saturating_add(1);
            if let Some(behind) = behind_before {
                self.waits.truncate(WAITS - 1);
                self.waits.push_front(at.since(behind.since));
            }
        }
        // A probe that failed measured nothing, and the ends are older.
        if self.probe_failure.is_none() && self.at_end(isolation) {
            self.was_at_end = Some(at);
        }
        // A commit that was read before the log began there may have moved since.
        let bounds = after.filter(|_| commits_known).zip(self.log_start);
        self.below = bounds.and_then(|(c, start)| Streak::next(self.below, c < start.value, c, at));
        past
    }

    fn measured(
        &mut self,
        high: Offset,
        probed: &v1::ProbedPartition,
        isolation: Option<Isolation>,
        begun: Moment,
        at: Moment,
    ) {
        let ends = Ends {
            at,
            high,
            // Asked after H, so it may lie beyond it: records came in between.
            stable: wire::offset(probed.last_stable_offset),
            next: wire::offset(probed.next_offset),
        };
        let earlier = self.position_before(begun);
        self.beyond = earlier.and_then(|n| Streak::next(self.beyond, n > high, n, at));
        self.held_back = ends
            .stable
            .and_then(|s| Streak::next(self.held_back, s < high, s, at));
        self.behind = match (ends.next, ends.end(isolation)) {
            (Some(next), Some(end)) => Streak::next(self.behind, next < end, next, at),
            (None, _) | (_, None) => None,
        };
        if let Some(next) = ends.next {
            let observed = self
                .committed
                .is_some_and(|c| c.source == Source::Group && c.at == at && c.value == next);
            let source = if observed {
                Source::Group
            } else {
                Source::Pulse
            };
            self.position(next, at, source);
        }
        self.ends = Some(ends);
        self.probe_failure = None;
    }

    /// N, if it was what it is before the brokers were asked for the end at `begun`. What was read since may lie
    /// beyond the H of that time: records come while a probe is under way.
    fn position_before(&self, begun: Moment) -> Option<Offset> {
        let settled = self.moved? <= begun.before(ON_ITS_WAY);
        self.position
            .filter(|_| settled)
            .map(|position| position.value)
    }

    /// A probe that should have measured the partition did not.
    pub fn probe_failed(&mut self, text: &str, kind: v1::ErrorKind, at: Moment) {
        let since = self
            .probe_failure
            .as_ref()
            .map_or(at, |failure| failure.since);
        self.probe_failure = Some(ProbeFailure {
            since,
            at,
            text: wire::text(text),
            kind,
        });
        self.behind = None;
        self.beyond = None;
        // Nobody could read meanwhile: what waits afterwards has not merely just come.
        self.was_at_end = None;
    }

    /// N was `value` at `at`; an older measurement than the one at hand changes nothing.
    fn position(&mut self, value: Offset, at: Moment, source: Source) {
        match self.position {
            Some(known) if known.at > at => return,
            Some(known) if known.value == value => {}
            Some(known) => {
                self.moved = Some(at);
                if known.value < value {
                    self.passed.get_or_insert(at);
                }
            }
            None => self.moved = Some(at),
        }
        self.position = Some(Measured::new(value, at, source));
    }

    /// A batch up to `next` came: N is at least that.
    pub fn batch(&mut self, next: Offset, now: Moment) {
        if self.position.is_none_or(|position| position.value < next) {
            self.position(next, now, Source::Aggregator);
        }
        self.passed = None;
    }

    /// Whether the last probe found the reader at the log's end.
    pub fn at_end(&self, isolation: Option<Isolation>) -> bool {
        let ends = self
            .ends
            .and_then(|ends| Some((ends.next?, ends.end(isolation)?)));
        ends.is_some_and(|(next, end)| next >= end)
    }

    /// Whether reading was held back by the want of credit within the time that records may be on their way.
    pub fn held_lately(&self, now: Moment) -> bool {
        self.held.is_some_and(|held| now.since(held) <= IN_FLIGHT)
    }

    /// A new claim begins: what was measured of the old one's reading says nothing about it.
    pub fn restart(&mut self, now: Moment) {
        self.position = None;
        self.moved = Some(now);
        self.passed = None;
        self.behind = None;
        self.beyond = None;
        if let Some(ends) = &mut self.ends {
            ends.next = None;
        }
    }
}

impl Leader {
    fn pulse(&mut self, pulse: &v1::PartitionPulse, now: Moment) {
        self.remember(&pulse.leader_address);
        // A dead broker is named for ten seconds only; then the leader is unknown, and the broker still down.
        match pulse.leader {
            Some(_) if pulse.leader_up => self.down = None,
            Some(_) => self.down = self.down.or(Some(now)),
            None => {}
        }
    }

    fn probed(&mut self, probed: &v1::ProbedPartition, at: Moment) {
        self.remember(&probed.leader_address);
        self.none = probed.leader.is_none().then(|| self.none.unwrap_or(at));
    }

    fn remember(&mut self, address: &str) {
        if !address.is_empty() {
            self.address = wire::text(address);
        }
    }
}

#[cfg(test)]
mod tests;
