//! What was measured, for people.

use std::fmt::Write as _;

use super::figures::{Figure, Goal, figures, mib, over, rate, spread};
use super::measure::{Measured, Step};
use super::plan::{Reader, Size};
use super::run::{Role, Run};
use super::spread::{Spread, quantile};

/// What the columns of a table of readers are.
const HEAD: &str = "\
| reader | records/s | least to most | MB/s | CPU s/M: all | fetchers | aggregator | client | broker | MiB at most |
|---|---|---|---|---|---|---|---|---|---|
";

/// What the columns of the table of delays are.
const DELAYS: &str = "\
| reader; the system is idle where nothing else is said | rounds × samples | p50 ms | p99 ms | most ms |
|---|---|---|---|---|
";

/// The tables and the figures, as Markdown.
pub fn text(measured: &Measured) -> String {
    let mut text = String::new();
    for warning in &measured.warnings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "**{warning}**\n");
    }
    if !measured.others.is_empty() {
        let _ = writeln!(text, "Beside it: {}.\n", measured.others.join("; "));
    }
    for &size in &measured.plan.sizes {
        let total = measured.plan.records_of_topic(size) * super::plan::TOPICS as u64;
        let _ = writeln!(
            text,
            "### Records of {} ({total} over six topics of four partitions)\n",
            size.name()
        );
        text.push_str(HEAD);
        for &reader in &measured.plan.readers {
            text.push_str(&row(measured, size, reader));
        }
        text.push('\n');
    }
    text.push_str(&waiting(measured));
    text.push_str(&moments(measured));
    text.push_str(&reached(measured));
    text
}

fn row(measured: &Measured, size: Size, reader: Reader) -> String {
    let missing = measured.missing.get(&Step::Read(size, reader));
    let name = match missing {
        Some(why) => format!("{}; not measured: {why}", reader.name()),
        None => reader.name().to_owned(),
    };
    figures_of(measured, size, reader).map_or_else(
        || format!("| {name} | | | | | | | | | |\n"),
        |figures| format!("| {name} | {figures} |\n"),
    )
}

/// The cells of a reader behind its name; none where no round was read.
fn figures_of(measured: &Measured, size: Size, reader: Reader) -> Option<String> {
    let rate = rate(measured, size, reader)?;
    let wide = if rate.is_wide() { " (wide)" } else { "" };
    let of = |value: &dyn Fn(&Run) -> Option<f64>| spread(measured, size, reader, value);
    let cpu = |role| told(of(&|run| run.cpu_per_million(role)), 2);
    Some(format!(
        "{} | {} to {}{wide} | {} | {} | {} | {} | {} | {} | {}",
        million(rate.median),
        million(rate.least),
        million(rate.most),
        of(&|run| Some(run.megabytes_per_second()))
            .map_or_else(String::new, |rate| format!("{:.0}", rate.median)),
        told(of(&|run| Some(run.cpu_of_readers())), 2),
        cpu(Role::Fetchers),
        cpu(Role::Aggregator),
        cpu(Role::Client),
        cpu(Role::Broker),
        memory(&|role| of(&|run| Some(mib(*run.peaks.get(&role)?)))),
    ))
}

/// The largest process of each role that was looked at.
fn memory(of: &dyn Fn(Role) -> Option<Spread>) -> String {
    let parts = [
        (Role::Reader, ""),
        (Role::Fetchers, "fetcher "),
        (Role::Aggregator, "aggregator "),
        (Role::Client, "client "),
    ];
    let parts = parts.map(|(role, name)| of(role).map(|mib| format!("{name}{:.0}", mib.median)));
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn waiting(measured: &Measured) -> String {
    let mut text = String::new();
    for &reader in &measured.plan.readers {
        let rounds: Vec<&Vec<f64>> = measured.delays.get(&reader).into_iter().flatten().collect();
        text.push_str(&delays(
            measured,
            Step::Delay(reader),
            reader.name(),
            &rounds,
        ));
    }
    for &size in &measured.plan.sizes {
        let beside = measured.beside.get(&size).map_or(&[][..], Vec::as_slice);
        let rates = Spread::of(beside.iter().map(|round| round.rate));
        let name = format!(
            "rollcall, another topic with {} records of {} a second",
            rates.map_or_else(String::new, |rates| million(rates.median)),
            size.name(),
        );
        let rounds: Vec<&Vec<f64>> = beside.iter().map(|round| &round.delays).collect();
        text.push_str(&delays(measured, Step::Beside(size), &name, &rounds));
    }
    match text.is_empty() {
        true => text,
        false => format!("### From produce to the client's hands\n\n{DELAYS}{text}"),
    }
}

/// A row of what was timed, or why it was not; nothing of what was never asked for.
fn delays(measured: &Measured, step: Step, name: &str, rounds: &[&Vec<f64>]) -> String {
    let mut name = name.to_owned();
    match measured.missing.get(&step) {
        Some(why) => name = format!("{name}; not measured: {why}"),
        None if rounds.is_empty() => return String::new(),
        None => {}
    }
    let of = |share| over(rounds.iter().copied(), share);
    let most = rounds.iter().filter_map(|delays| delays.last().copied());
    let samples = rounds.first().map_or(0, |delays| delays.len());
    format!(
        "| {name} | {} × {samples} | {} | {} | {} |\n",
        rounds.len(),
        told(of(0.5), 1),
        told(of(0.99), 1),
        told(most.reduce(f64::max).map(Spread::once), 1),
    )
}

fn moments(measured: &Measured) -> String {
    let mut text = String::new();
    if let Some(moments) = &measured.moments {
        let _ = writeln!(
            text,
            "\n`rollcall status`: {} ms (p50), {} ms at most, of {}. First table of `rollcall up`: {:.1} s.",
            told(quantile(&moments.status_ms, 0.5).map(Spread::once), 0),
            told(moments.status_ms.last().copied().map(Spread::once), 0),
            moments.status_ms.len(),
            moments.up_s,
        );
    }
    for step in [Step::Moments, Step::Idle] {
        if let Some(why) = measured.missing.get(&step) {
            let _ = writeln!(text, "\n{step}: not measured: {why}");
        }
    }
    text
}

fn reached(measured: &Measured) -> String {
    table(&figures(measured))
}

/// Figures with their goals, and whether each was reached, under a heading.
pub(crate) fn table(figures: &[Figure]) -> String {
    let head = "\n### Figures to reach\n\n| figure | goal | measured | |\n|---|---|---|---|\n";
    let rows: String = figures.iter().map(figure_row).collect();
    format!("{head}{rows}")
}

fn figure_row(figure: &Figure) -> String {
    let (sign, goal) = match figure.goal {
        Goal::AtLeast(goal) => ("≥", goal),
        Goal::AtMost(goal) => ("≤", goal),
    };
    let word = match figure.is_reached() {
        Some(true) => "reached",
        Some(false) => "**missed**",
        None => "not measured",
    };
    let Figure { what, unit, .. } = figure;
    let measured = figure.measured;
    let measured = measured.map_or("–".to_owned(), |spread| spread.told(2, unit));
    format!("| {what} | {sign} {goal}{unit} | {measured} | {word} |\n")
}

fn told(value: Option<Spread>, decimals: usize) -> String {
    value.map_or("–".to_owned(), |value| value.briefly(decimals))
}

fn million(value: f64) -> String {
    format!("{:.2} M", value / 1e6)
}

#[cfg(test)]
mod tests;
