//! Rhythm and clocks.

use super::super::scene::fact;
use super::*;
use crate::core::outside::observation::observation;

/// Records every `gap` seconds, each committed within the second, `count` of them.
fn rhythm(watched: &mut Watched, gap: u64, count: u64) {
    for _ in 0..count {
        watched.logs[0].high += 1;
        watched.logs[0].committed = Some(watched.logs[0].high);
        watched.tick(gap);
    }
}

/// Timestamps of records that came every `gap` milliseconds, the last one just now.
fn history(watched: &Watched, gap: i64, count: i64, off_ms: i64) -> v1::History {
    let now = watched.evidence.wall().millis(watched.now);
    let arrivals = (0..count).rev().map(|back| {
        let millis = now - back * gap + off_ms;
        prost_types::Timestamp {
            seconds: millis.div_euclid(1_000),
            nanos: i32::try_from(millis.rem_euclid(1_000)).unwrap() * 1_000_000,
        }
    });
    v1::History {
        arrivals: arrivals.collect(),
        age: wire(0),
        ..Default::default()
    }
}

#[test]
fn a_topic_that_is_slower_than_the_timeout_is_told_by_its_log_at_once() {
    let mut watched = Watched::caught_up(1);
    let log = history(&watched, 5_000, 40, 0);
    watched.hear(Event::History(log));
    watched.tick(1);
    let told = (Code::ProducerSlowerThanTimeout, Severity::Note, true);
    assert_eq!(watched.verdict(), told);
    watched.timeout = Some(secs(6));
    assert_ne!(watched.code(), Code::ProducerSlowerThanTimeout);
    watched.timeout = None;
    assert_eq!(watched.code(), Code::CaughtUp, "nobody told the timeout");
    assert!(fact(&watched.judge(), "gap_median").is_some());
}

#[test]
fn a_slow_topic_stays_slow_while_its_reader_commits_every_five_seconds() {
    let mut watched = Watched::caught_up(1);
    let log = history(&watched, 5_000, 40, 0);
    watched.hear(Event::History(log));
    let mut seen = Vec::new();
    for second in 1..60 {
        if second % 5 == 0 {
            watched.logs[0].high += 1;
        }
        if second % 5 == 3 {
            watched.logs[0].committed = Some(watched.logs[0].high);
        }
        watched.tick(1);
        seen.push(watched.code());
    }
    let slow = |code: &Code| *code == Code::ProducerSlowerThanTimeout;
    assert!(seen.iter().all(slow), "{seen:?}");
}

#[test]
fn a_topic_whose_records_are_committed_as_they_come_flows() {
    let mut watched = Watched::caught_up(1);
    let log = history(&watched, 400, 40, 0);
    watched.hear(Event::History(log));
    rhythm(&mut watched, 1, 5);
    assert_eq!(watched.code(), Code::Flowing);
}

#[test]
fn a_producer_that_fell_silent_is_overdue() {
    let mut watched = Watched::caught_up(1);
    let log = history(&watched, 1_000, 100, 0);
    watched.hear(Event::History(log));
    watched.tick(14);
    assert_eq!(watched.verdict().0, Code::ProducerOverdue);
}

#[test]
fn timestamps_of_no_clock_leave_the_rhythm_to_how_the_log_grows() {
    for off_ms in [3 * 3_600_000, -2_000_000_000_000] {
        let mut watched = Watched::caught_up(1);
        let wrong = history(&watched, 5_000, 40, off_ms);
        let wrong = v1::History {
            timestamps_unusable: 40,
            arrivals: if off_ms < 0 {
                Vec::new()
            } else {
                wrong.arrivals
            },
            ..wrong
        };
        watched.hear(Event::History(wrong));
        watched.tick(1);
        rhythm(&mut watched, 5, 12);
        watched.tick(1);
        assert_eq!(watched.code(), Code::ProducerSlowerThanTimeout, "{off_ms}");
    }
}

#[test]
fn a_log_that_there_were_no_bytes_for_leaves_the_rhythm_to_how_it_grows() {
    for read_before in [false, true] {
        let mut watched = Watched::caught_up(1);
        if read_before {
            let log = history(&watched, 5_000, 40, 0);
            watched.hear(Event::History(log));
            watched.tick(1);
        }
        watched.hear(Event::History(v1::History {
            budget_spent: true,
            ..Default::default()
        }));
        watched.tick(1);
        let seen = observation("group", &[&watched.evidence], watched.now);
        assert_eq!(seen.history_unread, ["CAR-ORDER"]);
        let gaps = watched.evidence.arrivals().gap_count();
        rhythm(&mut watched, 5, 12);
        watched.tick(1);
        let learnt = watched.evidence.arrivals().gap_count() - gaps;
        assert!(learnt > 3, "{learnt} {read_before}");
    }
}

#[test]
fn topics_whose_unread_records_there_were_no_bytes_for_are_named() {
    let mut watched = Watched::caught_up(1);
    let named = |watched: &Watched| {
        let seen = observation("group", &[&watched.evidence], watched.now);
        seen.backlog_unread.concat()
    };
    assert_eq!(named(&watched), "");
    watched.group.backlog_budget_spent = true;
    watched.tick(1);
    assert_eq!(named(&watched), "CAR-ORDER");
}

/// A topic that keeps its records for so long, whose oldest unread record is 13 s old.
fn unread_with_retention(seconds: u64) -> Watched {
    let mut watched = Watched::caught_up(1);
    watched.pulse.settings = Some(v1::TopicSettings {
        retention: wire(seconds),
        ..Default::default()
    });
    watched.logs[0].high = 150;
    watched.tick(1);
    let seen = watched.read(0, 50);
    watched.hear(Event::Backlog(seen));
    watched.tick(1);
    watched
}

#[test]
fn records_that_expire_before_the_group_reads_them_are_told_beside_the_verdict() {
    let near = |watched: &Watched| watched.also().contains(&Code::RetentionNear);
    assert!(!near(&unread_with_retention(1_000)), "time enough");
    let mut watched = unread_with_retention(15);
    assert!(near(&watched), "13 s of 15 s are over, and one more");
    assert_ne!(watched.code(), Code::RetentionNear);
    watched.pulse.settings = None;
    watched.tick(1);
    assert!(!near(&watched), "the right to ask is missing");
    let mut watched = unread_with_retention(15);
    watched.logs[0].committed = Some(120);
    watched.tick(1);
    assert!(!near(&watched), "the oldest unread record is another");
}

#[test]
fn records_that_expire_count_where_the_commit_is_overdue_or_nobody_reads() {
    let sure = |watched: &Watched| {
        let judged = watched.judge();
        let mut also = judged.also.iter();
        also.any(|also| also.code() == Code::RetentionNear && also.confirmed)
    };
    let mut watched = unread_with_retention(15);
    watched.tick(8);
    assert!(!sure(&watched), "they may have been read");
    watched.tick(1);
    assert!(sure(&watched));
    let mut watched = unread_with_retention(15);
    (watched.group.state, watched.group.members_total) = ("Empty".into(), 0);
    watched.logs[0].owned = false;
    watched.tick(1);
    assert!(sure(&watched));
}
