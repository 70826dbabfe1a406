//! Timestamps that are worth nothing, and clocks that are off.

use super::*;

/// Twenty records, one every two seconds, each with a timestamp that is off by this much.
fn off_by(off_ms: i64) -> Rhythm {
    let mut model = arrivals();
    for i in 1..=20 {
        let now = START + seconds(2.0 * f64::from(i));
        let stamp = model.wall.millis(now) + off_ms;
        model.batch(live(1, Some(stamp), Some(stamp)), now);
    }
    model.rhythm(seconds(1.0), START + seconds(41.0)).unwrap()
}

#[test]
fn a_clock_that_is_hours_off_leaves_the_rhythm_of_the_coming_and_says_so() {
    let hours = 3 * 3_600_000;
    for (off_ms, stamps) in [
        (-40, Stamps::Usable),
        (hours, Stamps::Ahead(seconds(10_800.0))),
        (-hours, Stamps::Behind(seconds(10_800.0))),
        (i64::MIN / 2, Stamps::Missing),
        (-WALL_MS, Stamps::Missing),
    ] {
        let rhythm = off_by(off_ms);
        assert_eq!(rhythm.stamps, stamps);
        assert_eq!(
            (rhythm.gap_count, rhythm.median, rhythm.silence),
            (19, seconds(2.0), seconds(1.0))
        );
    }
}

#[test]
fn a_log_from_the_future_is_no_history_and_says_so() {
    let mut model = arrivals();
    let future = (0..50).map(|i| WALL_MS + 7_200_000 + i * 1_000);
    model.history(future, true, Duration::ZERO, START);
    assert_eq!(
        (model.stamps(), model.silence(START)),
        (Stamps::Ahead(seconds(7_249.0)), None)
    );
    assert_eq!(model.rhythm(seconds(1.0), START), None);
    // Counters that were written as timestamps are no time.
    let mut model = arrivals();
    model.history(1..=99, true, Duration::ZERO, START);
    assert_eq!(model.stamps(), Stamps::Missing);
    assert_eq!(model.rhythm(seconds(1.0), START), None);
    // What its reader left out is said as well.
    let mut model = arrivals();
    let history = v1::History {
        timestamps_unusable: 100,
        rates: vec![v1::RateSample::default()],
        ..Default::default()
    };
    model.hours(&history, Duration::ZERO, START);
    assert_eq!(model.stamps(), Stamps::Missing);
}

#[test]
fn the_first_record_that_comes_ends_a_gap_by_its_timestamp_or_by_nothing() {
    // This machine's clock is two hours ahead: the last record of the log seems two hours old.
    for (stamp_ms, gaps) in [(1_000, 100), (-7_200_000 + 1_000, 99)] {
        let mut model = arrivals();
        let last_ms = WALL_MS + stamp_ms - 1_000;
        model.history(
            (0..100).map(|i| last_ms - 99_000 + i * 1_000),
            true,
            Duration::ZERO,
            START,
        );
        let stamp = Some(WALL_MS + stamp_ms);
        model.batch(live(1, stamp, stamp), START + seconds(1.0));
        let rhythm = model.rhythm(seconds(1.0), START + seconds(1.5)).unwrap();
        assert_eq!(
            (rhythm.gap_count, rhythm.longest, rhythm.silence),
            (gaps, seconds(1.0), seconds(0.5))
        );
    }
}

#[test]
fn a_transaction_comes_in_one_whatever_its_timestamps_say() {
    let mut model = arrivals();
    for i in 1..=30 {
        let now = START + seconds(10.0 * f64::from(i));
        let commit = model.wall.millis(now);
        model.batch(live(100, Some(commit - 9_900), Some(commit)), now);
    }
    let rhythm = model.rhythm(seconds(1.0), START + seconds(301.0)).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.median), (29, seconds(10.0)));
    close(rhythm.records_rate, 10.0, 0.5);
}

#[test]
fn an_end_that_moves_is_an_arrival_where_nothing_else_tells() {
    let second = |second: f64| START + seconds(second);
    let mut model = arrivals();
    model.history([WALL_MS + 3_600_000], true, Duration::ZERO, START);
    for i in 1..=10 {
        let at = 5.0 * f64::from(i);
        model.moved(second(at - 1.0), second(at));
    }
    let rhythm = model.rhythm(seconds(1.0), second(52.0)).unwrap();
    assert_eq!(
        (rhythm.gap_count, rhythm.median, rhythm.silence),
        (9, seconds(5.0), seconds(2.0))
    );
}

#[test]
fn an_end_that_moves_ends_a_silence_that_the_log_told_of() {
    let (mut model, now) = from_log(&periodic(1_000, 30));
    let later = now + seconds(100.0);
    assert_eq!(model.silence(later), Some(seconds(100.0)));
    model.moved(now + seconds(90.0), now + seconds(91.0));
    assert_eq!(model.silence(later), Some(seconds(9.0)));
    // Now the log says when it was.
    model.history([WALL_MS + 29_000 + 90_400], true, Duration::ZERO, later);
    assert_eq!(model.silence(later), Some(seconds(9.6)));
}

#[test]
fn a_row_that_does_not_reach_back_leaves_a_gap_unknown() {
    let (mut model, now) = from_log(&periodic(1_000, 30));
    let later = now + seconds(1_000.0);
    let row = |from: i64| (0..10).map(move |i| WALL_MS + from + i * 1_000);
    model.history(row(900_000), false, Duration::ZERO, later);
    let rhythm = model.rhythm(seconds(1.0), later).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.longest), (38, seconds(1.0)));
    model.history(row(905_000), false, Duration::ZERO, later);
    assert_eq!(model.rhythm(seconds(1.0), later).unwrap().gap_count, 43);
}
