//! How a story is judged, on stories that are made up.

use rollcall_proto::v1::Severity::{Fault, Note, Ok as Good, Unknown};
use rollcall_proto::v1::VerdictCode::{
    CaughtUp, Flowing, NoMember, ProducerSlowerThanTimeout, StuckWithLag, Undetermined,
};

use super::*;

/// Each line: seconds from the cause, verdict, severity, whether it is confirmed, what is beside it.
pub(in crate::bench) type Line<'a> = (f64, VerdictCode, Severity, bool, &'a [VerdictCode]);

pub(in crate::bench) const STUCK: Situation =
    Situation::inside("stuck", StuckWithLag, Fault, |_| {
        Box::pin(std::future::ready(Ok(())))
    });

pub(in crate::bench) fn judged(situation: Situation, story: &[Line<'_>]) -> Outcome {
    let timeline = Timeline::default();
    let begun = Instant::now();
    let cause = begun + Duration::from_secs(60);
    timeline.mark(|marks| marks.cause = Some(cause));
    for &(at, code, severity, confirmed, also) in story {
        timeline.saw(Said {
            at: begun + Duration::from_secs_f64(60.0 + at),
            code,
            severity,
            confirmed,
            also: also.to_vec(),
        });
    }
    let silent = (Opinion::Silent, Opinion::Silent);
    let (whole, group) = (Duration::ZERO, String::new());
    judge(&situation, &timeline, silent, None, whole, group)
}

#[track_caller]
fn check(story: &[Line<'_>], named: Option<f64>, took: Option<f64>) {
    let outcome = judged(STUCK, story);
    assert_eq!((outcome.named, outcome.took), (named, took), "{outcome:?}");
}

#[test]
fn a_verdict_is_named_in_the_row_or_beside_it_before_it_is_confirmed() {
    let well: Line<'_> = (-5.0, CaughtUp, Good, true, &[]);
    let right: Line<'_> = (10.0, StuckWithLag, Fault, true, &[]);
    check(&[well, right], Some(10.0), Some(10.0));
    let unsure = (2.0, StuckWithLag, Note, false, &[] as &[_]);
    check(&[well, unsure, right], Some(2.0), Some(10.0));
    let beside = (1.0, Flowing, Good, true, &[NoMember, StuckWithLag] as &[_]);
    check(&[well, beside, unsure, right], Some(1.0), Some(10.0));
}

#[test]
fn what_is_named_and_taken_back_is_named_when_it_comes_again() {
    let story = [
        (-5.0, CaughtUp, Good, true, &[] as &[_]),
        (1.0, StuckWithLag, Note, false, &[]),
        (3.0, Flowing, Good, true, &[]),
        (6.0, Flowing, Good, true, &[StuckWithLag]),
        (10.0, StuckWithLag, Fault, true, &[]),
    ];
    check(&story, Some(6.0), Some(10.0));
}

#[test]
fn what_was_named_before_the_cause_took_no_time() {
    let story = [
        (-1.0, Undetermined, Unknown, true, &[StuckWithLag] as &[_]),
        (10.0, StuckWithLag, Fault, true, &[]),
    ];
    check(&story, Some(0.0), Some(10.0));
}

#[test]
fn what_is_never_confirmed_or_too_mild_is_never_told() {
    let story = [
        (-5.0, CaughtUp, Good, true, &[] as &[_]),
        (1.0, StuckWithLag, Note, false, &[]),
        (3.0, StuckWithLag, Note, true, &[]),
    ];
    check(&story, None, None);
    check(&story[..1], None, None);
}

#[test]
fn the_right_word_counts_first_unconfirmed_and_strictly_only_full_grown() {
    let well = (-5.0, CaughtUp, Good, true, &[] as &[_]);
    let unsure = (1.0, StuckWithLag, Note, false, &[] as &[_]);
    let other = (2.0, NoMember, Fault, true, &[] as &[_]);
    let right = (10.0, StuckWithLag, Fault, true, &[] as &[_]);
    let outcome = judged(STUCK, &[well, unsure, other, right]);
    assert!(outcome.right && !outcome.strictly, "{outcome:?}");
    let said = |code: &str, grade: &str| Some((code.to_owned(), grade.to_owned()));
    assert_eq!(outcome.news, said("NO_MEMBER", "fault"));
    let outcome = judged(STUCK, &[well, other, right]);
    assert!(!outcome.right, "{outcome:?}");
    let outcome = judged(STUCK, &[well, unsure, right]);
    assert!(outcome.right && outcome.strictly, "{outcome:?}");
    assert_eq!(outcome.news, said("STUCK_WITH_LAG", "fault"));
}

#[test]
fn a_topic_whose_gaps_are_long_is_caught_up_too() {
    let caught_up = Situation {
        expect: CaughtUp,
        severity: Good,
        ..STUCK
    };
    let story = [
        (-5.0, Flowing, Good, true, &[] as &[_]),
        (1.0, Flowing, Good, true, &[ProducerSlowerThanTimeout]),
        (2.0, ProducerSlowerThanTimeout, Note, true, &[]),
    ];
    let outcome = judged(caught_up, &story);
    assert_eq!((outcome.named, outcome.took), (Some(1.0), Some(2.0)));
}
