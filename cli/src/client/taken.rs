//! What a gather handed out, as ranges to settle.

use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::{GatherBatch, Outcome, SettleRange};

/// Ranges that a client has done its work with; neighbours are joined.
#[derive(Debug, Default)]
pub struct Taken(Vec<SettleRange>);

impl Taken {
    /// Adds the range of a batch.
    pub fn add(&mut self, batch: &GatherBatch) {
        let Some((partition, first_offset, next_offset)) = bounds(batch) else {
            return;
        };
        let before = self.0.iter_mut().rev().find(|range| {
            range.topic == batch.topic
                && range.topic_id == batch.topic_id
                && range.partition == partition
        });
        match before {
            Some(range)
                if range.next_offset == first_offset && range.lease_id == batch.lease_id =>
            {
                range.next_offset = next_offset;
            }
            Some(_) | None => self.0.push(SettleRange {
                topic: batch.topic.clone(),
                topic_id: batch.topic_id.clone(),
                partition,
                first_offset,
                next_offset,
                outcome: Outcome::Ack.into(),
                lease_id: batch.lease_id,
            }),
        }
    }

    /// The ranges, to be acked.
    pub fn into_ranges(self) -> Vec<SettleRange> {
        self.0
    }
}

fn bounds(batch: &GatherBatch) -> Option<(i32, i64, i64)> {
    match batch.records.as_ref()? {
        Records::Packed(packed) => {
            Some((packed.partition, packed.first_offset, packed.next_offset))
        }
        Records::Plain(plain) => Some((plain.partition, plain.first_offset, plain.next_offset)),
    }
}
