//! `rollcall history`: the flight recorder.

mod outside;

use std::future::Future;

use rollcall_proto::v1::{
    GatherInfo, GatherSummary, GetGatherResponse, ListGathersRequest, ListVerdictsRequest,
    VerdictSpan,
};
use serde_json::{Value, json};

use super::source::Source;
use super::{reader, say_doubts, with_nearest_name};
use crate::args::history::{HistoryArgs, HistoryOutput};
use crate::client::lanes::{Lane, Lanes, Parts};
use crate::client::{CallError, Client};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lanes::oddity::{Doubts, Oddity};
use crate::lanes::{Part, Place, past};
use crate::view::history::{self, Past};
use crate::words::language::Language;
use crate::{json, output};

/// Shows the last gathers and the changes of verdicts, or one gather.
pub async fn run(source: Source, args: HistoryArgs, language: Language) -> Result<Exit, Failure> {
    match (source, args.gather) {
        (Source::Server(_), _) if args.run_for.is_some() => Err(Failure::Usage(
            "--for is how long a group is watched from outside (-b and -g); an aggregator remembers".to_owned(),
        )),
        (Source::Server(lanes), Some(id)) => one_gather(&lanes, id, &args, language).await,
        (Source::Server(lanes), None) => all(&lanes, &args, language).await,
        (Source::Outside(_), Some(_)) => Err(Failure::Usage(
            "gathers exist only in a rollcall that runs: leave out --gather, or -b and -g".to_owned(),
        )),
        (Source::Outside(outside), None) => outside::run(*outside, &args, language).await,
    }
}

async fn one_gather(
    lanes: &Lanes,
    id: u64,
    args: &HistoryArgs,
    language: Language,
) -> Result<Exit, Failure> {
    let summary = found(lanes, id, language).await?;
    if let Some(topic) = &args.topic
        && !summary
            .slots
            .iter()
            .any(|slot| slot.topic == topic.as_str())
    {
        return Err(Failure::Usage(format!(
            "gather {id} did not ask for topic {topic}"
        )));
    }
    match args.output {
        HistoryOutput::Json => {
            let answer = GetGatherResponse {
                summary: Some(summary),
            };
            output::print_json(&json::value("GetGatherResponse", &answer)?)?
        }
        HistoryOutput::Table => {
            let reader = history::then(&summary, reader(lanes.reach(), language));
            let topic = args.topic.as_ref().map(|topic| topic.as_str());
            output::print(&history::gather(&summary, topic, &reader))?
        }
    };
    Ok(Exit::Clear)
}

/// The gather of this number. Each lane counts its own, so several may have one.
async fn found(lanes: &Lanes, id: u64, language: Language) -> Result<GatherSummary, Failure> {
    let call = async |lane: &Lane| lane.client.past_gather(id).await;
    let Parts { mut answers, away } = lanes.each_in_turn(call).await?;
    let away = away.iter().filter(|error| !error.is_usage());
    let away = away.map(|error| Oddity::Away {
        why: error.to_string(),
    });
    say_doubts(&Doubts(away.collect()), language);
    let places: Vec<String> = answers
        .iter()
        .map(|(lane, _)| {
            let reach = lane.server().reach();
            format!(
                "`rollcall history --gather {id}{reach}` (lane {})",
                lane.place.lane
            )
        })
        .collect();
    match answers.pop() {
        Some((_, summary)) if answers.is_empty() => Ok(summary),
        Some(_) | None => Err(Failure::Usage(format!(
            "each lane counts its own gathers, and {} have one with the number {id}: {}",
            places.len(),
            places.join(", ")
        ))),
    }
}

async fn all(lanes: &Lanes, args: &HistoryArgs, language: Language) -> Result<Exit, Failure> {
    let topics: Vec<String> = args.topic.iter().map(ToString::to_string).collect();
    let wanted = usize::from(args.last);
    let call = async |lane: &Lane| {
        let client = &lane.client;
        client.as_one(verdicts(client, &topics, wanted)).await
    };
    let verdicts = match lanes.each_in_turn(call).await {
        Ok(verdicts) => verdicts,
        Err(error) => return Err(with_nearest_name(error, lanes, &topics).await),
    };
    let doubts = lanes.doubts(&verdicts);
    let verdicts = past::at_home(verdicts.into_answers());
    let verdicts = past::newest(verdicts, |span: &VerdictSpan| span.since.as_ref(), wanted);
    let call = async |lane: &Lane| {
        let client = &lane.client;
        client.as_one(gathers(client, wanted)).await
    };
    let gathers = lanes.each_in_turn(call).await?.into_answers();
    let gathers = past::newest(gathers, |one: &GatherInfo| one.started_at.as_ref(), wanted);
    say_doubts(&doubts, language);
    match (args.output, topics.first()) {
        (HistoryOutput::Json, _) => output::print_json(&document(&gathers, &verdicts)?)?,
        (HistoryOutput::Table, None) => {
            let past = Past {
                gathers: &gathers,
                verdicts: &verdicts,
            };
            output::print(&history::roll(&past, &reader(lanes.reach(), language)))?
        }
        (HistoryOutput::Table, Some(topic)) => {
            let summaries = summaries(lanes, &gathers).await?;
            let reader = reader(lanes.reach(), language);
            output::print(&history::topic(topic, &summaries, &verdicts, &reader))?
        }
    };
    Ok(doubts.exit(Exit::Clear))
}

fn document(
    gathers: &[Part<GatherInfo>],
    verdicts: &[Part<VerdictSpan>],
) -> Result<Value, Failure> {
    let gathers: Result<Vec<_>, _> = gathers
        .iter()
        .map(|part| of_lane(part.place, json::value("GatherInfo", &part.answer)?))
        .collect();
    let verdicts: Result<Vec<_>, _> = verdicts
        .iter()
        .map(|part| of_lane(part.place, json::value("VerdictSpan", &part.answer)?))
        .collect();
    Ok(json!({ "gathers": gathers?, "verdicts": verdicts? }))
}

/// With the lane that it is of, where there are several.
fn of_lane(place: Place, mut document: Value) -> Result<Value, Failure> {
    if let Some(fields) = document.as_object_mut().filter(|_| place.lanes > 1) {
        fields.insert("lane".to_owned(), place.lane.into());
    }
    Ok(document)
}

async fn verdicts(
    client: &Client,
    topics: &[String],
    wanted: usize,
) -> Result<Vec<VerdictSpan>, CallError> {
    pages(wanted, async |page_size, page_token| {
        let request = ListVerdictsRequest {
            topics: topics.to_vec(),
            page_size,
            page_token,
        };
        let page = client.past_verdicts(request).await?;
        Ok((page.verdicts, page.next_page_token))
    })
    .await
}

async fn gathers(client: &Client, wanted: usize) -> Result<Vec<GatherInfo>, CallError> {
    pages(wanted, async |page_size, page_token| {
        let request = ListGathersRequest {
            page_size,
            page_token,
        };
        let page = client.past_gathers(request).await?;
        Ok((page.gathers, page.next_page_token))
    })
    .await
}

/// The gathers themselves, each from the lane that had it, in the same order; one that was forgotten meanwhile is left out.
async fn summaries(
    lanes: &Lanes,
    gathers: &[Part<GatherInfo>],
) -> Result<Vec<Part<GatherSummary>>, CallError> {
    let mut summaries = Vec::new();
    let called = async {
        for Part { place, answer } in gathers {
            let Some(lane) = lanes.all().iter().find(|lane| lane.place == *place) else {
                continue;
            };
            match lane.client.past_gather(answer.gather_id).await {
                Ok(summary) => summaries.push(Part {
                    place: *place,
                    answer: summary,
                }),
                Err(error) if error.is_usage() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    lanes.as_one(called).await?;
    Ok(summaries)
}

/// Page after page, until there are as many as are wanted.
async fn pages<T, F>(wanted: usize, page: impl Fn(i32, String) -> F) -> Result<Vec<T>, CallError>
where
    F: Future<Output = Result<(Vec<T>, String), CallError>>,
{
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let missing = wanted.saturating_sub(all.len());
        let (more, next) = page(i32::try_from(missing).unwrap_or(i32::MAX), token).await?;
        let nothing = more.is_empty();
        all.extend(more);
        all.truncate(wanted);
        if next.is_empty() || nothing || all.len() == wanted {
            return Ok(all);
        }
        token = next;
    }
}
