//! Slots with data: whether there could have been more.

use rollcall_proto::v1::{self, AdviceCode, Severity, Source, VerdictCode};

use super::super::Capped;
use super::super::case::Case;
use super::super::condition::Condition;
use super::super::fact::{Value, advice};
use super::super::table::{Explains, Finding, Rule, Wait, no_fact};
use super::nothing;

/// Data.
pub(in super::super) const FLOWING: Rule = Rule {
    code: VerdictCode::Flowing,
    condition: "the slot has data; without a gather: the last one just got some",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Ok)],
    explains: Explains::Data,
    conditions: &[],
    holds: |_| Some(Finding::now()),
    facts: |case| rising(case).into_iter().collect(),
    advice: nothing,
    against: no_fact,
};

/// The rate of a lag that seems to grow, seen from outside for too short a time to be sure of it.
fn rising(case: &Case<'_>) -> Option<v1::Fact> {
    let rate = Value::Rate(case.whole.rising.filter(|_| case.outside())?);
    Some(case.topic_fact("lag_rising", rate, Source::Group, case.now))
}

/// Cut by the topic's limit.
pub(in super::super) const CAPPED_BY_MAX_RECORDS: Rule = Rule {
    code: VerdictCode::CappedByMaxRecords,
    condition: "the slot has data, and max_records left records behind",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Data,
    conditions: &[Condition {
        name: "max_records_left_some_behind",
        holds: |case| Some(case.ask.slot?.capped == Some(Capped::MaxRecords)),
        fact: |case| waiting_facts(case).pop(),
    }],
    holds: |_| Some(Finding::now()),
    facts: waiting_facts,
    advice: raise_max_records,
    against: no_fact,
};

/// Cut by the gather's limit.
pub(in super::super) const CAPPED_BY_MAX_BYTES: Rule = Rule {
    code: VerdictCode::CappedByMaxBytes,
    condition: "the slot has data, and max_bytes left records behind",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Note)],
    explains: Explains::Data,
    conditions: &[Condition {
        name: "max_bytes_left_some_behind",
        holds: |case| Some(case.ask.slot?.capped == Some(Capped::MaxBytes)),
        fact: |case| waiting_facts(case).pop(),
    }],
    holds: |_| Some(Finding::now()),
    facts: waiting_facts,
    advice: |_| vec![advice(AdviceCode::RaiseMaxBytes, Vec::new())],
    against: no_fact,
};

fn waiting_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    vec![case.own("waiting", Value::Records(waiting(case)))]
}

/// Records of the partition that the slot could have had.
fn waiting(case: &Case<'_>) -> u64 {
    case.buffered().saturating_add(case.readable().unwrap_or(0))
}

fn raise_max_records(case: &Case<'_>) -> Vec<v1::Advice> {
    let got = case.ask.slot.map_or(0, |slot| u64::from(slot.records));
    let buffered: u64 = case
        .books
        .partitions
        .values()
        .map(|book| book.buffered_records)
        .sum();
    let all = Value::Records(got.saturating_add(buffered));
    let number = case.topic_fact("max_records", all, Source::Aggregator, case.now);
    vec![advice(AdviceCode::RaiseMaxRecords, vec![number])]
}

/// The lag grows.
pub(in super::super) const FALLING_BEHIND: Rule = Rule {
    code: VerdictCode::FallingBehind,
    condition: "the slot has data, and the lag (E − C over all partitions) has grown for at least half a minute",
    confirmation: Wait::NONE,
    severity: &[(Wait::NONE, Severity::Warn)],
    explains: Explains::Data,
    conditions: &[Condition {
        name: "lag_grows",
        holds: |case| {
            let grows = case.whole.growth.is_some();
            (grows || lag(case).is_some()).then_some(grows)
        },
        fact: |case| {
            let rate = growth_facts(case);
            let rate = rate.into_iter().find(|fact| fact.name == "rate");
            rate.or_else(|| lag(case))
        },
    }],
    holds: |case| Some(Finding::since(case.whole.growth?.since, case)),
    facts: growth_facts,
    advice: |case| {
        let rate = growth_facts(case)
            .into_iter()
            .filter(|fact| fact.name == "rate");
        vec![advice(AdviceCode::TakeFaster, rate.collect())]
    },
    against: no_fact,
};

/// The lag as it is; `None` before it was watched.
fn lag(case: &Case<'_>) -> Option<v1::Fact> {
    let (lag, at) = case.evidence.trend().last(case.now)?;
    Some(case.topic_fact("lag", Value::Records(lag), Source::Pulse, at))
}

/// While the lag grows it will never be drained: the rate says by how much more must be taken.
fn growth_facts(case: &Case<'_>) -> Vec<v1::Fact> {
    let Some(growth) = case.whole.growth else {
        return Vec::new();
    };
    let fact = |name, value| case.topic_fact(name, value, Source::Pulse, case.now);
    vec![
        fact("lag_before", Value::Records(growth.from)),
        fact("lag", Value::Records(growth.to)),
        fact("watched_for", Value::Length(case.since(growth.since))),
        fact("rate", Value::Rate(growth.rate)),
        // Growing is the opposite of being drained: at this rate it never is.
        fact("drained", Value::Flag(false)),
    ]
}
