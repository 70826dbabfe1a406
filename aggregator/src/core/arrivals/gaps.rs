//! A histogram of gaps with bounded memory.
//!
//! Buckets are an octave in sixteen parts, so a gap is known to 6 %, and each bucket keeps the exact sum
//! of its gaps: what is computed from one bucket alone (a periodic topic) is exact.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest gap that is told apart.
const LONGEST_MS: u64 = 30 * 24 * 3_600 * 1_000;
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
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Bucket {
    count: u64,
    total_ms: u64,
}

impl Gaps {
    /// Adds `count` gaps of one length.
    pub fn add(&mut self, gap: Duration, count: u64) {
        let gap_ms = u64::try_from(gap.as_millis())
            .unwrap_or(LONGEST_MS)
            .min(LONGEST_MS);
        let total_ms = gap_ms.saturating_mul(count);
        let bucket = self.buckets.entry(bucket_of(gap_ms)).or_default();
        bucket.add(Bucket { count, total_ms });
        self.count = self.count.saturating_add(count);
        self.total_ms = self.total_ms.saturating_add(total_ms);
        self.longest_ms = self.longest_ms.max(gap_ms);
    }

    /// These gaps and others.
    pub fn merged(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (&index, &bucket) in &other.buckets {
            all.buckets.entry(index).or_default().add(bucket);
        }
        all.count = all.count.saturating_add(other.count);
        all.total_ms = all.total_ms.saturating_add(other.total_ms);
        all.longest_ms = all.longest_ms.max(other.longest_ms);
        all
    }

    /// How many gaps.
    pub fn count(&self) -> u64 {
        self.count
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

    /// Share of the gaps that are shorter than `length`.
    pub fn share_below(&self, length: Duration) -> f64 {
        let length_ms = length.as_secs_f64() * 1_000.0;
        let shorter = self
            .buckets
            .values()
            .filter(|bucket| bucket.mean_ms() < length_ms);
        ratio(shorter.map(|bucket| bucket.count).sum(), self.count).unwrap_or(0.0)
    }

    /// `E[(G − T)⁺] / E[G]`.
    pub fn p_empty(&self, timeout: Duration) -> Option<f64> {
        let timeout_ms = timeout.as_secs_f64() * 1_000.0;
        let beyond: f64 = self
            .buckets
            .values()
            .map(|bucket| bucket.beyond_ms(timeout_ms))
            .sum();
        (self.total_ms > 0).then(|| (beyond / self.total_ms as f64).clamp(0.0, 1.0))
    }

    /// The shortest T with `E[(G − T)⁺] / E[G] ≤ p_empty`, in whole milliseconds: the function falls
    /// with T in straight pieces, one between each two neighbouring buckets, so the piece is found and solved.
    pub fn timeout_for(&self, p_empty: f64) -> Option<Duration> {
        let allowed_ms = p_empty * self.total_ms as f64;
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
        (self.total_ms > 0).then(|| Duration::from_millis(1))
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
    fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.total_ms = self.total_ms.saturating_add(other.total_ms);
    }

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
