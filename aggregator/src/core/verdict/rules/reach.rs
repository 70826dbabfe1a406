//! Whether the fetcher can be reached, and whether the cluster lets it in.

use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, VerdictCode};

use super::super::case::{Case, PULSE_FRESH};
use super::super::condition::Condition;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::lane::NOT_REFUSED;
use super::{error_facts, latched, look_at_fetcher, said, says};
use crate::core::evidence::pulse::Latched;

/// Time after the aggregator's start in which a fetcher that was never there is not missed.
const STARTING: Duration = Duration::from_secs(10);

/// No feed, or a silent one.
pub(in super::super) const FETCHER_UNREACHABLE: Rule = Rule {
    code: VerdictCode::FetcherUnreachable,
    condition: "no feed for the topic, or no pulse for 3 intervals, or the fetcher that held the partition was cut off and nobody has taken it over; and no fetcher is refused because of its number of lanes",
    confirmation: Wait::For(PULSE_FRESH),
    severity: &[(Wait::For(PULSE_FRESH), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        Condition {
            name: "silent_or_cut_off",
            holds: |case| Some(!case.heard() || cut_off(case).is_some()),
            fact: unheard,
        },
        Condition {
            name: "not_starting",
            holds: |case| Some(case.heard() || !starting(case)),
            fact: |case| {
                let age = Value::Length(case.since(case.evidence.started()));
                Some(case.topic_fact("aggregator_age", age, Source::Aggregator, case.now))
            },
        },
        NOT_REFUSED,
    ],
    holds: unreachable,
    facts: unreachable_facts,
    advice: start_fetcher,
    against: pulse_is_fresh,
};

fn unreachable(case: &Case<'_>) -> Option<Finding> {
    if case.heard() {
        return Some(Finding::since(cut_off(case)?, case));
    }
    let last_heard = case
        .feed
        .map(|feed| feed.heard())
        .or(case.evidence.last_closed());
    let since = last_heard.unwrap_or(case.evidence.started());
    Some(Finding::since(since, case))
}

/// When the fetcher that held the partition was cut off, and nobody has taken it over since.
fn cut_off(case: &Case<'_>) -> Option<Moment> {
    let (_, cut_off) = case.owner?.orphaned?;
    let moving = case.pulse().and_then(|pulse| pulse.group.steady()) == Some(false);
    // On its way to another fetcher, or a stranger's: other rules say so.
    let elsewhere = moving || case.foreign().is_some();
    (!elsewhere).then_some(cut_off)
}

/// Whether the aggregator is so young that a fetcher which was never there is not missed.
pub(super) fn starting(case: &Case<'_>) -> bool {
    !case.evidence.ever_fed() && case.since(case.evidence.started()) < STARTING
}

fn unheard(case: &Case<'_>) -> Option<v1::Fact> {
    unreachable_facts(case).pop()
}

fn unreachable_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let now = case.now;
    let feeds = case.evidence.feeds().len() as u64;
    let mut facts = vec![case.topic_fact(
        "feeds",
        Value::Count(feeds, "feeds"),
        Source::Aggregator,
        now,
    )];
    if let Some(feed) = case.feed {
        let silence = Value::Length(case.since(feed.heard()));
        facts.push(case.fact(
            "fetcher",
            Value::Text(feed.open.fetcher_id.clone()),
            Source::Aggregator,
            now,
        ));
        facts.push(case.fact("pulse_age", silence, Source::Aggregator, now));
    }
    let orphaned = case.owner.and_then(|owner| owner.orphaned);
    let ghost = orphaned.and_then(|(feed, _)| case.evidence.ghosts().of_feed(feed));
    if let Some(ghost) = ghost {
        let gone = |name, value| case.fact(name, value, Source::Aggregator, ghost.gone);
        facts.push(gone(
            "gone_fetcher",
            Value::Text(ghost.open.fetcher_id.clone()),
        ));
        facts.push(gone(
            "gone_fetcher_host",
            Value::Text(ghost.open.host.clone()),
        ));
        facts.push(gone("cut_off", Value::Time(ghost.gone)));
        facts.extend(
            ghost
                .session_ends()
                .map(|ends| gone("session_ends_at_the_latest", Value::Time(ends))),
        );
    }
    facts
}

fn start_fetcher(case: &Case<'_>) -> Vec<v1::Advice> {
    let orphaned = case.owner.and_then(|owner| owner.orphaned);
    let ghost = orphaned.and_then(|(feed, _)| case.evidence.ghosts().of_feed(feed));
    let ghost = ghost.or_else(|| case.evidence.ghosts().all().next());
    let last = ghost.map(|ghost| (&ghost.open, ghost.heard));
    let last = last.or_else(|| case.feed.map(|feed| (&feed.open, feed.heard())));
    let numbers = last.map(|(open, heard)| {
        let fact = |name, value| case.topic_fact(name, value, Source::Aggregator, case.now);
        let seen = fact("last_seen", Value::Length(case.since(heard)));
        vec![
            fact(
                "fetcher",
                Value::Text(format!("{} at {}", open.fetcher_id, open.host)),
            ),
            seen,
        ]
    });
    vec![advice(
        AdviceCode::StartFetcher,
        numbers.unwrap_or_default(),
    )]
}

fn pulse_is_fresh(case: &Case<'_>) -> Option<v1::Fact> {
    let pulse = case.pulse()?;
    Some(case.fact(
        "pulse_age",
        Value::Length(case.since(pulse.at)),
        Source::Aggregator,
        case.now,
    ))
}

/// A fatal error of the client.
pub(in super::super) const CONSUMER_FATAL: Rule = Rule {
    code: VerdictCode::ConsumerFatal,
    condition: "the client reported a fatal error that no other row names, and it lasts",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "fatal_error_lasts",
        holds: |case| says(case, ErrorKind::Fatal),
        fact: |case| said(case, ErrorKind::Fatal),
    }],
    holds: |case| latched(case, ErrorKind::Fatal),
    facts: |case| error_facts(case, ErrorKind::Fatal),
    advice: look_at_fetcher,
    against: no_fact,
};

/// SASL or TLS rejected.
pub(in super::super) const AUTHENTICATION_FAILED: Rule = Rule {
    code: VerdictCode::AuthenticationFailed,
    condition: "SASL or TLS rejected the client, and nothing has succeeded since",
    confirmation: Wait::seconds(2),
    severity: &[(Wait::seconds(2), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "authentication_error_lasts",
        holds: |case| says(case, ErrorKind::Authentication),
        fact: |case| said(case, ErrorKind::Authentication),
    }],
    holds: |case| latched(case, ErrorKind::Authentication),
    facts: |case| error_facts(case, ErrorKind::Authentication),
    advice: look_at_fetcher,
    against: no_fact,
};

/// How long a hang-up speaks: the client repeats the same complaint only every 30 s.
const HANG_UP_SPEAKS: Duration = Duration::from_secs(60);

/// A plaintext client at a port that wants more.
pub(in super::super) const PROTOCOL_MISMATCH: Rule = Rule {
    code: VerdictCode::ProtocolMismatch,
    condition: "no broker is connected, and the last that was heard is that one hung up within 100 ms without a word, every connection that was made is lost",
    confirmation: Wait::seconds(2),
    severity: &[(Wait::seconds(2), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        Condition {
            name: "no_broker_connected",
            holds: |case| Some(case.pulse()?.brokers_down.is_some()),
            fact: |case| {
                let pulse = case.pulse()?;
                let up = Value::Count(u64::from(pulse.brokers_up), "brokers");
                Some(case.topic_fact("brokers_up", up, Source::Pulse, pulse.at))
            },
        },
        Condition {
            name: "broker_hung_up_without_a_word",
            holds: |case| {
                case.pulse()?;
                Some(hung_up(case).is_some())
            },
            fact: |case| said(case, ErrorKind::ProtocolMismatch),
        },
        Condition {
            name: "every_connection_lost",
            holds: |case| {
                let mut brokers = case.pulse()?.brokers.values();
                Some(brokers.all(|broker| broker.all_lost != Some(false)))
            },
            fact: |case| {
                let pulse = case.pulse()?;
                let connected = |lost: &Option<bool>| *lost == Some(false);
                let brokers = pulse.brokers.values().map(|broker| broker.all_lost);
                let held = Value::Count(brokers.filter(connected).count() as u64, "brokers");
                Some(case.topic_fact("brokers_with_a_connection", held, Source::Pulse, pulse.at))
            },
        },
    ],
    holds: |case| Some(Finding::since(hung_up(case)?.first, case)),
    facts: |case| error_facts(case, ErrorKind::ProtocolMismatch),
    advice: |_| vec![advice(AdviceCode::CheckSecurityProtocol, Vec::new())],
    against: no_fact,
};

/// That a broker hung up at once, unless something else was wrong with a connection since: one that is going down
/// hangs up as well, and refuses connections from then on.
fn hung_up<'a>(case: &Case<'a>) -> Option<&'a Latched> {
    let hung_up = case.error(ErrorKind::ProtocolMismatch)?;
    let other = case.error(ErrorKind::Transport);
    let last = other.is_none_or(|other| other.last <= hung_up.last);
    (last && case.since(hung_up.last) <= HANG_UP_SPEAKS).then_some(hung_up)
}

/// A right is missing.
pub(in super::super) const AUTHORIZATION_DENIED: Rule = Rule {
    code: VerdictCode::AuthorizationDenied,
    condition: "a right on the topic or the group is missing, and nothing that needs it has succeeded since",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    conditions: &[Condition {
        name: "authorization_error_lasts",
        holds: |case| says(case, denied(case)),
        fact: |case| said(case, denied(case)),
    }],
    holds: |case| latched(case, denied(case)),
    facts: denied_facts,
    advice: look_at_fetcher,
    against: no_fact,
};

fn denied(case: &Case<'_>) -> ErrorKind {
    match case.error(ErrorKind::TopicAuthorization) {
        Some(_) => ErrorKind::TopicAuthorization,
        None => ErrorKind::GroupAuthorization,
    }
}

fn denied_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let kind = denied(case);
    let on = if kind == ErrorKind::TopicAuthorization {
        "topic"
    } else {
        "group"
    };
    let on = case.topic_fact(
        "denied_on",
        Value::Text(on.to_owned()),
        Source::ClientError,
        case.now,
    );
    [vec![on], error_facts(case, kind)].concat()
}
