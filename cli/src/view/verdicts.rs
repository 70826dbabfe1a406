//! The screens of `rollcall verdicts`: the list, and one verdict in full.

use rollcall_aggregator::core::verdict::table::View;
use rollcall_proto::v1::VerdictCode;

use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::wrap::labelled;
use crate::catalog::{self, FoundOutside};
use crate::words::Speech;
use crate::words::arguments::Arguments;

/// Every verdict of the catalog with its sentence, in the order in which they are tried.
pub fn list(codes: impl Iterator<Item = VerdictCode>, speech: &Speech) -> String {
    let mut table = Table::new([
        (speech.word("column-verdict"), Align::Left),
        (speech.word("column-in-short"), Align::Left),
    ]);
    for code in codes {
        table.push(vec![
            Cell::new(code.name()),
            Cell::new(speech.say(code.name(), &Arguments::default())),
        ]);
    }
    table.render()
}

/// One verdict: what it means, how it is known, by which rule, and what to do.
pub fn entry(code: VerdictCode, speech: &Speech) -> String {
    let part = |label: &str, text: Option<String>| {
        text.map(|text| labelled(&speech.word(label), &text))
            .unwrap_or_default()
    };
    let mut text = format!("{}\n", paint(style::STRONG, code.name()));
    text.push_str(&part("label-meaning", speech.catalog(code, "meaning")));
    let rule = speech.rule_seen(code, View::Inside);
    text.push_str(&part("label-rule", rule));
    text.push_str(&part(
        "label-severity",
        catalog::severities(code, View::Inside, speech),
    ));
    text.push_str(&part(
        "label-confirmed",
        catalog::confirmation(code, View::Inside, speech),
    ));
    text.push_str(&part("label-known", speech.catalog(code, "known")));
    text.push_str(&part("label-outside", outside(code, speech)));
    text.push_str(&part("label-outside-rule", outside_rule(code, speech)));
    text.push_str(&part("label-do", speech.catalog(code, "todo")));
    text.push_str(&part("label-reproduce", reproduce(code, speech)));
    if let Some(recipe) = catalog::recipe(code) {
        text.push_str(&typed(recipe));
    }
    text
}

/// How the verdict is known of a group that other software runs, where that differs.
fn outside(code: VerdictCode, speech: &Speech) -> Option<String> {
    match catalog::outside(code)? {
        FoundOutside::Alike => None,
        FoundOutside::Never => Some(speech.word("outside-never")),
        FoundOutside::Otherwise => {
            let seen = View::Outside;
            let said = Arguments::default()
                .text("known", speech.known_outside(code)?)
                .text("severity", catalog::severities(code, seen, speech)?)
                .text("confirmed", catalog::confirmation(code, seen, speech)?);
            Some(speech.say("outside-view", &said))
        }
    }
}

/// The rule of the engine there, where it is another.
fn outside_rule(code: VerdictCode, speech: &Speech) -> Option<String> {
    let differs = catalog::outside(code) == Some(FoundOutside::Otherwise);
    speech.rule_seen(code, View::Outside).filter(|_| differs)
}

/// What is to be known about the recipe, or why there is none; then where it is followed.
fn reproduce(code: VerdictCode, speech: &Speech) -> Option<String> {
    let beside = catalog::recipe(code).map(|_| speech.word("reproduce-beside"));
    let said: Vec<String> = speech
        .catalog(code, "reproduce")
        .into_iter()
        .chain(beside)
        .collect();
    (!said.is_empty()).then(|| speech.sentences(&said))
}

/// Lines to be copied: as they stand, a little to the right.
fn typed(recipe: &str) -> String {
    recipe.lines().fold(String::from("\n"), |text, line| {
        format!("{text}    {line}\n")
    })
}

/// Every verdict in full, as a page in Markdown.
pub fn page(codes: impl Iterator<Item = VerdictCode> + Clone, speech: &Speech) -> String {
    let word = |key: &str| speech.word(key);
    let mut page = format!(
        "# {}\n\n{}\n\n{}\n\n{}\n\n{}\n\n",
        word("catalog-title"),
        word("catalog-intro"),
        word("catalog-letters"),
        word("catalog-playground"),
        word("catalog-generated"),
    );
    page.push_str(&format!(
        "| {} | {} | {} |\n|---|---|---|\n",
        word("column-verdict"),
        word("column-in-short"),
        word("label-severity"),
    ));
    for code in codes.clone() {
        let name = code.name();
        page.push_str(&format!(
            "| [{name}](#{}) | {} | {} |\n",
            name.to_lowercase(),
            speech.say(name, &Arguments::default()),
            catalog::severities(code, View::Inside, speech).unwrap_or_default(),
        ));
    }
    codes.fold(page, |page, code| page + &section(code, speech))
}

/// One verdict, as a section of the page.
fn section(code: VerdictCode, speech: &Speech) -> String {
    let rule = speech.rule_seen(code, View::Inside);
    let parts = [
        ("label-rule", rule.map(|rule| format!("`{rule}`"))),
        (
            "label-severity",
            catalog::severities(code, View::Inside, speech),
        ),
        (
            "label-confirmed",
            catalog::confirmation(code, View::Inside, speech),
        ),
        ("label-known", speech.catalog(code, "known")),
        ("label-outside", outside(code, speech)),
        (
            "label-outside-rule",
            outside_rule(code, speech).map(|rule| format!("`{rule}`")),
        ),
        ("label-do", speech.catalog(code, "todo")),
        ("label-reproduce", reproduce(code, speech)),
    ];
    let mut section = format!("\n## {}\n\n", code.name());
    if let Some(meaning) = speech.catalog(code, "meaning") {
        section.push_str(&format!("{meaning}\n\n"));
    }
    for (label, text) in parts {
        if let Some(text) = text {
            let said = Arguments::default()
                .text("label", format!("**{}**", speech.word(label)))
                .text("text", text);
            section.push_str(&format!("- {}\n", speech.say("labelled", &said)));
        }
    }
    if let Some(recipe) = catalog::recipe(code) {
        section.push_str(&format!("\n```sh\n{recipe}```\n"));
    }
    section
}

#[cfg(test)]
mod tests;
