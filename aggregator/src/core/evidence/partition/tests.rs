use std::time::Duration;

use super::*;

const READ_ALL: Option<Isolation> = Some(Isolation::ReadUncommitted);

fn at(seconds: u64) -> Moment {
    Moment::from_millis(seconds * 1_000)
}

fn probed(high: i64, next: i64) -> v1::ProbedPartition {
    v1::ProbedPartition {
        high_watermark: Some(high),
        next_offset: Some(next),
        leader: Some(1),
        ..Default::default()
    }
}

fn offset(raw: i64) -> Offset {
    Offset::known(raw).unwrap()
}

#[test]
fn probes_that_agree_make_a_streak_and_any_movement_ends_it() {
    let mut seen = Seen::default();
    for second in 1..=3 {
        seen.probed(&probed(10, 5), READ_ALL, at(second), at(second));
    }
    let streak = seen.behind.unwrap();
    assert_eq!(
        (streak.since, streak.rounds, streak.length()),
        (at(1), 3, Duration::from_secs(2))
    );
    seen.probed(&probed(10, 6), READ_ALL, at(4), at(4));
    assert_eq!(seen.behind.unwrap().rounds, 1);
    seen.probed(&probed(10, 10), READ_ALL, at(5), at(5));
    assert_eq!(seen.behind, None);
}

#[test]
fn a_probe_that_failed_ends_a_streak_and_remembers_since_when() {
    let mut seen = Seen::default();
    seen.probed(&probed(10, 5), READ_ALL, at(1), at(1));
    seen.probe_failed("timed out", v1::ErrorKind::TimedOut, at(2));
    seen.probe_failed("timed out again", v1::ErrorKind::TimedOut, at(3));
    let failure = seen.probe_failure.clone().unwrap();
    assert_eq!(
        (seen.behind, failure.since, failure.at),
        (None, at(2), at(3))
    );
    seen.probed(&probed(10, 5), READ_ALL, at(4), at(4));
    assert_eq!(seen.probe_failure, None);
}

#[test]
fn an_older_position_does_not_overwrite_a_newer_one() {
    let mut seen = Seen::default();
    seen.batch(offset(20), at(10));
    seen.probed(&probed(20, 15), READ_ALL, at(9), at(9));
    assert_eq!(seen.position.unwrap().value, offset(20));
    seen.batch(offset(12), at(11));
    assert_eq!(seen.position.unwrap().value, offset(20));
}

#[test]
fn a_pulse_says_when_the_position_last_moved() {
    let mut seen = Seen::default();
    let age = Some(prost_types::Duration {
        seconds: 7,
        nanos: 0,
    });
    seen.pulse(
        &v1::PartitionPulse {
            next_offset: Some(5),
            next_offset_age: age,
            ..Default::default()
        },
        false,
        at(10),
    );
    assert_eq!(seen.moved, Some(at(3)));
}

#[test]
fn a_new_claim_forgets_the_old_position_and_keeps_the_log() {
    let mut seen = Seen::default();
    seen.probed(&probed(10, 5), READ_ALL, at(1), at(1));
    seen.restart(at(2));
    assert_eq!(
        (seen.position, seen.behind, seen.moved),
        (None, None, Some(at(2)))
    );
    assert_eq!(seen.ends.unwrap().high, offset(10));
    assert!(!seen.at_end(READ_ALL));
}

#[test]
fn a_dead_leader_stays_dead_until_one_is_up() {
    let mut seen = Seen::default();
    let pulse = |leader: Option<i32>, up| v1::PartitionPulse {
        leader,
        leader_up: up,
        ..Default::default()
    };
    seen.pulse(&pulse(Some(2), false), false, at(1));
    seen.pulse(&pulse(None, false), false, at(11));
    assert_eq!(seen.leader.down, Some(at(1)));
    seen.pulse(&pulse(Some(3), true), false, at(12));
    assert_eq!(seen.leader.down, None);
}

#[test]
fn a_high_watermark_that_is_unknown_is_a_failed_probe() {
    let mut seen = Seen::default();
    seen.probed(
        &v1::ProbedPartition {
            high_watermark: Some(-1001),
            ..Default::default()
        },
        READ_ALL,
        at(1),
        at(1),
    );
    assert!(seen.ends.is_none() && seen.probe_failure.is_some());
}

/// N was 10 since second 1; while a probe that takes a second is under way until second 5, a batch up to 12 comes.
#[test]
fn records_that_come_while_a_probe_is_under_way_are_not_beyond_the_end() {
    let mut seen = Seen::default();
    seen.batch(offset(10), at(1));
    seen.batch(offset(12), at(5));
    seen.probed(&probed(11, 12), READ_ALL, at(4), at(5));
    assert_eq!(seen.beyond, None, "N moved after H was asked for");
    seen.probed(&probed(11, 12), READ_ALL, at(6), at(7));
    assert_eq!(seen.beyond.unwrap().offset, offset(12));
}

#[test]
fn a_position_that_pulses_repeat_while_probes_take_long_is_still_beyond_the_end() {
    let mut seen = Seen::default();
    let pulse = |age| v1::PartitionPulse {
        next_offset: Some(12),
        next_offset_age: Some(prost_types::Duration {
            seconds: age,
            nanos: 0,
        }),
        ..Default::default()
    };
    seen.pulse(&pulse(0), false, at(1));
    seen.pulse(&pulse(8), false, at(9));
    seen.probed(&probed(11, 12), READ_ALL, at(7), at(9));
    assert_eq!(seen.beyond.unwrap().offset, offset(12));
}
