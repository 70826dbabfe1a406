//! The figures that shall be reached, and what was measured of each.

use super::measure::{Measured, Round};
use crate::speed::figures::{Figure, Goal};
use crate::speed::spread::{Spread, quantile};

/// Something that each round measured, and whose growth is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) value: fn(&Round) -> Option<f64>,
    /// What it may be with a thousand topics; none where only its growth is judged.
    goal: Option<f64>,
}

/// The number of topics that goals are for, and the one that it is compared with.
const MANY: usize = 1000;
const FEWER: usize = 100;

pub(super) const KINDS: [Kind; 7] = [
    Kind {
        name: "idle: CPU, of a core",
        unit: " %",
        value: |round| Some(round.idle_core * 100.0),
        goal: Some(5.0),
    },
    Kind {
        name: "idle: resident memory",
        unit: " MB",
        value: |round| Some(round.idle_resident as f64 / 1e6),
        goal: Some(250.0),
    },
    Kind {
        name: "GetStatus as a summary, p50",
        unit: " ms",
        value: |round| quantile(&round.status_ms, 0.5),
        goal: Some(25.0),
    },
    Kind {
        name: "GetStatus with everything, p50",
        unit: " ms",
        value: |round| quantile(&round.whole_status_ms, 0.5),
        goal: None,
    },
    Kind {
        name: "a gather over all, data everywhere, p50",
        unit: " ms",
        value: |round| quantile(&round.gather_ms, 0.5),
        goal: Some(100.0),
    },
    Kind {
        name: "at work: CPU, of a core",
        unit: " %",
        value: |round| Some(round.work_core * 100.0),
        goal: None,
    },
    Kind {
        name: "at work: resident memory",
        unit: " MB",
        value: |round| Some(round.work_resident as f64 / 1e6),
        goal: None,
    },
];

impl Kind {
    /// Over the rounds with so many topics; none where there was none.
    pub(super) fn spread(&self, measured: &Measured, topics: usize) -> Option<Spread> {
        Spread::of(measured.rounds.get(&topics)?.iter().filter_map(self.value))
    }
}

/// All figures.
pub(super) fn figures(measured: &Measured) -> Vec<Figure> {
    let limits = KINDS.iter().filter_map(|kind| limit(measured, kind));
    let growth = KINDS.iter().map(|kind| growth(measured, kind));
    limits.chain(growth).collect()
}

fn limit(measured: &Measured, kind: &Kind) -> Option<Figure> {
    Some(Figure {
        what: format!("{MANY} topics: {}", kind.name),
        goal: Goal::AtMost(kind.goal?),
        measured: kind.spread(measured, MANY),
        unit: kind.unit,
    })
}

/// What one topic costs with many beside it, against what it costs with fewer.
fn growth(measured: &Measured, kind: &Kind) -> Figure {
    let each = |topics| Some(median(measured, kind, topics)? / topics as f64);
    let ratio = || Some(each(MANY)? / each(FEWER)?);
    Figure {
        what: format!("a topic of {MANY} against one of {FEWER}: {}", kind.name),
        goal: Goal::AtMost(1.0),
        measured: ratio().map(Spread::once),
        unit: "",
    }
}

fn median(measured: &Measured, kind: &Kind, topics: usize) -> Option<f64> {
    kind.spread(measured, topics).map(|spread| spread.median)
}
