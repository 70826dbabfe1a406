//! The ends of leases: what was not settled goes back to the front.

use rollcall_proto::ids::LeaseId;
use rollcall_proto::time::Moment;

use super::{Roll, Timer};
use crate::core::count::Count;
use crate::core::event::Notice;
use crate::core::lease::Place;

impl Roll {
    /// Ends a lease, and says how many records go back.
    pub(super) fn end_lease(&mut self, id: LeaseId) -> u64 {
        self.timers.clear(Timer::Lease(id));
        let Some(lease) = self.leases.end(id) else {
            return 0;
        };
        let mut records = 0;
        for (topic, number) in lease.places {
            if let Some(partition) = self.topics[topic.0].partitions.get_mut(&number) {
                records += partition.let_go(id);
                self.woken.insert(topic);
            }
        }
        records
    }

    pub(super) fn expire(&mut self, lease: LeaseId) {
        let client = self
            .leases
            .get(lease)
            .map(|lease| lease.client.clone())
            .unwrap_or_default();
        let records = self.end_lease(lease);
        self.counters.add(Count::LeasesExpired, 1);
        self.note(Notice::LeaseExpired {
            lease,
            records,
            client,
        });
    }

    pub(super) fn end_back_off(&mut self, (topic, number): Place, now: Moment) {
        if let Some(partition) = self.topics[topic.0].partitions.get_mut(&number) {
            partition.end_back_off(now);
            self.woken.insert(topic);
        }
    }
}
