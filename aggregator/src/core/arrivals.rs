//! The rhythm of a topic: how long it is silent between two arrivals, and what that means for a gather.
//!
//! **The model.** A *gap* is the time between "nothing" and "something": from a record to the next one. If gaps G
//! follow one another independently and a gather starts at a moment that knows nothing of them, then the
//! moment falls into a gap with a probability proportional to the gap's length (the inspection paradox), the
//! time to the next arrival is that gap's residual life, and
//!
//! > `P(empty | T) = E[(G − T)⁺] / E[G]`
//!
//! (Source: renewal theory, equilibrium distribution of the forward recurrence time; e.g. S. M. Ross,
//! *Introduction to Probability Models*, ch. 7.) A caller that gathers again as soon as it was answered does
//! not start at such a moment but just after an arrival, or T later: of G it spends ⌊G / T⌋ calls that are empty and one
//! that is not, so
//!
//! > `P(empty | T, in a row) = E[⌊G / T⌋] / (E[⌊G / T⌋] + 1)`
//!
//! (Source: the renewal–reward theorem, ibid.) For a Poisson process both are `e^(−T/E[G])`; for a metronome they differ:
//! T = 0.95 G leaves 5 % at random moments, and every second call in a row. Nothing is assumed about the
//! distribution of G: the sums run over the gaps that were seen. Over a roll, topics are taken as
//! independent of each other: P(all answer | T) is the product of 1 − P(empty | T).
//!
//! **Arrivals.** A record that is read at the log's end arrives when it comes, whatever its timestamp says: a producer's
//! batch, or a transaction, comes in one. What is read from the log's tail, record by record, arrived when its timestamp
//! says; so did a batch that was written just now, where it is not known that the reader was at the end. Between the last
//! record of the log and the first one that comes, timestamps decide; if they cannot (none, 0, −1, the future, or a clock
//! that is far off), that gap is left out, and [`Stamps`] says why.
//!
//! A backlog tells no gap: it comes as it is read, and of its batches only the ends are known, of one partition at a time.
//! All that is taken from it is how far it reached. The tail tells what was before the first arrival even where that was
//! heard first.
//!
//! **Bursts.** A poll that returns empties the burst, so records within 50 ms are one arrival; the gap before it counts,
//! the time within it is busy. P(empty | T) does not depend on these 50 ms for any longer T, since
//! gaps shorter than T add nothing to it; only how many gaps are counted does.
//!
//! **Forgetting.** Memory is bounded ([`gaps::Gaps`]). Half of the gaps is forgotten whenever there are 2048 of at least
//! half an hour (or 128 of a day); a rhythm that changes at once is noticed after 3 to 8 gaps ([`change`]), and all that came
//! before is forgotten then, except for how long it was ever silent: that is kept for a day or two ([`known`]).

pub mod change;
pub mod gaps;
pub mod hours;
mod intake;
pub mod known;
pub mod stamps;

pub use self::intake::ArrivedBatch;
use self::intake::millis_of;

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Source};
use serde::{Deserialize, Serialize};

use self::change::Change;
use self::gaps::Gaps;
use self::hours::{Hours, Usual};
use self::known::Known;
use self::stamps::{Last, Stamps};
use crate::core::evidence::wire::{Wall, wire_duration};

/// What is known of a topic's arrivals.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Arrivals {
    wall: Wall,
    last: Option<Last>,
    /// When the first arrival came that is known of, but for those that the log's tail told of later.
    #[serde(default)]
    first_ms: Option<i64>,
    /// Whether the log's tail told of any.
    #[serde(default)]
    reached_back: bool,
    /// Newest timestamp of a backlog.
    #[serde(default)]
    passed_ms: Option<i64>,
    /// The log's end was seen to move, and no record is known that explains it: before when, and when.
    moved_ms: Option<(i64, i64)>,
    gaps: Gaps,
    halved: Moment,
    /// When the first gap of the present rhythm began.
    since_ms: Option<i64>,
    gaps_from_log: u64,
    change: Change,
    known: Known,
    hours: Hours,
    stamps: Stamps,
    /// Whether records come here, so that the movements of the log's end are no arrivals of their own.
    fed: bool,
    /// Whether the log's records are not read for now, so that only the movements of its end tell of arrivals.
    #[serde(default)]
    unread: bool,
    flow: Flow,
    /// When the first word about the topic's records came.
    began: Option<Moment>,
}

/// Sums from which records per arrival and bytes per record come.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Flow {
    arrivals: u64,
    records: u64,
    sized_records: u64,
    bytes: u64,
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
    /// Longest gap known, of a day or two.
    pub longest: Duration,
    /// The gap that half of all time is spent in or above: what a random moment meets.
    pub usual: Duration,
    /// Time since the last arrival.
    pub silence: Duration,
    /// Share of the gaps that were shorter than the present silence.
    pub silence_rank: f64,
    /// The timeout it was asked for.
    pub timeout: Duration,
    /// P(empty | timeout) at a random moment.
    pub p_empty: f64,
    /// The same for calls in a row.
    pub p_empty_in_a_row: f64,
    /// Gaps of a day or two.
    pub known_gaps: u64,
    /// How long a silence must be to be unusual; `None` while too little is known.
    pub unusual: Option<Duration>,
    /// Records per second.
    pub records_rate: f64,
    /// When its first gap began, wall-clock milliseconds.
    pub since_ms: Option<i64>,
    /// Where most of the gaps come from.
    pub source: Source,
    /// What the records' timestamps are worth.
    pub stamps: Stamps,
}

impl Flow {
    /// Weighs no more than so many arrivals from now on; what they were like in the mean stays.
    fn shrink(&mut self, arrivals: u64) {
        let all = self.arrivals.max(1);
        if arrivals >= all {
            return;
        }
        let part = |sum: u64| {
            let part = u128::from(sum) * u128::from(arrivals) / u128::from(all);
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        *self = Self {
            arrivals,
            records: part(self.records).max(1),
            sized_records: part(self.sized_records),
            bytes: part(self.bytes),
        };
    }
}

impl Arrivals {
    /// Nothing is known yet.
    pub fn new(wall: Wall, now: Moment) -> Self {
        Self {
            wall,
            last: None,
            first_ms: None,
            reached_back: false,
            passed_ms: None,
            moved_ms: None,
            gaps: Gaps::default(),
            halved: now,
            since_ms: None,
            gaps_from_log: 0,
            change: Change::default(),
            known: Known::new(now),
            hours: Hours::default(),
            stamps: Stamps::default(),
            fed: false,
            unread: false,
            flow: Flow::default(),
            began: None,
        }
    }

    /// The model at this moment, for a gather with this timeout; `None` until a gap is known.
    pub fn rhythm(&self, timeout: Duration, now: Moment) -> Option<Rhythm> {
        let silence = self.silence(now).unwrap_or_default();
        Some(Rhythm {
            gap_count: self.gaps.count(),
            median: self.gaps.quantile(0.5)?,
            p95: self.gaps.quantile(0.95)?,
            longest: self.known.longest().max(self.gaps.longest()),
            usual: self.gaps.time_weighted_median()?,
            silence,
            silence_rank: self.gaps.share_below(silence),
            timeout,
            p_empty: self.gaps.p_empty(timeout)?,
            p_empty_in_a_row: self.gaps.p_empty_in_a_row(timeout)?,
            known_gaps: self.known.count(),
            unusual: self.known.unusual(),
            records_rate: self.records_rate()?,
            since_ms: self.since_ms,
            source: self.source(),
            stamps: self.stamps,
        })
    }

    /// The shortest timeout that brings P(empty) down to 1 − `target` for a gather that starts at a random
    /// moment; `None` while no gap is known.
    pub fn timeout_for(&self, target: f64) -> Option<Duration> {
        self.gaps.timeout_for(1.0 - target)
    }

    /// The same for gathers in a row.
    pub fn timeout_in_a_row(&self, target: f64) -> Option<Duration> {
        self.gaps.timeout_in_a_row(1.0 - target)
    }

    /// P(empty | timeout) at a random moment; `None` while no gap is known.
    pub fn p_empty(&self, timeout: Duration) -> Option<f64> {
        self.gaps.p_empty(timeout)
    }

    /// P(empty | timeout) of gathers in a row; `None` while no gap is known.
    pub fn p_empty_in_a_row(&self, timeout: Duration) -> Option<f64> {
        self.gaps.p_empty_in_a_row(timeout)
    }

    /// P(empty | timeout) of gathers in a row if records come a little later than they did; `None` while no gap is known.
    pub fn p_empty_if_late(&self, timeout: Duration) -> Option<f64> {
        self.gaps.p_empty_if_late(timeout)
    }

    /// Gaps that the model rests on.
    pub fn gap_count(&self) -> u64 {
        self.gaps.count()
    }

    /// Arrivals per second; `None` while no gap is known.
    pub fn rate(&self) -> Option<f64> {
        self.gaps.rate()
    }

    /// Records per second; `None` while no gap is known.
    pub fn records_rate(&self) -> Option<f64> {
        Some(self.gaps.rate()? * self.records_per_arrival())
    }

    /// Time since the last arrival; `None` before the first, or where its timestamp is worth nothing.
    pub fn silence(&self, now: Moment) -> Option<Duration> {
        let by_stamp = |stamp: Option<i64>| stamp.filter(|_| self.stamps.may_be_used());
        let heard = self
            .last
            .and_then(|last| last.came_ms.or(by_stamp(last.stamp_ms)));
        let known = heard.max(by_stamp(self.passed_ms));
        // Records that only the log's end tells of came at its second measurement, at the latest.
        let unseen = self
            .moved_ms
            .filter(|(earlier, _)| known.is_none_or(|known| known < *earlier))
            .map(|(_, later)| later);
        let newest = unseen.or(known)?;
        Some(self.wall.age_of_millis(newest, now))
    }

    /// The present silence, where it is far beyond the rhythm, whether or not that is usual at this hour.
    pub fn silence_beyond_rhythm(&self, now: Moment) -> Option<Duration> {
        self.silence(now)
            .filter(|silence| *silence > self.known.far_beyond())
    }

    /// Whether the last arrival is known by more than its timestamp.
    pub fn heard(&self) -> bool {
        self.moved_ms.is_some() || self.last.is_some_and(|last| last.came_ms.is_some())
    }

    /// How long arrivals would have been noticed; zero before anything was heard of the topic.
    pub fn watched(&self, now: Moment) -> Duration {
        self.began.map_or(Duration::ZERO, |began| now.since(began))
    }

    /// How long the present silence must last to be unusual, and more than `at_least`: by the gaps known, and by earlier
    /// days where the log tells of them. `None` while too little is known, or where those days were silent at this hour too.
    pub fn overdue_after(&self, at_least: Duration, now: Moment) -> Option<Duration> {
        let unusual = self.known.unusual()?.max(at_least);
        match self.usual_at_this_hour(unusual, now) {
            Usual::Unknown => Some(unusual),
            Usual::Silent => None,
            Usual::Longer(usual) => Some(unusual.max(usual)),
        }
    }

    /// What earlier days say about the present silence, which became long enough after `unusual`.
    fn usual_at_this_hour(&self, unusual: Duration, now: Moment) -> Usual {
        let Some(silence) = self.silence(now) else {
            return Usual::Unknown;
        };
        let last_ms = self.wall.millis_before(now, silence);
        let long_ms = last_ms.saturating_add(millis_of(unusual));
        self.hours
            .usual(last_ms, long_ms, self.records_per_arrival())
    }

    /// What the timestamps are worth.
    pub fn stamps(&self) -> Stamps {
        self.stamps
    }

    /// Bytes of a record in the mean; `None` while unknown.
    pub fn record_bytes(&self) -> Option<f64> {
        let Flow {
            sized_records,
            bytes,
            ..
        } = self.flow;
        (sized_records > 0).then(|| bytes as f64 / sized_records as f64)
    }

    /// Bytes of memory that it takes, roughly.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.gaps.bytes() + self.known.bytes()
    }

    fn records_per_arrival(&self) -> f64 {
        self.flow.records as f64 / self.flow.arrivals.max(1) as f64
    }

    fn source(&self) -> Source {
        if self.gaps_from_log * 2 >= self.gaps.count() {
            Source::Log
        } else {
            Source::ArrivalModel
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
            p_empty: Some(rhythm.p_empty),
            timeout: Some(wire_duration(rhythm.timeout)),
            source: rhythm.source.into(),
            gap_usual: Some(wire_duration(rhythm.usual)),
            p_empty_in_a_row: Some(rhythm.p_empty_in_a_row),
            known_gaps: rhythm.known_gaps,
            overdue_after: rhythm.unusual.map(wire_duration),
            records_per_second: rhythm.records_rate,
            since: rhythm.since_ms.map(|millis| prost_types::Timestamp {
                seconds: millis.div_euclid(1_000),
                nanos: i32::try_from(millis.rem_euclid(1_000) * 1_000_000).unwrap_or(0),
            }),
            timestamps: rhythm.stamps.wire().into(),
            timestamps_off: rhythm.stamps.off().map(wire_duration),
        }
    }
}

#[cfg(test)]
mod tests;
