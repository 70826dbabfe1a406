//! Whether the reader is at the end of the log, and what if that cannot be said.

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, StartedFrom, VerdictCode};

use super::super::case::Case;
use super::super::condition::{CLAIMED, Condition, HEARD, READ_ALL, caught_up};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_advice, no_fact};
use super::super::whole::Emptiness;
use super::delivery::unacked;
use super::producer::{rhythm_facts, silence_fact};
use super::reach::starting;
use super::{look_at_fetcher, nothing};

/// Started at the end.
pub(in super::super) const SKIPPED_TO_END: Rule = Rule {
    code: VerdictCode::SkippedToEnd,
    condition: "started by policy latest at an offset > L, and nothing delivered since",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Empty,
    conditions: &[
        CLAIMED,
        Condition {
            name: "started_at_the_end_by_policy",
            holds: |case| Some(case.claim()?.started_from == StartedFrom::PolicyLatest),
            fact: started_from,
        },
        Condition {
            name: "older_records_skipped",
            holds: |case| Some(skipped(case) > 0),
            fact: |case| skipped_facts(case).pop(),
        },
        Condition {
            name: "nothing_delivered_since",
            holds: |case| Some(!case.owner?.has_delivered()),
            fact: |case| {
                let delivered = case.owner?.has_delivered();
                Some(case.own("has_delivered", Value::Flag(delivered)))
            },
        },
        CAUGHT_UP_TO_THE_END,
    ],
    holds: skipped_to_end,
    facts: skipped_facts,
    advice: |case| vec![advice(AdviceCode::AcceptLoss, skipped_facts(case))],
    against: no_fact,
};

fn skipped_to_end(case: &Case<'_>) -> Option<Finding> {
    let claim = case.claim()?;
    Some(Finding::since(case.began().unwrap_or(claim.at), case))
}

pub(super) fn started_from(case: &Case<'_>) -> Option<v1::Fact> {
    let claim = case.claim()?;
    let from = claim.started_from.as_str_name();
    let from = Value::Text(from.trim_start_matches("STARTED_FROM_").to_lowercase());
    Some(case.fact("started_from", from, Source::Pulse, claim.at))
}

/// Everything up to E was read, handed out and settled.
const CAUGHT_UP_TO_THE_END: Condition = Condition {
    name: "caught_up",
    holds: |case| Some(case.caught_up()),
    fact: |case| Some(caught_up(case)),
};

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

/// An empty log.
pub(in super::super) const TOPIC_EMPTY: Rule = Rule {
    code: VerdictCode::TopicEmpty,
    condition: "L = H in every partition: never written (0), or purged; ok where expect_empty names the topic",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note), (Wait::AsItSays, Severity::Ok)],
    explains: Explains::Empty,
    conditions: &[
        HEARD,
        Condition {
            name: "log_empty",
            holds: |case| {
                case.ends()?;
                case.seen?.log_start?;
                Some(case.whole.emptiness.is_some())
            },
            fact: log_length,
        },
    ],
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
    (ends.high > start.value).then(|| log_length(case))?
}

pub(in super::super) fn log_length(case: &Case<'_>) -> Option<v1::Fact> {
    let (ends, start) = (case.ends()?, case.seen?.log_start?);
    let records = Value::Offsets(ends.high.distance_from(start.value));
    Some(case.fact("log_length", records, Source::ProbeHighWatermark, ends.at))
}

/// Everything was read.
pub(in super::super) const CAUGHT_UP: Rule = Rule {
    code: VerdictCode::CaughtUp,
    condition: "N ≥ E, N read after E; nothing is hidden by a transaction, waits here or is out; N did not jump past what came here",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    explains: Explains::Empty,
    conditions: &[
        HEARD,
        CLAIMED,
        READ_ALL,
        Condition {
            name: "nothing_waits_here",
            holds: |case| Some(case.buffered() == 0),
            fact: |case| Some(case.own("buffered", Value::Records(case.buffered()))),
        },
        Condition {
            name: "nothing_is_out",
            holds: |case| Some(!case.leased()),
            fact: |case| Some(unacked(case)),
        },
        Condition {
            name: "nothing_hidden",
            holds: |case| case.hidden().map(|hidden| hidden == 0),
            fact: |case| {
                let (hidden, ends) = (case.hidden()?, case.ends()?);
                Some(case.fact(
                    "hidden",
                    Value::Offsets(hidden),
                    Source::ProbeLastStable,
                    ends.at,
                ))
            },
        },
        Condition {
            name: "no_unexplained_jump",
            holds: |case| Some(case.explained()),
            fact: |case| Some(case.own("on_the_way", Value::Offsets(case.on_the_way()))),
        },
    ],
    holds: |_| Some(Finding::now()),
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
    conditions: &[],
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
