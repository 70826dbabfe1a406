//! `rollcall tune`.

use rollcall_proto::v1::{AdviseRequest, AdviseResponse, Severity, TopicAdvice, Verdict};

use super::{names, reader, with_nearest_name};
use crate::args::tune::{TuneArgs, TuneOutput};
use crate::client::{Client, Server};
use crate::exit::{Exit, judge};
use crate::failure::Failure;
use crate::view::tune::{self, Shown};
use crate::words::language::Language;
use crate::{json, output};

/// Shows timeouts and settings in numbers.
pub async fn run(server: Server, args: TuneArgs, language: Language) -> Result<Exit, Failure> {
    let topics = names(&args.topics)?;
    let client = Client::new(server);
    let request = AdviseRequest {
        topics: topics.clone(),
        target: args.target,
        timeout: args.timeout.map(|timeout| prost_types::Duration {
            seconds: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(timeout.subsec_nanos()).unwrap_or(0),
        }),
        max_records: args.max_records.unwrap_or(0),
    };
    let advice = match client.advise(request).await {
        Ok(advice) => advice,
        Err(error) => return Err(with_nearest_name(error, &client, &topics).await),
    };
    let shown = match args.timeout {
        Some(_) => Shown::OneTimeout,
        None => Shown::Everything,
    };
    match args.output {
        TuneOutput::Json => output::print_json(&json::value("AdviseResponse", &advice)?)?,
        TuneOutput::Table => {
            let reader = reader(client.server(), language);
            output::print(&tune::text(&advice, shown, &reader))?
        }
    };
    let verdicts: Vec<Verdict> = advice
        .topics
        .iter()
        .map(|topic| of(topic, &advice))
        .collect();
    Ok(judge(verdicts.iter().map(Some), args.fail_on))
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
