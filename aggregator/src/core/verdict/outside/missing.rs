//! What is missing where nothing can be said.

use rollcall_proto::v1::{self, Severity, Source, VerdictCode};

use super::Reading;
use crate::core::verdict::case::Case;
use crate::core::verdict::fact::Value;
use crate::core::verdict::table::{Finding, Wait};

/// Nothing above holds, or is confirmed.
pub(super) static UNDETERMINED: Reading = Reading {
    code: VerdictCode::Undetermined,
    condition: "evidence is too old or missing, or what it points to is not confirmed yet",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Unknown)],
    conditions: &[],
    holds: |_| Some(Finding::now()),
    facts: Some(missing_facts),
    advice: Some(|_| Vec::new()),
};

/// What would have been needed, and how old what there is of it is.
fn missing_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let missing = |name: &str, at| {
        let name = Value::Text(name.to_owned());
        case.fact("missing_evidence", name, Source::Aggregator, at)
    };
    let measured = case.seen.and_then(|seen| seen.ends);
    let mut facts = Vec::new();
    if case.described_group().is_none() {
        let seen = case.feed.and_then(|feed| feed.group.as_ref());
        facts.push(missing("group", seen.map_or(case.now, |group| group.at)));
    }
    if case.ends().is_none() {
        let at = measured.map_or(case.now, |ends| ends.at);
        facts.push(missing("high_watermark", at));
    } else if case.position().is_none() {
        facts.push(missing("committed", case.now));
    }
    let failure = case.seen.and_then(|seen| seen.probe_failure.as_ref());
    facts.extend(failure.map(|failure| {
        let text = Value::Text(failure.text.clone());
        case.fact("probe_failure", text, Source::Metadata, failure.at)
    }));
    facts
}
