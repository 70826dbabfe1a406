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

/// Longest time until a broker that went is looked for again: whoever looks once a second does not wait for librdkafka's
/// own 10 s to see that it is back.
const RECONNECT_MS: &str = "1000";
/// How long a coordinator that was found serves. librdkafka 2.12 asks for another one only when the connection to it
/// breaks, not when it answers that it is none (`rd_kafka_coord_cache_evict` has no caller there), and forgets one that is
/// unused for this long, each second. So none is kept from one question to the next.
const COORDINATOR_SERVES_MS: &str = "1";

/// Three clients: for every record, for committed records, and one with a group's id for what coordinators are asked.
/// None subscribes.
pub(super) struct Cluster {
    /// For H, L, metadata, topic ids and the list of groups.
    pub(super) uncommitted: ObserverClient,
    /// For S, and the client whose statistics tell of the brokers: it knows no topic, so they stay short.
    pub(super) committed: Arc<ObserverClient>,
    /// For commits and descriptions. It knows no topic: what is remembered of topics would go as fast as coordinators.
    reader: ObserverClient,
}

/// The settings of a client that watches.
pub(super) fn settings(options: &Options) -> ClientConfig {
    let mut config = group_less(&options.client);
    config
        .set("client.id", CLIENT_ID)
        // A broker that hangs up without a word is told of in the log only.
        .set_log_level(RDKafkaLogLevel::Info);
    let told = |name| config.get(name).is_some();
    if !told("reconnect.backoff.ms") && !told("reconnect.backoff.max.ms") {
        config.set("reconnect.backoff.max.ms", RECONNECT_MS);
    }
    config
}

impl Cluster {
    pub(super) fn new(options: &Options) -> Result<Self, KafkaError> {
        let client = |own: &[(&str, &str)]| {
            let mut config = settings(options);
            for (key, value) in own {
                config.set(*key, *value);
            }
            ObserverClient::new(&config)
        };
        Ok(Self {
            uncommitted: client(&[("isolation.level", "read_uncommitted")])?,
            committed: Arc::new(client(&[
                ("isolation.level", "read_committed"),
                ("statistics.interval.ms", "1000"),
            ])?),
            reader: client(&[
                ("group.id", options.any_group()),
                ("metadata.max.age.ms", COORDINATOR_SERVES_MS),
            ])?,
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
        self.reader.serve();
        let client = self.reader.consumer.client();
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
