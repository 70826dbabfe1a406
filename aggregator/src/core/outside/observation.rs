//! What is said of a group as a whole, live and by a trace: the same from the same evidence.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Severity, VerdictCode};

use crate::core::evidence::TopicEvidence;
use crate::core::evidence::observed::GroupFacts;
use crate::core::evidence::wire::wire_duration;
use crate::core::verdict::table::{Explains, TABLE, View, place};

/// Missing rights that are shown of a group.
const MAX_RIGHTS: usize = 1_000;
/// How long the log's history is waited for before verdicts are called settled without it.
const HISTORY_WAIT: Duration = Duration::from_secs(5);

/// A look at a group by the evidence about its topics, or about itself while none is known. Left to the caller:
/// `settled`, `reading_forbidden`, and the `verdict` about the group alone.
pub fn observation(group: &str, evidences: &[&TopicEvidence], now: Moment) -> v1::Observation {
    let all = || evidences.iter().copied();
    let feeds = || all().filter_map(TopicEvidence::observer);
    let seen = || feeds().filter_map(|feed| feed.group.as_ref());
    let newest = seen().max_by_key(|group| group.at);
    let begun = feeds().map(|feed| feed.opened).min();
    let partitions: usize = all().map(|evidence| evidence.partitions().len()).sum();
    let servers = all().find_map(TopicEvidence::bootstrap_servers);
    v1::Observation {
        bootstrap_servers: servers.unwrap_or_default().to_owned(),
        group: group.to_owned(),
        state: newest.map(|group| group.state.clone()).unwrap_or_default(),
        protocol: newest
            .map(|group| group.protocol.clone())
            .unwrap_or_default(),
        members: newest.and_then(|group| group.members_total),
        partitions: u32::try_from(partitions).unwrap_or(u32::MAX),
        watched: begun.map(|begun| wire_duration(now.since(begun))),
        read_bytes: all()
            .map(TopicEvidence::read_bytes)
            .fold(0, u64::saturating_add),
        missing_rights: rights(seen()),
        failure: newest.and_then(|group| Some(group.failure.as_ref()?.text.clone())),
        has_commits: newest.and_then(|group| group.has_commits),
        history_unread: names(all().filter(|evidence| evidence.history_unread())),
        backlog_unread: names(all().filter(|evidence| backlog_unread(evidence))),
        ..v1::Observation::default()
    }
}

/// Whether the log's history of a topic is there, or is not waited for any more, by an observer that began at `started`.
pub fn is_read(evidence: &TopicEvidence, started: Moment, now: Moment) -> bool {
    let late = now.since(started) >= HISTORY_WAIT;
    evidence.history_heard() || late || evidence.missing().is_some()
}

/// Whether more watching makes the verdict no surer: it is confirmed, nothing of `also` may yet take its place, and it is
/// no note that becomes a fault where it goes on.
pub fn is_sure(verdict: &v1::Verdict, also: &[v1::Verdict]) -> bool {
    let known = verdict.confirmed && verdict.code() != VerdictCode::Undetermined;
    known && !also.iter().any(|other| may_replace(other, verdict)) && !may_rise(verdict)
}

/// Whether it is a note that is a fault where it goes on for longer than it takes to confirm it.
fn may_rise(verdict: &v1::Verdict) -> bool {
    let mut rules = TABLE.iter().filter(|rule| rule.code == verdict.code());
    verdict.severity() == Severity::Note
        && rules.any(|rule| {
            let seen = rule.seen(View::Outside);
            let mut steps = seen.severity.iter();
            steps.any(|(wait, grade)| *grade == Severity::Fault && *wait != seen.confirmation)
        })
}

/// Whether another row that holds comes before the verdict's as soon as it is confirmed. Where records flow, what would
/// explain an empty call takes nobody's place.
fn may_replace(other: &v1::Verdict, verdict: &v1::Verdict) -> bool {
    !other.confirmed
        && !explains_data(verdict.code())
        && place(other.code()) < place(verdict.code())
}

fn explains_data(code: VerdictCode) -> bool {
    let mut rules = TABLE.iter();
    rules.any(|rule| rule.code == code && rule.explains == Explains::Data)
}

fn backlog_unread(evidence: &TopicEvidence) -> bool {
    let feed = evidence.observer().and_then(|feed| feed.group.as_ref());
    feed.is_some_and(|group| group.backlog_unread)
}

fn names<'a>(evidences: impl Iterator<Item = &'a TopicEvidence>) -> Vec<String> {
    let names = evidences.map(|evidence| evidence.topic().to_string());
    names.collect()
}

/// The rights that are missing for any of the topics, each once.
fn rights<'a>(seen: impl Iterator<Item = &'a GroupFacts>) -> Vec<v1::MissingRight> {
    let all = seen.flat_map(|group| &group.missing_rights);
    let distinct: BTreeSet<_> = all.collect();
    distinct
        .into_iter()
        .take(MAX_RIGHTS)
        .map(Into::into)
        .collect()
}
