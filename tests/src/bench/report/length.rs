//! How long a run took that may have been interrupted.

/// A pause between two situations that is longer, in seconds, was an interruption.
const PAUSE: f64 = 120.0;

/// The seconds from the first begin to the last end, interruptions not counted, and into how many parts they cut it; none of
/// nothing. Of each run: its begin and its end.
pub(super) fn of(mut runs: Vec<(f64, f64)>) -> Option<(f64, usize)> {
    runs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut begun, mut ended) = *runs.first()?;
    let (mut length, mut parts) = (0.0, 1);
    for (begin, end) in runs {
        if begin > ended + PAUSE {
            length += ended - begun;
            (begun, parts) = (begin, parts + 1);
        }
        ended = ended.max(end);
    }
    Some((length + ended - begun, parts))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn runs_beside_each_other_count_once_and_an_interruption_does_not() {
        assert_eq!(of(Vec::new()), None);
        let beside = vec![(5.0, 40.0), (0.0, 30.0), (60.0, 100.0)];
        assert_eq!(of(beside), Some((100.0, 1)));
        let resumed = vec![(0.0, 30.0), (1_000.0, 1_050.0)];
        assert_eq!(of(resumed), Some((80.0, 2)));
    }
}
