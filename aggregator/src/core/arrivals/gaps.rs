//! A histogram of gaps with bounded memory.
//!
//! Buckets are an octave in sixteen parts, so a gap is known to 6 %, and each bucket keeps the exact sum
//! and the longest of its gaps: what is computed from one bucket alone (a periodic topic) is exact.
//!
//! Beside the gaps it keeps the time that lies within bursts, which is no gap and yet time in which a
//! gather may start.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest gap that is told apart.
const LONGEST_MS: u64 = 30 * 24 * 3_600 * 1_000;
/// How much later than ever a record may come, beside a hundredth of its gap.
const LATE_MS: u64 = 10;
/// Parts of an octave, as a power of two.
const PART_BITS: u32 = 4;

/// Gaps by length.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Gaps {
    /// At most sixteen for each octave up to [`LONGEST_MS`]: under 500.
    buckets: BTreeMap<u16, Bucket>,
    count: u64,
    total_ms: u64,
    longest_ms: u64,
    /// Time within bursts.
    busy_ms: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Bucket {
    count: u64,
    total_ms: u64,
    longest_ms: u64,
}

impl Gaps {
    /// Adds `count` gaps of one length.
    pub fn add(&mut self, gap: Duration, count: u64) {
        let gap_ms = u64::try_from(gap.as_millis())
            .unwrap_or(LONGEST_MS)
            .min(LONGEST_MS);
        let total_ms = gap_ms.saturating_mul(count);
        let bucket = self.buckets.entry(bucket_of(gap_ms)).or_default();
        bucket.count = bucket.count.saturating_add(count);
        bucket.total_ms = bucket.total_ms.saturating_add(total_ms);
        bucket.longest_ms = bucket.longest_ms.max(gap_ms);
        self.count = self.count.saturating_add(count);
        self.total_ms = self.total_ms.saturating_add(total_ms);
        self.longest_ms = self.longest_ms.max(gap_ms);
    }

    /// Adds time within a burst.
    pub fn busy(&mut self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(LONGEST_MS);
        self.busy_ms = self.busy_ms.saturating_add(millis);
    }

    /// Forgets half: of each length every second gap, so that one that came once is gone.
    pub fn halve(&mut self) {
        self.buckets.retain(|_, bucket| {
            bucket.total_ms = (bucket.mean_ms() * (bucket.count / 2) as f64) as u64;
            bucket.count /= 2;
            bucket.count > 0
        });
        self.count = self.buckets.values().map(|bucket| bucket.count).sum();
        self.total_ms = self.buckets.values().map(|bucket| bucket.total_ms).sum();
        let longest = self.buckets.values().map(|bucket| bucket.longest_ms).max();
        self.longest_ms = longest.unwrap_or(0);
        self.busy_ms /= 2;
    }

    /// Bytes of memory that it takes, roughly.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.buckets.len() * (size_of::<u16>() + size_of::<Bucket>())
    }

    /// How many gaps.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Arrivals per second; `None` while no time is known.
    pub fn rate(&self) -> Option<f64> {
        ratio(self.count, self.time_ms()).map(|per_ms| per_ms * 1e3)
    }

    /// All of them together.
    pub fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }

    /// The longest gap; zero when there is none.
    pub fn longest(&self) -> Duration {
        Duration::from_millis(self.longest_ms)
    }

    /// The gap that the given share of the gaps does not exceed.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        self.first_where(|bucket| bucket.count as f64, share)
    }

    /// The gap that half of all time is spent in or below.
    pub fn time_weighted_median(&self) -> Option<Duration> {
        self.first_where(|bucket| bucket.total_ms as f64, 0.5)
    }

    /// Gaps that are at least this long.
    pub fn at_least(&self, length: Duration) -> u64 {
        let length_ms = length.as_secs_f64() * 1_000.0;
        let long = self.buckets.values().rev();
        long.take_while(|bucket| bucket.mean_ms() >= length_ms)
            .map(|bucket| bucket.count)
            .sum()
    }

    /// Share of the gaps that are shorter than `length`.
    pub fn share_below(&self, length: Duration) -> f64 {
        let shorter = self.count - self.at_least(length).min(self.count);
        ratio(shorter, self.count).unwrap_or(0.0)
    }

    /// `E[(G − T)⁺]` over the mean time from one arrival to the next.
    pub fn p_empty(&self, timeout: Duration) -> Option<f64> {
        let timeout_ms = timeout.as_secs_f64() * 1_000.0;
        let beyond: f64 = self
            .buckets
            .values()
            .map(|bucket| bucket.beyond_ms(timeout_ms))
            .sum();
        (self.time_ms() > 0).then(|| (beyond / self.time_ms() as f64).clamp(0.0, 1.0))
    }

    /// `E[⌊G / T⌋] / (E[⌊G / T⌋] + 1)`: of calls that follow each other at once, each of which ends
    /// with the first record or after T, the share that is empty.
    pub fn p_empty_in_a_row(&self, timeout: Duration) -> Option<f64> {
        self.in_a_row(timeout, |longest_ms| longest_ms)
    }

    /// The same if every record came a little later than any did: by a hundredth of the gap, and by `LATE_MS`. A
    /// metronome is all or nothing, so a timeout that is to hold must not stand at the edge.
    pub fn p_empty_if_late(&self, timeout: Duration) -> Option<f64> {
        self.in_a_row(timeout, |longest_ms| {
            longest_ms + longest_ms / 100 + LATE_MS
        })
    }

    fn in_a_row(&self, timeout: Duration, length_ms: impl Fn(u64) -> u64) -> Option<f64> {
        let timeout_ms = u64::try_from(timeout.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let empties = self.buckets.values().fold(0, |sum: u64, bucket| {
            let calls = length_ms(bucket.longest_ms) / timeout_ms;
            sum.saturating_add(bucket.count.saturating_mul(calls))
        });
        (self.count > 0).then(|| empties as f64 / (empties as f64 + self.count as f64))
    }

    /// The shortest T that keeps [`Self::p_empty_if_late`] at or below `p_empty`, in whole milliseconds; the
    /// share falls with T, in steps.
    pub fn timeout_in_a_row(&self, p_empty: f64) -> Option<Duration> {
        let (mut short, mut long) = (0, self.longest_ms.saturating_mul(2) + 2 * LATE_MS);
        while long - short > 1 {
            let middle = short + (long - short) / 2;
            if self.p_empty_if_late(Duration::from_millis(middle))? <= p_empty {
                long = middle;
            } else {
                short = middle;
            }
        }
        (self.count > 0).then(|| Duration::from_millis(long))
    }

    /// All the time that was seen.
    fn time_ms(&self) -> u64 {
        self.total_ms.saturating_add(self.busy_ms)
    }

    /// The shortest T that keeps [`Self::p_empty`] at or below `p_empty`, in whole milliseconds: it falls
    /// with T in straight pieces, one between each two neighbouring buckets, so the piece is found and solved.
    pub fn timeout_for(&self, p_empty: f64) -> Option<Duration> {
        let allowed_ms = p_empty * self.time_ms() as f64;
        let (mut count, mut total_ms) = (0.0, 0.0);
        let mut longer = self.buckets.values().rev().peekable();
        while let Some(bucket) = longer.next() {
            count += bucket.count as f64;
            total_ms += bucket.total_ms as f64;
            let timeout_ms = (total_ms - allowed_ms) / count;
            let next_mean_ms = longer.peek().map_or(0.0, |next| next.mean_ms());
            if timeout_ms >= next_mean_ms {
                return Some(Duration::from_millis(timeout_ms.ceil().max(1.0) as u64));
            }
        }
        (self.time_ms() > 0).then(|| Duration::from_millis(1))
    }

    /// Mean of the first bucket at which the weights add up to the share.
    fn first_where(&self, weight: impl Fn(&Bucket) -> f64, share: f64) -> Option<Duration> {
        let all: f64 = self.buckets.values().map(&weight).sum();
        let mut sum = 0.0;
        let found = self.buckets.values().find(|bucket| {
            sum += weight(bucket);
            sum >= share * all
        });
        found.map(|bucket| Duration::from_secs_f64(bucket.mean_ms() / 1_000.0))
    }
}

impl Bucket {
    fn mean_ms(&self) -> f64 {
        ratio(self.total_ms, self.count).unwrap_or(0.0)
    }

    fn beyond_ms(&self, timeout_ms: f64) -> f64 {
        self.count as f64 * (self.mean_ms() - timeout_ms).max(0.0)
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Which bucket a gap belongs to: exact below sixteen, then an octave in sixteen parts.
fn bucket_of(gap_ms: u64) -> u16 {
    let Some(octave) = gap_ms.checked_ilog2().filter(|&octave| octave >= PART_BITS) else {
        return gap_ms as u16;
    };
    let part = (gap_ms >> (octave - PART_BITS)) & ((1 << PART_BITS) - 1);
    (((octave - PART_BITS + 1) << PART_BITS) as u64 + part) as u16
}

#[cfg(test)]
mod tests;
