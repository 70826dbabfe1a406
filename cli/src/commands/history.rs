//! `rollcall history`: the flight recorder.

mod outside;

use std::future::Future;

use rollcall_proto::v1::{
    GatherInfo, GatherSummary, GetGatherResponse, ListGathersRequest, ListVerdictsRequest,
    VerdictSpan,
};
use serde_json::{Value, json};

use super::source::Source;
use super::{reader, with_nearest_name};
use crate::args::history::{HistoryArgs, HistoryOutput};
use crate::client::{CallError, Client};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::view::history::{self, Past};
use crate::words::language::Language;
use crate::{json, output};

/// Shows the last gathers and the changes of verdicts, or one gather.
pub async fn run(source: Source, args: HistoryArgs, language: Language) -> Result<Exit, Failure> {
    match (source, args.gather) {
        (Source::Server(_), _) if args.run_for.is_some() => Err(Failure::Usage(
            "--for is how long a group is watched from outside (-b and -g); an aggregator remembers".to_owned(),
        )),
        (Source::Server(client), Some(id)) => one_gather(&client, id, &args, language).await,
        (Source::Server(client), None) => all(&client, &args, language).await,
        (Source::Outside(_), Some(_)) => Err(Failure::Usage(
            "gathers exist only in a rollcall that runs: leave out --gather, or -b and -g".to_owned(),
        )),
        (Source::Outside(outside), None) => outside::run(*outside, &args, language).await,
    }
}

async fn one_gather(
    client: &Client,
    id: u64,
    args: &HistoryArgs,
    language: Language,
) -> Result<Exit, Failure> {
    let summary = client.past_gather(id).await?;
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
            let reader = history::then(&summary, reader(client.server(), language));
            let topic = args.topic.as_ref().map(|topic| topic.as_str());
            output::print(&history::gather(&summary, topic, &reader))?
        }
    };
    Ok(Exit::Clear)
}

async fn all(client: &Client, args: &HistoryArgs, language: Language) -> Result<Exit, Failure> {
    let topics: Vec<String> = args.topic.iter().map(ToString::to_string).collect();
    let wanted = usize::from(args.last);
    let verdicts = match client.as_one(verdicts(client, &topics, wanted)).await {
        Ok(verdicts) => verdicts,
        Err(error) => return Err(with_nearest_name(error, client, &topics).await),
    };
    let gathers = client.as_one(gathers(client, wanted)).await?;
    match (args.output, topics.first()) {
        (HistoryOutput::Json, _) => output::print_json(&document(&gathers, &verdicts)?)?,
        (HistoryOutput::Table, None) => {
            let past = Past {
                gathers: &gathers,
                verdicts: &verdicts,
            };
            let reader = reader(client.server(), language);
            output::print(&history::roll(&past, &reader))?
        }
        (HistoryOutput::Table, Some(topic)) => {
            let summaries = client.as_one(summaries(client, &gathers)).await?;
            let reader = reader(client.server(), language);
            output::print(&history::topic(topic, &summaries, &verdicts, &reader))?
        }
    };
    Ok(Exit::Clear)
}

fn document(gathers: &[GatherInfo], verdicts: &[VerdictSpan]) -> Result<Value, Failure> {
    let gathers: Result<Vec<_>, _> = gathers
        .iter()
        .map(|gather| json::value("GatherInfo", gather))
        .collect();
    let verdicts: Result<Vec<_>, _> = verdicts
        .iter()
        .map(|span| json::value("VerdictSpan", span))
        .collect();
    Ok(json!({ "gathers": gathers?, "verdicts": verdicts? }))
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

/// The gathers themselves; one that was forgotten meanwhile is left out.
async fn summaries(
    client: &Client,
    gathers: &[GatherInfo],
) -> Result<Vec<GatherSummary>, CallError> {
    let mut summaries = Vec::new();
    for gather in gathers {
        match client.past_gather(gather.gather_id).await {
            Ok(summary) => summaries.push(summary),
            Err(error) if error.is_usage() => {}
            Err(error) => return Err(error),
        }
    }
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
