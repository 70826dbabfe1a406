//! The rules at and around their thresholds, beside their look-alikes.

mod clients;
mod decided;
mod delivery;
mod engine;
mod fixed;
mod lanes;
mod latched;
mod membership;
mod outside;
mod pairs;
mod properties;
mod reach;
mod reading;
mod scene;
mod silence;
mod strangers;
mod transactions;
mod why_not;

use rollcall_proto::v1::{Severity, VerdictCode};

use self::scene::Scene;

/// What a situation is to be called: the verdict, its severity, and whether it is confirmed.
type Expected = (VerdictCode, Severity, bool);

/// Judges a situation and compares the verdict.
#[track_caller]
fn check(what: &str, scene: &Scene, expected: Expected) {
    let judgement = scene.judge();
    let verdict = &judgement.verdict;
    let got = (verdict.code(), verdict.severity(), verdict.confirmed);
    assert_eq!(got, expected, "{what}: {judgement:#?}");
}

/// Which other verdicts hold.
fn also(scene: &Scene) -> Vec<(VerdictCode, bool)> {
    scene
        .judge()
        .also
        .iter()
        .map(|verdict| (verdict.code(), verdict.confirmed))
        .collect()
}
