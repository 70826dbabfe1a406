//! Whether somebody polls the client, and takes what it fetched.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, ErrorKind, Severity, Source, VerdictCode};

use super::super::case::{Case, IN_FLIGHT};
use super::super::condition::{CLAIMED, Condition, HEARD};
use super::super::fact::Value;
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{error_facts, latched, look_at_fetcher, said, says};

/// librdkafka's default of `max.poll.interval.ms`.
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(300);

/// Left the group by not polling.
pub(in super::super) const POLL_INTERVAL_EXCEEDED: Rule = Rule {
    code: VerdictCode::PollIntervalExceeded,
    condition: "the client says that it was not polled for max.poll.interval.ms and has not joined again; or it has not been polled for that long",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "not_polled_for_max_poll_interval",
            holds: |case| {
                let said = says(case, ErrorKind::PollInterval)?;
                Some(said || overslept(case).is_some())
            },
            fact: |case| polled(case).or_else(|| said(case, ErrorKind::PollInterval)),
        },
    ],
    holds: |case| {
        let said = latched(case, ErrorKind::PollInterval);
        said.or_else(|| Some(Finding::since(overslept(case)?, case)))
    },
    facts: |case| {
        let limit = Value::Length(max_poll_interval(case));
        let limit = case.topic_fact("max_poll_interval", limit, Source::Setting, case.now);
        let errors = error_facts(case, ErrorKind::PollInterval);
        polled(case)
            .into_iter()
            .chain([limit])
            .chain(errors)
            .collect()
    },
    advice: look_at_fetcher,
    against: no_fact,
};

fn max_poll_interval(case: &Case<'_>) -> Duration {
    let said = case.feed.and_then(|feed| feed.open.max_poll_interval);
    said.unwrap_or(MAX_POLL_INTERVAL)
}

/// When the client has gone without being polled for as long as a member may, if it has.
fn overslept(case: &Case<'_>) -> Option<Moment> {
    let left = case.pulse()?.polled? + max_poll_interval(case);
    (left <= case.now).then_some(left)
}

fn polled(case: &Case<'_>) -> Option<v1::Fact> {
    let pulse = case.pulse()?;
    let ago = Value::Length(case.since(pulse.polled?));
    Some(case.topic_fact("polled_ago", ago, Source::Pulse, pulse.at))
}

/// Fetched, and not handed over.
pub(in super::super) const NOT_POLLED: Rule = Rule {
    code: VerdictCode::NotPolled,
    condition: "N > A, or unread records and nobody polls; A frozen for max(3W, 2 pulses, 10 s), and nothing holds reading back",
    confirmation: Wait::Frozen,
    severity: &[(Wait::Frozen, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        CLAIMED,
        Condition {
            name: "not_held_back",
            holds: |case| {
                let pulse = case.pulse()?;
                Some(pulse.starved.is_none() && case.part()?.paused.is_none())
            },
            fact: |case| {
                let pulse = case.pulse()?;
                let paused = case.part().is_some_and(|part| part.paused.is_some());
                let held = Value::Flag(paused || pulse.starved.is_some());
                Some(case.fact("paused", held, Source::Pulse, pulse.at))
            },
        },
        Condition {
            name: "records_not_handed_over",
            holds: |case| Some(case.in_the_client()? > 0 || unpolled_with_unread(case)),
            fact: |case| {
                let part = case.part()?;
                let waiting = Value::Offsets(case.in_the_client()?);
                Some(case.fact("fetched_not_handed_over", waiting, Source::Pulse, part.at))
            },
        },
        Condition {
            name: "nothing_handed_over_lately",
            holds: |case| Some(case.since(still_since(case)?) >= IN_FLIGHT),
            fact: handed_over_age,
        },
    ],
    holds: |case| Some(Finding::since(still_since(case)?, case)),
    facts: |case| {
        let waiting = case.part().and_then(|part| {
            let waiting = Value::Offsets(case.in_the_client()?);
            Some(case.fact("fetched_not_handed_over", waiting, Source::Pulse, part.at))
        });
        let facts = waiting.into_iter().chain(handed_over_age(case));
        facts.chain(polled(case)).collect()
    },
    advice: look_at_fetcher,
    against: |case| {
        let part = case.part().filter(|_| case.in_the_client() == Some(0))?;
        Some(case.fact(
            "fetched_not_handed_over",
            Value::Offsets(0),
            Source::Pulse,
            part.at,
        ))
    },
};

/// Without polling there are no statistics, and N stays what it was.
fn unpolled_with_unread(case: &Case<'_>) -> bool {
    let polled = case.pulse().and_then(|pulse| pulse.polled);
    let still = polled.is_some_and(|polled| case.since(polled) >= IN_FLIGHT);
    still && case.readable().is_some_and(|readable| readable > 0)
}

/// Since when A has not moved though there was something to hand over. What rollcall itself held back is not frozen.
fn still_since(case: &Case<'_>) -> Option<Moment> {
    let part = case.part()?;
    let waits = if case.in_the_client()? > 0 {
        part.moved?
    } else {
        case.pulse()?.polled?
    };
    let held = case.seen?.held.unwrap_or_default();
    Some(part.polled_on?.max(waits).max(held))
}

fn handed_over_age(case: &Case<'_>) -> Option<v1::Fact> {
    let part = case.part()?;
    let age = Value::Length(case.since(part.polled_on?));
    Some(case.fact("handed_over_unchanged_for", age, Source::Pulse, part.at))
}
