use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, VerdictCode as Code, fact::Value};

use super::check;
use super::scene::{FEED, Scene, claim, fact, open, secs, wire};
use crate::core::evidence::{OperatorWords, TopicEvidence};

/// The same topic, with an operator's words.
fn say(scene: &mut Scene, words: OperatorWords) {
    let topic = scene.evidence.topic().clone();
    let started = scene.evidence.started();
    let wall = scene.evidence.wall().time(started);
    scene.evidence = TopicEvidence::new(topic, words, started, wall);
    scene.evidence.feed_opened(FEED, &open(), scene.now);
    for partition in 0..scene.logs.len() {
        scene.claim(&claim(partition as i32, 100));
    }
    scene.tick(1);
}

#[test]
fn a_producer_slower_than_the_timeout_is_told_apart_by_its_gaps() {
    let mut scene = Scene::caught_up(1);
    scene.rhythm(5_000, 10);
    check(
        "every 5 s, T 1 s",
        &scene,
        (Code::ProducerSlowerThanTimeout, Severity::Note, true),
    );
    let judgement = scene.judge();
    let Some(Value::Ratio(p_empty)) =
        fact(&judgement, "p_empty").and_then(|fact| fact.value.clone())
    else {
        panic!("no p_empty in {judgement:#?}");
    };
    assert!((p_empty - 0.8).abs() < 0.001, "{p_empty}");
    // Nine gaps are too few to advise anything: eleven more take 55 s.
    assert_eq!(judgement.verdict.advice.len(), 1);
    let watch = fact(&judgement, "advice_in").and_then(|fact| fact.value.clone());
    let Some(Value::Duration(watch)) = watch else {
        panic!("how long to watch is missing in {judgement:#?}");
    };
    assert_eq!(watch.seconds, 55);
    scene.rhythm(5_000, 11);
    let judgement = scene.judge();
    assert!(fact(&judgement, "advice_in").is_none());
    let advice = &judgement.verdict.advice[1];
    assert_eq!(advice.code(), AdviceCode::RaiseTimeout);
    assert_eq!(
        advice.numbers[0].value,
        Some(Value::Duration(prost_types::Duration {
            seconds: 4,
            nanos: 750_000_000
        }))
    );
    scene.timeout = secs(5);
    check("T 5 s", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn history_from_the_log_is_enough_in_the_first_second() {
    let mut scene = Scene::caught_up(1);
    let now_ms = scene.evidence.wall().millis(scene.now);
    let arrivals = (0..100).rev().map(|i| now_ms - 2_000 * i - 1_500);
    let arrivals = arrivals.map(|ms| prost_types::Timestamp {
        seconds: ms / 1_000,
        nanos: ((ms % 1_000) * 1_000_000) as i32,
    });
    scene.evidence.history(
        FEED,
        &v1::History {
            arrivals: arrivals.collect(),
            age: wire(0),
            ..Default::default()
        },
        scene.now,
    );
    check(
        "every 2 s",
        &scene,
        (Code::ProducerSlowerThanTimeout, Severity::Note, true),
    );
    assert_eq!(
        fact(&scene.judge(), "gap_count").unwrap().source(),
        v1::Source::Log
    );
}

/// Records every half second, `count` of them, and then silence.
fn fallen_silent(count: u64, silence: u64) -> Scene {
    let mut scene = Scene::caught_up(1);
    scene.rhythm(500, count);
    // The last gap of the rhythm is part of the silence.
    scene.silence(silence - 500);
    scene.pulse();
    scene.probe();
    scene
}

#[test]
fn a_producer_is_overdue_beyond_three_times_its_longest_gap_and_two_seconds() {
    check(
        "2 s",
        &fallen_silent(40, 2_000),
        (Code::CaughtUp, Severity::Ok, true),
    );
    check(
        "2.1 s",
        &fallen_silent(40, 2_100),
        (Code::ProducerOverdue, Severity::Warn, true),
    );
    check(
        "20 gaps",
        &fallen_silent(21, 14_000),
        (Code::ProducerOverdue, Severity::Warn, true),
    );
    check(
        "19 gaps",
        &fallen_silent(20, 14_000),
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn a_producer_is_overdue_only_by_an_end_that_was_measured_when_it_was() {
    let mut scene = fallen_silent(40, 1_900);
    scene.silence(200);
    check(
        "measured 0.2 s ago, overdue for 0.1 s",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.silence(100);
    check(
        "overdue for 0.2 s",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.probe();
    check(
        "measured now",
        &scene,
        (Code::ProducerOverdue, Severity::Warn, true),
    );
}

/// A history of `count` records, one every half second, the last one so long ago.
fn history(scene: &Scene, count: i64, last_ms: i64) -> v1::History {
    let now_ms = scene.evidence.wall().millis(scene.now);
    let arrivals = (0..count).rev().map(|i| now_ms - 500 * i - last_ms);
    let arrivals = arrivals.map(|ms| prost_types::Timestamp {
        seconds: ms / 1_000,
        nanos: ((ms % 1_000) * 1_000_000) as i32,
    });
    v1::History {
        arrivals: arrivals.collect(),
        age: wire(0),
        ..Default::default()
    }
}

#[test]
fn a_log_that_seems_hours_old_is_believed_once_records_would_have_come() {
    let mut scene = Scene::caught_up(1);
    let hours_old = history(&scene, 100, 7_200_000);
    scene.evidence.history(FEED, &hours_old, scene.now);
    scene.silence(400);
    check("0.4 s", &scene, (Code::CaughtUp, Severity::Ok, true));
    let clock_is_off = {
        let mut scene = Scene::caught_up(1);
        scene.evidence.history(FEED, &hours_old, scene.now);
        scene.silence(400);
        scene.arrive(0);
        scene.tick(1);
        scene
    };
    check(
        "a record came",
        &clock_is_off,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.silence(200);
    check(
        "0.6 s",
        &scene,
        (Code::ProducerOverdue, Severity::Warn, true),
    );
}

#[test]
fn a_topic_that_was_silent_at_this_hour_yesterday_is_not_overdue() {
    for (records_by_day, code) in [
        ([7_200; 5], Code::ProducerOverdue),
        ([7_200, 7_200, 0, 7_200, 7_200], Code::CaughtUp),
        ([7_200, 0, 0, 0, 7_200], Code::CaughtUp),
    ] {
        let mut scene = Scene::caught_up(1);
        let mut younger = 0;
        let rates = (22..=26).zip(records_by_day).map(|(age, records)| {
            younger += records;
            v1::RateSample {
                younger_than: wire(age * 3_600),
                records: younger,
            }
        });
        let history = v1::History {
            rates: rates.collect(),
            records: Some(1_000_000),
            ..history(&scene, 100, 200)
        };
        scene.evidence.history(FEED, &history, scene.now);
        scene.tick(14);
        let severity = if code == Code::ProducerOverdue {
            Severity::Warn
        } else {
            Severity::Ok
        };
        check(
            &format!("{records_by_day:?}"),
            &scene,
            (code, severity, true),
        );
    }
}

#[test]
fn three_times_the_longest_gap_is_the_threshold_of_a_slow_topic() {
    for (silence, code) in [
        (15_000, Code::ProducerSlowerThanTimeout),
        (15_001, Code::ProducerOverdue),
    ] {
        let mut scene = Scene::caught_up(1);
        scene.rhythm(5_000, 30);
        for _ in 0..(silence - 5_000) / 1_000 {
            scene.tick(1);
        }
        scene.silence((silence - 5_000) % 1_000);
        scene.probe();
        assert_eq!(scene.judge().verdict.code(), code, "{silence} ms");
    }
}

#[test]
fn the_operators_word_about_silence_wins() {
    let mut scene = Scene::caught_up(1);
    say(
        &mut scene,
        OperatorWords {
            max_silence: Some(secs(900)),
            ..Default::default()
        },
    );
    scene.rhythm(500, 40);
    scene.tick(899);
    check(
        "15 min allowed",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
    scene.tick(1);
    check(
        "more",
        &scene,
        (Code::ProducerOverdue, Severity::Warn, true),
    );
}

#[test]
fn a_silent_topic_with_unread_records_is_not_overdue() {
    let mut scene = fallen_silent(40, 14_000);
    scene.lease(0, 5, 3);
    check(
        "leased",
        &scene,
        (Code::WaitingForAck, Severity::Warn, true),
    );
}

fn empty(start: i64) -> Scene {
    let mut scene = Scene::caught_up(2);
    for log in &mut scene.logs {
        (log.start, log.high, log.next, log.committed) = (start, start, Some(start), None);
    }
    scene.claim(&claim(0, start));
    scene.claim(&claim(1, start));
    scene.tick(5);
    scene
}

#[test]
fn an_empty_log_was_never_written_or_is_purged() {
    for (start, never) in [(0, true), (100, false)] {
        let scene = empty(start);
        check("empty", &scene, (Code::TopicEmpty, Severity::Note, true));
        assert_eq!(
            fact(&scene.judge(), "never_written").unwrap().value,
            Some(Value::Flag(never))
        );
    }
}

#[test]
fn one_empty_partition_makes_no_empty_topic() {
    let mut scene = Scene::caught_up(2);
    (scene.logs[1].high, scene.logs[1].next) = (0, Some(0));
    scene.claim(&claim(1, 0));
    scene.tick(5);
    check("one of two", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_topic_that_is_expected_to_be_empty_is_ok_when_it_is_and_when_it_is_silent() {
    let mut scene = empty(0);
    let words = OperatorWords {
        expect_empty: true,
        ..Default::default()
    };
    say(&mut scene, words.clone());
    scene.claim(&claim(0, 0));
    scene.claim(&claim(1, 0));
    scene.tick(1);
    check("empty", &scene, (Code::TopicEmpty, Severity::Ok, true));
    let mut scene = Scene::caught_up(1);
    say(&mut scene, words);
    scene.rhythm(500, 40);
    scene.tick(30);
    check("silent", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_muted_verdict_is_said_with_severity_ok_unless_another_one_explains_the_slot() {
    let mut scene = Scene::caught_up(1);
    say(
        &mut scene,
        OperatorWords {
            mute: [Code::StuckWithLag, Code::ProducerOverdue].into(),
            ..Default::default()
        },
    );
    scene.logs[0].high = 101;
    scene.tick(15);
    check(
        "no other explanation",
        &scene,
        (Code::StuckWithLag, Severity::Ok, true),
    );
    assert!(fact(&scene.judge(), "muted").is_some());
    scene.logs[0].high = 100;
    scene.rhythm(500, 40);
    scene.silence(9_500);
    scene.pulse();
    scene.probe();
    check(
        "caught up explains it",
        &scene,
        (Code::CaughtUp, Severity::Ok, true),
    );
}

#[test]
fn a_start_at_the_end_by_policy_says_what_it_skipped_until_a_record_comes() {
    let mut scene = Scene::caught_up(1);
    scene.claim(&v1::Claim {
        started_from: v1::StartedFrom::PolicyLatest.into(),
        lost: Some(v1::OffsetRange {
            first_offset: 0,
            next_offset: 100,
        }),
        ..claim(0, 100)
    });
    scene.tick(2);
    check(
        "nothing delivered",
        &scene,
        (Code::SkippedToEnd, Severity::Note, true),
    );
    scene.arrive(0);
    scene.tick(3);
    check("delivered", &scene, (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_start_at_the_end_of_an_empty_log_skipped_nothing() {
    let mut scene = empty(0);
    scene.claim(&v1::Claim {
        started_from: v1::StartedFrom::PolicyLatest.into(),
        ..claim(0, 0)
    });
    scene.tick(2);
    check(
        "nothing to skip",
        &scene,
        (Code::TopicEmpty, Severity::Note, true),
    );
}

#[test]
fn timestamps_of_no_clock_do_not_disturb_the_rhythm() {
    let mut scene = Scene::caught_up(1);
    for at in [0, -1, i64::MAX, i64::MIN, 1] {
        scene.silence(5_000);
        let log = &mut scene.logs[0];
        log.high += 1;
        (log.next, log.committed) = (Some(log.high), Some(log.high));
        let batch = super::scene::batch(0, log.high - 1, log.high, at);
        scene
            .evidence
            .batch(rollcall_proto::ids::Partition(0), &batch, scene.now);
        let high = rollcall_proto::ids::Offset::known(scene.logs[0].high).unwrap();
        scene.book(0).received = high;
        scene.pulse();
        scene.probe();
    }
    check(
        "every 5 s",
        &scene,
        (Code::ProducerSlowerThanTimeout, Severity::Note, true),
    );
    let longest = fact(&scene.judge(), "gap_longest").unwrap().value.clone();
    assert_eq!(
        longest,
        Some(Value::Duration(prost_types::Duration {
            seconds: 5,
            nanos: 0
        }))
    );
    assert_eq!(
        scene.evidence.arrivals().silence(scene.now),
        Some(Duration::ZERO)
    );
}
