//! I4: leases that live at the same time are disjoint; the range of one lease is contiguous per partition, but for
//! offsets that are acked or hold no record.
//!
//! A lease lives for certain until its client acks, nacks or leaves, the aggregator dies, or its clock may have run out:
//! that is not before the time at which the gather was asked for, plus the time that it took, plus the lease. What a dead
//! aggregator's gathers still bring, out of a socket's buffer, nobody holds.

use std::collections::BTreeMap;

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;

use super::history::{Entry, Event, GatherKey, History, Log};
use super::visible::Visible;

struct Leases<'a> {
    visible: Visible,
    /// When the clock of each lease may have run out at the earliest; none, while its gather has no summary.
    ends: BTreeMap<GatherKey, Moment>,
    acked: BTreeMap<&'a Log, RangeSet>,
    /// What gathers hold for certain.
    held: BTreeMap<&'a Log, BTreeMap<GatherKey, RangeSet>>,
    /// What each gather was given last.
    lasts: BTreeMap<(GatherKey, &'a Log), OffsetRange>,
    /// The last gather that was asked for.
    asked: Option<GatherKey>,
    /// The last gather whose aggregator is dead.
    dead: Option<GatherKey>,
}

pub(super) fn check(history: &History) -> Result<(), String> {
    let mut leases = Leases {
        visible: Visible::of(history),
        ends: ends(history),
        acked: BTreeMap::new(),
        held: BTreeMap::new(),
        lasts: BTreeMap::new(),
        asked: None,
        dead: None,
    };
    let mut entries = history.entries().iter();
    entries.try_for_each(|entry| leases.apply(entry))
}

impl<'a> Leases<'a> {
    fn apply(&mut self, entry: &'a Entry) -> Result<(), String> {
        match &entry.event {
            Event::HandedOut {
                gather, log, range, ..
            } => return self.hand_out(*gather, log, *range, entry.at),
            Event::Asked { gather, .. } => self.asked = self.asked.max(Some(*gather)),
            Event::Acked { log, range } => {
                self.acked.entry(log).or_default().insert(*range);
                self.give_back(log, *range);
            }
            Event::Nacked { log, range } => self.give_back(log, *range),
            Event::Left { gather } => self.held.values_mut().for_each(|holders| {
                holders.remove(gather);
            }),
            Event::AggregatorKilled => {
                self.held.clear();
                self.dead = self.asked;
            }
            Event::Rewound { log, .. } => drop(self.held.remove(log)),
            Event::Produced { .. }
            | Event::SummedUp { .. }
            | Event::Committed { .. }
            | Event::Silenced { .. }
            | Event::Heard { .. }
            | Event::Held { .. } => {}
        }
        Ok(())
    }

    fn hand_out(
        &mut self,
        gather: GatherKey,
        log: &'a Log,
        range: OffsetRange,
        at: Moment,
    ) -> Result<(), String> {
        let last = self.lasts.insert((gather, log), range);
        let acked = self.acked.entry(log).or_default();
        contiguous(last, range, |gap| missed(log, gap, acked, &self.visible))
            .map_err(|how| format!("{gather}, {log}: {how}"))?;
        let over = |holder: &GatherKey| self.ends.get(holder).is_some_and(|end| at >= *end);
        if over(&gather) || self.dead.is_some_and(|last| gather <= last) {
            // It was read so late that others may have it by right.
            return Ok(());
        }
        let holders = self.held.entry(log).or_default();
        holders.retain(|holder, _| !over(holder));
        if let Some((holder, both)) = other_holder(holders, gather, range) {
            return Err(format!(
                "{log}: {both} went to {gather} while {holder} held it"
            ));
        }
        holders.entry(gather).or_default().insert(range);
        Ok(())
    }

    fn give_back(&mut self, log: &'a Log, range: OffsetRange) {
        let holders = self.held.entry(log).or_default();
        holders.values_mut().for_each(|set| set.remove(range));
    }
}

fn ends(history: &History) -> BTreeMap<GatherKey, Moment> {
    let mut asked: BTreeMap<GatherKey, Moment> = BTreeMap::new();
    let mut ends = BTreeMap::new();
    for Entry { at, event } in history.entries() {
        if let Event::Asked { gather, .. } = event {
            asked.insert(*gather, *at);
        } else if let Event::SummedUp {
            gather,
            took,
            lease,
            ..
        } = event
        {
            let begun = asked.get(gather).copied().unwrap_or_default();
            ends.insert(*gather, begun + *took + *lease);
        }
    }
    ends
}

fn contiguous(
    last: Option<OffsetRange>,
    range: OffsetRange,
    missed: impl Fn(OffsetRange) -> Option<Offset>,
) -> Result<(), String> {
    let Some(last) = last.filter(|last| last.next() != range.first()) else {
        return Ok(());
    };
    match OffsetRange::new(last.next(), range.first()) {
        None => Err(format!("{range} follows {last} in one lease")),
        Some(gap) => match missed(gap) {
            Some(offset) => Err(format!(
                "{range} follows {last} in one lease, without {offset}"
            )),
            None => Ok(()),
        },
    }
}

/// The first visible record of a gap that was not acked.
fn missed(log: &Log, gap: OffsetRange, acked: &RangeSet, visible: &Visible) -> Option<Offset> {
    let mut missing = acked.missing_in(gap);
    missing.find_map(|part| visible.within(log, part).first().copied())
}

fn other_holder(
    holders: &BTreeMap<GatherKey, RangeSet>,
    gather: GatherKey,
    range: OffsetRange,
) -> Option<(GatherKey, OffsetRange)> {
    let mut others = holders.iter().filter(|&(&holder, _)| holder != gather);
    others.find_map(|(&holder, set)| {
        let both = set.iter().find_map(|held| held.intersection(range))?;
        Some((holder, both))
    })
}
