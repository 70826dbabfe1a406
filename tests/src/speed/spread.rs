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

    /// Of what was measured once.
    pub(crate) const fn once(value: f64) -> Self {
        Self {
            median: value,
            least: value,
            most: value,
        }
    }

    /// Whether the ends are far apart.
    pub(crate) fn is_wide(self) -> bool {
        self.most - self.least > WIDE * self.median.abs()
    }

    /// The median, with the ends behind it where they differ.
    pub(crate) fn told(self, decimals: usize, unit: &str) -> String {
        let say = |value: f64| format!("{value:.decimals$}");
        let (median, least, most) = (say(self.median), say(self.least), say(self.most));
        let wide = if self.is_wide() { ", wide" } else { "" };
        match least == most {
            true => format!("{median}{unit}"),
            false => format!("{median}{unit} ({least} to {most}{wide})"),
        }
    }

    /// The median, with the ends behind it only where they are far apart.
    pub(crate) fn briefly(self, decimals: usize) -> String {
        match self.is_wide() {
            true => self.told(decimals, ""),
            false => format!("{:.decimals$}", self.median),
        }
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
        assert!(!Spread::of([-1.2, -1.1, -1.0]).unwrap().is_wide());
        assert_eq!(Spread::of([]), None);
    }

    #[test]
    fn ends_are_told_where_they_differ_and_briefly_where_they_are_far_apart() {
        let (wide, narrow) = (
            Spread::of([1.0, 2.0, 3.0]).unwrap(),
            Spread::of([1.9, 2.0, 2.1]).unwrap(),
        );
        assert_eq!(wide.told(1, " ms"), "2.0 ms (1.0 to 3.0, wide)");
        assert_eq!(narrow.told(1, " ms"), "2.0 ms (1.9 to 2.1)");
        assert_eq!(Spread::once(2.0).told(1, " ms"), "2.0 ms");
        assert_eq!(wide.briefly(0), "2 (1 to 3, wide)");
        assert_eq!(narrow.briefly(1), "2.0");
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
