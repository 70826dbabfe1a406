//! Facts as they travel.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::facts::{HistoryFacts, ProbeRound};
use crate::core::latch::printable;

/// Longest name from the network that is passed on, in bytes (a member id is at most 250).
const NAME_BYTES: usize = 250;

/// A duration as it travels; clamped to what the wire can say.
pub fn duration(span: Duration) -> prost_types::Duration {
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(span.subsec_nanos()).unwrap_or(0);
    prost_types::Duration { seconds, nanos }
}

/// A duration from the wire; a negative one is zero.
pub fn std_duration(span: &prost_types::Duration) -> Duration {
    let (seconds, nanos) = (u64::try_from(span.seconds), u32::try_from(span.nanos));
    match (seconds, nanos) {
        (Ok(seconds), Ok(nanos)) => {
            Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into()))
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Duration::ZERO,
    }
}

/// A name from the network: one line, bounded.
pub fn name(text: &str) -> String {
    let mut name = printable(text);
    let mut end = NAME_BYTES.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name
}

/// A probe's answer to the requests of one feed. One that answers several is sent once, under the newest number, which
/// stands for all that are older.
pub fn probed(round: &ProbeRound, now: Moment) -> v1::Probed {
    v1::Probed {
        probe_id: round
            .probe_ids
            .iter()
            .map(|id| id.number)
            .max()
            .unwrap_or(0),
        age: Some(duration(now.since(round.measured))),
        ..round.probed.clone()
    }
}

/// The history of the log.
pub fn history(facts: &HistoryFacts, now: Moment) -> v1::History {
    v1::History {
        age: Some(duration(now.since(facts.measured))),
        ..facts.history.clone()
    }
}
