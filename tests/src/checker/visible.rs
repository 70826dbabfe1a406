//! The records that a consumer can see, over the whole history.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

use super::history::{Event, History, Log};

/// Offsets of visible records, ascending, by log.
pub(super) struct Visible(BTreeMap<Log, Vec<Offset>>);

impl Visible {
    pub(super) fn of(history: &History) -> Self {
        let mut logs: BTreeMap<Log, Vec<Offset>> = BTreeMap::new();
        for event in history.events() {
            if let Event::Produced { log, offsets } = event {
                logs.entry(log.clone()).or_default().extend(offsets);
            }
        }
        for offsets in logs.values_mut() {
            offsets.sort_unstable();
            offsets.dedup();
        }
        Self(logs)
    }

    /// The visible records of a range, in order.
    pub(super) fn within(&self, log: &Log, range: OffsetRange) -> &[Offset] {
        let offsets = self.0.get(log).map_or(&[][..], Vec::as_slice);
        let from = offsets.partition_point(|&offset| offset < range.first());
        let to = offsets.partition_point(|&offset| offset < range.next());
        &offsets[from..to]
    }

    /// The first visible record below `end` that `known` does not have.
    pub(super) fn first_missing(&self, log: &Log, known: &RangeSet, end: Offset) -> Option<Offset> {
        let below = OffsetRange::new(Offset::ZERO, end)?;
        let mut gaps = known.missing_in(below);
        gaps.find_map(|gap| self.within(log, gap).first().copied())
    }

    /// Every log with visible records, and the offset after its last one.
    pub(super) fn ends(&self) -> impl Iterator<Item = (&Log, Offset)> {
        let end = |offsets: &Vec<Offset>| offsets.last()?.checked_add(1);
        self.0
            .iter()
            .filter_map(move |(log, offsets)| Some((log, end(offsets)?)))
    }
}

/// Takes everything at or above `from` out of a set.
pub(super) fn forget_from(set: &mut RangeSet, from: Offset) {
    let last = Offset::known(i64::MAX);
    if let Some(rest) = last.and_then(|last| OffsetRange::new(from, last)) {
        set.remove(rest);
    }
}
