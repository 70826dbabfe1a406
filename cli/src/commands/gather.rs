//! `rollcall gather`: the records of many topics in one answer.

mod record;
mod settle;

use std::io::{self, Write as _};
use std::time::Duration;

use rollcall_aggregator::core::terms::TIMEOUTS;
use rollcall_proto::packed;
use rollcall_proto::service::spans::{self, Kind, Span};
use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::gather_response::Event;
use rollcall_proto::v1::{
    Close, Delivery, Encoding, GatherBatch, GatherRequest, GatherSummary, StatusView,
};
use serde_json::Value;

use super::{names, reader, with_nearest_name};
use crate::args::gather::{GatherArgs, GatherOutput};
use crate::client::lanes::{Gatherings, Lane, Lanes, Parts, Told};
use crate::client::{CallError, Servers, Taken};
use crate::exit::{Exit, judge};
use crate::failure::Failure;
use crate::output::{self, Reader};
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;
use crate::{json, view};
use record::Line;

/// Longest timeout that the contract allows.
const LONGEST_TIMEOUT: Duration = TIMEOUTS.1;

/// A gather that may take longer says so to people.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// Calls the roll and prints what comes.
pub async fn run(servers: Servers, args: GatherArgs, language: Language) -> Result<Exit, Failure> {
    let request = request(&args)?;
    let timeout = timeout(&args)?;
    let place = spans::environment();
    let span = Span::start(Kind::Internal, "rollcall gather", place);
    let lanes = Lanes::find(servers).await?.traced(span.context());
    let is_demo = tokio::spawn(is_demo(lanes.clone()));
    if timeout > WORTH_SAYING {
        let longest = Arguments::default().text("timeout", view::quantity::setting(timeout));
        output::progress(&Speech::new(language).say("gathering", &longest));
    }
    let asked: Vec<String> = request
        .topics
        .iter()
        .chain(&request.required)
        .cloned()
        .collect();
    let mut gatherings = match lanes.gather(&request, timeout).await {
        Ok(gatherings) => gatherings,
        Err(error) => return Err(with_nearest_name(error, &lanes, &asked).await),
    };
    let taken = take(&mut gatherings, args.output).await;
    // What was leased and not answered for goes back at once.
    gatherings.end().await;
    let Some(taken) = taken? else {
        return Ok(if args.ack {
            Exit::Unjudged
        } else {
            Exit::Clear
        });
    };
    let is_demo = is_demo.await.unwrap_or(false);
    let reader = reader(lanes.reach(), language);
    conclude(&lanes, &args, taken, is_demo, &reader).await
}

/// Whether the records are made up; false when that cannot be had.
async fn is_demo(lanes: Lanes) -> bool {
    let told = lanes.status(Vec::new(), StatusView::Summary).await;
    told.is_ok_and(|told| told.answer.demo)
}

fn request(args: &GatherArgs) -> Result<GatherRequest, Failure> {
    if args.ack && args.output == GatherOutput::Table {
        let why = "--ack settles what was printed, and -o table prints no records; use -o ndjson or -o json";
        return Err(Failure::Usage(why.to_owned()));
    }
    let required = names(&args.require)?;
    let close = if required.is_empty() {
        args.close.into()
    } else {
        Close::Required
    };
    let delivery = if args.ack {
        Delivery::Lease
    } else {
        Delivery::Peek
    };
    Ok(GatherRequest {
        topics: names(&args.topics)?,
        timeout: prost_types::Duration::try_from(timeout(args)?).ok(),
        max_records: Some(args.max_records.unwrap_or(args.profile.max_records())),
        max_bytes: args.max_bytes,
        close: close.into(),
        required,
        delivery: delivery.into(),
        encoding: Encoding::Packed.into(),
        client_id: format!("rollcall-gather-{}", std::process::id()),
        ..GatherRequest::default()
    })
}

/// How long the gather may wait: with `--require` the timeout of all attempts together, in one call, so
/// that nothing is lost between them.
fn timeout(args: &GatherArgs) -> Result<Duration, Failure> {
    let one = args.timeout.unwrap_or(args.profile.timeout());
    let all = if args.require.is_empty() {
        one
    } else {
        one.saturating_mul(args.attempts)
    };
    if all > LONGEST_TIMEOUT {
        let (all, longest) = (
            view::quantity::setting(all),
            view::quantity::setting(LONGEST_TIMEOUT),
        );
        return Err(Failure::Usage(format!(
            "a gather of {all} is longer than {longest}; lower --timeout or --attempts"
        )));
    }
    Ok(all)
}

/// What came of a gather.
struct Answer {
    /// What each lane gave.
    given: Vec<Given>,
    /// Who did not take the call.
    away: Vec<CallError>,
    /// The records, for the form that prints them at the end.
    records: Vec<Value>,
}

/// What came of a lane.
struct Given {
    lane: Lane,
    /// Ranges of the records that were printed, or are held to be printed.
    printed: Taken,
    /// The summary, or why there is none.
    ended: Option<Result<GatherSummary, CallError>>,
}

/// Reads the answers; prints records as they come where the form wants it. `None`: nobody reads any more.
async fn take(gatherings: &mut Gatherings, form: GatherOutput) -> Result<Option<Answer>, Failure> {
    let mut out = io::BufWriter::new(io::stdout());
    let mut records = Vec::new();
    let lanes = gatherings.lanes().iter();
    let mut given: Vec<Given> = lanes.cloned().map(Given::nothing).collect();
    while let Some((place, message)) = gatherings.next().await {
        let Some(given) = given.get_mut(place) else {
            continue;
        };
        match message.map(|message| message.event) {
            Ok(Some(Event::Batch(batch))) => {
                let reader = match form {
                    GatherOutput::Ndjson => output::still_there(print(&mut out, &batch))?,
                    GatherOutput::Json => hold(&mut records, &batch)?,
                    GatherOutput::Table => Reader::Listening,
                };
                if reader == Reader::Gone {
                    return Ok(None);
                }
                given.printed.add(&batch);
            }
            Ok(Some(Event::Summary(summary))) => given.ended = Some(Ok(summary)),
            // An event of a newer aggregator.
            Ok(None) => {}
            Err(error) => given.ended = Some(Err(error)),
        }
    }
    Ok(Some(Answer {
        given,
        away: gatherings.away().to_vec(),
        records,
    }))
}

impl Given {
    fn nothing(lane: Lane) -> Self {
        Self {
            lane,
            printed: Taken::default(),
            ended: None,
        }
    }
}

impl Answer {
    /// The summary over lanes. Fails when no lane gave one.
    fn summary(&self, lanes: &Lanes) -> Result<Told<GatherSummary>, CallError> {
        let mut parts = Parts {
            answers: Vec::new(),
            away: self.away.clone(),
        };
        for given in &self.given {
            match &given.ended {
                Some(Ok(summary)) => parts.answers.push((given.lane.clone(), summary.clone())),
                Some(Err(error)) => parts.away.push(error.clone()),
                None => {}
            }
        }
        match lanes.nobody(&parts) {
            Some(error) => Err(error),
            None => Ok(lanes.summary(parts)),
        }
    }
}

fn print(out: &mut impl io::Write, batch: &GatherBatch) -> io::Result<()> {
    each(batch, |line| json::write_line(out, &line))?;
    out.flush()
}

fn hold(records: &mut Vec<Value>, batch: &GatherBatch) -> Result<Reader, Failure> {
    each(batch, |line| {
        serde_json::to_value(line)
            .map(|line| records.push(line))
            .map_err(io::Error::other)
    })?;
    Ok(Reader::Listening)
}

/// Calls `write` with every record of a batch.
fn each(batch: &GatherBatch, mut write: impl FnMut(Line<'_>) -> io::Result<()>) -> io::Result<()> {
    match &batch.records {
        Some(Records::Packed(packed)) => {
            let records = packed::records(packed)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            records
                .into_iter()
                .try_for_each(|record| write(Line::of_packed(batch, packed.partition, &record)))
        }
        Some(Records::Plain(plain)) => plain
            .records
            .iter()
            .try_for_each(|record| write(Line::of_plain(batch, plain.partition, record))),
        None => Ok(()),
    }
}

/// Prints what stands at the end, settles what was printed, and says the stats line.
async fn conclude(
    lanes: &Lanes,
    args: &GatherArgs,
    answer: Answer,
    is_demo: bool,
    reader: &view::Reader,
) -> Result<Exit, Failure> {
    let Told {
        answer: summary,
        doubts,
    } = answer.summary(lanes)?;
    let Answer { given, records, .. } = answer;
    let heard = match args.output {
        GatherOutput::Ndjson => output::still_there(io::stdout().flush())?,
        GatherOutput::Json => output::print_json(&document(&summary, records)?)?,
        GatherOutput::Table => output::print(&view::gather::table(&summary, is_demo, reader))?,
    };
    let exit = doubts.exit(judge(
        summary.slots.iter().map(|slot| slot.verdict.as_ref()),
        args.fail_on,
    ));
    if heard == Reader::Gone {
        return Ok(if args.ack { Exit::Unjudged } else { exit });
    }
    for sentence in view::lanes::sentences(&doubts, &reader.speech) {
        output::say(&sentence);
    }
    output::say(&format!(
        "{}{}",
        if is_demo { "DEMO " } else { "" },
        view::line::of_gather(&summary)
    ));
    if !args.ack {
        return Ok(exit);
    }
    match settle::all(given).await? {
        refused if refused.is_empty() => Ok(exit),
        refused => Ok(output::fail(
            &format!("not settled, comes again: {}", refused.join(", ")),
            Exit::Unjudged,
        )),
    }
}

/// The summary with the records beside its slots.
fn document(summary: &GatherSummary, records: Vec<Value>) -> Result<Value, Failure> {
    let mut document = json::value("GatherSummary", summary)?;
    if let Value::Object(fields) = &mut document {
        fields.insert("records".to_owned(), Value::Array(records));
    }
    Ok(document)
}

#[cfg(test)]
mod tests;
