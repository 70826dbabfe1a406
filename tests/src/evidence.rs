//! Reading the facts that a verdict rests on.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rollcall_proto::v1::{Advice, AdviceCode, Fact, Verdict, fact::Value};

/// The fact of this name; of the first partition that has it.
pub fn fact<'a>(verdict: &'a Verdict, name: &str) -> Result<&'a Fact> {
    find(&verdict.facts, name)
}

/// The advice of this kind.
pub fn advice(verdict: &Verdict, code: AdviceCode) -> Result<&Advice> {
    let given = || verdict.advice.iter().map(Advice::code);
    let found = verdict.advice.iter().find(|advice| advice.code() == code);
    found.with_context(|| format!("no {code:?} in {:?}", given().collect::<Vec<_>>()))
}

/// A number that goes with an advice.
pub fn number_of<'a>(advice: &'a Advice, name: &str) -> Result<&'a Fact> {
    find(&advice.numbers, name)
}

fn find<'a>(facts: &'a [Fact], name: &str) -> Result<&'a Fact> {
    let names = || facts.iter().map(|fact| fact.name.as_str());
    let found = facts.iter().find(|fact| fact.name == name);
    found.with_context(|| format!("no fact {name} in {:?}", names().collect::<Vec<_>>()))
}

/// A count or an offset.
pub fn number(fact: &Fact) -> Result<i64> {
    let Some(Value::Number(number)) = fact.value else {
        bail!("no number: {fact:?}");
    };
    Ok(number)
}

/// A share or a rate.
pub fn ratio(fact: &Fact) -> Result<f64> {
    let Some(Value::Ratio(ratio)) = fact.value else {
        bail!("no ratio: {fact:?}");
    };
    Ok(ratio)
}

/// A length of time.
pub fn length(fact: &Fact) -> Result<Duration> {
    let Some(Value::Duration(length)) = fact.value else {
        bail!("no length of time: {fact:?}");
    };
    Duration::try_from(length).with_context(|| format!("a negative length: {fact:?}"))
}

/// A name or a text.
pub fn text(fact: &Fact) -> Result<&str> {
    let Some(Value::Text(text)) = &fact.value else {
        bail!("no text: {fact:?}");
    };
    Ok(text)
}

/// A yes or no.
pub fn flag(fact: &Fact) -> Result<bool> {
    let Some(Value::Flag(flag)) = fact.value else {
        bail!("no yes or no: {fact:?}");
    };
    Ok(flag)
}

/// How old the fact was when it was used.
pub fn age(fact: &Fact) -> Result<Duration> {
    let age = fact
        .age
        .with_context(|| format!("a fact without an age: {fact:?}"))?;
    Duration::try_from(age).with_context(|| format!("a negative age: {fact:?}"))
}
