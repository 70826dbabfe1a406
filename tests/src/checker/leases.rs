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

/// What gathers hold for certain, by log.
type Held<'a> = BTreeMap<&'a Log, BTreeMap<GatherKey, RangeSet>>;

pub(super) fn check(history: &History) -> Result<(), String> {
    let ends = ends(history);
    let visible = Visible::of(history);
    let mut acked: BTreeMap<&Log, RangeSet> = BTreeMap::new();
    let mut held: Held<'_> = BTreeMap::new();
    // The last gather that was asked for, and the last one whose aggregator is dead.
    let (mut asked, mut void): (Option<GatherKey>, Option<GatherKey>) = (None, None);
    let mut lasts: BTreeMap<(GatherKey, &Log), OffsetRange> = BTreeMap::new();
    for Entry { at, event } in history.entries() {
        if let Event::HandedOut {
            gather, log, range, ..
        } = event
        {
            let last = lasts.insert((*gather, log), *range);
            let done = acked.entry(log).or_default();
            contiguous(last, *range, |gap| missed(log, gap, done, &visible))
                .map_err(|how| format!("{gather}, {log}: {how}"))?;
            if void.is_some_and(|last| *gather <= last) {
                continue;
            }
            let holders = held.entry(log).or_default();
            holders.retain(|holder, _| ends.get(holder).is_none_or(|end| at < end));
            if let Some((holder, both)) = other_holder(holders, *gather, *range) {
                return Err(format!(
                    "{log}: {both} went to {gather} while {holder} held it"
                ));
            }
            holders.entry(*gather).or_default().insert(*range);
        } else if let Event::Asked { gather, .. } = event {
            asked = asked.max(Some(*gather));
        } else if let Event::Acked { log, range } | Event::Nacked { log, range } = event {
            let holders = held.entry(log).or_default();
            holders.values_mut().for_each(|set| set.remove(*range));
            if let Event::Acked { .. } = event {
                acked.entry(log).or_default().insert(*range);
            }
        } else if let Event::Left { gather } = event {
            held.values_mut()
                .for_each(|holders| drop(holders.remove(gather)));
        } else if let Event::AggregatorKilled = event {
            held.clear();
            void = asked;
        } else if let Event::Rewound { log, .. } = event {
            held.remove(log);
        }
    }
    Ok(())
}

/// When the clock of each lease may have run out at the earliest; none, while its gather has no summary.
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
