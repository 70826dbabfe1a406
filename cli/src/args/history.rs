//! Arguments of `rollcall history`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;

use super::ask::AskArgs;
use super::outside::{OutsideArgs, WatchedArgs};
use super::positive_duration;

/// Arguments of `rollcall history`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall history                          the last gathers, and every change of a verdict
  rollcall history SCHEDULE-CAR-ORDER       one topic: what each gather got, and why
  rollcall history --gather 1284            a gather slot by slot, with the evidence as it was then
  rollcall history -n 200 -o json
  rollcall history ORDERS -b kafka:9092 -g shop --for 5min

An aggregator judges its roll once a second, also while nobody gathers, and remembers the last 500
changes of each topic and the last 1000 gathers. A verdict that ends in … was not confirmed.
Each of several lanes remembers and counts for itself: L1 in a row is lane 1, and --gather finds
the one that has the number; where several have it, say which by --server.
A group from outside (-b and -g) has no gathers and no past: it is watched, and what is said of it meanwhile
is shown; of one topic with the evidence as it was when each verdict was first said.
-o json has the messages rollcall.v1.GatherInfo and rollcall.v1.VerdictSpan in two lists, with --gather
rollcall.v1.GetGatherResponse, with -b and a topic also rollcall.v1.GetTopicResponse.

Exit codes:
  0   it is shown
  1   a group from outside is not there
  2   nobody could be asked
  64  the command line is wrong, or the gather is not remembered")]
pub struct HistoryArgs {
    /// Topic to show [default: the whole roll]
    #[arg(value_name = "TOPIC")]
    pub topic: Option<Topic>,
    /// Show this gather, slot by slot
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    pub gather: Option<u64>,
    /// How many gathers and how many verdicts to show
    #[arg(short = 'n', long = "last", value_name = "N", allow_hyphen_values = true, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub last: u16,
    /// How long to watch a group from outside [default: 15s]
    #[arg(long = "for", value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub run_for: Option<Duration>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: HistoryOutput,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Or which group to look at from outside.
    #[command(flatten)]
    pub watched: WatchedArgs,
}

impl HistoryArgs {
    /// What was said about a group from outside.
    pub fn outside(&self) -> OutsideArgs {
        self.watched.watched_for(self.run_for)
    }
}

/// Forms of `rollcall history`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HistoryOutput {
    /// At most 100 columns
    #[default]
    Table,
    /// The whole answer
    Json,
}
