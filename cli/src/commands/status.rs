//! `rollcall status`.

pub(super) mod watch;

use rollcall_proto::v1::GetStatusResponse;

use super::source::{Outside, Source};
use super::{names, reader, say_doubts, with_nearest_name};
use crate::args::look::{StatusArgs, StatusOutput};
use crate::client::lanes::{Lanes, Told};
use crate::exit::{Exit, FailOn, judge};
use crate::failure::Failure;
use crate::view::{doctor, line, status};
use crate::words::language::Language;
use crate::{json, output};

/// Shows the roll, once or again and again.
pub async fn run(source: Source, args: StatusArgs, language: Language) -> Result<Exit, Failure> {
    match source {
        Source::Server(lanes) => of_server(*lanes, args, language).await,
        Source::Outside(outside) => of_outside(*outside, &args, language).await,
    }
}

/// Shows a group that other software runs.
async fn of_outside(
    mut outside: Outside,
    args: &StatusArgs,
    language: Language,
) -> Result<Exit, Failure> {
    if args.watch {
        return Err(Failure::Usage(
            "from outside, `rollcall doctor -w` goes on watching".to_owned(),
        ));
    }
    outside.fail_on = args.fail_on;
    outside.json = matches!(args.output, StatusOutput::Json);
    let answer = outside.settled(language).await?;
    let exit = exit_of(&answer, args.fail_on);
    let reader = outside.reader(language);
    match args.output {
        StatusOutput::Table => output::print(&doctor::brief(&answer, Some(exit), &reader))?,
        StatusOutput::Wide => output::print(&doctor::wide(&answer, Some(exit), &reader))?,
        StatusOutput::Line => output::print(&format!("{}\n", line::of_status(&answer)))?,
        StatusOutput::Json => output::print_json(&json::value("GetStatusResponse", &answer)?)?,
    };
    Ok(exit)
}

async fn of_server(lanes: Lanes, args: StatusArgs, language: Language) -> Result<Exit, Failure> {
    let topics = names(&args.topics)?;
    let told = match lanes.status(topics.clone(), args.output.view()).await {
        Ok(told) => told,
        Err(error) => return Err(with_nearest_name(error, &lanes, &topics).await),
    };
    if args.watch {
        return watch::run(lanes, topics, &args, language, told).await;
    }
    let exit = exit_over(&told, args.fail_on);
    let reader = reader(lanes.reach(), language);
    let Told { answer, doubts } = told;
    say_doubts(&doubts, language);
    match args.output {
        StatusOutput::Table => output::print(&status::table(&answer, Some(exit), &reader))?,
        StatusOutput::Wide => output::print(&status::wide(&answer, Some(exit), &reader))?,
        StatusOutput::Line => output::print(&format!("{}\n", line::of_status(&answer)))?,
        StatusOutput::Json => output::print_json(&json::value("GetStatusResponse", &answer)?)?,
    };
    Ok(exit)
}

/// The same over lanes.
fn exit_over(told: &Told<GetStatusResponse>, fail_on: FailOn) -> Exit {
    told.doubts.exit(exit_of(&told.answer, fail_on))
}

fn exit_of(answer: &GetStatusResponse, fail_on: FailOn) -> Exit {
    judge(
        answer.topics.iter().map(|topic| topic.verdict.as_ref()),
        fail_on,
    )
}
