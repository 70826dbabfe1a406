mod alarms;
mod backlog;
mod callers;
mod clocks;
mod daily;
mod samples;

use std::time::SystemTime;

use super::*;

const START: Moment = Moment::from_millis(7_200_000);
const WALL_MS: i64 = 1_700_000_000_000;

fn arrivals() -> Arrivals {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(WALL_MS as u64);
    Arrivals::new(Wall::new(START, time), START)
}

/// A model that has read these arrivals from the log, and the moment after the last of them.
fn from_log(at_ms: &[i64]) -> (Arrivals, Moment) {
    let mut model = arrivals();
    let last = at_ms.last().copied().unwrap_or_default();
    let now = START + Duration::from_millis(u64::try_from(last).unwrap());
    model.history(
        at_ms.iter().map(|at| WALL_MS + at),
        true,
        Duration::ZERO,
        now,
    );
    (model, now)
}

/// Share of gathers with this timeout that meet no arrival, by trying many moments.
fn measured_p_empty(at_ms: &[i64], timeout_ms: i64) -> f64 {
    let (first, last) = (at_ms[0], at_ms[at_ms.len() - 1] - timeout_ms);
    let tries = 100_000;
    let empty = (0..tries).filter(|i| {
        let start = first + (last - first) * i / tries;
        let next = at_ms.partition_point(|&at| at < start);
        at_ms[next] > start + timeout_ms
    });
    empty.count() as f64 / tries as f64
}

fn close(got: f64, expected: f64, within: f64) {
    assert!(
        (got - expected).abs() <= within,
        "{got} is not {expected} ± {within}"
    );
}

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn periodic(gap_ms: i64, count: i64) -> Vec<i64> {
    (0..count).map(|i| i * gap_ms).collect()
}

/// A Poisson process, by inversion from a fixed sequence of pseudo-random numbers.
fn poisson(mean_ms: f64, count: usize) -> Vec<i64> {
    let mut state = 42_u64;
    let mut at = 0.0;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let uniform = ((state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
        at -= mean_ms * uniform.ln();
        at as i64
    };
    (0..count).map(|_| next()).collect()
}

/// Ten records within 20 ms, every five seconds.
fn bursts(count: i64) -> Vec<i64> {
    (0..count)
        .flat_map(|i| (0..10).map(move |j| i * 5_000 + j * 2))
        .collect()
}

#[test]
fn a_periodic_topic_is_empty_for_the_rest_of_its_gap() {
    let (model, now) = from_log(&periodic(5_000, 50));
    let rhythm = model.rhythm(seconds(1.0), now).unwrap();
    close(rhythm.p_empty, 0.8, 1e-9);
    assert_eq!(
        (rhythm.gap_count, rhythm.median, rhythm.usual),
        (49, seconds(5.0), seconds(5.0))
    );
    assert_eq!(model.timeout_for(0.95), Some(Duration::from_millis(4_750)));
    assert_eq!(model.p_empty(seconds(5.0)), Some(0.0));
}

#[test]
fn a_poisson_topic_forgets_how_long_it_has_been_silent() {
    let at_ms = poisson(2_000.0, 20_000);
    let (model, _) = from_log(&at_ms);
    for timeout in [0.5, 1.0, 4.0] {
        close(
            model.p_empty(seconds(timeout)).unwrap(),
            (-timeout / 2.0).exp(),
            0.02,
        );
    }
    // P(empty | T) = 5 % at T = 2 s × ln 20.
    let advised = model.timeout_for(0.95).unwrap().as_secs_f64();
    close(advised, 2.0 * 20.0_f64.ln(), 0.2);
}

#[test]
fn a_burst_is_one_arrival() {
    let at_ms = bursts(40);
    let (model, now) = from_log(&at_ms);
    let rhythm = model.rhythm(seconds(1.0), now).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.median), (39, seconds(4.982)));
    close(rhythm.p_empty, measured_p_empty(&at_ms, 1_000), 0.01);
}

#[test]
fn the_advised_timeout_brings_the_measured_share_of_empty_gathers_to_the_target() {
    for at_ms in [
        periodic(5_000, 200),
        poisson(2_000.0, 20_000),
        bursts(200),
        periodic(500, 1_000),
    ] {
        let (model, _) = from_log(&at_ms);
        let advised = model.timeout_for(0.95).unwrap();
        let measured = measured_p_empty(&at_ms, i64::try_from(advised.as_millis()).unwrap());
        close(measured, 0.05, 0.01);
    }
}

#[test]
fn a_random_moment_meets_long_gaps_more_often_than_short_ones() {
    // Four gaps of 1 s, then one of 16 s: four of five gaps are short, and a moment is mostly in the long one.
    let at_ms: Vec<i64> = (0..50)
        .flat_map(|i| (0..5).map(move |j| i * 20_000 + j * 1_000))
        .collect();
    let (model, now) = from_log(&at_ms);
    let rhythm = model.rhythm(seconds(2.0), now).unwrap();
    assert_eq!((rhythm.median, rhythm.usual), (seconds(1.0), seconds(16.0)));
    close(rhythm.p_empty, measured_p_empty(&at_ms, 2_000), 0.01);
}

#[test]
fn no_gap_is_no_model_and_one_gap_is_one() {
    let (model, now) = from_log(&[1_000]);
    assert_eq!(
        (model.rhythm(seconds(1.0), now), model.timeout_for(0.95)),
        (None, None)
    );
    let (model, now) = from_log(&[1_000, 6_000]);
    assert_eq!(model.rhythm(seconds(1.0), now).unwrap().gap_count, 1);
}

#[test]
fn the_roll_answers_with_the_product_of_its_topics() {
    let (five, _) = from_log(&periodic(5_000, 10));
    let (two, _) = from_log(&periodic(2_000, 10));
    close(
        p_all_answer([&five, &two], seconds(1.0)).unwrap(),
        0.2 * 0.5,
        1e-9,
    );
    assert_eq!(p_all_answer([&five, &arrivals()], seconds(1.0)), None);
    assert_eq!(p_all_answer([], seconds(1.0)), Some(1.0));
}

#[test]
fn timestamps_that_no_clock_wrote_are_left_out_of_the_history() {
    let (model, now) = from_log(&[0, -WALL_MS, -WALL_MS - 1, 9_000_000, 1_000, 2_000]);
    let rhythm = model.rhythm(seconds(1.0), now).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.longest), (2, seconds(1.0)));
}

fn live(records: u32, first_ms: Option<i64>, last_ms: Option<i64>) -> ArrivedBatch {
    ArrivedBatch {
        records,
        bytes: 0,
        first_ms,
        last_ms,
        live: true,
    }
}

#[test]
fn a_live_batch_without_a_usable_timestamp_arrives_when_it_comes() {
    let mut model = arrivals();
    for (i, stamp) in [
        None,
        Some(0),
        Some(-1),
        Some(i64::MAX),
        Some(WALL_MS - 7_200_000),
    ]
    .into_iter()
    .enumerate()
    {
        model.batch(
            live(1, stamp, stamp),
            START + seconds(3.0 * (i as f64 + 1.0)),
        );
    }
    let rhythm = model.rhythm(seconds(1.0), START + seconds(15.0)).unwrap();
    assert_eq!(
        (rhythm.gap_count, rhythm.median, rhythm.silence),
        (4, seconds(3.0), Duration::ZERO)
    );
}

/// Moments about a second apart, in milliseconds; one of eight comes up to half a second late, and the next as usual.
fn about_a_second(count: i64, seed: i64) -> Vec<i64> {
    let jitter = |i: i64| (i * 7_919 + seed * 104_729) % 97;
    let late = |i: i64| if (i + seed) % 8 == 0 { 5 } else { 1 };
    (0..count)
        .map(|i| i * 1_000 + late(i) * jitter(i))
        .collect()
}

/// What came of `at_ms`, record by record, whether or not the reader was known to be at the end.
fn one_by_one(at_ms: &[i64], is_live: impl Fn(usize) -> bool) -> Arrivals {
    let mut model = arrivals();
    for (i, at) in at_ms.iter().enumerate() {
        let stamp = Some(WALL_MS + at);
        let batch = ArrivedBatch {
            live: is_live(i),
            ..live(1, stamp, stamp)
        };
        let now = START + Duration::from_millis(u64::try_from(*at).unwrap() + 5);
        model.batch(batch, now);
    }
    model
}

#[test]
fn of_forty_records_about_a_second_apart_every_gap_is_counted() {
    for seed in 0..100 {
        let at_ms = about_a_second(40, seed);
        let ways: [fn(usize) -> bool; 3] = [|_| true, |_| false, |i| i % 3 != 0];
        for is_live in ways {
            assert_eq!(one_by_one(&at_ms, is_live).gap_count(), 39, "{seed}");
        }
        assert_eq!(from_log(&at_ms).0.gap_count(), 39, "{seed}");
    }
}

#[test]
fn after_a_burst_at_the_start_the_steady_rhythm_is_what_counts_and_the_burst_is_remembered() {
    // 31 records within 2 s, written at once by whoever began; then one every ten seconds.
    let burst = (0..31).map(|i| i * 60);
    let at_ms: Vec<i64> = burst.chain((1..10).map(|i| 1_800 + i * 10_000)).collect();
    let model = one_by_one(&at_ms, |i| i > 30);
    let rhythm = model.rhythm(seconds(1.0), START + seconds(92.0)).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.median), (9, seconds(10.0)));
    assert_eq!(rhythm.known_gaps, 39);
}

#[test]
fn a_redelivered_batch_adds_nothing() {
    let (mut model, now) = from_log(&periodic(1_000, 30));
    let before = model.rhythm(seconds(1.0), now);
    let again = ArrivedBatch {
        live: false,
        ..live(5, Some(WALL_MS + 20_000), Some(WALL_MS + 25_000))
    };
    model.batch(again, now);
    assert_eq!(model.rhythm(seconds(1.0), now), before);
}

#[test]
fn an_old_rhythm_is_forgotten_and_memory_is_bounded() {
    let mut model = arrivals();
    let mut now = START;
    for (gap, count) in [(60.0, 100), (1.0, 2_000), (1.0, 2_000)] {
        for _ in 0..count {
            now = now + seconds(gap);
            let at = model.wall.millis(now);
            model.batch(live(1, Some(at), Some(at)), now);
        }
    }
    let rhythm = model.rhythm(seconds(1.0), now).unwrap();
    assert_eq!(
        (rhythm.p95, rhythm.longest, rhythm.source),
        (seconds(1.0), seconds(60.0), Source::ArrivalModel)
    );
    assert!(rhythm.gap_count < 4_100, "{}", rhythm.gap_count);
    assert!(model.bytes() < 2_000, "{} bytes", model.bytes());
}

#[test]
fn a_silence_is_ranked_among_the_gaps() {
    let (model, now) = from_log(&[0, 1_000, 2_000, 3_000, 13_000]);
    close(
        model
            .rhythm(seconds(1.0), now + seconds(5.0))
            .unwrap()
            .silence_rank,
        0.75,
        1e-9,
    );
    close(
        model
            .rhythm(seconds(1.0), now + seconds(11.0))
            .unwrap()
            .silence_rank,
        1.0,
        1e-9,
    );
}

#[test]
fn what_an_arrival_brings_is_forgotten_with_the_rhythm() {
    let mut model = arrivals();
    let mut now = START;
    let mut come = |model: &mut Arrivals, gap: f64, records: u32, times: usize| {
        for _ in 0..times {
            now = now + seconds(gap);
            let batch = ArrivedBatch {
                records,
                bytes: u64::from(records) * 100,
                first_ms: None,
                last_ms: None,
                live: true,
            };
            model.batch(batch, now);
        }
    };
    come(&mut model, 1.0, 1_000, 500);
    come(&mut model, 60.0, 1, 60);
    let rate = model.records_rate().unwrap();
    assert!(rate < 1.0, "{rate} records/s of a record a minute");
    close(model.record_bytes().unwrap(), 100.0, 1.0);
}
