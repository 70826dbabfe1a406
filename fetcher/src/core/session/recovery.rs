//! Partitions whose position the log does not have any more.
//!
//! With `auto.offset.reset=error` the client stands still there and waits for a decision; what it says
//! names no partition, so every one without a position is looked at.

use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::StartedFrom;

use crate::core::assignment;
use crate::core::facts::{ClientFacts, LogFacts, Suspect};
use crate::core::sent::Sent;
use crate::core::session::group::BEYOND_END_CONFIRM;
use crate::core::session::holding::Stall;
use crate::core::session::{Action, Phase, RETRY, Session};

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
            if now.since(held.placed_at) >= RETRY {
                asked.push(suspect.partition);
            }
            held.stall = Some(Stall {
                next_offset: suspect.next_offset,
                certain: suspect.certain,
                beyond_since: None,
                retry: now + RETRY,
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
            let paused = self.flow.paused.contains_key(partition);
            let stands = dated && !paused && held.stall.is_none() && held.reads(held.placement);
            stands.then_some(Suspect {
                partition: *partition,
                placement: held.placement,
                next_offset: held.read_to,
                certain: true,
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
    pub(super) fn recover(&mut self, partition: Partition, facts: &LogFacts, now: Moment) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        let Some(stall) = held.stall.as_mut() else {
            return;
        };
        let at = stall.next_offset;
        if at > facts.high_watermark {
            let since = *stall.beyond_since.get_or_insert(now);
            if now.since(since) >= BEYOND_END_CONFIRM {
                self.start_over(partition, facts);
            }
            return;
        }
        if let Some(lost) = OffsetRange::new(at, facts.log_start) {
            held.sent.lose(lost);
            held.lost = Some(lost);
            held.started_from = StartedFrom::BelowLogStart;
        }
        let certain = stall.certain;
        held.stall = None;
        if certain || at < facts.log_start {
            self.place(partition, at.max(facts.log_start), at, now);
        }
    }

    /// The log was truncated below the position: what is known of it is worth nothing, and neither is
    /// the claim.
    fn start_over(&mut self, partition: Partition, facts: &LogFacts) {
        let start =
            assignment::by_policy(facts, self.identity.policy, Some(StartedFrom::BeyondEnd));
        self.release(partition);
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        held.sent = Sent::new(start.offset);
        held.started_from = start.from;
        held.lost = start.lost;
        (held.committed, held.committing, held.asked) = (None, None, None);
        held.polled = Some(start.offset);
        held.phase = Phase::Resolved;
        self.withdraw(partition);
    }
}
