//! The rhythm of a topic: how long it is silent between two arrivals, and what that means for a gather.
//!
//! An *arrival* is a record, or a burst of records within 50 ms: what a gather waits for is the end
//! of a silence. A *gap* is the time from one arrival to the next. If gaps G follow one another
//! independently and a gather starts at a moment that knows nothing of them, then the moment falls into
//! a gap with a probability proportional to the gap's length (the inspection paradox), the time to the
//! next arrival is that gap's residual life, and
//!
//! > `P(empty | T) = E[(G − T)⁺] / E[G]`
//!
//! (Source: renewal theory, equilibrium distribution of the forward recurrence time; e.g. S. M. Ross,
//! *Introduction to Probability Models*, ch. 7.) Nothing is assumed about the distribution of G: the sum
//! runs over the gaps that were seen. Over a roll, topics are taken as independent of each other:
//! P(all answer | T) is the product of 1 − P(empty | T).
//!
//! Gaps come from the log's own timestamps at first and from live batches later, so memory is bounded
//! ([`gaps::Gaps`]) and old gaps are forgotten: two generations are kept, and the older one is dropped
//! when the younger one is half an hour long and has 64 gaps.

pub mod gaps;

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Source};
use serde::{Deserialize, Serialize};

use self::gaps::Gaps;
use crate::core::evidence::wire::{Wall, wire_duration};

/// Records closer together than this are one arrival.
const BURST: Duration = Duration::from_millis(50);
/// Shortest life of a generation of gaps.
const GENERATION: Duration = Duration::from_secs(30 * 60);
/// Fewest gaps of a generation that another one may follow.
const GENERATION_GAPS: u64 = 64;
/// How far a timestamp may lie in the future before it is no clock's.
const CLOCK_SKEW_MS: i64 = 1_000;
/// How far a live record's timestamp may lie in the past before it is no arrival time.
const LIVE_MS: i64 = 60_000;

/// What is known of a topic's arrivals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrivals {
    wall: Wall,
    /// The newest arrival, in milliseconds of wall-clock time.
    newest_ms: Option<i64>,
    current: Gaps,
    older: Gaps,
    generation_began: Moment,
    gaps_from_log: u64,
}

/// One batch as the model sees it.
#[derive(Clone, Copy, Debug)]
pub struct ArrivedBatch {
    /// Records in it.
    pub records: u32,
    /// Timestamp of the oldest record.
    pub first_ms: Option<i64>,
    /// Timestamp of the newest record.
    pub last_ms: Option<i64>,
    /// Whether the reader had been at the log's end, so that the batch is news and no backlog.
    pub live: bool,
}

/// The model's answers at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rhythm {
    /// Gaps that it rests on; never 0.
    pub gap_count: u64,
    /// Median gap.
    pub median: Duration,
    /// 95th percentile of the gaps.
    pub p95: Duration,
    /// Longest gap known.
    pub longest: Duration,
    /// The gap that half of all time is spent in or above: what a random moment meets.
    pub usual: Duration,
    /// Time since the last arrival.
    pub silence: Duration,
    /// Share of the gaps that were shorter than the present silence.
    pub silence_rank: f64,
    /// The timeout it was asked for.
    pub timeout: Duration,
    /// P(empty | timeout).
    pub p_empty: f64,
    /// Where most of the gaps come from.
    pub source: Source,
}

impl Arrivals {
    /// Nothing is known yet.
    pub fn new(wall: Wall, now: Moment) -> Self {
        Self {
            wall,
            newest_ms: None,
            current: Gaps::default(),
            older: Gaps::default(),
            generation_began: now,
            gaps_from_log: 0,
        }
    }

    /// Takes the timestamps of older records, read from the log `age` ago. Timestamps that no clock can
    /// have written, and those not newer than the last arrival, are not used.
    pub fn history(&mut self, millis: impl IntoIterator<Item = i64>, age: Duration, now: Moment) {
        let read_ms = self.wall.millis(now.before(age));
        for at_ms in millis.into_iter().filter(|&at| plausible(at, read_ms)) {
            let known = self.current.count();
            self.arrive(at_ms);
            self.gaps_from_log += self.current.count() - known;
        }
    }

    /// Takes a batch that came now.
    pub fn batch(&mut self, batch: ArrivedBatch, now: Moment) {
        self.forget(now);
        let now_ms = self.wall.millis(now);
        let usable = |at: i64| plausible(at, now_ms) && (!batch.live || now_ms - at <= LIVE_MS);
        match (batch.first_ms, batch.last_ms) {
            (Some(first), Some(last)) if first <= last && usable(first) && usable(last) => {
                self.spread(first.min(now_ms), last.min(now_ms), batch.records);
            }
            // Timestamps that say nothing: the record arrived when it came.
            (_, _) if batch.live => self.arrive(now_ms),
            (_, _) => {}
        }
    }

    /// The model at this moment, for a gather with this timeout; `None` until a gap is known.
    pub fn rhythm(&self, timeout: Duration, now: Moment) -> Option<Rhythm> {
        let all = self.current.merged(&self.older);
        let silence = self.silence(now)?;
        Some(Rhythm {
            gap_count: all.count(),
            median: all.quantile(0.5)?,
            p95: all.quantile(0.95)?,
            longest: all.longest(),
            usual: all.time_weighted_median()?,
            silence,
            silence_rank: all.share_below(silence),
            timeout,
            p_empty: all.p_empty(timeout)?,
            source: self.source(all.count()),
        })
    }

    /// The shortest timeout that brings P(empty) down to 1 − `target`; `None` while no gap is known.
    pub fn timeout_for(&self, target: f64) -> Option<Duration> {
        self.current.merged(&self.older).timeout_for(1.0 - target)
    }

    /// P(empty | timeout); `None` while no gap is known.
    pub fn p_empty(&self, timeout: Duration) -> Option<f64> {
        self.current.merged(&self.older).p_empty(timeout)
    }

    /// Time since the last arrival; `None` before the first.
    pub fn silence(&self, now: Moment) -> Option<Duration> {
        self.newest_ms
            .map(|newest| self.wall.age_of_millis(newest, now))
    }

    fn source(&self, gaps: u64) -> Source {
        if self.gaps_from_log * 2 >= gaps {
            Source::Log
        } else {
            Source::ArrivalModel
        }
    }

    /// `records` arrivals between two timestamps; only the ends are known, so they are spread evenly.
    fn spread(&mut self, first_ms: i64, last_ms: i64, records: u32) {
        self.arrive(first_ms);
        let from_ms = first_ms.max(self.newest_ms.unwrap_or(first_ms));
        let Ok(span_ms) = u64::try_from(last_ms - from_ms) else {
            return;
        };
        let whole_ms = last_ms.abs_diff(first_ms).max(1);
        let new_records =
            u128::from(records.max(1) - 1) * u128::from(span_ms) / u128::from(whole_ms);
        let arrivals = u64::try_from(new_records)
            .unwrap_or(u64::MAX)
            .clamp(1, (span_ms / burst_ms()).max(1));
        if span_ms >= burst_ms() {
            self.current
                .add(Duration::from_millis(span_ms / arrivals), arrivals);
            self.newest_ms = Some(last_ms);
        }
    }

    /// One arrival. What lies within a burst of the last one, or before it, is no new one.
    fn arrive(&mut self, at_ms: i64) {
        match self.newest_ms.map(|newest| at_ms.saturating_sub(newest)) {
            None => self.newest_ms = Some(at_ms),
            Some(gap_ms) => {
                let gap = Duration::from_millis(u64::try_from(gap_ms).unwrap_or(0));
                if gap >= BURST {
                    self.current.add(gap, 1);
                    self.newest_ms = Some(at_ms);
                }
            }
        }
    }

    fn forget(&mut self, now: Moment) {
        if self.current.count() >= GENERATION_GAPS && now.since(self.generation_began) >= GENERATION
        {
            self.older = std::mem::take(&mut self.current);
            self.generation_began = now;
            self.gaps_from_log = self.gaps_from_log.min(self.older.count());
        }
    }
}

/// P(every topic answers | timeout), the topics taken as independent; `None` while one of them is unknown.
pub fn p_all_answer<'a>(
    roll: impl IntoIterator<Item = &'a Arrivals>,
    timeout: Duration,
) -> Option<f64> {
    roll.into_iter()
        .map(|arrivals| arrivals.p_empty(timeout).map(|p| 1.0 - p))
        .product()
}

impl From<Rhythm> for v1::ArrivalModel {
    fn from(rhythm: Rhythm) -> Self {
        Self {
            gap_count: rhythm.gap_count,
            gap_median: Some(wire_duration(rhythm.median)),
            gap_p95: Some(wire_duration(rhythm.p95)),
            gap_longest: Some(wire_duration(rhythm.longest)),
            silence: Some(wire_duration(rhythm.silence)),
            p_empty: rhythm.p_empty,
            timeout: Some(wire_duration(rhythm.timeout)),
            source: rhythm.source.into(),
        }
    }
}

/// Whether a timestamp can be a clock's: 0, -1 and the future cannot.
fn plausible(at_ms: i64, now_ms: i64) -> bool {
    at_ms > 0 && at_ms <= now_ms.saturating_add(CLOCK_SKEW_MS)
}

const fn burst_ms() -> u64 {
    BURST.as_millis() as u64
}

#[cfg(test)]
mod tests;
