//! Whether the cluster can be reached, and the broker that leads the partition.

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Severity, Source, VerdictCode};

use super::super::case::{BEYOND_FETCH_WAIT, Case};
use super::super::condition::{Condition, HEARD, PROBE_FAILS, leader};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait};
use super::{error_facts, said, says};

/// No broker answers.
pub(in super::super) const CLUSTER_UNREACHABLE: Rule = Rule {
    code: VerdictCode::ClusterUnreachable,
    condition: "the client is connected to no broker, and it says so itself or probes fail",
    confirmation: Wait::seconds(5),
    severity: &[(Wait::seconds(5), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        Condition {
            name: "no_broker_connected",
            holds: |case| Some(case.pulse()?.brokers_down.is_some()),
            fact: brokers_up,
        },
        Condition {
            name: "client_says_so_or_probes_fail",
            holds: |case| {
                let round = case.feed?.round.as_ref();
                let fail = round.is_some_and(|round| round.failing.is_some());
                let says_so = || says(case, ErrorKind::AllBrokersDown);
                if fail { Some(true) } else { says_so() }
            },
            fact: |case| {
                let said = || said(case, ErrorKind::AllBrokersDown);
                rounds_fail(case).or_else(said)
            },
        },
    ],
    holds: |case| Some(Finding::since(case.pulse()?.brokers_down?, case)),
    facts: cluster_facts,
    advice: check_cluster,
    against: broker_is_up,
};

fn cluster_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let error = error_facts(case, ErrorKind::AllBrokersDown);
    brokers_up(case)
        .into_iter()
        .chain(bootstrap(case))
        .chain(rounds_fail(case))
        .chain(error)
        .collect()
}

fn brokers_up(case: &Case<'_>) -> Option<v1::Fact> {
    let pulse = case.pulse()?;
    let up = Value::Count(u64::from(pulse.brokers_up), "brokers");
    Some(case.topic_fact("brokers_up", up, Source::Pulse, pulse.at))
}

/// Why the last probe round failed as a whole.
fn rounds_fail(case: &Case<'_>) -> Option<v1::Fact> {
    let round = case.feed?.round.as_ref()?;
    let failure = Value::Text(round.failure.clone()?);
    Some(case.topic_fact("probe_failure", failure, Source::Metadata, round.at))
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
    (case.pulse()?.brokers_up > 0).then(|| brokers_up(case))?
}

/// The leader's broker is down.
pub(in super::super) const BROKER_DOWN: Rule = Rule {
    code: VerdictCode::BrokerDown,
    condition: "a fetch is wanted, the leader's broker is not up (its address is remembered), and the probe of the partition fails",
    confirmation: Wait::seconds(10),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(10), Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "fetch_wanted",
            holds: |case| Some(case.part()?.paused.is_none()),
            fact: |case| {
                let part = case.part()?;
                let paused = Value::Flag(part.paused.is_some());
                Some(case.fact("paused", paused, Source::Pulse, part.at))
            },
        },
        Condition {
            name: "leader_not_connected",
            holds: |case| {
                leader(case)?;
                Some(case.seen?.leader.down.is_some())
            },
            fact: |case| {
                let down = case.seen?.leader.down;
                down.map(|down| down_for(case, down))
                    .or_else(|| leader(case))
            },
        },
        PROBE_FAILS,
    ],
    // A broker that hung before its connection was lost has been away for longer than that.
    holds: |case| {
        let down = case.seen?.leader.down?;
        both(
            case,
            silent_since(case).map_or(down, |silent| down.min(silent)),
        )
    },
    facts: leader_facts,
    advice: check_broker,
    against: probe_answered,
};

fn down_for(case: &Case<'_>, since: Moment) -> v1::Fact {
    let length = Value::Length(case.since(since));
    case.fact("leader_down_for", length, Source::Pulse, case.now)
}

/// No leader.
pub(in super::super) const LEADER_UNAVAILABLE: Rule = Rule {
    code: VerdictCode::LeaderUnavailable,
    condition: "metadata names no leader, and the probe of the partition fails",
    confirmation: Wait::seconds(30),
    severity: &[
        (Wait::NONE, Severity::Note),
        (Wait::seconds(30), Severity::Fault),
    ],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "no_leader_in_metadata",
            holds: |case| {
                leader(case)?;
                Some(case.seen?.leader.none.is_some())
            },
            fact: leader,
        },
        PROBE_FAILS,
    ],
    holds: |case| both(case, case.seen?.leader.none?),
    facts: leader_facts,
    advice: check_broker,
    against: probe_answered,
};

/// It holds since then, unless the partition answered a probe later; a probe that fails says that it still does.
fn both(case: &Case<'_>, since: Moment) -> Option<Finding> {
    let seen = case.seen?;
    let failing = seen.probe_failure.as_ref()?.since;
    let answered = seen.ends.map_or(failing, |ends| ends.at);
    Some(Finding::since(
        since.max(answered).min(failing.max(since)),
        case,
    ))
}

/// Up, and silent.
pub(in super::super) const BROKER_NOT_ANSWERING: Rule = Rule {
    code: VerdictCode::BrokerNotAnswering,
    condition: "the leader's machine holds the connection, a request is in flight, no response for W + 1 s, no throttle pending, and the probe of the partition fails",
    confirmation: Wait::seconds(3),
    severity: &[(Wait::seconds(3), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "leader_connected",
            holds: |case| Some(case.broker()?.accepted()),
            fact: |case| {
                let state = Value::Text(case.broker()?.state.clone());
                Some(case.fact("leader_state", state, Source::Pulse, case.part()?.at))
            },
        },
        Condition {
            name: "request_in_flight",
            holds: |case| {
                let in_flight = case.broker()?.in_flight?;
                case.statistics_fresh().then_some(in_flight > 0)
            },
            fact: in_flight,
        },
        Condition {
            name: "no_response_beyond_fetch_wait",
            holds: |case| Some(silent_since(case)? <= case.now),
            fact: last_response,
        },
        Condition {
            name: "no_throttle_pending",
            holds: |case| Some(case.broker()?.held_back().is_none()),
            fact: |case| {
                let throttled = Value::Flag(case.broker()?.held_back().is_some());
                Some(case.fact("throttled", throttled, Source::Pulse, case.part()?.at))
            },
        },
        PROBE_FAILS,
    ],
    // A probe that failed has waited itself: the silence counts from where it is longer than a fetch's.
    holds: |case| Some(Finding::since(silent_since(case)?, case)),
    facts: |case| {
        let asked = in_flight(case).into_iter().chain(last_response(case));
        leader_facts(case).into_iter().chain(asked).collect()
    },
    advice: check_broker,
    against: probe_answered,
};

/// From when on the broker's silence is longer than a fetch may wait.
fn silent_since(case: &Case<'_>) -> Option<Moment> {
    let wait = case.feed?.open.fetch_wait?;
    Some(case.broker()?.answered? + wait + BEYOND_FETCH_WAIT)
}

fn in_flight(case: &Case<'_>) -> Option<v1::Fact> {
    let in_flight = Value::Count(case.broker()?.in_flight?.into(), "requests");
    Some(case.fact(
        "requests_in_flight",
        in_flight,
        Source::Pulse,
        case.part()?.at,
    ))
}

fn last_response(case: &Case<'_>) -> Option<v1::Fact> {
    let ago = Value::Length(case.since(case.broker()?.answered?));
    Some(case.fact("last_response", ago, Source::Pulse, case.part()?.at))
}

fn leader_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(seen) = case.seen else {
        return Vec::new();
    };
    let address =
        (!seen.leader.address.is_empty()).then(|| last_leader(case, &seen.leader.address));
    let down = seen.leader.down.map(|down| down_for(case, down));
    let failure = seen.probe_failure.as_ref().map(|failure| {
        case.fact(
            "probe_failure",
            Value::Text(failure.text.clone()),
            Source::Metadata,
            failure.at,
        )
    });
    address.into_iter().chain(down).chain(failure).collect()
}

fn last_leader(case: &Case<'_>, address: &str) -> v1::Fact {
    case.fact(
        "last_leader",
        Value::Text(address.to_owned()),
        Source::Pulse,
        case.now,
    )
}

fn check_broker(case: &Case<'_>) -> Vec<v1::Advice> {
    let address = case
        .seen
        .map(|seen| seen.leader.address.as_str())
        .filter(|address| !address.is_empty());
    let bootstrap = address.map(|address| {
        case.fact(
            "bootstrap",
            Value::Text(address.to_owned()),
            Source::Pulse,
            case.now,
        )
    });
    vec![advice(
        AdviceCode::CheckCluster,
        bootstrap.into_iter().collect(),
    )]
}

fn probe_answered(case: &Case<'_>) -> Option<v1::Fact> {
    let (ends, round) = (case.ends()?, case.feed?.round.as_ref()?);
    Some(case.fact(
        "probe_answered_in",
        Value::Length(round.took?),
        Source::ProbeHighWatermark,
        ends.at,
    ))
}
