//! A backlog is read as fast as it can be, or as slowly as somebody takes it: that is not how it was written.

use super::*;

/// A backlog's batch with the records of these moments.
fn old(at_ms: &[i64]) -> ArrivedBatch {
    let stamp = |at: Option<&i64>| at.map(|at| WALL_MS + at);
    ArrivedBatch {
        live: false,
        bytes: 100 * at_ms.len() as u64,
        ..live(
            at_ms.len() as u32,
            stamp(at_ms.first()),
            stamp(at_ms.last()),
        )
    }
}

/// A model that reads these records as a backlog from ten minutes after the last of them on, so many a batch, a batch
/// each `pause`; and the moment after.
fn behind(at_ms: &[i64], batch: usize, pause: Duration) -> (Arrivals, Moment) {
    let mut model = arrivals();
    let mut now = START + Duration::from_millis(at_ms[at_ms.len() - 1] as u64) + seconds(600.0);
    for records in at_ms.chunks(batch) {
        model.batch(old(records), now);
        now = now + pause;
    }
    (model, now)
}

/// What the log's tail says now.
fn told(model: &mut Arrivals, at_ms: &[i64], now: Moment) {
    let stamps = at_ms.iter().map(|at| WALL_MS + at);
    model.history(stamps, true, Duration::ZERO, now);
}

#[test]
fn a_backlog_tells_no_gap_in_whatever_pieces_it_comes() {
    for at_ms in [bursts(40), periodic(1_000, 300)] {
        for batch in [1, 3, 60, 400] {
            for pause in [0.0, 0.1, 3.0] {
                let (model, now) = behind(&at_ms, batch, seconds(pause));
                assert_eq!(model.rhythm(seconds(1.0), now), None, "{batch}, {pause}");
                assert_eq!(model.record_bytes(), Some(100.0));
                let since_ms = WALL_MS + at_ms[at_ms.len() - 1];
                let silence = model.silence(now).unwrap();
                assert_eq!(model.wall.millis_before(now, silence), since_ms);
            }
        }
    }
}

#[test]
fn the_log_tells_the_rhythm_though_the_backlog_was_read_before_it() {
    for at_ms in [bursts(40), periodic(1_000, 300)] {
        let (known, _) = from_log(&at_ms);
        let (mut model, now) = behind(&at_ms, 60, seconds(3.0));
        told(&mut model, &at_ms, now);
        assert_eq!(
            model.rhythm(seconds(1.0), now),
            known.rhythm(seconds(1.0), now)
        );
    }
}

#[test]
fn partitions_that_are_read_from_different_places_make_no_gap() {
    let (mut model, now) = behind(&periodic(1_000, 10), 5, Duration::ZERO);
    model.batch(old(&[500_000, 501_000]), now);
    model.batch(old(&[10_000, 11_000]), now);
    assert_eq!(model.rhythm(seconds(1.0), now), None);
}

#[test]
fn a_backlog_between_two_arrivals_leaves_the_gap_unknown() {
    let (mut model, now) = from_log(&periodic(1_000, 30));
    let now = now + seconds(60.0);
    model.batch(old(&[40_000, 80_000]), now);
    for second in 0..3 {
        let at = model.wall.millis(now) + second * 1_000;
        let then = now + seconds(second as f64);
        model.batch(live(1, Some(at), Some(at)), then);
    }
    let rhythm = model.rhythm(seconds(1.0), now + seconds(2.0)).unwrap();
    assert_eq!((rhythm.gap_count, rhythm.longest), (31, seconds(1.0)));
}

#[test]
fn the_log_tells_what_was_before_the_first_record_that_came() {
    for seconds_apart in [1, 10] {
        let at_ms = periodic(1_000 * seconds_apart, 30);
        let (known, now) = from_log(&at_ms);
        let mut model = arrivals();
        let stamp = Some(WALL_MS + at_ms[29]);
        model.batch(live(1, stamp, stamp), now);
        told(&mut model, &at_ms, now);
        let (rhythm, whole) = [&model, &known]
            .map(|model| model.rhythm(seconds(1.0), now).unwrap())
            .into();
        // The gap before the record that was heard is left out.
        assert_eq!(rhythm.gap_count, whole.gap_count - 1);
        assert_eq!(
            (rhythm.median, rhythm.since_ms),
            (whole.median, whole.since_ms)
        );
        // Once is enough: the same tail again adds nothing.
        told(&mut model, &at_ms, now);
        assert_eq!(model.gap_count(), rhythm.gap_count);
    }
}
