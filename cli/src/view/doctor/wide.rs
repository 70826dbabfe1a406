//! The wide screen: also the worst partitions of every topic with their owners, its rhythm, and what stays unseen.

use rollcall_proto::v1::{
    ArrivalModel, GetStatusResponse, PartitionStatus, TopicStatus, VerdictCode,
};

use super::{by_verdict, foot, head, paragraph, paragraphs, rows};
use crate::exit::Exit;
use crate::sanitize::safe;
use crate::view::Reader;
use crate::view::quantity::{self, of_proto};
use crate::view::stamps::stamps;
use crate::view::status::worst_first;
use crate::view::style::{self, paint};
use crate::view::table::{Align, Cell, Table};
use crate::view::verdict::code_name;
use crate::view::wrap;
use crate::words::arguments::Arguments;

/// Partitions of one topic that are shown; the others are counted.
const PARTITIONS: usize = 12;

/// The screen; `exit` is said on it when the command ends with it.
pub fn wide(answer: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let topics = worst_first(&answer.topics);
    let mut screen = head::line(answer, reader);
    screen.push_str(&rows(&topics, false, reader));
    for topic in &topics {
        screen.push_str(&partitions(topic, reader));
    }
    screen.push_str(&paragraphs(&topics, answer, reader));
    screen.push_str(&wrap::paragraph(&reader.speech.word("doctor-unseen")));
    screen.push_str(&commit_times(answer, reader));
    screen.push_str(&foot::closing(answer, exit, reader));
    screen.push_str(&foot::deeds(answer, &topics, reader));
    screen
}

/// What to type to see when the group committed, where a verdict rests on commits that stand still.
fn commit_times(answer: &GetStatusResponse, reader: &Reader) -> String {
    let stuck = i32::from(VerdictCode::StuckWithLag);
    let mut verdicts = answer.topics.iter().flat_map(|topic| {
        let verdict = topic.verdict.iter();
        verdict.chain(&topic.also)
    });
    let bootstrap = answer
        .observation
        .as_ref()
        .map_or("", |seen| seen.bootstrap_servers.as_str());
    if bootstrap.is_empty() || !verdicts.any(|verdict| verdict.code == stuck) {
        return String::new();
    }
    let key = "doctor-commit-times";
    let arguments = Arguments::default().text("bootstrap", bootstrap);
    let command = reader.speech.form(key, Some("command"), &arguments);
    let command = command.map_or_else(String::new, |line| wrap::command(&safe(&line)));
    wrap::paragraph(&reader.speech.say(key, &arguments)) + &command
}

/// The worst partitions of a topic, below its name and its rhythm.
fn partitions(topic: &TopicStatus, reader: &Reader) -> String {
    let worst = worst(topic);
    let (shown, more) = worst.split_at(worst.len().min(PARTITIONS));
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (word("column-partition"), Align::Right),
        (word("column-verdict"), Align::Left),
        (word("column-committed"), Align::Right),
        (word("column-end"), Align::Right),
        (word("column-lag"), Align::Right),
        (word("column-lag-time"), Align::Right),
        (word("column-readable"), Align::Right),
        (word("column-owner"), Align::Left),
    ]);
    for partition in shown {
        table.push(row(partition, reader));
    }
    let title = Arguments::default()
        .text("topic", &topic.topic)
        .text("says", rhythm(topic, reader));
    let title = reader.speech.say("doctor-topic-says", &title);
    let mut text = format!("{}\n", paint(style::STRONG, &title));
    if !shown.is_empty() {
        text.push_str(&table.render());
    }
    if !more.is_empty() {
        let codes = more.iter().map(|partition| partition.verdict);
        let arguments = Arguments::default()
            .count("count", more.len() as u64)
            .text("verdicts", by_verdict(codes, reader));
        text.push_str(&format!(
            "  {}\n",
            reader.speech.say("more-partitions", &arguments)
        ));
    }
    text
}

/// Partitions with the topic's own verdict first, then those with the most lag.
fn worst(topic: &TopicStatus) -> Vec<&PartitionStatus> {
    let code = topic.verdict.as_ref().map_or(0, |verdict| verdict.code);
    let mut partitions: Vec<&PartitionStatus> = topic.partitions.iter().collect();
    partitions.sort_by_key(|partition| {
        let lag = std::cmp::Reverse(partition.lag.unwrap_or(0));
        (partition.verdict != code, lag, partition.partition)
    });
    partitions
}

fn row(partition: &PartitionStatus, reader: &Reader) -> Vec<Cell> {
    let number = |number: Option<String>| Cell::new(number.unwrap_or_else(|| "-".to_owned()));
    let age = of_proto(partition.oldest_unread_age.as_ref()).map(quantity::duration);
    // Nothing unread is no lag in time either.
    let age = age.or_else(|| {
        (partition.lag == Some(0)).then(|| quantity::duration(std::time::Duration::ZERO))
    });
    let owner = match partition.member_id.as_str() {
        "" => "-".to_owned(),
        _ => paragraph::owner(partition, reader),
    };
    vec![
        Cell::new(""),
        Cell::new(partition.partition.to_string()),
        Cell::new(code_name(partition.verdict)),
        number(partition.committed.map(|offset| offset.to_string())),
        number(partition.high_watermark.map(|offset| offset.to_string())),
        number(partition.lag.map(|lag| lag.to_string())),
        number(age),
        number(partition.readable.map(|readable| readable.to_string())),
        Cell::new(owner),
    ]
}

/// How often records come, from the topic's own log, and why not by their timestamps where these are of no use.
fn rhythm(topic: &TopicStatus, reader: &Reader) -> String {
    let model = topic.arrivals.as_ref();
    let mut clauses = vec![gaps(model.filter(|model| model.gap_count > 0), reader)];
    clauses.extend(model.and_then(|model| stamps(model, reader)));
    reader.speech.clauses(&clauses)
}

fn gaps(model: Option<&ArrivalModel>, reader: &Reader) -> String {
    let Some(model) = model else {
        return reader.speech.word("doctor-rhythm-unknown");
    };
    let length = |length: Option<&prost_types::Duration>| {
        of_proto(length).map_or_else(|| "-".to_owned(), quantity::duration)
    };
    let arguments = Arguments::default()
        .text("gap", length(model.gap_median.as_ref()))
        .text("longest", length(model.gap_longest.as_ref()))
        .text("source", reader.speech.source(model.source))
        .count("gaps", model.gap_count);
    reader.speech.say("doctor-rhythm", &arguments)
}
