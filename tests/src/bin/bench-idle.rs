//! `make bench-idle`: what an idle roll costs beside plain consumers.

use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use rollcall_tests::bench::machine;
use rollcall_tests::kafka::Version;
use rollcall_tests::{Kafka, idle};

/// Measures six fetchers and an aggregator that have nothing to do, in turn with six plain consumers.
///
/// It takes twice the rounds times what one of them takes, warm-up included: about 8 minutes by default. Ctrl-C ends everything.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  make bench-idle
  make bench-idle ARGS=\"--rounds 5 --seconds 30\"    about 8 minutes too
  make bench-idle ARGS=\"--rounds 1 --seconds 10\"    a look, of a minute")]
struct Args {
    /// How often each is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long it is measured, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How long it runs before that, in seconds
    #[arg(long, default_value_t = 15)]
    warm_up: u64,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One of the plain consumers
    #[command(hide = true)]
    Consumer {
        bootstrap: String,
        group: String,
        topic: String,
    },
}

fn main() -> Result<()> {
    let args = Args::parse();
    match &args.role {
        Some(Role::Consumer {
            bootstrap,
            group,
            topic,
        }) => idle::consume(bootstrap, group, topic),
        None => tokio::runtime::Runtime::new()?.block_on(measure(&args)),
    }
}

async fn measure(args: &Args) -> Result<()> {
    let plan = idle::Plan {
        rounds: args.rounds.max(1),
        warm_up: Duration::from_secs(args.warm_up),
        measured: Duration::from_secs(args.seconds.max(1)),
    };
    let kafka = Kafka::start(Version::V4_3).await?;
    let this = std::env::current_exe().context("this program's own path is unknown")?;
    let (plain, roll) = idle::measure(&kafka, &this, plan).await?;
    println!("{}", machine::told());
    println!(
        "Medians of {} rounds of {:?}; machine's load at the end: {}\n",
        plan.rounds,
        plan.measured,
        machine::load()
    );
    println!("{}", idle::table(&plain, &roll));
    Ok(())
}
