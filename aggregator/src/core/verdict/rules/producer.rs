//! Whether there is anything to read, and what the producer's rhythm says.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, StartedFrom, VerdictCode};

use super::super::case::Case;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_advice, no_fact};
use super::super::whole::Emptiness;
use super::reach::STARTING;
use super::{look_at_fetcher, nothing};
use crate::core::arrivals::Rhythm;

/// Gaps that must be known before a silence is called unusual.
const OVERDUE_GAPS: u64 = 20;
/// How many times the longest gap a silence must exceed.
const OVERDUE_TIMES: u32 = 3;
/// No silence shorter than this is unusual: records may be delayed that long on their way.
const OVERDUE_AT_LEAST: Duration = Duration::from_secs(2);
/// Longest timeout that a gather takes.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(300);

/// Started at the end.
pub(in super::super) const SKIPPED_TO_END: Rule = Rule {
    code: VerdictCode::SkippedToEnd,
    condition: "started by policy latest at an offset > L, and nothing delivered since",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    holds: skipped_to_end,
    facts: skipped_facts,
    advice: |case| vec![advice(AdviceCode::AcceptLoss, skipped_facts(case))],
    against: no_fact,
};

fn skipped_to_end(case: &Case<'_>) -> Option<Finding> {
    let claim = case.claim()?;
    let delivered = case.owner.is_some_and(|owner| owner.delivered.is_some());
    let latest = claim.started_from == StartedFrom::PolicyLatest && skipped(case) > 0;
    (case.caught_up() && latest && !delivered).then(|| Finding::since(claim.at, case))
}

/// Offsets from the log start to where the claim began.
fn skipped(case: &Case<'_>) -> u64 {
    let lost = case
        .claim()
        .and_then(|claim| claim.lost)
        .map(|lost| lost.len());
    let start = case
        .seen
        .and_then(|seen| seen.log_start)
        .map(|start| start.value);
    let began = case.claim().and_then(|claim| claim.committed);
    let below = || {
        began
            .zip(start)
            .map(|(began, start)| began.distance_from(start))
    };
    lost.or_else(below).unwrap_or(0)
}

fn skipped_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    vec![case.own("records", Value::Records(skipped(case)))]
}

/// Silent for longer than ever.
pub(in super::super) const PRODUCER_OVERDUE: Rule = Rule {
    code: VerdictCode::ProducerOverdue,
    condition: "caught up, and silent for longer than 3 times the longest of at least 20 known gaps (or than the operator's max_silence)",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    explains: Explains::Empty,
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
    let (allowed, silence) = (allowed_silence(case)?, silence(case));
    let expected = !case.evidence.words().expect_empty;
    let overdue = expected && case.whole.caught_up && silence > allowed;
    overdue.then(|| Finding {
        since: Some(case.now.before(silence - allowed)),
        ..Finding::now()
    })
}

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

fn silence_fact(case: &Case<'_>) -> v1::Fact {
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
fn rhythm_facts(case: &Case<'_>) -> Vec<v1::Fact> {
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
    holds: |case| slower(case).map(|_| Finding::now()),
    facts: slower_facts,
    advice: raise_timeout,
    against: gaps_are_short,
};

fn slower(case: &Case<'_>) -> Option<Rhythm> {
    let expected = case.whole.caught_up && !case.evidence.words().expect_empty;
    case.whole
        .rhythm
        .filter(|rhythm| expected && rhythm.usual > case.ask.timeout)
}

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
    let rhythm = case
        .whole
        .rhythm
        .filter(|rhythm| rhythm.usual <= case.ask.timeout)?;
    Some(case.topic_fact(
        "gap_usual",
        Value::Length(rhythm.usual),
        Source::ArrivalModel,
        case.now,
    ))
}

/// An empty log.
pub(in super::super) const TOPIC_EMPTY: Rule = Rule {
    code: VerdictCode::TopicEmpty,
    condition: "L = H in every partition: never written (0), or purged",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    holds: topic_empty,
    facts: |case| {
        vec![case.topic_fact(
            "never_written",
            Value::Flag(never(case)),
            Source::ProbeLogStart,
            case.now,
        )]
    },
    advice: |case| {
        let code = if never(case) {
            AdviceCode::CheckTopicName
        } else {
            AdviceCode::AskProducer
        };
        vec![advice(code, Vec::new())]
    },
    against: not_empty,
};

fn topic_empty(case: &Case<'_>) -> Option<Finding> {
    case.whole.emptiness?;
    let expected = case.evidence.words().expect_empty;
    Some(if expected {
        Finding::now().graded(Severity::Ok)
    } else {
        Finding::now()
    })
}

fn never(case: &Case<'_>) -> bool {
    case.whole.emptiness == Some(Emptiness::NeverWritten)
}

fn not_empty(case: &Case<'_>) -> Option<v1::Fact> {
    let (ends, start) = (case.ends()?, case.seen?.log_start?);
    (ends.high > start.value).then(|| {
        let records = Value::Offsets(ends.high.distance_from(start.value));
        case.fact("log_length", records, Source::ProbeHighWatermark, ends.at)
    })
}

/// Everything was read.
pub(in super::super) const CAUGHT_UP: Rule = Rule {
    code: VerdictCode::CaughtUp,
    condition: "N ≥ E, N read after E; nothing is hidden by a transaction, waits here or is out; N did not jump past what came here",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    explains: Explains::Empty,
    holds: |case| case.caught_up().then(Finding::now),
    facts: |case| [vec![silence_fact(case)], rhythm_facts(case)].concat(),
    advice: nothing,
    against: something_waits,
};

fn something_waits(case: &Case<'_>) -> Option<v1::Fact> {
    let (end, readable) = (case.end()?, case.readable()?);
    let position = case.position()?;
    let past = case.ends()?.high.distance_from(position.value);
    (readable > 0 || past > 0).then(|| {
        case.fact(
            "past_the_position",
            Value::Offsets(past),
            end.source,
            end.at,
        )
    })
}

/// No judgement.
pub(in super::super) const UNDETERMINED: Rule = Rule {
    code: VerdictCode::Undetermined,
    condition: "evidence is too old or missing, or what it points to is not confirmed yet",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Unknown)],
    explains: Explains::Empty,
    holds: |_| Some(Finding::now()),
    facts: missing_facts,
    advice: |case| {
        if starting(case) {
            no_advice(case)
        } else {
            look_at_fetcher(case)
        }
    },
    against: no_fact,
};

fn starting(case: &Case<'_>) -> bool {
    !case.evidence.ever_fed() && case.since(case.evidence.started()) < STARTING
}

/// What would have been needed, and how old what there is of it is.
fn missing_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let source = Source::Aggregator;
    if starting(case) {
        let since = case.since(case.evidence.started());
        return vec![case.topic_fact("starting_for", Value::Length(since), source, case.now)];
    }
    let missing =
        |name: &str, at| case.fact("missing_evidence", Value::Text(name.to_owned()), source, at);
    let measured = case.seen.and_then(|seen| seen.ends).map(|ends| ends.at);
    let mut facts = Vec::new();
    if case.pulse().is_none() {
        facts.push(missing(
            "pulse",
            case.feed.map_or(case.now, |feed| feed.heard()),
        ));
    }
    if case.claim().is_none() {
        facts.push(missing("claim", case.now));
    }
    if case.ends().is_none() {
        facts.push(missing("high_watermark", measured.unwrap_or(case.now)));
    } else if case.end().is_none() {
        facts.push(missing("last_stable_offset", measured.unwrap_or(case.now)));
    } else if case.readable().is_none() {
        let position = case.position().map(|position| position.at);
        facts.push(missing("position", position.unwrap_or(case.now)));
    }
    let failure = case.seen.and_then(|seen| seen.probe_failure.as_ref());
    facts.extend(failure.map(|failure| {
        case.fact(
            "probe_failure",
            Value::Text(failure.text.clone()),
            Source::Metadata,
            failure.at,
        )
    }));
    facts
}
