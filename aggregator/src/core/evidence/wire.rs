//! Reading what came over the wire: nothing in it is trusted, and what cannot be true is unknown.

use std::time::{Duration, SystemTime};

use rollcall_proto::ids::Offset;
use rollcall_proto::time::{self, Moment};
use rollcall_proto::v1::Source;
use serde::{Deserialize, Serialize};

/// Longest age that is believed; a longer one is cut to it.
const LONGEST_AGE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How far a timestamp may lie in the future before it is no clock's.
pub const CLOCK_SKEW_MS: i64 = 1_000;
/// 2010-01-01T00:00:00Z, in milliseconds since the epoch.
const FIRST_STAMP_MS: i64 = 1_262_304_000_000;
/// Bytes of a text from the network that are kept.
const TEXT_BYTES: usize = 512;

/// A value with the moment and the place of its measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured<T> {
    /// The value.
    pub value: T,
    /// When it was measured.
    pub at: Moment,
    /// Where it was measured.
    pub source: Source,
}

impl<T> Measured<T> {
    /// A value that was measured at `at`.
    pub const fn new(value: T, at: Moment, source: Source) -> Self {
        Self { value, at, source }
    }

    /// Time since the measurement.
    pub fn age(&self, now: Moment) -> Duration {
        now.since(self.at)
    }
}

/// Ties moments to wall-clock time, by one pair that was read when the process started.
///
/// The wall clock is not asked again: a clock that is set while the process runs moves no fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wall {
    moment: Moment,
    time: SystemTime,
}

impl Wall {
    /// `moment` and `time` are the same instant.
    pub const fn new(moment: Moment, time: SystemTime) -> Self {
        Self { moment, time }
    }

    /// Wall-clock time of a moment.
    pub fn time(&self, moment: Moment) -> SystemTime {
        let shifted = if moment >= self.moment {
            self.time.checked_add(moment - self.moment)
        } else {
            self.time.checked_sub(self.moment - moment)
        };
        shifted.unwrap_or(self.time)
    }

    /// Wall-clock time of a moment, in milliseconds since the epoch.
    pub fn millis(&self, moment: Moment) -> i64 {
        let since_epoch = self
            .time(moment)
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }

    /// Wall-clock time `age` before a moment, in milliseconds since the epoch, also where no moment reaches back so far.
    pub fn millis_before(&self, moment: Moment, age: Duration) -> i64 {
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        self.millis(moment).saturating_sub(age)
    }

    /// Time from a record's timestamp to a moment; `None` for one that no clock can have written: of before Kafka was, or
    /// of the moment's future.
    pub fn age_of_stamp(&self, millis: i64, now: Moment) -> Option<Duration> {
        let newest = self.millis(now).saturating_add(CLOCK_SKEW_MS);
        (is_stamp(millis) && millis <= newest).then(|| self.age_of_millis(millis, now))
    }

    /// Time from a wall-clock time to a moment; zero when it lies in the moment's future.
    pub fn age_of_millis(&self, millis: i64, now: Moment) -> Duration {
        let age = self.millis(now).saturating_sub(millis);
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }
}

/// Whether a timestamp can be one of a record: Kafka's first release was in 2011, so what lies before 2010 is no time.
pub const fn is_stamp(millis: i64) -> bool {
    millis >= FIRST_STAMP_MS
}

/// An age or another length of time: a negative one is zero, an absurd one is cut.
pub fn duration(raw: Option<&prost_types::Duration>) -> Option<Duration> {
    let raw = raw?;
    Some(time::length(raw).unwrap_or_default().min(LONGEST_AGE))
}

/// The moment that lies the given age before `now`.
pub fn moment(age: Option<&prost_types::Duration>, now: Moment) -> Option<Moment> {
    duration(age).map(|age| now.before(age))
}

/// An offset; every negative stand-in is unknown.
pub fn offset(raw: Option<i64>) -> Option<Offset> {
    raw.and_then(Offset::known)
}

/// A text, cut at a character boundary.
pub fn text(raw: &str) -> String {
    raw[..raw.floor_char_boundary(TEXT_BYTES)].to_owned()
}

/// A length of time as it travels.
pub fn wire_duration(length: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(length.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(length.subsec_nanos()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
