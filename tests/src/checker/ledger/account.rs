//! What came of a run.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::OffsetRange;

use super::WaveSeen;
use super::place::{Fate, Place};
use crate::checker::Broken;
use crate::checker::history::Log;

/// The result.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Records that Kafka acknowledged, or that its logs hold.
    pub written: u64,
    /// Records that came to a client at least once.
    pub delivered: u64,
    /// How often one came again.
    pub repeated: u64,
    /// The same by the kind of fault that explains it.
    pub repeated_by: BTreeMap<String, u64>,
    /// Records that were there and never came.
    pub lost: u64,
    /// Records that nobody had read yet when it ended before its time.
    pub unread: u64,
    /// Records that came first after later ones.
    pub out_of_order: u64,
    /// Records that the log itself lost before they came.
    pub gone: Gone,
    /// How often each invariant was broken.
    pub breaches: BTreeMap<&'static str, u64>,
    /// The first places of each.
    pub broken: Vec<Broken>,
    /// The waves of faults.
    pub waves: Vec<WaveSeen>,
}

/// Records that the log itself lost before they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gone {
    /// With their topic.
    pub recreated: u64,
    /// With the end of the log.
    pub truncated: u64,
    /// To retention, and rollcall named them.
    pub named: u64,
    /// To retention, and rollcall did not name them.
    pub unnamed: u64,
}

impl Account {
    pub(super) fn add(
        &mut self,
        log: &Log,
        place: &Place,
        finished: bool,
        found: &mut Vec<(&'static str, String)>,
    ) {
        let missing = place.missing();
        let absent: u64 = missing.iter().map(|range| range.len()).sum();
        let came = place.delivered.offsets();
        self.written += came + absent;
        self.delivered += came;
        self.repeated += place.repeated;
        if let Some(disorder) = &place.disorder {
            found.push(("I3", format!("{log}: {disorder}")));
        }
        for range in missing {
            for (fate, part) in by_fate(place, range, finished) {
                self.went(log, fate, part, found);
            }
        }
    }

    fn went(
        &mut self,
        log: &Log,
        fate: Fate,
        part: OffsetRange,
        found: &mut Vec<(&'static str, String)>,
    ) {
        match fate {
            Fate::Recreated => self.gone.recreated += part.len(),
            Fate::Unread => self.unread += part.len(),
            Fate::Truncated => self.gone.truncated += part.len(),
            Fate::Named => self.gone.named += part.len(),
            Fate::Unnamed => {
                self.gone.unnamed += part.len();
                found.push((
                    "I6",
                    format!("{log}: numbers {part} were deleted unsettled, and nobody said so"),
                ));
            }
            Fate::Lost => {
                self.lost += part.len();
                found.push(("I2", format!("{log}: numbers {part} were never handed out")));
            }
        }
    }

    /// Repetitions in a hundred records that came.
    pub fn repeated_percent(&self) -> f64 {
        100.0 * self.repeated as f64 / self.delivered.max(1) as f64
    }
}

/// The parts of a range whose records went the same way.
fn by_fate(place: &Place, range: OffsetRange, finished: bool) -> Vec<(Fate, OffsetRange)> {
    let mut parts: Vec<(Fate, OffsetRange)> = Vec::new();
    for number in range.first().get()..range.next().get() {
        let one = OffsetRange::from_raw(number, number + 1);
        let (Some(one), Some(number)) = (one, Offset::known(number)) else {
            continue;
        };
        let fate = place.fate(number, finished);
        let longer = parts.last().filter(|(last, _)| *last == fate);
        let longer = longer.and_then(|(_, part)| OffsetRange::new(part.first(), one.next()));
        match (longer, parts.last_mut()) {
            (Some(longer), Some((_, part))) => *part = longer,
            (Some(_) | None, _) => parts.push((fate, one)),
        }
    }
    parts
}
