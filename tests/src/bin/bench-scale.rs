//! `make bench-scale`: what an aggregator costs by the number of topics.

use std::time::Duration;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rollcall_tests::bench::machine;
use rollcall_tests::scale::{self, Load, Plan};

/// Measures an aggregator with 10, 100 and 1,000 topics that simulated fetchers feed: CPU and memory idle and at work, the time of
/// GetStatus, and of a gather over all topics.
///
/// With everything at its default it takes about ten minutes and writes docs/SCALING.md. Wants a quiet machine.
#[derive(Debug, Parser)]
struct Args {
    /// Numbers of topics, with commas between
    #[arg(long, value_delimiter = ',', default_value = "10,100,1000")]
    topics: Vec<usize>,
    /// How often each is measured
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long it runs before it is measured, in seconds
    #[arg(long, default_value_t = 10)]
    warm_up: u64,
    /// How long an idle aggregator is looked at, in seconds
    #[arg(long, default_value_t = 20)]
    idle: u64,
    /// Calls of GetStatus
    #[arg(long, default_value_t = 15)]
    statuses: usize,
    /// Gathers over all topics
    #[arg(long, default_value_t = 15)]
    gathers: usize,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// The process of the simulated fetchers
    #[command(hide = true)]
    Feeds {
        server: String,
        topics: usize,
        #[command(flatten)]
        load: Load,
    },
    /// An aggregator that gets more than it may hold, and clients that it must not wait for; about three minutes
    Load,
    /// An aggregator at work for a while, and whether its memory grows
    Soak {
        /// For how long, in seconds
        #[arg(default_value_t = 900)]
        seconds: u64,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    match &args.role {
        Some(Role::Feeds {
            server,
            topics,
            load,
        }) => scale::feed_all(server, &scale::names(*topics), *load).await,
        Some(Role::Load) => scale::load().await,
        Some(Role::Soak { seconds }) => scale::soak(Duration::from_secs(*seconds)).await,
        None => measure(args).await,
    }
}

async fn measure(args: Args) -> Result<()> {
    let plan = Plan {
        topics: args.topics,
        rounds: args.rounds.max(1),
        warm_up: Duration::from_secs(args.warm_up),
        idle: Duration::from_secs(args.idle.max(1)),
        statuses: args.statuses.max(1),
        gathers: args.gathers.max(1),
    };
    let measured = scale::measure(&plan).await?;
    println!("{}\n\n{}", machine::told(), scale::text(&measured));
    match plan.is_whole() {
        true => scale::write(&measured),
        false => Ok(()),
    }
}
