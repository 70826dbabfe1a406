//! Whether the aggregators that answered are all lanes, each of them once.

use std::collections::BTreeMap;

use super::{Part, Place, lanes, missing};
use crate::exit::Exit;

/// What is wrong with the aggregators that were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// One did not answer.
    Away {
        /// Where, and why, in words.
        why: String,
    },
    /// They count different lanes.
    Disagree {
        /// What each says, with its address.
        said: Vec<(String, Place)>,
    },
    /// Several say that they are the same lane.
    Twice {
        /// Which one.
        place: Place,
        /// Their addresses.
        servers: Vec<String>,
    },
    /// Nobody is this lane.
    Missing {
        /// The lanes.
        lanes: Vec<u32>,
        /// How many there are.
        of: u32,
        /// Who was asked and is another one.
        servers: Vec<String>,
    },
}

impl Oddity {
    /// Whether it leaves the answer in doubt. One that did not answer does not by itself: its lane may be there all
    /// the same, at another address.
    pub const fn leaves_doubt(&self) -> bool {
        match self {
            Self::Away { .. } => false,
            Self::Disagree { .. } | Self::Twice { .. } | Self::Missing { .. } => true,
        }
    }
}

/// All that is wrong with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts(pub Vec<Oddity>);

impl Doubts {
    /// How a command ends whose answer they are about: what was found stays found, and what seems clear is not judged
    /// while a part is in doubt.
    pub fn exit(&self, exit: Exit) -> Exit {
        match (exit, self.0.iter().any(Oddity::leaves_doubt)) {
            (Exit::Clear, true) => Exit::Unjudged,
            (exit, _) => exit,
        }
    }
}

/// What is wrong with those that answered, by their addresses.
pub fn oddities(seen: &[Part<String>]) -> Vec<Oddity> {
    let addresses = |parts: &[&Part<String>]| -> Vec<String> {
        parts.iter().map(|part| part.answer.clone()).collect()
    };
    let all: Vec<&Part<String>> = seen.iter().collect();
    if seen.iter().any(|part| part.place.lanes != lanes(seen)) {
        let said = all.iter().map(|part| (part.answer.clone(), part.place));
        return vec![Oddity::Disagree {
            said: said.collect(),
        }];
    }
    let mut by_place: BTreeMap<Place, Vec<&Part<String>>> = BTreeMap::new();
    for part in &all {
        by_place.entry(part.place).or_default().push(*part);
    }
    let twice = by_place.into_iter().filter(|(_, parts)| parts.len() > 1);
    let twice = twice.map(|(place, parts)| Oddity::Twice {
        place,
        servers: addresses(&parts),
    });
    let missing = Some(missing(seen)).filter(|lanes| !seen.is_empty() && !lanes.is_empty());
    let missing = missing.map(|missing| Oddity::Missing {
        lanes: missing,
        of: lanes(seen),
        servers: addresses(&all),
    });
    twice.chain(missing).collect()
}

/// Whether these are all lanes, and agree on it.
pub fn is_whole(places: &[Place]) -> bool {
    let parts: Vec<Part<String>> = places
        .iter()
        .map(|&place| Part {
            place,
            answer: String::new(),
        })
        .collect();
    !parts.is_empty() && oddities(&parts).is_empty()
}
