//! One file per command: fetch facts, show them, decide the exit code.

pub mod completions;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod gather;
pub mod history;
pub mod lag;
mod nearest;
mod progress;
pub mod record;
pub mod source;
pub mod status;
pub mod tune;
pub mod up;
pub mod verdicts;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::StatusView;

use crate::args::ask::AskArgs;
use crate::args::{Cli, Command};
use crate::catalog::nearest;
use crate::client::CallError;
use crate::client::lanes::Lanes;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lanes::oddity::Doubts;
use crate::view::Reader;
use crate::words::Speech;
use crate::words::clock::WallClock;
use crate::words::language::Language;
use crate::{output, view};
use source::Source;

/// Runs a command.
pub async fn run(cli: Cli) -> Result<Exit, Failure> {
    let Cli { ask, lang, command } = cli;
    let language = Language::chosen(lang);
    match command {
        Command::Status(args) => {
            let source = Source::of(&ask, &args.ask, &args.outside, &args.topics).await?;
            status::run(source, args, language).await
        }
        Command::Explain(args) if args.from.is_some() => {
            asks_nobody(&ask)?;
            if args.outside.is_said() {
                let problem = "--from judges a trace, -b and -g look at a group: say one of them";
                return Err(Failure::Usage(problem.to_owned()));
            }
            explain::run_offline(&args, language)
        }
        Command::Explain(args) => {
            let topics = std::slice::from_ref(&args.topic);
            let source = Source::of(&ask, &args.ask, &args.outside, topics).await?;
            explain::run(source, args, language).await
        }
        Command::Gather(args) => gather::run(ask.servers(&args.ask)?, args, language).await,
        Command::Lag(args) => {
            let source = Source::of(&ask, &args.ask, &args.outside, &args.topics).await?;
            lag::run(source, args, language).await
        }
        Command::Tune(args) => {
            let source = Source::of(&ask, &args.ask, &args.outside, &args.topics).await?;
            tune::run(source, args, language).await
        }
        Command::History(args) => {
            let (outside, topics) = (args.outside(), args.topic.as_slice());
            let source = Source::of(&ask, &args.ask, &outside, topics).await?;
            history::run(source, args, language).await
        }
        Command::Record(args) => {
            let source = Source::of(&ask, &args.ask, &args.outside(), &args.topics).await?;
            record::run(source, args, language).await
        }
        Command::Verdicts { code, markdown } => {
            asks_nobody(&ask)?;
            verdicts::run(code.as_deref(), markdown, language)
        }
        Command::Up(args) => {
            asks_nobody(&ask)?;
            up::run(args, language).await
        }
        Command::Doctor(args) => {
            asks_nobody(&ask)?;
            doctor::run(args, language).await
        }
        Command::Demo(args) => {
            asks_nobody(&ask)?;
            demo::run(args, language).await
        }
        Command::Completions { shell } => {
            asks_nobody(&ask)?;
            completions::run(shell)
        }
    }
}

/// A flag before the command that would do nothing is a mistake.
fn asks_nobody(ask: &AskArgs) -> Result<(), Failure> {
    match ask.given() {
        Some(flag) => Err(Failure::Usage(format!(
            "{flag} has no use here: only status, explain, gather, lag, tune, record and history ask an aggregator"
        ))),
        None => Ok(()),
    }
}

/// Who reads what is said by those whom `reach` reaches, now, in this language.
fn reader(reach: String, language: Language) -> Reader {
    Reader {
        speech: Speech::new(language),
        clock: now(),
        reach,
    }
}

/// Says beside the answer what is wrong with the lanes that gave it.
fn say_doubts(doubts: &Doubts, language: Language) {
    for sentence in view::lanes::sentences(doubts, &Speech::new(language)) {
        output::say(&sentence);
    }
}

/// The wall clock of this moment.
fn now() -> WallClock {
    WallClock {
        zone: TimeZone::system(),
        now: Timestamp::now(),
    }
}

/// Names for the wire; a name that was typed twice is a mistake.
fn names(topics: &[Topic]) -> Result<Vec<String>, Failure> {
    let mut seen = BTreeSet::new();
    match topics.iter().find(|topic| !seen.insert(topic.as_str())) {
        Some(twice) => Err(Failure::Usage(format!(
            "topic {twice} is given twice; give it once"
        ))),
        None => Ok(topics.iter().map(ToString::to_string).collect()),
    }
}

/// A refusal, told with the nearest name when a topic is not on the roll.
async fn with_nearest_name(error: CallError, lanes: &Lanes, topics: &[String]) -> Failure {
    if !error.is_usage() {
        return error.into();
    }
    let Ok(told) = lanes.status(Vec::new(), StatusView::Summary).await else {
        return error.into();
    };
    let roll: Vec<&str> = told
        .answer
        .topics
        .iter()
        .map(|topic| topic.topic.as_str())
        .collect();
    match topics.iter().find(|topic| !roll.contains(&topic.as_str())) {
        Some(missing) => Failure::Usage(not_on_roll(missing, &roll)),
        None => error.into(),
    }
}

fn not_on_roll(missing: &str, roll: &[&str]) -> String {
    /// Names that are listed when none is near.
    const LISTED: usize = 8;
    let listed = || {
        let more = if roll.len() > LISTED { ", …" } else { "" };
        format!(
            "the roll has {}{more}",
            roll.iter()
                .take(LISTED)
                .copied()
                .collect::<Vec<_>>()
                .join(", ")
        )
    };
    let hint = match nearest(missing, roll.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None if roll.is_empty() => "the roll is empty".to_owned(),
        None => listed(),
    };
    crate::sanitize::safe(&format!("topic {missing} is not on the roll; {hint}")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::not_on_roll;

    #[test]
    fn a_topic_that_is_not_on_the_roll_is_told_with_the_nearest_name() {
        let near = not_on_roll(
            "SCHEDULE-CAR-ODER",
            &["SCHEDULE-CAR-ORDER", "SCHEDULE-STATION-PARAM"],
        );
        assert_eq!(
            near,
            "topic SCHEDULE-CAR-ODER is not on the roll; did you mean SCHEDULE-CAR-ORDER?"
        );
        assert_eq!(
            not_on_roll("x", &["ORDERS"]),
            "topic x is not on the roll; the roll has ORDERS"
        );
        assert_eq!(
            not_on_roll("x", &[]),
            "topic x is not on the roll; the roll is empty"
        );
    }
}
