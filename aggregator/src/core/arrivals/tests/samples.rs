//! Samples of known distributions, the same in every run.

/// SplitMix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
#[derive(Clone, Debug)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Uniform in (0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((bits ^ (bits >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(super) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * self.uniform().ln()
    }

    /// Standard normal, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// How the gaps of a topic are distributed; the mean is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// A metronome whose ticks are late by an exponential time of a twentieth.
    Periodic,
    Poisson,
    /// Of twenty gaps nineteen are short (a hundredth of the mean) and one is long.
    Bursty,
    /// The logarithm is normal, with σ = 1.
    Lognormal,
    /// Weibull with exponent 1/2: the tail of a stretched exponential.
    Weibull,
    /// Pareto with α = 3.
    Pareto,
}

const BURSTS: f64 = 0.05;
const WITHIN: f64 = 0.01;
const LATE: f64 = 0.05;

impl Shape {
    pub(super) const ALL: [Self; 6] = [
        Self::Periodic,
        Self::Poisson,
        Self::Bursty,
        Self::Lognormal,
        Self::Weibull,
        Self::Pareto,
    ];

    /// A gap.
    pub(super) fn draw(self, dice: &mut Dice) -> f64 {
        match self {
            Self::Periodic => 1.0 + dice.exponential(LATE) - dice.exponential(LATE),
            Self::Poisson => dice.exponential(1.0),
            Self::Bursty if dice.uniform() < BURSTS => dice.exponential(Self::between()),
            Self::Bursty => dice.exponential(WITHIN),
            Self::Lognormal => (dice.normal() - 0.5).exp(),
            Self::Weibull => 0.5 * dice.exponential(1.0).powi(2),
            Self::Pareto => 2.0 / 3.0 * dice.uniform().powf(-1.0 / 3.0),
        }
    }

    /// Mean of the long gaps of a bursty topic.
    fn between() -> f64 {
        (1.0 - (1.0 - BURSTS) * WITHIN) / BURSTS
    }

    /// P(G > x).
    pub(super) fn beyond(self, x: f64) -> f64 {
        match self {
            Self::Periodic if x < 1.0 => 1.0 - 0.5 * ((x - 1.0) / LATE).exp(),
            Self::Periodic => 0.5 * ((1.0 - x) / LATE).exp(),
            Self::Poisson => (-x).exp(),
            Self::Bursty => {
                BURSTS * (-x / Self::between()).exp() + (1.0 - BURSTS) * (-x / WITHIN).exp()
            }
            Self::Lognormal => normal_beyond(x.ln() + 0.5),
            Self::Weibull => (-(2.0 * x).sqrt()).exp(),
            Self::Pareto => (2.0 / 3.0 / x).powi(3).min(1.0),
        }
    }
}

/// P(Z > z) of a standard normal variable, to 1e-7 of itself (Abramowitz and Stegun, 26.2.17, and 26.2.14 beyond 3).
fn normal_beyond(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_beyond(-z);
    }
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if z > 3.0 {
        let fraction = (1..=40).rev().fold(z, |below, k| z + f64::from(k) / below);
        return density / fraction;
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let factors = [
        1.330_274_429,
        -1.821_255_978,
        1.781_477_937,
        -0.356_563_782,
        0.319_381_53,
    ];
    density * factors.iter().fold(0.0, |sum, factor| (sum + factor) * t)
}

#[test]
fn the_tails_are_those_of_the_samples() {
    for shape in Shape::ALL {
        let mut dice = Dice::new(7);
        let sample: Vec<f64> = (0..200_000).map(|_| shape.draw(&mut dice)).collect();
        let mean = sample.iter().sum::<f64>() / sample.len() as f64;
        assert!((mean - 1.0).abs() < 0.05, "{shape:?}: mean {mean}");
        for x in [0.9, 1.05, 2.0, 5.0] {
            let measured =
                sample.iter().filter(|gap| **gap > x).count() as f64 / sample.len() as f64;
            let expected = shape.beyond(x);
            assert!(
                (measured - expected).abs() < 0.005,
                "{shape:?}: {measured} beyond {x}, not {expected}"
            );
        }
    }
}
