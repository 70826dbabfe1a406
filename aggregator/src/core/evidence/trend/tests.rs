use super::*;

fn at(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

/// A lag sampled every second for so long.
fn sampled(seconds: u64, lag: impl Fn(u64) -> u64) -> Trend {
    let mut trend = Trend::default();
    (0..=seconds).for_each(|second| trend.sample(lag(second), at(second)));
    trend
}

#[test]
fn a_lag_grows_when_it_was_watched_for_half_a_minute() {
    assert_eq!(sampled(29, |s| 100 * s).growth(at(29)), None);
    let growth = sampled(30, |s| 100 * s).growth(at(30)).unwrap();
    assert_eq!((growth.from, growth.to), (0, 3_000));
    assert!((growth.rate - 100.0).abs() < 1e-9);
}

#[test]
fn a_lag_that_swings_or_is_drained_or_hardly_moves_does_not_grow() {
    assert_eq!(
        sampled(60, |s| if s % 2 == 0 { 5_000 } else { 100 }).growth(at(60)),
        None
    );
    assert_eq!(sampled(60, |s| 10_000 - 100 * s).growth(at(60)), None);
    assert_eq!(sampled(60, |s| 1_000_000 + s).growth(at(60)), None);
    assert_eq!(sampled(60, |s| s).growth(at(60)), None);
}

#[test]
fn samples_are_spaced_bounded_and_forgotten() {
    let mut trend = Trend::default();
    (0..1_000_000).for_each(|millis| trend.sample(millis, Moment::from_millis(millis)));
    assert!(trend.0.len() <= SAMPLES);
    assert_eq!(trend.growth(at(2_000)), None);
}
