//! `make chaos`: faults at random, and whether rollcall loses, reorders or breaks anything by them.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use rollcall_tests::bench::machine;
use rollcall_tests::chaos::{self, KINDS, Kind, Membership, Options, Outcome, Shape};
use rollcall_tests::scratch;

/// Runs rollcall on a real Kafka of three brokers, writes numbered records, makes faults at random, and judges what the
/// clients got and what was committed.
///
/// Everything that it starts ends with it, also by Ctrl-C. It ends with 1 when an invariant was broken, and keeps what was
/// seen.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  make chaos SEED=7
  make chaos SEED=7 ARGS=\"--for 2m --faults 20\"
  make chaos ARGS=\"--kind aggregator --faults 10\"    only kinds whose name has this in it")]
struct Args {
    /// Which sequence of faults: the same seed makes the same ones
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long faults are made, at most
    #[arg(long = "for", default_value = "30m")]
    length: humantime::Duration,
    /// How many faults, at most
    #[arg(long, default_value_t = 220)]
    faults: usize,
    /// Records a second, over all topics
    #[arg(long, default_value_t = 5_000)]
    rate: u64,
    /// Bytes of a record's value
    #[arg(long, default_value_t = 100)]
    bytes: usize,
    /// Only faults whose name has one of these in it; several with commas between
    #[arg(long, value_delimiter = ',')]
    kind: Vec<String>,
    /// How partitions come to fetchers
    #[arg(long, value_enum, default_value_t = Membership::Group)]
    membership: Membership,
    /// How many aggregators, each of a lane; with several, their number changes too
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    lanes: u8,
    /// Lists the faults of the seed, and makes none
    #[arg(long)]
    list: bool,
    /// Keeps logs and what was seen, whatever comes of it
    #[arg(long)]
    keep: bool,
    /// Writes docs/RELIABILITY.md
    #[arg(long)]
    write: bool,
}

impl Args {
    fn options(&self) -> Options {
        let is_wanted = |name: &str| self.kind.iter().any(|part| name.contains(part));
        let kinds = KINDS.iter();
        let kinds = kinds.filter(|about| self.kind.is_empty() || is_wanted(about.name));
        Options {
            shape: Shape {
                membership: self.membership,
                lanes: self.lanes.into(),
                ..Shape::WHOLE
            },
            seed: self.seed,
            faults: self.faults,
            length: self.length.into(),
            rate: self.rate,
            bytes: self.bytes,
            kinds: kinds.map(|about| about.kind).collect::<Vec<Kind>>(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let options = args.options();
    if args.list {
        list(&options);
        return Ok(ExitCode::SUCCESS);
    }
    if args.write {
        chaos::page_has_marks_for(&options.shape)?;
    }
    let outcome = chaos::run(&options).await.inspect_err(|_| keep())?;
    println!("{}\n\n{}", machine::told(), chaos::text(&outcome));
    if args.write {
        chaos::write(&outcome)?;
    }
    if args.keep || !outcome.is_clean() {
        tell(&outcome)?;
    }
    Ok(match outcome.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn list(options: &Options) {
    let Options { seed, shape, .. } = options;
    let waves = chaos::waves(*seed, shape, &options.kinds, options.faults);
    for (number, wave) in waves.iter().enumerate() {
        for fault in &wave.faults {
            let seconds = |time: Duration| time.as_secs_f64();
            let (after, lasts) = (seconds(fault.after), seconds(fault.lasts));
            println!(
                "{number:>4}  after {after:.1} s for {lasts:.1} s: {}",
                fault.told(shape)
            );
        }
    }
}

/// Keeps the logs of a run that could not be judged.
fn keep() {
    match scratch::keep("of a run that could not be judged") {
        Ok(directory) => eprintln!("logs are kept in {}", directory.display()),
        Err(error) => eprintln!("{error:#}"),
    }
}

/// Keeps what was seen, and says where it is.
fn tell(outcome: &Outcome) -> Result<()> {
    scratch::keep("of a run with faults at random")?;
    eprintln!(
        "what was seen is in {}; the same faults again: make chaos SEED={} ARGS=\"{}\"",
        outcome.books.display(),
        outcome.options.seed,
        without_seed().join(" ")
    );
    Ok(())
}

/// What was asked for, but for the seed, which has a variable of its own.
fn without_seed() -> Vec<String> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = words.iter().position(|word| word == "--seed") {
        words.drain(at..(at + 2).min(words.len()));
    }
    words
}
