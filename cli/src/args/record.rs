//! Arguments of `rollcall record`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rollcall_proto::ids::Topic;

use super::ask::AskArgs;
use super::outside::{OutsideArgs, WatchedArgs};

/// Arguments of `rollcall record`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall record trace.ndjson.gz              the last minutes, and what comes until Ctrl-C
  rollcall record trace.ndjson.gz --for 0s     only the last minutes, at once
  rollcall record - -t ORDERS --for 10s | head
  rollcall record trace.ndjson.gz -b kafka:9092 -g my-application --for 30s
  rollcall explain ORDERS --from trace.ndjson.gz --at 12s

A trace is NDJSON in the protobuf JSON mapping of rollcall.v1.TraceHeader (the first line) and
rollcall.v1.TraceLine. It has the evidence as it came in and what was said of it, names of topics, groups,
clients and hosts, and never records or credentials. It is of one aggregator: of several lanes record
each into a file of its own. An aggregator remembers about five minutes;
a group that is looked at from outside has no past.

Exit codes:
  0   the trace is complete
  1   a group from outside is not there
  2   it could not be recorded, or not to its end: what came until then is in the file
  64  the command line is wrong")]
pub struct RecordArgs {
    /// File to write; compressed when its name ends in .gz; `-` is standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Topic to record; repeat for more [default: the whole roll]
    #[arg(short, long = "topic", value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// Or which group to look at from outside.
    #[command(flatten)]
    pub watched: WatchedArgs,
    /// How long to go on from now; 0s: only what is remembered [default: until Ctrl-C]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = humantime::parse_duration)]
    pub run_for: Option<Duration>,
    /// Begin now, without what is remembered
    #[arg(long)]
    pub without_past: bool,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
}

impl RecordArgs {
    /// What was said about a group from outside.
    pub fn outside(&self) -> OutsideArgs {
        self.watched.watched_for(self.run_for)
    }
}
