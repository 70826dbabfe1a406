//! Groups without a commit, though the log holds records.

use super::*;

/// A partition without a commit that is watched for a minute; then a record comes every second. How many seconds later it
/// is a warning, of two hundred.
fn warned_after(told: Option<u64>, seen: Option<u64>) -> Option<u64> {
    let open = v1::Open {
        commit_interval: told.and_then(wire),
        ..Default::default()
    };
    let mut watched = Watched::opened(&open, 1, 0);
    watched.group.commit_gap = seen.and_then(wire);
    watched.logs[0].committed = None;
    watched.tick(60);
    let said = (Code::StartOffsetUnknown, Severity::Note, true);
    assert_eq!(watched.verdict(), said, "nothing came");
    (0..200).find(|_| {
        watched.logs[0].high += 1;
        watched.tick(1);
        watched.verdict().1 == Severity::Warn
    })
}

#[test]
fn no_commit_is_a_note_until_records_came_and_the_first_commit_is_overdue() {
    assert_eq!(warned_after(Some(30), None), Some(47), "told");
    assert_eq!(warned_after(Some(1), None), Some(4), "told");
    assert_eq!(warned_after(None, Some(5)), Some(10), "seen");
    assert_eq!(warned_after(None, None), Some(120), "not known");
}

#[test]
fn a_client_that_never_commits_is_no_fault() {
    let mut watched = Watched::fresh(1);
    watched.logs[0].committed = None;
    watched.tick(2);
    watched.logs[0].high += 1;
    watched.tick(300);
    assert_eq!(watched.verdict().1, Severity::Warn);
}

#[test]
fn that_nothing_is_committed_is_not_known_while_commits_cannot_be_read() {
    let mut watched = Watched::fresh(1);
    watched.logs[0].committed = None;
    watched.tick(10);
    assert_eq!(watched.code(), Code::StartOffsetUnknown);
    watched.group.commits_failure = Some("Local: Timed out".into());
    watched.tick(1);
    assert_ne!(watched.code(), Code::StartOffsetUnknown);
}

#[test]
fn a_first_commit_is_not_due_while_commits_cannot_be_made() {
    let mut watched = Watched::fresh(1);
    watched.group.commit_gap = wire(5);
    watched.logs[0].committed = None;
    watched.tick(2);
    watched.logs[0].high += 1;
    watched.tick(1);
    watched.group.commits_failure = Some("Local: Timed out".into());
    watched.tick(30);
    watched.group.commits_failure = None;
    watched.tick(8);
    assert_ne!(watched.verdict().1, Severity::Warn);
    watched.tick(3);
    assert_eq!(
        watched.verdict(),
        (Code::StartOffsetUnknown, Severity::Warn, true)
    );
}
