//! Several groups: one line each, the worst first, and what was done for all of them.

use std::cmp::Reverse;

use rollcall_proto::v1::{GetStatusResponse, Observation, Severity};

use super::foot::deeds_of;
use super::{flows, lag};
use crate::exit::Exit;
use crate::view::Reader;
use crate::view::status::{count, tally, verdict_cells, with_exit, worst_first};
use crate::view::table::{Align, Cell, Table};
use crate::view::verdict::{rank, severity_of};
use crate::view::wrap::paragraph;
use crate::words::arguments::Arguments;

/// Groups with a row of their own; the others are counted.
const ROWS: usize = 60;

/// The groups, the worst first.
pub fn sorted(answers: &[GetStatusResponse]) -> Vec<&GetStatusResponse> {
    let mut sorted: Vec<&GetStatusResponse> = answers.iter().collect();
    sorted.sort_by_key(|answer| {
        let worst = worst_first(&answer.topics).into_iter().next();
        let worst = worst.map(|topic| topic.verdict.as_ref());
        (
            Reverse(worst.map(|verdict| rank(severity_of(verdict)))),
            answer.group.clone(),
        )
    });
    sorted
}

/// One row a group: its worst topic, how many are silent, the lag of all of them.
pub fn overview(answers: &[GetStatusResponse], reader: &Reader) -> String {
    let word = |key: &str| reader.speech.word(key);
    let mut table = Table::new([
        (String::new(), Align::Left),
        (word("column-group"), Align::Left),
        (word("column-worst"), Align::Left),
        (word("column-state"), Align::Left),
        (word("column-members"), Align::Right),
        (word("column-topics"), Align::Right),
        (word("column-silent"), Align::Right),
        (word("column-lag"), Align::Right),
    ]);
    let sorted = sorted(answers);
    for answer in sorted.iter().take(ROWS) {
        table.push(row(answer));
    }
    let mut text = table.render();
    if let Some(more) = sorted.len().checked_sub(ROWS).filter(|more| *more > 0) {
        let arguments = Arguments::default().count("count", more as u64);
        text.push_str(&reader.speech.say("doctor-more-groups", &arguments));
        text.push('\n');
    }
    text
}

fn row(answer: &GetStatusResponse) -> Vec<Cell> {
    let nothing = Observation::default();
    let seen = answer.observation.as_ref().unwrap_or(&nothing);
    let worst = worst_first(&answer.topics).into_iter().next();
    let worst = worst.and_then(|topic| topic.verdict.as_ref());
    let silent = answer
        .topics
        .iter()
        .filter(|topic| !flows(topic.verdict.as_ref()))
        .count();
    let state = match seen.state.as_str() {
        "" => "-",
        state => state,
    };
    let mut cells = verdict_cells(&answer.group, worst).to_vec();
    cells.extend([
        Cell::new(state),
        count(seen.members.map(u64::from)),
        count(Some(answer.topics.len() as u64)),
        count(Some(silent as u64)),
        count(
            answer
                .topics
                .iter()
                .filter_map(lag)
                .reduce(u64::saturating_add),
        ),
    ]);
    cells
}

/// The last lines over all groups; `asked_for` is how many there are, where that is known.
pub fn totals(
    answers: &[GetStatusResponse],
    asked_for: Option<usize>,
    exit: Option<Exit>,
    reader: &Reader,
) -> String {
    let more = asked_for.filter(|count| *count > answers.len());
    let topics = answers.iter().flat_map(|answer| &answer.topics);
    let verdicts = topics.map(|topic| topic.verdict.as_ref());
    let arguments = Arguments::default()
        .count("count", answers.len() as u64)
        .count("all", more.unwrap_or(0) as u64)
        .text("tally", tally(verdicts, reader));
    let key = match more {
        Some(_) => "doctor-groups-so-far",
        None => "doctor-groups",
    };
    let exit = exit.map(|exit| {
        let number = Arguments::default().count("code", u64::from(exit.number()));
        reader.speech.say("exit", &number)
    });
    let observed = answers
        .iter()
        .filter_map(|answer| answer.observation.as_ref());
    let read = observed
        .clone()
        .map(|seen| seen.read_bytes)
        .max()
        .unwrap_or(0);
    let forbidden = observed.clone().any(|seen| seen.reading_forbidden);
    format!(
        "{}{}",
        with_exit(&reader.speech.say(key, &arguments), exit.as_deref()),
        paragraph(&deeds_of(read, forbidden, reader))
    )
}

/// Whether a group is worth a screen of its own among several.
pub fn is_worth_a_look(answer: &GetStatusResponse) -> bool {
    answer.topics.iter().any(|topic| {
        matches!(
            severity_of(topic.verdict.as_ref()),
            Severity::Fault | Severity::Warn
        )
    })
}
