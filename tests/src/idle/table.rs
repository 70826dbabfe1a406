//! What was measured, as a table.

use std::fmt::Write as _;

use super::{Round, Share};

const MIB: f64 = (1_u64 << 20) as f64;

/// The medians over the rounds, and the least and the most beside them; `plain` and `roll` as they were measured.
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
    let resident = median(&of(|share| share.usage.resident_bytes as f64 / MIB));
    let threads = median(&of(|share| f64::from(share.usage.threads)));
    line(
        text,
        name,
        &of(|share| share.core),
        &format!("{resident:.1} | {threads:.0}"),
    );
}

fn total(text: &mut String, name: &str, cores: &[f64]) {
    line(text, name, cores, "| ");
}

fn line(text: &mut String, name: &str, cores: &[f64], rest: &str) {
    let percent = |core: f64| format!("{:.2}", core * 100.0);
    let (least, most) = cores
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), core| {
            (least.min(*core), most.max(*core))
        });
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "| {name} | {} | {} to {} | {rest} |",
        percent(median(cores)),
        percent(least),
        percent(most)
    );
}

/// Of an even number of values, the mean of the two in the middle; not a number without any.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        None => f64::NAN,
        Some(upper) if sorted.len() % 2 == 1 => *upper,
        Some(upper) => (sorted[middle - 1] + upper) / 2.0,
    }
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
            "| plain consumer, each | 0.20 | 0.10 to 0.40 | 1.5 | 4 |",
            "| six fetchers and the aggregator | 1.90 | 1.30 to 2.50 | |  |",
            "| the roll beyond the consumers | 0.70 | 0.10 to 0.70 | |  |",
        ] {
            assert!(table.contains(line), "{line} is not in\n{table}");
        }
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
    }
}
