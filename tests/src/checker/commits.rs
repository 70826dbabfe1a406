//! I1: committed ≤ contiguous acked prefix ≤ highest handed out; and committed never falls by itself.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

use super::history::{Event, History, Log};
use super::visible::{Visible, forget_from};

#[derive(Default)]
struct State {
    acked: RangeSet,
    handed_out: RangeSet,
    committed: Offset,
}

pub(super) fn check(history: &History) -> Result<(), String> {
    let visible = Visible::of(history);
    let auto_acked = history.auto_acked();
    let mut logs: BTreeMap<&Log, State> = BTreeMap::new();
    for event in history.events() {
        if let Event::HandedOut { log, range, .. } = event {
            logs.entry(log).or_default().handed_out.insert(*range);
        } else if let Event::Asked { gather, .. } = event {
            for (log, range) in auto_acked.get(gather).into_iter().flatten() {
                logs.entry(log).or_default().acked.insert(*range);
            }
        } else if let Event::Acked { log, range } = event {
            logs.entry(log).or_default().ack(log, *range, &visible)?;
        } else if let Event::Rewound { log, to } = event {
            logs.entry(log).or_default().rewind(*to);
        } else if let Event::Committed { log, offset, end } = event {
            logs.entry(log)
                .or_default()
                .commit(log, *offset, *end, &visible)?;
        }
    }
    Ok(())
}

impl State {
    fn ack(&mut self, log: &Log, range: OffsetRange, visible: &Visible) -> Result<(), String> {
        let mut unseen = self.handed_out.missing_in(range);
        let unseen = unseen.find_map(|gap| visible.within(log, gap).first().copied());
        if let Some(offset) = unseen {
            return Err(format!(
                "{log}: offset {offset} was acked in {range} and never handed out"
            ));
        }
        self.acked.insert(range);
        Ok(())
    }

    fn rewind(&mut self, to: Offset) {
        forget_from(&mut self.acked, to);
        if let Some(skipped) = OffsetRange::new(Offset::ZERO, to) {
            self.acked.insert(skipped);
            self.handed_out.insert(skipped);
        }
        self.committed = to;
    }

    fn commit(
        &mut self,
        log: &Log,
        offset: Offset,
        end: Offset,
        visible: &Visible,
    ) -> Result<(), String> {
        if let Some(unacked) = visible.first_missing(log, &self.acked, offset) {
            return Err(format!(
                "{log}: {offset} was committed while offset {unacked} was not acked"
            ));
        }
        if offset > end {
            return Err(format!(
                "{log}: {offset} was committed, the log ended at {end}"
            ));
        }
        if offset < self.committed {
            let before = self.committed;
            return Err(format!(
                "{log}: the commit fell from {before} to {offset} and nobody rewound it"
            ));
        }
        self.committed = offset;
        Ok(())
    }
}
