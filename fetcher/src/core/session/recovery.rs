//! Partitions whose position the log does not have any more.
//!
//! With `auto.offset.reset=error` the client stands still there and waits for a decision. Where it does not say whose position
//! the leader refused, every partition without a position is looked at.

use std::time::Duration;

use rollcall_proto::epochs::Epochs;
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::StartedFrom;

use crate::core::assignment;
use crate::core::facts::{ClientFacts, LogFacts, Suspect};
use crate::core::sent::Sent;
use crate::core::session::group::BEYOND_END_CONFIRM;
use crate::core::session::holding::{Holding, Stall};
use crate::core::session::{Action, Phase, RETRY, Session};

/// How long a partition that may stand still is watched before it is read again, and pause between two tries
/// where the log cannot be read.
const SUSPECT_WAIT: Duration = Duration::from_secs(10);
/// How long after its placement a partition without a next offset stands still: statistics are up to 1 s old.
const STANDS_STILL: Duration = Duration::from_secs(2);

impl Session {
    /// The client stands still at one of these partitions.
    pub fn stalled(&mut self, suspects: &[Suspect], now: Moment) {
        let mut asked = Vec::new();
        for suspect in suspects {
            let held = self.holdings.get_mut(&suspect.partition);
            let Some(held) = held.filter(|h| h.reads(suspect.placement)) else {
                continue;
            };
            // What stalls again at once (a batch that cannot be read) is not tried in a loop.
            let says_where = suspect.refused.is_some_and(|refused| refused.end.is_some());
            let again = now.since(held.placed_at) < RETRY && !says_where;
            if !again {
                asked.push(suspect.partition);
            }
            // It is said once, and statistics tell the same partition again.
            let known = held
                .stall
                .filter(|stall| stall.next_offset == suspect.next_offset);
            held.stall = Some(Stall {
                next_offset: suspect.next_offset,
                certain: suspect.certain,
                refused: suspect.refused.or(known.and_then(|stall| stall.refused)),
                beyond_since: None,
                retry: now + if again { SUSPECT_WAIT } else { RETRY },
            });
        }
        if !asked.is_empty() {
            self.actions.push(Action::Resolve(asked));
        }
        self.pulse(now);
    }

    /// Statistics without a next offset tell which partition stands still, when the error did not: it comes
    /// once, and names none.
    pub(super) fn stalls_in(&mut self, client: &ClientFacts, now: Moment) {
        let standing = |partition: &Partition| {
            let held = self.holdings.get(partition)?;
            let dated = client.measured.since(held.placed_at) >= STANDS_STILL;
            // One that is only suspected is looked at again after a while: this is sooner.
            let watched = held
                .stall
                .is_none_or(|stall| stall.retry.since(now) > RETRY);
            let paused = self.flow.paused.contains_key(partition);
            let stands = dated && !paused && watched && held.reads(held.placement);
            stands.then_some(Suspect {
                partition: *partition,
                placement: held.placement,
                next_offset: held.read_to,
                certain: true,
                refused: None,
            })
        };
        let without = client
            .partitions
            .iter()
            .filter(|(_, log)| log.next_offset.is_none());
        let suspects: Vec<_> = without.filter_map(|(p, _)| standing(p)).collect();
        if !suspects.is_empty() {
            self.stalled(&suspects, now);
        }
    }

    /// A probe that finds the log start beyond N: nothing will come for that partition by itself.
    pub(super) fn overtaken_in(&mut self, probed: &v1::Probed, now: Moment) {
        let overtaken = |log: &v1::ProbedPartition| {
            let partition = Partition(log.partition);
            let held = self.holdings.get(&partition)?;
            let start = log.log_start.and_then(Offset::known);
            // A record above the limit holds the partition, while the client reads on.
            let deleted = held
                .oversized
                .is_some_and(|record| Offset::known(record.offset) < start);
            let behind = held.polled < start || deleted;
            let settled_in = now.since(held.placed_at) >= STANDS_STILL;
            let paused = self.flow.paused.contains_key(&partition) && !deleted;
            let stands = behind
                && settled_in
                && !paused
                && held.stall.is_none()
                && held.reads(held.placement);
            stands.then_some(Suspect {
                partition,
                placement: held.placement,
                next_offset: held.read_to,
                certain: false,
                refused: None,
            })
        };
        let suspects: Vec<_> = probed.partitions.iter().filter_map(overtaken).collect();
        if !suspects.is_empty() {
            self.stalled(&suspects, now);
        }
    }

    /// Asks again for the bounds of stalled partitions.
    pub(super) fn retry_stalls(&mut self, now: Moment) {
        let due: Vec<_> = self
            .holdings
            .iter_mut()
            .filter_map(|(p, held)| held.stall.as_mut().map(|stall| (p, stall)))
            .filter(|(_, stall)| now >= stall.retry)
            .map(|(p, stall)| {
                stall.retry = now + RETRY;
                *p
            })
            .collect();
        if !due.is_empty() {
            self.actions.push(Action::Resolve(due));
        }
    }

    /// The bounds of a stalled partition came.
    pub(super) fn recover(
        &mut self,
        partition: Partition,
        facts: &LogFacts,
        same_topic: Option<bool>,
        now: Moment,
    ) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        let moved_to = held.read_to;
        let Some(stall) = held.stall.as_mut() else {
            return;
        };
        let at = stall.next_offset;
        if moved_to > at {
            held.stall = None;
        } else if stall.refused.is_some() && at >= facts.log_start {
            // A leader refuses what is beyond its own end, which is not behind as the high watermark may be. So the log was
            // cut, and where it reaches N again, what lies below N is not what was read there.
            // Whether it is the log of the same topic is asked for again where nobody said.
            if let Some(is_same_topic) = same_topic {
                self.start_over(partition, facts, is_same_topic);
            }
        } else if at > facts.high_watermark {
            let since = *stall.beyond_since.get_or_insert(now);
            if now.since(since) >= BEYOND_END_CONFIRM {
                self.start_over(partition, facts, same_topic == Some(true));
            }
        } else if at < facts.log_start {
            let lost = OffsetRange::new(at, facts.log_start);
            lost.into_iter().for_each(|lost| held.sent.lose(lost));
            held.lost = lost;
            held.started_from = StartedFrom::BelowLogStart;
            self.place(partition, facts.log_start, now);
        } else if stall.certain {
            self.place(partition, at, now);
        } else if at < facts.end() {
            // It may be the one: then it stands where it stood, with records before it.
            stall.certain = true;
            stall.retry = now + SUSPECT_WAIT;
        } else {
            held.stall = None;
        }
    }

    /// The log was truncated below the position. Below the place where it parts from what was read all stays as it was. Where
    /// nobody knows that place, or whether it is the log of the same topic, nothing that was read is worth anything.
    fn start_over(&mut self, partition: Partition, facts: &LogFacts, is_same_topic: bool) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        let end = held.stall.and_then(|stall| stall.refused?.end);
        let parts = end.and_then(|end| Some((held.epochs.common(end)?, end)));
        let (at, lost) = if let Some((common, end)) = parts.filter(|_| is_same_topic) {
            let is_certain = common.leader_epoch == end.leader_epoch;
            let floor = held.sent.floor().min(common.offset);
            let at = if is_certain { common.offset } else { floor };
            (at, OffsetRange::new(floor, facts.log_start))
        } else {
            let start = assignment::by_policy(facts, self.identity.policy, None);
            held.sent = Sent::new(start.offset);
            held.epochs = Epochs::default();
            held.lost = None;
            (start.offset, start.lost)
        };
        self.go_on_at_cut(partition, at);
        if let Some(held) = self.holdings.get_mut(&partition) {
            if let Some(lost) = lost {
                held.lose(lost);
            }
            // A commit beyond the cut is no start: whoever reads it again finds a log that has grown past it, perhaps.
            held.commit_read = facts.committed;
        }
    }

    /// A later leader wrote over what was read, from `at` on or before: the log was cut, and nobody was asked.
    pub(super) fn overwritten(&mut self, partition: Partition, at: Offset, now: Moment) {
        if self.holdings.get(&partition).is_some_and(Holding::leaving) {
            return self.withdraw(partition);
        }
        self.go_on_at_cut(partition, at);
        self.prove_ready(now);
    }

    /// The log lost everything from `at` on, and has other records there, or will have. The claim ends: what was sent of that
    /// is void, and the next claim says so.
    fn go_on_at_cut(&mut self, partition: Partition, at: Offset) {
        self.release(partition);
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        held.sent.cut(at);
        held.epochs.cut(at);
        held.started_from = StartedFrom::BeyondEnd;
        held.cut_at = Some(at);
        held.commit_read = held.committed.or(held.commit_read);
        (held.committed, held.committing, held.asked) = (None, None, None);
        held.start = held.sent.floor();
        held.polled = Some(held.start);
        held.phase = Phase::Resolved;
        self.withdraw(partition);
    }
}
