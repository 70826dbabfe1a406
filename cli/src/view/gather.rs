//! The table of one gather: a slot for every topic.

use jiff::Timestamp;
use rollcall_proto::v1::{GatherSummary, Slot};

use super::quantity::{self, of_proto};
use super::status::{close_word, count, demo, last_record, tally, verdict_cells};
use super::table::{Align, Cell, Table};
use super::{Reader, lanes};
use crate::lanes::is_over_lanes;
use crate::words::arguments::Arguments;

/// The screen of `rollcall gather -o table`, slots in the order of the request.
pub fn table(summary: &GatherSummary, is_demo: bool, reader: &Reader) -> String {
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
    for slot in &summary.slots {
        table.push(row(slot, reader));
    }
    let tally = tally(
        summary.slots.iter().map(|slot| slot.verdict.as_ref()),
        reader,
    );
    format!(
        "{}{}\n{}{tally}\n",
        demo(is_demo, reader),
        head(summary, reader),
        table.render()
    )
}

fn head(summary: &GatherSummary, reader: &Reader) -> String {
    let mut arguments = Arguments::default()
        .text("close", close_word(summary.close))
        .text(
            "timeout",
            quantity::setting(of_proto(summary.timeout.as_ref()).unwrap_or_default()),
        )
        .text(
            "took",
            quantity::duration(of_proto(summary.took.as_ref()).unwrap_or_default()),
        )
        .count("records", u64::from(summary.record_count))
        .count("topics", summary.slots.len() as u64);
    if !is_over_lanes(summary.lane, summary.lanes) {
        arguments = arguments.text("id", summary.gather_id.to_string());
    }
    let lanes = lanes::extent(summary.lane, summary.lanes, &reader.speech);
    let gather = reader.speech.say("this-gather", &arguments);
    let clauses: Vec<String> = [gather].into_iter().chain(lanes).collect();
    reader.speech.clauses(&clauses)
}

fn row(slot: &Slot, reader: &Reader) -> Vec<Cell> {
    let last = slot.last_timestamp_ms.map(|millis| age(millis, reader));
    let mut cells = verdict_cells(&slot.topic, slot.verdict.as_ref()).to_vec();
    cells.extend([
        count(Some(u64::from(slot.record_count))),
        count(slot.backlog),
        count(Some(slot.unacked)),
        Cell::new(last_record(last, reader)),
    ]);
    cells
}

/// How long ago a record's timestamp lies; a timestamp of the future is now.
fn age(millis: i64, reader: &Reader) -> String {
    let Ok(time) = Timestamp::from_millisecond(millis) else {
        return "?".to_owned();
    };
    quantity::duration(reader.clock.since(time))
}
