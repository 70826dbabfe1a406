//! The group's consumer: made on the polling thread, shared with those that commit and ask.

use std::sync::{Arc, OnceLock};

use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaResult;
use rollcall_proto::ids::Topic;

use crate::kafka::context::Context;
use crate::kafka::native::GroupConsumer;
use crate::kafka::protocol::GroupProtocol;

/// Session time-out of the classic protocol: how long a dead member's partitions stay silent.
pub(crate) const CLASSIC_SESSION_MS: &str = "10000";
/// Heartbeats of the classic protocol: a member learns of a rebalance with its next one, and until the last
/// has learnt of it all topics of the group stand still (with the default of 3 s: 3.2 s).
const CLASSIC_HEARTBEAT_MS: &str = "500";
/// Keys that only the classic protocol takes; librdkafka refuses them beside the other one.
pub(crate) const CLASSIC_KEYS: [&str; 4] = [
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "partition.assignment.strategy",
    "group.protocol.type",
];

/// Where the consumer will be, once it exists.
#[derive(Clone, Default)]
pub(crate) struct Seat(Arc<OnceLock<Arc<GroupConsumer>>>);

impl Seat {
    /// The consumer, if it exists already.
    pub(crate) fn consumer(&self) -> Option<Arc<GroupConsumer>> {
        self.0.get().cloned()
    }

    /// Makes it known.
    pub(crate) fn take(&self, consumer: &Arc<GroupConsumer>) {
        // A seat is taken once: an edge has one consumer, and a lost one is a new edge.
        let _taken_before = self.0.set(Arc::clone(consumer));
    }
}

/// Makes the consumer, and subscribes it when there is a protocol by which the group is joined. Without one it reads
/// what it is told to, and commits to its group like anybody who is no member.
pub(crate) fn make(
    config: &ClientConfig,
    protocol: Option<GroupProtocol>,
    topic: Topic,
    context: Context,
) -> KafkaResult<Arc<GroupConsumer>> {
    let mut config = config.clone();
    // librdkafka compares the times of a member also where nothing is joined.
    speak(protocol.unwrap_or(GroupProtocol::Classic), &mut config);
    config.set_log_level(RDKafkaLogLevel::Info);
    let consumer = GroupConsumer::new(&config, topic, protocol.is_some(), context)?;
    Ok(Arc::new(consumer))
}

/// Sets what the protocol needs, and takes away what it does not allow.
///
/// Not cooperative-sticky: members that close during a rejoin leave ghosts behind (measured: stalls of 6 to
/// 19 s, with duplicates).
fn speak(protocol: GroupProtocol, config: &mut ClientConfig) {
    config.set("group.protocol", protocol.as_str());
    match protocol {
        GroupProtocol::Consumer => {
            for key in CLASSIC_KEYS {
                config.remove(key);
            }
        }
        GroupProtocol::Classic => {
            let defaults = [
                ("session.timeout.ms", CLASSIC_SESSION_MS),
                ("heartbeat.interval.ms", CLASSIC_HEARTBEAT_MS),
                ("partition.assignment.strategy", "range"),
            ];
            for (key, value) in defaults {
                if config.get(key).is_none() {
                    config.set(key, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classic_keys_of_the_user_apply_to_the_classic_protocol_only() {
        let mut config = ClientConfig::new();
        config.set("session.timeout.ms", "6000");
        let mut classic = config.clone();
        speak(GroupProtocol::Classic, &mut classic);
        assert_eq!(classic.get("session.timeout.ms"), Some("6000"));
        assert_eq!(classic.get("partition.assignment.strategy"), Some("range"));
        speak(GroupProtocol::Consumer, &mut config);
        assert_eq!(config.get("session.timeout.ms"), None);
    }
}
