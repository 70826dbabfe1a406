use super::super::scene::{fact, number};
use super::*;
use crate::core::outside::observation::is_sure;

#[test]
fn who_has_committed_everything_is_caught_up_at_once() {
    let watched = Watched::opened(&v1::Open::default(), 3, 1);
    assert_eq!(watched.verdict(), (Code::CaughtUp, Severity::Ok, true));
}

#[test]
fn a_commit_that_stands_still_for_ten_seconds_below_the_end_is_stuck() {
    let mut watched = Watched::fresh(2);
    watched.logs[1].high = 600;
    // The first look begins the ten seconds.
    watched.tick(1);
    watched.tick(9);
    assert_eq!(watched.verdict().0, Code::Undetermined);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::StuckWithLag, Severity::Fault, true)
    );
    let judgement = watched.judge();
    assert_eq!(number(&judgement, "readable"), Some(500));
    let owner = fact(&judgement, "owner_client_id").unwrap();
    let app = Some(v1::fact::Value::Text("app-1".into()));
    assert_eq!((owner.partition, owner.value.clone()), (Some(1), app));
    assert_eq!(judgement.verdict.partitions, 1);
    let advice = judgement.verdict.advice.first().unwrap();
    assert_eq!(advice.code(), v1::AdviceCode::LookAtOwner);
}

/// Ten records a second, committed to the end at multiples of so many seconds.
fn commits_every(
    watched: &mut Watched,
    seconds: std::ops::Range<u64>,
    interval: u64,
) -> Vec<Severity> {
    let mut said = Vec::new();
    for second in seconds {
        watched.logs[0].high += 10;
        if second % interval == 0 {
            watched.logs[0].committed = Some(watched.logs[0].high);
        }
        watched.tick(1);
        said.push(watched.verdict().1);
    }
    said
}

#[test]
fn who_commits_every_half_minute_or_minute_is_no_fault_and_its_stop_is_found() {
    for interval in [30, 60] {
        let mut watched = Watched::caught_up(1);
        watched.group.commit_gap = None;
        let said = commits_every(&mut watched, 1..2 * interval + 1, interval);
        assert!(!said.contains(&Severity::Fault), "{interval}: {said:?}");
        watched.group.commit_gap = wire(interval);
        let said = commits_every(&mut watched, 2 * interval + 1..6 * interval + 1, interval);
        assert!(
            said.iter().all(|said| *said == Severity::Ok),
            "{interval}: {said:?}"
        );
        // It stops: no fault for as long as the next commit may take.
        let shown = interval + interval / 2;
        let said = commits_every(&mut watched, 1..shown, 1_000);
        assert!(!said.contains(&Severity::Fault), "{interval}: {said:?}");
        watched.tick(4);
        assert_eq!(
            watched.verdict(),
            (Code::StuckWithLag, Severity::Fault, true),
            "{interval}"
        );
    }
}

#[test]
fn an_interval_that_was_told_is_waited_for_from_the_first_look() {
    let open = v1::Open {
        commit_interval: wire(60),
        ..Default::default()
    };
    let mut watched = Watched::opened(&open, 1, 1);
    watched.group.commit_gap = None;
    let said = commits_every(&mut watched, 1..300, 60);
    let grave = |said: &&Severity| matches!(said, Severity::Warn | Severity::Fault);
    assert_eq!(said.iter().filter(grave).count(), 0, "{said:?}");
    let stuck = number(&watched.judge(), "readable");
    assert!(stuck > Some(0), "{stuck:?}");
}

#[test]
fn a_commit_of_which_nothing_is_known_that_stands_still_is_a_note_for_two_minutes() {
    let mut watched = Watched::fresh(1);
    watched.group.commit_gap = None;
    watched.logs[0].high = 600;
    watched.tick(11);
    assert_eq!(
        watched.verdict(),
        (Code::StuckWithLag, Severity::Note, true)
    );
    let said = watched.judge();
    let known = fact(&said, "commit_interval_known").unwrap();
    assert_eq!(known.value, Some(v1::fact::Value::Flag(false)));
    assert!(!is_sure(&said.verdict, &[]), "a fault may come of it");
    watched.tick(109);
    assert_eq!(watched.verdict().1, Severity::Note);
    watched.tick(1);
    assert_eq!(watched.verdict().1, Severity::Fault);
    assert!(is_sure(&watched.judge().verdict, &[]));
}

#[test]
fn a_commit_that_stands_still_is_a_fault_as_soon_as_the_groups_interval_is_known() {
    let mut watched = Watched::fresh(1);
    watched.group.commit_gap = None;
    watched.logs[0].high = 600;
    watched.tick(12);
    assert_eq!(watched.verdict().1, Severity::Note);
    // Another topic of the group was committed a second time.
    watched.group.commit_gap = wire(5);
    watched.tick(1);
    assert_eq!(watched.verdict().1, Severity::Fault);
}

#[test]
fn one_time_of_being_stuck_makes_no_long_interval() {
    let mut watched = Watched::caught_up(1);
    commits_every(&mut watched, 1..31, 5);
    commits_every(&mut watched, 31..200, 1_000);
    assert_eq!(watched.verdict().1, Severity::Fault);
    commits_every(&mut watched, 200..230, 5);
    commits_every(&mut watched, 231..245, 1_000);
    assert_eq!(
        watched.verdict(),
        (Code::StuckWithLag, Severity::Fault, true)
    );
}

#[test]
fn a_slow_fetch_wait_makes_frozen_longer() {
    let open = v1::Open {
        fetch_wait: wire(5),
        ..Default::default()
    };
    let mut watched = Watched::opened(&open, 1, 0);
    watched.logs[0].high = 600;
    watched.tick(15);
    assert_eq!(watched.code(), Code::Undetermined);
    watched.tick(1);
    assert_eq!(watched.code(), Code::StuckWithLag);
}

#[test]
fn a_group_that_commits_every_five_seconds_flows_and_is_never_stuck() {
    let mut watched = Watched::caught_up(1);
    let mut seen = Vec::new();
    for second in 1..60 {
        watched.logs[0].high += 10;
        if second % 5 == 0 {
            watched.logs[0].committed = Some(watched.logs[0].high - 3);
        }
        watched.tick(1);
        seen.push(watched.code());
    }
    assert!(!seen.contains(&Code::StuckWithLag), "{seen:?}");
    let later = &seen[10..];
    assert!(later.iter().all(|code| *code == Code::Flowing), "{seen:?}");
}

#[test]
fn a_reader_that_stops_after_it_had_read_everything_is_stuck_ten_seconds_later() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 101;
    watched.tick(10);
    let before = watched.code();
    assert_ne!(before, Code::StuckWithLag);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::StuckWithLag, Severity::Fault, true)
    );
}

#[test]
fn one_partition_that_stands_still_is_the_verdict_though_its_sibling_flows() {
    let mut watched = Watched::caught_up(2);
    watched.logs[1].high = 150;
    for _ in 0..12 {
        watched.logs[0].high += 5;
        watched.logs[0].committed = Some(watched.logs[0].high);
        watched.tick(1);
    }
    let judgement = watched.judge();
    assert_eq!(judgement.verdict.code(), Code::StuckWithLag);
    assert_eq!(judgement.verdict.partitions, 1);
}

#[test]
fn lag_that_holds_nothing_to_deliver_is_no_lag() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 148;
    watched.tick(2);
    let nothing = watched.read(0, 0);
    watched.hear(Event::Backlog(nothing));
    watched.tick(20);
    assert_eq!(
        watched.verdict(),
        (Code::NoVisibleRecords, Severity::Ok, true)
    );
    // Records that came after what was looked at may be visible.
    watched.logs[0].high = 149;
    watched.tick(1);
    assert_ne!(watched.code(), Code::NoVisibleRecords);
}

#[test]
fn lag_with_a_single_visible_record_is_lag() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 148;
    watched.tick(2);
    let one = watched.read(0, 1);
    watched.hear(Event::Backlog(one));
    watched.tick(10);
    assert_eq!(watched.code(), Code::StuckWithLag);
    assert_eq!(number(&watched.judge(), "visible_records"), Some(1));
    assert!(fact(&watched.judge(), "oldest_unread_age").is_some());
}

#[test]
fn a_transaction_that_hides_what_lies_past_the_commit_is_open() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(100);
    watched.tick(1);
    assert_eq!(watched.verdict().0, Code::OpenTransaction);
    assert_eq!(watched.verdict().1, Severity::Note);
    watched.tick(9);
    assert!(!watched.verdict().2);
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::OpenTransaction, Severity::Warn, true)
    );
    let judgement = watched.judge();
    assert_eq!(number(&judgement, "hidden"), Some(13));
    assert!(
        fact(&judgement, "isolation_assumed").is_some(),
        "nobody told it"
    );
}

#[test]
fn what_lies_before_the_transaction_may_be_invisible_too() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(104);
    watched.tick(1);
    assert_ne!(
        watched.code(),
        Code::OpenTransaction,
        "records may wait before it"
    );
    let nothing = watched.read(0, 0);
    watched.hear(Event::Backlog(nothing));
    watched.tick(10);
    assert_eq!(watched.code(), Code::OpenTransaction);
}

#[test]
fn a_transaction_is_dated_by_its_first_record() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(100);
    watched.tick(1);
    let began = watched.evidence.wall().millis(watched.now) - 90_000;
    let opened = v1::BacklogSeen {
        open_offset: Some(100),
        open_timestamp_ms: Some(began),
        ..watched.read(0, 0)
    };
    watched.hear(Event::Backlog(opened));
    let judgement = watched.judge();
    let open_for = fact(&judgement, "open_for").unwrap().value.clone();
    assert_eq!(open_for, Some(v1::fact::Value::Duration(wire(90).unwrap())));
}

#[test]
fn a_transaction_that_was_open_long_before_it_was_watched_is_a_fault_after_ten_seconds() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(100);
    watched.tick(1);
    let opened = v1::BacklogSeen {
        open_offset: Some(100),
        open_timestamp_ms: Some(watched.evidence.wall().millis(watched.now) - 1_200_000),
        ..watched.read(0, 0)
    };
    watched.hear(Event::Backlog(opened));
    watched.tick(9);
    assert_ne!(
        watched.verdict().1,
        Severity::Fault,
        "a producer's clock may be wrong"
    );
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::OpenTransaction, Severity::Fault, true)
    );
    assert!(fact(&watched.judge(), "transaction_limit").is_some());
}

#[test]
fn who_commits_past_an_open_transaction_reads_uncommitted_records() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(100);
    watched.logs[0].committed = Some(113);
    watched.tick(2);
    assert_eq!(watched.code(), Code::CaughtUp);
    // From now on what lies between S and H can be read.
    watched.logs[0].high = 120;
    watched.tick(11);
    assert_eq!(watched.code(), Code::StuckWithLag);
}

#[test]
fn who_was_told_to_read_uncommitted_records_waits_for_no_transaction() {
    let open = v1::Open {
        isolation_level: v1::IsolationLevel::ReadUncommitted.into(),
        ..Default::default()
    };
    let mut watched = Watched::opened(&open, 1, 1);
    watched.logs[0].high = 113;
    watched.logs[0].stable = Some(100);
    watched.tick(11);
    assert_eq!(watched.code(), Code::StuckWithLag);
}

#[test]
fn an_empty_partition_without_a_commit_is_nothing_to_speak_of() {
    let mut watched = Watched::caught_up(2);
    watched.logs[1] = Log {
        start: 0,
        high: 0,
        committed: None,
        ..Log::read_to_the_end()
    };
    watched.tick(10);
    assert_eq!(watched.code(), Code::CaughtUp);
}

#[test]
fn a_topic_that_was_never_written_is_empty() {
    let mut watched = Watched::fresh(2);
    for log in &mut watched.logs {
        (log.high, log.committed) = (0, None);
    }
    watched.tick(1);
    assert_eq!(watched.verdict(), (Code::TopicEmpty, Severity::Note, true));
}

#[test]
fn another_topic_under_the_same_name_is_seen_by_its_id_alone() {
    let mut watched = Watched::caught_up(1);
    watched.probe.topic_id = "topic-id-2".into();
    watched.logs[0].committed = None;
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::TopicRecreated, Severity::Fault, true)
    );
    watched.tick(600);
    assert_ne!(
        watched.code(),
        Code::TopicRecreated,
        "ten minutes later it is over"
    );
}

#[test]
fn a_lag_that_grows_for_half_a_minute_falls_behind() {
    let mut watched = Watched::caught_up(1);
    for _ in 0..40 {
        watched.logs[0].high += 100;
        watched.logs[0].committed = watched.logs[0].committed.map(|c| c + 20);
        watched.tick(1);
    }
    assert_eq!(watched.verdict().0, Code::FallingBehind);
    assert_eq!(watched.verdict().1, Severity::Warn);
}
