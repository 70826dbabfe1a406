//! Whether what was read is taken and settled.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::Condition;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{error_facts, latched, look_at_fetcher, said};

/// How long nobody may gather before it is told.
const NOBODY_GATHERS: Duration = Duration::from_secs(60);

/// Commits fail.
pub(in super::super) const COMMIT_FAILING: Rule = Rule {
    code: VerdictCode::CommitFailing,
    condition: "the same commit error for 10 s, rebalance codes excluded",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(10), Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "commit_error_lasts",
        holds: commit_failing,
        fact: |case| said(case, ErrorKind::Commit),
    }],
    holds: |case| latched(case, ErrorKind::Commit),
    facts: |case| error_facts(case, ErrorKind::Commit),
    advice: look_at_fetcher,
    against: no_fact,
};

/// A commit that came too late for its generation is no error to the fetcher that sent it: it never says one.
fn commit_failing(case: &Case<'_>) -> Option<bool> {
    case.pulse()?;
    Some(case.error(ErrorKind::Commit).is_some())
}

/// A lease this young is a client at work; warning of it would cry wolf once a round.
const CLIENT_AT_WORK: Wait = Wait::seconds(2);

/// Out on a lease.
pub(in super::super) const WAITING_FOR_ACK: Rule = Rule {
    code: VerdictCode::WaitingForAck,
    condition: "all that is there is out on an unsettled lease, or was given back and waits for its back-off to end",
    confirmation: Wait::NONE,
    severity: &[
        (Wait::NONE, Severity::Note),
        (CLIENT_AT_WORK, Severity::Warn),
    ],
    explains: Explains::Empty,
    conditions: &[Condition {
        name: "records_out_or_given_back",
        holds: |case| {
            let given_back = backing_off(case).is_some();
            Some(case.book.is_some() && (case.leased() || given_back))
        },
        fact: |case| {
            let given_back = backing_off(case).filter(|_| !case.leased());
            let comes = |until| case.own("back_off_ends_in", Value::Length(until - case.now));
            Some(given_back.map_or_else(|| unacked(case), comes))
        },
    }],
    holds: waiting_for_ack,
    facts: lease_facts,
    advice: settle,
    against: nothing_is_out,
};

/// Records that are out; none where nothing of the partition ever came here.
pub(super) fn unacked(case: &Case<'_>) -> v1::Fact {
    let unacked = case.book.map_or(0, |book| book.unacked_records);
    case.own("unacked", Value::Records(unacked))
}

fn waiting_for_ack(case: &Case<'_>) -> Option<Finding> {
    let book = case.book?;
    let lease = book
        .lease
        .as_ref()
        .map(|lease| Finding::since(lease.since, case));
    Some(lease.unwrap_or_else(Finding::now))
}

/// When records that were given back come again.
fn backing_off(case: &Case<'_>) -> Option<Moment> {
    let book = case.book?;
    book.back_off_until
        .filter(|&until| until > case.now && book.buffered_records > 0)
}

fn lease_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(book) = case.book else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if let Some(lease) = &book.lease {
        facts.push(case.own("leased_to", Value::Text(lease.client.clone())));
        facts.push(case.own("lease", Value::Count(lease.lease.0, "lease")));
        facts.push(case.own("leased_for", Value::Length(case.since(lease.since))));
        facts.push(case.own("lease_first_offset", Value::Offset(lease.range.first())));
        facts.push(case.own("lease_next_offset", Value::Offset(lease.range.next())));
        facts.extend(
            lease
                .remaining
                .map(|left| case.own("lease_ends_in", Value::Length(left))),
        );
    }
    let until = backing_off(case);
    facts.extend(until.map(|until| case.own("back_off_ends_in", Value::Length(until - case.now))));
    facts
}

fn settle(case: &Case<'_>) -> Vec<v1::Advice> {
    let Some(lease) = case.book.and_then(|book| book.lease.as_ref()) else {
        let until = backing_off(case).map(|until| case.own("until", Value::Time(until)));
        return vec![advice(AdviceCode::Wait, until.into_iter().collect())];
    };
    let client = case.own("client", Value::Text(lease.client.clone()));
    vec![advice(AdviceCode::Settle, vec![unacked(case), client])]
}

fn nothing_is_out(case: &Case<'_>) -> Option<v1::Fact> {
    case.book.filter(|book| book.unacked_records == 0)?;
    Some(unacked(case))
}

/// Nobody gathers.
pub(in super::super) const NO_CLIENT: Rule = Rule {
    code: VerdictCode::NoClient,
    condition: "records wait, and nobody has gathered for a minute",
    confirmation: Wait::For(NOBODY_GATHERS),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::For(NOBODY_GATHERS), Severity::Warn),
    ],
    explains: Explains::Empty,
    conditions: &[
        Condition {
            name: "records_wait_here",
            holds: |case| Some(case.book?.buffered_since.is_some() && case.buffered() > 0),
            fact: |case| Some(case.own("buffered", Value::Records(case.buffered()))),
        },
        Condition {
            name: "nobody_gathers",
            holds: |case| {
                let absent = |asked| case.since(asked) >= NOBODY_GATHERS;
                Some(case.books.last_asked.is_none_or(absent))
            },
            fact: |case| {
                let fact = |name, value| case.topic_fact(name, value, Source::Aggregator, case.now);
                Some(match case.books.last_asked {
                    Some(asked) => fact("last_gathered", Value::Length(case.since(asked))),
                    None => fact("was_gathered", Value::Flag(false)),
                })
            },
        },
    ],
    holds: no_client,
    facts: no_client_facts,
    advice: |_| vec![advice(AdviceCode::Gather, Vec::new())],
    against: no_fact,
};

/// Records wait since then, and no gather has come since. A topic that was gathered within a minute has
/// a client.
fn no_client(case: &Case<'_>) -> Option<Finding> {
    let waiting = case.book?.buffered_since?;
    let since = waiting.max(case.books.last_asked.unwrap_or_default());
    Some(Finding::since(since, case))
}

fn no_client_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let fact =
        |name, length| case.topic_fact(name, Value::Length(length), Source::Aggregator, case.now);
    let asked = case
        .books
        .last_asked
        .map(|asked| fact("last_gathered", case.since(asked)));
    let waiting = case.book.and_then(|book| book.buffered_since);
    let waiting = waiting.map(|since| case.own("waiting_for", Value::Length(case.since(since))));
    asked.into_iter().chain(waiting).collect()
}

/// Credit ran out.
pub(in super::super) const PAUSED_BACKPRESSURE: Rule = Rule {
    code: VerdictCode::PausedBackpressure,
    condition: "credit ran out: the fetcher pauses the partition, or has waited for credit, for 3 s",
    confirmation: Wait::seconds(3),
    severity: &[(Wait::seconds(3), Severity::Warn)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "paused_or_without_credit",
        holds: |case| {
            case.pulse()?;
            Some(paused(case).is_some())
        },
        fact: |case| {
            let flag = Value::Flag(paused(case).is_some());
            Some(case.fact("paused", flag, Source::Pulse, case.pulse()?.at))
        },
    }],
    holds: |case| Some(Finding::since(paused(case)?, case)),
    facts: paused_facts,
    advice: take_faster,
    against: no_fact,
};

fn paused(case: &Case<'_>) -> Option<Moment> {
    case.part()
        .and_then(|part| part.paused)
        .or_else(|| case.pulse()?.starved)
}

fn paused_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let since = paused(case).map(|since| {
        case.fact(
            "paused_for",
            Value::Length(case.since(since)),
            Source::Pulse,
            case.now,
        )
    });
    let book = case.book;
    let lease = book.and_then(|book| book.lease.as_ref());
    let holder = lease.map(|lease| case.own("leased_to", Value::Text(lease.client.clone())));
    since.into_iter().chain(holder).collect()
}

fn take_faster(case: &Case<'_>) -> Vec<v1::Advice> {
    let rate = case.whole.growth.map(|growth| {
        case.topic_fact(
            "rate",
            Value::Rate(growth.rate),
            Source::Aggregator,
            growth.since,
        )
    });
    vec![advice(AdviceCode::TakeFaster, rate.into_iter().collect())]
}
