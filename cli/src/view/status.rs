//! The screen of `rollcall status`: a summary line, a table with the worst first, what to type next.

mod wide;

use std::cmp::Reverse;

use anstyle::Style;
use rollcall_proto::v1::{Close, GatherInfo, GetStatusResponse, Severity, TopicStatus, Verdict};
use unicode_width::UnicodeWidthStr as _;

use super::explain::ghost;
use super::quantity::{self, of_proto};
use super::style::{self, paint};
use super::table::{Align, Cell, Table};
use super::verdict::{name, rank, severity_of, severity_word, style_of};
use super::wrap::paragraph;
use super::{Reader, WIDTH, lanes};
use crate::exit::Exit;
use crate::lanes::is_over_lanes;
use crate::words::arguments::Arguments;

pub use wide::wide;

/// Least widths of a table that is drawn again and again, so that its columns stand still: severity, topic,
/// verdict.
pub(super) const STEADY: [usize; 3] = ["FAULT".len(), 0, "PRODUCER_SLOWER_THAN_TIMEOUT".len()];

/// Least columns between a line and the exit code behind it.
const GAP: usize = 2;

/// The table screen; `exit` is said on it when the command ends with it.
pub fn table(status: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let mut screen = head(status, reader);
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (word("column-topic"), Align::Left),
        (word("column-verdict"), Align::Left),
        (word("column-got"), Align::Right),
        (word("column-backlog"), Align::Right),
        (word("column-unacked"), Align::Right),
        (word("column-last-record"), Align::Right),
    ]);
    if exit.is_none() {
        table = table.with_minimums(&STEADY);
    }
    for topic in worst_first(&status.topics) {
        table.push(row(topic, reader));
    }
    screen.push_str(&table.render());
    screen.push_str(&ghosts(&status.topics, reader));
    screen.push_str(&foot(status, exit, reader));
    screen
}

/// The summary line.
fn head(status: &GetStatusResponse, reader: &Reader) -> String {
    let speech = &reader.speech;
    let gather = match &status.last_gather {
        Some(gather) => gather_line(gather, is_over_lanes(status.lane, status.lanes), reader),
        None => speech.word("no-gather-yet"),
    };
    let group = match status.group.as_str() {
        "" => speech.word("group-unknown"),
        group => speech.say("group", &Arguments::default().text("group", group)),
    };
    let lanes = lanes::extent(status.lane, status.lanes, speech);
    let clauses: Vec<String> = [gather, group].into_iter().chain(lanes).collect();
    let line = speech.clauses(&clauses);
    format!("{}{line}\n", demo(status.demo, reader))
}

/// Says that records are made up, on a line of its own.
pub fn demo(demo: bool, reader: &Reader) -> String {
    match demo {
        true => format!("{}\n", paint(style::STRONG, &reader.speech.word("demo"))),
        false => String::new(),
    }
}

/// Over lanes it has no number: each lane counts its own.
fn gather_line(gather: &GatherInfo, over_lanes: bool, reader: &Reader) -> String {
    let mut arguments = Arguments::default()
        .text(
            "age",
            quantity::duration(of_proto(gather.age.as_ref()).unwrap_or_default()),
        )
        .text("close", close_word(gather.close))
        .text(
            "timeout",
            quantity::setting(of_proto(gather.timeout.as_ref()).unwrap_or_default()),
        )
        .count("records", u64::from(gather.record_count));
    if !over_lanes {
        arguments = arguments.text("id", gather.gather_id.to_string());
    }
    if !gather.client_id.is_empty() {
        arguments = arguments.text("client", &gather.client_id);
    }
    reader.speech.say("last-gather", &arguments)
}

/// How a close mode is written on screens.
pub fn close_word(close: i32) -> &'static str {
    match Close::try_from(close) {
        Ok(Close::Each | Close::Unspecified) => "EACH",
        Ok(Close::Any) => "ANY",
        Ok(Close::Full) => "FULL",
        Ok(Close::Required) => "REQUIRED",
        Err(_) => "?",
    }
}

/// Topics with the worst severity first; unconfirmed behind confirmed, then in the order of the verdicts.
pub(super) fn worst_first(topics: &[TopicStatus]) -> Vec<&TopicStatus> {
    let mut sorted: Vec<&TopicStatus> = topics.iter().collect();
    sorted.sort_by_key(|topic| {
        let verdict = topic.verdict.as_ref();
        let unconfirmed = verdict.is_some_and(|verdict| !verdict.confirmed);
        let code = verdict.map_or(0, |verdict| verdict.code);
        let rank = rank(severity_of(verdict));
        (Reverse(rank), unconfirmed, code, topic.topic.as_str())
    });
    sorted
}

fn row(topic: &TopicStatus, reader: &Reader) -> Vec<Cell> {
    let verdict = topic.verdict.as_ref();
    let last = of_proto(topic.last_record_age.as_ref()).map(quantity::duration);
    let mut cells = verdict_cells(&topic.topic, verdict).to_vec();
    cells.extend([
        count(Some(u64::from(topic.record_count))),
        count(topic.backlog),
        count(Some(topic.unacked)),
        Cell::new(last_record(last, reader)),
    ]);
    cells
}

/// Severity, topic and verdict: how every table of topics begins.
pub fn verdict_cells(topic: &str, verdict: Option<&Verdict>) -> [Cell; 3] {
    let style = style_of(verdict);
    let quiet = severity_of(verdict) == Severity::Ok;
    let word = Cell::new(severity_word(severity_of(verdict))).style(style);
    [
        word,
        Cell::new(topic),
        Cell::new(name(verdict)).style(if quiet { Style::new() } else { style }),
    ]
}

/// A count, or `-` while it is unknown.
pub fn count(count: Option<u64>) -> Cell {
    Cell::new(count.map_or_else(|| "-".to_owned(), |count| count.to_string()))
}

/// How long ago the last record was, in words.
pub fn last_record(length: Option<String>, reader: &Reader) -> String {
    match length {
        Some(length) => reader
            .speech
            .say("ago", &Arguments::default().text("length", length)),
        None => reader.speech.word("never"),
    }
}

/// Fetchers that are gone while the group still keeps their partitions for them.
fn ghosts(topics: &[TopicStatus], reader: &Reader) -> String {
    let gone = topics
        .iter()
        .flat_map(|topic| topic.fetchers.iter().map(move |fetcher| (topic, fetcher)));
    let gone = gone.filter(|(_, fetcher)| !fetcher.connected && fetcher.session_ends_at.is_some());
    gone.map(|(topic, fetcher)| {
        let arguments = Arguments::default()
            .text("topic", &topic.topic)
            .text("says", ghost(fetcher, reader));
        paragraph(&reader.speech.say("topic-ghost", &arguments))
    })
    .collect()
}

fn foot(status: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let line = match status.topics.is_empty() {
        true => reader.speech.word("empty-roll"),
        false => tally(
            status.topics.iter().map(|topic| topic.verdict.as_ref()),
            reader,
        ),
    };
    let exit = exit.map(|exit| {
        let number = u64::from(exit.number());
        let code = Arguments::default().count("code", number);
        reader.speech.say("exit", &code)
    });
    let Some(command) = next_command(status, reader) else {
        return with_exit(&line, exit.as_deref());
    };
    let next = reader
        .speech
        .say("next", &Arguments::default().text("command", command));
    let exit_width = exit.as_ref().map_or(0, |code| code.width() + GAP);
    let both = reader.speech.sentences(&[line.clone(), next.clone()]);
    match both.width() + exit_width <= WIDTH {
        true => with_exit(&both, exit.as_deref()),
        false => format!("{line}\n{}", with_exit(&next, exit.as_deref())),
    }
}

/// How many topics have which severity, the worst first, as a sentence.
pub fn tally<'a>(
    verdicts: impl Iterator<Item = Option<&'a Verdict>> + Clone,
    reader: &Reader,
) -> String {
    let of = |wanted: u8| {
        verdicts
            .clone()
            .filter(|verdict| rank(severity_of(*verdict)) == wanted)
            .count() as u64
    };
    let kinds = [
        ("faults", of(rank(Severity::Fault)), true),
        ("warnings", of(rank(Severity::Warn)), true),
        ("notes", of(rank(Severity::Note)), true),
        ("unknowns", of(rank(Severity::Unknown)), false),
        ("oks", of(rank(Severity::Ok)), true),
        (
            "unconfirmed",
            verdicts
                .clone()
                .flatten()
                .filter(|verdict| !verdict.confirmed)
                .count() as u64,
            false,
        ),
    ];
    let said = kinds
        .into_iter()
        .filter(|(_, count, always)| *always || *count > 0);
    let words: Vec<String> = said
        .map(|(key, count, _)| {
            reader
                .speech
                .say(key, &Arguments::default().count("count", count))
        })
        .collect();
    let counts = Arguments::default().text("counts", reader.speech.list(&words));
    reader.speech.say("tally", &counts)
}

/// What to type next: the explanation of the worst topic, unless all is well.
fn next_command(status: &GetStatusResponse, reader: &Reader) -> Option<String> {
    let worst = worst_first(&status.topics).into_iter().next()?;
    let well = severity_of(worst.verdict.as_ref()) == Severity::Ok;
    (!well).then(|| format!("rollcall explain {}{}", worst.topic, reader.reach))
}

/// The line with the exit code at the right edge, where there is room for it.
pub(super) fn with_exit(line: &str, exit: Option<&str>) -> String {
    let Some(code) = exit else {
        return format!("{line}\n");
    };
    let gap = WIDTH.saturating_sub(line.width() + code.width()).max(GAP);
    format!("{line}{:gap$}{}\n", "", paint(style::FAINT, code))
}

#[cfg(test)]
mod tests;
