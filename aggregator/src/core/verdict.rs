//! Why a topic's slot is empty, or why it is less than it could be: judged from evidence and books alone.
//!
//! [`table::TABLE`] is the ordered list of rules. Each partition becomes a [`case::Case`], the first rule
//! that holds is its verdict (`partition`), and the topic shows the worst of its partitions (`topic`).
//! To add a verdict: one constant in `rules/`, one line in the table. [`why_not`] tries the conditions of one
//! rule and says by which fact each was decided.

pub mod case;
pub mod condition;
pub mod fact;
mod outside;
mod partition;
mod rules;
pub mod shown;
pub mod table;
mod topic;
mod whole;
mod why_not;

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

use super::books::TopicBooks;
use super::evidence::TopicEvidence;

pub(in crate::core) use partition::rank;

/// Timeout that a topic's rhythm is shown for when the consumer's own was not told.
const UNTOLD_TIMEOUT: Duration = Duration::from_secs(1);

/// Partitions whose facts are listed; an operator who has more looks at one of them.
const LISTED: usize = 12;

/// An answer about more topics than these tells less of each, so that it can be read in time.
pub const MANY: usize = 64;

/// What is to be judged: one slot of a gather, or the topic without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Timeout of the gather, or the one to judge with.
    pub timeout: Duration,
    /// When the gather was asked for.
    pub started: Moment,
    /// When it closed.
    pub closed: Moment,
    /// What the gather got of the topic; `None` for a status without a gather.
    pub slot: Option<SlotOutcome>,
    /// Whether the timeout is the consumer's own; false from outside when nobody told it.
    pub timeout_told: bool,
    /// How much is told.
    pub detail: Detail,
}

/// How much an answer tells of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The facts of each partition that has the verdict, up to a dozen.
    #[default]
    Full,
    /// The facts of one partition stand for all.
    OnePartition,
    /// The same, and only of faults and warnings; nothing that is ruled out.
    Summary,
}

impl Detail {
    /// How many partitions' facts are told of a verdict of that severity.
    const fn partitions(self, severity: Severity) -> usize {
        let is_news = matches!(severity, Severity::Fault | Severity::Warn);
        match self {
            Self::Full => LISTED,
            Self::Summary if !is_news => 0,
            Self::OnePartition | Self::Summary => 1,
        }
    }

    /// Whether only verdicts and numbers are wanted.
    pub(in crate::core) fn is_summary(self) -> bool {
        self == Self::Summary
    }
}

/// What a gather got of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotOutcome {
    /// Records.
    pub records: u32,
    /// The limit that left records behind, if one did.
    pub capped: Option<Capped>,
}

/// A limit of a gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capped {
    /// `max_records` of the topic.
    MaxRecords,
    /// `max_bytes` of the gather.
    MaxBytes,
}

/// The verdict about a topic, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: v1::Verdict,
    /// What else holds, worst first.
    pub also: Vec<v1::Verdict>,
    /// What was looked at and does not hold.
    pub ruled_out: Vec<v1::RuledOut>,
    /// The verdict of each partition.
    pub partitions: BTreeMap<Partition, VerdictCode>,
    /// Records that wait in the log and in the buffers; `None` when a partition's part is unknown.
    pub backlog: Option<u64>,
    /// Records that are handed out and not settled.
    pub unacked: u64,
}

impl Ask {
    /// Judges the topic as it is now, without a gather.
    pub const fn status(timeout: Duration, now: Moment) -> Self {
        Self {
            timeout,
            started: now,
            closed: now,
            slot: None,
            timeout_told: true,
            detail: Detail::Full,
        }
    }

    /// Judges the topic of a group that other software runs: with its timeout if that was told.
    pub fn outside(timeout: Option<Duration>, now: Moment) -> Self {
        Self {
            timeout_told: timeout.is_some(),
            ..Self::status(timeout.unwrap_or(UNTOLD_TIMEOUT), now)
        }
    }
}

/// Judges a topic.
pub fn judge(evidence: &TopicEvidence, books: &TopicBooks, ask: &Ask, now: Moment) -> Judgement {
    let cases = case::cases(evidence, books, ask, now);
    topic::judge(&cases)
}

/// The verdict about a topic alone: what [`judge`] says of it, without facts and advice.
pub fn judge_alone(
    evidence: &TopicEvidence,
    books: &TopicBooks,
    ask: &Ask,
    now: Moment,
) -> v1::Verdict {
    topic::judge_alone(&case::cases(evidence, books, ask, now))
}

/// Why the topic's partitions do not have the verdict of that code: every condition of its rule, with the fact
/// that decided it. Nothing when no rule of this build finds it.
pub fn why_not(
    evidence: &TopicEvidence,
    books: &TopicBooks,
    ask: &Ask,
    now: Moment,
    code: VerdictCode,
) -> Vec<v1::PartitionChecks> {
    why_not::why_not(&case::cases(evidence, books, ask, now), code)
}

#[cfg(test)]
mod tests;
