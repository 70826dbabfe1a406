//! Doing what the feed orders.

use std::collections::BTreeMap;

use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionList;
use rollcall_proto::ids::{LogPosition, Offset, Partition};
use rollcall_proto::limits::BATCH_BYTES;

use super::{Poller, Reader};
use crate::core::credit::Credit;
use crate::core::cutter::{Bounds, Cutter};
use crate::core::facts::Suspect;
use crate::core::lanes::FeedId;
use crate::core::session::Limits;
use crate::kafka::event::KafkaEvent;
use crate::kafka::mailbox::{Orders, Placement};
use crate::kafka::native::list_of;

impl Poller {
    pub(super) fn obey(&mut self, orders: Orders) {
        for (feed, limits) in orders.feeds {
            self.switch_feed(feed, limits);
        }
        for (feed, cumulative) in orders.allow {
            self.throttle.allow(feed, cumulative);
        }
        if orders.unassign {
            self.answer_revoke();
        }
        self.waiting.extend(orders.placements);
        // While a revoke waits, any unassign would be taken for its answer.
        if self.revoking.is_none() {
            let placements = std::mem::take(&mut self.waiting);
            if !placements.is_empty() {
                self.move_readers(placements);
            }
            self.mend_positions();
        }
        for (partition, floor) in orders.floors {
            self.throttle.settled(partition, floor);
        }
    }

    fn switch_feed(&mut self, feed: FeedId, limits: Option<Limits>) {
        match limits {
            Some(limits) => {
                let bounds = Bounds {
                    batch_bytes: limits.batch_bytes,
                    max_record_bytes: limits.max_record_bytes,
                };
                self.bounds.insert(feed, bounds);
                let credit = Credit::starting_with(limits.waiting_bytes);
                self.throttle.feed(feed, true, credit);
            }
            None => self.throttle.feed(feed, false, Credit::default()),
        }
    }

    /// Answers the revoke that librdkafka waits for. With nothing to give back the answer is the empty
    /// list, which must still be given.
    fn answer_revoke(&mut self) {
        let Some(partitions) = self.revoking.take() else {
            return;
        };
        let answered = if self.consumer.is_cooperative() {
            let held = self.consumer.held_of(&partitions);
            held.and_then(|held| self.consumer.incremental_unassign(&held))
        } else {
            self.consumer.unassign()
        };
        if let Err(error) = answered {
            tracing::warn!(%error, "revoke could not be answered");
        }
    }

    fn move_readers(&mut self, placements: BTreeMap<Partition, Option<Placement>>) {
        let moved: Vec<_> = placements.keys().copied().collect();
        for (partition, placement) in &placements {
            self.forget(*partition);
            if let Some(placement) = placement {
                self.begin(*partition, *placement);
            }
        }
        if let Err(error) = self.place(&moved) {
            tracing::warn!(%error, "partitions could not be placed");
            self.report_unplaced(&moved);
        }
    }

    fn begin(&mut self, partition: Partition, placement: Placement) {
        let Placement {
            feed,
            number,
            at,
            first,
        } = placement;
        let bounds = self.bounds.get(&feed).copied().unwrap_or(Bounds {
            batch_bytes: BATCH_BYTES,
            max_record_bytes: self.setup.max_record_bytes,
        });
        let cutter = Cutter::new(partition, number, first, bounds);
        self.readers.insert(
            partition,
            Reader {
                feed,
                cutter,
                at,
                ended: None,
                held: false,
            },
        );
        self.headway.forget();
        self.throttle.place(feed, partition, first);
        self.setup.progress.placed(partition, at.offset);
    }

    /// Partitions whose position is one too far are read on from where they stand. What is paused stays so.
    fn mend_positions(&mut self) {
        if self.misplaced.is_empty() {
            return;
        }
        let misplaced: Vec<_> = std::mem::take(&mut self.misplaced).into_iter().collect();
        tracing::debug!(?misplaced, "read on from the end, which came among records");
        if let Err(error) = self.assign_anew(&misplaced) {
            tracing::warn!(%error, "partitions could not be placed");
            self.report_unplaced(&misplaced);
        }
    }

    /// Takes the partitions out of the assignment and puts those that are read into it again, where they stand. Not a
    /// seek: that is refused on a partition whose position is out of range.
    ///
    /// The older protocol knows whole assignments only: there everything is assigned anew.
    fn assign_anew(&self, partitions: &[Partition]) -> KafkaResult<()> {
        if !self.consumer.is_cooperative() {
            let read = self.start_list(self.readers.keys().copied())?;
            return self.consumer.assign(&read);
        }
        let held = self.consumer.held_of(partitions)?;
        if held.count() > 0 {
            self.consumer.incremental_unassign(&held)?;
        }
        let read = self.start_list(partitions.iter().copied())?;
        if read.count() > 0 {
            self.consumer.incremental_assign(&read)?;
        }
        Ok(())
    }

    /// Assigns partitions anew. Only they are resumed: others may be paused for want of credit. Those whose leaders have to
    /// say first whether their places are still in the log fetch nothing until they are asked.
    fn place(&mut self, partitions: &[Partition]) -> KafkaResult<()> {
        self.assign_anew(partitions)?;
        let placed: Vec<_> = match self.consumer.is_cooperative() {
            true => partitions.to_vec(),
            // All of them began anew.
            false => self.readers.keys().copied().collect(),
        };
        let is_known = |(_, at): &(_, LogPosition)| at.leader_epoch.is_some();
        let known = self.places(placed.into_iter()).filter(is_known);
        let known: Vec<_> = known.map(|(partition, _)| partition).collect();
        self.switch(&known, true);
        self.unvalidated.extend(known);
        let others = |partition: &Partition| !self.unvalidated.contains(partition);
        let others = self.start_list(partitions.iter().copied().filter(others))?;
        if others.count() > 0 {
            self.consumer.resume(&others)?;
        }
        self.validate();
        Ok(())
    }

    /// Has leaders asked whether the places of partitions are still in their logs, and lets those go on. What cannot be
    /// asked yet is tried again.
    pub(super) fn validate(&mut self) {
        if self.unvalidated.is_empty() {
            return;
        }
        let asked = std::mem::take(&mut self.unvalidated);
        let places = self.places(asked.iter().copied());
        let places = list_of(&self.setup.topic, places);
        match places.and_then(|places| self.consumer.validate(places)) {
            Ok(not_yet) => self.unvalidated = not_yet,
            Err(error) => tracing::warn!(%error, "the places of commits could not be validated"),
        }
        let goes_on =
            |p: &Partition| !self.unvalidated.contains(p) && !self.flow.paused.contains_key(p);
        let go_on: Vec<_> = asked.into_iter().filter(goes_on).collect();
        self.switch(&go_on, false);
    }

    fn start_list(
        &self,
        partitions: impl Iterator<Item = Partition>,
    ) -> KafkaResult<TopicPartitionList> {
        list_of(&self.setup.topic, self.places(partitions))
    }

    /// Where those of the partitions stand that are read.
    fn places(
        &self,
        partitions: impl Iterator<Item = Partition>,
    ) -> impl Iterator<Item = (Partition, LogPosition)> {
        partitions.filter_map(|partition| Some((partition, self.readers.get(&partition)?.place())))
    }

    /// What could not be placed is decided anew, as if its position were out of range.
    fn report_unplaced(&self, moved: &[Partition]) {
        let unplaced = |partition: &Partition| {
            self.readers.get(partition).map(|reader| Suspect {
                partition: *partition,
                placement: reader.cutter.placement(),
                next_offset: reader.position(),
                certain: true,
                refused: None,
            })
        };
        let suspects: Vec<_> = moved.iter().filter_map(unplaced).collect();
        if !suspects.is_empty() {
            self.tell(KafkaEvent::Stalled(suspects));
        }
    }
}

impl Reader {
    /// The offset that it would hand over next.
    pub(super) fn position(&self) -> Offset {
        self.cutter.next_offset().max(self.at.offset)
    }

    /// The same as a place in the log.
    fn place(&self) -> LogPosition {
        self.place_at(self.position())
    }

    /// The place in the log that an offset is, as far as what was read or placed tells it.
    pub(super) fn place_at(&self, offset: Offset) -> LogPosition {
        let known = [self.cutter.behind(), self.at].into_iter();
        let known = known.filter(|known| known.offset == offset);
        LogPosition {
            offset,
            leader_epoch: known.filter_map(|known| known.leader_epoch).next(),
        }
    }
}
