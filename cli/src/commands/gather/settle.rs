//! What became of the ranges that were to be settled.

use rollcall_proto::v1::{SettleRange, SettleResult, SettleStatus};

use super::Given;
use crate::client::CallError;

/// Settles what was printed, each at the lane that gave it; what was not settled, each with the reason. One lane that
/// fails keeps no other from being settled.
pub(super) async fn all(given: Vec<Given>) -> Result<Vec<String>, CallError> {
    let (mut refused, mut failed) = (Vec::new(), None);
    for one in given {
        let ranges = one.printed.into_ranges();
        match one.ended {
            Some(Ok(_)) => match one.lane.client.settle(ranges).await {
                Ok(answer) => refused.extend(refusals(&answer.results)),
                Err(error) => failed = failed.or(Some(error)),
            },
            // The lease went back with the answer that broke.
            Some(Err(_)) | None => refused.extend(ranges.iter().map(broken)),
        }
    }
    match failed {
        Some(error) => Err(error),
        None => Ok(refused),
    }
}

fn broken(range: &SettleRange) -> String {
    format!("{} ANSWER_BROKE", told(range))
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
    let reason = match result.lane {
        Some(lane) => format!("{reason} (ask lane {lane})"),
        None => reason,
    };
    match &result.range {
        Some(range) => format!("{} {reason}", told(range)),
        None => reason,
    }
}

fn told(range: &SettleRange) -> String {
    let topic = crate::sanitize::safe(&range.topic);
    format!(
        "{topic} P{} [{}, {})",
        range.partition, range.first_offset, range.next_offset
    )
}
