//! Partitions whose position the log does not have any more.
//!
//! With `auto.offset.reset=error` the client stands still there and waits for a decision; what it says
//! names no partition, so every one without a position is looked at.

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::StartedFrom;

use crate::core::assignment;
use crate::core::facts::LogFacts;
use crate::core::sent::Sent;
use crate::core::session::group::BEYOND_END_CONFIRM;
use crate::core::session::holding::Stall;
use crate::core::session::{Action, Phase, RETRY, Session};

impl Session {
    /// The client stands still: these partitions have no position, and would go on at these offsets.
    pub fn stalled(&mut self, partitions: &[(Partition, u64, Offset)], now: Moment) {
        let mut asked = Vec::new();
        for (partition, placement, next_offset) in partitions {
            let Some(held) = self.holdings.get_mut(partition) else {
                continue;
            };
            if held.placement == *placement && matches!(held.phase, Phase::Feeding { .. }) {
                // What stalls again at once (a batch that cannot be read) is not tried in a loop.
                let fresh = now.since(held.placed_at) < RETRY;
                held.stall = Some(Stall {
                    next_offset: *next_offset,
                    beyond_since: None,
                    retry: now + RETRY,
                });
                if !fresh {
                    asked.push(*partition);
                }
            }
        }
        if !asked.is_empty() {
            self.actions.push(Action::Resolve(asked));
        }
        self.pulse(now);
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
        held.stall = None;
        self.place(partition, at.max(facts.log_start), at, now);
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
        (held.committed, held.committing) = (None, None);
        held.polled = Some(start.offset);
        held.phase = Phase::Resolved;
        if held.withdraw() {
            self.actions.push(Action::Withdraw(partition));
        }
    }
}
