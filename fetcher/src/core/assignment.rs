//! Where a partition starts: out of the commit, the log's bounds and the policy, and what that skips.

use rollcall_proto::ids::{Offset, TopicId};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::StartedFrom;

use crate::core::facts::LogFacts;

/// Where a partition without a usable commit starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartPolicy {
    /// At the log start.
    #[default]
    Earliest,
    /// At the end.
    Latest,
}

/// Where a partition starts, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The first offset to read.
    pub offset: Offset,
    /// How it was found.
    pub from: StartedFrom,
    /// Records that are gone, or skipped by choice.
    pub lost: Option<OffsetRange>,
}

/// Finds the start of a partition.
///
/// A commit made for another topic of the same name is no commit: its offsets speak about a log that
/// is gone. `known` is the topic that this process has read so far, `present` the one that exists now.
pub fn start(
    facts: &LogFacts,
    policy: StartPolicy,
    known: Option<&TopicId>,
    present: Option<&TopicId>,
) -> Start {
    if recreated(facts, known, present) {
        return Start {
            offset: facts.log_start,
            from: StartedFrom::Recreated,
            lost: None,
        };
    }
    match facts.committed {
        None => by_policy(facts, policy, None),
        Some(at) if at < facts.log_start => Start {
            offset: facts.log_start,
            from: StartedFrom::BelowLogStart,
            lost: OffsetRange::new(at, facts.log_start),
        },
        // With its leader's epoch it is a place that the leader is asked about when it is read from.
        Some(at) if at > facts.high_watermark && facts.committed_epoch.is_none() => {
            by_policy(facts, policy, Some(StartedFrom::BeyondEnd))
        }
        Some(at) => Start {
            offset: at,
            from: StartedFrom::Commit,
            lost: None,
        },
    }
}

fn recreated(facts: &LogFacts, known: Option<&TopicId>, present: Option<&TopicId>) -> bool {
    let differs = |id: &TopicId| present.is_some_and(|now| now != id);
    known.is_some_and(differs) || facts.committed_for.as_ref().is_some_and(differs)
}

/// The policy's start; `instead` replaces the reason.
pub fn by_policy(facts: &LogFacts, policy: StartPolicy, instead: Option<StartedFrom>) -> Start {
    let (offset, from) = match policy {
        StartPolicy::Earliest => (facts.log_start, StartedFrom::PolicyEarliest),
        StartPolicy::Latest => (facts.end(), StartedFrom::PolicyLatest),
    };
    Start {
        offset,
        from: instead.unwrap_or(from),
        lost: OffsetRange::new(facts.log_start, offset),
    }
}

#[cfg(test)]
mod tests;
