//! What was said about a topic, one after the other, and for how long: bounded, and forgetting the oldest.

use std::collections::VecDeque;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

/// Changes that are kept of a topic.
pub const CHANGES: usize = 500;

/// What was said, as far as a change of it is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub code: VerdictCode,
    /// Its severity.
    pub severity: Severity,
    /// Whether it was confirmed.
    pub confirmed: bool,
}

/// A verdict for as long as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its number among those of its topic, from 0; later ones have higher ones.
    pub number: u64,
    /// What was said.
    pub said: Said,
    /// When it was first said.
    pub since: Moment,
    /// When something else was said; `None` while it is still said.
    pub until: Option<Moment>,
    /// Partitions that it held for when it was first said; 0 while no partition was known.
    pub partitions: u32,
    /// Partitions of the topic then.
    pub partitions_total: u32,
}

/// The verdicts of one topic, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    spans: VecDeque<Span>,
    /// Verdicts so far, the forgotten ones included.
    said: u64,
}

impl Said {
    /// What a verdict says.
    pub fn of(verdict: &v1::Verdict) -> Self {
        Self {
            code: verdict.code(),
            severity: verdict.severity(),
            confirmed: verdict.confirmed,
        }
    }
}

impl Timeline {
    /// Takes a verdict that was said at `now`; tells whether it is another one than before.
    pub fn say(&mut self, verdict: &v1::Verdict, now: Moment) -> bool {
        let said = Said::of(verdict);
        if let Some(last) = self.spans.back_mut() {
            if last.said == said {
                return false;
            }
            last.until = Some(now);
        }
        if self.spans.len() == CHANGES {
            self.spans.pop_front();
        }
        self.spans.push_back(Span {
            number: self.said,
            said,
            since: now,
            until: None,
            partitions: verdict.partitions,
            partitions_total: verdict.partitions_total,
        });
        self.said += 1;
        true
    }

    /// The verdicts, oldest first.
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = &Span> + ExactSizeIterator {
        self.spans.iter()
    }

    /// The verdict that is said now.
    pub fn last(&self) -> Option<&Span> {
        self.spans.back()
    }
}
