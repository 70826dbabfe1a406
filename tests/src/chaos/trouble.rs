//! When a wait for records was in vain: what each side says of the partitions that stand still, so that it is seen where
//! their records are.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::{PartitionStatus, TopicStatus};

use super::house::House;
use super::watch::{committed, outsider};
use crate::blocking::blocking;
use crate::client::Client;
use crate::scratch;

/// One question about a group's commits; its coordinator may be dead.
const ASK: Duration = Duration::from_secs(10);

/// What a lane's aggregator says of a topic.
type Told = (usize, Result<TopicStatus>);

/// Partitions that brought nothing new while they were waited for.
#[derive(Debug)]
pub(super) struct Still(pub(super) Vec<(Topic, i32)>);

impl fmt::Display for Still {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(topic, at)| format!("{topic}-{at}"));
        let names: Vec<String> = names.collect();
        write!(f, "nothing new of {}", names.join(", "))
    }
}

impl Error for Still {}

impl House {
    /// Says of the partitions that stand still (where no wait named them, of all) what was written, what the log has, what
    /// is committed, what the aggregators say and what came. All of it is kept, with the logs of whatever runs.
    pub(super) async fn tell_why(&mut self, error: &anyhow::Error) -> Result<()> {
        let named = error
            .downcast_ref::<Still>()
            .map(|Still(places)| places.clone());
        let places = named.unwrap_or_else(|| self.places());
        let mut of_topic: BTreeMap<&Topic, Vec<i32>> = BTreeMap::new();
        for (topic, partition) in &places {
            of_topic.entry(topic).or_default().push(*partition);
        }
        let seen = self.seen().clone();
        let came = |topic: &Topic, partition| seen.get(&(topic.clone(), partition)).copied();
        let (mut told, mut statuses) = (String::new(), String::new());
        for (topic, partitions) in of_topic {
            let writer = self.writers.iter().find(|writer| writer.topic() == topic);
            told += &writer.map_or_else(|| format!("nobody writes to {topic}\n"), |it| it.told());
            let commits = self.commits_of(topic).await;
            let lanes = self.lanes_of(topic).await;
            for partition in partitions {
                let came = came(topic, partition).unwrap_or(0);
                let written = writer.map(|writer| writer.told_of(partition));
                let log = self.kafka.log_of(topic.as_str(), partition).await;
                // Writing to a String cannot fail.
                let _ = writeln!(
                    told,
                    "{topic}-{partition}: the next to come is {came}; {}; the log {}; committed {}; {}",
                    written.unwrap_or_default(),
                    or_why(log),
                    or_why(commit_of(&commits, partition)),
                    said_of(&lanes, partition),
                );
            }
            let _ = writeln!(statuses, "{topic}: {lanes:#?}");
        }
        eprint!("{told}");
        let beside = self.books().into_iter().next().unwrap_or_default();
        let file = beside.with_file_name("trouble.txt");
        fs::write(&file, told + "\n" + &statuses).context("could not keep what stands still")?;
        let kept = scratch::keep("partitions stood still")?;
        eprintln!(
            "the logs of all processes are in {}, what the aggregators say is in {}",
            kept.display(),
            file.display()
        );
        Ok(())
    }

    async fn commits_of(&self, topic: &Topic) -> Result<Vec<Option<i64>>> {
        let (group, topic) = (outsider(self.kafka.bootstrap())?, topic.clone());
        let partitions = self.shape.partitions;
        let ask = move || committed(&group, &topic, partitions);
        blocking("read the commits", ASK, ask).await?
    }

    /// Each lane's word; of one that does not answer, why.
    async fn lanes_of(&self, topic: &Topic) -> Vec<Told> {
        let mut told = Vec::new();
        for (lane, &address) in self
            .addresses
            .iter()
            .enumerate()
            .take(self.aggregators.len())
        {
            let status = match Client::to(address, "trouble") {
                Ok(client) => client.topic(topic.as_str()).await,
                Err(error) => Err(error),
            };
            told.push((lane, status));
        }
        told
    }
}

fn commit_of(commits: &Result<Vec<Option<i64>>>, partition: i32) -> Result<String, String> {
    let commits = commits.as_ref().map_err(|error| format!("{error:#}"))?;
    let at = usize::try_from(partition).ok();
    let commit = at.and_then(|at| commits.get(at).copied().flatten());
    Ok(number(commit))
}

/// What the lanes say of a partition, with the topic's verdict and who feeds it.
fn said_of(lanes: &[Told], partition: i32) -> String {
    let words = lanes.iter().map(|(lane, told)| match told {
        Ok(topic) => format!("lane {lane} {}", in_a_line(topic, partition)),
        Err(error) => format!("lane {lane} does not answer: {error:#}"),
    });
    words.collect::<Vec<_>>().join("; ")
}

fn in_a_line(topic: &TopicStatus, partition: i32) -> String {
    let verdict = topic
        .verdict
        .as_ref()
        .map(|verdict| verdict.code().as_str_name());
    let fed = topic.fetchers.iter().filter(|fetcher| fetcher.connected);
    let about = format!(
        "{} by {} feeds",
        verdict.unwrap_or("no verdict"),
        fed.count()
    );
    let known = topic
        .partitions
        .iter()
        .find(|known| known.partition == partition);
    let Some(known) = known else {
        return format!("knows no such partition ({about})");
    };
    let PartitionStatus {
        epoch,
        buffered,
        unacked,
        client_id,
        leased_to,
        ..
    } = known;
    format!(
        "{} ({about}): H {}, N {}, C {}, floor {}, epoch {epoch} of {client_id:?}, {buffered} buffered, {unacked} unacked by {leased_to:?}",
        known.verdict().as_str_name(),
        number(known.high_watermark),
        number(known.position),
        number(known.committed),
        number(known.floor),
    )
}

fn number(known: Option<i64>) -> String {
    known.map_or("unknown".to_owned(), |known| known.to_string())
}

fn or_why(told: Result<String, impl fmt::Display>) -> String {
    told.unwrap_or_else(|why| format!("is not known: {why:#}"))
}
