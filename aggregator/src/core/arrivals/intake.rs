//! What the model learns from: the log's tail, batches, and the movements of the log's end.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::Arrivals;
use super::gaps::Gaps;
use super::hours::Usual;
use super::stamps::{Last, Stamps, length_ms, worth};
use crate::core::evidence::wire::{CLOCK_SKEW_MS, is_stamp};

/// Records closer together than this are one arrival.
const BURST: Duration = Duration::from_millis(50);
/// How old a record that was written just now may be when it comes.
const FRESH_MS: i64 = 2_000;
/// Gaps of which half is forgotten, and the least time between two such times.
const MANY: (u64, Duration) = (2_048, Duration::from_secs(30 * 60));
/// The same for slow topics.
const SOME: (u64, Duration) = (128, Duration::from_secs(24 * 3600));

/// One batch as the model sees it.
#[derive(Clone, Copy, Debug)]
pub struct ArrivedBatch {
    /// Records in it.
    pub records: u32,
    /// Bytes of its records; 0: not known.
    pub bytes: u64,
    /// Timestamp of the oldest record.
    pub first_ms: Option<i64>,
    /// Timestamp of the newest record.
    pub last_ms: Option<i64>,
    /// Whether the reader had been at the log's end, so that the batch is news and no backlog.
    pub live: bool,
}

impl Arrivals {
    /// Takes the timestamps of older records, read from the log `age` ago. Timestamps that no clock can have
    /// written, and those not newer than the last arrival, are not used. `complete` is false where records may
    /// have come between the last arrival and the first of these.
    pub fn history(
        &mut self,
        millis: impl IntoIterator<Item = i64>,
        complete: bool,
        age: Duration,
        now: Moment,
    ) {
        self.forget(now);
        self.began = self.began.or(Some(now));
        let read_ms = self.wall.millis_before(now, age);
        let (mut known, mut doubt) = (complete, None);
        let before = self.gaps.count();
        let millis: Vec<i64> = millis.into_iter().collect();
        self.reach_back(&millis);
        for at_ms in millis {
            if !is_stamp(at_ms) {
                doubt = doubt.or(Some(Stamps::Missing));
            } else if at_ms > read_ms.saturating_add(CLOCK_SKEW_MS) {
                doubt = Some(Stamps::Ahead(length_ms(at_ms - read_ms)));
            } else if self.may_learn(at_ms) {
                let last = self.last.filter(|_| known);
                self.arrive(last, Some((at_ms, at_ms)), None);
                self.flow.records += 1;
                self.reached_back = true;
                known = true;
            } else {
                // The row reaches back to what is known.
                known = true;
            }
        }
        self.gaps_from_log += self.gaps.count().saturating_sub(before);
        if let Some(doubt) = doubt.filter(|_| self.last.is_none()) {
            self.stamps = doubt;
        }
    }

    /// Takes what the log tells of the time before the first arrival, if that was heard before the log told of any.
    fn reach_back(&mut self, millis: &[i64]) {
        let first_ms = self.first_ms.filter(|_| !self.reached_back);
        let Some(first_ms) = first_ms.filter(|_| self.stamps.may_be_used()) else {
            return;
        };
        let heard = self.last.take();
        let older = |at_ms: &&i64| is_stamp(**at_ms) && **at_ms < first_ms;
        for at_ms in millis.iter().filter(older) {
            self.arrive(self.last, Some((*at_ms, *at_ms)), None);
            self.flow.records += 1;
            self.reached_back = true;
        }
        self.last = heard;
    }

    /// Takes the counts of earlier hours that came with a history.
    pub fn hours(&mut self, history: &v1::History, age: Duration, now: Moment) {
        self.unread = history.budget_spent;
        if !self.hours_are_known(now) {
            self.hours.learn(history, self.wall.millis_before(now, age));
        }
        if history.timestamps_unusable > 0 && history.arrivals.is_empty() && self.last.is_none() {
            self.stamps = Stamps::Missing;
        }
    }

    /// Whether counts that were made in the present silence say what it is worth.
    fn hours_are_known(&self, now: Moment) -> bool {
        let (Some(silence), Some(unusual)) = (self.silence(now), self.known.unusual()) else {
            return false;
        };
        let made_in_it = self
            .hours
            .were_read_after(self.wall.millis_before(now, silence));
        made_in_it && self.usual_at_this_hour(unusual, now) != Usual::Unknown
    }

    /// Takes a batch that came now.
    pub fn batch(&mut self, batch: ArrivedBatch, now: Moment) {
        self.forget(now);
        self.fed = true;
        self.began = self.began.or(Some(now));
        let now_ms = self.wall.millis(now);
        let stamps = batch.first_ms.zip(batch.last_ms);
        if batch.live {
            self.stamps = worth(batch.last_ms, now_ms);
        }
        let usable = |at: i64| is_stamp(at) && at <= now_ms.saturating_add(CLOCK_SKEW_MS);
        let stamps = stamps.filter(|&(first, last)| {
            first <= last && usable(first) && usable(last) && self.stamps.may_be_used()
        });
        let records = u64::from(batch.records);
        match stamps {
            _ if batch.live => {
                self.arrive(self.adjacent(), stamps, Some(now_ms));
                self.flow.records += records;
            }
            Some((first, last)) if self.is_fresh(first, now_ms) => {
                let stamps = (first.min(now_ms), last.min(now_ms));
                self.arrive(self.adjacent(), Some(stamps), None);
                self.flow.records += records;
            }
            Some((_, last)) => self.passed_ms = self.passed_ms.max(Some(last.min(now_ms))),
            // Of a backlog nothing but its timestamps could say when it arrived.
            None => return,
        }
        if batch.bytes > 0 {
            self.flow.sized_records += records;
            self.flow.bytes = self.flow.bytes.saturating_add(batch.bytes);
        }
    }

    /// The log's end moved between two measurements: so records came, whether or not they are known.
    pub fn moved(&mut self, earlier: Moment, later: Moment) {
        self.forget(later);
        let (earlier_ms, later_ms) = (self.wall.millis(earlier), self.wall.millis(later));
        self.moved_ms = Some((earlier_ms, later_ms));
        if !self.fed && (self.unread || !self.stamps.may_be_used()) {
            self.arrive(self.last, None, Some(later_ms));
        }
    }

    /// Whether a timestamp from the log tells of an arrival that is not known yet.
    fn may_learn(&self, at_ms: i64) -> bool {
        let usable = self.stamps.may_be_used() || self.last.is_none();
        usable && self.last.is_none_or(|last| last.is_before(at_ms))
    }

    /// Whether a batch, whose oldest record has this timestamp, was written just now, after all that is known.
    fn is_fresh(&self, first_ms: i64, now_ms: i64) -> bool {
        let is_news = self.last.is_none_or(|last| last.is_before(first_ms));
        is_news && now_ms.saturating_sub(first_ms) <= FRESH_MS
    }

    /// The last arrival, unless a backlog reached beyond it: what came since it is not known then.
    fn adjacent(&self) -> Option<Last> {
        let passed = |last: &Last| self.passed_ms.is_some_and(|at_ms| last.is_before(at_ms));
        self.last.filter(|last| !passed(last))
    }

    /// One arrival, after `last` if that is known: with the timestamps of its oldest and newest records, if they are
    /// worth anything, and with the time that it came.
    fn arrive(&mut self, last: Option<Last>, stamps: Option<(i64, i64)>, came_ms: Option<i64>) {
        let gap = last.and_then(|last| last.gap_to(stamps.map(|(first, _)| first), came_ms));
        let within = last.zip(gap).map(|(last, gap)| last.burst + gap);
        let burst = match (gap, within) {
            (Some(gap), Some(within)) if within < BURST => {
                self.gaps.busy(gap);
                within
            }
            (Some(gap), _) => {
                let at_ms = came_ms
                    .or(stamps.map(|(first, _)| first))
                    .unwrap_or_default();
                self.gap(gap, at_ms);
                Duration::ZERO
            }
            (None, _) => {
                self.flow.arrivals += 1;
                Duration::ZERO
            }
        };
        self.first_ms = self.first_ms.or(came_ms).or(stamps.map(|(first, _)| first));
        self.last = Some(Last {
            stamp_ms: stamps.map(|(_, newest)| newest),
            came_ms,
            burst,
        });
    }

    /// A gap that ended at `end_ms`.
    fn gap(&mut self, gap: Duration, end_ms: i64) {
        let began = |gap: Duration| end_ms.saturating_sub(millis_of(gap));
        self.flow.arrivals += 1;
        let belonging = self.known.add(gap);
        let changed = self.change.next(gap, &self.gaps, !belonging.is_empty());
        if let Some(new) = changed {
            self.since_ms = Some(began(new.iter().sum()));
            self.gaps = Gaps::default();
            self.gaps_from_log = 0;
            self.flow.shrink(1);
            new.into_iter().for_each(|gap| self.gaps.add(gap, 1));
            return;
        }
        let since_ms = began(gap);
        self.since_ms = Some(self.since_ms.map_or(since_ms, |known| known.min(since_ms)));
        belonging.into_iter().for_each(|gap| self.gaps.add(gap, 1));
    }

    fn forget(&mut self, now: Moment) {
        self.known.forget(now);
        let age = now.since(self.halved);
        let full = |(count, time): (u64, Duration)| self.gaps.count() >= count && age >= time;
        if full(MANY) || full(SOME) {
            self.gaps.halve();
            self.halved = now;
            self.gaps_from_log /= 2;
            self.flow.shrink(self.flow.arrivals / 2);
        }
    }
}

pub(super) fn millis_of(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
