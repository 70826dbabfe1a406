//! What was said about a topic, one after the other, and for how long: bounded, and forgetting the oldest.
//!
//! Verdicts of two codes that take turns every few seconds would fill it in minutes, so they are folded into one span
//! with both codes and a count. Whatever was said for a minute or longer, and what is said now, stays by itself.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

use crate::core::verdict::rank;

/// Changes that are kept of a topic.
pub const CHANGES: usize = 500;
/// What was said for shorter than this may be folded.
pub const BRIEF: Duration = Duration::from_secs(60);
/// Changes between two codes, one after the other, from which on they are folded.
const TURNS: u32 = 3;

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

/// A verdict for as long as it was said, or two that took turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its number among those of its topic, from 0; later ones have higher ones.
    pub number: u64,
    /// What was said; of two that took turns the first, as severe as it came to be.
    pub said: Said,
    /// When it was first said.
    pub since: Moment,
    /// When something else was said; `None` while it is still said.
    pub until: Option<Moment>,
    /// Partitions that it held for when it was first said; 0 while no partition was known.
    pub partitions: u32,
    /// Partitions of the topic then.
    pub partitions_total: u32,
    /// The verdict that it took turns with.
    pub in_turn: Option<InTurn>,
}

/// The second one of two verdicts that took turns, each for less than [`BRIEF`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InTurn {
    /// What was said, as severe as it came to be.
    pub said: Said,
    /// How often the verdict changed from one of them to the other.
    pub changes: u32,
    /// The one that was said last.
    last: VerdictCode,
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

    /// The same verdict as severe as the worse of both, and confirmed if one of them was.
    fn worst(self, other: Self) -> Self {
        let severity = match rank(other.severity) > rank(self.severity) {
            true => other.severity,
            false => self.severity,
        };
        Self {
            code: self.code,
            severity,
            confirmed: self.confirmed || other.confirmed,
        }
    }
}

impl Span {
    fn is_brief(&self) -> bool {
        self.until
            .is_some_and(|until| until.since(self.since) < BRIEF)
    }

    /// This one and the next one as one; `None` where a third code would come in, or one that was said for long.
    fn and(&self, next: &Self) -> Option<Self> {
        let brief = self.in_turn.is_some() || self.is_brief();
        if !brief || next.in_turn.is_some() || !next.is_brief() {
            return None;
        }
        let said = next.said;
        let (first, in_turn) = match self.in_turn {
            None if said.code == self.said.code => (self.said.worst(said), None),
            None => (self.said, Some(InTurn::new(said))),
            Some(turn) if said.code == self.said.code => {
                (self.said.worst(said), Some(turn.at(said.code)))
            }
            Some(turn) if said.code == turn.said.code => {
                let turn = turn.at(said.code);
                let worst = turn.said.worst(said);
                (
                    self.said,
                    Some(InTurn {
                        said: worst,
                        ..turn
                    }),
                )
            }
            Some(_) => return None,
        };
        Some(Self {
            said: first,
            until: next.until,
            in_turn,
            ..*self
        })
    }
}

impl InTurn {
    const fn new(said: Said) -> Self {
        Self {
            said,
            changes: 1,
            last: said.code,
        }
    }

    fn at(self, code: VerdictCode) -> Self {
        Self {
            changes: self.changes.saturating_add(u32::from(self.last != code)),
            last: code,
            ..self
        }
    }
}

impl From<InTurn> for v1::InTurn {
    fn from(turn: InTurn) -> Self {
        Self {
            code: turn.said.code.into(),
            severity: turn.said.severity.into(),
            confirmed: turn.said.confirmed,
            changes: turn.changes,
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
        self.fold();
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
            in_turn: None,
        });
        self.said += 1;
        true
    }

    /// Folds the newest spans if they are verdicts of two codes that take turns. All of them are over.
    fn fold(&mut self) {
        let first = self.spans.len() - self.row();
        let mut row = self.spans.range(first..);
        let Some(oldest) = row.next().copied() else {
            return;
        };
        let folded = row.try_fold(oldest, |folded, span| folded.and(span));
        let turns = |span: &Span| span.in_turn.is_some_and(|turn| turn.changes >= TURNS);
        if let Some(folded) = folded.filter(turns) {
            self.spans.truncate(first);
            self.spans.push_back(folded);
        }
    }

    /// How many of the newest spans are brief and of two codes at the most, back to the folded one that they may
    /// begin with.
    fn row(&self) -> usize {
        let mut codes = BTreeSet::new();
        let mut length = 0;
        for span in self.spans.iter().rev() {
            codes.insert(span.said.code);
            codes.extend(span.in_turn.map(|turn| turn.said.code));
            let folded = span.in_turn.is_some();
            if codes.len() > 2 || !(folded || span.is_brief()) {
                break;
            }
            length += 1;
            if folded {
                break;
            }
        }
        length
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

#[cfg(test)]
mod tests;
