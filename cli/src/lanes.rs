//! One answer made of the answers of several lanes: pure.
//!
//! An aggregator speaks for the partitions of its own lane. Over lanes
//!
//! - records, bytes and counters are added up; a sum of which a lane with partitions of the topic does not know its
//!   part is unknown;
//! - partitions are all of them, each as its own lane tells it;
//! - the newest record is the newest that any lane knows, and every other age is the oldest;
//! - the verdict is the worst, as it is among the partitions of one aggregator (`verdict`): a lane that has no
//!   partition of the topic says nothing about it unless that holds for all of them, and a lane that is missing
//!   makes it UNDETERMINED where nothing worse is known;
//! - `lane` is the number of lanes, which no lane has: so it is told from the answer of one of them.

pub mod advice;
pub mod gather;
pub mod oddity;
pub mod past;
pub mod roll;
pub mod topic;
mod verdict;

use std::collections::BTreeSet;

use prost_types::{Duration, Timestamp};

/// Which lane an aggregator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its number, from 0.
    pub lane: u32,
    /// How many there are, at least 1.
    pub lanes: u32,
}

/// What one lane answered.
#[derive(Clone, Debug)]
pub struct Part<T> {
    /// Which lane.
    pub place: Place,
    /// What it said.
    pub answer: T,
}

impl Place {
    /// As an answer says it; an aggregator that says no number of lanes is the only one.
    pub fn said(lane: u32, lanes: u32) -> Self {
        Self {
            lane,
            lanes: lanes.max(1),
        }
    }

    /// Whether a partition is this lane's.
    pub fn has(self, partition: i32) -> bool {
        u32::try_from(partition).is_ok_and(|partition| partition % self.lanes == self.lane)
    }
}

impl<T> Part<T> {
    /// What the only lane answered.
    pub const fn alone(answer: T) -> Self {
        Self {
            place: Place { lane: 0, lanes: 1 },
            answer,
        }
    }

    /// The same part of something else.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Part<U> {
        Part {
            place: self.place,
            answer: of(self.answer),
        }
    }
}

/// Whether an answer that says so is of several lanes.
pub const fn is_over_lanes(lane: u32, lanes: u32) -> bool {
    lanes > 1 && lane >= lanes
}

/// Whether it is of one lane among several.
pub const fn is_of_one_lane(lane: u32, lanes: u32) -> bool {
    lanes > 1 && lane < lanes
}

/// How many lanes there are by all these answers: the most that any of them says.
fn lanes<T>(parts: &[Part<T>]) -> u32 {
    let said = parts.iter().map(|part| part.place.lanes);
    said.max().unwrap_or(1)
}

/// Lanes of which nobody answered. Where answers disagree on the number of lanes, none counts as there that does not
/// say the highest.
fn missing<T>(parts: &[Part<T>]) -> Vec<u32> {
    let lanes = lanes(parts);
    let places = parts.iter().map(|part| part.place);
    let there: BTreeSet<u32> = places
        .filter(|place| place.lanes == lanes)
        .map(|place| place.lane)
        .collect();
    (0..lanes).filter(|lane| !there.contains(lane)).collect()
}

/// Puts together what several lanes say under one name, in the order in which the names first come.
fn by_name<T>(parts: Vec<Part<Vec<T>>>, name: impl Fn(&T) -> &str) -> Vec<(String, Vec<Part<T>>)> {
    let mut groups: Vec<(String, Vec<Part<T>>)> = Vec::new();
    for part in parts {
        let place = part.place;
        for item in part.answer {
            let known = groups.iter().position(|(known, _)| known == name(&item));
            let at = known.unwrap_or_else(|| {
                groups.push((name(&item).to_owned(), Vec::new()));
                groups.len() - 1
            });
            groups[at].1.push(Part {
                place,
                answer: item,
            });
        }
    }
    groups
}

/// The sum, if every part of it is known.
fn sum_known(parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    let mut parts = parts;
    parts.try_fold(0, |sum: u64, part| Some(sum.saturating_add(part?)))
}

/// Numbers come from the network: their sum must not overflow.
fn sum(parts: impl Iterator<Item = u64>) -> u64 {
    parts.fold(0, u64::saturating_add)
}

/// The same of smaller numbers.
fn sum32(parts: impl Iterator<Item = u32>) -> u32 {
    parts.fold(0, u32::saturating_add)
}

/// The longest of the lengths that are known.
fn longest<'a>(lengths: impl Iterator<Item = Option<&'a Duration>>) -> Option<Duration> {
    let known = lengths.flatten();
    known
        .max_by_key(|length| (length.seconds, length.nanos))
        .cloned()
}

/// The shortest of the lengths that are known.
fn shortest<'a>(lengths: impl Iterator<Item = Option<&'a Duration>>) -> Option<Duration> {
    let known = lengths.flatten();
    known
        .min_by_key(|length| (length.seconds, length.nanos))
        .cloned()
}

/// The first of the moments that are known.
fn earliest<'a>(moments: impl Iterator<Item = Option<&'a Timestamp>>) -> Option<Timestamp> {
    moments.flatten().min_by_key(order).cloned()
}

/// The last of the moments that are known.
fn latest<'a>(moments: impl Iterator<Item = Option<&'a Timestamp>>) -> Option<Timestamp> {
    moments.flatten().max_by_key(order).cloned()
}

fn order(moment: &&Timestamp) -> (i64, i32) {
    (moment.seconds, moment.nanos)
}

/// Texts that should be one; where they are not, each of them once.
fn text<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut said: Vec<&str> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !said.contains(&text) {
            said.push(text);
        }
    }
    said.join(", ")
}

/// The first text that says something.
fn first<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut texts = texts;
    texts
        .find(|text| !text.is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests;
