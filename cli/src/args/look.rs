//! Arguments of the commands that only look: `status`, `explain`, `lag`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::StatusView;

use super::EXIT_CODES;
use super::ask::AskArgs;
use super::outside::OutsideArgs;
use crate::exit::FailOn;

/// Arguments of `rollcall status`.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  rollcall status                         the table
  rollcall status -w                      again after every change
  rollcall status -o line                 gather [A:10, B:0 CAUGHT_UP] total: 10 records
  rollcall status -t ORDERS -o json       one topic, for a script
  rollcall status --fail-on warn          exit code 1 from a warning on
  rollcall status --server a:7655,b:7655  of two lanes, as one; a name that stands for several does too
  rollcall status -b kafka:9092 -g shop   a group that other software runs, from outside

Over lanes every topic is one row: counts are added up, the verdict is the worst. A lane that does not
answer is named; topics are UNDETERMINED then, unless something worse is known of them.

A verdict that ends in … is not confirmed yet and does not count for the exit code.
-o json is the protobuf JSON mapping of rollcall.v1.GetStatusResponse, zeros included. Over lanes
`lane` is the number of lanes, and numbers of gathers are 0, since each lane counts its own.

{EXIT_CODES}"))]
pub struct StatusArgs {
    /// Topic to show; repeat for more [default: the whole roll]
    #[arg(short, long = "topic", value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: StatusOutput,
    /// Go on showing: redraw on a terminal, else a line per change
    #[arg(short, long)]
    pub watch: bool,
    /// Severity from which on the exit code is 1
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Or which group to look at from outside.
    #[command(flatten)]
    pub outside: OutsideArgs,
}

/// Forms of `rollcall status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusOutput {
    /// At most 100 columns
    #[default]
    Table,
    /// With partitions, rhythm, advice and what was dropped or repeated
    Wide,
    /// The whole answer
    Json,
    /// The stats line
    Line,
}

impl StatusOutput {
    /// How much of each topic it needs.
    pub const fn view(self) -> StatusView {
        match self {
            Self::Table | Self::Line => StatusView::Summary,
            Self::Wide | Self::Json => StatusView::Full,
        }
    }
}

/// Arguments of `rollcall explain`.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  rollcall explain SCHEDULE-CAR-ORDER
  rollcall explain SCHEDULE-CAR-ORDER -o json
  rollcall explain SCHEDULE-CAR-ORDER -b kafka:9092 -g shop --app timeout_ms=1000
  rollcall explain SCHEDULE-CAR-ORDER --why-not BROKER_DOWN
  rollcall explain SCHEDULE-CAR-ORDER --from trace.ndjson.gz --at 12s

The verdict in a sentence, the rule, each fact by partition with its source and age, what was ruled
out, what else holds, and what to do. With --from nobody is asked: a trace that `rollcall record` wrote is
judged again, as it was at its end or at --at. -o json is rollcall.v1.GetTopicResponse.

{EXIT_CODES}"))]
pub struct ExplainArgs {
    /// The topic
    #[arg(value_name = "TOPIC")]
    pub topic: Topic,
    /// Show instead the conditions of this verdict's rule, each with the fact that held or failed
    #[arg(long, value_name = "VERDICT")]
    pub why_not: Option<String>,
    /// Judge a trace instead of asking anybody; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "deadline", "token_file"])]
    pub from: Option<PathBuf>,
    /// Judge the trace as it was this long after its beginning [default: at its end]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "from", value_parser = humantime::parse_duration)]
    pub at: Option<Duration>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ExplainOutput,
    /// Severity from which on the exit code is 1
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Or which group to look at from outside.
    #[command(flatten)]
    pub outside: OutsideArgs,
}

/// Forms of `rollcall explain`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExplainOutput {
    /// For people
    #[default]
    Text,
    /// The whole answer
    Json,
}

/// Arguments of `rollcall lag`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall lag                              the columns of kafka-consumer-groups --describe
  rollcall lag -t ORDERS -o wide            and log start, last stable offset, readable, position, unacked
  rollcall lag -b kafka:9092 -g shop        a group that other software runs, from outside
  rollcall lag | awk '$6 != \"-\" { sum += $6 } END { print sum }'

LAG counts what is not committed; READABLE what could be read and was not; UNACKED what was handed out
and not settled. Unknown is \"-\". -o json is rollcall.v1.GetStatusResponse with its partitions.

Exit codes:
  0   it is shown
  1   a group from outside is not there
  2   nobody could be asked, or no partition is known
  64  the command line is wrong")]
pub struct LagArgs {
    /// Topic to show; repeat for more [default: the whole roll]
    #[arg(short, long = "topic", value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: LagOutput,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Or which group to look at from outside.
    #[command(flatten)]
    pub outside: OutsideArgs,
}

/// Forms of `rollcall lag`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LagOutput {
    /// The columns of kafka-consumer-groups, in its order
    #[default]
    Table,
    /// And what rollcall knows besides
    Wide,
    /// The whole answer
    Json,
}
