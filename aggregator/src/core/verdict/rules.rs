//! The rules, by what they are about; each with its condition, facts and advice side by side.

pub(super) mod broker;
pub(super) mod data;
pub(super) mod delivery;
pub(super) mod end;
pub(super) mod flow;
pub(super) mod group;
pub(super) mod held;
pub(super) mod lane;
pub(super) mod membership;
pub(super) mod offsets;
pub(super) mod polling;
pub(super) mod producer;
pub(super) mod reach;
pub(super) mod retention;
pub(super) mod topic;

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, ErrorKind, Source};

use super::case::Case;
use super::condition::readable;
use super::fact::{Value, advice};
use super::table::Finding;

/// How long a loss that is over is still the verdict of a slot that is empty.
pub(super) const LOSS_SHOWN: Duration = Duration::from_secs(600);

/// Whether the client reported an error of this kind, and nothing has contradicted it since.
fn says(case: &Case<'_>, kind: ErrorKind) -> Option<bool> {
    case.pulse()?;
    Some(case.error(kind).is_some())
}

/// It holds since the error was first seen.
fn latched(case: &Case<'_>, kind: ErrorKind) -> Option<Finding> {
    case.error(kind)
        .map(|error| Finding::since(error.first, case))
}

/// What the client said of this kind, or how many errors of other kinds last.
fn said(case: &Case<'_>, kind: ErrorKind) -> Option<v1::Fact> {
    let pulse = case.pulse()?;
    Some(match case.error(kind) {
        Some(error) => {
            let text = Value::Text(error.text.clone());
            case.topic_fact("error", text, Source::ClientError, error.last)
        }
        None => {
            let others = Value::Count(pulse.errors.len() as u64, "errors");
            case.topic_fact("errors_of_other_kinds", others, Source::Pulse, pulse.at)
        }
    })
}

/// The error's text and code.
fn error_facts(case: &Case<'_>, kind: ErrorKind) -> Vec<v1::Fact> {
    let Some(error) = case.error(kind) else {
        return Vec::new();
    };
    let fact = |name, value| case.topic_fact(name, value, Source::ClientError, error.last);
    vec![
        fact("error", Value::Text(error.text.clone())),
        fact("error_code", Value::Code(error.code)),
        fact("error_since", Value::Time(error.first)),
    ]
}

/// Look at the fetcher's log.
fn look_at_fetcher(_: &Case<'_>) -> Vec<v1::Advice> {
    vec![advice(AdviceCode::LookAtFetcher, Vec::new())]
}

/// Nothing needs to be done.
fn nothing(_: &Case<'_>) -> Vec<v1::Advice> {
    vec![advice(AdviceCode::Nothing, Vec::new())]
}

/// E − N, as the fact that speaks against any rule about unread records.
fn nothing_readable(case: &Case<'_>) -> Option<v1::Fact> {
    (case.readable()? == 0).then(|| readable(case))?
}
