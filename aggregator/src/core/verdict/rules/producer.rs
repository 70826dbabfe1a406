//! What the producer's rhythm says about the silence.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::{Condition, TOPIC_CAUGHT_UP};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait};
use super::nothing;
use crate::core::advice::{TARGET, advice_in};
use crate::core::arrivals::stamps::Stamps;
use crate::core::terms::TIMEOUTS;

/// How long a topic must have been watched before its log's timestamps alone make a silence unusual: a clock that is
/// hours off shows by then, if records come.
const WATCHED: Duration = Duration::from_secs(10);

/// Silent for longer than ever.
pub(in super::super) const PRODUCER_OVERDUE: Rule = Rule {
    code: VerdictCode::ProducerOverdue,
    condition: "caught up, and silent for longer than 3 times the longest of at least 20 known gaps (6 times that of at least 60 if they are uneven: fewer than three quarters are longer than a third of the longest), which is unusual for this hour; or than the operator's max_silence",
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
        Condition {
            name: "silence_watched",
            holds: |case| Some(is_watched(case)),
            fact: |case| {
                let watched = Value::Length(case.evidence.arrivals().watched(case.now));
                Some(case.topic_fact("watched", watched, Source::Aggregator, case.now))
            },
        },
        SILENCE_MEASURED,
    ],
    holds: overdue,
    facts: overdue_facts,
    advice: |_| vec![advice(AdviceCode::AskProducer, Vec::new())],
    against: silence_is_usual,
};

/// The log's end was measured since the silence is too long: an end that is older may have moved, with a broker that
/// tells nobody.
const SILENCE_MEASURED: Condition = Condition {
    name: "silence_measured",
    holds: |case| {
        let overdue_for = silence(case).saturating_sub(allowed_silence(case)?);
        Some(case.since(case.whole.measured?) <= overdue_for)
    },
    fact: |case| {
        let age = Value::Length(case.since(case.whole.measured?));
        Some(case.topic_fact("probe_age", age, Source::ProbeHighWatermark, case.now))
    },
};

/// The silence that the operator or the topic's own history allows; `None` where neither says, or where the topic was
/// silent at this hour of earlier days too.
fn allowed_silence(case: &Case<'_>) -> Option<Duration> {
    case.evidence.allowed_silence(case.ask.timeout, case.now)
}

/// Whether the silence is more than what timestamps say: records were heard to come, or would have been.
fn is_watched(case: &Case<'_>) -> bool {
    let arrivals = case.evidence.arrivals();
    let longest = case.whole.rhythm.map(|rhythm| rhythm.longest);
    let enough = longest.map_or(WATCHED, |longest| longest.min(WATCHED));
    case.evidence.words().max_silence.is_some()
        || arrivals.heard()
        || arrivals.watched(case.now) > enough
}

/// The present silence; a topic that was never heard is silent since the start.
fn silence(case: &Case<'_>) -> Duration {
    case.evidence.silence(case.now)
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
    let mut facts = vec![
        fact("gap_count", Value::Count(rhythm.gap_count, "gaps")),
        fact("gap_median", Value::Length(rhythm.median)),
        fact("gap_p95", Value::Length(rhythm.p95)),
        fact("gap_longest", Value::Length(rhythm.longest)),
    ];
    facts.extend(stamps_fact(case, rhythm.stamps));
    facts
}

/// Why the records' timestamps are not used.
fn stamps_fact(case: &Case<'_>, stamps: Stamps) -> Option<v1::Fact> {
    let (name, value) = match stamps {
        Stamps::Unknown | Stamps::Usable => return None,
        Stamps::Missing => ("timestamps_missing", Value::Flag(true)),
        Stamps::Ahead(off) => ("timestamps_ahead", Value::Length(off)),
        Stamps::Behind(off) => ("timestamps_behind", Value::Length(off)),
    };
    Some(case.topic_fact(name, value, Source::ArrivalModel, case.now))
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
    let advice_in = advice_in(case.evidence.arrivals());
    let advice_in = advice_in.map(|wait| model("advice_in", Value::Length(wait)));
    rhythm_facts(case)
        .into_iter()
        .chain(now.into_iter().flatten())
        .chain(advice_in)
        .collect()
}

fn raise_timeout(case: &Case<'_>) -> Vec<v1::Advice> {
    let mut all = nothing(case);
    let advised = case
        .whole
        .advised
        .filter(|(timeout, _)| *timeout > case.ask.timeout && *timeout <= TIMEOUTS.1);
    if let (Some((timeout, p_empty_then)), Some(rhythm)) = (advised, case.whole.rhythm) {
        let model = |name, value| case.topic_fact(name, value, Source::ArrivalModel, case.now);
        let mut numbers = vec![
            model("timeout", Value::Length(timeout)),
            model("p_empty_now", Value::Share(rhythm.p_empty)),
            model("p_empty_then", Value::Share(p_empty_then)),
        ];
        let in_a_row = case.evidence.arrivals().timeout_in_a_row(TARGET);
        let in_a_row = in_a_row.filter(|timeout| *timeout <= TIMEOUTS.1);
        numbers.extend(in_a_row.map(|timeout| model("timeout_in_a_row", Value::Length(timeout))));
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
