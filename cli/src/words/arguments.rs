//! Facts as the arguments of sentences: counts as numbers (so that plurals work), the rest as text.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fluent_bundle::{FluentArgs, FluentValue};
use jiff::Timestamp;
use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{Advice, Fact, Verdict};

use super::Speech;
use super::clock::WallClock;
use crate::sanitize::safe;
use crate::view::quantity::{self, of_proto, time_of_proto};

/// Texts that differ between partitions are listed up to this many.
const LISTED_TEXTS: usize = 3;

/// The arguments of one sentence.
#[derive(Debug, Default)]
pub struct Arguments(FluentArgs<'static>);

/// Where an advice is to be followed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// The topic.
    pub topic: &'a str,
    /// bootstrap.servers; empty while unknown.
    pub bootstrap: &'a str,
}

impl Arguments {
    /// The facts of a verdict, with `partitions` and `partitions_total`.
    pub fn of_verdict(verdict: &Verdict, speech: &Speech, clock: &WallClock) -> Self {
        Self::default()
            .facts(&verdict.facts, is_complete(verdict), speech, clock)
            .count("partitions", u64::from(verdict.partitions))
            .count("partitions_total", u64::from(verdict.partitions_total))
    }

    /// The numbers of an advice, over the facts of its verdict and the place.
    pub fn of_advice(
        verdict: &Verdict,
        advice: &Advice,
        place: Place<'_>,
        speech: &Speech,
        clock: &WallClock,
    ) -> Self {
        let mut arguments = Self::of_verdict(verdict, speech, clock).text("topic", place.topic);
        if !place.bootstrap.is_empty() {
            arguments = arguments.text("bootstrap", place.bootstrap);
        }
        if let Some(partition) = verdict.facts.iter().find_map(|fact| fact.partition) {
            arguments = arguments.text("partition", partition.to_string());
        }
        arguments.facts(&advice.numbers, true, speech, clock)
    }

    /// Adds a count.
    pub fn count(mut self, name: &'static str, count: u64) -> Self {
        // Fluent counts in f64: exact up to 2^53, far beyond what stands in a sentence.
        self.0.set(name, FluentValue::from(count as f64));
        self
    }

    /// Adds a text, made safe.
    pub fn text(mut self, name: &'static str, text: impl AsRef<str>) -> Self {
        self.0.set(name, safe(text.as_ref()).into_owned());
        self
    }

    /// Durations are there as `NAME_setting` too, as a command line takes them, and as `NAME_millis`.
    fn facts(mut self, facts: &[Fact], complete: bool, speech: &Speech, clock: &WallClock) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
        for fact in facts {
            by_name.entry(&fact.name).or_default().push(fact);
        }
        for (name, facts) in by_name {
            if let Some(value) = fold(&facts, complete, speech, clock) {
                self.0.set(name.to_owned(), value);
            }
            if let Some(length) = longest(&facts) {
                self.0
                    .set(format!("{name}_setting"), quantity::flag(length));
                self.0
                    .set(format!("{name}_millis"), length.as_millis().to_string());
            }
        }
        self
    }

    pub(super) const fn fluent(&self) -> &FluentArgs<'static> {
        &self.0
    }
}

/// Whether the facts speak of every partition that the verdict holds for; of very many they do not, and
/// then a sum over them would be too small.
fn is_complete(verdict: &Verdict) -> bool {
    let listed: BTreeSet<i32> = verdict
        .facts
        .iter()
        .filter_map(|fact| fact.partition)
        .collect();
    listed.len() >= verdict.partitions as usize
}

/// One value for a sentence about the whole topic: what was said of the topic itself, else what its
/// partitions come to. Offsets of several partitions come to nothing: they are in the fact table.
fn fold(
    facts: &[&Fact],
    complete: bool,
    speech: &Speech,
    clock: &WallClock,
) -> Option<FluentValue<'static>> {
    let of_topic: Vec<&Fact> = facts
        .iter()
        .copied()
        .filter(|fact| fact.partition.is_none())
        .collect();
    let facts = if of_topic.is_empty() {
        facts
    } else {
        &of_topic
    };
    let first = facts.first()?;
    match first.value.as_ref()? {
        Value::Number(number) if first.unit == "offset" => {
            (facts.len() == 1).then(|| number.to_string().into())
        }
        Value::Number(_) if first.partition.is_some() && !complete => None,
        Value::Number(_) => Some(FluentValue::from(sum(facts) as f64)),
        Value::Ratio(ratio) if first.unit == "1" => Some(quantity::share(*ratio).into()),
        Value::Ratio(ratio) => Some(quantity::trimmed(*ratio).into()),
        Value::Duration(_) => longest(facts).map(|length| quantity::duration(length).into()),
        Value::Time(_) => earliest(facts).map(|time| clock.time_of_day(time).into()),
        Value::Text(_) => Some(texts(facts, speech).into()),
        Value::Flag(flag) => Some(if *flag { "yes" } else { "no" }.into()),
    }
}

fn sum(facts: &[&Fact]) -> i64 {
    facts.iter().fold(0, |sum, fact| match fact.value {
        Some(Value::Number(number)) => sum.saturating_add(number),
        Some(
            Value::Ratio(_) | Value::Duration(_) | Value::Time(_) | Value::Text(_) | Value::Flag(_),
        )
        | None => sum,
    })
}

fn longest(facts: &[&Fact]) -> Option<Duration> {
    let lengths = facts.iter().filter_map(|fact| match &fact.value {
        Some(Value::Duration(length)) => of_proto(Some(length)),
        Some(
            Value::Ratio(_) | Value::Number(_) | Value::Time(_) | Value::Text(_) | Value::Flag(_),
        )
        | None => None,
    });
    lengths.max()
}

fn earliest(facts: &[&Fact]) -> Option<Timestamp> {
    let times = facts.iter().filter_map(|fact| match &fact.value {
        Some(Value::Time(time)) => time_of_proto(Some(time)),
        Some(
            Value::Ratio(_)
            | Value::Number(_)
            | Value::Duration(_)
            | Value::Text(_)
            | Value::Flag(_),
        )
        | None => None,
    });
    times.min()
}

fn texts(facts: &[&Fact], speech: &Speech) -> String {
    let mut distinct = Vec::new();
    for fact in facts {
        if let Some(Value::Text(text)) = &fact.value {
            let text = speech.text_of(&fact.name, text).into_owned();
            if !distinct.contains(&text) {
                distinct.push(text);
            }
        }
    }
    let more = distinct.len().saturating_sub(LISTED_TEXTS);
    distinct.truncate(LISTED_TEXTS);
    let listed = safe(&speech.list(&distinct)).into_owned();
    if more == 0 {
        listed
    } else {
        speech.list(&[listed, format!("… (+{more})")])
    }
}
