//! Whether the position can be read from.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, StartedFrom, VerdictCode};

use super::super::case::Case;
use super::super::condition::{CLAIMED, Condition, readable};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{LOSS_SHOWN, error_facts, latched, look_at_fetcher, said, says};
use crate::core::evidence::partition::Seen;
use crate::core::evidence::streak::Streak;

/// Shortest time between two probes that put the position beyond the end: a new leader's H lags.
const BEYOND_CONFIRMED: Duration = Duration::from_secs(2);

/// Outside the log, or records are gone.
pub(in super::super) const OFFSET_OUT_OF_RANGE: Rule = Rule {
    code: VerdictCode::OffsetOutOfRange,
    condition: "N < L; or N > H, H asked after N was read, twice, 2 s apart; or the claim began elsewhere than at C because C lay outside [L, H], in the last 10 min, a warning once records come again",
    confirmation: Wait::For(BEYOND_CONFIRMED),
    severity: &[
        (Wait::For(BEYOND_CONFIRMED), Severity::Fault),
        (Wait::AsItSays, Severity::Warn),
    ],
    explains: Explains::Both,
    conditions: &[
        CLAIMED,
        Condition {
            name: "outside_the_log_or_records_gone",
            holds: |case| {
                let found = out_of_range(case).is_some();
                (found || case.position().is_some()).then_some(found)
            },
            fact: |case| {
                let position = case.position();
                let position = position.map(|position| case.offset("position", position));
                position.or_else(|| out_of_range_facts(case).into_iter().next())
            },
        },
    ],
    holds: out_of_range,
    facts: out_of_range_facts,
    advice: accept_loss,
    against: inside_the_log,
};

fn out_of_range(case: &Case<'_>) -> Option<Finding> {
    let claim = case.claim()?;
    if let Some(beyond) = beyond(case).filter(|_| !undecodable(case)) {
        return Some(Finding::since(beyond.since, case).lasted(beyond.length()));
    }
    if below_start(case).is_some() {
        return Some(Finding::now());
    }
    let moved = matches!(
        claim.started_from,
        StartedFrom::BelowLogStart | StartedFrom::BeyondEnd
    );
    let began = case.began().unwrap_or(claim.at);
    if !moved || case.since(began) >= LOSS_SHOWN {
        return None;
    }
    // Proven by the claim itself, so there is nothing to wait for; and over once records flow again.
    let finding = Finding {
        since: Some(began),
        ..Finding::now()
    };
    Some(if case.has_data() {
        finding.graded(Severity::Warn)
    } else {
        finding
    })
}

/// Probes in a row that found an earlier N beyond H.
fn beyond(case: &Case<'_>) -> Option<Streak> {
    case.seen?.beyond.filter(|_| case.heard())
}

/// After a bad checksum librdkafka 2.12.1 takes payload for the next offset: a position beyond the end is that then.
fn undecodable(case: &Case<'_>) -> bool {
    says(case, ErrorKind::Undecodable) == Some(true)
}

/// [N, L) of a position below the log start. An N that is older than L may have moved on since.
fn below_start(case: &Case<'_>) -> Option<OffsetRange> {
    let ends = case.ends()?;
    let start = case.seen?.log_start.filter(|start| start.at <= ends.at)?;
    OffsetRange::new(ends.next?, start.value)
}

/// What is lost, and since when that is known: what the claim skipped, else the part below the log start that was never
/// read.
fn lost(case: &Case<'_>) -> Option<(OffsetRange, Moment)> {
    let claimed = || case.claim().and_then(|claim| Some((claim.lost?, claim.at)));
    let part = || case.part().and_then(|part| Some((part.lost?, part.at)));
    let below = || Some((below_start(case)?, case.seen?.log_start?.at));
    claimed().or_else(part).or_else(below)
}

pub(in super::super) fn lost_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some((lost, at)) = lost(case) else {
        return Vec::new();
    };
    let fact = |name, value| case.fact(name, value, Source::ProbeLogStart, at);
    vec![
        // Offsets: compaction may have left fewer records than that.
        fact("lost_records_at_most", Value::Records(lost.len())),
        fact("lost_first_offset", Value::Offset(lost.first())),
        fact("lost_next_offset", Value::Offset(lost.next())),
    ]
}

fn out_of_range_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(claim) = case.claim() else {
        return Vec::new();
    };
    let how = match claim.started_from {
        StartedFrom::BelowLogStart => Some("commit below the log start"),
        StartedFrom::BeyondEnd => Some("commit beyond the end"),
        StartedFrom::Unspecified
        | StartedFrom::Commit
        | StartedFrom::PolicyEarliest
        | StartedFrom::PolicyLatest
        | StartedFrom::Recreated => None,
    };
    let how = how.map(|how| {
        case.fact(
            "started_from",
            Value::Text(how.to_owned()),
            Source::Pulse,
            claim.at,
        )
    });
    how.into_iter()
        .chain(beyond_end_by(case))
        .chain(lost_facts(case))
        .collect()
}

fn beyond_end_by(case: &Case<'_>) -> Option<v1::Fact> {
    let (beyond, ends) = (case.seen?.beyond?, case.seen?.ends?);
    let by = Value::Offsets(beyond.offset.distance_from(ends.high));
    Some(case.fact("beyond_end_by", by, Source::ProbeHighWatermark, beyond.last))
}

fn accept_loss(case: &Case<'_>) -> Vec<v1::Advice> {
    let records = lost(case).map(|(lost, _)| case.own("records", Value::Records(lost.len())));
    vec![advice(
        AdviceCode::AcceptLoss,
        records.into_iter().collect(),
    )]
}

fn inside_the_log(case: &Case<'_>) -> Option<v1::Fact> {
    let (ends, position) = (case.ends()?, case.position()?);
    let start = case
        .seen?
        .log_start
        .map_or(Offset::ZERO, |start| start.value);
    let inside = start <= position.value && position.value <= ends.high;
    inside.then(|| case.offset("position", position))
}

/// The start offset is not known.
pub(in super::super) const START_OFFSET_UNKNOWN: Rule = Rule {
    code: VerdictCode::StartOffsetUnknown,
    condition: "assigned, and the start offset is not resolved for 5 s; a fault after 60 s",
    confirmation: Wait::seconds(5),
    severity: &[
        (Wait::seconds(5), Severity::Warn),
        (Wait::seconds(60), Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "start_offset_not_known",
        holds: |case| Some(case.part()?.unresolved.is_some()),
        fact: |case| {
            let part = case.part()?;
            let resolved = case.fact(
                "unresolved_for",
                Value::Length(Duration::ZERO),
                Source::Pulse,
                part.at,
            );
            unresolved_facts(case).pop().or(Some(resolved))
        },
    }],
    holds: |case| Some(Finding::since(case.part()?.unresolved?, case)),
    facts: unresolved_facts,
    advice: look_at_fetcher,
    against: no_fact,
};

fn unresolved_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let part = case
        .part()
        .and_then(|part| Some((part.unresolved?, part.at)));
    let fact = part.map(|(since, at)| {
        case.fact(
            "unresolved_for",
            Value::Length(case.since(since)),
            Source::Pulse,
            at,
        )
    });
    fact.into_iter().collect()
}

/// A record above the limit.
pub(in super::super) const RECORD_TOO_LARGE: Rule = Rule {
    code: VerdictCode::RecordTooLarge,
    condition: "a record above max_record_bytes holds the partition; or the client says that one exceeds its own limit, and N < E: where another partition of that broker has stood still for longer, only said beside, as a warning",
    confirmation: Wait::NONE,
    severity: &[
        (Wait::NONE, Severity::Fault),
        (Wait::AsItSays, Severity::Warn),
    ],
    explains: Explains::Both,
    conditions: &[
        Condition {
            name: "record_above_a_limit",
            holds: |case| {
                let held = case.part()?.oversized.is_some();
                Some(held || says(case, ErrorKind::RecordTooLarge)?)
            },
            fact: |case| {
                let said = || said(case, ErrorKind::RecordTooLarge);
                held_facts(case).into_iter().next().or_else(said)
            },
        },
        Condition {
            name: "it_holds_this_partition",
            holds: |case| Some(case.part()?.oversized.is_some() || case.readable()? > 0),
            fact: |case| {
                let held = held_facts(case).into_iter().next();
                held.or_else(|| readable(case))
            },
        },
    ],
    holds: too_large,
    facts: too_large_facts,
    advice: raise_max_record_bytes,
    against: no_fact,
};

fn too_large(case: &Case<'_>) -> Option<Finding> {
    if case.part()?.oversized.is_some() {
        return Some(Finding::now());
    }
    let finding = blamed(case, ErrorKind::RecordTooLarge)?;
    // Siblings on that broker come through between two tries: they are slowed, and not the cause.
    Some(if longest_still(case) {
        finding
    } else {
        finding.graded(Severity::Warn).only_also()
    })
}

/// Whether no other partition with unread records on the same broker has stood still for longer.
fn longest_still(case: &Case<'_>) -> bool {
    let (Some(feed), Some(partition), Some(mine)) = (case.feed, case.partition, case.seen) else {
        return true;
    };
    let leader = |seen: &Seen| seen.pulse.as_ref().and_then(|part| part.leader);
    let rank = |partition: Partition, seen: &Seen| (seen.moved, partition);
    let mut siblings = feed.partitions.iter().filter(|(other, seen)| {
        **other != partition && seen.behind.is_some() && leader(seen) == leader(mine)
    });
    siblings.all(|(other, seen)| rank(*other, seen) > rank(partition, mine))
}

/// The client's error names a broker only: the partition with unread records there is to blame.
fn blamed(case: &Case<'_>, kind: ErrorKind) -> Option<Finding> {
    // A position that a pulse told of, and no probe has agreed with yet, is behind since now.
    let behind = case.seen?.behind.map_or(case.now, |behind| behind.since);
    let finding = latched(case, kind)?;
    Some(finding.lasted(finding.lasted.min(case.since(behind))))
}

/// The record that holds the partition, as facts.
fn held_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let held = case
        .part()
        .and_then(|part| Some((part.oversized?, part.at)));
    let held = held.map(|(record, at)| {
        let fact = |name, value| case.fact(name, value, Source::Pulse, at);
        [
            fact("record_offset", Value::Offset(record.offset)),
            fact("record_bytes", Value::Bytes(record.bytes)),
            fact("max_record_bytes", Value::Bytes(record.max_record_bytes)),
        ]
    });
    held.into_iter().flatten().collect()
}

fn too_large_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let errors = error_facts(case, ErrorKind::RecordTooLarge);
    [held_facts(case), errors].concat()
}

fn raise_max_record_bytes(case: &Case<'_>) -> Vec<v1::Advice> {
    vec![advice(
        AdviceCode::RaiseMaxRecordBytes,
        too_large_facts(case),
    )]
}

/// A batch that cannot be read.
pub(in super::super) const UNDECODABLE_BATCH: Rule = Rule {
    code: VerdictCode::UndecodableBatch,
    condition: "the client cannot decode a batch of the partition, and N stays below E, or came to lie beyond H (what a bad checksum makes of it)",
    confirmation: Wait::seconds(5),
    severity: &[(Wait::seconds(5), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        Condition {
            name: "decoding_error_lasts",
            holds: |case| says(case, ErrorKind::Undecodable),
            fact: |case| said(case, ErrorKind::Undecodable),
        },
        Condition {
            name: "position_stays_before_the_end_or_is_senseless",
            holds: |case| {
                let beyond = beyond(case).is_some();
                Some(beyond || case.readable()? > 0)
            },
            fact: |case| beyond_end_by(case).or_else(|| readable(case)),
        },
    ],
    holds: |case| match beyond(case) {
        Some(_) => latched(case, ErrorKind::Undecodable),
        None => blamed(case, ErrorKind::Undecodable),
    },
    facts: |case| error_facts(case, ErrorKind::Undecodable),
    advice: look_at_fetcher,
    against: no_fact,
};
