//! One topic over lanes.

use std::collections::BTreeMap;

use rollcall_proto::v1::{
    ArrivalModel, FetcherStatus, GetTopicResponse, PartitionChecks, PartitionStatus, TopicStatus,
    WindowStatistics,
};

use super::verdict::{Said, concerned, judge};
use super::{Part, first, lanes, latest, longest, missing, shortest, sum, sum_known, sum32, text};

/// `GetTopic` over lanes.
pub fn answer(parts: Vec<Part<GetTopicResponse>>) -> GetTopicResponse {
    let lanes = lanes(&parts);
    let missing = missing(&parts);
    let each = || parts.iter().map(|part| &part.answer);
    let topics: Vec<Part<TopicStatus>> = parts
        .iter()
        .filter_map(|part| {
            let answer = part.answer.topic.clone()?;
            Some(Part {
                place: part.place,
                answer,
            })
        })
        .collect();
    GetTopicResponse {
        topic: (!topics.is_empty()).then(|| topic(topics, &missing)),
        group: text(each().map(|one| one.group.as_str())),
        bootstrap_servers: first(each().map(|one| one.bootstrap_servers.as_str())),
        demo: each().any(|one| one.demo),
        observation: None,
        checks: checks(&parts),
        lane: lanes,
        lanes,
    }
}

/// What the lanes say of one topic, of which there is at least one; nobody answered for the `missing` ones.
pub(super) fn topic(parts: Vec<Part<TopicStatus>>, missing: &[u32]) -> TopicStatus {
    let here = concerned(&parts, |part| said(&part.answer));
    let each = || here.iter().map(|part| &part.answer);
    let judged = judge(&each().map(said).collect::<Vec<_>>(), missing);
    TopicStatus {
        topic: first(each().map(|one| one.topic.as_str())),
        verdict: Some(judged.verdict),
        also: judged.also,
        record_count: sum32(each().map(|one| one.record_count)),
        backlog: sum_known(each().map(|one| one.backlog)),
        unacked: sum(each().map(|one| one.unacked)),
        last_timestamp_ms: each().filter_map(|one| one.last_timestamp_ms).max(),
        last_record_age: shortest(each().map(|one| one.last_record_age.as_ref())),
        topic_id: first(each().map(|one| one.topic_id.as_str())),
        ruled_out: judged.ruled_out,
        windows: windows(each().flat_map(|one| &one.windows)),
        arrivals: arrivals(each().filter_map(|one| one.arrivals.as_ref())),
        fetchers: fetchers(each().flat_map(|one| &one.fetchers)),
        partitions: partitions(&parts),
    }
}

fn said(topic: &TopicStatus) -> Said<'_> {
    Said {
        records: topic.record_count,
        verdict: topic.verdict.as_ref(),
        also: &topic.also,
        ruled_out: &topic.ruled_out,
    }
}

/// Each partition as its own lane tells it; as another one does while its own is missing.
fn partitions(parts: &[Part<TopicStatus>]) -> Vec<PartitionStatus> {
    let mut all: BTreeMap<i32, (bool, &PartitionStatus)> = BTreeMap::new();
    for part in parts {
        for partition in &part.answer.partitions {
            let own = part.place.has(partition.partition);
            let known = all.entry(partition.partition).or_insert((own, partition));
            if own && !known.0 {
                *known = (own, partition);
            }
        }
    }
    all.into_values()
        .map(|(_, partition)| partition.clone())
        .collect()
}

/// The conditions of each partition as its own lane tried them; those of no partition only where no lane knows one.
fn checks(parts: &[Part<GetTopicResponse>]) -> Vec<PartitionChecks> {
    let all = || {
        let parts = parts.iter();
        parts.flat_map(|part| part.answer.checks.iter().map(|checks| (part.place, checks)))
    };
    let own = all().filter(|(place, checks)| checks.partition.is_some_and(|one| place.has(one)));
    let mut own: Vec<PartitionChecks> = own.map(|(_, checks)| checks.clone()).collect();
    own.sort_by_key(|checks| checks.partition);
    if own.is_empty() {
        own.extend(all().map(|(_, checks)| checks.clone()).take(1));
    }
    own
}

/// A fetcher feeds every lane that it has partitions for: it is one all the same, and there while any of its feeds is.
fn fetchers<'a>(each: impl Iterator<Item = &'a FetcherStatus>) -> Vec<FetcherStatus> {
    let mut all: Vec<FetcherStatus> = Vec::new();
    for fetcher in each {
        let known = all
            .iter_mut()
            .find(|one| one.fetcher_id == fetcher.fetcher_id);
        match known {
            Some(known) => join(known, fetcher),
            None => all.push(fetcher.clone()),
        }
    }
    all
}

fn join(known: &mut FetcherStatus, other: &FetcherStatus) {
    known.pulse_age = longest([known.pulse_age.as_ref(), other.pulse_age.as_ref()].into_iter());
    known.claims = known.claims.saturating_add(other.claims);
    known.standby = known.standby.saturating_add(other.standby);
    known.connected |= other.connected;
    let ends = [&known.session_ends_at, &other.session_ends_at];
    known.session_ends_at = match known.connected {
        true => None,
        false => latest(ends.into_iter().map(Option::as_ref)),
    };
}

/// Windows of one length added up: every lane counts the gathers that asked it.
fn windows<'a>(each: impl Iterator<Item = &'a WindowStatistics>) -> Vec<WindowStatistics> {
    let mut all: Vec<WindowStatistics> = Vec::new();
    for window in each {
        match all.iter_mut().find(|one| one.window == window.window) {
            Some(known) => {
                known.gathers = known.gathers.saturating_add(window.gathers);
                known.empties = known.empties.saturating_add(window.empties);
                known.records = known.records.saturating_add(window.records);
                known.rate += window.rate;
            }
            None => all.push(*window),
        }
    }
    all
}

/// The rhythm of the lane where records come most often: with the others' records they come oftener still, so a
/// P(empty) of it is never too low.
pub(super) fn arrivals<'a>(each: impl Iterator<Item = &'a ArrivalModel>) -> Option<ArrivalModel> {
    let each: Vec<&ArrivalModel> = each.collect();
    let liveliest = each.iter().copied().min_by(|a, b| pace(a).cmp(&pace(b)))?;
    Some(ArrivalModel {
        silence: shortest(each.iter().map(|one| one.silence.as_ref())),
        records_per_second: each.iter().map(|one| one.records_per_second).sum(),
        ..*liveliest
    })
}

/// The usual gap; a rhythm that is not known comes last.
pub(super) fn pace(arrivals: &ArrivalModel) -> (bool, i64, i32) {
    let gap = arrivals.gap_usual.as_ref().or(arrivals.gap_median.as_ref());
    gap.map_or((true, 0, 0), |gap| (false, gap.seconds, gap.nanos))
}
