//! The verdicts that this build judges, from the engine's own table: rule, severity, confirmation.

mod recipes;

use std::time::Duration;

use rollcall_aggregator::core::verdict::table::{RARE_COMMITS, Rule, TABLE, View, Wait};
use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{Severity, Verdict, VerdictCode};
use rollcall_proto::verdict::spelled;

use crate::view::quantity;
use crate::view::verdict::{rank, severity};
use crate::words::Speech;
use crate::words::arguments::Arguments;

pub use recipes::recipe;

/// Every verdict that is judged, in the order in which they are tried.
pub fn codes() -> impl Iterator<Item = VerdictCode> + Clone {
    TABLE.iter().map(|rule| rule.code)
}

/// Finds a verdict by its name, whatever the case; `-` counts as `_`. Else the nearest name, if any.
pub fn find(name: &str) -> Result<VerdictCode, Option<&'static str>> {
    let found = VerdictCode::named(name).filter(|named| codes().any(|code| code == *named));
    found.ok_or_else(|| nearest(&spelled(name), codes().map(VerdictCode::name)))
}

/// The name that is most like the wanted one, if one is like it at all.
pub fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    near(wanted, names, 1).into_iter().next()
}

/// So many names at most that are like the wanted one whatever the case, the most alike first.
pub fn near<'a>(wanted: &str, names: impl Iterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    /// Similarity (0 to 1) below which a name is no suggestion.
    const LIKENESS: f64 = 0.7;
    let wanted = wanted.to_lowercase();
    let scored = names.map(|name| {
        let likeness = strsim::jaro_winkler(&wanted, &name.to_lowercase());
        (likeness, name)
    });
    let mut alike: Vec<_> = scored.filter(|(score, _)| *score >= LIKENESS).collect();
    alike.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    alike.truncate(most);
    alike.into_iter().map(|(_, name)| name).collect()
}

/// The condition of a verdict's rule from that view; `None` when no rule of this build finds it.
pub fn condition(code: VerdictCode, view: View) -> Option<&'static str> {
    rule(code).map(|rule| rule.seen(view).condition)
}

/// How a verdict is found from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundOutside {
    /// By the same rule.
    Alike,
    /// By a rule of its own.
    Otherwise,
    /// Not at all.
    Never,
}

/// How a verdict is found from outside; `None` when no rule of this build finds it.
pub fn outside(code: VerdictCode) -> Option<FoundOutside> {
    let rule = rule(code)?;
    Some(match (rule.found_outside(), rule.differs_outside()) {
        (false, _) => FoundOutside::Never,
        (true, true) => FoundOutside::Otherwise,
        (true, false) => FoundOutside::Alike,
    })
}

/// How much a verdict matters, and from when on: `note, warn after 10 s, fault after 15 min 10 s`.
pub fn severities(code: VerdictCode, view: View, speech: &Speech) -> Option<String> {
    let steps = rule(code)?
        .seen(view)
        .severity
        .iter()
        .map(|(wait, severity)| step(*wait, *severity, speech));
    Some(speech.list(&steps.collect::<Vec<_>>()))
}

/// How long a verdict must hold before it counts: `at once`, `after 10 s`.
pub fn confirmation(code: VerdictCode, view: View, speech: &Speech) -> Option<String> {
    Some(match rule(code)?.seen(view).confirmation {
        Wait::For(Duration::ZERO) => speech.word("confirmed-at-once"),
        Wait::For(length) => {
            let length = Arguments::default().text("length", quantity::duration(length));
            speech.say("confirmed-after", &length)
        }
        Wait::Frozen => speech.word("confirmed-frozen"),
        Wait::CommitDue => speech.word("confirmed-commit-due"),
        Wait::TransactionLimit => speech.word("confirmed-transaction"),
        Wait::AsItSays => return None,
    })
}

/// The next severity of a verdict that goes on, and how long after its beginning.
pub fn becomes(verdict: &Verdict, view: View) -> Option<(Severity, Duration)> {
    let rule = rule(VerdictCode::try_from(verdict.code).ok()?)?;
    let now = rank(severity(verdict));
    rule.seen(view)
        .severity
        .iter()
        .filter(|(_, severity)| rank(*severity) > now)
        .find_map(|(wait, severity)| {
            let length = match wait {
                Wait::For(length) => *length,
                Wait::TransactionLimit => length_of(verdict, "transaction_limit")?,
                Wait::CommitDue => rare_commits(verdict)?,
                Wait::Frozen | Wait::AsItSays => return None,
            };
            Some((*severity, length))
        })
}

/// How long a commit may stand still of which it is not known how often it comes; `None` where that is known.
fn rare_commits(verdict: &Verdict) -> Option<Duration> {
    let mut facts = verdict.facts.iter();
    let unknown = facts
        .any(|fact| fact.name == "commit_interval_known" && fact.value == Some(Value::Flag(false)));
    unknown.then_some(RARE_COMMITS)
}

/// A length of time among the facts of a verdict.
fn length_of(verdict: &Verdict, name: &str) -> Option<Duration> {
    let fact = verdict.facts.iter().find(|fact| fact.name == name)?;
    match fact.value.as_ref()? {
        Value::Duration(length) => quantity::of_proto(Some(length)),
        Value::Number(_) | Value::Ratio(_) | Value::Time(_) | Value::Text(_) | Value::Flag(_) => {
            None
        }
    }
}

fn rule(code: VerdictCode) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.code == code)
}

fn step(wait: Wait, severity: Severity, speech: &Speech) -> String {
    let arguments = Arguments::default().text("severity", plain_word(severity));
    match wait {
        Wait::For(Duration::ZERO) => speech.say("severity-at-once", &arguments),
        Wait::For(length) => speech.say(
            "severity-after",
            &arguments.text("length", quantity::duration(length)),
        ),
        Wait::Frozen => speech.say("severity-frozen", &arguments),
        Wait::CommitDue => speech.say("severity-commit-due", &arguments),
        Wait::TransactionLimit => speech.say("severity-transaction", &arguments),
        Wait::AsItSays => speech.say("severity-as-it-says", &arguments),
    }
}

/// The severity's name, as `--fail-on` takes it.
pub fn plain_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warn => "warn",
        Severity::Fault => "fault",
        Severity::Unspecified | Severity::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests;
