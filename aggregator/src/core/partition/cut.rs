//! A log that was cut: what leases from before may still say of it.
//!
//! The topic and its id stay the same, and other records get the offsets that the log lost. An ack of the lost ones that
//! comes late must not settle those.

use rollcall_proto::ids::{LeaseId, Offset};
use rollcall_proto::ranges::OffsetRange;

use super::{Held, PartitionState};

/// The last time that the log was cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Below it the log is as it was.
    pub(super) at: Offset,
    /// The newest lease from before. Those of an aggregator before this one are not told from newer ones.
    newest: Option<LeaseId>,
    /// The lease that held the partition. It gets no more of it: its range would be of two logs.
    holder: Option<LeaseId>,
}

impl PartitionState {
    /// The log lost everything from `at` on, and leases up to `newest` may have some of it. A lease that has gets no more of
    /// the partition, and what it has of the rest goes back.
    pub(super) fn cut(&mut self, at: Offset, newest: Option<LeaseId>) {
        let before = self.cut;
        let held = self.held.take_if(|held| held.range.next() > at);
        let let_go = held.map(|held| held.lease);
        self.cut = Some(Cut {
            at: before.map_or(at, |cut| cut.at.min(at)),
            newest,
            holder: let_go.or(before.and_then(|cut| cut.holder)),
        });
        self.effects.let_go = self.effects.let_go.or(let_go);
        if let Some(lost) = OffsetRange::from_raw(at.get(), i64::MAX) {
            self.deliveries.forget(lost);
        }
        self.back_off_until = None;
        self.settled.cut(at);
        self.written.cut(at);
        self.sent = self.sent.min(at);
        self.leased = self.leased.min(at);
        self.first_handed = self.first_handed.min(at);
        if let Some(log) = &mut self.log {
            log.told = log.told.min(at);
        }
    }

    /// Whether a lease had the partition when its log was cut.
    pub(super) fn held_what_was_cut(&self, lease: LeaseId) -> bool {
        self.cut.is_some_and(|cut| cut.holder == Some(lease))
    }

    /// Whether a range may be of records that the log lost: its lease began before the log was cut, and does not hold it now.
    pub fn is_of_lost_log(&self, range: OffsetRange, lease: LeaseId) -> bool {
        let Some(cut) = self.cut.filter(|cut| range.next() > cut.at) else {
            return false;
        };
        let holds = |held: &Held| held.lease == lease && held.range.covers(range);
        Some(lease) <= cut.newest && !self.held.as_ref().is_some_and(holds)
    }
}
