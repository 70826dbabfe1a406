//! The roll over lanes.

use std::cmp::Reverse;

use rollcall_proto::v1::{Counter, GatherInfo, GetStatusResponse, TopicStatus};

use super::verdict::weight;
use super::{Part, by_name, earliest, lanes, longest, missing, sum, sum32, text, topic};

/// `GetStatus` over lanes.
pub fn status(parts: Vec<Part<GetStatusResponse>>) -> GetStatusResponse {
    let lanes = lanes(&parts);
    let missing = missing(&parts);
    let each = || parts.iter().map(|part| &part.answer);
    let lists = parts
        .iter()
        .map(|part| Part {
            place: part.place,
            answer: part.answer.topics.clone(),
        })
        .collect();
    let mut topics: Vec<TopicStatus> = by_name(lists, |topic: &TopicStatus| &topic.topic)
        .into_iter()
        .map(|(_, parts)| topic::topic(parts, &missing))
        .collect();
    topics.sort_by_key(|topic| Reverse(topic.verdict.as_ref().map(|verdict| weight(&verdict).0)));
    GetStatusResponse {
        version: text(each().map(|one| one.version.as_str())),
        incarnation: text(each().map(|one| one.incarnation.as_str())),
        started_at: earliest(each().map(|one| one.started_at.as_ref())),
        judged_at: earliest(each().map(|one| one.judged_at.as_ref())),
        group: text(each().map(|one| one.group.as_str())),
        demo: each().any(|one| one.demo),
        gather_count: sum(each().map(|one| one.gather_count)),
        last_gather: last_gather(each().filter_map(|one| one.last_gather.as_ref()), &topics),
        topics,
        counters: counters(each().flat_map(|one| &one.counters)),
        buffered_bytes: sum(each().map(|one| one.buffered_bytes)),
        budget_bytes: sum(each().map(|one| one.budget_bytes)),
        observation: None,
        lane: lanes,
        lanes,
    }
}

/// The newest of the lanes' last gathers, with the records that its client got of the others. Its number is 0: every
/// lane counts for itself.
fn last_gather<'a>(
    each: impl Iterator<Item = &'a GatherInfo>,
    topics: &[TopicStatus],
) -> Option<GatherInfo> {
    let each: Vec<&GatherInfo> = each.collect();
    let begun = |gather: &&GatherInfo| {
        let at = gather.started_at.as_ref();
        at.map(|at| (at.seconds, at.nanos))
    };
    let newest = each.iter().copied().max_by_key(begun)?;
    let same: Vec<&GatherInfo> = each
        .iter()
        .copied()
        .filter(|gather| gather.client_id == newest.client_id)
        .collect();
    let empty = topics.iter().filter(|topic| topic.record_count == 0);
    Some(GatherInfo {
        gather_id: 0,
        took: longest(same.iter().map(|gather| gather.took.as_ref())),
        record_count: sum32(same.iter().map(|gather| gather.record_count)),
        empty_topics: u32::try_from(empty.count()).unwrap_or(u32::MAX),
        ..newest.clone()
    })
}

/// Counters of one name added up, in the order in which the names first come.
fn counters<'a>(each: impl Iterator<Item = &'a Counter>) -> Vec<Counter> {
    let mut all: Vec<Counter> = Vec::new();
    for counter in each {
        match all.iter_mut().find(|one| one.name == counter.name) {
            Some(known) => known.count = known.count.saturating_add(counter.count),
            None => all.push(counter.clone()),
        }
    }
    all
}
