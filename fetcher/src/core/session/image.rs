//! What of a session decides about delivery, for a model that has to know when two states are one.
//!
//! Left out is what decides only about what is said of it: the pulse, probes, glimpses, latches, statistics, the history.
//! Numbers that only grow count by their distance from the newest, moments as the time until then. Left out too are the
//! ages that only a log which was cut short asks for (`assigned`, `placed_at`), since the model has no such log; what
//! waits to be sent is in [`Session::outgoing`].

use std::hash::{Hash, Hasher};

use rollcall_proto::ids::Epoch;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::feed_request;

use super::{Holding, Link, Outgoing, PROOF_WAIT, Phase, Session};
use crate::core::credit::Credit;

impl Session {
    /// Writes what decides about delivery from now on. `newest` is the epoch that the aggregator gave last.
    pub fn image(&self, newest: Epoch, now: Moment, out: &mut impl Hasher) {
        std::mem::discriminant(&self.link).hash(out);
        if let Link::Rotating { deadline } = self.link {
            deadline.since(now).hash(out);
        }
        (&self.topic_id, &self.begun_anew, self.limits.is_some()).hash(out);
        let credit = &self.credit;
        (credit.allowed() > 0, credit.free(), credit.exhausted()).hash(out);
        (&self.revoke, self.turn, &self.moving).hash(out);
        self.lane.map(|lane| (lane.number(), lane.of())).hash(out);
        (self.leaving.map(|at| at.since(now)), self.end().is_some()).hash(out);
        self.commit_hold.map(|at| at.since(now)).hash(out);
        for (partition, held) in &self.holdings {
            partition.hash(out);
            self.holding_image(held, newest, now, out);
        }
    }

    fn holding_image(&self, held: &Holding, newest: Epoch, now: Moment, out: &mut impl Hasher) {
        self.phase_image(held.phase, newest, now, out);
        (&held.sent, held.placed, held.read_to, held.end).hash(out);
        (held.committed, held.committing, held.asked).hash(out);
        (held.polled, held.lost, held.stall.is_some()).hash(out);
        (held.started_from as i32, self.claims - held.claim).hash(out);
        for batch in &held.pending {
            (batch.packed.first_offset, batch.packed.next_offset).hash(out);
        }
    }

    fn phase_image(&self, phase: Phase, newest: Epoch, now: Moment, out: &mut impl Hasher) {
        let old = |epoch: Epoch| newest.0.wrapping_sub(epoch.0);
        std::mem::discriminant(&phase).hash(out);
        match phase {
            Phase::Resolving { retry } => retry.map(|at| at.since(now)).hash(out),
            Phase::Proving { since, ticket } => {
                (now.since(since).min(PROOF_WAIT), self.tickets - ticket).hash(out);
            }
            Phase::Waiting { until: at }
            | Phase::Checking { retry: at }
            | Phase::Standby { again: at } => at.since(now).hash(out),
            Phase::Feeding { epoch } => old(epoch).hash(out),
            Phase::Draining { epoch, deadline } | Phase::LastCommit { epoch, deadline } => {
                (epoch.map(old), deadline.since(now)).hash(out);
            }
            Phase::Resolved | Phase::Claiming | Phase::Done => {}
        }
    }

    /// What was said and waits for room, without evidence.
    pub fn outgoing(&self) -> impl Iterator<Item = &feed_request::Event> {
        self.outbox.iter().filter_map(|out| match out {
            Outgoing::Ready(event) => Some(&**event),
            Outgoing::Pulse | Outgoing::Probed(_) | Outgoing::History(_) => None,
        })
    }

    /// Whether this process was told to end.
    pub const fn leaves(&self) -> bool {
        self.leaving.is_some()
    }

    /// The credit of the present feed.
    pub const fn credit(&self) -> Credit {
        self.credit
    }

    /// How many claims this process has made: the number of the last one.
    pub const fn claims_made(&self) -> u64 {
        self.claims
    }

    /// How many commits this process has asked for: the ticket of the last one.
    pub const fn commits_asked(&self) -> u64 {
        self.tickets
    }
}
