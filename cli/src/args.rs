//! The command line.

pub mod ask;
pub mod doctor;
pub mod gather;
pub mod history;
pub mod kafka;
pub mod look;
pub mod outside;
pub mod record;
pub mod serve;
pub mod tune;
pub mod words;

use std::time::Duration;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use ask::AskArgs;
use doctor::DoctorArgs;
use gather::GatherArgs;
use history::HistoryArgs;
use look::{ExplainArgs, LagArgs, StatusArgs};
use record::RecordArgs;
use serve::{DemoArgs, UpArgs};
use tune::TuneArgs;

use crate::words::language::Language;

/// Exit codes of the commands that judge, at the end of their long help.
pub const EXIT_CODES: &str = "\
Exit codes:
  0   nothing at or above --fail-on (by default: no fault)
  1   something is at or above --fail-on
  2   could not be judged: no answer, no rights, every topic unknown, a lane missing or in doubt
  64  the command line is wrong";

/// Gathers many Kafka topics in one call, and tells why any of them came back empty.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(after_long_help = format!("\
Examples:
  rollcall demo                            see it at work, without a Kafka
  rollcall status                          a verdict for every topic of a running rollcall
  rollcall status --token-file token       the same, where calls have to show a token
  rollcall status --server a:7655,b:7655   the same, of two lanes: one answer
  rollcall explain SCHEDULE-CAR-ORDER      why a topic is silent, with the evidence
  rollcall gather -t ORDERS -t PRICES      look at the records of two topics
  rollcall doctor -b kafka:9092 -g shop    judge a group that other software runs, from outside

stdout carries the answer, stderr everything else. Colour is used on a terminal only; NO_COLOR is kept.

{EXIT_CODES}"))]
pub struct Cli {
    /// Which aggregator to ask, said before the command.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Language of sentences and advice; the help and most errors are English [default: by LC_ALL, LC_MESSAGES or LANG,
    /// else en]
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub lang: Option<Language>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the roll: every topic with its verdict, the worst first
    Status(StatusArgs),
    /// Tell why a topic is silent, with every fact, its source and its age
    Explain(ExplainArgs),
    /// Call the roll: the records of many topics in one answer
    Gather(GatherArgs),
    /// Show offsets and lag, in the columns of kafka-consumer-groups
    Lag(LagArgs),
    /// Tell which timeout and settings bring how many empty answers, from the topics' own rhythm
    Tune(TuneArgs),
    /// Show the last gathers slot by slot, and every change of a verdict
    History(HistoryArgs),
    /// Record evidence as a trace, to be judged again by `rollcall explain --from`
    Record(RecordArgs),
    /// List the verdicts, or tell what one of them means and what to do
    #[command(after_help = "\
Examples:
  rollcall verdicts                 every verdict in one line
  rollcall verdicts CAUGHT_UP       what it means, how it is known, what to do")]
    Verdicts {
        /// Verdict to explain, e.g. WAITING_FOR_ACK
        code: Option<String>,
        /// Print the whole catalog as a page in Markdown
        #[arg(long, hide = true, conflicts_with = "code")]
        markdown: bool,
    },
    /// Judge a consumer group that other software runs, from outside: joins and commits nothing
    Doctor(DoctorArgs),
    /// Run fetchers and an aggregator on a Kafka, in this one process
    Up(UpArgs),
    /// Show rollcall at work: embedded broker, producers, fetchers, aggregator and a client
    Demo(DemoArgs),
    /// Print a completion script for a shell
    #[command(after_help = "\
Example:
  rollcall completions bash > ~/.local/share/bash-completion/completions/rollcall")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// A length of time above zero: `1s`, `500ms`, `2min`.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    let hint = "write it like 500ms, 1s or 2min";
    let parsed = humantime::parse_duration(text).map_err(|error| format!("{error}; {hint}"))?;
    match parsed.is_zero() {
        true => Err(format!("must be longer than zero; {hint}")),
        false => Ok(parsed),
    }
}

#[cfg(test)]
mod tests;
