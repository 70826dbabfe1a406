//! A log that was cut: what leases from before may still say of it.
//!
//! The topic and its id stay the same, and other records get the offsets that the log lost. An ack of the lost ones that
//! comes late must not settle those.

use rollcall_proto::ids::{LeaseId, Offset};
use rollcall_proto::ranges::OffsetRange;

use super::PartitionState;

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
    /// The log was cut at `at`, and leases up to `newest` may have records that it lost.
    pub(super) fn note_cut(&mut self, at: Offset, newest: Option<LeaseId>) {
        let before = self.cut.map_or(at, |cut| cut.at);
        self.cut = Some(Cut {
            at: at.min(before),
            newest,
            holder: self.held.as_ref().map(|held| held.lease),
        });
    }

    /// Whether a lease had the partition when its log was cut.
    pub(super) fn held_what_was_cut(&self, lease: LeaseId) -> bool {
        self.cut.is_some_and(|cut| cut.holder == Some(lease))
    }

    /// Whether a range may be of records that the log lost: the lease that is named began before the log was cut, or none is
    /// named, and it is not the one that holds the range now.
    pub fn is_of_lost_log(&self, range: OffsetRange, lease: Option<LeaseId>) -> bool {
        let Some(cut) = self.cut.filter(|cut| range.next() > cut.at) else {
            return false;
        };
        let is_old = lease.is_none_or(|lease| Some(lease) <= cut.newest);
        let holds = self.held.as_ref().is_some_and(|held| {
            lease.is_none_or(|lease| lease == held.lease) && held.range.covers(range)
        });
        is_old && !holds
    }
}
