//! What the producer's rhythm says about the silence.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::{Condition, TOPIC_CAUGHT_UP};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait};
use super::nothing;

/// Gaps that must be known before a silence is called unusual.
const OVERDUE_GAPS: u64 = 20;
/// How many times the longest gap a silence must exceed.
const OVERDUE_TIMES: u32 = 3;
/// No silence shorter than this is unusual: records may be delayed that long on their way.
const OVERDUE_AT_LEAST: Duration = Duration::from_secs(2);
/// Longest timeout that a gather takes.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(300);

/// Silent for longer than ever.
pub(in super::super) const PRODUCER_OVERDUE: Rule = Rule {
    code: VerdictCode::ProducerOverdue,
    condition: "caught up, and silent for longer than 3 times the longest of at least 20 known gaps (or than the operator's max_silence)",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    explains: Explains::Empty,
    conditions: &[
        EXPECTED,
        TOPIC_CAUGHT_UP,
        Condition {
            name: "silence_longer_than_allowed",
            holds: |case| Some(silence(case) > allowed_silence(case)?),
            fact: |case| Some(silence_fact(case)),
        },
    ],
    holds: overdue,
    facts: overdue_facts,
    advice: |_| vec![advice(AdviceCode::AskProducer, Vec::new())],
    against: silence_is_usual,
};

/// The silence that the operator or the topic's own history allows.
fn allowed_silence(case: &Case<'_>) -> Option<Duration> {
    let known = case
        .whole
        .rhythm
        .filter(|rhythm| rhythm.gap_count >= OVERDUE_GAPS);
    let usual = known.map(|rhythm| rhythm.longest.saturating_mul(OVERDUE_TIMES));
    let usual = usual.map(|usual| usual.max(OVERDUE_AT_LEAST).max(case.ask.timeout));
    case.evidence.words().max_silence.or(usual)
}

/// The present silence; a topic that was never heard is silent since the start.
fn silence(case: &Case<'_>) -> Duration {
    let watched = case.since(case.evidence.started());
    case.evidence
        .arrivals()
        .silence(case.now)
        .unwrap_or(watched)
}

fn overdue(case: &Case<'_>) -> Option<Finding> {
    let overdue_for = silence(case).saturating_sub(allowed_silence(case)?);
    Some(Finding {
        since: Some(case.now.before(overdue_for)),
        ..Finding::now()
    })
}

/// The operator did not say that the topic is expected to be empty.
const EXPECTED: Condition = Condition {
    name: "records_expected",
    holds: |case| Some(!case.evidence.words().expect_empty),
    fact: |case| {
        let empty = Value::Flag(case.evidence.words().expect_empty);
        Some(case.topic_fact("expect_empty", empty, Source::Setting, case.now))
    },
};

fn overdue_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let allowed = allowed_silence(case).map(|allowed| {
        let source = match case.evidence.words().max_silence {
            Some(_) => Source::Setting,
            None => Source::ArrivalModel,
        };
        case.topic_fact("allowed_silence", Value::Length(allowed), source, case.now)
    });
    let silence = silence_fact(case);
    [silence]
        .into_iter()
        .chain(allowed)
        .chain(rhythm_facts(case))
        .collect()
}

pub(super) fn silence_fact(case: &Case<'_>) -> v1::Fact {
    case.topic_fact(
        "silence",
        Value::Length(silence(case)),
        Source::ArrivalModel,
        case.now,
    )
}

fn silence_is_usual(case: &Case<'_>) -> Option<v1::Fact> {
    let usual = silence(case) <= allowed_silence(case)?;
    usual.then(|| silence_fact(case))
}

/// The gaps that the model rests on.
pub(super) fn rhythm_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(rhythm) = case.whole.rhythm else {
        return Vec::new();
    };
    let fact = |name, value| case.topic_fact(name, value, rhythm.source, case.now);
    vec![
        fact("gap_count", Value::Count(rhythm.gap_count, "gaps")),
        fact("gap_median", Value::Length(rhythm.median)),
        fact("gap_p95", Value::Length(rhythm.p95)),
        fact("gap_longest", Value::Length(rhythm.longest)),
    ]
}

/// Slower than the timeout.
pub(in super::super) const PRODUCER_SLOWER_THAN_TIMEOUT: Rule = Rule {
    code: VerdictCode::ProducerSlowerThanTimeout,
    condition: "caught up, and its usual gap (the one that half of all time is spent in or above) is longer than T",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    conditions: &[
        EXPECTED,
        TOPIC_CAUGHT_UP,
        Condition {
            name: "usual_gap_longer_than_timeout",
            holds: |case| Some(case.whole.rhythm?.usual > case.ask.timeout),
            fact: usual_gap,
        },
    ],
    holds: |_| Some(Finding::now()),
    facts: slower_facts,
    advice: raise_timeout,
    against: gaps_are_short,
};

fn slower_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let model = |name, value| case.topic_fact(name, value, Source::ArrivalModel, case.now);
    let now = case.whole.rhythm.map(|rhythm| {
        [
            model("gap_usual", Value::Length(rhythm.usual)),
            model("silence", Value::Length(rhythm.silence)),
            model("timeout", Value::Length(rhythm.timeout)),
            model("p_empty", Value::Share(rhythm.p_empty)),
        ]
    });
    rhythm_facts(case)
        .into_iter()
        .chain(now.into_iter().flatten())
        .collect()
}

fn raise_timeout(case: &Case<'_>) -> Vec<v1::Advice> {
    let mut all = nothing(case);
    let advised = case
        .whole
        .advised
        .filter(|(timeout, _)| *timeout > case.ask.timeout && *timeout <= LONGEST_TIMEOUT);
    if let (Some((timeout, p_empty_then)), Some(rhythm)) = (advised, case.whole.rhythm) {
        let model = |name, value| case.topic_fact(name, value, Source::ArrivalModel, case.now);
        let numbers = vec![
            model("timeout", Value::Length(timeout)),
            model("p_empty_now", Value::Share(rhythm.p_empty)),
            model("p_empty_then", Value::Share(p_empty_then)),
        ];
        all.push(advice(AdviceCode::RaiseTimeout, numbers));
    }
    all
}

fn gaps_are_short(case: &Case<'_>) -> Option<v1::Fact> {
    let short = case.whole.rhythm?.usual <= case.ask.timeout;
    short.then(|| usual_gap(case))?
}

fn usual_gap(case: &Case<'_>) -> Option<v1::Fact> {
    let usual = Value::Length(case.whole.rhythm?.usual);
    Some(case.topic_fact("gap_usual", usual, Source::ArrivalModel, case.now))
}
