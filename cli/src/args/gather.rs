//! Arguments of `rollcall gather`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::Close;

use super::ask::AskArgs;
use super::{EXIT_CODES, positive_duration};
use crate::exit::FailOn;

/// Arguments of `rollcall gather`.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  rollcall gather                                   look at what is there, one JSON line per record
  rollcall gather -t ORDERS --timeout 5s -o table   a slot for every topic, no records
  rollcall gather --require ORDERS --attempts 3     wait until ORDERS has a record, 3 s at most
  rollcall gather --ack > orders.ndjson             take the records: settled once they are written

Each line of -o ndjson has topic, partition, offset, timestamp (milliseconds since the epoch), key,
keyEncoding, value, valueEncoding, headers and redelivered. Keys and values are text where they are
UTF-8 (\"utf8\"), else base64 (\"base64\"); null stays null. -o json is one document:
rollcall.v1.GatherSummary with the records beside its slots. The stats line goes to stderr.

Without --ack nothing is taken. With it the records are leased, and settled after stdout was flushed;
when stdout is closed early, nothing is settled and the records come again.

Over lanes (--server a:7655,b:7655) each lane gathers for itself: it closes by its own records, is
asked for --max-records and --max-bytes, and settles what it gave. The answer is there when the last
one has closed.

OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:4317 exports the spans of the gather to an OpenTelemetry
collector; TRACEPARENT names the span that they are below.

{EXIT_CODES}"))]
pub struct GatherArgs {
    /// Topic to gather; repeat for more [default: the whole roll]
    #[arg(short, long = "topic", value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// How long to wait for records, 1 ms to 5 min [default: 1s, or the profile's]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub timeout: Option<Duration>,
    /// Records per topic [default: 200, or the profile's]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_records: Option<u32>,
    /// Bytes over all topics; the first record always fits [default: the aggregator's own limit]
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub max_bytes: Option<u64>,
    /// When to close
    #[arg(long, value_enum, default_value_t, conflicts_with = "require")]
    pub close: CloseOn,
    /// Close when this topic has a record; repeat for more
    #[arg(long, value_name = "TOPIC")]
    pub require: Vec<Topic>,
    /// Multiplies the timeout of --require
    #[arg(long, value_name = "N", allow_hyphen_values = true, default_value_t = 5, requires = "require", value_parser = clap::value_parser!(u32).range(1..))]
    pub attempts: u32,
    /// Take the records: settle what was printed, after stdout was flushed
    #[arg(long)]
    pub ack: bool,
    /// Timeout and records per topic that go together
    #[arg(long, value_enum, default_value_t)]
    pub profile: Profile,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: GatherOutput,
    /// Severity from which on the exit code is 1
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// When a gather closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CloseOn {
    /// Every topic has a record, or the timeout
    #[default]
    Each,
    /// The first record, or the timeout
    Any,
    /// Every topic has --max-records, or the timeout
    Full,
}

impl From<CloseOn> for Close {
    fn from(close: CloseOn) -> Self {
        match close {
            CloseOn::Each => Self::Each,
            CloseOn::Any => Self::Any,
            CloseOn::Full => Self::Full,
        }
    }
}

/// The gather's part of a profile; what a profile asks of Kafka is the fetcher's part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// 200 records, 1 s
    #[default]
    Default,
    /// 500 records, 3 s
    Balanced,
    /// 1000 records, 5 s
    HighThroughput,
    /// 100 records, 1 s
    Realtime,
}

impl Profile {
    /// Timeout of a gather.
    pub const fn timeout(self) -> Duration {
        match self {
            Self::Default | Self::Realtime => Duration::from_secs(1),
            Self::Balanced => Duration::from_secs(3),
            Self::HighThroughput => Duration::from_secs(5),
        }
    }

    /// Records per topic.
    pub const fn max_records(self) -> u32 {
        match self {
            Self::Default => 200,
            Self::Balanced => 500,
            Self::HighThroughput => 1000,
            Self::Realtime => 100,
        }
    }
}

/// Forms of `rollcall gather`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GatherOutput {
    /// One line per record, as they come
    #[default]
    Ndjson,
    /// One document: every slot, and the records
    Json,
    /// A slot for every topic, no records
    Table,
}
