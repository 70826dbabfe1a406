//! Arguments of `rollcall history`.

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;

use super::ask::AskArgs;

/// Arguments of `rollcall history`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  rollcall history                          the last gathers, and every change of a verdict
  rollcall history SCHEDULE-CAR-ORDER       one topic: what each gather got, and why
  rollcall history --gather 1284            a gather slot by slot, with the evidence as it was then
  rollcall history -n 200 -o json

An aggregator judges its roll once a second, also while nobody gathers, and remembers the last 500
changes of each topic and the last 1000 gathers. A verdict that ends in … was not confirmed.
-o json has the messages rollcall.v1.GatherInfo and rollcall.v1.VerdictSpan in two lists, with --gather
rollcall.v1.GetGatherResponse.

Exit codes:
  0   it is shown
  2   nobody could be asked
  64  the command line is wrong, or the gather is not remembered")]
pub struct HistoryArgs {
    /// Topic to show [default: the whole roll]
    #[arg(value_name = "TOPIC")]
    pub topic: Option<Topic>,
    /// Show this gather, slot by slot
    #[arg(long, value_name = "ID")]
    pub gather: Option<u64>,
    /// How many gathers and how many verdicts to show
    #[arg(short = 'n', long = "last", value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub last: u16,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: HistoryOutput,
    /// Which aggregator to ask.
    #[command(flatten)]
    pub ask: AskArgs,
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
