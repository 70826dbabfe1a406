//! P(empty | T) of the model against closed forms, and against callers that are played.

use super::samples::{Dice, Shape};
use super::*;

/// A day of records whose rate by day is ten times that by night, and again.
fn daily(days: usize) -> Vec<f64> {
    let mut dice = Dice::new(3);
    let mut at = 0.0;
    let mut gaps = Vec::new();
    while at < days as f64 * 86_400.0 {
        let night = at % 86_400.0 < 28_800.0;
        let gap = dice.exponential(if night { 60.0 } else { 6.0 });
        gaps.push(gap);
        at += gap;
    }
    gaps
}

/// The arrivals of gaps in seconds, in milliseconds.
fn millis(gaps: &[f64]) -> Vec<i64> {
    let mut at = 0.0;
    let mut sum = |gap: &f64| {
        at += gap * 1e3;
        at as i64
    };
    gaps.iter().map(&mut sum).collect()
}

/// Share of empty calls of a caller who calls again as soon as it was answered.
fn in_a_row(at_ms: &[i64], timeout_ms: i64) -> f64 {
    let (mut now, mut calls, mut empties) = (at_ms[0], 0_u64, 0_u64);
    for &at in &at_ms[1..] {
        while at - now >= timeout_ms {
            now += timeout_ms;
            empties += 1;
            calls += 1;
        }
        // All records of the moment are taken.
        if at > now {
            calls += 1;
            now = at;
        }
    }
    empties as f64 / calls as f64
}

fn sample(shape: Shape, mean: f64, count: usize) -> Vec<f64> {
    let mut dice = Dice::new(11);
    (0..count).map(|_| mean * shape.draw(&mut dice)).collect()
}

/// A model of the newest of these, seen as they came, and the arrivals.
fn watched(gaps: &[f64]) -> (Arrivals, Vec<i64>) {
    let at_ms = millis(gaps);
    let mut model = arrivals();
    for &at in &at_ms {
        let now = START + Duration::from_millis(u64::try_from(at).unwrap());
        model.batch(live(1, None, None), now);
    }
    (model, at_ms)
}

#[test]
fn the_model_says_what_callers_meet() {
    for shape in [
        Shape::Periodic,
        Shape::Poisson,
        Shape::Bursty,
        Shape::Lognormal,
    ] {
        // Fewer than are halved, so that the model has all of them.
        let (model, at_ms) = watched(&sample(shape, 2.0, 2_000));
        for timeout_ms in [300, 1_000, 1_900, 4_000, 9_000] {
            let timeout = Duration::from_millis(timeout_ms);
            let timeout_ms = timeout_ms as i64;
            let said = model.p_empty(timeout).unwrap();
            let met = measured_p_empty(&at_ms, timeout_ms);
            assert!(
                (said - met).abs() < 0.01,
                "{shape:?}, {timeout:?}: {said}, met {met}"
            );
            // The model takes a burst for one answer; a quick caller gets it in several.
            let said = model.p_empty_in_a_row(timeout).unwrap();
            let met = in_a_row(&at_ms, timeout_ms);
            assert!(
                (said - met).abs() < 0.03 || shape == Shape::Bursty && said > met,
                "{shape:?}, {timeout:?} in a row: {said}, met {met}"
            );
        }
    }
}

#[test]
fn poisson_is_the_same_to_every_caller_and_a_metronome_is_not() {
    let (poisson, _) = watched(&sample(Shape::Poisson, 2.0, 2_000));
    for timeout in [0.5, 2.0, 6.0] {
        let closed = (-timeout / 2.0_f64).exp();
        close(poisson.p_empty(seconds(timeout)).unwrap(), closed, 0.025);
        close(
            poisson.p_empty_in_a_row(seconds(timeout)).unwrap(),
            closed,
            0.04,
        );
    }
    let (metronome, _) = from_log(&periodic(5_000, 50));
    close(
        metronome.p_empty_in_a_row(seconds(1.0)).unwrap(),
        5.0 / 6.0,
        1e-9,
    );
    close(
        metronome.p_empty_in_a_row(seconds(4.75)).unwrap(),
        0.5,
        1e-9,
    );
    assert_eq!(
        metronome.timeout_in_a_row(0.95),
        Some(Duration::from_millis(5_061))
    );
}

#[test]
fn the_timeouts_bring_both_callers_to_the_target() {
    for shape in [
        Shape::Periodic,
        Shape::Poisson,
        Shape::Bursty,
        Shape::Lognormal,
        Shape::Weibull,
    ] {
        let (model, at_ms) = watched(&sample(shape, 2.0, 2_000));
        for target in [0.8, 0.95] {
            let advised = model.timeout_for(target).unwrap().as_millis() as i64;
            let met = measured_p_empty(&at_ms, advised);
            assert!(
                (met - (1.0 - target)).abs() < 0.01,
                "{shape:?}: {met} at {advised} ms"
            );
            let advised = model.timeout_in_a_row(target).unwrap().as_millis() as i64;
            let met = in_a_row(&at_ms, advised);
            // Steps: the next shorter timeout would break it.
            assert!(
                met <= 1.0 - target + 0.005,
                "{shape:?}: {met} in a row at {advised} ms"
            );
        }
    }
}

#[test]
fn a_daily_rhythm_is_followed_as_it_changes() {
    let gaps = daily(2);
    let (model, at_ms) = watched(&gaps);
    // The second day ends: the model is one of the day, not of day and night together.
    let evening = at_ms.partition_point(|&at| at < at_ms[at_ms.len() - 1] - 6 * 3_600_000);
    for timeout_ms in [3_000, 6_000, 18_000] {
        let said = model.p_empty(Duration::from_millis(timeout_ms)).unwrap();
        let met = measured_p_empty(&at_ms[evening..], timeout_ms as i64);
        close(said, met, 0.02);
        close(said, (-(timeout_ms as f64) / 6e3).exp(), 0.03);
    }
    // And yet it knows how long the night's silences were.
    let rhythm = model
        .rhythm(seconds(1.0), START + seconds(172_800.0))
        .unwrap();
    assert!(rhythm.longest > seconds(180.0), "{:?}", rhythm.longest);
}

/// After how many new gaps the median is that of the new rhythm.
fn noticed(old: f64, new: f64) -> usize {
    let mut gaps = vec![old; 100];
    let noticed = (1..50).find(|_| {
        gaps.push(new);
        let (model, _) = watched(&gaps);
        let rhythm = model.rhythm(seconds(1.0), START).unwrap();
        (rhythm.median.as_secs_f64() - new).abs() < 0.01
    });
    noticed.unwrap()
}

#[test]
fn a_rhythm_that_changes_is_noticed_within_a_few_gaps() {
    assert_eq!(
        [noticed(0.5, 5.0), noticed(5.0, 0.5), noticed(1.0, 2.0)],
        [5, 4, 4]
    );
}

#[test]
fn a_rhythm_that_does_not_change_is_not_forgotten() {
    for shape in [
        Shape::Periodic,
        Shape::Poisson,
        Shape::Bursty,
        Shape::Lognormal,
        Shape::Weibull,
    ] {
        let (model, _) = watched(&sample(shape, 2.0, 20_000));
        let gaps = model.rhythm(seconds(1.0), START).unwrap().gap_count;
        assert!(gaps >= 300, "{shape:?}: only {gaps} gaps are left");
    }
}
