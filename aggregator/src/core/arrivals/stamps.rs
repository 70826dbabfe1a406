//! When a record arrived, and what its timestamp is worth.

use std::time::Duration;

use rollcall_proto::v1::TimestampWorth;
use serde::{Deserialize, Serialize};

use crate::core::evidence::wire::{CLOCK_SKEW_MS, is_stamp};

/// How far a live record's timestamp may lie in the past before it is no arrival time.
const LIVE_MS: i64 = 60_000;

/// What the timestamps of this topic's records are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stamps {
    /// Nothing is known.
    #[default]
    Unknown,
    /// They tell when a record arrived.
    Usable,
    /// There are none, or they are older than Kafka is.
    Missing,
    /// They lie in the future, by this much.
    Ahead(Duration),
    /// They are older than records that have just been written can be, by this much.
    Behind(Duration),
}

/// The last arrival, in milliseconds of wall-clock time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Last {
    /// By its timestamp, if that is worth anything.
    pub(super) stamp_ms: Option<i64>,
    /// When it came here, if it did.
    pub(super) came_ms: Option<i64>,
    /// How long ago the burst began that it is part of.
    pub(super) burst: Duration,
}

impl Stamps {
    /// Whether a timestamp may be taken for the time of an arrival.
    pub const fn may_be_used(self) -> bool {
        matches!(self, Self::Unknown | Self::Usable)
    }

    /// How far off they are, where that is the question.
    pub const fn off(self) -> Option<Duration> {
        match self {
            Self::Ahead(off) | Self::Behind(off) => Some(off),
            Self::Unknown | Self::Usable | Self::Missing => None,
        }
    }

    /// As it travels.
    pub const fn wire(self) -> TimestampWorth {
        match self {
            Self::Unknown => TimestampWorth::Unspecified,
            Self::Usable => TimestampWorth::Usable,
            Self::Missing => TimestampWorth::Missing,
            Self::Ahead(_) => TimestampWorth::Ahead,
            Self::Behind(_) => TimestampWorth::Behind,
        }
    }
}

/// What the timestamp of a record that has just come is worth.
pub(super) fn worth(stamp_ms: Option<i64>, now_ms: i64) -> Stamps {
    match stamp_ms.filter(|stamp| is_stamp(*stamp)) {
        None => Stamps::Missing,
        Some(stamp) if stamp > now_ms.saturating_add(CLOCK_SKEW_MS) => {
            Stamps::Ahead(length_ms(stamp.saturating_sub(now_ms)))
        }
        Some(stamp) if now_ms - stamp > LIVE_MS => Stamps::Behind(length_ms(now_ms - stamp)),
        Some(_) => Stamps::Usable,
    }
}

/// A length of time; a negative one is none.
pub(super) fn length_ms(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

impl Last {
    /// Whether a timestamp is newer than the last arrival.
    pub(super) fn is_before(&self, at_ms: i64) -> bool {
        self.stamp_ms
            .or(self.came_ms)
            .is_none_or(|last| at_ms > last)
    }

    /// The gap to the next arrival, by the same clock at both ends. Timestamps of several producers may
    /// go back a little: no gap.
    pub(super) fn gap_to(&self, stamp_ms: Option<i64>, came_ms: Option<i64>) -> Option<Duration> {
        let by = |from: Option<i64>, to: Option<i64>| Some(length_ms(to? - from?));
        by(self.came_ms, came_ms).or_else(|| by(self.stamp_ms, stamp_ms))
    }
}
