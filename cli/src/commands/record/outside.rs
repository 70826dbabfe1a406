//! A group that other software runs, recorded from outside: every sighting as it comes, and once a second what
//! it is judged to be.

use std::io;
use std::time::Duration;

use rollcall_aggregator::core::evidence::OperatorWords;
use rollcall_proto::ids::Topic;
use rollcall_proto::service::shutdown;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{TraceHeader, TraceTopic};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::file::{self, Recording};
use crate::args::record::RecordArgs;
use crate::commands::nearest;
use crate::commands::source::Outside;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Reader, still_there};
use crate::trace::outside as trace;
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
    trace::header(&outside.group, zero, wall, words.map(said).collect())
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
                Some(sighting) => trace::sighted(&sighting, zero).map_or(Ok(()), |line| recording.line(&line)),
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

/// What every topic is judged to be now.
fn judged(outside: &Outside, zero: Moment, recording: &mut Recording) -> io::Result<()> {
    let (look, group) = (&outside.look, &outside.group);
    let (now, timeout) = (look.clock().now(), look.target().app.timeout);
    let topics: Vec<Topic> = look.known().topics(group).cloned().collect();
    for topic in topics {
        let of = (group.as_str(), &topic);
        if let Some(line) = trace::judgement(look.known(), of, timeout, (now, zero)) {
            recording.line(&line)?;
        }
    }
    recording.flush()
}
