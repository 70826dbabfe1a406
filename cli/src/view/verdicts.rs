//! The screens of `rollcall verdicts`: the list, and one verdict in full.

use rollcall_proto::v1::VerdictCode;

use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::verdict::known_name;
use super::wrap::labelled;
use crate::catalog;
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
            Cell::new(known_name(code)),
            Cell::new(speech.say(known_name(code), &Arguments::default())),
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
    let mut text = format!("{}\n", paint(style::STRONG, known_name(code)));
    text.push_str(&part("label-meaning", speech.catalog(code, "meaning")));
    let known = speech.catalog(code, "known");
    let rule = speech
        .rule(code)
        .filter(|rule| known.as_ref() != Some(rule));
    text.push_str(&part("label-rule", rule));
    text.push_str(&part("label-severity", catalog::severities(code, speech)));
    text.push_str(&part("label-known", known));
    text.push_str(&part("label-do", speech.catalog(code, "todo")));
    text
}

#[cfg(test)]
mod tests;
