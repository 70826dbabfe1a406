//! Whether the topic is there, and still the same.

use std::time::Duration;

use rollcall_proto::ids::TopicId;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, AdviceCode, Severity, Source, StartedFrom, VerdictCode};

use super::super::case::Case;
use super::super::condition::{CLAIMED, Condition, HEARD};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::LOSS_SHOWN;
use super::end::started_from;

/// Shortest time between two answers that the topic does not exist.
const MISSING_CONFIRMED: Duration = Duration::from_secs(1);

/// No such topic.
pub(in super::super) const TOPIC_MISSING: Rule = Rule {
    code: VerdictCode::TopicMissing,
    condition: "metadata has no such topic, twice, 1 s apart",
    confirmation: Wait::For(MISSING_CONFIRMED),
    severity: &[(Wait::For(MISSING_CONFIRMED), Severity::Fault)],
    explains: Explains::Both,
    conditions: &[
        HEARD,
        Condition {
            name: "topic_not_in_metadata",
            holds: |case| {
                let missing = case.evidence.missing().is_some();
                (missing || there(case).is_some()).then_some(missing)
            },
            fact: |case| {
                let missing = missing_facts(case).pop();
                missing.or_else(|| there(case))
            },
        },
    ],
    holds: missing,
    facts: missing_facts,
    advice: |_| vec![advice(AdviceCode::CheckTopicName, Vec::new())],
    against: no_fact,
};

fn missing(case: &Case<'_>) -> Option<Finding> {
    let answers = case.evidence.missing()?;
    Some(Finding::since(answers.since, case).lasted(answers.length()))
}

/// That metadata has the topic: its id is known, or the end of the partition's log.
fn there(case: &Case<'_>) -> Option<v1::Fact> {
    let id = case.evidence.measured_topic_id().map(|id| id.at);
    let at = id.or_else(|| Some(case.seen?.ends?.at))?;
    Some(case.topic_fact("topic_exists", Value::Flag(true), Source::Metadata, at))
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
    condition: "the topic id is another than at assignment; for 10 min after the partition was begun anew too, and then a warning once records come again",
    confirmation: Wait::NONE,
    severity: &[
        (Wait::NONE, Severity::Fault),
        (Wait::AsItSays, Severity::Warn),
    ],
    explains: Explains::Both,
    conditions: &[
        CLAIMED,
        Condition {
            name: "topic_id_changed_or_begun_anew",
            holds: |case| {
                let found = ids_that_differ(case).is_some() || anew(case).is_some();
                let comparable = || {
                    case.claim()?
                        .topic_id
                        .as_ref()
                        .and(case.evidence.topic_id())
                };
                (found || comparable().is_some()).then_some(found)
            },
            fact: |case| topic_id(case).or_else(|| started_from(case)),
        },
    ],
    holds: recreated,
    facts: recreated_facts,
    advice: |_| vec![advice(AdviceCode::AcceptLoss, Vec::new())],
    against: no_fact,
};

fn recreated(case: &Case<'_>) -> Option<Finding> {
    if let Some((_, now)) = ids_that_differ(case) {
        return Some(Finding::since(now, case));
    }
    let finding = Finding::since(anew(case)?, case);
    // It is over once records flow again: then it is said beside the data, and fails nothing.
    Some(if case.has_data() {
        finding.graded(Severity::Warn)
    } else {
        finding
    })
}

/// When the partition was begun anew, while that is still news.
fn anew(case: &Case<'_>) -> Option<Moment> {
    let claim = case.claim()?;
    let began = case.began().unwrap_or(claim.at);
    let anew = claim.started_from == StartedFrom::Recreated && case.since(began) < LOSS_SHOWN;
    anew.then_some(began)
}

fn topic_id(case: &Case<'_>) -> Option<v1::Fact> {
    let id = case.evidence.measured_topic_id()?;
    let text = Value::Text(id.value.to_string());
    Some(case.topic_fact("topic_id", text, id.source, id.at))
}

fn ids_that_differ<'a>(case: &'a Case<'_>) -> Option<(&'a TopicId, Moment)> {
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
