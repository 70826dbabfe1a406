//! Who gets which partitions, and when.

use std::collections::BTreeSet;

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::measure::tallied;
use super::{FeedId, Lanes, PLACEMENT_BITS, Place, Slot, Standing};
use crate::core::membership::Shard;

impl Lanes {
    /// An aggregator says what lane it is. What is not of that lane is given up before anything is claimed there.
    pub(super) fn place(&mut self, feed: FeedId, welcome: &v1::Welcome, now: Moment) {
        let Some(slot) = self.slots.get_mut(&feed) else {
            return;
        };
        // Only the first one of a stream counts.
        if !slot.session.welcomed() {
            (slot.place, slot.live) = (Some(Place::of(welcome)), true);
            self.deal(now);
        }
    }

    /// Decides anew which feed has which lane. Who loses one stops at once; who gets one waits until all have let go of its
    /// partitions.
    pub(super) fn deal(&mut self, now: Moment) {
        if self.leaving {
            return;
        }
        self.look_around();
        self.aim();
        for (feed, slot) in &mut self.slots {
            let target = slot.target;
            if slot.session.lane() != target {
                self.wanted
                    .by(*feed, &mut slot.session, |s| s.keep_only(target, now));
            }
        }
        self.unsettled = true;
        self.go_on_dealing(now);
    }

    /// Where nobody is there any more, what was known holds on.
    fn look_around(&mut self) {
        let live = self.slots.values().filter(|slot| slot.speaks());
        let places = live.filter_map(|slot| Some((slot.address.as_str(), slot.place?)));
        match Standing::of(&places.collect::<Vec<_>>()) {
            Standing::Unknown => {}
            known @ (Standing::Agreed(_) | Standing::Disagreed(_)) => self.standing = known,
        }
    }

    /// Says which lane each is to have. Where nobody is there, all keep what they had.
    fn aim(&mut self) {
        let live = self.slots.values().filter(|slot| slot.speaks());
        let mut taken: BTreeSet<_> = live.filter_map(|slot| Some(slot.place?.lane)).collect();
        let nobody = taken.is_empty();
        for slot in self.slots.values_mut() {
            if slot.gone || !nobody {
                slot.target = slot.due(&self.standing, &mut taken);
            }
        }
    }

    /// Gives lanes to those that wait for them, as soon as nobody else has anything of them.
    pub(super) fn go_on_dealing(&mut self, now: Moment) {
        let waits = |(_, slot): &(&FeedId, &Slot)| slot.session.lane() != slot.target;
        let waiting = self.slots.iter().filter(waits);
        let waiting: Vec<_> = waiting
            .filter_map(|(id, s)| Some((*id, s.target?)))
            .collect();
        for (feed, lane) in &waiting {
            if self.is_free(*feed, *lane) {
                self.give(*feed, *lane, now);
            }
        }
        self.drop_gone();
        self.unsettled = self.slots.iter().any(|slot| waits(&slot) || slot.1.gone);
    }

    fn is_free(&self, feed: FeedId, lane: Shard) -> bool {
        self.slots.iter().all(|(other, slot)| match *other == feed {
            true => !slot.session.gives_up(),
            false => !slot.session.has_of(lane),
        })
    }

    fn give(&mut self, feed: FeedId, lane: Shard, now: Moment) {
        self.deals += 1;
        let first = self.deals << PLACEMENT_BITS;
        let Some(slot) = self.slots.get_mut(&feed) else {
            return;
        };
        let (given, topic): (&BTreeSet<Partition>, _) = (&self.given, self.topic_id.as_ref());
        self.wanted.by(feed, &mut slot.session, |session| {
            session.take_lane(lane, given, first, topic, now);
        });
    }

    /// Forgets feeds whose address is gone, once they have nothing. Where none else is, they stay: what they know of Kafka,
    /// the next one begins with.
    fn drop_gone(&mut self) {
        let revoking = &self.wanted.revoking;
        if self.slots.values().all(|slot| slot.gone) {
            return;
        }
        self.slots.retain(|feed, slot| {
            let drops = slot.gone && slot.session.has_nothing() && !revoking.contains(feed);
            if drops {
                self.past = tallied(&self.past, &slot.session.tally());
            }
            !drops
        });
    }
}

impl Slot {
    /// Whether its aggregator is there, and said what lane it is.
    fn speaks(&self) -> bool {
        self.live && !self.gone
    }

    /// The lane that it is to have. One that is away keeps its own, unless another aggregator is that lane now, or there
    /// are more lanes or fewer.
    fn due(&self, standing: &Standing, taken: &mut BTreeSet<u32>) -> Option<Shard> {
        let place = self
            .place
            .filter(|place| *standing == Standing::Agreed(place.lanes))?;
        let mine = !self.gone && (self.live || taken.insert(place.lane));
        place.shard().filter(|_| mine)
    }
}
