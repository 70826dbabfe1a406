//! How long a topic has been silent at the most, over a day or more, and how much longer would be unusual.
//!
//! If n gaps are independent and exponential (a Poisson process), the next one exceeds c times the longest of them
//! with probability `n! Γ(c + 1) / Γ(n + c + 1)`, about `Γ(c + 1) / nᶜ` (the expectation of e^(−cM), M the largest of
//! n; Rényi's representation). For c = 3 that sums to `3 / n²` over *all* further gaps as long as everything is
//! remembered: after 20 gaps less than one false alarm in a hundred starts, and none to speak of later. So what keeps
//! the promise is a long memory, not a large factor: a day at least, and a thousand gaps.
//!
//! A rhythm is *even* where at least three quarters of the gaps are longer than a third of the longest, a record that came
//! a quarter of a second late on a busy machine aside: a metronome with jitter always is, twenty gaps of a Poisson process
//! hardly ever are. All others have heavier tails, or few long gaps among many short ones. There the factor is 6, and 60 gaps
//! must be known: where one gap in twenty is long, a third of all first twenty (`0.95^20`) hold no long one, and look like
//! Poisson at a hundred times the pace; of the first sixty one in twenty does. A metronome that makes a pause for the first
//! time after 20 gaps cannot be told from one that dies.
//!
//! False alarms that a roll of six is to expect in its first month, from the first gap on (`tests/alarms.rs`): metronome 0,
//! Poisson 0.002, bursts 0.42 (with 20 gaps, 2.8), lognormal 0.11, Weibull 0.03, Pareto 0.84.
//!
//! A silence that was unusual is an outage and no rhythm: it is set aside, until a second one of its kind comes.

use std::time::Duration;

use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

use super::gaps::Gaps;

/// Gaps that must be known before a silence is called unusual.
pub const ENOUGH: u64 = 20;
/// The same where the gaps are uneven.
const ENOUGH_UNEVEN: u64 = 60;
/// How much later than the others one record may come, and be none the less of an even rhythm.
const LATE: Duration = Duration::from_millis(250);
/// Time that they must cover: one burst is no rhythm.
const ENOUGH_TIME: Duration = Duration::from_secs(3);
/// How many times the longest gap is unusual where gaps are even, and where they are not.
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
        let enough = if self.is_even() {
            ENOUGH
        } else {
            ENOUGH_UNEVEN
        };
        (self.count() >= enough && covered >= ENOUGH_TIME).then(|| self.far_beyond())
    }

    /// How long a silence must be to be far beyond these gaps, however few they are.
    pub fn far_beyond(&self) -> Duration {
        let (even, uneven) = TIMES;
        let times = if self.is_even() { even } else { uneven };
        self.longest().saturating_mul(times).max(AT_LEAST)
    }

    /// Whether most gaps are about as long as the longest.
    fn is_even(&self) -> bool {
        let third = self.longest().saturating_sub(LATE) / 3;
        let long = self.current.at_least(third) + self.older.at_least(third);
        long * 4 >= self.count() * 3
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
    fn gaps_are_even_while_three_quarters_are_longer_than_a_third_of_the_longest() {
        let of_twenty = |long: u64| {
            let mut known = known(0.4, 20 - long);
            (0..long).for_each(|_| drop(known.add(Duration::from_secs(3))));
            unusual(&known)
        };
        assert_eq!(of_twenty(15), Some(9.0), "15 of 20");
        assert_eq!(of_twenty(14), None, "14 of 20");
    }

    #[test]
    fn uneven_gaps_must_be_sixty_and_count_with_caution() {
        let mut known = known(1.0, 49);
        (0..10).for_each(|_| drop(known.add(Duration::from_secs(5))));
        assert_eq!((known.count(), unusual(&known)), (59, None));
        known.add(Duration::from_secs(1));
        assert_eq!((known.count(), unusual(&known)), (60, Some(30.0)));
    }

    #[test]
    fn a_record_that_came_late_leaves_an_even_rhythm_even() {
        for (late, expected) in [(0.8, Some(2.4)), (0.9, None)] {
            let mut known = known(0.2, 29);
            known.add(Duration::from_secs_f64(late));
            assert_eq!(unusual(&known), expected, "{late} s");
        }
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
