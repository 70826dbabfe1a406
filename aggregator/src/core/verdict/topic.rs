//! The verdict of a topic: the worst of its partitions, with counts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Severity, Source, VerdictCode};

use super::Judgement;
use super::case::Case;
use super::fact::Value;
use super::partition::{self, Found, PartitionVerdict, rank};
use super::table::{self, TABLE};

/// Rules that are ruled out by name.
const RULED_OUT: usize = 3;
/// What an operator fears most, and would check next.
const FEARED: [VerdictCode; 8] = [
    VerdictCode::StuckWithLag,
    VerdictCode::FetcherUnreachable,
    VerdictCode::WaitingForAck,
    VerdictCode::CaughtUp,
    VerdictCode::ProducerOverdue,
    VerdictCode::OpenTransaction,
    VerdictCode::ClusterUnreachable,
    VerdictCode::OffsetOutOfRange,
];

/// One partition and what was found for it.
type Judged<'a> = (&'a Case<'a>, PartitionVerdict);

/// Judges a topic by its cases, of which there is at least one.
pub(super) fn judge(cases: &[Case<'_>]) -> Judgement {
    let judged = judged(cases);
    let worst = worst_of(&judged);
    let code = code(worst);
    let partitions = judged
        .iter()
        .filter_map(|(case, found)| Some((case.partition?, found.verdict.rule.code)));
    let told = worst.filter(|(case, _)| !case.ask.detail.is_summary());
    Judgement {
        verdict: verdict(&judged, code),
        also: also(&judged, code),
        ruled_out: told
            .map(|(case, found)| ruled_out(case, found))
            .unwrap_or_default(),
        partitions: partitions.collect::<BTreeMap<Partition, VerdictCode>>(),
        backlog: cases.iter().map(backlog).try_fold(0, saturating_sum),
        unacked: cases
            .iter()
            .filter_map(|case| case.book)
            .map(|book| book.unacked_records)
            .sum(),
    }
}

/// The verdict of a topic alone, without facts and advice.
pub(super) fn judge_alone(cases: &[Case<'_>]) -> v1::Verdict {
    let judged = judged(cases);
    let code = code(worst_of(&judged));
    summary(&verdicts(&of_code(&judged, code)), judged.len())
}

fn judged<'a>(cases: &'a [Case<'a>]) -> Vec<Judged<'a>> {
    let judge = |case| (case, partition::judge(case));
    cases.iter().map(judge).collect()
}

fn worst_of<'a, 'b>(judged: &'b [Judged<'a>]) -> Option<&'b Judged<'a>> {
    judged
        .iter()
        .max_by_key(|(_, found)| weight(&found.verdict))
}

fn code(worst: Option<&Judged<'_>>) -> VerdictCode {
    worst.map_or(VerdictCode::Undetermined, |(_, found)| {
        found.verdict.rule.code
    })
}

/// The partitions whose verdict has this code.
fn of_code<'a, 'b>(judged: &'b [Judged<'a>], code: VerdictCode) -> Vec<&'b Judged<'a>> {
    let is_ours = |(_, found): &&Judged<'_>| found.verdict.rule.code == code;
    judged.iter().filter(is_ours).collect()
}

fn verdicts<'a>(judged: &[&Judged<'a>]) -> Vec<(&'a Case<'a>, Found)> {
    let verdict = |(case, found): &&Judged<'a>| (*case, found.verdict);
    judged.iter().map(verdict).collect()
}

/// Worst first, and of equals the one that stands first in the table.
fn weight(found: &Found) -> (u8, bool, Reverse<usize>) {
    (
        found.severity.map_or(0, rank),
        found.confirmed,
        Reverse(table::place(found.rule.code)),
    )
}

/// Offsets come from the network: even their sum must not overflow.
fn saturating_sum(sum: u64, part: Option<u64>) -> Option<u64> {
    part.map(|part| sum.saturating_add(part))
}

/// Records of a partition that wait in the log, in the client, and here.
fn backlog(case: &Case<'_>) -> Option<u64> {
    if case.partition.is_none() && case.evidence.is_elsewhere() {
        return Some(0);
    }
    let position = case.position()?.value;
    let end = case.seen?.ends?.end(case.feed?.isolation())?;
    let start = case.seen?.log_start.map(|start| start.value);
    let from = start.map_or(position, |start| start.max(position));
    let unread = end.distance_from(from).saturating_add(case.ahead());
    Some(unread.saturating_add(case.buffered()))
}

fn verdict(judged: &[Judged<'_>], code: VerdictCode) -> v1::Verdict {
    let ours = of_code(judged, code);
    let Some((case, found)) = ours.first() else {
        return v1::Verdict::default();
    };
    let summary = summary(&verdicts(&ours), judged.len());
    let listed = case.ask.detail.partitions(summary.severity());
    if listed == 0 {
        return summary;
    }
    let mut facts = Vec::new();
    for (case, found) in ours.iter().take(listed) {
        extend_new(&mut facts, found.verdict.rule.facts_for(case));
        extend_new(&mut facts, suspicions(case, found));
        extend_new(&mut facts, case.partition_facts());
    }
    if found.verdict.muted {
        facts.push(case.topic_fact("muted", Value::Flag(true), Source::Setting, case.now));
    }
    let advice = found.verdict.rule.advice_for(case);
    v1::Verdict {
        facts,
        advice,
        ..summary
    }
}

/// Everything but facts and advice, of one code.
fn summary(found: &[(&Case<'_>, Found)], total: usize) -> v1::Verdict {
    let Some((case, worst)) = found.iter().max_by_key(|(_, found)| weight(found)) else {
        return v1::Verdict::default();
    };
    let known = case.partition.is_some();
    let count = |n: usize| u32::try_from(if known { n } else { 0 }).unwrap_or(u32::MAX);
    let since = found.iter().filter_map(|(_, found)| found.since).min();
    v1::Verdict {
        code: worst.rule.code.into(),
        // A suspicion is no more than a note.
        severity: worst.severity.unwrap_or(Severity::Note).into(),
        confirmed: worst.confirmed && !found.iter().any(|(_, other)| may_be_worse(other, worst)),
        partitions: count(found.len()),
        partitions_total: count(total),
        since: since.map(|since| case.evidence.wall().time(since).into()),
        facts: Vec::new(),
        advice: Vec::new(),
    }
}

/// Whether a partition waits to be confirmed as something worse than what is sure of another.
fn may_be_worse(other: &Found, sure: &Found) -> bool {
    !other.confirmed && other.becomes.map_or(0, rank) > sure.severity.map_or(0, rank)
}

/// What UNDETERMINED may turn out to be.
fn suspicions(case: &Case<'_>, found: &PartitionVerdict) -> Vec<v1::Fact> {
    if found.verdict.rule.code != VerdictCode::Undetermined {
        return Vec::new();
    }
    let suspected = found
        .also
        .iter()
        .filter(|also| !also.confirmed)
        .flat_map(|also| {
            let name = Value::Text(also.rule.code.name().to_owned());
            [
                case.own("suspected", name),
                case.own("confirmed_in", Value::Length(also.confirmed_in)),
            ]
        });
    suspected.collect()
}

/// What else holds in any partition, worst first; what is ok is no news.
fn also(judged: &[Judged<'_>], verdict: VerdictCode) -> Vec<v1::Verdict> {
    let mut others: BTreeMap<VerdictCode, Vec<(&Case<'_>, Found)>> = BTreeMap::new();
    for (case, found) in judged {
        for found in [found.verdict]
            .into_iter()
            .chain(found.also.iter().copied())
        {
            if found.rule.code != verdict && found.severity != Some(Severity::Ok) {
                others
                    .entry(found.rule.code)
                    .or_default()
                    .push((*case, found));
            }
        }
    }
    let mut all: Vec<_> = others
        .into_values()
        .map(|found| (worst(&found), one_of(&found, judged.len())))
        .collect();
    all.sort_by_key(|(worst, _)| Reverse(*worst));
    all.into_iter().map(|(_, verdict)| verdict).collect()
}

fn worst(found: &[(&Case<'_>, Found)]) -> Option<(u8, bool, Reverse<usize>)> {
    found.iter().map(|(_, found)| weight(found)).max()
}

fn one_of(found: &[(&Case<'_>, Found)], total: usize) -> v1::Verdict {
    let summary = summary(found, total);
    let told = |(case, _): &&(&Case<'_>, Found)| case.ask.detail.partitions(summary.severity()) > 0;
    let first = found.first().filter(told);
    let facts = first
        .map(|(case, found)| found.rule.facts_for(case))
        .unwrap_or_default();
    let advice = first
        .map(|(case, found)| found.rule.advice_for(case))
        .unwrap_or_default();
    v1::Verdict {
        facts,
        advice,
        ..summary
    }
}

/// What an operator would check next and need not, each with the fact against it.
fn ruled_out(case: &Case<'_>, found: &PartitionVerdict) -> Vec<v1::RuledOut> {
    let holds = |code: VerdictCode| {
        found.verdict.rule.code == code || found.also.iter().any(|also| also.rule.code == code)
    };
    let feared = FEARED
        .iter()
        .filter_map(|&code| TABLE.iter().find(|rule| rule.code == code));
    let against = feared.filter(|rule| !holds(rule.code)).filter_map(|rule| {
        (rule.against)(case).map(|fact| v1::RuledOut {
            code: rule.code.into(),
            because: Some(fact),
        })
    });
    against.take(RULED_OUT).collect()
}

/// Adds facts that are not there yet: those about the topic are the same for each partition.
fn extend_new(facts: &mut Vec<v1::Fact>, more: Vec<v1::Fact>) {
    for fact in more {
        let known = |old: &v1::Fact| {
            // Cheapest first.
            (old.partition, &old.name, &old.value) == (fact.partition, &fact.name, &fact.value)
        };
        if !facts.iter().any(known) {
            facts.push(fact);
        }
    }
}
