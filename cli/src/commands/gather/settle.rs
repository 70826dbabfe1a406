//! What was printed, as ranges to settle.

use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::{GatherBatch, Outcome, SettleRange, SettleResult, SettleStatus};

/// Ranges whose records were printed; neighbours are joined.
#[derive(Debug, Default)]
pub(super) struct Printed(Vec<SettleRange>);

impl Printed {
    pub(super) fn add(&mut self, batch: &GatherBatch) {
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

    pub(super) fn into_ranges(self) -> Vec<SettleRange> {
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

/// The ranges that were not settled, each with the reason.
pub(super) fn refusals(results: &[SettleResult]) -> Vec<String> {
    results
        .iter()
        .filter(|result| !is_settled(result.status))
        .map(refusal)
        .collect()
}

fn is_settled(status: i32) -> bool {
    matches!(
        SettleStatus::try_from(status),
        Ok(SettleStatus::Acked | SettleStatus::Already | SettleStatus::Kept)
    )
}

fn refusal(result: &SettleResult) -> String {
    let reason = match SettleStatus::try_from(result.status) {
        Ok(status) => status
            .as_str_name()
            .trim_start_matches("SETTLE_STATUS_")
            .to_owned(),
        Err(_) => format!("status {}", result.status),
    };
    match &result.range {
        Some(range) => {
            let topic = crate::sanitize::safe(&range.topic);
            format!(
                "{topic} P{} [{}, {}) {reason}",
                range.partition, range.first_offset, range.next_offset
            )
        }
        None => reason,
    }
}
