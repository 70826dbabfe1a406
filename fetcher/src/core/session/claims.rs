//! Proof of ownership, claims and what follows from them.

use std::collections::BTreeMap;

use rollcall_proto::ids::{Epoch, LeaderEpoch, LogPosition, Offset, Partition};
use rollcall_proto::limits::CLAIM_RANGES;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;
use rollcall_proto::v1::feed_request::Event;

use crate::core::session::{Action, Holding, Link, Phase, RETRY, Session};

impl Session {
    /// Asks for a proof of every partition that is ready to be claimed: its floor is committed, which
    /// only its owner can.
    pub(super) fn prove_ready(&mut self, now: Moment) {
        if self.link != Link::Open || self.leaving.is_some() {
            return;
        }
        if self.fixed.is_some() {
            return self.check_ready(now);
        }
        let mut proofs = BTreeMap::new();
        let ticket = self.tickets + 1;
        for (partition, held) in &mut self.holdings {
            if held.phase == Phase::Resolved {
                held.phase = Phase::Proving { since: now, ticket };
                let floor = held
                    .sent
                    .committable()
                    .max(held.committed.unwrap_or_default());
                held.ask_commit(floor);
                proofs.insert(*partition, floor);
            }
        }
        if !proofs.is_empty() {
            self.commit(proofs);
        }
    }

    /// Tells the aggregator that a partition is ours.
    pub(super) fn claim(&mut self, partition: Partition, proven: bool) {
        let topic_id = self
            .topic_id
            .as_ref()
            .map_or_else(String::new, |id| id.as_str().to_owned());
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        // Never used before in this process: an answer may come when the partition has been away and is back.
        self.claims += 1;
        held.claim = self.claims;
        held.phase = Phase::Claiming;
        let floor = held
            .sent
            .committable()
            .max(held.committed.unwrap_or_default());
        // Without a group nothing was committed to prove the claim: what is settled above the commit is said as settled.
        let committed = match self.fixed {
            Some(_) => held.committed.unwrap_or(held.start).min(floor),
            None => floor,
        };
        let above = OffsetRange::new(committed, floor);
        let claim = v1::Claim {
            partition: partition.0,
            generation: held.claim,
            topic_id,
            committed: committed.get(),
            sent: held.sent.high().max(floor).get(),
            settled: above
                .into_iter()
                .chain(held.sent.settled())
                .take(CLAIM_RANGES)
                .map(Into::into)
                .collect(),
            proven,
            started_from: held.started_from.into(),
            lost: held.lost.map(Into::into),
            cut_at: held.cut_at.map(Offset::get),
        };
        self.say(Event::Claim(claim));
    }

    /// Ends the claim of a partition, if it has one.
    pub(super) fn release(&mut self, partition: Partition) {
        let epoch = self.holdings.get(&partition).and_then(Holding::epoch);
        if let (Some(Epoch(epoch)), true) = (epoch, self.welcomed()) {
            self.say(Event::Release(v1::Release {
                partition: partition.0,
                epoch,
            }));
        }
    }

    /// A claim was granted that nobody waits for any more: the partition was revoked meanwhile.
    fn give_back(&mut self, partition: Partition, epoch: u64) {
        let holds = self.holdings.get(&partition).and_then(Holding::epoch);
        if epoch > 0 && holds != Some(Epoch(epoch)) {
            self.say(Event::Release(v1::Release {
                partition: partition.0,
                epoch,
            }));
        }
    }

    /// The aggregator answered a claim.
    pub(super) fn claimed(&mut self, answer: &v1::Claimed, now: Moment) {
        let partition = Partition(answer.partition);
        let ended = answer.epoch == 0 && !answer.standby;
        if ended && self.feeds_under(partition, answer.generation) {
            return self.displaced(partition, now);
        }
        let awaited = |h: &&mut Holding| {
            let holds = answer.standby && matches!(h.phase, Phase::Feeding { .. });
            h.claim == answer.generation && (h.phase == Phase::Claiming || holds)
        };
        let held = self.holdings.get_mut(&partition).filter(awaited);
        let (Some(held), Some(floor)) = (held, Offset::known(answer.floor)) else {
            return self.give_back(partition, answer.epoch);
        };
        if answer.standby {
            return self.stand_by(partition, now);
        }
        if answer.epoch == 0 {
            held.phase = Phase::Waiting { until: now + RETRY };
            return;
        }
        self.begun_anew.remove(&partition);
        let settled = answer.settled.iter();
        let settled = settled.filter_map(|r| OffsetRange::from_raw(r.first_offset, r.next_offset));
        let goes_on = held.placed && held.sent.next() == floor && !held.sent.unsettled();
        held.sent.begin(floor, settled);
        held.told_written(answer.written.iter().filter_map(position));
        held.phase = Phase::Feeding {
            epoch: Epoch(answer.epoch),
        };
        let known = held.sent.floor();
        if !goes_on {
            self.drop_pending(partition);
            self.place(partition, floor, now);
        }
        self.actions.push(Action::Floor(partition, known));
        self.say_commits_again(now);
    }

    /// Whether records flow under the claim of this number.
    fn feeds_under(&self, partition: Partition, claim: u64) -> bool {
        let held = self.holdings.get(&partition);
        held.is_some_and(|held| held.claim == claim && matches!(held.phase, Phase::Feeding { .. }))
    }

    /// Another feed has the partition now. It may be of a fetcher that is gone, whose claim was long on its way; so this
    /// one proves in a moment that the partition is still its own, and claims it anew.
    fn displaced(&mut self, partition: Partition, now: Moment) {
        self.withdraw(partition);
        if let Some(held) = self.holdings.get_mut(&partition) {
            held.hand_over();
            held.phase = Phase::Waiting { until: now + RETRY };
        }
    }

    /// Has a partition read from `at` on. What waits to be sent stays, and the next batch begins where it ends,
    /// below `at` when retention took what lies between.
    pub(super) fn place(&mut self, partition: Partition, at: Offset, now: Moment) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        held.placement += 1;
        held.placed = true;
        held.placed_at = now;
        held.polled = Some(at);
        (held.come_to, held.come_to_changed) = (Some(at), now);
        held.read_to = at;
        held.stall = None;
        if held.oversized.take().is_some() {
            self.latches
                .contradict_of(ErrorKind::RecordTooLarge, partition);
        }
        held.end = None;
        self.actions.push(Action::Place {
            partition,
            placement: held.placement,
            at,
            first: held.in_hand(),
        });
    }

    /// Ranges were settled. Another epoch than the present one may speak about another log: the topic
    /// was recreated, or truncated, since.
    pub(super) fn settled(&mut self, answer: &v1::Settled, now: Moment) {
        let partition = Partition(answer.partition);
        let held = self.holdings.get_mut(&partition);
        let Some(held) = held.filter(|h| h.epoch() == Some(Epoch(answer.epoch))) else {
            return;
        };
        let ranges = answer.ranges.iter();
        let ranges = ranges.filter_map(|r| OffsetRange::from_raw(r.first_offset, r.next_offset));
        let mut rose = false;
        for range in ranges {
            rose |= held.sent.settle(range);
        }
        if rose {
            held.note_end();
            let floor = held.sent.floor();
            self.actions.push(Action::Floor(partition, floor));
            self.commit_what_is_settled(now);
            self.tick_holdings(now);
            self.finish_revoke(now);
        }
    }

    /// Does what is due for partitions.
    pub(super) fn tick_holdings(&mut self, now: Moment) {
        self.retry_resolves(now);
        self.retry_stalls(now);
        self.claim_unproven(now);
        self.advance_drains(now);
        self.commit_what_is_settled(now);
        self.prove_ready(now);
    }

    fn retry_resolves(&mut self, now: Moment) {
        let mut due = Vec::new();
        let later = now + super::RESOLVE_WAIT;
        for (partition, held) in &mut self.holdings {
            match held.phase {
                Phase::Resolving { retry: Some(at) } if now >= at => {
                    held.phase = Phase::Resolving { retry: Some(later) };
                    due.push(*partition);
                }
                Phase::Checking { retry } if now >= retry => {
                    held.phase = Phase::Checking { retry: later };
                    due.push(*partition);
                }
                Phase::Resolving { .. }
                | Phase::Resolved
                | Phase::Proving { .. }
                | Phase::Claiming
                | Phase::Waiting { .. }
                | Phase::Checking { .. }
                | Phase::Standby { .. }
                | Phase::Feeding { .. }
                | Phase::Draining { .. }
                | Phase::LastCommit { .. }
                | Phase::Done => {}
            }
        }
        if !due.is_empty() {
            self.actions.push(Action::Resolve(due));
        }
    }

    fn claim_unproven(&mut self, now: Moment) {
        for partition in self.assigned() {
            let Some(held) = self.holdings.get_mut(&partition) else {
                continue;
            };
            if let Phase::Waiting { until } | Phase::Standby { again: until } = held.phase
                && now >= until
            {
                held.phase = Phase::Resolved;
            }
            if let Phase::Proving { since, .. } = held.phase
                && now.since(since) >= super::PROOF_WAIT
            {
                self.claim(partition, false);
            }
        }
    }
}

fn position(place: &v1::LogPosition) -> Option<LogPosition> {
    Some(LogPosition {
        offset: Offset::known(place.offset)?,
        leader_epoch: Some(LeaderEpoch::known(place.leader_epoch)?),
    })
}
