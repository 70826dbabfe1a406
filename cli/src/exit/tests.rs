use rollcall_proto::v1::{Severity, Verdict};

use super::{Exit, FailOn, judge};

fn verdict(severity: Severity) -> Verdict {
    Verdict {
        severity: severity.into(),
        confirmed: true,
        ..Verdict::default()
    }
}

#[track_caller]
fn check(severities: &[Severity], fail_on: FailOn, expected: Exit) {
    let verdicts: Vec<_> = severities
        .iter()
        .map(|&severity| verdict(severity))
        .collect();
    assert_eq!(
        judge(verdicts.iter().map(Some), fail_on),
        expected,
        "{severities:?} {fail_on:?}"
    );
}

#[test]
fn the_worst_severity_is_held_against_fail_on() {
    use Severity::{Fault, Note, Ok, Warn};
    check(&[Ok, Note, Warn], FailOn::Fault, Exit::Clear);
    check(&[Ok, Note, Warn], FailOn::Warn, Exit::Found);
    check(&[Ok, Note], FailOn::Warn, Exit::Clear);
    check(&[Ok, Note], FailOn::Note, Exit::Found);
    check(&[Fault, Ok], FailOn::Fault, Exit::Found);
    check(&[Fault], FailOn::Never, Exit::Clear);
}

#[test]
fn what_could_not_be_judged_is_never_reported_as_clear() {
    use Severity::{Fault, Ok, Unknown, Unspecified};
    check(&[], FailOn::Fault, Exit::Unjudged);
    check(&[Unknown, Unspecified], FailOn::Fault, Exit::Unjudged);
    check(&[Unknown, Unknown], FailOn::Never, Exit::Unjudged);
    check(&[Unknown, Ok], FailOn::Fault, Exit::Clear);
    check(&[Unknown, Fault], FailOn::Fault, Exit::Found);
    assert_eq!(judge([None], FailOn::Fault), Exit::Unjudged);
}

#[test]
fn a_severity_of_a_newer_aggregator_is_unknown() {
    let newer = Verdict {
        severity: 77,
        confirmed: true,
        ..Verdict::default()
    };
    assert_eq!(judge([Some(&newer)], FailOn::Note), Exit::Unjudged);
}

#[test]
fn an_unconfirmed_fault_does_not_fail_a_script() {
    let suspected = Verdict {
        confirmed: false,
        ..verdict(Severity::Fault)
    };
    assert_eq!(judge([Some(&suspected)], FailOn::Note), Exit::Clear);
}
