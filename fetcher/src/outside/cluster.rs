//! The clients that a watch asks through.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::Consumer;
use rdkafka::error::KafkaError;

use super::catalog;
use super::{CLIENT_ID, Options};
use crate::core::latch::Report;
use crate::kafka::native::{self, GroupCommits, GroupDescription};
use crate::kafka::observer::{ObserverClient, group_less};

/// How long one question may take.
pub(super) const ASK_WAIT: Duration = Duration::from_millis(1_500);

/// Three clients: for every record, for committed records, and one with a group's id for commits. None subscribes.
pub(super) struct Cluster {
    /// For H, L, metadata, topic ids and descriptions.
    pub(super) uncommitted: ObserverClient,
    /// For S, and the client whose statistics tell of the brokers: it knows no topic, so they stay short.
    pub(super) committed: Arc<ObserverClient>,
    /// For commits.
    reader: ObserverClient,
}

/// The settings of a client that watches.
pub(super) fn settings(options: &Options) -> ClientConfig {
    let mut config = group_less(&options.client);
    config
        .set("client.id", CLIENT_ID)
        // A broker that hangs up without a word is told of in the log only.
        .set_log_level(RDKafkaLogLevel::Info);
    config
}

impl Cluster {
    pub(super) fn new(options: &Options) -> Result<Self, KafkaError> {
        let client = |key: &str, value: &str| {
            let mut config = settings(options);
            config.set(key, value);
            ObserverClient::new(&config)
        };
        Ok(Self {
            uncommitted: client("isolation.level", "read_uncommitted")?,
            committed: Arc::new(ObserverClient::new(&{
                let mut config = settings(options);
                config
                    .set("isolation.level", "read_committed")
                    .set("statistics.interval.ms", "1000");
                config
            })?),
            reader: client("group.id", options.any_group())?,
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
        let clients = [&self.uncommitted, self.committed.as_ref(), &self.reader];
        clients
            .iter()
            .flat_map(|client| client.take_reports())
            .collect()
    }
}
