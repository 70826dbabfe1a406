//! Judges what happened by the invariants of delivery, as ARCHITECTURE.md numbers them.
//!
//! A [`History`] is what can be seen from outside: what was produced, what each gather brought, what was acked, what
//! the group had committed, and what was done to the processes meanwhile. Each invariant is one function over a
//! history; all of it is pure.
//!
//! I6 (records lost to retention are named) is judged where the loss is made, by what the status says.
//!
//! A run that is too long to be kept as a history is written down in lines ([`mod@line`]) and judged by a [`ledger`].

mod answers;
mod commits;
mod history;
mod leases;
pub mod ledger;
pub mod line;
pub(crate) mod memory;
mod offers;
mod order;
mod visible;

use std::fmt;

pub use history::{Entry, Event, GatherKey, History, Log, SlotSeen};

/// An invariant that a history breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which one: `I1` to `I7`.
    pub invariant: &'static str,
    /// What it says.
    pub rule: &'static str,
    /// Where and how the history breaks it.
    pub how: String,
}

type Check = fn(&History) -> Result<(), String>;

const INVARIANTS: [(&str, &str, Check); 6] = [
    (
        "I1",
        "the committed offset never passes the acked prefix",
        commits::check,
    ),
    (
        "I2",
        "every record at or above the committed offset is offered in the end",
        offers::check,
    ),
    (
        "I3",
        "first deliveries are in offset order, redelivery never skips",
        order::check,
    ),
    (
        "I4",
        "live leases are disjoint, each contiguous in a partition",
        leases::check,
    ),
    (
        "I5",
        "every requested topic gets data or a verdict, a silent fetcher is never caught up",
        answers::check,
    ),
    (
        "I7",
        "held bytes stay within the budget and one batch for each partition",
        memory::check,
    ),
];

/// What I6 says; a history of single events has no place for it.
const I6: &str = "records that the log lost before they were settled are named";

/// The invariants that the history breaks, each with the first place where it does.
pub fn broken(history: &History) -> Vec<Broken> {
    let judge = |(invariant, rule, check): (&'static str, &'static str, Check)| {
        let how = check(history).err()?;
        Some(Broken {
            invariant,
            rule,
            how,
        })
    };
    INVARIANTS.into_iter().filter_map(judge).collect()
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            rule,
            how,
        } = self;
        write!(f, "{invariant} is broken ({rule}): {how}")
    }
}

#[cfg(test)]
mod tests;
