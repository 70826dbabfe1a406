//! Exponential back-off with jitter; chance comes in as an argument.

use std::time::Duration;

/// Delays that double from `first` to `most`, each drawn from its upper half.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    most: Duration,
    failures: u32,
}

impl Backoff {
    /// No failure yet.
    pub const fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: 0,
        }
    }

    /// The delay after one more failure. `chance` lies in [0, 1): with 0 the delay is half of its bound,
    /// so that many processes that lost the same peer do not come back at once.
    pub fn failed(&mut self, chance: f64) -> Duration {
        let bound = self
            .first
            .saturating_mul(1 << self.failures.min(16))
            .min(self.most);
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
    }

    /// It worked: the next delay is the first again.
    pub const fn worked(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_bound_and_start_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        let bounds: Vec<_> = (0..9).map(|_| backoff.failed(1.0).as_millis()).collect();
        assert_eq!(bounds, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.worked();
        assert_eq!(backoff.failed(0.0).as_millis(), 25);
    }
}
