//! Whether the fetcher, the cluster and the topic can be reached at all.

use std::time::Duration;

use rollcall_proto::ids::TopicId;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, StartedFrom, VerdictCode};

use super::super::case::{Case, PULSE_FRESH};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::{LOSS_SHOWN, error_facts, latched, look_at_fetcher};

/// Time after the aggregator's start in which a fetcher that was never there is not missed.
pub(in super::super) const STARTING: Duration = Duration::from_secs(10);
/// Shortest time between two answers that the topic does not exist.
const MISSING_CONFIRMED: Duration = Duration::from_secs(1);

/// No feed, or a silent one.
pub(in super::super) const FETCHER_UNREACHABLE: Rule = Rule {
    code: VerdictCode::FetcherUnreachable,
    condition: "no feed for the topic, or no pulse for 3 intervals, or the fetcher that held the partition was cut off and nobody has taken it over",
    confirmation: Wait::For(PULSE_FRESH),
    severity: &[(Wait::For(PULSE_FRESH), Severity::Fault)],
    explains: Explains::Both,
    holds: unreachable,
    facts: unreachable_facts,
    advice: start_fetcher,
    against: pulse_is_fresh,
};

fn unreachable(case: &Case<'_>) -> Option<Finding> {
    let evidence = case.evidence;
    if case.heard() {
        let (_, cut_off) = case.owner?.orphaned?;
        let moving = case.pulse().and_then(|pulse| pulse.group.steady()) == Some(false);
        // On its way to another fetcher, or a stranger's: other rules say so.
        let elsewhere = moving || case.foreign().is_some();
        return (!elsewhere).then(|| Finding::since(cut_off, case));
    }
    let starting = !evidence.ever_fed() && case.since(evidence.started()) < STARTING;
    let last_heard = case
        .feed
        .map(|feed| feed.heard())
        .or(evidence.last_closed());
    (!starting).then(|| Finding::since(last_heard.unwrap_or(evidence.started()), case))
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
    holds: |case| latched(case, ErrorKind::Authentication),
    facts: |case| error_facts(case, ErrorKind::Authentication),
    advice: look_at_fetcher,
    against: no_fact,
};

/// A right is missing.
pub(in super::super) const AUTHORIZATION_DENIED: Rule = Rule {
    code: VerdictCode::AuthorizationDenied,
    condition: "a right on the topic or the group is missing, and nothing that needs it has succeeded since",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
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

/// No such topic.
pub(in super::super) const TOPIC_MISSING: Rule = Rule {
    code: VerdictCode::TopicMissing,
    condition: "metadata has no such topic, twice, 1 s apart",
    confirmation: Wait::For(MISSING_CONFIRMED),
    severity: &[(Wait::For(MISSING_CONFIRMED), Severity::Fault)],
    explains: Explains::Both,
    holds: missing,
    facts: missing_facts,
    advice: |_| vec![advice(AdviceCode::CheckTopicName, Vec::new())],
    against: no_fact,
};

fn missing(case: &Case<'_>) -> Option<Finding> {
    let answers = case.evidence.missing()?;
    let finding = Finding::since(answers.since, case);
    case.heard().then(|| finding.lasted(answers.length()))
}

fn missing_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(answers) = case.evidence.missing() else {
        return Vec::new();
    };
    let fact = |name, value| case.topic_fact(name, value, Source::Metadata, answers.last);
    let times = u64::from(answers.rounds);
    vec![
        fact("topic_exists", Value::Flag(false)),
        fact("times_answered", Value::Count(times, "answers")),
    ]
}

/// Another topic under the same name.
pub(in super::super) const TOPIC_RECREATED: Rule = Rule {
    code: VerdictCode::TopicRecreated,
    condition: "the topic id is another than at assignment; for 10 min after the partition was begun anew too",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Fault)],
    explains: Explains::Both,
    holds: recreated,
    facts: recreated_facts,
    advice: |_| vec![advice(AdviceCode::AcceptLoss, Vec::new())],
    against: no_fact,
};

fn recreated(case: &Case<'_>) -> Option<Finding> {
    let claim = case.claim()?;
    if let Some((_, now)) = ids_that_differ(case) {
        return Some(Finding::since(now, case));
    }
    let begun_anew =
        claim.started_from == StartedFrom::Recreated && case.since(claim.at) < LOSS_SHOWN;
    let finding = begun_anew.then(|| Finding::since(claim.at, case))?;
    // It is over once records flow again: then it is said beside the data, and fails nothing.
    Some(if case.has_data() {
        finding.graded(Severity::Warn)
    } else {
        finding
    })
}

fn ids_that_differ<'a>(case: &'a Case<'_>) -> Option<(&'a TopicId, rollcall_proto::time::Moment)> {
    let (then, now) = (
        case.claim()?.topic_id.as_ref()?,
        case.evidence.measured_topic_id()?,
    );
    (*then != now.value).then_some((&now.value, now.at))
}

fn recreated_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(claim) = case.claim() else {
        return Vec::new();
    };
    let then = claim.topic_id.as_ref().map(|id| {
        case.fact(
            "topic_id_claimed",
            Value::Text(id.to_string()),
            Source::Metadata,
            claim.at,
        )
    });
    let now = ids_that_differ(case).map(|(id, at)| {
        case.fact(
            "topic_id",
            Value::Text(id.to_string()),
            Source::Metadata,
            at,
        )
    });
    let lost = super::offsets::lost_facts(case);
    then.into_iter().chain(now).chain(lost).collect()
}

/// No broker answers.
pub(in super::super) const CLUSTER_UNREACHABLE: Rule = Rule {
    code: VerdictCode::ClusterUnreachable,
    condition: "the client is connected to no broker, and it says so itself or probes fail",
    confirmation: Wait::seconds(5),
    severity: &[(Wait::seconds(5), Severity::Fault)],
    explains: Explains::Both,
    holds: cluster_unreachable,
    facts: cluster_facts,
    advice: check_cluster,
    against: broker_is_up,
};

fn cluster_unreachable(case: &Case<'_>) -> Option<Finding> {
    let down = case.pulse()?.brokers_down?;
    let probes_fail = case
        .feed?
        .round
        .as_ref()
        .is_some_and(|round| round.failing.is_some());
    let said = case.error(ErrorKind::AllBrokersDown).is_some();
    (probes_fail || said).then(|| Finding::since(down, case))
}

fn cluster_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let pulse = case.pulse();
    let up = pulse.map(|pulse| {
        let up = Value::Count(u64::from(pulse.brokers_up), "brokers");
        case.topic_fact("brokers_up", up, Source::Pulse, pulse.at)
    });
    let round = case.feed.and_then(|feed| feed.round.as_ref());
    let failure = round.and_then(|round| {
        let failure = Value::Text(round.failure.clone()?);
        Some(case.topic_fact("probe_failure", failure, Source::Metadata, round.at))
    });
    let error = error_facts(case, ErrorKind::AllBrokersDown);
    up.into_iter()
        .chain(bootstrap(case))
        .chain(failure)
        .chain(error)
        .collect()
}

fn bootstrap(case: &Case<'_>) -> Option<v1::Fact> {
    let servers = Value::Text(case.evidence.bootstrap_servers()?.to_owned());
    Some(case.topic_fact("bootstrap", servers, Source::Setting, case.now))
}

fn check_cluster(case: &Case<'_>) -> Vec<v1::Advice> {
    vec![advice(
        AdviceCode::CheckCluster,
        bootstrap(case).into_iter().collect(),
    )]
}

fn broker_is_up(case: &Case<'_>) -> Option<v1::Fact> {
    let pulse = case.pulse().filter(|pulse| pulse.brokers_up > 0)?;
    let up = Value::Count(u64::from(pulse.brokers_up), "brokers");
    Some(case.topic_fact("brokers_up", up, Source::Pulse, pulse.at))
}
