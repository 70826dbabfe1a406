//! Whether the partition's broker serves it.

use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait};

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
    holds: broker_down,
    facts: leader_facts,
    advice: check_broker,
    against: probe_answered,
};

fn broker_down(case: &Case<'_>) -> Option<Finding> {
    let down = case.seen?.leader.down?;
    let wanted = case.part().is_some_and(|part| part.paused.is_none());
    wanted.then(|| both(case, down))?
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
    holds: |case| both(case, case.seen?.leader.none?),
    facts: leader_facts,
    advice: check_broker,
    against: probe_answered,
};

/// It holds since then, or since probes of the partition have failed, whichever is later.
fn both(case: &Case<'_>, since: Moment) -> Option<Finding> {
    let failing = case.seen?.probe_failure.as_ref()?.since;
    case.heard()
        .then(|| Finding::since(since.max(failing), case))
}

fn leader_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(seen) = case.seen else {
        return Vec::new();
    };
    let address =
        (!seen.leader.address.is_empty()).then(|| last_leader(case, &seen.leader.address));
    let down = seen.leader.down.map(|down| {
        case.fact(
            "leader_down_for",
            Value::Length(case.since(down)),
            Source::Pulse,
            case.now,
        )
    });
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
