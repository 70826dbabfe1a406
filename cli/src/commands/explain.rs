//! `rollcall explain TOPIC`.

use super::{reader, with_nearest_name};
use crate::args::look::{ExplainArgs, ExplainOutput};
use crate::client::{Client, Server};
use crate::exit::{Exit, judge};
use crate::failure::Failure;
use crate::{json, output, view};

/// Shows why a topic is silent.
pub async fn run(server: Server, args: ExplainArgs) -> Result<Exit, Failure> {
    let client = Client::new(server);
    let topic = args.topic.to_string();
    let answer = match client.topic(topic.clone()).await {
        Ok(answer) => answer,
        Err(error) => return Err(with_nearest_name(error, &client, &[topic]).await),
    };
    let verdict = answer
        .topic
        .as_ref()
        .and_then(|topic| topic.verdict.as_ref());
    let exit = judge([verdict], args.fail_on);
    match args.output {
        ExplainOutput::Json => output::print_json(&json::value("GetTopicResponse", &answer)?)?,
        ExplainOutput::Text => {
            output::print(&view::explain::text(&answer, &reader(client.server())))?
        }
    };
    Ok(exit)
}
