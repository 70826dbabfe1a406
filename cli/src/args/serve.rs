//! Arguments of the commands that run rollcall in this process: `up`, `demo`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rollcall_proto::ids::Topic;

use super::kafka::KafkaArgs;
use super::positive_duration;
use crate::client::{CallError, Server};

/// Where the aggregator listens.
#[derive(Clone, Debug, Args)]
pub struct ListenArgs {
    /// Address for gRPC
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:7655")]
    pub listen: SocketAddr,
    /// Address for health and metrics (HTTP)
    #[arg(long, value_name = "ADDRESS", value_parser = address, default_value = "127.0.0.1:7656")]
    pub admin_listen: SocketAddr,
    /// File with the token that calls have to show; needed unless --listen is a loopback address
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

impl ListenArgs {
    /// The aggregator that listens at `grpc`, as this process itself asks it.
    pub fn server(&self, grpc: SocketAddr, deadline: Duration) -> Result<Server, CallError> {
        let server = Server::parse(&grpc.to_string(), deadline)?;
        match &self.token_file {
            Some(file) => server.with_token(file, true),
            None => Ok(server),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "write it like 127.0.0.1:7655 or [::]:7655; port 0 takes a free one".to_owned()
    })
}

/// Arguments of `rollcall up`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall up -b kafka:9092 -g rollcall-trial -t ORDERS -t PRICES
  rollcall up -b kafka:9093 -g rollcall-trial -t ORDERS -X security.protocol=ssl
  rollcall up -b kafka:9092 -g rollcall-trial -t ORDERS --listen 0.0.0.0:7655 --token-file token

Runs one fetcher per topic and an aggregator on this machine. It gathers nothing by itself, so it
settles nothing: `rollcall gather --ack` or your own client does.
A group that has other members or commits is refused, because joining it would take its partitions
and go on from its commits. What an earlier run has committed counts too: --join goes on from there.

Exit codes:
  0   it was told to stop
  2   it could not begin, or a part of it ended
  64  the command line is wrong")]
pub struct UpArgs {
    /// Kafka to read.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Topics to read
    #[arg(short, long = "topic", value_name = "TOPIC", required = true, num_args = 1..)]
    pub topics: Vec<Topic>,
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
    /// Join the group although it has other members or commits
    #[arg(long)]
    pub join: bool,
}

/// Arguments of `rollcall demo`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall demo
  rollcall demo --for 30s
  rollcall demo --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0

Needs nothing: the Kafka broker is embedded, and everything ends with the process. Six topics of a
charging-station fleet: three lively ones, two that write more rarely than a gather waits, and one
whose producer dies after 20 s. A client gathers every second and settles what it got.

Exit codes:
  0   it was told to stop, or its time was over
  2   it could not begin, or a part of it ended
  64  the command line is wrong")]
pub struct DemoArgs {
    /// End by itself after this time [default: Ctrl-C ends it]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub run_for: Option<Duration>,
    /// Where to listen.
    #[command(flatten)]
    pub listen: ListenArgs,
}
