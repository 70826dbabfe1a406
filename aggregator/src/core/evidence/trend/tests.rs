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
fn a_large_lag_grows_like_a_small_one() {
    let growth = sampled(40, |s| 1_000_000 + 900 * s).growth(at(40)).unwrap();
    assert!((growth.rate - 900.0).abs() < 1e-9);
}

#[test]
fn a_lag_rises_when_what_each_commit_leaves_does() {
    // A thousand records come each second, and every fifth second all but so many are committed.
    let left = |more: u64| move |s: u64| 10_000 + more * (s / 5) + 1_000 * (s % 5);
    assert_eq!(sampled(14, left(0)).rising(at(14)), None);
    assert!(sampled(4, left(0)).may_grow(at(4)), "too early to tell");
    assert!(!sampled(14, left(0)).may_grow(at(14)));
    let rate = sampled(14, left(500)).rising(at(14)).unwrap();
    assert!((rate - 100.0).abs() < 1e-9, "{rate}");
    assert!(sampled(14, left(500)).may_grow(at(14)));
    assert_eq!(sampled(10, |s| 900 * s).rising(at(10)), None);
    assert_eq!(sampled(30, |s| 900 * s).rising(at(30)), None, "it grows");
}

#[test]
fn samples_are_spaced_bounded_and_forgotten() {
    let mut trend = Trend::default();
    (0..1_000_000).for_each(|millis| trend.sample(millis, Moment::from_millis(millis)));
    assert!(trend.0.len() <= SAMPLES);
    assert_eq!(trend.growth(at(2_000)), None);
}
