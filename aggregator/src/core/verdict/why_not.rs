//! Why a verdict was not given: every condition of its rule, each with the fact that decided it.

use std::cmp::Reverse;

use rollcall_proto::v1::{self, CheckOutcome, Source, VerdictCode};

use super::case::Case;
use super::fact::Value;
use super::partition;
use super::table::{Explains, Rule, TABLE};

/// Partitions that are answered for; those that come nearest to the verdict are.
const LISTED: usize = 64;

/// The conditions of the rule of that code, tried on each partition; nothing when no rule of this build has it.
pub(super) fn why_not(cases: &[Case<'_>], code: VerdictCode) -> Vec<v1::PartitionChecks> {
    let Some(rule) = TABLE.iter().find(|rule| rule.code == code) else {
        return Vec::new();
    };
    let mut all: Vec<_> = cases.iter().map(|case| checks(rule, case)).collect();
    all.sort_by_key(|checks| Reverse(nearness(checks)));
    all.truncate(LISTED);
    all.sort_by_key(|checks| checks.partition);
    all
}

/// Share of the conditions that hold, in thousandths.
fn nearness(checks: &v1::PartitionChecks) -> usize {
    let holds = |check: &&v1::Check| check.outcome() == CheckOutcome::Holds;
    let held = checks.checks.iter().filter(holds).count();
    held * 1_000 / checks.checks.len().max(1)
}

fn checks(rule: &'static Rule, case: &Case<'_>) -> v1::PartitionChecks {
    let mut checks = vec![slot(rule, case)];
    checks.extend(
        rule.conditions_for(case)
            .iter()
            .map(|condition| condition.check(case)),
    );
    let judged = partition::judge(case);
    let found = partition::try_rule(rule, case);
    let holds = found.is_some();
    if let Some(found) = found {
        let wait = case.own("confirmed_in", Value::Length(found.confirmed_in));
        checks.push(check("lasts_long_enough", found.confirmed, Some(wait)));
        let verdict = judged.verdict.rule.code;
        let name = Value::Text(verdict.name().to_owned());
        let first = case.own("verdict", name);
        checks.push(check("nothing_above_it", verdict == rule.code, Some(first)));
    }
    v1::PartitionChecks {
        partition: case.partition.map(|partition| partition.0),
        checks,
        holds,
        verdict: judged.verdict.rule.code.into(),
    }
}

/// Whether the rule speaks of a slot like this one.
fn slot(rule: &Rule, case: &Case<'_>) -> v1::Check {
    let data = case.has_data();
    let fact = case.topic_fact("has_data", Value::Flag(data), Source::Aggregator, case.now);
    let name = match rule.explains {
        Explains::Empty => "slot_is_empty",
        Explains::Data => "slot_has_data",
        Explains::Both => "any_slot",
    };
    check(name, rule.applies(case), Some(fact))
}

fn check(name: &str, holds: bool, fact: Option<v1::Fact>) -> v1::Check {
    let outcome = if holds {
        CheckOutcome::Holds
    } else {
        CheckOutcome::Failed
    };
    v1::Check {
        name: name.to_owned(),
        outcome: outcome.into(),
        fact,
    }
}
