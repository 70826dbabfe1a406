//! Arguments of `rollcall tune`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use rollcall_proto::ids::Topic;

use super::ask::AskArgs;
use super::outside::OutsideArgs;
use super::{EXIT_CODES, positive_duration};
use crate::exit::FailOn;

/// Arguments of `rollcall tune`.
#[derive(Debug, Args)]
#[command(after_long_help = format!("\
Examples:
  rollcall tune                           a timeout for every topic, and one for the whole roll
  rollcall tune ORDERS --target 0.99      one topic, which shall answer 99 of 100 calls
  rollcall tune --timeout 3s              what three seconds would do
  rollcall tune -b kafka:9092 -g shop     a group that other software runs, by its topics' logs
  rollcall tune -o json | jq '.topics[] | [.topic, .timeout, .timeoutInARow]'
  rollcall tune --fail-on note            exit code 1 when a topic misses the target

Each number stands there twice: for a caller at a random moment, and for one who calls again as soon
as it was answered, which is what applications do in a loop. Take the longer timeout unless you know
which one you are. A topic of which fewer than 20 gaps are known gets no advice, but how long to
watch. A topic that misses the target counts as a note. -o json is rollcall.v1.AdviseResponse.

Over lanes the numbers of a topic are those of its liveliest lane, and those of the whole roll are lane
0's, which has a partition of every topic: timeouts are long enough, and topics answer at least as often.

{EXIT_CODES}"))]
pub struct TuneArgs {
    /// Topic to tune for [default: the whole roll]
    #[arg(value_name = "TOPIC")]
    pub topics: Vec<Topic>,
    /// Share of calls that shall have a record, like 0.95 or 95%
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, default_value = "0.95", value_parser = share)]
    pub target: f64,
    /// Timeout to judge, 1 ms to 5 min [default: that of the last gather, else 1s]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = positive_duration)]
    pub timeout: Option<Duration>,
    /// Records per topic and call [default: 200]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_records: Option<u32>,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    pub output: TuneOutput,
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

/// Forms of `rollcall tune`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TuneOutput {
    /// At most 100 columns
    #[default]
    Table,
    /// The whole answer
    Json,
}

/// A share between 0 and 1, both excluded: `0.95` or `95%`.
fn share(text: &str) -> Result<f64, String> {
    let hint = || "write a share between 0 and 1, like 0.95 or 95%".to_owned();
    let (number, whole) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().map_err(|_| hint())? / whole;
    (share > 0.0 && share < 1.0)
        .then_some(share)
        .ok_or_else(hint)
}
