//! What of a roll decides about delivery, for a model that has to know when two states are one.
//!
//! Left out is what decides only about what is said: evidence, statistics, verdicts, traces, the recorder, counters,
//! probes. Numbers that only grow count by their distance from the newest or by their order, moments as the time until
//! then. The model tries by chance whether states that look alike here also behave alike.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use rollcall_proto::ids::LeaseId;
use rollcall_proto::time::Moment;

use super::{Roll, Timer};
use crate::core::gather::Gather;
use crate::core::topic::TopicState;

impl Roll {
    /// Writes what decides about delivery from now on.
    pub fn image(&self, now: Moment, out: &mut impl Hasher) {
        let leases: BTreeSet<_> = self.leases.iter().map(|(id, _)| id).collect();
        let place = |id: LeaseId| leases.range(..id).count();
        self.stopping.hash(out);
        for (key, feed) in &self.feeds {
            (key.0, feed.topic, &feed.fetcher_id, &feed.group).hash(out);
        }
        for topic in &self.topics {
            self.topic_image(topic, place, now, out);
        }
        for (&id, gather) in &self.gathers {
            place(gather.lease()).hash(out);
            gather_image(gather, out);
            for timer in [Timer::Close(id), Timer::Grace(id), Timer::CutOff(id)] {
                self.left(timer, now).hash(out);
            }
        }
        for (id, lease) in self.leases.iter() {
            (&lease.places, self.left(Timer::Lease(id), now)).hash(out);
        }
        self.kept.image(now, out);
    }

    fn topic_image(
        &self,
        topic: &TopicState,
        place: impl Fn(LeaseId) -> usize,
        now: Moment,
        out: &mut impl Hasher,
    ) {
        topic.turn.hash(out);
        for (number, partition) in &topic.partitions {
            number.hash(out);
            partition.image(topic.newest_epoch(), &place, now, out);
        }
        for (feed, ledger) in &topic.ledgers {
            (feed.0, ledger.held(), ledger.outstanding()).hash(out);
        }
    }

    fn left(&self, timer: Timer, now: Moment) -> Option<std::time::Duration> {
        self.timers.of(timer).map(|at| at.since(now))
    }
}

fn gather_image(gather: &Gather, out: &mut impl Hasher) {
    (gather.is_open(), gather.in_flight()).hash(out);
    for slot in &gather.slots {
        (slot.topic, slot.records, slot.bytes, &slot.ranges).hash(out);
    }
}
