//! Whether somebody else uses the group: joining it would take partitions away from its members, or go on
//! from commits that belong to another application.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rollcall_fetcher::kafka::observer::{GroupReader, Member, Observer};
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::fetchers;
use crate::args::serve::UpArgs;
use crate::failure::Failure;
use crate::output;
use crate::sanitize::safe;
use crate::words::Speech;
use crate::words::arguments::Arguments;

/// How long each question to Kafka may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between two questions.
const AGAIN: Duration = Duration::from_millis(200);
/// Members and partitions that are named; the others are counted.
const NAMED: usize = 5;

/// What others have in a group.
#[derive(Debug, Default)]
struct Foreign {
    members: Vec<Member>,
    members_total: usize,
    commits: Vec<(Topic, Partition, Offset)>,
}

/// Looks at the group from outside; a failure when it has members or commits.
pub(super) async fn refuse_if_used(args: &UpArgs) -> Result<(), Failure> {
    let kafka = &args.kafka;
    let arguments = Arguments::default()
        .text("group", &kafka.group)
        .text("bootstrap", &kafka.bootstrap_servers);
    output::progress(&Speech::english().say("up-look", &arguments));
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &kafka.bootstrap_servers);
    for (name, value) in fetchers(args, "http://127.0.0.1:7655")?
        .into_iter()
        .take(1)
        .flat_map(|fetcher| fetcher.kafka)
    {
        config.set(name, value);
    }
    let (group, topics) = (kafka.group.clone(), args.topics.clone());
    let looked = tokio::task::spawn_blocking(move || look(&config, &group, &topics)).await;
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

fn look(config: &ClientConfig, group: &str, topics: &[Topic]) -> Result<Foreign, String> {
    let told = |error: KafkaError| error.to_string();
    let reader = GroupReader::new(config, group).map_err(told)?;
    let observer = Observer::new(config).map_err(told)?;
    // The clients connect in the background; what they complain about says more than a timeout.
    let why = |error: KafkaError| match reader.fault().or_else(|| observer.fault()) {
        Some(fault) => format!("{error} ({})", fault.text),
        None => error.to_string(),
    };
    let described = patiently(|| reader.describe(PATIENCE)).map_err(why)?;
    let mut foreign = Foreign {
        members: described.members,
        members_total: described.members_total,
        commits: Vec::new(),
    };
    for topic in topics {
        let partitions = observer.metadata(topic, PATIENCE).map_err(why)?.partitions;
        let partitions: Vec<Partition> = partitions
            .into_iter()
            .map(|known| known.partition)
            .collect();
        if partitions.is_empty() {
            continue;
        }
        let commits = patiently(|| reader.committed(topic, &partitions, PATIENCE)).map_err(why)?;
        let known = commits
            .into_iter()
            .filter_map(|(partition, offset)| Some((topic.clone(), partition, offset?)));
        foreign.commits.extend(known);
    }
    Ok(foreign)
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
    let mut has = Vec::new();
    if foreign.members_total > 0 {
        has.push(format!(
            "members: {}",
            listed(foreign.members.iter().map(member), foreign.members_total)
        ));
    }
    if !foreign.commits.is_empty() {
        has.push(format!(
            "commits: {}",
            listed(foreign.commits.iter().map(commit), foreign.commits.len())
        ));
    }
    if has.is_empty() {
        return Ok(());
    }
    let (group, has) = (safe(group), has.join("; "));
    Err(Failure::Failed(format!(
        "group {group} is in use ({has}); joining takes partitions from its members and goes on from its commits: \
         choose another group, or say --join"
    )))
}

fn member(member: &Member) -> String {
    safe(&format!("{} at {}", member.client_id, member.host)).into_owned()
}

fn commit((topic, partition, offset): &(Topic, Partition, Offset)) -> String {
    format!("{topic} P{partition} at {offset}")
}

fn listed(names: impl Iterator<Item = String>, total: usize) -> String {
    let mut names: Vec<String> = names.take(NAMED).collect();
    if total > names.len() {
        names.push(format!("and {} more", total - names.len()));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Foreign, Member, refuse};
    use rollcall_proto::ids::{Offset, Partition, Topic};

    #[test]
    fn a_group_that_nobody_uses_is_taken() {
        assert!(refuse(&Foreign::default(), "g").is_ok());
    }

    #[test]
    fn members_and_commits_are_named_and_counted() {
        let member = |number| Member {
            member_id: String::new(),
            client_id: format!("app-{number}\u{1b}"),
            host: "/10.0.0.7".to_owned(),
            assigned: Vec::new(),
        };
        let topic = Topic::new("ORDERS").unwrap();
        let foreign = Foreign {
            members: (0..7).map(member).collect(),
            members_total: 9,
            commits: vec![(topic, Partition(3), Offset::known(42).unwrap())],
        };
        let line = refuse(&foreign, "g").unwrap_err().to_string();
        assert!(
            line.contains(r"app-0\u{1b} at /10.0.0.7, ") && line.contains("and 4 more"),
            "{line}"
        );
        assert!(
            line.contains("commits: ORDERS P3 at 42") && line.ends_with("say --join"),
            "{line}"
        );
    }
}
