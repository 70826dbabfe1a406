//! `rollcall record FILE`: evidence as a trace.

mod file;
mod outside;

use std::time::Duration;

use rollcall_proto::service::shutdown;
use rollcall_proto::v1::{RecordRequest, RecordResponse, TraceHeader};
use tonic::Streaming;

use super::source::Source;
use super::{names, with_nearest_name};
use crate::args::record::RecordArgs;
use crate::client::lanes::Lanes;
use crate::client::{CallError, Client};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

use file::Recording;

/// Records from an aggregator, or a group from outside.
pub async fn run(source: Source, args: RecordArgs, language: Language) -> Result<Exit, Failure> {
    match source {
        Source::Server(lanes) => match lanes.only() {
            Some(client) => server(client.clone(), &lanes, args, language).await,
            None => Err(of_one_lane(&lanes, &args)),
        },
        Source::Outside(outside) => outside::run(*outside, args, language).await,
    }
}

/// A trace is what one aggregator heard and judged by: it cannot be that of several.
fn of_one_lane(lanes: &Lanes, args: &RecordArgs) -> Failure {
    let file = args.file.display();
    let each: Vec<String> = lanes
        .all()
        .iter()
        .map(|lane| {
            let reach = lane.server().reach();
            format!(
                "lane {} with `rollcall record {file}{reach}`",
                lane.place.lane
            )
        })
        .collect();
    Failure::Usage(format!(
        "a recording is of one lane; record each into a file of its own: {}",
        each.join(", ")
    ))
}

/// Records what an aggregator remembers, and what it hears from now on.
async fn server(
    client: Client,
    lanes: &Lanes,
    args: RecordArgs,
    language: Language,
) -> Result<Exit, Failure> {
    let speech = Speech::new(language);
    let topics = names(&args.topics)?;
    let request = RecordRequest {
        topics: topics.clone(),
        duration: args
            .run_for
            .and_then(|length| prost_types::Duration::try_from(length).ok()),
        without_past: args.without_past,
    };
    file::may_be_written(&args)?;
    let mut stream = match client.record(request).await {
        Ok(stream) => stream,
        Err(error) => return Err(with_nearest_name(error, lanes, &topics).await),
    };
    let (header, first) = begin(&client, &mut stream).await?;
    // Before there is a file: from now on it is ended and not left.
    let stopped = shutdown::requested()?;
    let mut recording = Recording::begin(&args, &header)?;
    recording.take(first)?;
    if args.run_for != Some(Duration::ZERO) {
        let head = Arguments::default().text("file", recording.name());
        output::progress(&speech.say("recording", &head));
    }
    let ended = follow(&client, stream, stopped, &mut recording).await;
    let done = recording.end()?;
    output::say(&done.told(&speech));
    match ended? {
        Ended::Whole => Ok(Exit::Clear),
        Ended::CutShort(error) => Ok(output::fail(&error.to_string(), Exit::Unjudged)),
    }
}

/// How a recording ended.
enum Ended {
    /// By its time, or by Ctrl-C or SIGTERM.
    Whole,
    /// The aggregator ended it.
    CutShort(CallError),
}

/// The header, and the lines that came with it.
async fn begin(
    client: &Client,
    stream: &mut Streaming<RecordResponse>,
) -> Result<(TraceHeader, RecordResponse), Failure> {
    let first = client.next_of(stream, true).await?;
    let cut_short = || client.cut_short("the recording ended before it began");
    let mut first = first.ok_or_else(cut_short)?;
    let header = first.header.take().ok_or_else(cut_short)?;
    Ok((header, first))
}

async fn follow(
    client: &Client,
    mut stream: Streaming<RecordResponse>,
    stopped: impl Future,
    recording: &mut Recording,
) -> Result<Ended, Failure> {
    tokio::pin!(stopped);
    while !recording.has_ended() {
        let message = tokio::select! {
            message = client.next_of(&mut stream, false) => message,
            _ = &mut stopped => return Ok(Ended::Whole),
        };
        match message {
            Ok(Some(message)) => {
                if recording.take(message)? == output::Reader::Gone {
                    return Ok(Ended::Whole);
                }
            }
            Ok(None) => {
                return Ok(Ended::CutShort(
                    client.cut_short("the recording ended early"),
                ));
            }
            Err(error) => return Ok(Ended::CutShort(error)),
        }
    }
    Ok(Ended::Whole)
}
