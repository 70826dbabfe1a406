//! Timeouts over lanes: bounds, since no lane knows the rhythm of another's partitions.
//!
//! A topic answers when any of its lanes does, so the timeout of its liveliest lane is never too short for it. Partition 0
//! of every topic is in lane 0: that all of them answer there is at most as likely as that they answer over all lanes,
//! and the numbers of the whole roll are lane 0's.

use rollcall_proto::v1::{AdviseResponse, TopicAdvice};

use super::topic::{arrivals, pace};
use super::{Part, by_name};

/// `Advise` over lanes.
pub fn advice(parts: Vec<Part<AdviseResponse>>) -> AdviseResponse {
    let any = parts.first().map(|part| part.answer.clone());
    let first_lane = parts.iter().find(|part| part.place.lane == 0);
    let roll = match first_lane {
        Some(part) => part.answer.clone(),
        None => without_roll(any.unwrap_or_default()),
    };
    let lists = parts
        .into_iter()
        .map(|part| part.map(|answer| answer.topics))
        .collect();
    AdviseResponse {
        topics: by_name(lists, |topic: &TopicAdvice| &topic.topic)
            .into_iter()
            .filter_map(|(_, parts)| topic(&parts))
            .collect(),
        ..roll
    }
}

/// What was asked, without numbers of the whole roll.
fn without_roll(answer: AdviseResponse) -> AdviseResponse {
    AdviseResponse {
        timeout: answer.timeout,
        target: answer.target,
        ..AdviseResponse::default()
    }
}

fn topic(parts: &[Part<TopicAdvice>]) -> Option<TopicAdvice> {
    let each = || parts.iter().map(|part| &part.answer);
    let known = |one: &TopicAdvice| one.arrivals.as_ref().map_or((true, 0, 0), pace);
    let order = |one: &&TopicAdvice| (one.timeout.is_none(), known(one));
    let liveliest = each().min_by_key(order)?;
    let left = |name: &str| -> f64 {
        let costs = each().flat_map(|one| &one.profiles);
        costs
            .filter(|cost| cost.profile == name)
            .map(|cost| cost.records_left)
            .sum()
    };
    let mut advice = liveliest.clone();
    advice.arrivals = arrivals(each().filter_map(|one| one.arrivals.as_ref()));
    for cost in &mut advice.profiles {
        cost.records_left = left(&cost.profile);
    }
    Some(advice)
}
