//! The wide screen of `rollcall status`: a paragraph per topic that is not ok, rhythm, and the books.

use rollcall_proto::v1::{GetStatusResponse, Severity, TopicStatus};

use super::{count, foot, ghosts, head, last_record, verdict_cells, worst_first};
use crate::exit::Exit;
use crate::view::Reader;
use crate::view::quantity::{self, of_proto, time_of_proto};
use crate::view::table::{Align, Cell, Table};
use crate::view::verdict::severity_of;
use crate::view::wrap::paragraph;
use crate::words::arguments::{Arguments, Place};

/// The table with more columns, then what to do, then what was counted.
pub fn wide(status: &GetStatusResponse, exit: Option<Exit>, reader: &Reader) -> String {
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (word("column-topic"), Align::Left),
        (word("column-verdict"), Align::Left),
        (word("column-partitions"), Align::Right),
        (word("column-since"), Align::Left),
        (word("column-got"), Align::Right),
        (word("column-backlog"), Align::Right),
        (word("column-unacked"), Align::Right),
        (word("column-last-record"), Align::Right),
        (word("column-median-gap"), Align::Right),
        (word("column-p-empty"), Align::Right),
        (word("column-fetchers"), Align::Left),
    ]);
    let topics = worst_first(&status.topics);
    for topic in &topics {
        table.push(row(topic, reader));
    }
    let paragraphs: String = topics.iter().map(|topic| advice(topic, reader)).collect();
    format!(
        "{}{}{}{paragraphs}{}{}",
        head(status, reader),
        table.render(),
        ghosts(&status.topics, reader),
        books(status, reader),
        foot(status, exit, reader)
    )
}

fn row(topic: &TopicStatus, reader: &Reader) -> Vec<Cell> {
    let verdict = topic.verdict.as_ref();
    let arrivals = topic.arrivals.as_ref();
    let gap = arrivals.and_then(|model| of_proto(model.gap_median.as_ref()));
    let since = verdict.and_then(|verdict| time_of_proto(verdict.since.as_ref()));
    let last = of_proto(topic.last_record_age.as_ref()).map(quantity::duration);
    let unknown = || "-".to_owned();
    let mut cells = verdict_cells(&topic.topic, verdict).to_vec();
    cells.extend([
        Cell::new(verdict.map_or_else(unknown, |verdict| {
            format!("{}/{}", verdict.partitions, verdict.partitions_total)
        })),
        Cell::new(since.map_or_else(unknown, |since| reader.clock.time_of_day(since))),
        count(Some(u64::from(topic.record_count))),
        count(topic.backlog),
        count(Some(topic.unacked)),
        Cell::new(last_record(last, reader)),
        Cell::new(gap.map_or_else(unknown, quantity::duration)),
        Cell::new(
            arrivals
                .and_then(|model| model.p_empty)
                .map_or_else(unknown, quantity::share),
        ),
        Cell::new(fetchers(topic, reader)),
    ]);
    cells
}

fn fetchers(topic: &TopicStatus, reader: &Reader) -> String {
    let name = |fetcher: &rollcall_proto::v1::FetcherStatus| {
        let name = format!("{}@{}", fetcher.client_id, fetcher.host);
        let state = match (
            fetcher.connected,
            fetcher.standby > 0 && fetcher.claims == 0,
        ) {
            (true, false) => return name,
            (true, true) => "fetcher-standby",
            (false, _) => "fetcher-gone",
        };
        let name = Arguments::default().text("fetcher", name);
        reader.speech.say(state, &name)
    };
    match topic.fetchers.is_empty() {
        true => "-".to_owned(),
        false => {
            let names: Vec<String> = topic.fetchers.iter().map(name).collect();
            reader.speech.list(&names)
        }
    }
}

fn advice(topic: &TopicStatus, reader: &Reader) -> String {
    let Some(verdict) = topic
        .verdict
        .as_ref()
        .filter(|verdict| severity_of(Some(verdict)) != Severity::Ok)
    else {
        return String::new();
    };
    let sentence = reader.speech.sentence(verdict, &reader.clock);
    let advice = reader.speech.advice(
        verdict,
        Place {
            topic: &topic.topic,
            bootstrap: "",
        },
        &reader.clock,
    );
    let mut said = Arguments::default()
        .text("topic", &topic.topic)
        .text("sentence", sentence);
    if !advice.is_empty() {
        said = said.text("advice", reader.speech.clauses(&advice));
    }
    paragraph(&reader.speech.say("topic-says", &said))
}

fn books(status: &GetStatusResponse, reader: &Reader) -> String {
    let buffered = Arguments::default()
        .text("used", quantity::bytes(status.buffered_bytes))
        .text("budget", quantity::bytes(status.budget_bytes));
    let counted: Vec<String> = status
        .counters
        .iter()
        .filter(|counter| counter.count > 0)
        .map(|counter| format!("{} {}", counter.name, counter.count))
        .collect();
    let counted = match counted.is_empty() {
        true => reader.speech.word("nothing"),
        false => reader.speech.list(&counted),
    };
    let counters = Arguments::default().text("counters", counted);
    let line = reader.speech.clauses(&[
        reader.speech.say("buffered", &buffered),
        reader.speech.say("counters", &counters),
    ]);
    format!("{line}\n")
}
