//! All situations, by what they are about.

mod broker;
mod data;
mod delivery;
mod end;
mod flow;
mod group;
mod offsets;
mod outside;
mod producer;
mod reach;
mod secured;
mod several;
mod topic;

use super::Situation;

/// A script out of an async function of the scene.
macro_rules! script {
    ($play:path) => {
        |scene| Box::pin($play(scene))
    };
}
use script;

/// All of them, in the order of the table of verdicts; those of several faults at the end.
pub fn all() -> impl Iterator<Item = &'static Situation> {
    let parts: [&'static [Situation]; 13] = [
        reach::ALL,
        secured::ALL,
        topic::ALL,
        group::ALL,
        broker::ALL,
        offsets::ALL,
        delivery::ALL,
        flow::ALL,
        producer::ALL,
        end::ALL,
        data::ALL,
        outside::ALL,
        several::ALL,
    ];
    parts.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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
