//! What the group gives and takes.

use std::time::Duration;

use rollcall_proto::epochs::Epochs;
use rollcall_proto::ids::{LogPosition, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::{ErrorKind, StartedFrom};

use crate::core::assignment::{self, Start};
use crate::core::facts::{GroupOwners, LogFacts, Resolved};
use crate::core::pulse::duration;
use crate::core::sent::Sent;
use crate::core::session::holding::Holding;
use crate::core::session::{
    Action, LAST_COMMIT_WAIT, Limits, Phase, RESOLVE_WAIT, RETRY, REVOKE_DRAIN, Session,
};

/// How long a commit beyond the end must be seen before it is believed: a new leader's end lags.
pub(super) const BEYOND_END_CONFIRM: Duration = Duration::from_secs(2);

/// The state of librdkafka's consumer group while it has a coordinator (`rd_kafka_cgrp_state_names`).
const COORDINATED: &str = "up";

/// How long a description of the group serves: it is asked for every 5 s, and one may be late.
const DESCRIPTION_FRESH: Duration = Duration::from_secs(11);

/// The group as the client sees it, with ages.
#[derive(Clone, Debug)]
pub struct GroupLedger {
    state: String,
    join_state: String,
    state_since: Moment,
    rebalances: u64,
    rebalancing_since: Option<Moment>,
    /// The member id; empty while there is none.
    pub member_id: String,
    /// The protocol's name; empty while it is not known.
    pub protocol: &'static str,
}

impl GroupLedger {
    pub(super) const fn new(now: Moment) -> Self {
        Self {
            state: String::new(),
            join_state: String::new(),
            state_since: now,
            rebalances: 0,
            rebalancing_since: None,
            member_id: String::new(),
            protocol: "",
        }
    }

    /// Takes what the statistics say. Tells whether the client lost its coordinator since the last ones, or has one again.
    pub(super) fn observe(&mut self, state: &str, join_state: &str, measured: Moment) -> bool {
        let before = self.misses_coordinator();
        if self.state != state || self.join_state != join_state {
            state.clone_into(&mut self.state);
            join_state.clone_into(&mut self.join_state);
            self.state_since = measured;
        }
        // Without a coordinator no round is in motion, whatever the join state says.
        let moving = state == COORDINATED && !join_state.is_empty() && join_state != "steady";
        match (moving, self.rebalancing_since) {
            (true, None) => self.rebalancing_since = Some(measured),
            (false, Some(_)) => self.rebalancing_since = None,
            (true, Some(_)) | (false, None) => {}
        }
        self.misses_coordinator() != before
    }

    /// Whether the client has said that it has no coordinator.
    fn misses_coordinator(&self) -> bool {
        !self.state.is_empty() && self.state != COORDINATED
    }

    const fn moved(&mut self) {
        self.rebalances += 1;
    }

    /// Whether this member has joined and got nothing, as a description of the group says: under KIP-848 its own
    /// state stays what it was before it joined.
    fn idle(&self, owners: Option<&GroupOwners>, now: Moment) -> bool {
        let fresh = |seen: &&GroupOwners| now.since(seen.measured) <= DESCRIPTION_FRESH;
        let described = owners.filter(fresh).is_some_and(|seen| {
            let owns = seen
                .owners
                .values()
                .any(|owner| owner.member_id == self.member_id);
            seen.stable && seen.members.contains_key(&self.member_id) && !owns
        });
        described && self.state == COORDINATED && self.join_state == "init"
    }

    pub(super) fn to_wire(
        &self,
        assigned: usize,
        owners: Option<&GroupOwners>,
        now: Moment,
    ) -> v1::GroupState {
        let idle = assigned == 0 && self.idle(owners, now);
        v1::GroupState {
            idle,
            state: self.state.clone(),
            join_state: self.join_state.clone(),
            state_age: Some(duration(now.since(self.state_since))),
            rebalances: self.rebalances,
            rebalancing: self
                .rebalancing_since
                .filter(|_| !idle)
                .map(|since| duration(now.since(since))),
            assigned: u32::try_from(assigned).unwrap_or(u32::MAX),
            member_id: self.member_id.clone(),
            protocol: self.protocol.to_owned(),
        }
    }
}

impl Session {
    /// The group gives partitions. An empty list comes after every KIP-848 revoke.
    pub fn assign(&mut self, partitions: &[Partition], now: Moment) {
        self.latches.contradict(&[
            ErrorKind::PollInterval,
            ErrorKind::Fatal,
            ErrorKind::GroupProtocol,
        ]);
        if partitions.is_empty() {
            return;
        }
        if self.fixed.is_none() {
            self.group.moved();
        }
        self.begin(partitions, now);
    }

    /// Partitions come to this feed.
    pub(super) fn begin(&mut self, partitions: &[Partition], now: Moment) {
        for partition in partitions {
            let mut held = Holding::new(now);
            held.placement = self.first_placement;
            held.phase = Phase::Resolving {
                retry: Some(now + RESOLVE_WAIT),
            };
            self.holdings.insert(*partition, held);
        }
        if self.leaving.is_some() {
            // What the group still gives to one that leaves goes back with the rest.
            partitions.iter().for_each(|p| self.begin_drain(*p, now));
        } else {
            self.actions.push(Action::Resolve(partitions.to_vec()));
        }
        self.pulse(now);
    }

    /// The group takes partitions: they stop at once, what is out may be settled for a moment, the
    /// settled prefix is committed, and only then they are given back.
    pub fn revoke(&mut self, partitions: &[Partition], lost: bool, now: Moment) {
        self.group.moved();
        self.revoke
            .get_or_insert_default()
            .extend_from_slice(partitions);
        for partition in partitions {
            if lost {
                self.lose_ownership(*partition);
            } else {
                self.begin_drain(*partition, now + REVOKE_DRAIN);
            }
        }
        self.tick_holdings(now);
        self.finish_revoke(now);
        self.pulse(now);
    }

    /// This process ends: everything is drained until the deadline. [`Self::left`] tells when it is done.
    pub fn leave(&mut self, deadline: Moment, now: Moment) {
        self.leaving = Some(deadline);
        for partition in self.assigned() {
            self.begin_drain(partition, deadline);
        }
        self.tick_holdings(now);
        self.pulse(now);
    }

    /// Whether everything was given up after [`Self::leave`], and the aggregator told.
    pub fn left(&self) -> bool {
        self.leaving.is_some()
            && self.holdings.values().all(|h| h.phase == Phase::Done)
            && !(self.welcomed() && self.has_message())
    }

    /// The client was lost for good: nothing of what it held is ours any more.
    pub fn client_lost(&mut self, now: Moment) {
        self.tally.clients_lost += 1;
        for partition in self.assigned() {
            self.lose_ownership(partition);
        }
        self.holdings.clear();
        self.moving.clear();
        self.revoke = None;
        self.client = None;
        self.brokers.forget();
        self.pulse(now);
    }

    /// A new client was made: it must know of the feed.
    pub fn client_built(&mut self) {
        if let Some(limits) = self.limits.filter(|_| self.welcomed()) {
            let waiting_bytes = self.credit.used();
            self.unsent = 0;
            self.actions.push(Action::Feed(Some(Limits {
                waiting_bytes,
                ..limits
            })));
            self.actions.push(Action::Allow(self.credit.allowed()));
        }
    }

    fn lose_ownership(&mut self, partition: Partition) {
        self.withdraw(partition);
        self.give_up(partition);
    }

    /// Is done with a partition. Without a group nothing fences a commit that is on its way still: then the claim is not
    /// given back, and the aggregator keeps the partition for a moment when the feed ends.
    fn give_up(&mut self, partition: Partition) {
        let held = self.holdings.get(&partition);
        let commits = held.is_some_and(|held| held.committing.is_some());
        if self.fixed.is_none() || !commits {
            self.release(partition);
        }
        self.finish(partition);
    }

    pub(super) fn begin_drain(&mut self, partition: Partition, deadline: Moment) {
        let held = self.holdings.get_mut(&partition);
        // What is done with stays so: it may never have been resolved, and has nothing to commit.
        let Some(held) = held.filter(|held| held.phase != Phase::Done) else {
            return;
        };
        let epoch = held.epoch();
        // Without a group only a claim gives the right to commit.
        let known = held.resolved() && (self.fixed.is_none() || epoch.is_some());
        held.phase = if known {
            Phase::Draining { epoch, deadline }
        } else {
            Phase::Done
        };
        self.withdraw(partition);
    }

    /// Has a partition read no more, and drops what waits to be sent of it.
    pub(super) fn withdraw(&mut self, partition: Partition) {
        self.drop_pending(partition);
        if self
            .holdings
            .get_mut(&partition)
            .is_some_and(Holding::withdraw)
        {
            self.actions.push(Action::Withdraw(partition));
        }
    }

    /// Moves what drains on: settled (or out of time) to its last commit, committed to done.
    pub(super) fn advance_drains(&mut self, now: Moment) {
        let connected = self.welcomed();
        for partition in self.assigned() {
            let Some(held) = self.holdings.get_mut(&partition) else {
                continue;
            };
            if let Phase::Draining { epoch, deadline } = held.phase
                && (!held.sent.unsettled() || !connected || now >= deadline)
            {
                held.phase = Phase::LastCommit {
                    epoch,
                    deadline: now + LAST_COMMIT_WAIT,
                };
            }
            if let Phase::LastCommit { deadline, .. } = held.phase {
                let nothing_left = held.to_commit().is_none() && held.committing.is_none();
                if nothing_left || now >= deadline {
                    self.give_up(partition);
                }
            }
        }
    }

    fn finish(&mut self, partition: Partition) {
        if let Some(held) = self.holdings.get_mut(&partition) {
            held.phase = Phase::Done;
        }
    }

    /// Answers a revoke once nothing of it is in the way any more.
    pub(super) fn finish_revoke(&mut self, now: Moment) {
        self.drop_moved();
        let done = |p: &Partition| self.holdings.get(p).is_none_or(|h| h.phase == Phase::Done);
        if self
            .revoke
            .as_ref()
            .is_some_and(|list| list.iter().all(done))
        {
            let list = self.revoke.take().unwrap_or_default();
            self.holdings.retain(|p, _| !list.contains(p));
            self.actions.push(Action::Unassign);
            self.pulse(now);
        }
    }

    /// Start offsets were read.
    pub fn resolved(&mut self, answer: &Resolved, now: Moment) {
        let known = self.topic_id.clone();
        let differs = |id| known.as_ref().is_some_and(|old| old != id);
        if answer.topic_id.as_ref().is_some_and(differs) {
            self.restart_resolved(now);
        }
        for (partition, facts) in &answer.partitions {
            match facts {
                Ok(facts) => self.resolve(*partition, facts, answer, now),
                Err(_) => self.retry_resolve(*partition, now),
            }
        }
        // An answer that comes when its partitions were taken away settles nothing: who forgot the old id over it would
        // not know the topic as recreated when they come back.
        let begun = |p: &Partition| {
            self.holdings
                .get(p)
                .is_some_and(|h| h.phase == Phase::Resolved)
        };
        let settles = answer.partitions.iter().any(|(p, _)| begun(p)) || self.topic_id.is_none();
        if answer.topic_id.is_some() && settles {
            self.topic_id.clone_from(&answer.topic_id);
        }
        self.prove_ready(now);
        self.pulse(now);
    }

    fn resolve(&mut self, partition: Partition, facts: &LogFacts, answer: &Resolved, now: Moment) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        match held.phase {
            Phase::Resolving { .. } => self.find_start(partition, facts, answer, now),
            // Read again before a claim: somebody else may have gone on from there.
            Phase::Checking { .. } => {
                if !held.goes_on_from(facts.committed) {
                    held.assigned = now;
                    self.withdraw(partition);
                    self.find_start(partition, facts, answer, now);
                }
                if self.holdings.get(&partition).is_some_and(Holding::resolved) {
                    self.claim(partition, false);
                }
            }
            Phase::Feeding { .. } => {
                let known = self.topic_id.as_ref();
                let same_topic = match (known, &answer.topic_id) {
                    (Some(known), Some(now)) => Some(known == now),
                    (Some(_), None) => None,
                    (None, _) => Some(false),
                };
                self.recover(partition, facts, same_topic, now);
            }
            Phase::Resolved
            | Phase::Proving { .. }
            | Phase::Claiming
            | Phase::Waiting { .. }
            | Phase::Standby { .. }
            | Phase::Draining { .. }
            | Phase::LastCommit { .. }
            | Phase::Done => {}
        }
    }

    /// Finds the start of a partition, unless the commit is in doubt.
    fn find_start(
        &mut self,
        partition: Partition,
        facts: &LogFacts,
        answer: &Resolved,
        now: Moment,
    ) {
        let start = assignment::start(
            facts,
            self.identity.policy,
            self.topic_id.as_ref(),
            answer.topic_id.as_ref(),
        );
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        let doubtful =
            start.from == StartedFrom::BeyondEnd && now.since(held.assigned) < BEYOND_END_CONFIRM;
        if doubtful {
            held.phase = Phase::Resolving {
                retry: Some(now + RETRY),
            };
            return;
        }
        settle_start(held, &start, facts);
        if start.from == StartedFrom::Recreated {
            self.begun_anew.insert(partition);
        } else if self.begun_anew.contains(&partition) {
            held.started_from = StartedFrom::Recreated;
        }
    }

    fn retry_resolve(&mut self, partition: Partition, now: Moment) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        let retry = now + RETRY;
        if !held.resolved() {
            held.phase = Phase::Resolving { retry: Some(retry) };
        } else if matches!(held.phase, Phase::Checking { .. }) {
            held.phase = Phase::Checking { retry };
        }
    }

    /// The topic was recreated: every partition whose start was found in the log that is gone starts anew.
    fn restart_resolved(&mut self, now: Moment) {
        let resolved = self.holdings.iter().filter(|(_, held)| held.resolved());
        let resolved: Vec<_> = resolved.map(|(partition, _)| *partition).collect();
        for partition in resolved {
            self.restart(partition, now);
        }
    }

    /// Forgets what is known of a partition's log and resolves it again. The claim ends: its offsets
    /// speak about another log.
    pub(super) fn restart(&mut self, partition: Partition, now: Moment) {
        let Some(held) = self.holdings.get(&partition) else {
            return;
        };
        if held.leaving() {
            return;
        }
        let gone = held
            .polled
            .and_then(|n| OffsetRange::new(held.sent.floor(), n));
        let placement = held.placement + 1;
        self.withdraw(partition);
        self.release(partition);
        let mut fresh = Holding::new(now);
        (fresh.placement, fresh.lost) = (placement, gone);
        fresh.phase = Phase::Resolving { retry: Some(now) };
        self.holdings.insert(partition, fresh);
    }
}

fn settle_start(held: &mut Holding, start: &Start, facts: &LogFacts) {
    let committed = facts.committed;
    held.sent = Sent::new(start.offset);
    held.started_from = start.from;
    held.lost = start.lost.or(held.lost);
    held.cut_at = (start.from == StartedFrom::BeyondEnd).then_some(start.offset);
    held.committed = committed.filter(|_| start.from == StartedFrom::Commit);
    held.epochs = Epochs::of(LogPosition {
        offset: start.offset,
        leader_epoch: facts.committed_epoch.filter(|_| held.committed.is_some()),
    });
    (held.commit_read, held.start) = (committed, start.offset);
    held.polled = Some(start.offset);
    held.phase = Phase::Resolved;
}
