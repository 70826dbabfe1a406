//! I2: every retained record at or above the committed offset is offered to some gather, in the end.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

use super::history::{Event, History, Log};
use super::visible::{Visible, forget_from};

pub(super) fn check(history: &History) -> Result<(), String> {
    let visible = Visible::of(history);
    let offered = offered(history);
    let none = RangeSet::new();
    for (log, end) in visible.ends() {
        let known = offered.get(log).unwrap_or(&none);
        if let Some(offset) = visible.first_missing(log, known, end) {
            return Err(format!("{log}: offset {offset} was never handed out"));
        }
    }
    Ok(())
}

/// What was offered since the last rewinding; what lies below that needs no offer.
fn offered(history: &History) -> BTreeMap<&Log, RangeSet> {
    let mut logs: BTreeMap<&Log, RangeSet> = BTreeMap::new();
    for event in history.events() {
        if let Event::HandedOut { log, offsets, .. } = event {
            let set = logs.entry(log).or_default();
            for range in offsets.iter().filter_map(|&offset| single(offset)) {
                set.insert(range);
            }
        } else if let Event::Rewound { log, to } = event {
            let set = logs.entry(log).or_default();
            forget_from(set, *to);
            if let Some(skipped) = OffsetRange::new(Offset::ZERO, *to) {
                set.insert(skipped);
            }
        }
    }
    logs
}

fn single(offset: Offset) -> Option<OffsetRange> {
    OffsetRange::new(offset, offset.checked_add(1)?)
}
