//! Settling: every range is judged by topic id and offsets, and gets a result of its own.

use rollcall_proto::ids::{LeaseId, Partition, TopicId};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{Outcome, SettleRange, SettleResult, SettleStatus};

use super::{Roll, Timer};
use crate::core::count::Count;
use crate::core::inbound::MAX_PARTITIONS;
use crate::core::lease::Place;
use crate::core::partition::{Acked, Nacked, PartitionState};

impl Roll {
    pub(super) fn settle(&mut self, ranges: Vec<SettleRange>, now: Moment) -> Vec<SettleResult> {
        ranges
            .into_iter()
            .map(|range| self.settle_range(range, now))
            .collect()
    }

    fn settle_range(&mut self, asked: SettleRange, now: Moment) -> SettleResult {
        let status = self.settle_one(&asked, now).unwrap_or_else(|refused| {
            self.counters.add(Count::SettlementsRefused, 1);
            refused
        });
        let elsewhere = status == SettleStatus::RefusedWrongLane;
        let home = self.settings.lane.home(Partition(asked.partition));
        SettleResult {
            range: Some(asked),
            status: status.into(),
            lane: home.filter(|_| elsewhere),
        }
    }

    /// What becomes of a range: what was done, or why it is refused.
    fn settle_one(
        &mut self,
        asked: &SettleRange,
        now: Moment,
    ) -> Result<SettleStatus, SettleStatus> {
        let range = OffsetRange::from_raw(asked.first_offset, asked.next_offset);
        let range = range.ok_or(SettleStatus::RefusedRange)?;
        let topic = self
            .roster
            .find(&asked.topic)
            .ok_or(SettleStatus::RefusedTopic)?;
        if !(0..MAX_PARTITIONS).contains(&asked.partition) {
            return Err(SettleStatus::RefusedRange);
        }
        let place = (topic, Partition(asked.partition));
        if !self.settings.lane.has(place.1) {
            return Err(SettleStatus::RefusedWrongLane);
        }
        let topic_id = TopicId::new(&asked.topic_id);
        if self
            .known(place)
            .is_some_and(|partition| partition.topic_id() != topic_id.as_ref())
        {
            return Err(SettleStatus::RefusedTopicId);
        }
        let lease = (asked.lease_id > 0).then_some(LeaseId(asked.lease_id));
        match Outcome::try_from(asked.outcome) {
            Ok(Outcome::Unspecified | Outcome::Ack) => {
                accepted(self.ack(place, topic_id, range, lease, now))
            }
            Ok(Outcome::Nack) => accepted(self.nack(place, range, now)),
            Err(_) => Err(SettleStatus::RefusedRange),
        }
    }

    /// The partition, if its log is known here.
    fn known(&self, (topic, number): Place) -> Option<&PartitionState> {
        self.topics[topic.0].partitions.get(&number)
    }

    /// Done with a range of the log that `topic_id` names, and that `lease` handed out, where that is known.
    pub(super) fn ack(
        &mut self,
        place: Place,
        topic_id: Option<TopicId>,
        range: OffsetRange,
        lease: Option<LeaseId>,
        now: Moment,
    ) -> SettleStatus {
        let (topic, number) = place;
        let Some(partition) = self.topics[topic.0].partitions.get_mut(&number) else {
            return self.keep(place, topic_id, range, now);
        };
        if lease.is_some_and(|lease| partition.is_of_lost_log(range, lease)) {
            return match partition.settled().covers(range) {
                true => SettleStatus::Already,
                false => SettleStatus::RefusedLogCut,
            };
        }
        if partition.claim().is_some() {
            self.touched.insert(place);
            return match partition.ack(range) {
                Acked::Now => SettleStatus::Acked,
                Acked::Already => SettleStatus::Already,
                Acked::BeyondSent => SettleStatus::RefusedBeyondSent,
            };
        }
        if range.next() > partition.sent() {
            return SettleStatus::RefusedBeyondSent;
        }
        if partition.settled().covers(range) {
            return SettleStatus::Already;
        }
        partition.release(range);
        self.touched.insert(place);
        self.keep(place, topic_id, range, now)
    }

    /// Nobody claims the partition just now: the ack waits for the next claim.
    fn keep(
        &mut self,
        place: Place,
        topic_id: Option<TopicId>,
        range: OffsetRange,
        now: Moment,
    ) -> SettleStatus {
        let Some(topic_id) = topic_id else {
            return SettleStatus::RefusedTopicId;
        };
        let forgotten = self.kept.keep(place, topic_id, range, now);
        self.counters.add(Count::AcksKept, 1);
        self.counters.add(Count::AcksKeptInVain, forgotten);
        self.watch_kept();
        SettleStatus::Kept
    }

    fn nack(&mut self, place: Place, range: OffsetRange, now: Moment) -> SettleStatus {
        let (topic, number) = place;
        let Some(partition) = self.topics[topic.0].partitions.get_mut(&number) else {
            return SettleStatus::RefusedNoLease;
        };
        match partition.nack(range, now) {
            Nacked::Already => SettleStatus::Already,
            Nacked::NoLease => SettleStatus::RefusedNoLease,
            Nacked::Returned(until) => {
                self.timers.set(Timer::BackOff(place), until);
                self.touched.insert(place);
                SettleStatus::Returned
            }
        }
    }
}

/// Splits what was done from what was refused.
fn accepted(status: SettleStatus) -> Result<SettleStatus, SettleStatus> {
    match status {
        SettleStatus::Acked
        | SettleStatus::Already
        | SettleStatus::Returned
        | SettleStatus::Kept => Ok(status),
        SettleStatus::Unspecified
        | SettleStatus::RefusedRange
        | SettleStatus::RefusedTopic
        | SettleStatus::RefusedTopicId
        | SettleStatus::RefusedBeyondSent
        | SettleStatus::RefusedNoLease
        | SettleStatus::RefusedWrongLane
        | SettleStatus::RefusedLogCut => Err(status),
    }
}
