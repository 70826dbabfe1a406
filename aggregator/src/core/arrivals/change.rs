//! Whether the newest gaps still are of the rhythm that is known.
//!
//! Each gap is ranked among the older ones. While the rhythm is the same, a rank is a uniform share u, so
//! −ln u is exponential with mean 1 and the sum over w gaps has the Erlang distribution
//! (R. A. Fisher's way of combining tests, *Statistical Methods for Research Workers*, § 21.1). Where the
//! newest 3 to 8 gaps together are rarer than `CHANCE` over the number of known gaps, on either side, the
//! rhythm has changed, and those gaps are all that is known of the new one. Ranks need no distribution, so
//! this holds for any; a gap ranks as if it were a quarter nearer to the others, so that jitter is no change.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

use super::gaps::Gaps;

/// Newest gaps that are looked at.
const NEWEST: usize = 8;
/// Fewest gaps that show a change.
const FEWEST: usize = 3;
/// Older gaps without which a rank says nothing.
const OLDER: u64 = 10;
/// How rare the newest gaps must be, times the number of older ones.
const CHANCE: f64 = 2e-4;
/// How much longer or shorter a gap may be and still be the same.
const SAME: f64 = 1.25;
/// And by how much whatever its length: a busy machine brings one record late, and the next one as much sooner.
const JITTER: Duration = Duration::from_millis(100);

/// The newest gaps, with their ranks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Change(VecDeque<Newest>);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Newest {
    gap: Duration,
    /// −ln of the share of older gaps that are at least as long.
    long: f64,
    /// −ln of the share of older gaps that are at most as long.
    short: f64,
    /// Whether it is among the known gaps.
    known: bool,
}

impl Change {
    /// Takes a gap before it is added to `known`, if it `will_be`. Where the rhythm has changed, the gaps of the
    /// new one, and the old one's are no longer looked at.
    pub fn next(&mut self, gap: Duration, known: &Gaps, will_be: bool) -> Option<Vec<Duration>> {
        let (long, short, older) = self.ranks(gap, known);
        if self.0.len() == NEWEST {
            self.0.pop_front();
        }
        self.0.push_back(Newest {
            gap,
            long,
            short,
            known: will_be,
        });
        let rare = CHANCE / older.max(1) as f64;
        let width = self.first_rare(rare)?;
        let new = self.0.iter().skip(self.0.len() - width);
        let gaps = new.map(|newest| newest.gap).collect();
        self.0.clear();
        Some(gaps)
    }

    /// −ln of the shares of the older gaps that are as long, and as short; and how many these are.
    fn ranks(&self, gap: Duration, known: &Gaps) -> (f64, f64, u64) {
        let newest = || self.0.iter().filter(|newest| newest.known);
        let longer = |length: Duration| {
            let new = newest().filter(|newest| newest.gap >= length).count();
            known.at_least(length).saturating_sub(new as u64)
        };
        let older = known.count().saturating_sub(newest().count() as u64);
        if older < OLDER {
            return (0.0, 0.0, older);
        }
        let as_long = longer(gap.div_f64(SAME).saturating_sub(JITTER));
        let as_short = older.saturating_sub(longer(gap.mul_f64(SAME) + JITTER));
        let rarity = |count: u64| -((count as f64 + 0.5) / (older as f64 + 1.0)).min(1.0).ln();
        (rarity(as_long), rarity(as_short), older)
    }

    /// How many of the newest gaps are together that rare.
    fn first_rare(&self, rare: f64) -> Option<usize> {
        let (mut long, mut short) = (0.0, 0.0);
        let sums = self.0.iter().rev().map(|newest| {
            long += newest.long;
            short += newest.short;
            f64::max(long, short)
        });
        (1..)
            .zip(sums)
            .find(|&(width, sum)| width >= FEWEST && erlang_tail(width, sum) < rare)
            .map(|(width, _)| width)
    }
}

/// P(the sum of `count` exponential variables with mean 1 exceeds `sum`).
fn erlang_tail(count: usize, sum: f64) -> f64 {
    let mut term = (-sum).exp();
    let mut tail = 0.0;
    for k in 1..=count {
        tail += term;
        term *= sum / k as f64;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(millis: u64, count: u64) -> Gaps {
        let mut gaps = Gaps::default();
        gaps.add(Duration::from_millis(millis), count);
        gaps
    }

    /// After how many gaps of `new` milliseconds a rhythm of `old`, known by `count` gaps, is given up.
    fn noticed(old: u64, count: u64, new: u64) -> Option<usize> {
        let mut known = gaps(old, count);
        let mut change = Change::default();
        for _ in 0..NEWEST {
            assert!(
                change
                    .next(Duration::from_millis(old), &known, true)
                    .is_none()
            );
            known.add(Duration::from_millis(old), 1);
        }
        (1..=40).find(|_| {
            let gap = Duration::from_millis(new);
            let found = change.next(gap, &known, true);
            known.add(gap, 1);
            found.is_some_and(|gaps| gaps.iter().all(|found| *found == gap))
        })
    }

    #[test]
    fn the_more_is_known_of_a_rhythm_the_sooner_its_end_is_noticed() {
        for (old, new) in [(500, 5_000), (5_000, 500), (500, 1_000), (60_000, 1_000)] {
            assert_eq!(
                [20, 100, 1_000].map(|count| noticed(old, count, new)),
                [Some(6), Some(4), Some(3)],
                "{old} ms to {new} ms"
            );
        }
    }

    #[test]
    fn jitter_is_no_change() {
        assert_eq!(noticed(500, 1_000, 600), None);
        assert_eq!(noticed(500, 1_000, 420), None);
        assert_eq!(noticed(80, 1_000, 1), None, "records that come together");
    }

    #[test]
    fn the_tail_of_the_erlang_distribution_is_that_of_the_tables() {
        // P(X > x) of chi-square with 2k degrees of freedom at 2x.
        for (count, sum, expected) in [(1, 3.0, 0.049_787), (2, 4.744, 0.05), (8, 13.148, 0.05)] {
            let tail = erlang_tail(count, sum);
            assert!((tail - expected).abs() < 1e-4, "{count}: {tail}");
        }
    }
}
