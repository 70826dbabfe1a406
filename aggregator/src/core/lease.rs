//! Leases: who has which partitions, and until when.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_proto::ids::{LeaseId, Partition};
use rollcall_proto::time::Moment;

use super::roster::TopicKey;

/// Where a partition is on the roll.
pub type Place = (TopicKey, Partition);

/// One lease.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Who has it. From the network.
    pub client: String,
    /// When it ends; `None` while its gather is open.
    pub ends: Option<Moment>,
    /// Partitions of which it holds something.
    pub places: BTreeSet<Place>,
}

/// All leases that live.
#[derive(Clone, Debug, Default)]
pub struct Leases {
    living: BTreeMap<LeaseId, Lease>,
    newest: Option<LeaseId>,
}

impl Leases {
    /// A gather has opened: its lease lives as long as the gather, and holds nothing yet.
    pub fn open(&mut self, id: LeaseId, client: String) {
        self.newest = self.newest.max(Some(id));
        self.living.insert(
            id,
            Lease {
                client,
                ends: None,
                places: BTreeSet::new(),
            },
        );
    }

    /// The last one that was opened, whether it lives or not.
    pub const fn newest(&self) -> Option<LeaseId> {
        self.newest
    }

    /// A lease.
    pub fn get(&self, id: LeaseId) -> Option<&Lease> {
        self.living.get(&id)
    }

    /// A lease holds something of a partition.
    pub fn hold(&mut self, id: LeaseId, place: Place) {
        if let Some(lease) = self.living.get_mut(&id) {
            lease.places.insert(place);
        }
    }

    /// A lease holds nothing of a partition any more. Says whether the whole lease is over by that.
    pub fn let_go(&mut self, id: LeaseId, place: Place) -> bool {
        let Some(lease) = self.living.get_mut(&id) else {
            return false;
        };
        lease.places.remove(&place);
        let over = lease.places.is_empty() && lease.ends.is_some();
        if over {
            self.living.remove(&id);
        }
        over
    }

    /// The summary was taken: the lease's clock runs. Says whether it holds anything; else it is over.
    pub fn start_clock(&mut self, id: LeaseId, ends: Moment) -> bool {
        let Some(lease) = self.living.get_mut(&id) else {
            return false;
        };
        lease.ends = Some(ends);
        let holds = !lease.places.is_empty();
        if !holds {
            self.living.remove(&id);
        }
        holds
    }

    /// Ends a lease.
    pub fn end(&mut self, id: LeaseId) -> Option<Lease> {
        self.living.remove(&id)
    }

    /// All leases, by number.
    pub fn iter(&self) -> impl Iterator<Item = (LeaseId, &Lease)> {
        self.living.iter().map(|(&id, lease)| (id, lease))
    }
}
