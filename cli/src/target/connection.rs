//! Properties sorted: the connection's, the application's, and those that say nothing to an observer.

use std::collections::BTreeMap;

use rollcall_proto::service::config::kafka::{Property, translate};
use rollcall_proto::service::config::{Fault, Faults};

use super::app::App;
use super::{app, java, secret};
use crate::catalog::nearest;

/// What has a flag of its own.
const OWN_FLAGS: [(&str, &str); 3] = [
    ("bootstrap.servers", "-b HOSTS"),
    ("group.id", "-g GROUP"),
    (
        "client.id",
        "nothing: it is rollcall-doctor, for the brokers' logs and quotas",
    ),
];

/// Settings of clients that an observer has no use for: it is no member, keeps no queue,
/// decodes nothing and writes nothing.
const SAY_NOTHING: [&str; 45] = [
    "acks",
    "allow.auto.create.topics",
    "auto.include.jmx.reporter",
    "batch.size",
    "buffer.memory",
    "check.crcs",
    "client.rack",
    "compression.type",
    "debug",
    "default.api.timeout.ms",
    "delivery.timeout.ms",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.metrics.push",
    "enable.partition.eof",
    "exclude.internal.topics",
    "fetch.error.backoff.ms",
    "fetch.queue.backoff.ms",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "interceptor.classes",
    "key.deserializer",
    "key.serializer",
    "linger.ms",
    "log_level",
    "max.block.ms",
    "max.in.flight.requests.per.connection",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "offset.store.method",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "receive.buffer.bytes",
    "retries",
    "send.buffer.bytes",
    "session.timeout.ms",
    "statistics.interval.ms",
    "transactional.id",
    "value.deserializer",
    "value.serializer",
];

/// Names that are suggested where one is misspelt.
const COMMON: [&str; 24] = [
    "bootstrap.servers",
    "client.id",
    "enable.ssl.certificate.verification",
    "group.id",
    "reconnect.backoff.max.ms",
    "reconnect.backoff.ms",
    "sasl.jaas.config",
    "sasl.mechanism",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "socket.connection.setup.timeout.ms",
    "socket.timeout.ms",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.cipher.suites",
    "ssl.endpoint.identification.algorithm",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.truststore.location",
    "ssl.truststore.type",
];

/// What files and flags said, sorted; the later beats the earlier.
#[derive(Default)]
pub(super) struct Said {
    pub(super) bootstrap_servers: Option<String>,
    pub(super) group: Option<String>,
    pub(super) connection: Vec<Property>,
    pub(super) app: App,
    pub(super) left_out: Vec<String>,
}

impl Said {
    /// Adds a file: also the application's own, whose settings tell how it reads.
    pub(super) fn file(&mut self, layer: Vec<Property>, faults: &mut Faults) {
        let mut connection = Vec::new();
        for property in layer {
            let dotted = dotted(&property.name);
            match dotted.as_str() {
                "bootstrap.servers" | "metadata.broker.list" => {
                    self.bootstrap_servers = Some(property.value);
                }
                "group.id" => self.group = Some(property.value),
                name if app::knows(name) => self.app.take(&property, faults),
                name if says_nothing(name) => self.left_out.push(property.name),
                _connection => connection.push(property),
            }
        }
        self.connect(connection, faults);
    }

    /// Adds what was typed: a setting that has another place, or none, is a mistake there.
    pub(super) fn flags(&mut self, layer: &[Property], faults: &mut Faults) {
        let mut connection = Vec::new();
        for property in layer.iter().cloned() {
            match typed(property) {
                Ok(property) => connection.push(property),
                Err(fault) => faults.push(fault),
            }
        }
        self.connect(connection, faults);
    }

    fn connect(&mut self, layer: Vec<Property>, faults: &mut Faults) {
        let layer = translate(java::translate(layer, faults), faults);
        let mut by_name: BTreeMap<String, Property> = std::mem::take(&mut self.connection)
            .into_iter()
            .map(|property| (property.name.clone(), property))
            .collect();
        for property in layer {
            match refused(&property) {
                Some(fault) => faults.push(fault),
                None => drop(by_name.insert(property.name.clone(), property)),
            }
        }
        self.connection = by_name.into_values().collect();
    }
}

fn typed(property: Property) -> Result<Property, Fault> {
    let dotted = dotted(&property.name);
    let wrong = |problem: &str, instead: String| {
        let problem = format!("{} {problem}", property.name);
        Err(Fault::new(property.origin.as_str(), problem, instead))
    };
    if let Some((_, flag)) = OWN_FLAGS.iter().find(|(name, _)| *name == dotted) {
        return wrong("has a place of its own", (*flag).to_owned());
    }
    if app::knows(&dotted) {
        let app = format!("--app {}={}", property.name, property.value);
        return wrong("is a setting of the application that is judged", app);
    }
    if says_nothing(&dotted) {
        let instead = "nothing: no group is joined and nothing is written".to_owned();
        return wrong("has no use here", instead);
    }
    secret::resolve(property)
}

fn says_nothing(name: &str) -> bool {
    SAY_NOTHING.contains(&name) || name == "client.id"
}

fn dotted(name: &str) -> String {
    match name {
        "log_level" => name.to_owned(),
        name => name.replace('_', "."),
    }
}

/// The values that a property may have.
fn values(name: &str) -> &'static str {
    match name {
        "security.protocol" => "PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
        _other => "the values of librdkafka's CONFIGURATION.md; files must exist",
    }
}

/// What librdkafka says against it. Its own text may repeat the value, which may be a secret.
fn refused(property: &Property) -> Option<Fault> {
    let refused = rdkafka::ClientConfig::new()
        .set(&property.name, &property.value)
        .create_native_config()
        .err()?;
    let unknown = refused
        .to_string()
        .contains("No such configuration property");
    let (problem, accepted) = match unknown {
        true => (
            format!("{} is no property of the Kafka client", property.name),
            match nearest(&property.name, COMMON.into_iter()) {
                Some(name) => format!("{name}?"),
                None => "the names of librdkafka's CONFIGURATION.md".to_owned(),
            },
        ),
        false => (
            format!(
                "{} = {} is refused by the Kafka client",
                property.name,
                property.shown()
            ),
            values(&property.name).to_owned(),
        ),
    };
    Some(Fault::new(property.origin.as_str(), problem, accepted))
}
