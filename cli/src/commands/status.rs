//! `rollcall status`.

pub(super) mod watch;

use rollcall_proto::v1::GetStatusResponse;

use super::{names, reader, with_nearest_name};
use crate::args::look::{StatusArgs, StatusOutput};
use crate::client::{Client, Server};
use crate::exit::{Exit, FailOn, judge};
use crate::failure::Failure;
use crate::view::{line, status};
use crate::words::language::Language;
use crate::{json, output};

/// Shows the roll, once or again and again.
pub async fn run(server: Server, args: StatusArgs, language: Language) -> Result<Exit, Failure> {
    let topics = names(&args.topics)?;
    let client = Client::new(server);
    let answer = match client.status(topics.clone()).await {
        Ok(answer) => answer,
        Err(error) => return Err(with_nearest_name(error, &client, &topics).await),
    };
    if args.watch {
        return watch::run(&client, topics, &args, language, answer).await;
    }
    let exit = exit_of(&answer, args.fail_on);
    let reader = reader(client.server(), language);
    match args.output {
        StatusOutput::Table => output::print(&status::table(&answer, Some(exit), &reader))?,
        StatusOutput::Wide => output::print(&status::wide(&answer, Some(exit), &reader))?,
        StatusOutput::Line => output::print(&format!("{}\n", line::of_status(&answer)))?,
        StatusOutput::Json => output::print_json(&json::value("GetStatusResponse", &answer)?)?,
    };
    Ok(exit)
}

fn exit_of(answer: &GetStatusResponse, fail_on: FailOn) -> Exit {
    judge(
        answer.topics.iter().map(|topic| topic.verdict.as_ref()),
        fail_on,
    )
}
