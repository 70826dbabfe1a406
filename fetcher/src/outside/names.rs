//! Which of the cluster's groups are looked at, where they are chosen among: as they come and go, and no more at once
//! than there is room for. Pure: names and times come in.

use std::collections::BTreeMap;
use std::time::Instant;

/// Lists in a row that a group must be missing from before it is let go: while a coordinator moves to another broker
/// its groups may be in nobody's list.
const MISSED: u8 = 2;

/// What is remembered of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Groups that have to do with none of the topics, and when that was seen.
    refused: BTreeMap<String, Instant>,
    /// Lists in a row that a watched group was missing from.
    missed: BTreeMap<String, u8>,
}

impl Names {
    /// The next names to look at, `room` at most: those first that never were, then those whose look is oldest, since a
    /// group may yet come to a topic. `listed` are the cluster's, without those that are watched.
    pub(super) fn next<'n>(&self, listed: &[&'n str], room: usize) -> Vec<&'n str> {
        let mut names = listed.to_vec();
        names.sort_by_key(|name| self.refused.get(*name));
        names.truncate(room);
        names
    }

    /// A group has to do with none of the topics.
    pub(super) fn refuse(&mut self, name: &str, now: Instant) {
        self.refused.insert(name.to_owned(), now);
    }

    /// How many of these were never looked at.
    pub(super) fn never_seen(&self, listed: &[&str]) -> usize {
        let unknown = |name: &&&str| !self.refused.contains_key(**name);
        listed.iter().filter(unknown).count()
    }

    /// Takes a complete list of the cluster's groups; says which of the watched ones are gone.
    pub(super) fn listed<'n>(
        &mut self,
        is_there: impl Fn(&str) -> bool,
        watched: impl Iterator<Item = &'n str>,
    ) -> Vec<String> {
        self.refused.retain(|name, _| is_there(name));
        let before = std::mem::take(&mut self.missed);
        let missing = watched.filter(|name| !is_there(name)).map(|name| {
            let times = before.get(name).copied().unwrap_or(0).saturating_add(1);
            (name.to_owned(), times)
        });
        let (gone, missed) = missing.partition::<BTreeMap<_, _>, _>(|(_, times)| *times >= MISSED);
        self.missed = missed;
        gone.into_keys().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn beyond_the_room_there_is_the_next_names_turn_comes() {
        let (mut names, mut now) = (Names::default(), Instant::now());
        let listed = ["a", "b", "c", "d", "e"];
        let mut turns = Vec::new();
        for _ in 0..4 {
            let next = names.next(&listed, 2);
            next.iter().for_each(|name| names.refuse(name, now));
            turns.push((next.concat(), names.never_seen(&listed)));
            now += Duration::from_secs(1);
        }
        let turns: Vec<_> = turns
            .iter()
            .map(|(next, left)| (&next[..], *left))
            .collect();
        assert_eq!(turns, [("ab", 3), ("cd", 1), ("ea", 0), ("bc", 0)]);
    }

    #[test]
    fn a_group_is_let_go_when_two_lists_in_a_row_lack_it() {
        let mut names = Names::default();
        let watched = ["a", "b"];
        let mut listed = |there: &[&str]| {
            let is_there = |name: &str| there.contains(&name);
            names.listed(is_there, watched.iter().copied()).concat()
        };
        assert_eq!(listed(&["a"]), "");
        assert_eq!(listed(&["a", "b"]), "", "it was only missed");
        assert_eq!(listed(&["a"]), "");
        assert_eq!(listed(&["a"]), "b");
    }

    #[test]
    fn names_that_left_are_not_remembered() {
        let mut names = Names::default();
        names.refuse("a", Instant::now());
        names.listed(|_| false, std::iter::empty());
        assert_eq!(names.never_seen(&["a"]), 1);
    }
}
