//! All situations, by what they are about.

mod broker;
mod data;
mod delivery;
mod end;
mod fatal;
mod flow;
mod group;
mod lanes;
mod offsets;
mod outside;
mod polling;
mod producer;
mod reach;
mod retention;
mod secured;
mod several;
mod stuck;
mod topic;

use rollcall_proto::v1::VerdictCode;

use super::Situation;

/// Rows of the table that nothing can bring about, and why.
pub const NOT_CAUSED: &[(VerdictCode, &str)] = &[(
    VerdictCode::NotInThisLane,
    "no situation of it is recorded yet; the tests of the engine and of the service hold it",
)];

/// A script out of an async function of the scene.
macro_rules! script {
    ($play:path) => {
        |scene| Box::pin($play(scene))
    };
}
use script;

/// All of them, in the order of the table of verdicts; those of several faults at the end.
pub fn all() -> impl Iterator<Item = &'static Situation> {
    let parts: [&'static [Situation]; 22] = [
        reach::ALL,
        lanes::ALL,
        fatal::ALL,
        secured::ALL,
        topic::ALL,
        group::ALL,
        broker::ALL,
        offsets::ALL,
        delivery::ALL,
        polling::ALL,
        flow::ALL,
        stuck::ALL,
        producer::ALL,
        end::ALL,
        data::ALL,
        retention::ALL,
        outside::ALL,
        outside::broker::ALL,
        outside::group::ALL,
        outside::log::ALL,
        outside::producer::ALL,
        several::ALL,
    ];
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rollcall_aggregator::core::verdict::table::{Rule, TABLE};

    use super::*;
    use crate::bench::situation::View;

    /// So many situations of each verdict are asked for.
    const EACH: usize = 3;

    #[test]
    fn every_verdict_has_three_situations_and_one_that_looks_like_another() {
        let impossible = |code| NOT_CAUSED.iter().any(|(one, _)| *one == code);
        for rule in TABLE.iter().filter(|rule| !impossible(rule.code)) {
            let of_it = all().filter(|situation| situation.is_about(rule.code));
            let of_it: Vec<&Situation> = of_it.collect();
            assert!(of_it.len() >= EACH, "{:?}: {}", rule.code, of_it.len());
            let alike = of_it.iter().filter(|one| one.resembles.is_some()).count();
            assert!(alike > 0, "{:?}", rule.code);
        }
    }

    /// From outside it is only passed through, on the way to another verdict.
    const PASSED_THROUGH: VerdictCode = VerdictCode::Undetermined;

    #[test]
    fn every_verdict_that_reads_otherwise_from_outside_has_a_situation_from_there() {
        let otherwise = |rule: &&Rule| rule.differs_outside() && rule.found_outside();
        let rules = TABLE.iter().filter(otherwise);
        for code in rules
            .map(|rule| rule.code)
            .filter(|code| *code != PASSED_THROUGH)
        {
            let outside = |one: &&Situation| one.view == View::Outside && one.is_about(code);
            assert!(all().any(|one| outside(&one)), "{code:?}");
        }
    }

    #[test]
    fn every_situation_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = all().map(|situation| situation.name).collect();
        assert_eq!(names.len(), all().count());
    }

    #[test]
    fn what_a_situation_resembles_is_another_verdict() {
        for situation in all() {
            assert_ne!(
                situation.resembles,
                Some(situation.expect),
                "{}",
                situation.name
            );
        }
    }
}
