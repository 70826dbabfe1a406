//! Commits outside of the log.

use super::super::scene::number;
use super::*;
use crate::core::outside::observation::is_sure;

/// A group whose log was cut 30 records above its commit, one look ago.
fn cut(owned: bool, interval: u64) -> Watched {
    let mut watched = Watched::caught_up(1);
    watched.group.commit_gap = Some(interval).filter(|known| *known > 0).and_then(wire);
    watched.logs[0].high = 500;
    watched.tick(1);
    assert_eq!(watched.code(), Code::CaughtUp, "what is unread just came");
    watched.logs[0].start = 130;
    if !owned {
        (watched.group.state, watched.group.members_total) = ("Empty".into(), 0);
        watched.logs[0].owned = false;
    }
    watched.tick(1);
    watched
}

#[test]
fn a_commit_below_the_log_start_that_nobody_moves_is_a_fault_at_once_and_says_how_much_is_lost() {
    let watched = cut(false, 5);
    let lost = (Code::OffsetOutOfRange, Severity::Fault, true);
    assert_eq!(watched.verdict(), lost);
    assert_eq!(number(&watched.judge(), "lost_records_at_most"), Some(30));
}

#[test]
fn a_commit_below_the_log_start_is_a_note_while_who_reads_may_still_commit() {
    for (interval, overdue) in [(5, 10), (30, 47), (0, 120)] {
        let mut watched = cut(true, interval);
        assert_ne!(watched.code(), Code::OffsetOutOfRange);
        watched.tick(2);
        let noted = (Code::OffsetOutOfRange, Severity::Note, true);
        assert_eq!(watched.verdict(), noted, "{interval}");
        assert!(!is_sure(&watched.judge().verdict, &[]), "{interval}");
        watched.tick(overdue - 3);
        assert_eq!(watched.verdict(), noted, "{interval}");
        watched.tick(1);
        let lost = (Code::OffsetOutOfRange, Severity::Fault, true);
        assert_eq!(watched.verdict(), lost, "{interval}");
    }
}

#[test]
fn while_it_is_not_known_who_reads_a_cut_log_is_a_note() {
    for state in ["", "CompletingRebalance", "Reconciling"] {
        let mut watched = Watched::caught_up(1);
        watched.group.commit_gap = wire(5);
        watched.logs[0].high = 500;
        watched.tick(1);
        watched.logs[0].start = 130;
        watched.logs[0].owned = false;
        watched.group.state = state.into();
        watched.tick(3);
        let judged = watched.judge();
        let all = judged.also.iter().chain([&judged.verdict]);
        let fault =
            |v: &v1::Verdict| v.code() == Code::OffsetOutOfRange && v.severity() == Severity::Fault;
        assert!(!all.into_iter().any(fault), "{state}");
    }
}

#[test]
fn lost_records_stay_the_verdict_though_nobody_reads_any_more() {
    let mut watched = Watched::caught_up(1);
    let log = &mut watched.logs[0];
    (log.start, log.high, log.committed, log.owned) = (200, 200, Some(50), false);
    (watched.group.state, watched.group.members_total) = ("Empty".into(), 0);
    for second in 1..60 {
        watched.tick(1);
        let lost = (Code::OffsetOutOfRange, Severity::Fault, true);
        assert_eq!(watched.verdict(), lost, "{second} s");
        assert!(watched.also().contains(&Code::NoMember), "{second} s");
        assert!(!watched.also().contains(&Code::CaughtUp), "{second} s");
    }
    assert_eq!(number(&watched.judge(), "lost_records_at_most"), Some(150));
}

#[test]
fn a_topic_that_the_group_does_not_read_any_more_may_lose_records() {
    let mut watched = Watched::caught_up(1);
    let log = &mut watched.logs[0];
    (log.start, log.high, log.committed, log.owned) = (200, 200, Some(50), false);
    watched.tick(2);
    let unread = (Code::NotSubscribed, Severity::Note, true);
    assert_eq!(watched.verdict(), unread);
    assert!(watched.also().contains(&Code::OffsetOutOfRange));
}

#[test]
fn a_commit_at_the_log_start_is_inside() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 500;
    watched.logs[0].start = 100;
    watched.tick(5);
    assert_ne!(watched.code(), Code::OffsetOutOfRange);
}

#[test]
fn a_commit_beyond_the_end_is_believed_after_two_seconds() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 40;
    watched.tick(2);
    assert_ne!(
        watched.verdict(),
        (Code::OffsetOutOfRange, Severity::Fault, true)
    );
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::OffsetOutOfRange, Severity::Fault, true)
    );
    assert_eq!(number(&watched.judge(), "beyond_end_by"), Some(60));
}

#[test]
fn a_commit_that_runs_ahead_of_an_end_measured_before_it_is_no_fault() {
    let mut watched = Watched::caught_up(1);
    for _ in 0..20 {
        watched.logs[0].high += 10;
        // Read after the end, and records came in between.
        watched.logs[0].committed = Some(watched.logs[0].high + 5);
        watched.tick(1);
        assert_ne!(watched.code(), Code::OffsetOutOfRange);
    }
}

#[test]
fn a_log_that_is_cut_while_commits_cannot_be_read_proves_no_loss() {
    let mut watched = Watched::caught_up(1);
    watched.group.commits_failure = Some("Broker: Not coordinator".into());
    watched.logs[0].start = 150;
    watched.logs[0].high = 150;
    watched.tick(10);
    let mut said = watched.also();
    said.push(watched.code());
    assert!(!said.contains(&Code::OffsetOutOfRange), "{said:?}");
    // The commit is read again: it had not moved, and records are lost.
    watched.group.commits_failure = None;
    watched.tick(3);
    assert_eq!(watched.code(), Code::OffsetOutOfRange);
}
