//! Batches: taken in, refused, or dropped because their claim has ended.

use rollcall_proto::ids::{LeaderEpoch, LogPosition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::evidence::Event as Evidence;

use super::Roll;
use crate::core::books::FeedKey;
use crate::core::claims::Claim;
use crate::core::count::Count;
use crate::core::fault::FeedFault;
use crate::core::inbound::Arrived;
use crate::core::queue::Piece;
use crate::core::roster::TopicKey;

impl Roll {
    pub(super) fn batch(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        mut arrived: Arrived,
        now: Moment,
    ) -> Result<(), FeedFault> {
        let Arrived {
            partition: number,
            range,
            bytes,
            epoch,
            trace,
            ..
        } = arrived;
        let state = &mut self.topics[topic.0];
        let Some(ledger) = state.ledgers.get_mut(&feed) else {
            return Ok(());
        };
        let (had_credit, granted) = (ledger.has_credit(), ledger.granted);
        ledger.received += bytes;
        let partition = state.partitions.get_mut(&number);
        let current = |claim: &Claim| claim.feed == feed && claim.epoch == epoch;
        let Some(partition) = partition.filter(|partition| partition.claim().is_some_and(current))
        else {
            return self.old_batch(feed, topic, &arrived);
        };
        if partition.received() != range.first() {
            let (first, expected) = (range.first(), partition.received());
            return Err(FeedFault::OutOfOrder {
                partition: number,
                first,
                expected,
            });
        }
        if !had_credit && !partition.has_reserve() {
            return Err(FeedFault::BeyondCredit {
                partition: number,
                granted,
            });
        }
        let packed = arrived.wire.packed.take().ok_or(FeedFault::NoPacked)?;
        let seen = v1::BatchSeen {
            partition: number.0,
            first_offset: packed.first_offset,
            next_offset: packed.next_offset,
            record_count: packed.record_count,
            first_timestamp_ms: arrived.wire.first_timestamp_ms,
            last_timestamp_ms: arrived.wire.last_timestamp_ms,
        };
        self.hear(topic, feed, Evidence::Batch(seen), now);
        let Some(partition) = self.topics[topic.0].partitions.get_mut(&number) else {
            return Ok(());
        };
        let known = partition.accept(Piece {
            packed,
            range,
            bytes,
            arrived: now,
            trace,
        });
        partition.written_under(LogPosition {
            offset: range.next(),
            leader_epoch: arrived.wire.leader_epoch.and_then(LeaderEpoch::known),
        });
        self.counters.add(Count::BatchesSettledBefore, known.into());
        self.touch(topic, number);
        self.woken.insert(topic);
        Ok(())
    }

    /// A batch that was on its way when its claim ended is no fault: it is dropped, and its credit returns.
    fn old_batch(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        arrived: &Arrived,
    ) -> Result<(), FeedFault> {
        let state = &mut self.topics[topic.0];
        if !state.gave(arrived.epoch) {
            return Err(FeedFault::Epoch {
                partition: arrived.partition,
                epoch: arrived.epoch,
            });
        }
        if let Some(ledger) = state.ledgers.get_mut(&feed) {
            ledger.released += arrived.bytes;
        }
        self.freed.insert(topic);
        let records = arrived
            .wire
            .packed
            .as_ref()
            .map_or(0, |packed| packed.record_count);
        self.counters.add(Count::BatchesOfOldEpoch, 1);
        self.counters.add(Count::RecordsOfOldEpoch, records.into());
        Ok(())
    }
}
