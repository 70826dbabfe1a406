//! What a fetcher can be told, however it is told.

mod client;
mod settings;

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::limits::{MAX_RECORD_BYTES, PULSE_INTERVAL};
use rollcall_proto::service::config::kafka::Profile;
use rollcall_proto::service::config::{Fault, Faults};
use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::service::token::Bearer;

use crate::core::assignment::StartPolicy;
use crate::core::lanes::FEEDS;
use crate::core::membership::Membership;
use crate::kafka::GroupProtocol;

pub use client::fill_defaults;
pub(crate) use client::{fetch_min_bytes, fetch_wait, max_poll_interval, read_committed};
pub use settings::{SCHEMA, from_values};

/// How long the end may take for what is out to be settled.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// Partitions that metrics have series of, unless set otherwise.
const METRICS_PARTITIONS: usize = 1000;
/// Longest name of a group: Kafka's field for it is two bytes long, but nobody's screen is.
const GROUP_BYTES: usize = 255;

/// The settings of a fetcher.
#[derive(Clone)]
pub struct Config {
    /// The topic that is fed: the partitions that the group gives, or those of the shard.
    pub topic: Topic,
    /// Brokers to begin with: `HOST:PORT,…`.
    pub bootstrap_servers: String,
    /// The consumer group.
    pub group: String,
    /// The aggregator: `http://HOST:PORT`; of several lanes one for each, with commas between them, or a name that stands
    /// for all.
    pub aggregator: String,
    /// The file with the token that the aggregator wants to be shown.
    pub token_file: Option<PathBuf>,
    /// Name of the client in Kafka's eyes; `rollcall-TOPIC` when there is none.
    pub client_id: Option<String>,
    /// Where a partition without a commit starts.
    pub start: StartPolicy,
    /// Fetch settings for one purpose; what `kafka` says beats them.
    pub profile: &'static Profile,
    /// Properties of the Kafka client by librdkafka's names; the last of one name holds.
    pub kafka: Vec<(String, String)>,
    /// How partitions come to this fetcher.
    pub membership: Membership,
    /// The group protocol; `None` asks the brokers.
    pub group_protocol: Option<GroupProtocol>,
    /// Largest record that is passed on: key, value and headers.
    pub max_record_bytes: u64,
    /// How long the end may take for what is out to be settled.
    pub drain_timeout: Duration,
    /// Whether to read the log's newest timestamps at the start.
    pub history: bool,
    /// Time between two pulses, until the aggregator says another.
    pub pulse_interval: Duration,
    /// Whether the broker is the embedded one of the demo: it holds every empty fetch for its full
    /// wait, so waits are short then.
    pub demo: bool,
    /// Partitions that metrics have series of, at most.
    pub metrics_partitions: usize,
    /// Address of `/livez`, `/readyz` and `/metrics`; `None` for none. Used by the binary.
    pub admin_listen: Option<SocketAddr>,
    /// Log filter. Used by the binary.
    pub log: String,
    /// "text" or "json". Used by the binary.
    pub log_format: String,
}

impl Config {
    /// A fetcher with every default.
    pub fn new(
        topic: Topic,
        bootstrap_servers: impl Into<String>,
        group: impl Into<String>,
        aggregator: impl Into<String>,
    ) -> Self {
        Self {
            topic,
            bootstrap_servers: bootstrap_servers.into(),
            group: group.into(),
            aggregator: aggregator.into(),
            token_file: None,
            client_id: None,
            start: StartPolicy::default(),
            profile: &rollcall_proto::service::config::kafka::PROFILES[0],
            kafka: Vec::new(),
            membership: Membership::Group,
            group_protocol: None,
            max_record_bytes: MAX_RECORD_BYTES,
            drain_timeout: DRAIN_TIMEOUT,
            history: true,
            pulse_interval: PULSE_INTERVAL,
            demo: false,
            metrics_partitions: METRICS_PARTITIONS,
            admin_listen: None,
            log: rollcall_proto::service::telemetry::DEFAULT_FILTER.to_owned(),
            log_format: "text".to_owned(),
        }
    }

    /// Everything that is wrong, if something is. `place` says where a setting came from; `None` leaves
    /// out what is wrong with it.
    pub fn check(&self, place: impl Fn(&str) -> Option<String>) -> Result<(), Faults> {
        let mut faults = Faults::default();
        let mut wrong = |key: &str, problem: String, accepted: &str| {
            if let Some(place) = place(key) {
                faults.push(Fault::new(place, problem, accepted));
            }
        };
        if let Err(problem) = self.check_aggregators() {
            wrong("aggregator", problem, "");
        }
        if let Err(fault) = Bearer::of(self.token_file.as_deref()) {
            wrong("token_file", fault.to_string(), "");
        }
        for (key, text) in [
            ("bootstrap", &self.bootstrap_servers),
            ("group", &self.group),
        ] {
            if text.trim().is_empty() {
                wrong(key, "is empty".to_owned(), "a text that is not empty");
            } else if text.chars().any(char::is_control) {
                wrong(
                    key,
                    format!("{text:?} has a control character"),
                    "a text of one line",
                );
            }
        }
        if self.group.len() > GROUP_BYTES {
            let problem = format!("has {} bytes", self.group.len());
            wrong("group", problem, "a name of at most 255 bytes");
        }
        if self.membership.shard().is_some() && self.group_protocol.is_some() {
            let problem = "is the protocol of a group's member, and a fixed fetcher is none";
            wrong(
                "group_protocol",
                problem.to_owned(),
                "auto with membership = fixed, or membership = group",
            );
        }
        for fault in self.property_faults() {
            wrong(
                &format!("kafka.{}", fault.property),
                fault.problem,
                &fault.accepted,
            );
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    /// Where the aggregators are, one of each lane.
    pub fn aggregators(&self) -> Vec<String> {
        let all = self.aggregator.split(',');
        all.map(|address| address.trim().to_owned()).collect()
    }

    fn check_aggregators(&self) -> Result<(), String> {
        let mut known = BTreeSet::new();
        for address in self.aggregators() {
            let endpoint = client_endpoint(&address).map_err(|error| error.to_string())?;
            if !known.insert(endpoint.uri().to_string()) {
                return Err(format!(
                    "{address:?} stands there twice: each lane has its own"
                ));
            }
        }
        match known.len() > FEEDS {
            true => Err(format!(
                "{} aggregators are too many: at most {FEEDS}",
                known.len()
            )),
            false => Ok(()),
        }
    }

    /// Name of the client in Kafka's eyes.
    pub fn client_name(&self) -> String {
        self.client_id
            .clone()
            .unwrap_or_else(|| format!("rollcall-{}", self.topic))
    }
}

/// Values of properties may be secrets: only their names are shown.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.kafka.iter().map(|(name, _)| name).collect();
        f.debug_struct("Config")
            .field("topic", &self.topic)
            .field("group", &self.group)
            .field("aggregator", &self.aggregator)
            .field("token_file", &self.token_file)
            .field("start", &self.start)
            .field("profile", &self.profile.name)
            .field("kafka", &names)
            .field("membership", &self.membership)
            .field("group_protocol", &self.group_protocol)
            .field("max_record_bytes", &self.max_record_bytes)
            .field("drain_timeout", &self.drain_timeout)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
