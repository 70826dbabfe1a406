//! How often a silence is called unusual though the topic keeps its rhythm, and how soon a dead producer is found.
//!
//! The number of false alarms is not counted (there are too few of them) but expected: at every gap, the chance that
//! it exceeds the limit that holds then, by the closed form of its distribution.

use std::time::Duration;

use rollcall_proto::time::Moment;

use super::super::known::Known;
use super::samples::{Dice, Shape};

/// A roll of six: seconds between two records, in the mean.
const ROLL: [f64; 6] = [0.5, 2.0, 5.0, 20.0, 60.0, 300.0];
const MONTH: f64 = 30.0 * 86_400.0;
/// What is played at least; the rest of the month is the last third of it, again and again.
const PLAYED: f64 = 3.0 * 86_400.0;
/// Gaps after which the limit changes so slowly that it need not be asked for at each of them.
const SETTLED: usize = 600;
const EVERY: usize = 16;
/// How often the first gaps are played, in which a few long ones decide, and how often all that follow.
const STARTS: u64 = 200;
const MONTHS: u64 = 2;

const START: Moment = Moment::new(Duration::from_secs(3_600));

/// A topic that is played.
struct Player {
    shape: Shape,
    mean: f64,
    dice: Dice,
    known: Known,
    at: f64,
}

impl Player {
    fn new(shape: Shape, mean: f64, seed: u64) -> Self {
        let (dice, known) = (Dice::new(seed), Known::new(START));
        Self {
            shape,
            mean,
            dice,
            known,
            at: 0.0,
        }
    }

    /// A gap goes by; those within a burst are none.
    fn gap(&mut self) {
        let gap = self.mean * self.shape.draw(&mut self.dice);
        self.at += gap;
        if gap >= 0.05 {
            self.known.add(Duration::from_secs_f64(gap));
        }
        self.known.forget(START + Duration::from_secs_f64(self.at));
    }

    fn unusual(&self) -> Option<f64> {
        self.known.unusual().map(|limit| limit.as_secs_f64())
    }

    /// The chance that the next gap is called unusual.
    fn chance(&self) -> f64 {
        let limit = self.unusual();
        limit.map_or(0.0, |limit| self.shape.beyond(limit / self.mean))
    }

    /// False alarms to be expected of the first gaps.
    fn at_the_start(&mut self) -> f64 {
        let mut all = 0.0;
        for _ in 0..SETTLED {
            all += self.chance();
            self.gap();
        }
        all
    }

    /// False alarms to be expected of the rest of the first month.
    fn later(&mut self) -> f64 {
        let (mut all, mut latest, mut chance) = (0.0, 0.0, 0.0);
        for played in 0.. {
            if self.at > PLAYED {
                break;
            }
            if played % EVERY == 0 {
                chance = self.chance();
            }
            all += chance;
            if self.at > PLAYED * 2.0 / 3.0 {
                latest += chance;
            }
            self.gap();
        }
        all + latest * (MONTH - PLAYED) / (PLAYED / 3.0)
    }
}

/// False alarms of the whole roll in a month, in the mean over some runs: of the first gaps, and of all that follow.
fn of_the_roll(shape: Shape) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for (mean, run) in ROLL
        .iter()
        .flat_map(|mean| (1..=STARTS).map(move |run| (*mean, run)))
    {
        let mut player = Player::new(shape, mean, run);
        sums[0] += player.at_the_start() / STARTS as f64;
        if run <= MONTHS {
            sums[1] += player.later() / MONTHS as f64;
        }
    }
    sums
}

/// Seconds after which a producer with this mean gap is found dead, when so many gaps are known.
fn found_after(shape: Shape, mean: f64, gaps: u64) -> f64 {
    let mut player = Player::new(shape, mean, 1);
    while player.known.count() < gaps {
        player.gap();
    }
    player.unusual().unwrap()
}

#[test]
fn a_roll_that_keeps_its_rhythm_raises_less_than_one_false_alarm_a_month() {
    for shape in Shape::ALL {
        let [start, later] = of_the_roll(shape);
        println!("{shape:?}: {start:.4} + {later:.4} false alarms a month");
        assert!(start + later < 1.0, "{shape:?}: {start} + {later}");
    }
}

#[test]
fn a_producer_that_dies_is_found_soon() {
    // Half a second between two records, 199 gaps known, as in the case of the six zeros: at most so many seconds.
    for (shape, soon) in [
        (Shape::Periodic, 2.2),
        (Shape::Poisson, 30.0),
        (Shape::Bursty, 400.0),
        (Shape::Lognormal, 40.0),
        (Shape::Weibull, 130.0),
        (Shape::Pareto, 40.0),
    ] {
        let [tail, day] = [199, 10_000].map(|gaps| found_after(shape, 0.5, gaps));
        println!("{shape:?}: found after {tail:.1} s, with a day's memory {day:.1} s");
        assert!(tail <= soon, "{shape:?}: {tail} s");
    }
}
