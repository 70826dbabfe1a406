//! What settles an answer.

use rollcall_proto::v1::{GatherSummary, Outcome, SettleRange};

/// Acks of everything that was handed out.
pub fn of(summary: &GatherSummary) -> Vec<SettleRange> {
    let of_slot = summary.slots.iter().flat_map(|slot| {
        slot.ranges.iter().map(|range| SettleRange {
            topic: slot.topic.clone(),
            topic_id: slot.topic_id.clone(),
            partition: range.partition,
            first_offset: range.first_offset,
            next_offset: range.next_offset,
            outcome: Outcome::Ack.into(),
            lease_id: summary.lease_id,
        })
    });
    of_slot.collect()
}
