//! `rollcall tune`.

use rollcall_aggregator::core::advice::Asked;
use rollcall_proto::v1::{AdviseRequest, AdviseResponse, Severity, TopicAdvice, Verdict};

use super::source::Source;
use super::{names, reader, say_doubts, with_nearest_name};
use crate::args::tune::{TuneArgs, TuneOutput};
use crate::client::lanes::{Lanes, Told};
use crate::exit::{Exit, judge};
use crate::failure::Failure;
use crate::lanes::oddity::Doubts;
use crate::outside::Look;
use crate::view::tune::{self, Shown};
use crate::words::language::Language;
use crate::{json, output};

/// Shows timeouts and settings in numbers.
pub async fn run(source: Source, args: TuneArgs, language: Language) -> Result<Exit, Failure> {
    let mut doubts = Doubts::default();
    let (advice, reader) = match source {
        Source::Server(lanes) => {
            let told = of_server(&lanes, &args).await?;
            doubts = told.doubts;
            (told.answer, reader(lanes.reach(), language))
        }
        Source::Outside(mut outside) => {
            outside.fail_on = args.fail_on;
            outside.json = matches!(args.output, TuneOutput::Json);
            let group = outside.group.clone();
            let heard = |look: &Look| look.known().history_heard(&group) || look.is_settled();
            outside.examine(|look, _| heard(look), language).await?;
            let asked = Asked {
                target: args.target,
                timeout: args.timeout,
                max_records: args.max_records.unwrap_or(0),
            };
            let advice = outside.look.advise(&outside.group, asked);
            (advice.unwrap_or_default(), outside.reader(language))
        }
    };
    let shown = match args.timeout {
        Some(_) => Shown::OneTimeout,
        None => Shown::Everything,
    };
    match args.output {
        TuneOutput::Json => output::print_json(&json::value("AdviseResponse", &advice)?)?,
        TuneOutput::Table => output::print(&tune::text(&advice, shown, &reader))?,
    };
    let verdicts: Vec<Verdict> = advice
        .topics
        .iter()
        .map(|topic| of(topic, &advice))
        .collect();
    say_doubts(&doubts, language);
    Ok(doubts.exit(judge(verdicts.iter().map(Some), args.fail_on)))
}

async fn of_server(lanes: &Lanes, args: &TuneArgs) -> Result<Told<AdviseResponse>, Failure> {
    let topics = names(&args.topics)?;
    let request = AdviseRequest {
        topics: topics.clone(),
        target: args.target,
        timeout: args.timeout.map(|timeout| prost_types::Duration {
            seconds: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(timeout.subsec_nanos()).unwrap_or(0),
        }),
        max_records: args.max_records.unwrap_or(0),
    };
    match lanes.advise(&request).await {
        Ok(told) => Ok(told),
        Err(error) => Err(with_nearest_name(error, lanes, &topics).await),
    }
}

/// A topic that misses the target could be served better; one that is not known cannot be judged.
fn of(topic: &TopicAdvice, advice: &AdviseResponse) -> Verdict {
    let severity = match tune::misses(topic, advice.target) {
        _ if topic.expect_empty => Severity::Ok,
        None => Severity::Unknown,
        Some(true) => Severity::Note,
        Some(false) => Severity::Ok,
    };
    Verdict {
        severity: severity.into(),
        confirmed: true,
        ..Verdict::default()
    }
}
