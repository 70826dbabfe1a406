//! What a person reads: sentences from facts, in the reader's language. The only place that has prose
//! about verdicts; the engine and the wire carry codes and facts.
//!
//! One Fluent file per room and language, compiled in. A message may have forms that need fewer facts
//! (`.short`, `.shorter`, `.bare`): the first form whose facts are all known is taken. Tests hold all
//! languages complete; should one lack a message all the same, English is said rather than nothing.

pub mod arguments;
pub mod clock;
pub mod language;

use std::borrow::Cow;

use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use rollcall_aggregator::core::verdict::table::View;
use rollcall_proto::v1::{Advice, AdviceCode, Source, Verdict, VerdictCode};

use crate::catalog::{self, FoundOutside};
use crate::view::verdict::code_name;
use arguments::{Arguments, Place};
use clock::WallClock;
use language::Language;

const ENGLISH: &[&str] = &[
    include_str!("words/en/verdicts.ftl"),
    include_str!("words/en/advice.ftl"),
    include_str!("words/en/facts.ftl"),
    include_str!("words/en/conditions.ftl"),
    include_str!("words/en/screens.ftl"),
    include_str!("words/en/traces.ftl"),
    include_str!("words/en/tune.ftl"),
    include_str!("words/en/doctor.ftl"),
];

const CHINESE: &[&str] = &[
    include_str!("words/zh/verdicts.ftl"),
    include_str!("words/zh/advice.ftl"),
    include_str!("words/zh/facts.ftl"),
    include_str!("words/zh/conditions.ftl"),
    include_str!("words/zh/screens.ftl"),
    include_str!("words/zh/traces.ftl"),
    include_str!("words/zh/tune.ftl"),
    include_str!("words/zh/doctor.ftl"),
];

/// The engine's rules in a language that is not the engine's own.
const CHINESE_RULES: &str = include_str!("words/zh/rules.ftl");

/// Facts whose text is one of a few that the engine chooses from; in other languages it is another word.
const SPOKEN: [&str; 3] = ["denied_on", "missing_evidence", "started_from"];

/// Forms of a message, from the one that needs most facts to the one that needs none.
const FORMS: [Option<&str>; 4] = [None, Some("short"), Some("shorter"), Some("bare")];

/// A language.
pub struct Speech {
    language: Language,
    view: View,
    bundle: FluentBundle<FluentResource>,
}

/// The files of a language, English below it.
fn files(language: Language) -> impl Iterator<Item = &'static str> {
    let (over, rules): (&[&str], Option<&str>) = match language {
        Language::English => (&[], None),
        Language::Chinese => (CHINESE, Some(CHINESE_RULES)),
    };
    ENGLISH.iter().chain(over).copied().chain(rules)
}

impl Speech {
    /// A language.
    pub fn new(language: Language) -> Self {
        let tag = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Else every argument stands between invisible U+2068 and U+2069 in the terminal.
        bundle.set_use_isolating(false);
        for text in files(language) {
            // What can be read of a broken file is used; a test holds that nothing is broken.
            let resource =
                FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
            bundle.add_resource_overriding(resource);
        }
        Self {
            language,
            view: View::Inside,
            bundle,
        }
    }

    /// The same language, about a group that other software runs.
    pub fn from_outside(self) -> Self {
        Self {
            view: View::Outside,
            ..self
        }
    }

    /// From where it is told.
    pub const fn view(&self) -> View {
        self.view
    }

    /// A message; its key when there is none, so that nothing is ever silent.
    pub fn say(&self, key: &str, arguments: &Arguments) -> String {
        FORMS
            .iter()
            .find_map(|form| self.form(key, *form, arguments))
            .unwrap_or_else(|| key.to_owned())
    }

    /// A message without arguments.
    pub fn word(&self, key: &str) -> String {
        self.say(key, &Arguments::default())
    }

    /// Things one after the other: `a, b, c`.
    pub fn list(&self, things: &[String]) -> String {
        things.join(&self.word("between-things"))
    }

    /// Clauses of one sentence: `do this; or that`.
    pub fn clauses(&self, clauses: &[String]) -> String {
        clauses.join(&self.word("between-clauses"))
    }

    /// Whole sentences one after the other.
    pub fn sentences(&self, sentences: &[String]) -> String {
        sentences.join(&self.word("between-sentences"))
    }

    /// A part of a message, as `meaning` of a verdict; `None` when it is missing or lacks a fact.
    pub fn form(
        &self,
        key: &str,
        attribute: Option<&str>,
        arguments: &Arguments,
    ) -> Option<String> {
        let message = self.bundle.get_message(key)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let mut faults = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(arguments.fluent()), &mut faults)
            .into_owned();
        faults.is_empty().then_some(text)
    }

    /// The sentence of a verdict.
    pub fn sentence(&self, verdict: &Verdict, clock: &WallClock) -> String {
        self.sentence_of(verdict, &Arguments::of_verdict(verdict, self, clock))
    }

    /// The sentence of a verdict, from its facts and others.
    pub fn sentence_of(&self, verdict: &Verdict, arguments: &Arguments) -> String {
        match VerdictCode::try_from(verdict.code) {
            Ok(code) => self.say(&self.seen_key(code.name()), arguments),
            Err(_) => self.word("newer-verdict"),
        }
    }

    /// The key of a message, as it is said from this view: some are other words from outside.
    fn seen_key(&self, key: &str) -> String {
        let outside = format!("outside-{key}");
        match self.view == View::Outside && self.bundle.has_message(&outside) {
            true => outside,
            false => key.to_owned(),
        }
    }

    /// A part of a verdict's entry in the catalog: `meaning`, `known` or `todo`.
    pub fn catalog(&self, code: VerdictCode, part: &str) -> Option<String> {
        self.form(code.name(), Some(part), &Arguments::default())
    }

    /// The rule of a verdict, for a reader who wants to check it, from the view that is told.
    pub fn rule(&self, code: VerdictCode) -> Option<String> {
        self.rule_seen(code, self.view)
    }

    /// The rule of a verdict from that view: the engine's own condition, or what says the same in the language.
    pub fn rule_seen(&self, code: VerdictCode, view: View) -> Option<String> {
        let own = catalog::condition(code, view)?;
        if self.language == Language::English {
            return Some(own.to_owned());
        }
        if view == View::Outside && catalog::outside(code) == Some(FoundOutside::Never) {
            return Some(self.word("outside-never"));
        }
        let name = code.name();
        let outside = (view == View::Outside).then(|| format!("outside-rule-{name}"));
        let keys = outside.into_iter().chain([format!("rule-{name}")]);
        let said = |key: String| self.form(&key, None, &Arguments::default());
        keys.into_iter().find_map(said)
    }

    /// How a verdict is known from outside.
    pub fn known_outside(&self, code: VerdictCode) -> Option<String> {
        let key = format!("outside-{}", code.name());
        let own = self.form(&key, Some("known"), &Arguments::default());
        own.or_else(|| self.catalog(code, "known"))
    }

    /// What to do about a verdict: one sentence for each advice.
    pub fn advice(&self, verdict: &Verdict, place: Place<'_>, clock: &WallClock) -> Vec<String> {
        let say = |advice: &Advice| match self.advice_key(verdict, advice) {
            Some(key) => self.say(
                &key,
                &Arguments::of_advice(verdict, advice, place, self, clock),
            ),
            None => self.word("newer-advice"),
        };
        verdict.advice.iter().map(say).collect()
    }

    /// What to type about a verdict, where an advice has a command.
    pub fn commands(&self, verdict: &Verdict, place: Place<'_>, clock: &WallClock) -> Vec<String> {
        let command = |advice: &Advice| {
            let key = self.advice_key(verdict, advice)?;
            let arguments = Arguments::of_advice(verdict, advice, place, self, clock);
            self.form(&key, Some("command"), &arguments)
        };
        verdict.advice.iter().filter_map(command).collect()
    }

    /// An advice has the words that its verdict gives it, else its own; `None` when it is newer than this build.
    fn advice_key(&self, verdict: &Verdict, advice: &Advice) -> Option<String> {
        let code = AdviceCode::try_from(advice.code)
            .ok()
            .filter(|code| *code != AdviceCode::Unspecified)?;
        let own = code.as_str_name();
        let special = format!("{own}-{}", code_name(verdict.code));
        let outside = format!("outside-{special}");
        let is_outside = self.view == View::Outside && self.bundle.has_message(&outside);
        Some(match is_outside || self.bundle.has_message(&special) {
            true => self.seen_key(&special),
            false => self.seen_key(own),
        })
    }

    /// What a fact is called.
    pub fn fact(&self, name: &str) -> String {
        let key = format!("fact-{name}");
        self.form(&key, None, &Arguments::default())
            .unwrap_or_else(|| name.replace('_', " "))
    }

    /// A condition of a rule, by its name.
    pub fn check(&self, name: &str) -> String {
        let key = format!("check-{name}");
        self.form(&key, None, &Arguments::default())
            .unwrap_or_else(|| name.replace('_', " "))
    }

    /// The text of a fact: a word where the engine chose it among few, else as it came from the network.
    pub fn text_of<'a>(&self, fact: &str, text: &'a str) -> Cow<'a, str> {
        if !SPOKEN.contains(&fact) {
            return text.into();
        }
        let word = |key: String| self.form(&key, None, &Arguments::default());
        let known = word(format!("value-{}", text.replace(' ', "-")));
        let known = known.or_else(|| word(format!("fact-{text}")));
        known.map_or_else(|| text.into(), Cow::Owned)
    }

    /// Where a fact was measured.
    pub fn source(&self, source: i32) -> String {
        match Source::try_from(source) {
            Ok(source) => self.word(&self.seen_key(source.as_str_name())),
            Err(_) => self.word(Source::Unspecified.as_str_name()),
        }
    }
}

#[cfg(test)]
mod complete;
#[cfg(test)]
mod tests;
