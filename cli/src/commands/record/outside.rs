//! A group that other software runs, recorded from outside: every sighting as it comes, and once a second what
//! it is judged to be.

use std::io;
use std::time::Duration;

use rollcall_aggregator::core::books::TopicBooks;
use rollcall_aggregator::core::evidence::OperatorWords;
use rollcall_aggregator::core::trace::fault::VERSION;
use rollcall_aggregator::core::trace::judged;
use rollcall_aggregator::core::verdict::{Ask, judge};
use rollcall_fetcher::outside::Sighting;
use rollcall_proto::ids::Topic;
use rollcall_proto::service::shutdown;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{TraceHeader, TraceLine, TraceSource, TraceTopic, trace_line};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::file::{self, Recording};
use crate::args::record::RecordArgs;
use crate::commands::nearest;
use crate::commands::source::Outside;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Reader, still_there};
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// Time between two judgements, as an aggregator has it.
const JUDGE_EVERY: Duration = Duration::from_secs(1);
/// A time that no recording lasts.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Records until the time is over, or Ctrl-C or SIGTERM, and no longer where there is no such group.
pub(super) async fn run(
    mut outside: Outside,
    args: RecordArgs,
    language: Language,
) -> Result<Exit, Failure> {
    file::may_be_written(&args)?;
    let zero = outside.look.begun();
    // Before there is a file: from now on it is ended and not left.
    let stopped = shutdown::requested()?;
    let mut recording = Recording::begin(&args, &header(&outside, zero))?;
    let speech = Speech::new(language);
    let head = Arguments::default().text("file", recording.name());
    output::progress(&speech.say("recording", &head));
    let until = (args.run_for, stopped);
    let followed = follow(&mut outside, zero, until, language, &mut recording).await;
    let done = recording.end()?;
    output::say(&done.told(&speech));
    followed.map(|()| Exit::Clear)
}

fn header(outside: &Outside, zero: Moment) -> TraceHeader {
    let wall = outside.look.clock().wall(zero);
    let words = outside.look.target().words.iter();
    TraceHeader {
        rollcall_trace: VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        recorded_at: Some(wall.into()),
        source: TraceSource::Outside.into(),
        group: outside.group.clone(),
        topics: words.map(said).collect(),
        uptime: length(Duration::ZERO),
        clock: length(zero.since_start()),
    }
}

/// What the operator says of a topic.
fn said((topic, words): (&Topic, &OperatorWords)) -> TraceTopic {
    let mute = words.mute.iter().map(|code| i32::from(*code));
    TraceTopic {
        topic: topic.to_string(),
        group: String::new(),
        max_silence: words.max_silence.and_then(length),
        expect_empty: words.expect_empty,
        mute: mute.collect(),
    }
}

fn length(length: Duration) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(length).ok()
}

async fn follow(
    outside: &mut Outside,
    zero: Moment,
    (run_for, stopped): (Option<Duration>, impl Future),
    language: Language,
    recording: &mut Recording,
) -> Result<(), Failure> {
    tokio::pin!(stopped);
    let end = Instant::now() + run_for.unwrap_or(FOR_EVER);
    let mut was_there = false;
    let mut judging = interval(JUDGE_EVERY);
    judging.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let written = tokio::select! {
            sighting = outside.look.next() => match sighting {
                Some(sighting) => sighted(&sighting, zero).map_or(Ok(()), |line| recording.line(&line)),
                // An observer that ended says no more; what is judged of it still goes on.
                None => return Err(Failure::Failed("the observer ended by itself".to_owned())),
            },
            _ = judging.tick() => {
                let answers = outside.look.answers();
                outside.look.check(&answers).await?;
                was_there |= answers.iter().any(nearest::is_there);
                let gone = answers.first().is_some_and(|answer| outside.is_gone(answer));
                if gone && !was_there && let Some(failure) = outside.not_there(&answers, language).await {
                    return Err(failure);
                }
                judged(outside, zero, recording)
            }
            () = sleep_until(end) => return Ok(()),
            _ = &mut stopped => return Ok(()),
        };
        if still_there(written)? == Reader::Gone {
            return Ok(());
        }
    }
}

/// A sighting as a line; one of a group alone is about no topic, and is none.
fn sighted(sighting: &Sighting, zero: Moment) -> Option<TraceLine> {
    Some(TraceLine {
        at: at(sighting.at, zero),
        topic: sighting.topic.as_ref()?.to_string(),
        group: sighting.group.clone(),
        line: Some(trace_line::Line::Evidence(sighting.evidence.clone())),
    })
}

/// What every topic is judged to be now.
fn judged(outside: &Outside, zero: Moment, recording: &mut Recording) -> io::Result<()> {
    let (look, group) = (&outside.look, &outside.group);
    let now = look.clock().now();
    let ask = Ask::outside(look.target().app.timeout, now);
    let topics: Vec<Topic> = look.known().topics(group).cloned().collect();
    for topic in topics {
        let Some(evidence) = look.known().evidence(group, &topic) else {
            continue;
        };
        let books = TopicBooks::default();
        let verdict = judge(evidence, &books, &ask, now).verdict;
        let line = judged::line(&ask, &books, &verdict, now);
        recording.line(&TraceLine {
            at: at(now, zero),
            topic: topic.to_string(),
            group: group.clone(),
            ..line
        })?;
    }
    recording.flush()
}

fn at(moment: Moment, zero: Moment) -> Option<prost_types::Duration> {
    prost_types::Duration::try_from(moment.since(zero)).ok()
}
