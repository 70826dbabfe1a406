//! What lies unread and cannot be read, or is lost.

use rollcall_proto::ids::Partition;

use super::super::scene::number;
use super::*;

#[test]
fn what_is_lost_is_lag_and_cannot_be_read() {
    let mut watched = Watched::caught_up(1);
    let log = &mut watched.logs[0];
    (log.start, log.high, log.committed) = (200, 200, Some(50));
    watched.tick(2);
    let status = |watched: &Watched| {
        let (partition, code) = (Partition(0), Code::OffsetOutOfRange);
        let evidence = &watched.evidence;
        evidence.partition_status(partition, None, code, watched.now)
    };
    let shown = status(&watched);
    assert_eq!((shown.lag, shown.readable), (Some(150), Some(0)));
    assert_eq!(watched.judge().backlog, Some(0));
    watched.logs[0].high = 230;
    watched.tick(2);
    let shown = status(&watched);
    assert_eq!((shown.lag, shown.readable), (Some(180), Some(30)));
}

#[test]
fn a_commit_beyond_the_end_stays_the_verdict_though_nobody_reads() {
    let mut watched = Watched::caught_up(1);
    (watched.group.state, watched.group.members_total) = ("Empty".into(), 0);
    (watched.logs[0].high, watched.logs[0].owned) = (40, false);
    watched.tick(3);
    for second in 3..60 {
        let beyond = (Code::OffsetOutOfRange, Severity::Fault, true);
        assert_eq!(watched.verdict(), beyond, "{second} s");
        assert!(watched.also().contains(&Code::NoMember), "{second} s");
        watched.tick(1);
    }
}

#[test]
fn records_that_nobody_can_decode_are_named() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 150;
    watched.tick(1);
    let broken = v1::BacklogSeen {
        failure: Some("Local: Bad message format".into()),
        failure_kind: v1::ErrorKind::Undecodable.into(),
        next_offset: 100,
        ..watched.read(0, 0)
    };
    watched.hear(Event::Backlog(broken));
    watched.tick(4);
    assert_eq!(
        watched.verdict(),
        (Code::Undetermined, Severity::Unknown, true),
        "the end was reached a moment ago, and that excuses no record that cannot be read"
    );
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::UndecodableBatch, Severity::Fault, true)
    );
    assert_eq!(number(&watched.judge(), "record_offset"), Some(100));
    // The group got past it.
    watched.logs[0].committed = Some(150);
    watched.tick(1);
    assert_eq!(watched.code(), Code::CaughtUp);
}

#[test]
fn what_waits_once_the_leader_is_back_has_not_just_come() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].times_out();
    watched.tick(1);
    watched.logs[0].failure = None;
    watched.logs[0].high = 150;
    watched.tick(1);
    assert_ne!(watched.code(), Code::CaughtUp);
    watched.logs[0].committed = Some(150);
    watched.tick(1);
    assert_eq!(watched.verdict().1, Severity::Ok);
}

#[test]
fn a_record_that_is_too_large_to_be_read_is_named() {
    let mut watched = Watched::caught_up(1);
    watched.logs[0].high = 150;
    watched.tick(2);
    let large = v1::BacklogSeen {
        failure: Some("Invalid response size".into()),
        failure_kind: v1::ErrorKind::RecordTooLarge.into(),
        next_offset: 100,
        ..watched.read(0, 0)
    };
    watched.hear(Event::Backlog(large));
    watched.tick(1);
    assert_eq!(
        watched.verdict(),
        (Code::RecordTooLarge, Severity::Fault, true)
    );
}
