//! Properties of the Kafka client: what users may set, what rollcall sets, and what it keeps for itself.

use std::time::Duration;

use rdkafka::config::ClientConfig;
use rollcall_proto::service::config::Values;

use super::Config;
use crate::kafka::{CLASSIC_KEYS, CLASSIC_SESSION_MS, GroupProtocol};

/// Properties that rollcall owns, why, and what to use instead.
const OWNED: [(&str, &str, &str); 13] = [
    (
        "enable.auto.commit",
        "rollcall commits what was acked, and nothing else",
        "nothing: acks decide",
    ),
    (
        "enable.auto.offset.store",
        "rollcall commits what was acked, and nothing else",
        "nothing: acks decide",
    ),
    (
        "auto.commit.interval.ms",
        "rollcall commits what was acked, at once",
        "nothing: acks decide",
    ),
    (
        "auto.offset.reset",
        "rollcall finds start offsets itself and names what was skipped",
        "start = earliest or latest",
    ),
    (
        "bootstrap.servers",
        "it has a setting of its own",
        "bootstrap",
    ),
    ("group.id", "it has a setting of its own", "group"),
    ("client.id", "it has a setting of its own", "client_id"),
    (
        "group.protocol",
        "it has a setting of its own",
        "group_protocol = auto, consumer or classic",
    ),
    (
        "group.instance.id",
        "a fenced static member gets no word of it",
        "nothing: members are dynamic",
    ),
    (
        "enable.partition.eof",
        "evidence needs it",
        "nothing: it is on",
    ),
    (
        "statistics.interval.ms",
        "evidence needs it once a second",
        "nothing: it is 1000",
    ),
    (
        "log.queue",
        "rollcall reads the client's log itself",
        "log = \"librdkafka=debug\"",
    ),
    (
        "log_level",
        "rollcall reads the client's log itself",
        "log = \"librdkafka=debug\"",
    ),
];

/// What the fetcher lives by; nobody can change it.
const FIXED: [(&str, &str); 5] = [
    ("auto.offset.reset", "error"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    ("statistics.interval.ms", "1000"),
];

/// Where librdkafka's defaults do not serve. Users may change these.
const DEFAULTS: [(&str, &str); 8] = [
    // 300 s hides added partitions and regained rights for five minutes.
    ("topic.metadata.refresh.interval.ms", "10000"),
    // With 60 s a hung leader costs 71 s.
    ("socket.timeout.ms", "10000"),
    // A second's pause each time a queue is full costs half of the speed.
    ("fetch.queue.backoff.ms", "10"),
    // Half of the memory at the same speed.
    ("queued.max.messages.kbytes", "16384"),
    // A cluster that comes back is noticed within seconds.
    ("reconnect.backoff.max.ms", "2000"),
    // Damaged records are named, not delivered as good ones.
    ("check.crcs", "true"),
    ("isolation.level", "read_committed"),
    // Its histogram of polls (KIP-714) costs the polling thread a lock and an entry for each record.
    ("enable.metrics.push", "false"),
];

const POLL_INTERVAL: &str = "max.poll.interval.ms";
const SESSION: &str = "session.timeout.ms";

/// W on the embedded broker, which never answers a waiting fetch early.
const DEMO_FETCH_WAIT_MS: &str = "10";

/// What is wrong with a property.
pub(super) struct PropertyFault {
    pub(super) property: String,
    pub(super) problem: String,
    pub(super) accepted: String,
}

impl Config {
    pub(super) fn property_faults(&self) -> Vec<PropertyFault> {
        let fault = |(name, value): &(String, String)| {
            let property = name.clone();
            if let Some((_, why, instead)) = OWNED.iter().find(|(owned, _, _)| owned == name) {
                let problem = format!("cannot be set: {why}");
                return Some(PropertyFault {
                    property,
                    problem,
                    accepted: (*instead).to_owned(),
                });
            }
            let refused = ClientConfig::new()
                .set(name, value)
                .create_native_config()
                .err()?;
            // librdkafka's text may repeat the value, which may be a secret.
            let unknown = refused
                .to_string()
                .contains("No such configuration property");
            let problem = if unknown {
                "is no property of librdkafka"
            } else {
                "has a value that librdkafka refuses"
            };
            let accepted = "the names and values of librdkafka 2.12's CONFIGURATION.md".to_owned();
            Some(PropertyFault {
                property,
                problem: problem.to_owned(),
                accepted,
            })
        };
        let faults = self.kafka.iter().filter_map(fault);
        faults.chain(self.poll_interval_fault()).collect()
    }

    /// librdkafka refuses a member of a classic group that may go unpolled for less time than its session lasts. With
    /// the other protocol the session is the brokers'.
    fn poll_interval_fault(&self) -> Option<PropertyFault> {
        let millis = |value: &str| value.parse::<u64>().ok();
        let interval = millis(self.property(POLL_INTERVAL)?)?;
        let given = self.property(SESSION);
        let session = given.unwrap_or(CLASSIC_SESSION_MS);
        let classic = self.group_protocol != Some(GroupProtocol::Consumer);
        let whose = if given.is_some() {
            "given"
        } else {
            "by default"
        };
        (classic && interval < millis(session)?).then(|| PropertyFault {
            property: POLL_INTERVAL.to_owned(),
            problem: format!("is less than {SESSION}, which is {session} {whose}"),
            accepted: format!(
                "{session} or more, a smaller {SESSION}, or group_protocol = consumer"
            ),
        })
    }

    /// The value that the user gave a property of the client.
    fn property(&self, name: &str) -> Option<&str> {
        let given = self.kafka.iter().rev().find(|(given, _)| given == name);
        given.map(|(_, value)| value.as_str())
    }

    /// The properties of the group's consumer, but for the group protocol.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (name, value) in DEFAULTS {
            config.set(name, value);
        }
        for (name, value) in self.profile.properties() {
            config.set(name, value);
        }
        if self.demo {
            config.set("fetch.wait.max.ms", DEMO_FETCH_WAIT_MS);
        }
        for (name, value) in &self.kafka {
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("group.id", &self.group)
            .set("client.id", self.client_name());
        for (name, value) in FIXED {
            config.set(name, value);
        }
        config
    }

    /// Properties of the user that hold for the classic group protocol only.
    pub(crate) fn classic_only(&self) -> Vec<&str> {
        let names = self.kafka.iter().map(|(name, _)| name.as_str());
        names.filter(|name| CLASSIC_KEYS.contains(name)).collect()
    }
}

/// Writes into the values what holds for the Kafka client where nobody said anything: the profile's
/// properties and rollcall's own defaults, so that a dump tells them too.
pub fn fill_defaults(values: &mut Values, config: &Config) {
    config.profile.apply(values);
    for (name, value) in DEFAULTS {
        values.fill_property(name, value, "default");
    }
}

/// W: how long a broker may hold an empty fetch.
pub(crate) fn fetch_wait(client: &ClientConfig) -> Duration {
    let millis = client.get("fetch.wait.max.ms").and_then(|w| w.parse().ok());
    Duration::from_millis(millis.unwrap_or(500))
}

/// M: bytes that a broker waits for.
pub(crate) fn fetch_min_bytes(client: &ClientConfig) -> u32 {
    client
        .get("fetch.min.bytes")
        .and_then(|m| m.parse().ok())
        .unwrap_or(1)
}

/// How long a member may go without being polled; librdkafka's default is five minutes.
pub(crate) fn max_poll_interval(client: &ClientConfig) -> Duration {
    let millis = client.get("max.poll.interval.ms");
    Duration::from_millis(millis.and_then(|m| m.parse().ok()).unwrap_or(300_000))
}

/// Whether records of open transactions are hidden from the consumer.
pub(crate) fn read_committed(client: &ClientConfig) -> bool {
    client.get("isolation.level") != Some("read_uncommitted")
}
