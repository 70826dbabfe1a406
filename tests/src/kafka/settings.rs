//! The broker's `server.properties`.

use std::fmt::Write;
use std::path::Path;

use super::Version;
use super::secured::{self, Certificate};

/// The same for every node. With one partition for all groups' offsets on a Kafka of one node, the coordinator that
/// answered once serves every group.
const EVERY_NODE: &str = "\
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
";

/// So that what takes minutes elsewhere is seen within a test: members that died are missed after 6 s, compaction and
/// retention look at their logs all the time. A topic that nobody created stays missing.
const FOR_TESTS: &str = "\
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
group.consumer.session.timeout.ms=6000
group.consumer.min.session.timeout.ms=6000
group.consumer.heartbeat.interval.ms=1000
group.consumer.min.heartbeat.interval.ms=1000
log.cleaner.backoff.ms=200
log.cleaner.dedupe.buffer.size=16777216
log.initial.task.delay.ms=500
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
num.network.threads=2
num.io.threads=4
";

/// What only Kafka 4 knows.
const SHARE_GROUPS: &str = "\
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
";

/// Partitions of the topic with the groups' offsets, in a Kafka of several nodes: each coordinates some.
pub(super) const OFFSETS_PARTITIONS: i32 = 6;

/// The ports of one node, all on the loopback interface.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) clients: u16,
    pub(super) controller: u16,
    /// SASL without TLS, where there is security; else what a proxy forwards to, where there is one.
    pub(super) sasl: u16,
    /// SASL over TLS, where there is security.
    pub(super) tls: u16,
}

impl Ports {
    /// Four ports in a row, beginning with that for clients; the controller's comes last.
    pub(super) const fn from(clients: u16) -> Self {
        Self {
            clients,
            sasl: clients + 1,
            tls: clients + 2,
            controller: clients + 3,
        }
    }
}

/// What a node is told.
pub(super) struct Wanted<'a> {
    pub(super) version: Version,
    pub(super) id: i32,
    pub(super) ports: Ports,
    /// Where the controller (node 1) listens for the nodes.
    pub(super) controller: u16,
    /// How many nodes there are.
    pub(super) nodes: i32,
    pub(super) data: &'a Path,
    /// Where a proxy listens for this node's clients; they are told that address.
    pub(super) proxy: Option<u16>,
    /// Where there is security: the node's certificate.
    pub(super) certificate: Option<&'a Certificate>,
    pub(super) overrides: &'a [(String, String)],
}

/// The whole text of `server.properties`. Of a key that is there twice the last one holds, so `overrides` win.
pub(super) fn render(wanted: &Wanted<'_>) -> String {
    let mut text = String::from(EVERY_NODE);
    text.push_str(FOR_TESTS);
    if wanted.version == Version::V4_3 {
        text.push_str(SHARE_GROUPS);
    }
    let mut settings = places(wanted);
    settings.extend(
        wanted
            .certificate
            .map(secured::settings)
            .into_iter()
            .flatten(),
    );
    settings.extend(wanted.overrides.iter().cloned());
    for (key, value) in settings {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key}={value}");
    }
    text
}

/// Who it is and where it listens.
fn places(wanted: &Wanted<'_>) -> Vec<(String, String)> {
    let Ports {
        clients,
        controller,
        sasl,
        tls,
    } = wanted.ports;
    let mut listeners = format!("PLAINTEXT://127.0.0.1:{clients}");
    if wanted.certificate.is_some() {
        let _ = write!(listeners, ",SASL://127.0.0.1:{sasl},TLS://127.0.0.1:{tls}");
    }
    let mut advertised = listeners.clone();
    if let Some(proxy) = wanted.proxy {
        let _ = write!(listeners, ",PROXIED://127.0.0.1:{sasl}");
        let _ = write!(advertised, ",PROXIED://127.0.0.1:{proxy}");
    }
    let is_controller = wanted.id == 1;
    let inner = match is_controller {
        true => format!(",CONTROLLER://127.0.0.1:{controller}"),
        false => String::new(),
    };
    let roles = match is_controller {
        true => "broker,controller",
        false => "broker",
    };
    let offsets = match wanted.nodes {
        1 => 1,
        _ => OFFSETS_PARTITIONS,
    };
    [
        ("process.roles", roles.to_owned()),
        ("node.id", wanted.id.to_string()),
        ("offsets.topic.num.partitions", offsets.to_string()),
        ("listeners", format!("{listeners}{inner}")),
        ("advertised.listeners", advertised),
        (
            "controller.quorum.voters",
            format!("1@127.0.0.1:{}", wanted.controller),
        ),
        ("log.dirs", wanted.data.display().to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(version: Version, id: i32) -> String {
        let overrides = [("num.io.threads".to_owned(), "1".to_owned())];
        render(&Wanted {
            version,
            id,
            ports: Ports {
                clients: 15_001,
                controller: 15_002,
                sasl: 15_003,
                tls: 15_004,
            },
            controller: 15_002,
            nodes: 3,
            data: Path::new("/tmp/data"),
            proxy: Some(16_001),
            certificate: None,
            overrides: &overrides,
        })
    }

    #[test]
    fn overrides_come_last() {
        assert!(rendered(Version::V4_3, 1).ends_with("log.dirs=/tmp/data\nnum.io.threads=1\n"));
    }

    #[test]
    fn share_groups_are_for_kafka_4_only() {
        assert!(rendered(Version::V4_3, 1).contains("share."));
        assert!(!rendered(Version::V3_9, 1).contains("share."));
    }

    #[test]
    fn only_the_first_node_is_controller() {
        assert!(rendered(Version::V4_3, 1).contains("process.roles=broker,controller\n"));
        assert!(rendered(Version::V4_3, 2).contains("process.roles=broker\n"));
    }

    #[test]
    fn a_proxy_is_what_clients_behind_it_are_told() {
        let text = rendered(Version::V4_3, 2);
        assert!(text.contains("listeners=PLAINTEXT://127.0.0.1:15001,PROXIED://127.0.0.1:15003\n"));
        let advertised =
            "advertised.listeners=PLAINTEXT://127.0.0.1:15001,PROXIED://127.0.0.1:16001\n";
        assert!(text.contains(advertised));
    }
}
