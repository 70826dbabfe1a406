//! Doing what the feed orders.

use std::collections::BTreeMap;

use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionList;
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::limits::BATCH_BYTES;

use super::{Poller, Reader};
use crate::core::credit::Credit;
use crate::core::cutter::{Bounds, Cutter};
use crate::core::epochs::LogPosition;
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
                placed: at,
                at: at.offset,
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

    /// Assigns partitions anew. Only they are resumed: others may be paused for want of credit.
    fn place(&self, partitions: &[Partition]) -> KafkaResult<()> {
        self.assign_anew(partitions)?;
        let placed = self.start_list(partitions.iter().copied())?;
        if placed.count() > 0 {
            self.consumer.resume(&placed)?;
        }
        let known = |(_, at): &(_, LogPosition)| at.leader_epoch.is_some();
        let known = self.places(partitions.iter().copied()).filter(known);
        let known = list_of(&self.setup.topic, known)?;
        if known.count() > 0 {
            self.consumer.validate(&known)?;
        }
        Ok(())
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
                refused: false,
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
        self.cutter.next_offset().max(self.at)
    }

    /// The same as a place in the log.
    fn place(&self) -> LogPosition {
        let offset = self.position();
        let known = [self.cutter.behind(), self.placed].into_iter();
        let known = known.filter(|known| known.offset == offset);
        LogPosition {
            offset,
            leader_epoch: known.filter_map(|known| known.leader_epoch).next(),
        }
    }
}
