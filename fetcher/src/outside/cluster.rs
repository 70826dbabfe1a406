//! The clients that a watch asks through.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;

use super::{CLIENT_ID, Options};
use super::{Groups, catalog};
use crate::core::latch::Report;
use crate::kafka::native::{self, GroupCommits, GroupDescription};
use crate::kafka::observer::{ObserverClient, group_less};

/// How long one question may take.
pub(super) const ASK_WAIT: Duration = Duration::from_millis(1_500);

/// Three clients: for every record, for committed records, and one with a group's id for commits. None subscribes.
pub(super) struct Cluster {
    /// For H, L, metadata, topic ids and descriptions.
    pub(super) uncommitted: ObserverClient,
    /// For S.
    pub(super) committed: ObserverClient,
    /// For commits.
    reader: ObserverClient,
}

/// The settings of a client that watches.
pub(super) fn settings(options: &Options) -> ClientConfig {
    let mut config = group_less(&options.client);
    config.set("client.id", CLIENT_ID);
    config
}

impl Cluster {
    pub(super) fn new(options: &Options) -> Result<Self, KafkaError> {
        let client = |key: &str, value: &str| {
            let mut config = settings(options);
            config.set(key, value);
            ObserverClient::new(&config)
        };
        // A right to one group may be all that there is, so its client does not name another one.
        let group = match &options.groups {
            Groups::Named(names) => names.first().map(String::as_str),
            Groups::Chosen(_) | Groups::OnTopics => None,
        };
        Ok(Self {
            uncommitted: client("isolation.level", "read_uncommitted")?,
            committed: client("isolation.level", "read_committed")?,
            reader: client("group.id", group.unwrap_or(CLIENT_ID))?,
        })
    }

    /// What each group has committed, asked side by side.
    pub(super) fn commits(&self, groups: &[&str]) -> Vec<Result<GroupCommits, KafkaError>> {
        self.reader.serve();
        let consumer = &self.reader.consumer;
        catalog::side_by_side(groups, |group| {
            native::group_commits(consumer, group, ASK_WAIT)
        })
    }

    /// The groups' descriptions.
    pub(super) fn describe(&self, groups: &[&str]) -> Vec<Result<GroupDescription, KafkaError>> {
        let client = self.uncommitted.consumer.client();
        match native::describe_groups(client, groups, ASK_WAIT) {
            Ok(described) => described,
            Err(error) => groups.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    /// What the clients complained about since this was last asked.
    pub(super) fn reports(&self) -> Vec<Report> {
        let clients = [&self.uncommitted, &self.committed, &self.reader];
        clients
            .iter()
            .flat_map(|client| client.take_reports())
            .collect()
    }
}
