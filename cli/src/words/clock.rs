//! The reader's clock on the wall.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// When it is read, and in which time zone.
#[derive(Clone, Debug)]
pub struct WallClock {
    /// The time zone.
    pub zone: TimeZone,
    /// When it is read.
    pub now: Timestamp,
}

impl WallClock {
    /// A time of day; with its day when it is not today.
    pub fn time_of_day(&self, time: Timestamp) -> String {
        let there = time.to_zoned(self.zone.clone());
        let format = match there.date() == self.now.to_zoned(self.zone.clone()).date() {
            true => "%H:%M:%S",
            false => "%Y-%m-%d %H:%M:%S",
        };
        there.strftime(format).to_string()
    }

    /// Time since then; zero when it lies in the future.
    pub fn since(&self, time: Timestamp) -> Duration {
        self.now
            .duration_since(time)
            .max(SignedDuration::ZERO)
            .unsigned_abs()
    }
}
