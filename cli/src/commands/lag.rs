//! `rollcall lag`.

use rollcall_proto::v1::{GetStatusResponse, StatusView, TopicStatus, VerdictCode};

use super::source::Source;
use super::{names, say_doubts, with_nearest_name};
use crate::args::look::{LagArgs, LagOutput};
use crate::client::CallError;
use crate::client::lanes::{Lanes, Told};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lanes::oddity::Doubts;
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
    let mut doubts = Doubts::default();
    let status = match source {
        Source::Server(lanes) => {
            let told = of_server(&lanes, &args).await?;
            doubts = told.doubts;
            told.answer
        }
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
    say_doubts(&doubts, language);
    match status
        .topics
        .iter()
        .any(|topic| !topic.partitions.is_empty())
    {
        true => Ok(doubts.exit(Exit::Clear)),
        false => Ok(output::fail(
            &Speech::new(language).word(nothing),
            Exit::Unjudged,
        )),
    }
}

async fn of_server(lanes: &Lanes, args: &LagArgs) -> Result<Told<GetStatusResponse>, Failure> {
    let topics = names(&args.topics)?;
    let asked = lanes.as_one(with_partitions(lanes, topics.clone())).await;
    match asked {
        Ok(told) => Ok(told),
        Err(error) => Err(with_nearest_name(error, lanes, &topics).await),
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
    lanes: &Lanes,
    topics: Vec<String>,
) -> Result<Told<GetStatusResponse>, CallError> {
    let mut told = lanes.status(topics, StatusView::Full).await?;
    for topic in told
        .answer
        .topics
        .iter_mut()
        .filter(|topic| topic.partitions.is_empty())
    {
        let whole = lanes.topic(&topic.topic, VerdictCode::Unspecified).await?;
        if let Some(whole) = whole.answer.topic {
            *topic = whole;
        }
    }
    Ok(told)
}
