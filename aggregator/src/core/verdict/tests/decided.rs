//! Whatever the evidence: what a condition decides, it decides by a fact.

use proptest::prelude::*;
use rollcall_proto::v1::{self, CheckOutcome, evidence::Event};

use super::properties::{apply, event};
use super::scene::{FEED, Scene, open, wire};
use crate::core::books::TopicBooks;
use crate::core::evidence::TopicEvidence;
use crate::core::verdict::table::TABLE;
use crate::core::verdict::{Ask, why_not};

/// Conditions that hold or fail without a fact, by their rules.
pub(super) fn without_a_fact(
    evidence: &TopicEvidence,
    books: &TopicBooks,
    ask: &Ask,
) -> Vec<String> {
    let mut bare = Vec::new();
    for rule in TABLE {
        for checks in why_not(evidence, books, ask, ask.closed, rule.code) {
            let decided = |check: &&v1::Check| check.outcome() != CheckOutcome::Unknown;
            let decided = checks.checks.iter().filter(decided);
            let lacks = decided.filter(|check| check.fact.is_none());
            bare.extend(lacks.map(|check| {
                let outcome = check.outcome().as_str_name();
                format!("{}: {} {outcome}", rule.code.as_str_name(), check.name)
            }));
        }
    }
    bare
}

fn of(scene: &Scene) -> Vec<String> {
    let ask = Ask::status(scene.timeout, scene.now);
    without_a_fact(&scene.evidence, &scene.books, &ask)
}

/// A topic that is looked at from outside, of which nothing was heard yet.
fn observed() -> Scene {
    let mut scene = Scene::bare();
    let observer = v1::Open {
        observer: true,
        ..open()
    };
    scene.evidence.feed_opened(FEED, &observer, scene.now);
    scene
}

fn group() -> impl Strategy<Value = v1::GroupSeen> {
    let state = prop_oneof![
        Just(""),
        Just("Stable"),
        Just("Empty"),
        Just("Dead"),
        Just("Unknown")
    ];
    let failure = proptest::option::of(Just("no answer".to_owned()));
    let right = v1::MissingRight {
        resource: "group".into(),
        name: "group".into(),
        operation: "DESCRIBE".into(),
    };
    let rights = prop_oneof![Just(Vec::new()), Just(vec![right])];
    let commits = proptest::option::of(any::<bool>());
    (state, 0..2_u32, failure.clone(), failure, rights, commits).prop_map(
        |(state, members, failure, commits_failure, missing_rights, has_commits)| {
            let member = v1::GroupMember {
                member_id: "app-1-uuid".into(),
                partitions: vec![0],
                ..Default::default()
            };
            v1::GroupSeen {
                state: state.into(),
                members_total: members,
                members: (0..members).map(|_| member.clone()).collect(),
                failure,
                commits_failure,
                missing_rights,
                has_commits,
                age: wire(0),
                ..Default::default()
            }
        },
    )
}

proptest! {
    #[test]
    fn no_evidence_decides_a_condition_without_a_fact(
        events in proptest::collection::vec((event(), proptest::option::of(group())), 0..40),
        start in 0..3_i32,
    ) {
        let mut scene = match start {
            0 => Scene::bare(),
            1 => Scene::caught_up(2),
            _ => observed(),
        };
        for (event, group) in events {
            apply(&mut scene, event);
            if let Some(group) = group {
                scene.evidence.hear(FEED, &Event::Group(group), scene.now);
            }
            let bare = of(&scene);
            prop_assert!(bare.is_empty(), "{:#?}", bare);
        }
    }
}

#[test]
fn every_condition_of_a_topic_that_is_well_shows_its_fact() {
    let scene = Scene::caught_up(2);
    assert_eq!(of(&scene), [""; 0]);
    let ask = Ask::status(scene.timeout, scene.now);
    let zero = |code, name: &str| {
        let checks = why_not(&scene.evidence, &scene.books, &ask, scene.now, code);
        let check = checks[0].checks.iter().find(|check| check.name == name);
        let fact = check.and_then(|check| check.fact.clone()).unwrap();
        (fact.name, fact.value)
    };
    use v1::VerdictCode as Code;
    use v1::fact::Value;
    for (code, condition, name, value) in [
        (
            Code::StuckWithLag,
            "probes_agree",
            "probes_that_agree",
            Value::Number(0),
        ),
        (
            Code::TopicMissing,
            "topic_not_in_metadata",
            "topic_exists",
            Value::Flag(true),
        ),
        (Code::FallingBehind, "lag_grows", "lag", Value::Number(0)),
        (
            Code::ConsumerFatal,
            "fatal_error_lasts",
            "errors_of_other_kinds",
            Value::Number(0),
        ),
        (
            Code::RecordTooLarge,
            "record_above_a_limit",
            "errors_of_other_kinds",
            Value::Number(0),
        ),
        (
            Code::ProducerOverdue,
            "topic_caught_up",
            "caught_up",
            Value::Flag(true),
        ),
    ] {
        assert_eq!(
            zero(code, condition),
            (name.to_owned(), Some(value)),
            "{condition}"
        );
    }
}
