//! `rollcall explain TOPIC --from FILE`: a trace, judged again by the same engine.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rollcall_aggregator::core::trace::judged::Comparison;
use rollcall_aggregator::core::trace::played::Played;
use rollcall_aggregator::core::trace::replay::{Heard, Key, Replay};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{GetTopicResponse, VerdictCode};

use super::show;
use crate::args::look::ExplainArgs;
use crate::catalog::nearest;
use crate::commands::verdicts::find as find_verdict;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sanitize::safe;
use crate::trace::read;
use crate::view::quantity;
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::clock::WallClock;
use crate::words::language::Language;
use crate::{output, view};

/// A trace, played as far as it was asked for.
struct Play {
    replay: Replay,
    /// The moment to judge at.
    at: Moment,
    /// The line that it was cut in, if it was.
    cut: Option<u64>,
    compared: u64,
    differing: u64,
    first: Option<(Duration, Comparison)>,
}

/// Shows why a topic is silent, by what a trace says.
pub fn run(args: &ExplainArgs, language: Language) -> Result<Exit, Failure> {
    let path = args.from.as_deref().unwrap_or_else(|| Path::new("-"));
    let why_not = args.why_not.as_deref().map(find_verdict).transpose()?;
    let play = play(path, args.at)?;
    let (key, played) = find(&play.replay, args)?;
    let answer = answer(&play, key, played, why_not);
    let mut reader = reader(&play, language);
    if answer.observation.is_some() {
        reader.speech = reader.speech.from_outside();
    }
    for line in told(&play, key, &reader.speech) {
        output::say(&line);
    }
    show(&answer, why_not, &reader, args)
}

/// Plays a trace to its end, or to the moment that was asked for.
fn play(path: &Path, at: Option<Duration>) -> Result<Play, Failure> {
    let (header, mut lines) = read::open(path)?;
    let replay = Replay::begin(header).map_err(|fault| lines.fault(fault))?;
    let until = at.map(|at| replay.moment_at(at));
    let mut play = Play {
        at: replay.now(),
        replay,
        cut: None,
        compared: 0,
        differing: 0,
        first: None,
    };
    let mut reached = false;
    while let Some(line) = lines.next_line()? {
        let moment = play.replay.moment_of(&line);
        let moment = moment.map_err(|fault| lines.fault(fault))?;
        reached = until.is_some_and(|until| moment > until);
        if reached {
            break;
        }
        let heard = play.replay.take(&line);
        play.heard(heard.map_err(|fault| lines.fault(fault))?);
    }
    if !reached && play.replay.end().is_none() {
        play.cut = Some(lines.number());
    }
    play.at = until.unwrap_or_else(|| play.replay.now());
    match until {
        Some(until) if !reached && until > play.replay.now() => {
            let length = play.replay.offset(play.replay.now());
            let text = format!(
                "--at lies behind the end of the trace, which has {}",
                quantity::duration(length)
            );
            Err(Failure::Usage(text))
        }
        Some(_) | None => Ok(play),
    }
}

impl Play {
    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Judged(_, comparison) => {
                self.compared += 1;
                if !comparison.agrees() {
                    self.differing += 1;
                    let at = self.replay.offset(self.replay.now());
                    self.first.get_or_insert((at, comparison));
                }
            }
            Heard::Evidence(_) | Heard::Label(..) | Heard::End | Heard::Unknown => {}
        }
    }
}

fn answer(
    play: &Play,
    key: &Key,
    played: &Played,
    why_not: Option<VerdictCode>,
) -> GetTopicResponse {
    let at = play.at;
    let evidence = &played.evidence;
    let checks = why_not.map(|code| played.why_not(code, at));
    GetTopicResponse {
        topic: Some(played.status(None, at)),
        group: evidence.group().unwrap_or(&key.group).to_owned(),
        bootstrap_servers: evidence.bootstrap_servers().unwrap_or_default().to_owned(),
        demo: evidence.demo(),
        observation: play.replay.observation(&key.group, at),
        checks: checks.unwrap_or_default(),
        lane: play.replay.header().lane,
        lanes: play.replay.header().lanes,
    }
}

/// The topic that was asked for.
fn find<'a>(replay: &'a Replay, args: &ExplainArgs) -> Result<(&'a Key, &'a Played), Failure> {
    let mut found = replay
        .topics()
        .iter()
        .filter(|(key, _)| key.topic == args.topic);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some((one, _)), Some((other, _))) => Err(Failure::Usage(format!(
            "topic {} is in the trace for the groups {} and {}: record one group at a time",
            args.topic,
            safe(&one.group),
            safe(&other.group)
        ))),
        (None, _) => Err(Failure::Usage(not_in_it(replay, args.topic.as_str()))),
    }
}

fn not_in_it(replay: &Replay, missing: &str) -> String {
    let names = replay.topics().keys().map(|key| key.topic.as_str());
    let hint = match nearest(missing, names.clone()) {
        Some(name) => format!("did you mean {name}?"),
        None => {
            /// Names that are listed when none is near.
            const LISTED: usize = 8;
            let listed: Vec<_> = names.take(LISTED).collect();
            format!("it has {}", listed.join(", "))
        }
    };
    format!("topic {missing} is not in the trace; {hint}")
}

/// Who reads, at the time of the trace: ages and times are those of then.
fn reader(play: &Play, language: Language) -> view::Reader {
    let now = Timestamp::try_from(play.replay.wall().time(play.at));
    view::Reader {
        speech: Speech::new(language),
        clock: WallClock {
            zone: TimeZone::system(),
            now: now.unwrap_or(Timestamp::UNIX_EPOCH),
        },
        reach: String::new(),
    }
}

/// What there is to say about the trace itself, beside the answer.
fn told(play: &Play, key: &Key, speech: &Speech) -> Vec<String> {
    let replay = &play.replay;
    let offset = |at: Moment| quantity::duration(replay.offset(at));
    let head = Arguments::default()
        .text("at", offset(play.at))
        .text("version", safe(&replay.header().version))
        .text("group", safe(&key.group));
    let mut told = vec![speech.say("trace-judged", &head)];
    if let Some(line) = play.cut {
        let cut = Arguments::default()
            .count("line", line)
            .text("at", offset(replay.now()));
        told.push(speech.say("trace-cut", &cut));
    }
    let counted = [
        ("trace-skipped", replay.skipped()),
        ("trace-state", replay.states_skipped()),
        ("trace-missed", replay.end().map_or(0, |end| end.missed)),
    ];
    for (key, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
        told.push(speech.say(key, &Arguments::default().count("count", count)));
    }
    if let Some((at, first)) = play.first {
        let differs = Arguments::default()
            .count("count", play.differing)
            .count("all", play.compared)
            .text("at", quantity::duration(at))
            .text("then", first.then.code.name())
            .text("now", first.now.code.name());
        told.push(speech.say("trace-differs", &differs));
    }
    told
}
