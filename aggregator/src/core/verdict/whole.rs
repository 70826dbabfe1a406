//! What is true of a topic as a whole, prepared once for all of its partitions.

use std::time::Duration;

use rollcall_proto::time::Moment;

use super::case::Case;
use super::outside;
use crate::core::advice::{TARGET, is_known};
use crate::core::arrivals::Rhythm;
use crate::core::evidence::trend::Growth;

/// How long after a gather that got records a status still calls the topic flowing.
const FLOW_SHOWN: Duration = Duration::from_secs(10);

/// What is true of the topic as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole {
    /// The slot has data; without a slot: the last gather just got some.
    pub has_data: bool,
    /// Every partition was read to its end, and nothing of it waits here.
    pub caught_up: bool,
    /// When the log's ends were measured that this rests on: the oldest of them.
    pub measured: Option<Moment>,
    /// The log is empty.
    pub emptiness: Option<Emptiness>,
    /// The rhythm, for the timeout that is judged with.
    pub rhythm: Option<Rhythm>,
    /// The timeout that brings P(empty) to 5 %, and P(empty) then; `None` while too few gaps are known to advise anything.
    pub advised: Option<(Duration, f64)>,
    /// The lag grows.
    pub growth: Option<Growth>,
    /// Records a second by which it seems to grow that was not watched for long enough.
    pub rising: Option<f64>,
}

/// Why a log is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// Nothing was ever written.
    NeverWritten,
    /// Everything that was written is gone.
    Purged,
}

impl Whole {
    /// What the cases of one topic say together.
    pub fn of(cases: &[Case<'_>]) -> Self {
        let Some(first) = cases.first() else {
            return Self::default();
        };
        let arrivals = first.evidence.arrivals();
        let caught_up = cases.iter().all(Case::caught_up);
        let has_data = if first.outside() {
            outside::flowing(cases, caught_up)
        } else {
            has_data(first)
        };
        let known = is_known(arrivals);
        let advised = known.then(|| arrivals.timeout_for(TARGET)).flatten();
        Self {
            has_data,
            caught_up,
            measured: measured(cases),
            emptiness: emptiness(cases),
            rhythm: arrivals.rhythm(first.ask.timeout, first.now),
            advised: advised.and_then(|timeout| Some((timeout, arrivals.p_empty(timeout)?))),
            growth: first.evidence.trend().growth(first.now),
            rising: first.evidence.trend().rising(first.now),
        }
    }
}

fn has_data(case: &Case<'_>) -> bool {
    let shown = FLOW_SHOWN + case.ask.timeout;
    match case.ask.slot {
        Some(slot) => slot.records > 0,
        None => {
            let just_asked = case
                .books
                .last_asked
                .is_some_and(|asked| case.now.since(asked) <= shown);
            case.books.last_record_count > 0 && just_asked
        }
    }
}

fn measured(cases: &[Case<'_>]) -> Option<Moment> {
    let ends: Option<Vec<_>> = cases.iter().map(|case| Some(case.ends()?.at)).collect();
    ends?.into_iter().min()
}

fn emptiness(cases: &[Case<'_>]) -> Option<Emptiness> {
    let highs: Option<Vec<_>> = cases.iter().map(Case::empty_at).collect();
    let never = highs?.iter().all(|high| high.get() == 0);
    Some(if never {
        Emptiness::NeverWritten
    } else {
        Emptiness::Purged
    })
}
