//! `rollcall lag`.

use rollcall_proto::v1::{GetStatusResponse, TopicStatus};

use super::source::Source;
use super::{names, with_nearest_name};
use crate::args::look::{LagArgs, LagOutput};
use crate::client::{CallError, Client};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::outside::Look;
use crate::words::Speech;
use crate::words::language::Language;
use crate::{json, output, view};

/// Shows offsets and lag of every partition.
pub async fn run(source: Source, args: LagArgs, language: Language) -> Result<Exit, Failure> {
    let nothing = match source {
        Source::Server(_) => "lag-nothing",
        Source::Outside(_) => "doctor-no-topic",
    };
    let status = match source {
        Source::Server(client) => of_server(&client, &args).await?,
        Source::Outside(mut outside) => {
            outside.json = matches!(args.output, LagOutput::Json);
            let measured = |_: &Look, answer: &GetStatusResponse| is_measured(answer);
            outside.examine(measured, language).await?
        }
    };
    let table = |wide| view::lag::table(&status.group, &status.topics, wide);
    match args.output {
        // Kafka's tool begins with an empty line, and scripts skip it.
        LagOutput::Table => output::print(&format!("\n{}", table(false)))?,
        LagOutput::Wide => output::print(&table(true))?,
        LagOutput::Json => output::print_json(&json::value("GetStatusResponse", &status)?)?,
    };
    if status.demo {
        output::say(&Speech::new(language).word("demo-offsets"));
    }
    match status
        .topics
        .iter()
        .any(|topic| !topic.partitions.is_empty())
    {
        true => Ok(Exit::Clear),
        false => Ok(output::fail(
            &Speech::new(language).word(nothing),
            Exit::Unjudged,
        )),
    }
}

async fn of_server(client: &Client, args: &LagArgs) -> Result<GetStatusResponse, Failure> {
    let topics = names(&args.topics)?;
    let asked = client.as_one(with_partitions(client, topics.clone())).await;
    match asked {
        Ok(status) => Ok(status),
        Err(error) => Err(with_nearest_name(error, client, &topics).await),
    }
}

/// Whether the end of every partition is known; the commits come before.
fn is_measured(status: &GetStatusResponse) -> bool {
    let measured = |topic: &TopicStatus| {
        let mut partitions = topic.partitions.iter();
        partitions.all(|partition| partition.high_watermark.is_some())
    };
    let mut topics = status.topics.iter();
    !status.topics.is_empty() && topics.all(|topic| !topic.partitions.is_empty() && measured(topic))
}

/// The roll with the partitions of every topic.
async fn with_partitions(
    client: &Client,
    topics: Vec<String>,
) -> Result<GetStatusResponse, CallError> {
    let mut status = client.status(topics).await?;
    for topic in status
        .topics
        .iter_mut()
        .filter(|topic| topic.partitions.is_empty())
    {
        if let Some(whole) = client.topic(topic.topic.clone()).await?.topic {
            *topic = whole;
        }
    }
    Ok(status)
}
