//! How long a topic has been silent at the most, over a day or more, and how much longer would be unusual.
//!
//! If n gaps are independent and exponential (a Poisson process), the next one exceeds c times the longest of them
//! with probability `n! Γ(c + 1) / Γ(n + c + 1)`, about `Γ(c + 1) / nᶜ` (the expectation of e^(−cM), M the largest of
//! n; Rényi's representation). For c = 3 that sums to `3 / n²` over *all* further gaps as long as everything is
//! remembered: after 20 gaps less than one false alarm in a hundred starts, and none to speak of later. So what keeps
//! the promise is a long memory, not a large factor: a day at least, and a thousand gaps.
//!
//! Irregular rhythms have heavier tails than that, and bursts have few long gaps among many short ones: where less
//! than a quarter of the gaps is longer than a third of the longest, the factor is 6. Poisson is irregular in this
//! sense beyond some twenty gaps, a metronome with jitter never is.
//!
//! A silence that was unusual is an outage and no rhythm: it is set aside, until a second one of its kind comes.

use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

use super::gaps::Gaps;

/// Gaps that must be known before a silence is called unusual.
pub const ENOUGH: u64 = 20;
/// Time that they must cover: one burst is no rhythm.
const ENOUGH_TIME: Duration = Duration::from_secs(3);
/// How many times the longest gap is unusual for a regular topic, and for any other.
const TIMES: (u32, u32) = (3, 6);
/// No silence shorter than this is unusual: records may be delayed that long on their way.
const AT_LEAST: Duration = Duration::from_secs(2);
/// How long gaps are remembered at least and, once there are [`GAPS`] of them, at most twice.
const MEMORY: Duration = Duration::from_secs(24 * 3600);
/// Gaps that are remembered at least.
const GAPS: u64 = 1_024;
/// How long fewer gaps than that are remembered.
const LONGEST_MEMORY: Duration = Duration::from_secs(14 * 24 * 3600);

/// The gaps of a day or two, seen one by one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    current: Gaps,
    older: Gaps,
    began: Moment,
    /// The last unusual silence.
    set_aside: Option<Duration>,
}

impl Known {
    /// Nothing is known yet.
    pub fn new(now: Moment) -> Self {
        Self {
            current: Gaps::default(),
            older: Gaps::default(),
            began: now,
            set_aside: None,
        }
    }

    /// Takes a gap; says which gaps belong to the rhythm by it: itself, none, or itself and the one set aside.
    pub fn add(&mut self, gap: Duration) -> Vec<Duration> {
        let unusual = gap > self.longest() && self.unusual().is_some_and(|unusual| gap > unusual);
        let all = match self.set_aside.take() {
            None if unusual => {
                self.set_aside = Some(gap);
                Vec::new()
            }
            Some(aside) if unusual || gap >= aside / 2 => vec![aside, gap],
            aside => {
                self.set_aside = aside;
                vec![gap]
            }
        };
        for gap in &all {
            self.current.add(*gap, 1);
        }
        all
    }

    /// Forgets what is too old.
    pub fn forget(&mut self, now: Moment) {
        let age = now.since(self.began);
        if age >= MEMORY && self.current.count() >= GAPS || age >= LONGEST_MEMORY {
            self.older = std::mem::take(&mut self.current);
            self.began = now;
            self.set_aside = None;
        }
    }

    /// How many gaps are remembered.
    pub fn count(&self) -> u64 {
        self.current.count() + self.older.count()
    }

    /// The longest of them; zero when there is none.
    pub fn longest(&self) -> Duration {
        self.current.longest().max(self.older.longest())
    }

    /// How long a silence must be to be unusual; `None` while too little is known.
    pub fn unusual(&self) -> Option<Duration> {
        let covered = self.current.total() + self.older.total();
        (self.count() >= ENOUGH && covered >= ENOUGH_TIME).then(|| self.far_beyond())
    }

    /// How long a silence must be to be far beyond these gaps, however few they are.
    pub fn far_beyond(&self) -> Duration {
        let (count, longest) = (self.count(), self.longest());
        let long = self.current.at_least(longest / 3) + self.older.at_least(longest / 3);
        let (regular, irregular) = TIMES;
        let times = if long * 4 >= count {
            regular
        } else {
            irregular
        };
        longest.saturating_mul(times).max(AT_LEAST)
    }

    /// Bytes of memory that it takes, roughly.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.current.bytes() + self.older.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(gap: f64, count: u64) -> Known {
        let mut known = Known::new(Moment::default());
        for _ in 0..count {
            known.add(Duration::from_secs_f64(gap));
        }
        known
    }

    fn unusual(known: &Known) -> Option<f64> {
        known.unusual().map(|unusual| unusual.as_secs_f64())
    }

    #[test]
    fn twenty_gaps_over_three_seconds_are_a_rhythm() {
        assert_eq!(unusual(&known(1.0, 19)), None);
        assert_eq!(unusual(&known(1.0, 20)), Some(3.0));
        assert_eq!(unusual(&known(0.1, 29)), None, "one burst");
        assert_eq!(unusual(&known(0.1, 30)), Some(2.0), "and never below 2 s");
    }

    #[test]
    fn few_long_gaps_among_many_short_ones_are_counted_with_caution() {
        let mut known = known(0.9, 30);
        (0..9).for_each(|_| drop(known.add(Duration::from_secs(3))));
        assert_eq!(unusual(&known), Some(18.0), "9 of 39");
        known.add(Duration::from_secs(3));
        assert_eq!(unusual(&known), Some(9.0), "10 of 40");
    }

    #[test]
    fn an_outage_is_no_rhythm_until_it_comes_again() {
        let mut known = known(1.0, 100);
        let outage = Duration::from_secs(600);
        assert_eq!(known.add(outage), []);
        known.add(Duration::from_secs(1));
        assert_eq!((unusual(&known), known.longest().as_secs()), (Some(3.0), 1));
        assert_eq!(known.add(outage / 2), [outage, outage / 2]);
        assert_eq!(unusual(&known), Some(3_600.0));
    }

    #[test]
    fn what_is_older_than_a_day_or_two_is_forgotten() {
        let mut known = known(60.0, 1_500);
        let mut now = Moment::default();
        for _ in 0..2 {
            now = now + MEMORY;
            known.forget(now);
            (0..1_500).for_each(|_| drop(known.add(Duration::from_secs(1))));
        }
        assert_eq!((unusual(&known), known.count()), (Some(3.0), 3_000));
    }
}
