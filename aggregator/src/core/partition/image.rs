//! What of a partition decides about delivery, for a model (`core/roll/image.rs`).

use std::hash::{Hash, Hasher};

use rollcall_proto::ids::{Epoch, LeaseId};
use rollcall_proto::time::Moment;

use super::PartitionState;

impl PartitionState {
    /// Writes it: epochs as their distance from the newest, leases by their place among those that live, moments as the
    /// time until then.
    pub(in crate::core) fn image(
        &self,
        newest: Epoch,
        place: impl Fn(LeaseId) -> usize,
        now: Moment,
        out: &mut impl Hasher,
    ) {
        let claim = self
            .claim
            .map(|claim| (newest.0.wrapping_sub(claim.epoch.0), claim.feed.0));
        claim.hash(out);
        (&self.log, &self.settled, &self.deliveries).hash(out);
        (self.received, self.sent, self.leased, self.first_handed).hash(out);
        (&self.lost, self.largest).hash(out);
        for piece in self.queue.iter() {
            (piece.range, piece.bytes, piece.packed.record_count).hash(out);
        }
        let held = self.held.as_ref();
        held.map(|held| (place(held.lease), held.range, &held.open, held.records))
            .hash(out);
        self.written.hash(out);
        self.cut.map(|cut| cut.at).hash(out);
        self.back_off_until.map(|until| until.since(now)).hash(out);
    }
}
