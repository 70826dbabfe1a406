//! Holds the languages complete: what one of them can say, all of them can, from the same facts.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use rollcall_aggregator::core::verdict::table::TABLE;
use unicode_width::UnicodeWidthChar as _;

use super::arguments::Arguments;
use super::language::Language;
use super::{CHINESE, CHINESE_RULES, ENGLISH, Speech};

/// The forms of a message by name (empty: the message itself), each with what it is made of.
type Messages = BTreeMap<String, BTreeMap<String, Form>>;

/// One text of a message.
#[derive(Debug, Default)]
struct Form {
    /// The facts that it needs.
    variables: BTreeSet<String>,
    /// Every text that it may come to, with `X` for each fact.
    texts: Vec<String>,
}

fn own(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => ENGLISH,
        Language::Chinese => CHINESE,
    }
}

fn messages(language: Language) -> Messages {
    read(own(language))
}

fn read(files: &[&str]) -> Messages {
    let mut messages = Messages::new();
    for text in files {
        let resource = FluentResource::try_new((*text).to_owned())
            .map_err(|(_, errors)| errors)
            .unwrap();
        for entry in resource.entries() {
            let Entry::Message(message) = entry else {
                assert!(!matches!(entry, Entry::Junk { .. }), "{entry:?}");
                continue;
            };
            let whole = message.value.iter().map(|value| (String::new(), value));
            let parts = message.attributes.iter();
            let parts = parts.map(|part| (part.id.name.to_owned(), &part.value));
            let forms = whole.chain(parts).map(|(name, value)| (name, form(value)));
            let twice = messages.insert(message.id.name.to_owned(), forms.collect());
            assert!(twice.is_none(), "{} is there twice", message.id.name);
        }
    }
    messages
}

fn form(pattern: &Pattern<&str>) -> Form {
    let mut form = Form {
        variables: BTreeSet::new(),
        texts: vec![String::new()],
    };
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => form.append(&[(*value).to_owned()]),
            PatternElement::Placeable { expression } => form.place(expression),
        }
    }
    form
}

impl Form {
    fn append(&mut self, choices: &[String]) {
        let texts = std::mem::take(&mut self.texts);
        let each = texts
            .iter()
            .flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}")));
        self.texts = each.collect();
    }

    fn place(&mut self, expression: &Expression<&str>) {
        match expression {
            Expression::Inline(inline) => self.inline(inline),
            Expression::Select { selector, variants } => {
                self.needs(selector);
                let mut choices = Vec::new();
                for variant in variants {
                    let variant = form(&variant.value);
                    self.variables.extend(variant.variables);
                    choices.extend(variant.texts);
                }
                self.append(&choices);
            }
        }
    }

    fn inline(&mut self, inline: &InlineExpression<&str>) {
        if let InlineExpression::StringLiteral { value } = inline {
            self.append(&[(*value).to_owned()]);
        } else {
            self.needs(inline);
            self.append(&["X".to_owned()]);
        }
    }

    fn needs(&mut self, inline: &InlineExpression<&str>) {
        let InlineExpression::VariableReference { id } = inline else {
            panic!("the words use facts and texts only: {inline:?}");
        };
        self.variables.insert(id.name.to_owned());
    }
}

/// Every text of a language, by `key.form`.
fn texts(language: Language) -> Vec<(String, String)> {
    let mut all = Vec::new();
    // The engine itself says its rules in English.
    let rules = match language {
        Language::English => Messages::new(),
        Language::Chinese => read(&[CHINESE_RULES]),
    };
    for (key, forms) in messages(language).into_iter().chain(rules) {
        for (name, form) in forms {
            let key = format!("{key}.{name}");
            all.extend(form.texts.into_iter().map(|text| (key.clone(), text)));
        }
    }
    all
}

fn is_ideograph(character: char) -> bool {
    character.is_alphabetic() && character.width() == Some(2)
}

/// Whether a form is typed into a shell, so that it is the same in every language.
fn is_command(key: &str) -> bool {
    key.ends_with(".command")
}

#[test]
fn all_languages_have_the_same_messages_and_forms_with_the_same_facts() {
    let shape = |language| -> BTreeMap<String, BTreeSet<String>> {
        let forms = messages(language).into_iter().flat_map(|(key, forms)| {
            forms
                .into_iter()
                .map(move |(name, form)| (format!("{key}.{name}"), form.variables))
        });
        forms.collect()
    };
    let english = shape(Language::English);
    for language in Language::ALL {
        let other = shape(language);
        let missing: Vec<&String> = english
            .keys()
            .filter(|key| !other.contains_key(*key))
            .collect();
        assert!(missing.is_empty(), "{language:?} lacks {missing:#?}");
        let more: Vec<&String> = other
            .keys()
            .filter(|key| !english.contains_key(*key))
            .collect();
        assert!(more.is_empty(), "{language:?} alone has {more:#?}");
        for (key, facts) in &english {
            assert_eq!(other.get(key), Some(facts), "{language:?} {key}");
        }
    }
}

#[test]
fn every_form_is_said_without_a_fault_once_its_facts_are_there() {
    for language in Language::ALL {
        let speech = Speech::new(language);
        for (key, forms) in messages(language) {
            for (name, form) in forms {
                let mut counted = Arguments::default();
                let mut told = Arguments::default();
                for variable in &form.variables {
                    let variable: &'static str = variable.clone().leak();
                    counted = counted.count(variable, 3);
                    told = told.text(variable, "yes");
                }
                let attribute = Some(name.as_str()).filter(|name| !name.is_empty());
                for arguments in [counted, told] {
                    let text = speech.form(&key, attribute, &arguments);
                    let text = text.unwrap_or_else(|| panic!("{language:?} {key}.{name} fails"));
                    assert!(!text.contains(['\u{2068}', '\u{2069}']), "{key}: {text:?}");
                }
            }
        }
    }
}

#[test]
fn no_english_sentence_is_left_in_another_language() {
    /// So many English words in a row are a sentence.
    const SENTENCE: usize = 4;
    let is_prose = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    for (key, text) in texts(Language::Chinese) {
        if is_command(&key) {
            continue;
        }
        let mut longest = 0;
        let mut run = 0;
        for word in text.split(' ') {
            run = if is_prose(word) { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        assert!(longest < SENTENCE, "{key}: {text}");
    }
}

#[test]
fn chinese_is_set_with_full_width_punctuation_and_spaces_beside_latin() {
    let faults: Vec<String> = texts(Language::Chinese)
        .into_iter()
        .filter(|(key, _)| !is_command(key))
        .filter_map(|(key, text)| Some(format!("{}: {key}: {text}", misprint(&text)?)))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What is wrong with the setting of a Chinese text, if anything is.
fn misprint(text: &str) -> Option<&'static str> {
    let narrow = |c: char| ",;:?!()\"".contains(c);
    let wide = |c: char| "，。；：？！（）、“”《》".contains(c);
    let latin = |c: char| c.is_ascii_alphanumeric();
    // What stands in backquotes is typed, not read.
    let read: String = text.split('`').step_by(2).collect::<Vec<_>>().join("X");
    let characters: Vec<char> = read.chars().collect();
    characters.windows(2).find_map(|pair| {
        let (one, other) = (pair[0], pair[1]);
        let (before, behind) = (is_ideograph(one), is_ideograph(other));
        if before && (narrow(other) || other == '.') || behind && narrow(one) {
            Some("half-width punctuation")
        } else if before && latin(other) || behind && latin(one) {
            Some("a space is missing")
        } else if one == ' ' && wide(other) || wide(one) && other == ' ' {
            Some("a space too many")
        } else {
            None
        }
    })
}

/// Where the engine makes its facts.
const ENGINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../aggregator/src/core");

/// Names in the engine's verdicts that are no fact: units, and texts of facts.
const NO_FACTS: [&str; 11] = [
    "bytes", "claim", "code", "errors", "gaps", "group", "offset", "offsets", "pulse", "requests",
    "topic",
];

/// Every name in small letters in the engine's code about verdicts: facts, conditions, and what is in [`NO_FACTS`].
fn names_of_the_engine() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rooms = vec![format!("{ENGINE}/verdict").into()];
    while let Some(room) = rooms.pop() {
        for entry in std::fs::read_dir::<std::path::PathBuf>(room).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with("tests") || path.ends_with("tests.rs") {
                continue;
            }
            match path.is_dir() {
                true => rooms.push(path),
                false => names.extend(literals(&std::fs::read_to_string(path).unwrap())),
            }
        }
    }
    names
}

/// The texts of a source that could be the name of a fact.
fn literals(source: &str) -> Vec<String> {
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let quoted = code.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_name = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    quoted.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_fact_that_the_engine_can_say_has_its_name_in_all_languages() {
    let names = names_of_the_engine();
    assert!(names.len() > 50, "only {names:?}");
    for language in Language::ALL {
        let known = messages(language);
        let has = |room: &str, name: &str| known.contains_key(&format!("{room}-{name}"));
        let lacks = |name: &&String| {
            !NO_FACTS.contains(&name.as_str()) && !has("fact", name) && !has("check", name)
        };
        let missing: Vec<&String> = names.iter().filter(lacks).collect();
        assert!(
            missing.is_empty(),
            "{language:?} has neither fact-… nor check-… for {missing:#?}"
        );
    }
}

#[test]
fn every_condition_of_a_rule_has_its_name_in_all_languages() {
    let conditions = TABLE.iter().flat_map(|rule| rule.conditions);
    let names: BTreeSet<&str> = conditions.map(|condition| condition.name).collect();
    for language in Language::ALL {
        let known = messages(language);
        let lacks = |name: &&&str| !known.contains_key(&format!("check-{name}"));
        let missing: Vec<&&str> = names.iter().filter(lacks).collect();
        assert!(
            missing.is_empty(),
            "{language:?} has no check-… for {missing:#?}"
        );
    }
}
