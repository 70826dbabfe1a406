//! Time as the core sees it: a monotonic moment that is always an argument.

use std::ops::{Add, Sub};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

/// A point in monotonic time: the time since some fixed moment before the process began to work.
///
/// Pure code takes it as an argument and never asks for it; tests make one from a number.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment(Duration);

impl Moment {
    /// The moment that lies `since_start` after the fixed one.
    pub const fn new(since_start: Duration) -> Self {
        Self(since_start)
    }

    /// The moment `millis` milliseconds after the fixed one.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// Time since `earlier`; zero when `earlier` lies later.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `age` before this one; the fixed moment when there is none.
    pub fn before(self, age: Duration) -> Self {
        Self(self.0.saturating_sub(age))
    }

    /// Time since the fixed moment.
    pub const fn since_start(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(delay))
    }
}

impl Sub for Moment {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// Ties moments to the machine's clocks. Made once, at the edge of a process; cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_wall: SystemTime,
}

/// How far the fixed moment lies before the making of a clock, so that ages reach back behind it: twice the longest
/// age that is believed of anything on the wire.
pub const HEAD_START: Duration = Duration::from_secs(60 * 24 * 3600);

impl Clock {
    /// A clock whose fixed moment lies [`HEAD_START`] before now.
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            started_wall: SystemTime::now(),
        }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        Moment(self.started.elapsed() + HEAD_START)
    }

    /// The wall-clock time of a moment, reckoned from the start by monotonic time.
    pub fn wall(&self, moment: Moment) -> SystemTime {
        match moment.0.checked_sub(HEAD_START) {
            Some(after) => self.started_wall + after,
            None => self.started_wall - (HEAD_START - moment.0),
        }
    }

    /// The monotonic instant of a moment, for timers.
    pub fn instant(&self, moment: Moment) -> Instant {
        self.started + moment.0.saturating_sub(HEAD_START)
    }

    /// The moment of a wall-clock time in milliseconds since the epoch; clamped to what a moment can say.
    pub fn moment_of_wall_millis(&self, millis: i64) -> Moment {
        let wall = self
            .started_wall
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let wall_millis = i64::try_from(wall.as_millis()).unwrap_or(i64::MAX);
        let head_millis = i64::try_from(HEAD_START.as_millis()).unwrap_or(i64::MAX);
        let since_fixed = millis
            .saturating_sub(wall_millis)
            .saturating_add(head_millis);
        Moment::from_millis(u64::try_from(since_fixed).unwrap_or(0))
    }
}

/// A length of time from the wire; `None` when it is negative or malformed.
///
/// Not prost's own conversion: that negates first, which overflows (and panics in debug builds) for the lowest
/// number of seconds, and the wire is hostile.
pub fn length(raw: &prost_types::Duration) -> Option<Duration> {
    let seconds = u64::try_from(raw.seconds).ok()?;
    let nanos = u32::try_from(raw.nanos).ok()?;
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_before_the_process_began_is_a_moment_of_its_own() {
        let clock = Clock::start();
        let now = clock.now();
        let month = Duration::from_secs(30 * 24 * 3600);
        assert_eq!(now.since(now.before(month)), month);
        let (wall, then) = (clock.wall(now), clock.wall(now.before(month)));
        assert_eq!(wall.duration_since(then).ok(), Some(month));
    }

    #[test]
    fn no_length_from_the_wire_makes_it_panic() {
        let raw = |seconds, nanos| prost_types::Duration { seconds, nanos };
        assert_eq!(
            length(&raw(1, 500_000_000)),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(length(&raw(-1, 0)), None);
        assert_eq!(length(&raw(0, -1)), None);
        assert_eq!(length(&raw(i64::MIN, i32::MIN)), None);
        assert!(length(&raw(i64::MAX, i32::MAX)).is_some());
    }
}
