//! The fact table: a row per fact, a column per partition, where it was measured and how old it is.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::v1::fact::Value;
use rollcall_proto::v1::{Fact, PartitionStatus, Verdict};
use unicode_width::UnicodeWidthStr;

use crate::view::quantity::{self, of_proto, time_of_proto};
use crate::view::table::{Align, Cell, Table};
use crate::view::verdict::code_name;
use crate::view::wrap::labelled;
use crate::view::{Reader, WIDTH};
use crate::words::arguments::Arguments;

/// A text that is longer gets a paragraph of its own below the table.
const CELL_WIDTH: usize = 24;

/// The facts of a verdict; of many partitions only the worst, as many as fit, and the rest by counts.
pub(super) fn facts(verdict: &Verdict, partitions: &[PartitionStatus], reader: &Reader) -> String {
    let (long, short): (Vec<&Fact>, Vec<&Fact>) =
        verdict.facts.iter().partition(|fact| is_long(fact));
    let shown = worst_first(&short, verdict.code, partitions);
    let mut screen = fitting(&short, &shown, partitions, reader);
    for fact in long {
        screen.push_str(&paragraph(fact, reader));
    }
    screen
}

/// A fact as a phrase, safe to print: `last stable offset 212 (P0)`.
pub(super) fn phrase(fact: &Fact, reader: &Reader) -> String {
    let arguments = Arguments::default()
        .text("name", reader.speech.fact(&fact.name))
        .text("value", value(fact, reader));
    let arguments = match fact.partition {
        Some(partition) => arguments.text("partition", partition.to_string()),
        None => arguments,
    };
    reader.speech.say("fact-phrase", &arguments)
}

/// The value of a fact as it came, with its unit where a bare number would not tell.
fn value(fact: &Fact, reader: &Reader) -> String {
    match &fact.value {
        None => reader.speech.word("unknown"),
        Some(Value::Number(number)) => match fact.unit.as_str() {
            // The other units stand in the fact's name: records, offsets, gaps.
            "bytes" => format!("{number} B"),
            _ => number.to_string(),
        },
        Some(Value::Ratio(ratio)) if fact.unit == "1" => quantity::share(*ratio),
        Some(Value::Ratio(ratio)) => format!("{} {}", quantity::trimmed(*ratio), fact.unit)
            .trim_end()
            .to_owned(),
        Some(Value::Duration(length)) => {
            quantity::duration(of_proto(Some(length)).unwrap_or_default())
        }
        Some(Value::Time(time)) => match time_of_proto(Some(time)) {
            Some(time) => reader.clock.time_of_day(time),
            None => reader.speech.word("unknown"),
        },
        Some(Value::Text(text)) => reader.speech.text_of(&fact.name, text).into_owned(),
        Some(Value::Flag(flag)) => reader.speech.word(if *flag { "yes" } else { "no" }),
    }
}

fn is_long(fact: &Fact) -> bool {
    matches!(&fact.value, Some(Value::Text(text)) if text.width() > CELL_WIDTH)
}

/// Partitions that the facts speak of: those with the verdict itself first, then by number.
fn worst_first(facts: &[&Fact], code: i32, partitions: &[PartitionStatus]) -> Vec<i32> {
    let mut numbers: Vec<i32> = facts.iter().filter_map(|fact| fact.partition).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let has_verdict = |number: i32| {
        partitions
            .iter()
            .any(|one| one.partition == number && one.verdict == code)
    };
    numbers.sort_by_key(|&number| (!has_verdict(number), number));
    numbers
}

/// The widest table that fits; one partition at least.
fn fitting(
    facts: &[&Fact],
    partitions: &[i32],
    known: &[PartitionStatus],
    reader: &Reader,
) -> String {
    let mut columns = partitions.len();
    loop {
        let (shown, folded) = partitions.split_at(columns);
        let text = table(facts, shown, reader);
        if columns <= 1 || width(&text) <= WIDTH {
            return text + &rest(folded, known, reader);
        }
        columns -= 1;
    }
}

fn width(text: &str) -> usize {
    anstream::adapter::strip_str(text)
        .to_string()
        .lines()
        .map(UnicodeWidthStr::width)
        .max()
        .unwrap_or(0)
}

fn table(facts: &[&Fact], partitions: &[i32], reader: &Reader) -> String {
    let rows = rows(facts);
    if rows.is_empty() {
        return String::new();
    }
    let whole = facts.iter().any(|fact| fact.partition.is_none());
    let columns: Vec<Option<i32>> = whole
        .then_some(None)
        .into_iter()
        .chain(partitions.iter().map(|number| Some(*number)))
        .collect();
    let word = |key: &str| reader.speech.word(key);
    let names = columns
        .iter()
        .map(|column| column.map_or_else(|| word("column-whole"), |p| format!("P{p}")));
    let mut header = vec![(word("column-fact"), Align::Left)];
    header.extend(names.map(|name| (name, Align::Right)));
    header.extend([
        (word("column-source"), Align::Left),
        (word("column-age"), Align::Right),
    ]);
    let mut table = Table::new(header);
    for (name, cells) in rows {
        table.push(row(name, &cells, &columns, reader));
    }
    table.render()
}

/// Facts by name, in the order in which the rule lists them.
fn rows<'a>(facts: &[&'a Fact]) -> Vec<(&'a str, BTreeMap<Option<i32>, &'a Fact>)> {
    let mut rows: Vec<(&str, BTreeMap<Option<i32>, &Fact>)> = Vec::new();
    for &fact in facts {
        match rows.iter_mut().find(|(name, _)| *name == fact.name) {
            Some((_, cells)) => drop(cells.insert(fact.partition, fact)),
            None => rows.push((&fact.name, BTreeMap::from([(fact.partition, fact)]))),
        }
    }
    rows
}

fn row(
    name: &str,
    cells: &BTreeMap<Option<i32>, &Fact>,
    columns: &[Option<i32>],
    reader: &Reader,
) -> Vec<Cell> {
    let mut row = vec![Cell::new(reader.speech.fact(name))];
    row.extend(columns.iter().map(|column| {
        Cell::new(
            cells
                .get(column)
                .map(|fact| value(fact, reader))
                .unwrap_or_default(),
        )
    }));
    let source = cells
        .values()
        .next()
        .map(|fact| reader.speech.source(fact.source))
        .unwrap_or_default();
    let oldest = cells
        .values()
        .filter_map(|fact| of_proto(fact.age.as_ref()))
        .max();
    row.extend([
        Cell::new(source),
        Cell::new(oldest.map(age).unwrap_or_default()),
    ]);
    row
}

fn age(age: Duration) -> String {
    quantity::duration(age)
}

/// What the table leaves out, by verdict.
fn rest(folded: &[i32], known: &[PartitionStatus], reader: &Reader) -> String {
    if folded.is_empty() {
        return String::new();
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for number in folded {
        let code = known
            .iter()
            .find(|one| one.partition == *number)
            .map_or(0, |one| one.verdict);
        *counts.entry(code_name(code)).or_default() += 1;
    }
    let verdicts: Vec<String> = counts
        .into_iter()
        .map(|(code, count)| format!("{count} {code}"))
        .collect();
    let arguments = Arguments::default()
        .count("count", folded.len() as u64)
        .text("verdicts", reader.speech.list(&verdicts));
    format!("{}\n", reader.speech.say("more-partitions", &arguments))
}

fn paragraph(fact: &Fact, reader: &Reader) -> String {
    let arguments = Arguments::default()
        .text("phrase", phrase(fact, reader))
        .text("source", reader.speech.source(fact.source));
    let arguments = match of_proto(fact.age.as_ref()) {
        Some(age) => arguments.text("age", quantity::duration(age)),
        None => arguments,
    };
    let text = reader.speech.say("fact-line", &arguments);
    labelled(&reader.speech.word("column-fact"), &text)
}
