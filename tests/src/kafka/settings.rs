//! The broker's `server.properties`.

use std::fmt::Write;
use std::path::Path;

use super::Version;

/// For one node that is broker and controller in one. With one partition for all groups' offsets, the coordinator that
/// answered once serves every group.
const ONE_NODE: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
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

/// The ports of one node, both on the loopback interface.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) clients: u16,
    pub(super) controller: u16,
}

/// The whole text of `server.properties`. Of a key that is there twice the last one holds, so `overrides` win.
pub(super) fn render(
    version: Version,
    ports: Ports,
    data: &Path,
    overrides: &[(&str, &str)],
) -> String {
    let Ports {
        clients,
        controller,
    } = ports;
    let mut text = String::from(ONE_NODE);
    text.push_str(FOR_TESTS);
    if version == Version::V4_3 {
        text.push_str(SHARE_GROUPS);
    }
    let addresses = [
        (
            "listeners",
            format!("PLAINTEXT://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}"),
        ),
        (
            "advertised.listeners",
            format!("PLAINTEXT://127.0.0.1:{clients}"),
        ),
        (
            "controller.quorum.voters",
            format!("1@127.0.0.1:{controller}"),
        ),
        ("log.dirs", data.display().to_string()),
    ];
    let addresses = addresses.iter().map(|(key, value)| (*key, value.as_str()));
    for (key, value) in addresses.chain(overrides.iter().copied()) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key}={value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(version: Version) -> String {
        let ports = Ports {
            clients: 15_001,
            controller: 15_002,
        };
        render(
            version,
            ports,
            Path::new("/tmp/data"),
            &[("num.io.threads", "1")],
        )
    }

    #[test]
    fn overrides_come_last() {
        assert!(rendered(Version::V4_3).ends_with("log.dirs=/tmp/data\nnum.io.threads=1\n"));
    }

    #[test]
    fn share_groups_are_for_kafka_4_only() {
        assert!(rendered(Version::V4_3).contains("share."));
        assert!(!rendered(Version::V3_9).contains("share."));
    }
}
