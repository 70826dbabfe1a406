//! What was measured, for people.

use std::fmt::Write as _;

use super::figures::{KINDS, Kind, figures};
use super::measure::Measured;
use super::plan::{PARTITIONS, RECORDS};
use super::plot::plot;
use crate::speed::report::table;
use crate::speed::spread::Spread;

/// Tables, plots and figures, as Markdown.
pub fn text(measured: &Measured) -> String {
    let plan = &measured.plan;
    let mut text = format!(
        "Medians of {} rounds, least and most behind them. Idle: {} s. {} calls of GetStatus, 1.1 s apart. {} gathers, one a second, \
         of {RECORDS} records of 200 B in each of {PARTITIONS} partitions of every topic.\n\n",
        plan.rounds,
        plan.idle.as_secs(),
        plan.statuses,
        plan.gathers,
    );
    text.push_str(&rows(measured));
    text.push_str("\nGrowth, both axes in powers of ten; the dotted line is growth with the number of topics:\n\n```\n");
    for kind in &KINDS {
        text.push_str(&growth(measured, kind));
    }
    text.push_str("```\n");
    text.push_str(&table(&figures(measured)));
    text
}

fn rows(measured: &Measured) -> String {
    let topics = &measured.plan.topics;
    let mut text = String::from("| |");
    for topics in topics {
        // Writing to a String cannot fail.
        let _ = write!(text, " {topics} topics |");
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(topics.len()));
    for kind in &KINDS {
        let _ = write!(text, "| {} |", kind.name);
        for &topics in topics {
            let told = kind
                .spread(measured, topics)
                .map(|spread| told(kind, spread));
            let _ = write!(text, " {} |", told.unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

fn told(kind: &Kind, spread: Spread) -> String {
    let Spread {
        median,
        least,
        most,
    } = spread;
    let wide = if spread.is_wide() { ", wide" } else { "" };
    format!("{median:.2}{} ({least:.2} to {most:.2}{wide})", kind.unit)
}

fn growth(measured: &Measured, kind: &Kind) -> String {
    let point = |&topics: &usize| {
        let spread = kind.spread(measured, topics)?;
        Some((topics as f64, spread.median))
    };
    let points: Vec<_> = measured.plan.topics.iter().filter_map(point).collect();
    format!("{},{}\n{}\n", kind.name, kind.unit, plot(&points))
}
