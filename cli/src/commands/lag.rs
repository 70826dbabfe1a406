//! `rollcall lag`.

use rollcall_proto::v1::GetStatusResponse;

use super::{names, with_nearest_name};
use crate::args::look::{LagArgs, LagOutput};
use crate::client::{CallError, Client, Server};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{json, output, view};

/// Shows offsets and lag of every partition.
pub async fn run(server: Server, args: LagArgs) -> Result<Exit, Failure> {
    let topics = names(&args.topics)?;
    let client = Client::new(server);
    let status = match client
        .as_one(with_partitions(&client, topics.clone()))
        .await
    {
        Ok(status) => status,
        Err(error) => return Err(with_nearest_name(error, &client, &topics).await),
    };
    let table = |wide| view::lag::table(&status.group, &status.topics, wide);
    match args.output {
        // Kafka's tool begins with an empty line, and scripts skip it.
        LagOutput::Table => output::print(&format!("\n{}", table(false)))?,
        LagOutput::Wide => output::print(&table(true))?,
        LagOutput::Json => output::print_json(&json::value("GetStatusResponse", &status)?)?,
    };
    if status.demo {
        output::say("DEMO: the offsets are those of the embedded broker");
    }
    match status
        .topics
        .iter()
        .any(|topic| !topic.partitions.is_empty())
    {
        true => Ok(Exit::Clear),
        false => Ok(output::fail(
            "no partition is known yet; is a fetcher connected? see `rollcall status`",
            Exit::Unjudged,
        )),
    }
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
