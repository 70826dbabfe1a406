//! `rollcall explain TOPIC`.

mod offline;

use rollcall_proto::v1::{GetTopicResponse, VerdictCode};

use super::source::Source;
use super::verdicts::find;
use super::{reader, say_doubts, with_nearest_name};
use crate::args::look::{ExplainArgs, ExplainOutput};
use crate::exit::{Exit, judge};
use crate::failure::Failure;
use crate::lanes::oddity::Doubts;
use crate::view::Reader;
use crate::words::language::Language;
use crate::{json, output, view};

pub use offline::run as run_offline;

/// Shows why a topic is silent.
pub async fn run(source: Source, args: ExplainArgs, language: Language) -> Result<Exit, Failure> {
    let why_not = args.why_not.as_deref().map(find).transpose()?;
    let mut doubts = Doubts::default();
    let (answer, reader) = match source {
        Source::Server(lanes) => {
            let topic = args.topic.to_string();
            let asked = why_not.unwrap_or(VerdictCode::Unspecified);
            let told = match lanes.topic(&topic, asked).await {
                Ok(told) => told,
                Err(error) => return Err(with_nearest_name(error, &lanes, &[topic]).await),
            };
            doubts = told.doubts;
            (told.answer, reader(lanes.reach(), language))
        }
        Source::Outside(mut outside) => {
            outside.fail_on = args.fail_on;
            outside.json = matches!(args.output, ExplainOutput::Json);
            outside.settled(language).await?;
            let answer = outside.look.topic(&outside.group, &args.topic, why_not);
            (answer.unwrap_or_default(), outside.reader(language))
        }
    };
    say_doubts(&doubts, language);
    Ok(doubts.exit(show(&answer, why_not, &reader, &args)?))
}

/// Prints an answer, and says how it ends.
fn show(
    answer: &GetTopicResponse,
    why_not: Option<VerdictCode>,
    reader: &Reader,
    args: &ExplainArgs,
) -> Result<Exit, Failure> {
    let verdict = answer
        .topic
        .as_ref()
        .and_then(|topic| topic.verdict.as_ref());
    let exit = judge([verdict], args.fail_on);
    match args.output {
        ExplainOutput::Json => output::print_json(&json::value("GetTopicResponse", answer)?)?,
        ExplainOutput::Text => {
            let screen = match why_not {
                Some(code) => view::explain::why_not::text(code, &answer.checks, reader),
                None => view::explain::text(answer, reader),
            };
            output::print(&screen)?
        }
    };
    Ok(exit)
}
