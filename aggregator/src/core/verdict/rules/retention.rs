//! Whether what was not read yet is about to be deleted.

use std::time::Duration;

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::case::Case;
use super::super::condition::{CLAIMED, Condition, HEARD, UNREAD};
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use crate::core::evidence::pulse::Logged;

/// The part of the retention that is left when it is called near.
const NEAR: u32 = 10;

/// The oldest unread record expires soon.
pub(in super::super) const RETENTION_NEAR: Rule = Rule {
    code: VerdictCode::RetentionNear,
    condition: "less than a tenth of retention.ms is left of the oldest record from N on (from C on, seen from outside); only ever beside another verdict",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    explains: Explains::Both,
    conditions: &[HEARD, CLAIMED, UNREAD, LITTLE_LEFT],
    holds: |_| Some(Finding::now().only_also()),
    facts: |case| {
        let retention = retention(case).map(|retention| {
            case.topic_fact(
                "retention",
                Value::Length(retention),
                Source::Setting,
                case.now,
            )
        });
        expires(case).into_iter().chain(retention).collect()
    },
    advice: |case| {
        let numbers = expires(case).into_iter().collect();
        vec![advice(AdviceCode::RaiseRetention, numbers)]
    },
    against: no_fact,
};

/// Less than a tenth of the retention is left.
pub(in super::super) const LITTLE_LEFT: Condition = Condition {
    name: "little_retention_left",
    holds: |case| Some(expires_in(case)? < retention(case)? / NEAR),
    fact: expires,
};

fn retention(case: &Case<'_>) -> Option<Duration> {
    case.pulse()?.settings.retention
}

/// The oldest unread record, as long as it is that: reading may have passed it since it was looked at, and it may be
/// gone.
fn oldest(case: &Case<'_>) -> Option<Logged> {
    if case.outside() {
        return case.oldest_unread_record();
    }
    let position = case.position()?.value;
    let start = case.seen?.log_start.map(|start| start.value);
    case.part()?
        .unread_record
        .filter(|record| record.offset >= position && Some(record.offset) >= start)
}

/// When the oldest unread record may be deleted at the earliest; zero when that is over.
fn expires_in(case: &Case<'_>) -> Option<Duration> {
    let age = case
        .evidence
        .wall()
        .age_of_millis(oldest(case)?.timestamp_ms, case.now);
    Some(retention(case)?.saturating_sub(age))
}

fn expires(case: &Case<'_>) -> Option<v1::Fact> {
    let left = Value::Length(expires_in(case)?);
    Some(case.fact("expires_in", left, Source::Log, oldest(case)?.at))
}
