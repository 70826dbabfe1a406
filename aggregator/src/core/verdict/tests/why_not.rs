use proptest::prelude::*;
use rollcall_proto::v1::{self, CheckOutcome, VerdictCode as Code};

use super::properties::{apply, event};
use super::scene::Scene;
use crate::core::verdict::table::TABLE;
use crate::core::verdict::{Ask, case, why_not};

fn asked(scene: &Scene, code: Code) -> Vec<v1::PartitionChecks> {
    let ask = Ask::status(scene.timeout, scene.now);
    why_not(&scene.evidence, &scene.books, &ask, scene.now, code)
}

fn outcomes(checks: &v1::PartitionChecks) -> Vec<(&str, CheckOutcome)> {
    let all = checks.checks.iter();
    all.map(|check| (check.name.as_str(), check.outcome()))
        .collect()
}

#[test]
fn every_condition_is_tried_though_an_earlier_one_failed() {
    let mut scene = Scene::caught_up(2);
    scene.logs[1].probe_failure = Some("timed out".into());
    scene.tick(1);
    let checks = asked(&scene, Code::BrokerDown);
    let (holds, failed) = (CheckOutcome::Holds, CheckOutcome::Failed);
    let expected = |probe| {
        vec![
            ("any_slot", holds),
            ("fetcher_heard", holds),
            ("fetch_wanted", holds),
            ("leader_not_connected", failed),
            ("probe_fails", probe),
        ]
    };
    assert_eq!(outcomes(&checks[0]), expected(failed));
    assert_eq!(outcomes(&checks[1]), expected(holds));
    assert!(checks.iter().all(|checks| !checks.holds));
    assert!(checks[1].checks.iter().all(|check| check.fact.is_some()));
}

#[test]
fn what_the_evidence_does_not_say_is_unknown_and_no_failure() {
    let checks = asked(&Scene::bare(), Code::StuckWithLag);
    let readable = outcomes(&checks[0])
        .into_iter()
        .find(|(name, _)| *name == "records_readable");
    assert_eq!(readable, Some(("records_readable", CheckOutcome::Unknown)));
}

#[test]
fn a_rule_that_holds_says_how_long_it_must_and_what_stands_above_it() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 101;
    scene.tick(5);
    let checks = asked(&scene, Code::StuckWithLag);
    assert!(checks[0].holds);
    let last = &outcomes(&checks[0])[6..];
    let failed = CheckOutcome::Failed;
    assert_eq!(
        last,
        [("lasts_long_enough", failed), ("nothing_above_it", failed)]
    );
}

#[test]
fn a_code_without_a_rule_has_no_conditions() {
    assert!(asked(&Scene::caught_up(1), Code::Unspecified).is_empty());
}

proptest! {
    /// A rule has one definition: when all that it names holds, it is found.
    #[test]
    fn a_rule_whose_conditions_hold_is_found(events in proptest::collection::vec(event(), 0..40)) {
        let mut scene = Scene::caught_up(2);
        for event in events {
            apply(&mut scene, event);
        }
        let ask = Ask::status(scene.timeout, scene.now);
        for case in case::cases(&scene.evidence, &scene.books, &ask, scene.now) {
            for rule in TABLE {
                let all = rule.conditions.iter().all(|condition| (condition.holds)(&case) == Some(true));
                let found = (rule.holds)(&case).is_some();
                prop_assert!(!all || found, "{:?}", rule.code);
            }
        }
    }
}
