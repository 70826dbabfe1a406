//! What became of the ranges that were to be settled.

use rollcall_proto::v1::{SettleResult, SettleStatus};

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
