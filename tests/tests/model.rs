//! The model in sizes that take seconds: `make model` has the larger ones.

use rollcall_tests::model::report::{self, Report};
use rollcall_tests::model::{SAFE, Size, Variant, walks};

fn run(size: Size, variant: Variant) -> Report {
    let report = report::run(size, variant);
    println!("{report}");
    report
}

#[test]
fn whatever_happens_to_a_small_roll_nothing_is_lost_and_nothing_is_stuck() {
    let report = run(Size::restart(), Variant::Right);
    assert!(report.broken.is_none(), "{report}");
    assert!(report.reached.contains(&"everything is committed"));
}

#[test]
fn a_fetcher_that_commits_past_a_gap_is_caught() {
    let right = run(Size::no_faults(), Variant::Right);
    assert!(right.broken.is_none(), "{right}");
    let report = run(Size::no_faults(), Variant::CommitsPastAGap);
    let broken = report.broken.map(|broken| (broken.property, broken.how));
    let (property, how) = broken.unwrap_or_default();
    assert_eq!(property, SAFE);
    assert!(how.starts_with("I1"), "{how}");
}

#[test]
fn an_aggregator_that_takes_old_epochs_is_caught() {
    let report = run(Size::fenced(), Variant::TakesOldEpochs);
    let how = report.broken.map(|broken| broken.how).unwrap_or_default();
    assert!(how.contains("is blamed"), "{how}");
}

#[test]
fn states_that_look_alike_behave_alike() {
    let again = walks::compare(&Size::two_fetchers(), 60, 25, 7);
    assert!(again.as_ref().is_ok_and(|again| *again > 60), "{again:?}");
}
