//! One gather over lanes: each lane closes for itself, and the answer is there when the last one has.

use rollcall_proto::v1::{ClosedBy, GatherSummary, Slot};

use super::verdict::{Said, concerned, judge};
use super::{
    Part, by_name, earliest, first, lanes, longest, missing, shortest, sum, sum_known, sum32,
};

/// The summaries of the lanes as one. Its numbers of the gather and of the lease are 0, since every lane has its own.
pub fn summary(parts: Vec<Part<GatherSummary>>) -> GatherSummary {
    let lanes = lanes(&parts);
    let missing = missing(&parts);
    let each = || parts.iter().map(|part| &part.answer);
    let any = parts.first().map(|part| part.answer.clone());
    let lists = parts
        .iter()
        .map(|part| Part {
            place: part.place,
            answer: part.answer.slots.clone(),
        })
        .collect();
    GatherSummary {
        gather_id: 0,
        started_at: earliest(each().map(|one| one.started_at.as_ref())),
        took: longest(each().map(|one| one.took.as_ref())),
        timeout: longest(each().map(|one| one.timeout.as_ref())),
        closed_by: closed_by(each().map(GatherSummary::closed_by)).into(),
        lease_id: 0,
        lease: shortest(each().map(|one| one.lease.as_ref())),
        record_count: sum32(each().map(|one| one.record_count)),
        slots: by_name(lists, |slot: &Slot| &slot.topic)
            .into_iter()
            .map(|(_, parts)| slot(&parts, &missing))
            .collect(),
        settled: each().flat_map(|one| one.settled.clone()).collect(),
        lane: lanes,
        lanes,
        ..any.unwrap_or_default()
    }
}

fn slot(parts: &[Part<Slot>], missing: &[u32]) -> Slot {
    let here = concerned(parts, |part| said(&part.answer));
    let each = || here.iter().map(|part| &part.answer);
    let judged = judge(&each().map(said).collect::<Vec<_>>(), missing);
    let mut ranges: Vec<_> = each().flat_map(|one| one.ranges.clone()).collect();
    ranges.sort_by_key(|range| (range.partition, range.first_offset));
    Slot {
        topic: first(each().map(|one| one.topic.as_str())),
        topic_id: first(each().map(|one| one.topic_id.as_str())),
        record_count: sum32(each().map(|one| one.record_count)),
        byte_count: sum(each().map(|one| one.byte_count)),
        verdict: Some(judged.verdict),
        also: judged.also,
        ruled_out: judged.ruled_out,
        ranges,
        backlog: sum_known(each().map(|one| one.backlog)),
        unacked: sum(each().map(|one| one.unacked)),
        last_timestamp_ms: each().filter_map(|one| one.last_timestamp_ms).max(),
    }
}

fn said(slot: &Slot) -> Said<'_> {
    Said {
        records: slot.record_count,
        verdict: slot.verdict.as_ref(),
        also: &slot.also,
        ruled_out: &slot.ruled_out,
    }
}

/// Why the whole closed: what kept any of them from its condition, the gravest first.
fn closed_by(each: impl Iterator<Item = ClosedBy>) -> ClosedBy {
    let grave = |why: &ClosedBy| match why {
        ClosedBy::Condition => 0,
        ClosedBy::MaxBytes => 1,
        ClosedBy::Timeout => 2,
        ClosedBy::Unspecified => 3,
        ClosedBy::Shutdown => 4,
    };
    each.max_by_key(grave).unwrap_or(ClosedBy::Unspecified)
}
