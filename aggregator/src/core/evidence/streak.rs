//! Probes in a row that said the same: one alone confirms nothing.

use std::time::Duration;

use rollcall_proto::ids::Offset;
use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

/// Probes in a row that said the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streak {
    /// The first of them.
    pub since: Moment,
    /// The last of them.
    pub last: Moment,
    /// How many.
    pub rounds: u32,
    /// The offset that did not move.
    pub offset: Offset,
}

impl Streak {
    /// The streak after one more probe: it goes on if `holds` and the offset is the same.
    pub fn next(before: Option<Self>, holds: bool, offset: Offset, at: Moment) -> Option<Self> {
        let fresh = Self {
            since: at,
            last: at,
            rounds: 1,
            offset,
        };
        match before {
            _ if !holds => None,
            Some(before) if before.offset == offset => Some(Self {
                last: at.max(before.last),
                rounds: before.rounds.saturating_add(1),
                ..before
            }),
            Some(_) | None => Some(fresh),
        }
    }

    /// How long it has lasted, from its first probe to its last.
    pub fn length(&self) -> Duration {
        self.last.since(self.since)
    }
}
