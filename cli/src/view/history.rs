//! The screens of `rollcall history`: gathers and verdicts of the past, newest first.

use std::time::Duration;

use jiff::Timestamp;
use rollcall_proto::v1::{
    GatherInfo, GatherSummary, GetTopicResponse, InTurn, Severity, Slot, TopicStatus, Verdict,
    VerdictSpan,
};

use super::Reader;
use super::quantity::{self, of_proto, time_of_proto};
use super::status::{close_word, count, verdict_cells};
use super::style::paint;
use super::table::{Align, Cell, Table};
use super::verdict::{name, severity_of, severity_word, style_of};
use super::wrap::paragraph;
use super::{explain, gather as one};
use crate::lanes::{Part, Place};
use crate::words::arguments::Arguments;
use crate::words::clock::WallClock;

/// What is remembered of the whole roll.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// The last gathers, newest first.
    pub gathers: &'a [Part<GatherInfo>],
    /// The verdicts, newest first.
    pub verdicts: &'a [Part<VerdictSpan>],
}

/// A change of a verdict while a group was watched from outside.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What was said, and for how long.
    pub span: VerdictSpan,
    /// What it rested on when it was first said, where that was kept.
    pub evidence: Option<GetTopicResponse>,
}

/// A group from outside, watched for so long: every change of a verdict, newest first, and the evidence as it was then.
/// `then` is the reader at another time.
pub fn watched(
    changes: &[Change],
    length: Duration,
    then: impl Fn(Timestamp) -> Reader,
    reader: &Reader,
) -> String {
    let spans = changes.iter().map(|change| change.span.clone());
    let spans: Vec<Part<VerdictSpan>> = spans.map(Part::alone).collect();
    let one_topic = changes.iter().any(|change| change.evidence.is_some());
    let mut screen = verdicts(&spans, !one_topic, reader);
    for change in changes {
        let since = time_of_proto(change.span.since.as_ref());
        let (Some(evidence), Some(since)) = (&change.evidence, since) else {
            continue;
        };
        let reader = then(since);
        screen.push_str(&format!("\n{}\n", reader.clock.time_of_day(since)));
        screen.push_str(&explain::text(evidence, &reader));
    }
    let watched = Arguments::default().text("watched", quantity::duration(length));
    let foot = reader.speech.say("history-outside", &watched);
    format!("{screen}\n{}", paragraph(&foot))
}

/// The roll: the last gathers, and every change of a verdict.
pub fn roll(past: &Past<'_>, reader: &Reader) -> String {
    format!(
        "{}\n{}",
        gathers(past.gathers, reader),
        verdicts(past.verdicts, true, reader)
    )
}

/// One topic: what each gather got of it, and every change of its verdict.
pub fn topic(
    topic: &str,
    summaries: &[Part<GatherSummary>],
    spans: &[Part<VerdictSpan>],
    reader: &Reader,
) -> String {
    let slots: Vec<(&Part<GatherSummary>, &Slot)> = summaries
        .iter()
        .filter_map(|summary| {
            let mut slots = summary.answer.slots.iter();
            Some((summary, slots.find(|slot| slot.topic == topic)?))
        })
        .collect();
    format!(
        "{}\n{}",
        slots_of(&slots, reader),
        verdicts(spans, false, reader)
    )
}

/// One gather: its table, and the evidence of each slot that is not ok, as it was then. With `topic` only that
/// slot's evidence, whatever it is. The reader is one of [`then`].
pub fn gather(summary: &GatherSummary, topic: Option<&str>, reader: &Reader) -> String {
    let shown = |slot: &&Slot| match topic {
        Some(topic) => slot.topic == topic,
        None => severity_of(slot.verdict.as_ref()) != Severity::Ok,
    };
    let mut screen = one::table(summary, false, reader);
    for slot in summary.slots.iter().filter(shown) {
        let name = crate::sanitize::safe(&slot.topic);
        let style = style_of(slot.verdict.as_ref());
        screen.push_str(&format!("\n{}\n", paint(style, &name)));
        screen.push_str(&explain::text(&as_topic(slot), reader));
    }
    screen
}

/// The reader at the time when a gather was answered: then its evidence was as it is in the summary.
pub fn then(summary: &GatherSummary, reader: Reader) -> Reader {
    let now = answered(summary).unwrap_or(reader.clock.now);
    Reader {
        clock: WallClock {
            now,
            ..reader.clock
        },
        ..reader
    }
}

fn answered(summary: &GatherSummary) -> Option<Timestamp> {
    let started = time_of_proto(summary.started_at.as_ref())?;
    let took = of_proto(summary.took.as_ref()).unwrap_or_default();
    started.checked_add(took).ok()
}

/// A slot as a topic of its own, which is explained in the same way.
fn as_topic(slot: &Slot) -> GetTopicResponse {
    let topic = TopicStatus {
        topic: slot.topic.clone(),
        verdict: slot.verdict.clone(),
        also: slot.also.clone(),
        ruled_out: slot.ruled_out.clone(),
        record_count: slot.record_count,
        backlog: slot.backlog,
        unacked: slot.unacked,
        ..TopicStatus::default()
    };
    GetTopicResponse {
        topic: Some(topic),
        ..GetTopicResponse::default()
    }
}

/// Where there are several lanes, a column says which one it was. It has no name: there is no room for one.
fn lane_column(places: impl Iterator<Item = Place>) -> Option<(String, Align)> {
    let mut places = places;
    let several = places.any(|place| place.lanes > 1);
    several.then(|| (String::new(), Align::Left))
}

fn lane(place: Place) -> Cell {
    Cell::new(format!("L{}", place.lane))
}

fn gathers(gathers: &[Part<GatherInfo>], reader: &Reader) -> String {
    if gathers.is_empty() {
        return format!("{}\n", reader.speech.word("no-gather-yet"));
    }
    let word = |key: &str| reader.speech.word(key);
    let by_lane = lane_column(gathers.iter().map(|part| part.place));
    let is_by_lane = by_lane.is_some();
    let columns = [
        (word("column-gather"), Align::Right),
        (word("column-at"), Align::Left),
        (word("column-closed"), Align::Left),
        (word("column-took"), Align::Right),
        (word("column-got"), Align::Right),
        (word("column-empty"), Align::Right),
        (word("column-client"), Align::Left),
    ];
    let mut table = Table::new(columns.into_iter().chain(by_lane).collect::<Vec<_>>());
    for Part {
        place,
        answer: gather,
    } in gathers
    {
        let timeout = quantity::setting(of_proto(gather.timeout.as_ref()).unwrap_or_default());
        let mut row = vec![
            Cell::new(gather.gather_id.to_string()),
            Cell::new(at(gather.started_at.as_ref(), reader)),
            Cell::new(format!("{} {timeout}", close_word(gather.close))),
            Cell::new(length(gather.took.as_ref())),
            count(Some(u64::from(gather.record_count))),
            count(Some(u64::from(gather.empty_topics))),
            Cell::new(&gather.client_id),
        ];
        row.extend(is_by_lane.then(|| lane(*place)));
        table.push(row);
    }
    table.render()
}

fn slots_of(slots: &[(&Part<GatherSummary>, &Slot)], reader: &Reader) -> String {
    if slots.is_empty() {
        return format!("{}\n", reader.speech.word("no-gather-yet"));
    }
    let word = |key: &str| reader.speech.word(key);
    let by_lane = lane_column(slots.iter().map(|(part, _)| part.place));
    let is_by_lane = by_lane.is_some();
    let columns = [
        (word("column-gather"), Align::Right),
        (word("column-at"), Align::Left),
        (String::new(), Align::Left),
        (word("column-verdict"), Align::Left),
        (word("column-got"), Align::Right),
        (word("column-backlog"), Align::Right),
        (word("column-unacked"), Align::Right),
    ];
    let mut table = Table::new(columns.into_iter().chain(by_lane).collect::<Vec<_>>());
    for (part, slot) in slots {
        let summary = &part.answer;
        let [severity, _, verdict] = verdict_cells(&slot.topic, slot.verdict.as_ref());
        let mut row = vec![
            Cell::new(summary.gather_id.to_string()),
            Cell::new(at(summary.started_at.as_ref(), reader)),
            severity,
            verdict,
            count(Some(u64::from(slot.record_count))),
            count(slot.backlog),
            count(Some(slot.unacked)),
        ];
        row.extend(is_by_lane.then(|| lane(part.place)));
        table.push(row);
    }
    table.render()
}

fn verdicts(spans: &[Part<VerdictSpan>], with_topic: bool, reader: &Reader) -> String {
    if spans.is_empty() {
        return format!("{}\n", reader.speech.word("no-verdict-yet"));
    }
    let word = |key: &str| reader.speech.word(key);
    let mut columns = vec![
        (word("column-since"), Align::Left),
        (word("column-until"), Align::Left),
        (word("column-lasted"), Align::Right),
        (String::new(), Align::Left),
        (word("column-verdict"), Align::Left),
    ];
    if with_topic {
        columns.push((word("column-topic"), Align::Left));
    }
    let by_lane = lane_column(spans.iter().map(|part| part.place));
    let is_by_lane = by_lane.is_some();
    columns.extend(by_lane);
    let mut table = Table::new(columns);
    for Part {
        place,
        answer: span,
    } in spans
    {
        let verdict = as_verdict(span);
        let style = style_of(Some(&verdict));
        let until = match &span.until {
            Some(until) => at(Some(until), reader),
            None => word("until-now"),
        };
        let mut row = vec![
            Cell::new(at(span.since.as_ref(), reader)),
            Cell::new(until),
            Cell::new(length(span.lasted.as_ref())),
            Cell::new(severity_word(severity_of(Some(&verdict)))).style(style),
            Cell::new(said(span, &verdict, reader)).style(style),
        ];
        if with_topic {
            row.push(Cell::new(&span.topic));
        }
        row.extend(is_by_lane.then(|| lane(*place)));
        table.push(row);
        if let Some(turn) = &span.in_turn {
            let mut row = turn_row(turn, with_topic, reader);
            row.extend(is_by_lane.then(|| Cell::new("")));
            table.push(row);
        }
    }
    let screen = table.render();
    if spans.iter().all(|span| span.answer.in_turn.is_none()) {
        return screen;
    }
    format!("{screen}\n{}", paragraph(&word("history-in-turn")))
}

/// The other verdict of two that took turns, beneath the first one.
fn turn_row(turn: &InTurn, with_topic: bool, reader: &Reader) -> Vec<Cell> {
    let verdict = Verdict {
        code: turn.code,
        severity: turn.severity,
        confirmed: turn.confirmed,
        ..Verdict::default()
    };
    let style = style_of(Some(&verdict));
    let mut row = vec![
        Cell::new(""),
        Cell::new(reader.speech.word("in-turn")),
        Cell::new(format!("{}×", turn.changes)),
        Cell::new(severity_word(severity_of(Some(&verdict)))).style(style),
        Cell::new(name(Some(&verdict))).style(style),
    ];
    if with_topic {
        row.push(Cell::new(""));
    }
    row
}

/// The verdict, and for how many partitions it held where it was not all of them.
fn said(span: &VerdictSpan, verdict: &Verdict, reader: &Reader) -> String {
    if span.partitions == span.partitions_total {
        return name(Some(verdict));
    }
    let counts = Arguments::default()
        .count("some", u64::from(span.partitions))
        .count("all", u64::from(span.partitions_total));
    let partitions = reader.speech.say("of-partitions", &counts);
    format!("{} {partitions}", name(Some(verdict)))
}

fn as_verdict(span: &VerdictSpan) -> Verdict {
    Verdict {
        code: span.code,
        severity: span.severity,
        confirmed: span.confirmed,
        ..Verdict::default()
    }
}

fn at(time: Option<&prost_types::Timestamp>, reader: &Reader) -> String {
    match time_of_proto(time) {
        Some(time) => reader.clock.time_of_day(time),
        None => reader.speech.word("unknown"),
    }
}

fn length(length: Option<&prost_types::Duration>) -> String {
    of_proto(length).map_or_else(|| "-".to_owned(), quantity::duration)
}

#[cfg(test)]
mod tests;
