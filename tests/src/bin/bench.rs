//! `make bench`: what rollcall costs and how fast it is, beside other readers.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Parser;
use rollcall_tests::bench::machine;
use rollcall_tests::speed::{self, Plan, Reader, Size};

/// Measures rollcall and other readers of the same Kafka in turn, and prints one table for each size of record.
///
/// Everything that it starts ends with it, also by Ctrl-C. What fails is told in its row, the rest goes on, and the exit code
/// is 1. A run that leaves nothing out, and is at least as long as the default one of about twelve minutes, writes
/// docs/BENCHMARKS.md.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  make bench
  make bench ARGS=\"--readers raw,rollcall --sizes 200 --rounds 5\"
  make bench ARGS=\"--readers rollcall --rounds 1 --scale 0.2 --idle 0\"    a look")]
struct Args {
    /// Who reads, with commas between
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "raw,raw-one,kcat,aiokafka,aiokafka-unlimited,rollcall"
    )]
    readers: Vec<Reader>,
    /// Bytes of a record's value, with commas between
    #[arg(long, value_delimiter = ',', default_value = "200,1024")]
    sizes: Vec<Size>,
    /// Rounds that count, after one that does not
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many times the usual number of records
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Samples a round of the delay from produce to the client's hands; 0 for none
    #[arg(long, default_value_t = 200)]
    samples: usize,
    /// Does not time rollcall status and rollcall up
    #[arg(long)]
    no_moments: bool,
    /// Seconds for which an idle roll is looked at; 0 for not at all
    #[arg(long, default_value_t = 60)]
    idle: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let plan = Plan {
        readers: args.readers,
        sizes: args.sizes,
        rounds: args.rounds.max(1),
        scale: args.scale.clamp(0.001, 10.0),
        samples: args.samples,
        moments: !args.no_moments,
        idle: Duration::from_secs(args.idle),
    };
    let measured = speed::measure(&plan).await?;
    println!("{}\n\n{}", machine::told(), speed::text(&measured));
    if plan.is_whole() {
        speed::write(&measured)?;
    }
    ensure!(
        measured.is_complete(),
        "not everything was measured: the rows say why"
    );
    Ok(())
}
