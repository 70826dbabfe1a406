//! Whether a broker holds records back: by a quota, or until there are enough of them.

use std::time::Duration;

use rollcall_proto::limits::PULSE_INTERVAL;
use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::{CLAIMED, Condition, HEARD, UNREAD, caught_up, readable};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};

/// Bytes of the smallest record in a log (source: Kafka's record format v2: length, attributes, two deltas, key
/// length, value length and number of headers, a byte each).
const SMALLEST_RECORD: u64 = 7;

/// A quota.
pub(in super::super) const THROTTLED: Rule = Rule {
    code: VerdictCode::Throttled,
    condition: "the leader's broker imposed a throttle time of at least 100 ms that may still hold (until it is over, and 60 s more if nothing came since), and nothing proves that everything was read",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "broker_throttles",
            holds: |case| Some(case.broker()?.held_back().is_some()),
            fact: |case| {
                case.broker()?;
                let none = || {
                    Some(case.fact(
                        "throttled",
                        Value::Flag(false),
                        Source::Pulse,
                        case.part()?.at,
                    ))
                };
                throttle(case).or_else(none)
            },
        },
        Condition {
            name: "not_proven_read",
            holds: |case| Some(case.readable() != Some(0)),
            fact: |case| readable(case).or_else(|| Some(caught_up(case))),
        },
    ],
    holds: |case| Some(Finding::since(case.broker()?.held_back()?.said, case)),
    facts: throttle_facts,
    advice: |case| {
        vec![advice(
            AdviceCode::RaiseQuota,
            throttle(case).into_iter().collect(),
        )]
    },
    against: no_fact,
};

fn throttle(case: &Case<'_>) -> Option<v1::Fact> {
    let throttle = case.broker()?.throttle?;
    let length = Value::Length(throttle.length);
    Some(case.fact("throttle", length, Source::Pulse, throttle.said))
}

fn throttle_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some((broker, throttle_time)) = case
        .broker()
        .and_then(|broker| Some((broker, broker.throttle?)))
    else {
        return Vec::new();
    };
    let fact = |name, value| case.fact(name, value, Source::Pulse, throttle_time.said);
    let ends = throttle_time.said + throttle_time.length;
    let mut facts: Vec<_> = throttle(case).into_iter().collect();
    facts.push(fact("throttled_by", Value::Text(broker.address.clone())));
    facts.push(fact("throttle_ends", Value::Time(ends)));
    facts
}

/// The broker waits for more.
pub(in super::super) const WAITING_MIN_BYTES: Rule = Rule {
    code: VerdictCode::WaitingMinBytes,
    condition: "M > 1, fewer unread records than M bytes must hold, seen for less than W (+ 1 s between two probes), and the leader's broker answered within W",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    conditions: &[
        HEARD,
        CLAIMED,
        Condition {
            name: "fetch_min_bytes_above_1",
            holds: |case| Some(min_bytes(case)? > 1),
            fact: min_bytes_fact,
        },
        UNREAD,
        Condition {
            name: "backlog_smaller_than_fetch_min_bytes",
            holds: |case| {
                let bytes = case.readable()?.saturating_mul(SMALLEST_RECORD);
                Some(bytes < min_bytes(case)?)
            },
            fact: readable,
        },
        Condition {
            name: "backlog_younger_than_fetch_wait",
            holds: |case| {
                let age = case.since(case.seen?.behind?.since);
                Some(age <= fetch_wait(case)? + BETWEEN_PROBES)
            },
            fact: |case| {
                let behind = case.seen?.behind?;
                let age = Value::Length(case.since(behind.since));
                Some(case.fact("unread_for", age, Source::ProbeHighWatermark, behind.last))
            },
        },
        Condition {
            name: "broker_answered_within_fetch_wait",
            holds: |case| {
                let answered = case.part()?.last_fetch?;
                Some(case.since(answered) <= fetch_wait(case)? + PULSE_INTERVAL)
            },
            fact: |case| {
                let answered = Value::Length(case.since(case.part()?.last_fetch?));
                Some(case.fact("last_fetch_answer", answered, Source::Pulse, case.now))
            },
        },
    ],
    holds: |case| Some(Finding::since(case.seen?.behind?.since, case)),
    facts: |case| {
        let wait = fetch_wait(case).map(|wait| {
            case.topic_fact("fetch_wait", Value::Length(wait), Source::Setting, case.now)
        });
        min_bytes_fact(case).into_iter().chain(wait).collect()
    },
    advice: |case| {
        let bytes = min_bytes_fact(case).into_iter().collect();
        vec![advice(AdviceCode::LowerFetchMinBytes, bytes)]
    },
    against: no_fact,
};

/// Longest time between two probes while something is unread.
const BETWEEN_PROBES: Duration = Duration::from_secs(1);

fn min_bytes(case: &Case<'_>) -> Option<u64> {
    Some(case.feed?.open.fetch_min_bytes?.into())
}

fn fetch_wait(case: &Case<'_>) -> Option<Duration> {
    case.feed?.open.fetch_wait
}

fn min_bytes_fact(case: &Case<'_>) -> Option<v1::Fact> {
    let bytes = Value::Bytes(min_bytes(case)?);
    Some(case.topic_fact("fetch_min_bytes", bytes, Source::Setting, case.now))
}
