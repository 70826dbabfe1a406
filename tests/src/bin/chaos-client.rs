//! A client of `make chaos`: gathers, looks at every record, writes down what came, acks.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use rollcall_proto::ids::Topic;
use rollcall_tests::chaos::Client;

/// Gathers and acks until it is ended.
#[derive(Debug, Parser)]
struct Args {
    /// Its name
    #[arg(long)]
    id: String,
    /// The aggregator, http://HOST:PORT; with several lanes each of them, with commas between
    #[arg(long, value_delimiter = ',')]
    server: Vec<String>,
    /// A topic to gather; several times for several
    #[arg(long)]
    topic: Vec<String>,
    /// The file to write down in what came
    #[arg(long)]
    book: PathBuf,
    /// How long it may hold what it got
    #[arg(long, default_value = "10s")]
    lease: humantime::Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let topics: Result<Vec<Topic>, _> = args.topic.iter().map(|name| Topic::new(name)).collect();
    let client = Client {
        id: args.id,
        servers: args.server,
        topics: topics?,
        book: args.book,
        lease: args.lease.into(),
    };
    client.work().await
}
