//! What was measured, for people.

use std::fmt::Write as _;

use super::figures::{Figure, Goal, figures, median, mib};
use super::measure::Measured;
use super::plan::{Reader, Size};
use super::run::{Role, Run};
use super::spread::{Spread, quantile};

/// What the columns of a table of readers are.
const HEAD: &str = "\
| reader | records/s | least to most | MB/s | CPU s/M: all | fetchers | aggregator | client | broker | MiB at most |
|---|---|---|---|---|---|---|---|---|---|
";

/// The tables and the figures, as Markdown.
pub fn text(measured: &Measured) -> String {
    let mut text = String::new();
    for &size in &measured.plan.sizes {
        let total = measured.plan.records_of_topic(size) * super::plan::TOPICS as u64;
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "### Records of {} ({total} over six topics of four partitions)\n",
            size.name()
        );
        text.push_str(HEAD);
        for &reader in &measured.plan.readers {
            text.push_str(&row(measured, size, reader).unwrap_or_default());
        }
        text.push('\n');
    }
    text.push_str(&waiting(measured));
    text.push_str(&reached(measured));
    text
}

fn row(measured: &Measured, size: Size, reader: Reader) -> Option<String> {
    let runs = measured.runs.get(&(size, reader))?;
    let rate = Spread::of(runs.iter().map(Run::records_per_second))?;
    let wide = if rate.is_wide() { " (wide)" } else { "" };
    let of = |value: &dyn Fn(&Run) -> Option<f64>| median(measured, size, reader, value);
    let cpu = |role| told(of(&|run| run.cpu_per_million(role)), 2);
    Some(format!(
        "| {} | {} | {} to {}{wide} | {} | {} | {} | {} | {} | {} | {} |\n",
        reader.name(),
        million(rate.median),
        million(rate.least),
        million(rate.most),
        told(of(&|run| Some(run.megabytes_per_second())), 0),
        told(of(&|run| Some(run.cpu_of_readers())), 2),
        cpu(Role::Fetchers),
        cpu(Role::Aggregator),
        cpu(Role::Client),
        cpu(Role::Broker),
        memory(&|role| of(&|run| Some(mib(*run.peaks.get(&role)?)))),
    ))
}

/// The largest process of each role that was looked at.
fn memory(of: &dyn Fn(Role) -> Option<f64>) -> String {
    let parts = [
        (Role::Reader, ""),
        (Role::Fetchers, "fetcher "),
        (Role::Aggregator, "aggregator "),
        (Role::Client, "client "),
    ];
    let parts = parts.map(|(role, name)| of(role).map(|mib| format!("{name}{mib:.0}")));
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn waiting(measured: &Measured) -> String {
    let mut text = String::new();
    if !measured.delays.is_empty() {
        text.push_str("### From produce to the client's hands\n\n");
        text.push_str("| reader; the system is idle where nothing else is said | samples | p50 ms | p99 ms | most ms |\n|---|---|---|---|---|\n");
    }
    for (reader, delays) in &measured.delays {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            reader.name(),
            delays.len(),
            told(quantile(delays, 0.5), 1),
            told(quantile(delays, 0.99), 1),
            told(delays.last().copied(), 1),
        );
    }
    for (size, beside) in &measured.beside {
        let _ = writeln!(
            text,
            "| rollcall, another topic with {} records of {} a second | {} | {} | {} | {} |",
            million(beside.rate),
            size.name(),
            beside.delays.len(),
            told(quantile(&beside.delays, 0.5), 1),
            told(quantile(&beside.delays, 0.99), 1),
            told(beside.delays.last().copied(), 1),
        );
    }
    if let Some(moments) = &measured.moments {
        let _ = writeln!(
            text,
            "\n`rollcall status`: {} ms (p50), {} ms at most, of {}. First table of `rollcall up`: {:.1} s.",
            told(quantile(&moments.status_ms, 0.5), 0),
            told(moments.status_ms.last().copied(), 0),
            moments.status_ms.len(),
            moments.up_s,
        );
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
    let measured = told(figure.measured, 2);
    format!("| {what} | {sign} {goal}{unit} | {measured}{unit} | {word} |\n")
}

fn told(value: Option<f64>, decimals: usize) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.decimals$}"))
}

fn million(value: f64) -> String {
    format!("{:.2} M", value / 1e6)
}
