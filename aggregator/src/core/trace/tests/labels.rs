use rollcall_proto::v1::{Severity, VerdictCode};

use super::*;
use crate::core::trace::trial::{Trial, Verdicts};

fn at(seconds: u64) -> Moment {
    ZERO + Duration::from_secs(seconds)
}

fn label(expected: VerdictCode, within: u64, forbidden: Option<VerdictCode>) -> Line {
    Line::Label(v1::TraceLabel {
        did: "something".into(),
        expected: vec![expected.into()],
        within: Some(wire_duration(Duration::from_secs(within))),
        forbidden: forbidden.map(i32::from).into_iter().collect(),
        worst: Severity::Unspecified.into(),
    })
}

/// A fetcher that is there and is never heard of again.
fn trial(label: Line) -> Verdicts {
    let mut trial = Trial::begin(header()).unwrap();
    let opened = evidence(1, Event::Opened(v1::Open::default()));
    for line in [
        line(at(0), opened),
        line(at(1), label),
        line(at(30), Line::End(v1::TraceEnd::default())),
    ] {
        trial.take(&line).unwrap();
    }
    trial.end()
}

#[test]
fn a_label_is_kept_when_its_verdict_is_said_in_time() {
    let unreachable = VerdictCode::FetcherUnreachable;
    let verdicts = trial(label(unreachable, 5, None));
    let [outcome] = &verdicts.outcomes[..] else {
        panic!("{verdicts:?}")
    };
    let reached = outcome.reached.unwrap();
    assert!(outcome.is_right() && verdicts.all_right());
    assert!(
        reached > Duration::ZERO && reached <= Duration::from_secs(3),
        "{reached:?}"
    );
    assert!(!trial(label(unreachable, 1, None)).all_right());
}

#[test]
fn a_verdict_that_never_comes_or_that_is_forbidden_breaks_the_label() {
    let unreachable = VerdictCode::FetcherUnreachable;
    assert!(!trial(label(VerdictCode::CaughtUp, 30, None)).all_right());
    let verdicts = trial(label(unreachable, 5, Some(unreachable)));
    assert!(!verdicts.all_right());
    assert!(verdicts.outcomes[0].wrong_count > 0);
}
