//! Whether somebody else uses the group: joining it would take partitions away from its members, or go on
//! from commits that belong to another application.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rollcall_fetcher::kafka::observer::{GroupCommits, GroupReader, Member};

use super::fetchers;
use crate::args::serve::UpArgs;
use crate::failure::Failure;
use crate::output;
use crate::sanitize::safe;
use crate::view::quantity;
use crate::words::Speech;
use crate::words::arguments::Arguments;
use crate::words::language::Language;

/// How long each question to Kafka may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two lines that say that no answer has come yet.
const REMIND: Duration = Duration::from_secs(3);
/// Time between two questions.
const AGAIN: Duration = Duration::from_millis(200);
/// Members and topics that are named; the others are counted.
const NAMED: usize = 5;

/// What others have in a group.
#[derive(Debug, Default)]
struct Foreign {
    members: Vec<Member>,
    members_total: usize,
    commits: GroupCommits,
}

/// Looks at the group from outside; a failure when it has members or commits.
pub(super) async fn refuse_if_used(args: &UpArgs, language: Language) -> Result<(), Failure> {
    let kafka = &args.kafka;
    let arguments = Arguments::default()
        .text("group", &kafka.group)
        .text("bootstrap", &kafka.bootstrap_servers);
    output::progress(&Speech::new(language).say("up-look", &arguments));
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &kafka.bootstrap_servers);
    for (name, value) in fetchers(args, "http://127.0.0.1:7655")?
        .into_iter()
        .take(1)
        .flat_map(|fetcher| fetcher.kafka)
    {
        config.set(name, value);
    }
    let group = kafka.group.clone();
    let mut asking = tokio::task::spawn_blocking(move || look(&config, &group));
    let begun = Instant::now();
    let looked = loop {
        match tokio::time::timeout(REMIND, &mut asking).await {
            Ok(looked) => break looked,
            Err(_elapsed) => waits(&kafka.bootstrap_servers, begun, language),
        }
    };
    let looked = looked.map_err(|error| Failure::Failed(error.to_string()))?;
    match looked {
        Ok(foreign) => refuse(&foreign, &kafka.group),
        Err(error) => Err(Failure::Failed(format!(
            "cannot look at group {} on {}: {}; check -b and the rights of the client (--join starts without looking)",
            safe(&kafka.group),
            safe(&kafka.bootstrap_servers),
            safe(&error),
        ))),
    }
}

/// Says that no answer has come yet.
fn waits(bootstrap: &str, begun: Instant, language: Language) {
    let arguments = Arguments::default()
        .text("bootstrap", bootstrap)
        .text("waited", quantity::duration(begun.elapsed()));
    output::say(&Speech::new(language).say("up-look-waits", &arguments));
}

fn look(config: &ClientConfig, group: &str) -> Result<Foreign, String> {
    let reader = GroupReader::new(config, group).map_err(|error| error.to_string())?;
    // The client connects in the background; what it complains about says more than a timeout.
    let why = |error: KafkaError| match reader.fault() {
        Some(fault) => format!("{error} ({})", fault.text),
        None => error.to_string(),
    };
    let described = patiently(|| reader.describe(PATIENCE)).map_err(why)?;
    Ok(Foreign {
        members: described.members,
        members_total: described.members_total,
        commits: patiently(|| reader.commits(PATIENCE)).map_err(why)?,
    })
}

/// Asks again while the group's coordinator is being found or loaded: a cluster that nobody has used a
/// group on yet says so for the first seconds.
fn patiently<T>(ask: impl Fn() -> Result<T, KafkaError>) -> Result<T, KafkaError> {
    use RDKafkaErrorCode::{CoordinatorLoadInProgress, CoordinatorNotAvailable, NotCoordinator};
    let begun = Instant::now();
    loop {
        let error = match ask() {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let passes = error.rdkafka_error_code().is_some_and(|code| {
            matches!(
                code,
                CoordinatorLoadInProgress | CoordinatorNotAvailable | NotCoordinator
            )
        });
        if !passes || begun.elapsed() > PATIENCE {
            return Err(error);
        }
        std::thread::sleep(AGAIN);
    }
}

fn refuse(foreign: &Foreign, group: &str) -> Result<(), Failure> {
    let group = safe(group);
    Err(Failure::Failed(
        match (members(foreign), commits(foreign)) {
            (None, None) => return Ok(()),
            (None, Some(commits)) => format!(
                "group {group} has {commits} and no members; they may be of an earlier `rollcall up`, and --join goes on \
             from there; if they are another application's, choose another group"
            ),
            (Some(members), None) => format!(
                "group {group} has {members}; joining takes partitions from them: choose another group, or say --join"
            ),
            (Some(members), Some(commits)) => format!(
                "group {group} has {members}, and {commits}; joining takes partitions from them and goes on from the \
             commits: choose another group, or say --join"
            ),
        },
    ))
}

/// The members, by client id and host.
fn members(foreign: &Foreign) -> Option<String> {
    let total = foreign.members_total;
    let named = foreign
        .members
        .iter()
        .map(|member| safe(&format!("{} at {}", member.client_id, member.host)).into_owned());
    (total > 0).then(|| {
        format!(
            "{} ({})",
            counted(total, "member"),
            listed(named, total, ", ")
        )
    })
}

/// The commits, by topic, each with one offset as an example.
fn commits(foreign: &Foreign) -> Option<String> {
    let GroupCommits { commits, total } = &foreign.commits;
    let topics: Vec<_> = commits
        .chunk_by(|(one, ..), (other, ..)| one == other)
        .collect();
    let named = topics.iter().filter_map(|commits| {
        let (topic, partition, offset) = commits.first()?;
        let partitions = counted(commits.len(), "partition");
        Some(format!("{topic}: {partitions}, P{partition} at {offset}"))
    });
    let on = counted(*total, "partition");
    match (total, topics.len()) {
        (0, _) => None,
        (_, 0) => Some(format!("commits on {on}")),
        (_, count) => Some(format!("commits on {on} ({})", listed(named, count, "; "))),
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// The first names, and how many more there are.
fn listed(names: impl Iterator<Item = String>, total: usize, between: &str) -> String {
    let mut names: Vec<String> = names.take(NAMED).collect();
    if total > names.len() {
        names.push(format!("and {} more", total - names.len()));
    }
    names.join(between)
}

#[cfg(test)]
mod tests;
