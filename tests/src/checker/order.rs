//! I3: first deliveries are in offset order within a partition; redelivery repeats, never skips.
//!
//! Said of every batch: it holds each visible record of its range, in order, and below it there is no record that is
//! neither acked nor held by the same gather. So what comes first comes in order, and what comes again comes from the
//! first unsettled record on.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

use super::history::{Event, GatherKey, History, Log};
use super::visible::{Visible, forget_from};

#[derive(Default)]
struct State {
    acked: RangeSet,
    /// What each gather was given. Those of an aggregator that was killed may still come from a socket's buffer.
    given: BTreeMap<GatherKey, RangeSet>,
}

pub(super) fn check(history: &History) -> Result<(), String> {
    let visible = Visible::of(history);
    let auto_acked = history.auto_acked();
    let mut logs: BTreeMap<&Log, State> = BTreeMap::new();
    for event in history.events() {
        if let Event::HandedOut {
            gather,
            log,
            range,
            offsets,
            ..
        } = event
        {
            let told = |how| format!("{gather}, {log}, batch {range}: {how}");
            complete(visible.within(log, *range), *range, offsets).map_err(told)?;
            let state = logs.entry(log).or_default();
            state
                .in_order(*gather, *range, |known, end| {
                    visible.first_missing(log, known, end)
                })
                .map_err(told)?;
        } else if let Event::Asked { gather, .. } = event {
            for (log, range) in auto_acked.get(gather).into_iter().flatten() {
                logs.entry(log).or_default().acked.insert(*range);
            }
        } else if let Event::Acked { log, range } = event {
            logs.entry(log).or_default().acked.insert(*range);
        } else if let Event::Rewound { log, to } = event {
            let state = logs.entry(log).or_default();
            state.given.clear();
            forget_from(&mut state.acked, *to);
            if let Some(skipped) = OffsetRange::new(Offset::ZERO, *to) {
                state.acked.insert(skipped);
            }
        }
    }
    Ok(())
}

/// A batch holds every visible record of its range, and its offsets ascend within it.
fn complete(visible: &[Offset], range: OffsetRange, offsets: &[Offset]) -> Result<(), String> {
    if let Some(pair) = offsets.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(format!("offset {} comes after {}", pair[1], pair[0]));
    }
    if let Some(outside) = offsets.iter().find(|&&offset| !range.contains(offset)) {
        return Err(format!("offset {outside} lies outside"));
    }
    let held = |offset: &&Offset| offsets.binary_search(offset).is_err();
    match visible.iter().find(held) {
        Some(missing) => Err(format!(
            "offset {missing} lies in the log and not in the batch"
        )),
        None => Ok(()),
    }
}

impl State {
    fn in_order(
        &mut self,
        gather: GatherKey,
        range: OffsetRange,
        first_missing: impl Fn(&RangeSet, Offset) -> Option<Offset>,
    ) -> Result<(), String> {
        let given = self.given.entry(gather).or_default();
        let mut known = self.acked.clone();
        given.iter().for_each(|range| known.insert(range));
        given.insert(range);
        let skipped = first_missing(&known, range.first());
        match skipped {
            Some(offset) => Err(format!("offset {offset} before it was skipped")),
            None => Ok(()),
        }
    }
}
