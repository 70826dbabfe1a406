//! What was measured, as a table.

use std::fmt::Write as _;

use super::{Round, Share};
use crate::speed::spread::Spread;

const MIB: f64 = (1_u64 << 20) as f64;

/// The medians over the rounds, and the least and the most beside them, called wide where they are far apart; `plain` and `roll` as they were measured.
pub fn table(plain: &[Round], roll: &[Round]) -> String {
    let mut text = String::from(
        "| process | % of a core | least to most | MiB resident | threads |\n|---|---|---|---|---|\n",
    );
    let aggregators = |rounds: &[Round]| -> Vec<Share> {
        rounds.iter().filter_map(|round| round.aggregator).collect()
    };
    row(&mut text, "plain consumer, each", &each(plain));
    row(&mut text, "fetcher, each", &each(roll));
    row(&mut text, "aggregator", &aggregators(roll));
    let (consumers, all) = (all_of(plain), all_of(roll));
    total(&mut text, "six plain consumers", &consumers);
    total(&mut text, "six fetchers and the aggregator", &all);
    let more = differences(&all, &consumers);
    total(&mut text, "the roll beyond the consumers", &more);
    text
}

/// Medians as shares of a core: of the roll beyond the consumers, and of the roll.
pub fn beyond(plain: &[Round], roll: &[Round]) -> (f64, f64) {
    let (consumers, all) = (all_of(plain), all_of(roll));
    (median(&differences(&all, &consumers)), median(&all))
}

fn all_of(rounds: &[Round]) -> Vec<f64> {
    rounds.iter().map(together).collect()
}

fn differences(all: &[f64], less: &[f64]) -> Vec<f64> {
    all.iter().zip(less).map(|(all, less)| all - less).collect()
}

fn each(rounds: &[Round]) -> Vec<Share> {
    let readers = rounds
        .iter()
        .flat_map(|round| round.readers.iter().copied());
    readers.collect()
}

/// Share of a core of all processes of a round.
fn together(round: &Round) -> f64 {
    let all = round.readers.iter().chain(&round.aggregator);
    all.map(|share| share.core).sum()
}

fn row(text: &mut String, name: &str, shares: &[Share]) {
    let of = |value: fn(&Share) -> f64| shares.iter().map(value).collect::<Vec<_>>();
    let resident = told(&of(|share| share.usage.resident_bytes as f64 / MIB), 1);
    let threads = told(&of(|share| f64::from(share.usage.threads)), 0);
    line(
        text,
        name,
        &of(|share| share.core),
        &format!("{resident} | {threads}"),
    );
}

fn total(text: &mut String, name: &str, cores: &[f64]) {
    line(text, name, cores, "| ");
}

fn line(text: &mut String, name: &str, cores: &[f64], rest: &str) {
    let percent = cores.iter().map(|core| core * 100.0);
    let Some(spread) = Spread::of(percent) else {
        return;
    };
    let wide = if spread.is_wide() { " (wide)" } else { "" };
    let Spread {
        median,
        least,
        most,
    } = spread;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "| {name} | {median:.2} | {least:.2} to {most:.2}{wide} | {rest} |"
    );
}

fn told(values: &[f64], decimals: usize) -> String {
    let spread = Spread::of(values.iter().copied());
    spread.map_or_else(String::new, |spread| spread.briefly(decimals))
}

/// Not a number without any.
fn median(values: &[f64]) -> f64 {
    Spread::of(values.iter().copied()).map_or(f64::NAN, |spread| spread.median)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::process::Usage;

    fn share(core: f64) -> Share {
        let usage = Usage {
            cpu: Duration::ZERO,
            resident_bytes: 3 << 19,
            most_bytes: 2 << 20,
            threads: 4,
        };
        Share { core, usage }
    }

    #[test]
    fn the_difference_is_that_of_the_rounds_that_were_measured_beside_each_other() {
        let round = |core, aggregator: Option<f64>| Round {
            readers: vec![share(core); 6],
            aggregator: aggregator.map(share),
        };
        let plain = [round(0.001, None), round(0.002, None), round(0.004, None)];
        let roll = [0.002, 0.003, 0.004].map(|core| round(core, Some(0.001)));
        let table = table(&plain, &roll);
        for line in [
            "| plain consumer, each | 0.20 | 0.10 to 0.40 (wide) | 1.5 | 4 |",
            "| aggregator | 0.10 | 0.10 to 0.10 | 1.5 | 4 |",
            "| six fetchers and the aggregator | 1.90 | 1.30 to 2.50 (wide) | |  |",
            "| the roll beyond the consumers | 0.70 | 0.10 to 0.70 (wide) | |  |",
        ] {
            assert!(table.contains(line), "{line} is not in\n{table}");
        }
    }
}
