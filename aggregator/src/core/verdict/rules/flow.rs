//! Whether unread records are on their way.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::{Case, IN_FLIGHT};
use super::super::condition::{
    CLAIMED, Condition, HEARD, READ_ALL, UNREAD, agreeing_probes, probes_agree,
};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{look_at_fetcher, nothing, nothing_readable};
use crate::core::evidence::pulse::Logged;

/// How long a transaction must have been seen before the timestamp of its first record may make it a fault: that
/// is the producer's clock.
const SEEN_OPEN: Duration = Duration::from_secs(10);
/// Probes that must agree before records are called stuck.
const STUCK_PROBES: u32 = 2;

/// An open transaction.
pub(in super::super) const OPEN_TRANSACTION: Rule = Rule {
    code: VerdictCode::OpenTransaction,
    condition: "read_committed, and N = S < H, S asked after H; a fault beyond the brokers' transaction.max.timeout.ms (15 min if unknown) + 10 s",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(10), Severity::Warn),
        (Wait::TransactionLimit, Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[
        CLAIMED,
        Condition {
            name: "records_hidden",
            holds: |case| case.hidden().map(|hidden| hidden > 0),
            fact: |case| {
                let (hidden, ends) = (case.hidden()?, case.ends()?);
                Some(case.fact(
                    "hidden",
                    Value::Offsets(hidden),
                    Source::ProbeLastStable,
                    ends.at,
                ))
            },
        },
        READ_ALL,
    ],
    holds: open_transaction,
    facts: transaction_facts,
    advice: |_| vec![advice(AdviceCode::AskProducer, Vec::new())],
    against: nothing_hidden,
};

/// It is open since the timestamp of its first record, as far as that was read; else since it was first seen.
pub(in super::super) fn open_transaction(case: &Case<'_>) -> Option<Finding> {
    let seen = case.seen?.held_back?.since;
    let observed = case.since(seen);
    let by_record = first_hidden(case).map(|record| {
        case.evidence
            .wall()
            .age_of_millis(record.timestamp_ms, case.now)
    });
    let open = by_record.unwrap_or_default().max(observed);
    let believed = if observed >= SEEN_OPEN {
        open
    } else {
        open.min(case.transaction_limit().saturating_sub(SEEN_OPEN))
    };
    Some(Finding::since(case.now.before(open), case).lasted(believed))
}

/// The record at S, which is the first of the open transaction.
fn first_hidden(case: &Case<'_>) -> Option<Logged> {
    if case.outside() {
        return case.open_record();
    }
    let stable = case.ends()?.stable?;
    case.part()?
        .hidden_record
        .filter(|record| record.offset >= stable)
}

pub(in super::super) fn transaction_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let (Some(ends), Some(hidden)) = (case.ends(), case.hidden()) else {
        return Vec::new();
    };
    let fact = |name, value| case.fact(name, value, Source::ProbeLastStable, ends.at);
    let seen = case.seen.and_then(|seen| seen.held_back);
    let since = seen.map(|held_back| {
        fact(
            "open_at_least_for",
            Value::Length(case.since(held_back.since)),
        )
    });
    let first = first_hidden(case).map(|record| {
        let age = case
            .evidence
            .wall()
            .age_of_millis(record.timestamp_ms, case.now);
        let log = |name, value| case.fact(name, value, Source::Log, record.at);
        [
            log("open_since", Value::Time(case.now.before(age))),
            log("open_for", Value::Length(age)),
        ]
    });
    let limit = Value::Length(case.transaction_limit());
    let limit = case.topic_fact("transaction_limit", limit, Source::Setting, case.now);
    [fact("hidden", Value::Offsets(hidden))]
        .into_iter()
        .chain(first.into_iter().flatten())
        .chain(since)
        .chain([limit])
        .collect()
}

fn nothing_hidden(case: &Case<'_>) -> Option<v1::Fact> {
    let (ends, hidden) = (case.ends()?, case.hidden()?);
    (hidden == 0).then(|| {
        case.fact(
            "hidden",
            Value::Offsets(0),
            Source::ProbeLastStable,
            ends.at,
        )
    })
}

/// Whether N is where reading began, so that nothing was passed yet.
fn where_it_began(case: &Case<'_>) -> Option<bool> {
    let next = case.part()?.next?;
    Some(Some(next) <= case.claim()?.committed)
}

/// How long a position that moved over nothing explains a silence.
const NOTHING_SHOWN: Duration = Duration::from_secs(10);

/// Only what cannot be seen.
pub(in super::super) const NO_VISIBLE_RECORDS: Rule = Rule {
    code: VerdictCode::NoVisibleRecords,
    condition: "N grew in the last 10 s (and since T before), polling has come to N (or N has been beyond what came for 2 s), and no record came of it: control records, aborted transactions, or what compaction left",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    explains: Explains::Empty,
    conditions: &[
        HEARD,
        CLAIMED,
        Condition {
            name: "position_moved",
            holds: |case| {
                let shown = NOTHING_SHOWN.max(case.ask.timeout);
                Some(!where_it_began(case)? && case.since(case.part()?.moved?) <= shown)
            },
            fact: |case| {
                let part = case.part()?;
                let (name, value) = match where_it_began(case)? {
                    true => ("position", Value::Offset(part.next?)),
                    false => (
                        "position_unchanged_for",
                        Value::Length(case.since(part.moved?)),
                    ),
                };
                Some(case.fact(name, value, Source::Pulse, part.at))
            },
        },
        Condition {
            name: "no_record_came_of_it",
            holds: |case| {
                let part = case.part()?;
                let moved = part.moved?;
                let before = |record: Moment| moved.since(record) >= IN_FLIGHT;
                // A control record that ends a transaction lies right behind its records.
                let silent = part.last_record.is_none_or(before);
                Some(silent && part.handed_over <= case.received())
            },
            fact: |case| {
                let part = case.part()?;
                let (name, value) = match part.last_record {
                    Some(last) => ("last_record_came", Value::Length(case.since(last))),
                    None => ("has_delivered", Value::Flag(part.handed_over.is_some())),
                };
                Some(case.fact(name, value, Source::Pulse, part.at))
            },
        },
        Condition {
            name: "polling_came_to_the_position",
            holds: |case| {
                let part = case.part()?;
                // A log that grows all the time has no end that polling could tell of.
                Some(part.polled_offset? >= part.next? || case.passed_nothing())
            },
            fact: |case| {
                let part = case.part()?;
                let polled = Value::Offset(part.polled_offset?);
                Some(case.fact("polled_offset", polled, Source::Pulse, part.at))
            },
        },
        Condition {
            name: "nothing_waits_here",
            holds: |case| Some(case.buffered() == 0 && !case.leased()),
            fact: |case| Some(case.own("buffered", Value::Records(case.buffered()))),
        },
    ],
    holds: |case| Some(Finding::since(case.part()?.moved?, case)),
    facts: |case| {
        let passed = case.part().and_then(|part| {
            let since = part.handed_over.max(case.claim()?.committed)?;
            let offsets = Value::Offsets(part.next?.distance_from(since));
            Some(case.fact("offsets_without_records", offsets, Source::Pulse, part.at))
        });
        passed.into_iter().collect()
    },
    advice: nothing,
    against: no_fact,
};

/// On its way at the close.
pub(in super::super) const ARRIVED_TOO_LATE: Rule = Rule {
    code: VerdictCode::ArrivedTooLate,
    condition: "records came here after the close, and somebody has gathered; or N < E since less than 2 s, or N moving; or N moved past what has come here, just now or while there was no credit",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    conditions: &[
        HEARD,
        CLAIMED,
        Condition {
            name: "somebody_gathers",
            // What waits here without a gather is late for nobody.
            holds: |case| Some(case.was_gathered() || case.buffered() == 0),
            fact: |case| Some(case.own("buffered", Value::Records(case.buffered()))),
        },
        Condition {
            name: "records_on_their_way",
            holds: |case| Some(on_its_way(case)),
            fact: |case| {
                let on_the_way = Value::Offsets(case.on_the_way());
                Some(case.own("on_the_way", on_the_way))
            },
        },
    ],
    holds: |_| Some(Finding::now()),
    facts: on_its_way_facts,
    advice: nothing,
    against: nothing_readable,
};

fn on_its_way(case: &Case<'_>) -> bool {
    let fresh_backlog = case.seen.and_then(|seen| seen.behind);
    let fresh_backlog = fresh_backlog.is_some_and(|behind| case.since(behind.since) < IN_FLIGHT);
    let readable = case.readable().is_some_and(|readable| readable > 0);
    let came_near = readable && (fresh_backlog || case.moving());
    let moves = case.moving() && !case.passed_nothing();
    let in_flight = case.on_the_way() > 0 && (moves || case.resumed());
    case.buffered() > 0 || came_near || in_flight
}

fn on_its_way_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    vec![
        case.own(
            "gather_took",
            Value::Length(case.ask.closed - case.ask.started),
        ),
        case.own("closed_for", Value::Length(case.since(case.ask.closed))),
        case.own("on_the_way", Value::Offsets(case.on_the_way())),
    ]
}

/// Frozen with unread records.
pub(in super::super) const STUCK_WITH_LAG: Rule = Rule {
    code: VerdictCode::StuckWithLag,
    condition: "N < E by a fresh probe, N frozen for max(3W, 2 pulses, 10 s), seen twice, and nothing above",
    confirmation: Wait::Frozen,
    severity: &[(Wait::Frozen, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        CLAIMED,
        UNREAD,
        Condition {
            name: "probes_agree",
            holds: |case| probes_agree(case, STUCK_PROBES),
            fact: agreeing_probes,
        },
        Condition {
            name: "position_unchanged",
            holds: |case| Some(case.since(still_since(case)?) >= IN_FLIGHT),
            fact: unchanged_for,
        },
    ],
    holds: |case| Some(Finding::since(still_since(case)?, case)),
    facts: stuck_facts,
    advice: look_at_fetcher,
    against: nothing_readable,
};

/// Since when records wait and N has not moved. What rollcall itself held back is not frozen.
fn still_since(case: &Case<'_>) -> Option<Moment> {
    let seen = case.seen?;
    let held = seen.moved.max(seen.held).unwrap_or_default();
    Some(seen.behind?.since.max(held))
}

fn unchanged_for(case: &Case<'_>) -> Option<v1::Fact> {
    let since = still_since(case)?;
    let length = Value::Length(case.since(since));
    Some(case.fact("position_unchanged_for", length, Source::Pulse, since))
}

fn stuck_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let part = case.seen.and_then(|seen| seen.pulse.as_ref());
    let fetched = part.and_then(|part| {
        let ago = Value::Length(case.since(part.last_fetch?));
        Some(case.fact("last_fetch_answer", ago, Source::Pulse, case.now))
    });
    let facts = unchanged_for(case).into_iter().chain(agreeing_probes(case));
    facts.chain(fetched).collect()
}
