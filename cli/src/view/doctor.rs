//! The screen of `rollcall doctor`: a group that other software runs, the worst topic first, a paragraph for each
//! topic that is not ok, and what was done to find out.

mod foot;
mod head;
mod paragraph;
mod several;
mod side;
mod unread;
mod wide;

use rollcall_proto::v1::{GetStatusResponse, PartitionStatus, Severity, TopicStatus, Verdict};

use super::Reader;
use super::quantity::{self, of_proto};
use super::status::{STEADY, count, last_record, verdict_cells, worst_first};
use super::table::{Align, Cell, Table};
use super::verdict::{code_name, severity_of};
use crate::exit::Exit;
use crate::words::arguments::Arguments;

pub use several::{is_worth_a_look, overview, sorted, totals};
pub use unread::groups as groups_left_out;
pub use wide::wide;

/// Topics in a table; the others are counted.
const ROWS: usize = 40;
/// Topics with a paragraph; the others are counted.
const PARAGRAPHS: usize = 12;

/// The screen; `exit` is said on it when the command ends with it.
pub fn table(answer: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let topics = worst_first(&answer.topics);
    let mut screen = head::line(answer, reader);
    screen.push_str(&rows(&topics, exit.is_none(), reader));
    screen.push_str(&paragraphs(&topics, answer, reader));
    screen.push_str(&foot::closing(answer, exit, reader));
    screen.push_str(&foot::deeds(answer, &topics, reader));
    screen
}

/// The table alone, without paragraphs: for `rollcall status`.
pub fn brief(answer: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let topics = worst_first(&answer.topics);
    format!(
        "{}{}{}{}",
        head::line(answer, reader),
        rows(&topics, exit.is_none(), reader),
        foot::closing(answer, exit, reader),
        foot::deeds(answer, &topics, reader)
    )
}

fn rows(topics: &[&TopicStatus], steady: bool, reader: &Reader) -> String {
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (word("column-topic"), Align::Left),
        (word("column-verdict"), Align::Left),
        (word("column-lag"), Align::Right),
        (word("column-readable"), Align::Right),
        (word("column-last-record"), Align::Right),
    ]);
    if steady {
        table = table.with_minimums(&STEADY);
    }
    for topic in topics.iter().take(ROWS) {
        table.push(row(topic, reader));
    }
    let mut text = if topics.is_empty() {
        String::new()
    } else {
        table.render()
    };
    text.push_str(&folded(topics.get(ROWS..).unwrap_or_default(), reader));
    text
}

fn row(topic: &TopicStatus, reader: &Reader) -> Vec<Cell> {
    let mut cells = verdict_cells(&topic.topic, topic.verdict.as_ref()).to_vec();
    cells.extend([
        count(lag(topic)),
        count(readable(topic)),
        Cell::new(newest(topic, reader)),
    ]);
    cells
}

/// Topics that have no row of their own, by verdict.
fn folded(topics: &[&TopicStatus], reader: &Reader) -> String {
    if topics.is_empty() {
        return String::new();
    }
    let codes = topics.iter().map(|topic| topic.verdict.as_ref());
    let arguments = Arguments::default()
        .count("count", topics.len() as u64)
        .text(
            "verdicts",
            by_verdict(codes.map(|verdict| verdict.map_or(0, |v| v.code)), reader),
        );
    format!("{}\n", reader.speech.say("doctor-more-topics", &arguments))
}

/// How many there are of each verdict, the most frequent first: `530 CAUGHT_UP, 10 TOPIC_EMPTY`.
fn by_verdict(codes: impl Iterator<Item = i32>, reader: &Reader) -> String {
    let mut counts = std::collections::BTreeMap::<i32, u64>::new();
    for code in codes {
        *counts.entry(code).or_default() += 1;
    }
    let mut counts: Vec<(i32, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let said = counts
        .into_iter()
        .map(|(code, count)| format!("{count} {}", code_name(code)));
    reader.speech.list(&said.collect::<Vec<_>>())
}

fn paragraphs(topics: &[&TopicStatus], answer: &GetStatusResponse, reader: &Reader) -> String {
    let wanted: Vec<&TopicStatus> = topics
        .iter()
        .copied()
        .filter(|topic| severity_of(topic.verdict.as_ref()) != Severity::Ok)
        .collect();
    let mut text: String = wanted
        .iter()
        .take(PARAGRAPHS)
        .map(|topic| paragraph::of(topic, answer, reader))
        .collect();
    if let Some(more) = wanted
        .len()
        .checked_sub(PARAGRAPHS)
        .filter(|more| *more > 0)
    {
        let arguments = Arguments::default().count("count", more as u64);
        text.push_str(&reader.speech.say("doctor-more-paragraphs", &arguments));
        text.push('\n');
    }
    text
}

/// The sentence of one of a topic's verdicts, from its facts and from what the table shows of the topic.
pub(super) fn sentence(verdict: &Verdict, topic: &TopicStatus, reader: &Reader) -> String {
    reader
        .speech
        .sentence_of(verdict, &arguments(verdict, topic, reader))
}

/// The verdict's facts, and what the table shows of the topic.
fn arguments(verdict: &Verdict, topic: &TopicStatus, reader: &Reader) -> Arguments {
    let mut arguments = Arguments::of_verdict(verdict, &reader.speech, &reader.clock);
    if let Some(lag) = lag(topic) {
        arguments = arguments.count("lag_total", lag);
    }
    if let Some(readable) = readable(topic) {
        arguments = arguments.count("readable_total", readable);
    }
    if let Some(age) = oldest_unread(topic) {
        arguments = arguments.text("oldest_unread", age);
    }
    arguments
}

/// Records that are not committed, over the partitions where that is known; `None` where it is known of none.
pub(super) fn lag(topic: &TopicStatus) -> Option<u64> {
    sum(&topic.partitions, |partition| partition.lag)
}

/// Records that could be read and are not committed.
pub(super) fn readable(topic: &TopicStatus) -> Option<u64> {
    sum(&topic.partitions, |partition| partition.readable).or(topic.backlog)
}

fn sum(
    partitions: &[PartitionStatus],
    of: impl Fn(&PartitionStatus) -> Option<u64>,
) -> Option<u64> {
    let known = partitions.iter().filter_map(of);
    known.reduce(u64::saturating_add)
}

/// Time since the newest record, by its timestamp or by when it was seen to come: what was read of the log may be
/// older than what came since.
pub(super) fn newest_age(topic: &TopicStatus) -> Option<std::time::Duration> {
    let by_timestamp = of_proto(topic.last_record_age.as_ref());
    let model = topic.arrivals.as_ref();
    let seen = model.and_then(|model| of_proto(model.silence.as_ref()));
    by_timestamp.into_iter().chain(seen).min()
}

/// When the newest record was written: never only where the log says so.
fn newest(topic: &TopicStatus, reader: &Reader) -> String {
    let length = newest_age(topic).map(quantity::duration);
    let unwritten = |partition: &PartitionStatus| partition.high_watermark == Some(0);
    match length {
        None if topic.partitions.is_empty() || !topic.partitions.iter().all(unwritten) => {
            "-".to_owned()
        }
        length => last_record(length, reader),
    }
}

/// Age of the oldest record that is not committed.
fn oldest_unread(topic: &TopicStatus) -> Option<String> {
    let ages = topic.partitions.iter();
    let ages = ages.filter_map(|partition| of_proto(partition.oldest_unread_age.as_ref()));
    ages.max().map(quantity::duration)
}

/// Whether the application gets records from a topic with this verdict.
fn flows(verdict: Option<&Verdict>) -> bool {
    verdict.is_some_and(|verdict| side::is_flow(verdict.code))
}

#[cfg(test)]
mod tests;
