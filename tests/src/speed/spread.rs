//! Several measurements of one thing.

/// The middle one and the two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// Beyond this, least and most are so far apart, in parts of the median, that the median alone says little.
const WIDE: f64 = 0.3;

impl Spread {
    /// Of what was measured; none of nothing.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            least: *sorted.first()?,
            most: *sorted.last()?,
        })
    }

    /// Whether the ends are far apart.
    pub(crate) fn is_wide(self) -> bool {
        self.most - self.least > WIDE * self.median
    }
}

/// The value that this share of the sorted ones do not exceed; of an even number, the median is the lower middle one.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_three_is_not_moved_by_an_outlier_and_the_spread_is_called_wide() {
        let spread = Spread::of([3.0, 1.0, 90.0]).unwrap();
        assert_eq!((spread.median, spread.least, spread.most), (3.0, 1.0, 90.0));
        assert!(spread.is_wide());
        assert!(!Spread::of([1.0, 1.1, 1.2]).unwrap().is_wide());
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!(quantile(&sorted, 0.5), Some(100.0));
        assert_eq!(quantile(&sorted, 0.99), Some(198.0));
        assert_eq!(quantile(&[7.0], 0.99), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
