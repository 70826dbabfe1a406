//! A labelled trace on trial: is the right verdict said in time, and never a forbidden one.
//!
//! Between its lines the trace is judged without a gather four times a second, as a status is; its own
//! judgements (a gather's slots) are judged again where they stand, and count as said too.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity};

use super::fault::TraceFault;
use super::judged::Comparison;
use super::replay::{Heard, Key, Replay};
use super::timeline::Said;
use crate::core::evidence::wire;
use crate::core::verdict::rank;

/// Time between two judgements.
pub const STEP: Duration = Duration::from_millis(250);
/// Judgements of one trial: a trace that needs more is judged more rarely.
const MAX_STEPS: u32 = 100_000;
/// Labels of one trial; later ones are not held.
const MAX_LABELS: usize = 10_000;
/// Wrong words that are listed for one label; the rest are counted.
const LISTED: usize = 8;

/// What became of one label.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The topic.
    pub key: Key,
    /// The label.
    pub label: v1::TraceLabel,
    /// When it stands, since the beginning of the trace.
    pub at: Duration,
    /// How long after it an expected verdict was first said, confirmed; `None` when none was.
    pub reached: Option<Duration>,
    /// How long after it an expected verdict was first said, confirmed or not.
    pub suspected: Option<Duration>,
    /// What was said last before the next label.
    pub last: Option<Said>,
    /// What should not have been said, and when.
    pub wrong: Vec<(Duration, Said)>,
    /// How often something was said that should not have been.
    pub wrong_count: u64,
}

/// A trace on trial.
#[derive(Clone, Debug)]
pub struct Trial {
    replay: Replay,
    next: Moment,
    steps: u32,
    open: BTreeMap<Key, Open>,
    done: Vec<Outcome>,
    compared: u64,
    differing: Vec<(Duration, Key, Comparison)>,
    differing_count: u64,
}

/// A label that holds.
#[derive(Clone, Debug)]
struct Open {
    since: Moment,
    outcome: Outcome,
}

impl Outcome {
    /// Whether the label was kept: its verdict said in time, nothing wrong meanwhile.
    pub fn is_right(&self) -> bool {
        self.in_time() && self.wrong_count == 0
    }

    /// Whether an expected verdict was said in time, or none is expected.
    pub fn in_time(&self) -> bool {
        let within = wire::duration(self.label.within.as_ref()).unwrap_or_default() + STEP;
        self.label.expected.is_empty() || self.reached.is_some_and(|reached| reached <= within)
    }

    fn hear(&mut self, said: Said, at: Duration) {
        self.last = Some(said);
        let names = |codes: &[i32]| codes.contains(&i32::from(said.code));
        if names(&self.label.expected) {
            self.suspected.get_or_insert(at);
            if said.confirmed {
                self.reached.get_or_insert(at);
            }
        }
        let worst = self.label.worst();
        let too_bad =
            worst != Severity::Unspecified && said.confirmed && rank(said.severity) > rank(worst);
        if names(&self.label.forbidden) || too_bad {
            self.wrong_count += 1;
            if self.wrong.len() < LISTED {
                self.wrong.push((at, said));
            }
        }
    }
}

impl Trial {
    /// Begins with the header of the trace.
    pub fn begin(header: v1::TraceHeader) -> Result<Self, TraceFault> {
        let replay = Replay::begin(header)?;
        Ok(Self {
            next: replay.now(),
            replay,
            steps: 0,
            open: BTreeMap::new(),
            done: Vec::new(),
            compared: 0,
            differing: Vec::new(),
            differing_count: 0,
        })
    }

    /// Takes the next line, after judging up to its time.
    pub fn take(&mut self, line: &v1::TraceLine) -> Result<(), TraceFault> {
        let until = self.replay.moment_of(line)?;
        while self.next < until && self.steps < MAX_STEPS {
            self.judge(self.next);
            self.next = self.next + STEP;
            self.steps += 1;
        }
        let heard = self.replay.take(line)?;
        let now = self.replay.now();
        match heard {
            Heard::Judged(key, comparison) => self.compare(key, comparison, now),
            Heard::Label(key, label) => self.label(key, label, now),
            Heard::End => self.judge(now),
            Heard::Evidence(_) | Heard::Unknown => {}
        }
        Ok(())
    }

    /// Ends the trial: the labels in order, with what became of them.
    pub fn end(mut self) -> Verdicts {
        for (_, open) in std::mem::take(&mut self.open) {
            self.done.push(open.outcome);
        }
        self.done.sort_by_key(|outcome| outcome.at);
        Verdicts {
            outcomes: self.done,
            compared: self.compared,
            differing: self.differing,
            differing_count: self.differing_count,
            replay: self.replay,
        }
    }

    fn judge(&mut self, at: Moment) {
        for (key, verdict) in self.replay.judge_all(at) {
            self.said(&key, Said::of(&verdict), at);
        }
    }

    fn compare(&mut self, key: Key, comparison: Comparison, now: Moment) {
        self.compared += 1;
        self.said(&key, comparison.now, now);
        if !comparison.agrees() {
            self.differing_count += 1;
            if self.differing.len() < LISTED {
                let at = self.replay.offset(now);
                self.differing.push((at, key, comparison));
            }
        }
    }

    fn said(&mut self, key: &Key, said: Said, at: Moment) {
        if let Some(open) = self.open.get_mut(key) {
            open.outcome.hear(said, at.since(open.since));
        }
    }

    fn label(&mut self, key: Key, label: v1::TraceLabel, now: Moment) {
        if self.done.len() >= MAX_LABELS {
            return;
        }
        let outcome = Outcome {
            key: key.clone(),
            label,
            at: self.replay.offset(now),
            reached: None,
            suspected: None,
            last: None,
            wrong: Vec::new(),
            wrong_count: 0,
        };
        let before = self.open.insert(
            key,
            Open {
                since: now,
                outcome,
            },
        );
        self.done.extend(before.map(|open| open.outcome));
    }
}

/// What a trial found.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// The labels in the order of their time.
    pub outcomes: Vec<Outcome>,
    /// Judgements of the trace that were judged again.
    pub compared: u64,
    /// The first of those that this engine judges otherwise.
    pub differing: Vec<(Duration, Key, Comparison)>,
    /// How many there are.
    pub differing_count: u64,
    /// The trace, played to its end.
    pub replay: Replay,
}

impl Verdicts {
    /// Whether every label was kept.
    pub fn all_right(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_right)
    }
}
