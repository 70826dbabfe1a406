//! The labelled bench: `make verdicts`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use rollcall_tests::bench::costs;
use rollcall_tests::bench::healthy::{Soak, soak};
use rollcall_tests::bench::report::Report;
use rollcall_tests::bench::results::Results;
use rollcall_tests::bench::run::{Pace, channel, run};
use rollcall_tests::bench::score::{Outcome, name};
use rollcall_tests::bench::{Situation, machine, situations};
use rollcall_tests::scratch;
use tokio::task::LocalSet;

/// Makes each situation on a real Kafka, and measures what is said of it.
#[derive(Debug, Parser)]
struct Args {
    /// Situations whose name, verdict, family or view has one of these words; all without any
    words: Vec<String>,
    /// Only names the situations
    #[arg(long)]
    list: bool,
    /// Measures anew what was measured before
    #[arg(long)]
    fresh: bool,
    /// Situations of one topic each that run at once
    #[arg(long, default_value_t = 4)]
    parallel: usize,
    /// How long the time after a cause is looked at at least, in seconds; the baselines want 11
    #[arg(long, default_value_t = 11)]
    hold: u64,
    /// Keeps what was heard as traces in tests/corpus
    #[arg(long)]
    record: bool,
    /// Length of the healthy soak in seconds; 0 for none
    #[arg(long, default_value_t = 330)]
    soak: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    LocalSet::new().run_until(measure(Args::parse())).await
}

async fn measure(args: Args) -> Result<ExitCode> {
    let chosen: Vec<&'static Situation> = situations::all()
        .filter(|situation| is_chosen(situation, &args.words))
        .collect();
    if args.list {
        for situation in &chosen {
            let note = situation.injected.note();
            println!("{:<60} {}{note}", situation.name, name(situation.expect));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut results = Results::open()?;
    let measured =
        tokio::task::spawn_local(soak_once(&args, !args.fresh && results.soak().is_some()));
    play(&args, &chosen, &mut results).await?;
    if let Some(soak) = measured.await? {
        results.set_soak(&soak)?;
    }
    let is_costs = args.words.is_empty() || args.words.iter().any(|word| word == "costs");
    if is_costs && (args.fresh || results.costs().is_none()) {
        results.set_costs(&costs::measure().await?)?;
    }
    let report = Report::of(
        &chosen,
        |name| results.of(name),
        results.soak(),
        results.costs(),
        machine::told(),
    );
    let text = report.text();
    println!("{text}");
    if args.words.is_empty() {
        let page = scratch::workspace().join("docs/VERDICT-BENCH.md");
        std::fs::write(&page, text).context("could not write the page")?;
    }
    Ok(match report.is_reached() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// The healthy soak, unless it was measured before or is not wanted.
fn soak_once(args: &Args, measured: bool) -> impl Future<Output = Option<Soak>> + use<> {
    let wanted = args.words.is_empty() || args.words.iter().any(|word| word == "soak");
    let length = Duration::from_secs(args.soak);
    async move {
        match wanted && !measured && !length.is_zero() {
            true => Some(soak(length).await),
            false => None,
        }
    }
}

/// Plays what has no result yet; results are kept one by one.
async fn play(args: &Args, chosen: &[&'static Situation], results: &mut Results) -> Result<()> {
    let todo = chosen
        .iter()
        .filter(|situation| args.fresh || results.of(situation.name).is_none());
    let todo: Vec<&'static Situation> = todo.copied().collect();
    let total = todo.len();
    let (sender, mut outcomes) = channel();
    let pace = Pace {
        parallel: args.parallel,
        hold: Duration::from_secs(args.hold),
        record: args.record,
    };
    let running = tokio::task::spawn_local(run(todo, pace, sender));
    let mut done = 0;
    while let Some(outcome) = outcomes.recv().await {
        done += 1;
        eprintln!("[{done}/{total}] {}", line(&outcome));
        if !outcome.is_good() {
            let logs = scratch::keep("a situation was told wrong")?;
            eprintln!("      group {}, logs in {}", outcome.group, logs.display());
        }
        results.add(outcome)?;
    }
    running.await?
}

fn is_chosen(situation: &Situation, words: &[String]) -> bool {
    let traits = format!(
        "{} {} {:?} {:?}",
        situation.name,
        name(situation.expect),
        situation.family,
        situation.view
    )
    .to_lowercase();
    words.is_empty()
        || words
            .iter()
            .any(|word| traits.contains(&word.to_lowercase()))
}

fn line(outcome: &Outcome) -> String {
    let sign = if outcome.is_good() { "ok  " } else { "BAD " };
    let took = outcome
        .took
        .map_or("never".to_owned(), |took| format!("{took:.1}s"));
    let back = outcome
        .back
        .map_or("-".to_owned(), |back| format!("{back:.1}s"));
    let mut line = format!(
        "{sign}{} {} {took}/{:.0}s back {back} whole {:.0}s lag:{:?} burrow:{:?}",
        outcome.name,
        outcome.expected,
        outcome.allowed,
        outcome.whole,
        outcome.lag_rule,
        outcome.burrow
    );
    if !outcome.is_good() {
        line += &format!(
            "\n      first {:?} alarms {:?} not beside {:?} failed {:?}",
            outcome.first, outcome.false_alarms, outcome.not_beside, outcome.failed
        );
        for (at, said) in &outcome.said {
            line += &format!("\n      {at:7.1} {said}");
        }
    }
    line
}
