//! What came of a run, for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::kinds::{KINDS, Kind};
use super::run::Outcome;
use crate::checker::ledger::WaveSeen;

/// What an aggregator may take to be back after its start, and a fetcher beyond the session of the one that died.
const BACK: Duration = Duration::from_secs(2);

/// What the topics that a fault does not touch may stand still.
const UNTOUCHED: Duration = Duration::from_secs(1);

/// Repetitions in a hundred records.
const REPEATED: f64 = 1.0;

/// The tables, as Markdown.
pub fn text(outcome: &Outcome) -> String {
    [
        head(outcome),
        verdict(outcome),
        records(outcome),
        goals(outcome),
        kinds(outcome),
    ]
    .concat()
}

fn head(outcome: &Outcome) -> String {
    let options = &outcome.options;
    let shape = &options.shape;
    let faults: usize = outcome.made.values().sum();
    format!(
        "Seed {}: {faults} faults in {} waves and {:.0} s; {} topics of {} partitions, {} fetchers each (membership {}), {} aggregator(s), \
         {} clients; {} records a second of {} bytes.\n\n",
        options.seed,
        outcome.account.waves.len(),
        outcome.took.as_secs_f64(),
        shape.topics,
        shape.partitions,
        shape.fetchers,
        shape.membership.name(),
        shape.lanes,
        shape.clients,
        options.rate,
        options.bytes,
    )
}

fn verdict(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.is_clean() {
        text.push_str("No invariant was broken.\n\n");
    }
    if let Some(trouble) = &outcome.trouble {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "**It ended early**: {trouble}\n");
    }
    for (invariant, times) in &outcome.account.breaches {
        let _ = writeln!(text, "**{invariant} is broken** {times} times, first:\n");
        let told = outcome.account.broken.iter();
        for broken in told.filter(|broken| broken.invariant == *invariant) {
            let _ = writeln!(text, "- {broken}");
        }
        text.push('\n');
    }
    text
}

fn records(outcome: &Outcome) -> String {
    let account = &outcome.account;
    let gone = account.gone;
    let rows = [
        ("written (acknowledged by Kafka)", account.written),
        ("not acknowledged: in the log or not", outcome.failed),
        ("delivered", account.delivered),
        ("unread when it ended early", account.unread),
        ("lost", account.lost),
        ("first deliveries out of order", account.out_of_order),
        ("delivered again", account.repeated),
        (
            "lost by the log: deleted unread, and named by rollcall",
            gone.named,
        ),
        (
            "lost by the log: deleted unread, and not named",
            gone.unnamed,
        ),
        (
            "lost by the log: its end, in an unclean election",
            gone.truncated,
        ),
        (
            "lost by the log: unread when its topic was deleted",
            gone.recreated,
        ),
    ];
    let mut text = String::from("| records | |\n|---|---|\n");
    for (what, count) in rows {
        let _ = writeln!(text, "| {what} | {count} |");
    }
    text.push('\n');
    text
}

fn goals(outcome: &Outcome) -> String {
    let of = |kind: Kind| single(outcome, kind);
    let session = outcome.options.shape.membership.session();
    let killed = of(Kind::KillFetcher);
    let outage = killed.iter().map(|wave| wave.outages().0).max();
    let others = killed.iter().filter_map(|wave| wave.outages().1).max();
    let aggregator = of(Kind::KillAggregator);
    let back = aggregator.iter().filter_map(|wave| wave.recovery()).max();
    let rows = [
        (
            "a fetcher is killed: its partitions flow again within the session (fixed: none) and 2 s",
            outage,
            session + BACK,
        ),
        ("meanwhile the other topics stand still", others, UNTOUCHED),
        (
            "the aggregator is killed: all flows again after its start",
            back,
            BACK,
        ),
    ];
    let mut text = String::from("| figure | goal | measured | |\n|---|---|---|---|\n");
    for (what, measured, goal) in rows {
        let told = measured.map_or("–".to_owned(), seconds);
        let word = reached(measured.map(|measured| measured <= goal));
        let _ = writeln!(text, "| {what} | ≤ {} | {told} | {word} |", seconds(goal));
    }
    let percent = outcome.account.repeated_percent();
    let word = reached(Some(percent <= REPEATED));
    let _ = writeln!(
        text,
        "| delivered again | ≤ {REPEATED} % | {percent:.2} % | {word} |\n"
    );
    text
}

fn kinds(outcome: &Outcome) -> String {
    let repeated = &outcome.account.repeated_by;
    let mut text = String::from(
        "| fault | made | alone | longest outage of a partition, alone | of other topics, alone | records delivered again |\n\
         |---|---|---|---|---|---|\n",
    );
    let made = &outcome.made;
    for about in KINDS.iter().filter(|about| made.contains_key(&about.kind)) {
        let alone = single(outcome, about.kind);
        let outages = alone.iter().map(|wave| wave.outages());
        let longest = outages.clone().map(|(inside, _)| inside).max();
        let others = outages.filter_map(|(_, outside)| outside).max();
        let told = |time: Option<Duration>| time.map_or("–".to_owned(), seconds);
        let again = repeated.get(about.name).copied().unwrap_or(0);
        let (name, count) = (about.name, made.get(&about.kind).copied().unwrap_or(0));
        let _ = writeln!(
            text,
            "| {name} | {count} | {} | {} | {} | {again} |",
            alone.len(),
            told(longest),
            told(others)
        );
    }
    text
}

/// The waves that had one fault, of this kind, and came to their end.
fn single(outcome: &Outcome, kind: Kind) -> Vec<&WaveSeen> {
    let waves = outcome.account.waves.iter();
    let is_it = |wave: &&WaveSeen| {
        wave.over.is_some() && wave.only().is_some_and(|fault| fault.kind == kind.name())
    };
    waves.filter(is_it).collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn reached(is: Option<bool>) -> &'static str {
    match is {
        Some(true) => "reached",
        Some(false) => "**missed**",
        None => "not measured",
    }
}
