//! What the Kafka edge reports, as plain values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use rollcall_proto::ids::{LeaderEpoch, LogPosition, Offset, Partition, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::lanes::FeedId;
use crate::core::pulse::duration;

/// Offsets of one partition, read when a start has to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFacts {
    /// C: the group's committed offset; `None` when it has none.
    pub committed: Option<Offset>,
    /// The epoch of the leader under which the record before C was written, when the commit says so.
    pub committed_epoch: Option<LeaderEpoch>,
    /// The topic that the commit was made for, when the commit says so.
    pub committed_for: Option<TopicId>,
    /// L: the log start.
    pub log_start: Offset,
    /// H: the high watermark.
    pub high_watermark: Offset,
    /// S: the last stable offset; `None` for a read_uncommitted consumer.
    pub last_stable: Option<Offset>,
}

impl LogFacts {
    /// E: where this consumer's log ends.
    pub fn end(&self) -> Offset {
        self.last_stable
            .map_or(self.high_watermark, |s| s.min(self.high_watermark))
    }
}

/// The answer to a request for start offsets.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Kafka's id of the topic; `None` when it could not be had.
    pub topic_id: Option<TopicId>,
    /// Each partition that was asked for, with its offsets or why they could not be had.
    pub partitions: Vec<(Partition, Result<LogFacts, String>)>,
}

/// A partition that may stand still because its position is outside of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The partition.
    pub partition: Partition,
    /// Its placement.
    pub placement: u64,
    /// Where it would go on.
    pub next_offset: Offset,
    /// Whether the client has no position for it: then it stands still whatever the log's bounds say.
    pub certain: bool,
    /// What its leader said of the position, if it refused it.
    pub refused: Option<Refused>,
}

/// A leader refused a position, which is outside of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The end of what its log has of the latest epoch that is not later than the position's; `None` where it did not say.
    pub end: Option<LogPosition>,
}

/// Packed records of one partition, as the polling thread cut them.
#[derive(Clone, Debug)]
pub struct CutBatch {
    /// Placement that they were polled under: an older one is not sent.
    pub generation: u64,
    /// The records.
    pub packed: v1::PackedBatch,
    /// Timestamp of the oldest record in milliseconds.
    pub first_timestamp_ms: Option<i64>,
    /// Timestamp of the newest record in milliseconds.
    pub last_timestamp_ms: Option<i64>,
    /// Its first record: the batch may begin before it.
    pub first_record: Offset,
    /// The place behind its last record; all of its records were written under this leader.
    pub behind: LogPosition,
}

impl CutBatch {
    /// What it costs in credit: index and body.
    pub fn credit_bytes(&self) -> u64 {
        (self.packed.index.len() + self.packed.body.len()) as u64
    }

    /// The partition.
    pub const fn partition(&self) -> Partition {
        Partition(self.packed.partition)
    }
}

/// How a commit ended for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// Kafka took it.
    Taken,
    /// This process does not own the partition any more.
    Fenced(String),
    /// No coordinator answered; nothing is known.
    NoCoordinator(String),
    /// Kafka refused it: librdkafka's code and text.
    Refused(i32, String),
    /// It was not tried: the time was over until which a fixed fetcher's claims were confirmed.
    Withheld,
}

/// An answered commit.
#[derive(Clone, Debug)]
pub struct CommitAnswer {
    /// The newest ticket that it covers.
    pub ticket: u64,
    /// The offsets that were to be committed.
    pub offsets: BTreeMap<Partition, Offset>,
    /// How it ended, for all of them.
    pub outcome: CommitOutcome,
}

/// A request for a probe. Each aggregator counts its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeId {
    /// The feed that it came by.
    pub feed: FeedId,
    /// The aggregator's number.
    pub number: u64,
}

/// A round of the probe.
#[derive(Clone, Debug, Default)]
pub struct ProbeRound {
    /// Requests that it answers; empty for one in the background.
    pub probe_ids: Vec<ProbeId>,
    /// When it ended.
    pub measured: Moment,
    /// N of the partitions that are read, read after the log's ends were answered.
    pub positions: BTreeMap<Partition, Offset>,
    /// What was measured; number, age and N are still to be filled in.
    pub probed: v1::Probed,
}

/// What a record is looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is the first that an open transaction hides.
    Hidden,
    /// It is the oldest that was not read.
    Unread,
}

/// A record whose timestamp is wanted: the first at or after the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The partition.
    pub partition: Partition,
    /// The offset.
    pub offset: Offset,
    /// What for.
    pub sight: Sight,
}

/// What was found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What was wanted.
    pub look: Look,
    /// Offset and timestamp of the record; `None` when there is none, or it could not be read.
    pub record: Option<(Offset, Option<i64>)>,
    /// When it was read.
    pub measured: Moment,
}

/// Settings of topic and brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsFacts {
    /// When Kafka was asked.
    pub measured: Moment,
    /// How long the topic keeps a record; `None` when that is not limited, or not known.
    pub retention: Option<Duration>,
    /// transaction.max.timeout.ms of the brokers.
    pub transaction_max_timeout: Option<Duration>,
    /// Why something could not be read.
    pub failure: Option<String>,
}

impl SettingsFacts {
    /// Takes what a topic or a broker was told. A topic that is only compacted keeps its records whatever
    /// retention.ms says.
    pub fn read(&mut self, values: &HashMap<&str, &str>) {
        let length = |name: &str| {
            let millis = values.get(name).and_then(|value| value.parse().ok());
            millis.map(Duration::from_millis)
        };
        let deletes = values
            .get("cleanup.policy")
            .is_some_and(|policy| policy.contains("delete"));
        if deletes {
            self.retention = length("retention.ms");
        }
        self.transaction_max_timeout =
            length("transaction.max.timeout.ms").or(self.transaction_max_timeout);
    }

    /// Something could not be read.
    pub fn fail(&mut self, why: &str) {
        self.failure.get_or_insert_with(|| why.to_owned());
    }

    /// As they travel.
    pub fn to_wire(&self, now: Moment) -> v1::TopicSettings {
        v1::TopicSettings {
            age: Some(duration(now.since(self.measured))),
            retention: self.retention.map(duration),
            transaction_max_timeout: self.transaction_max_timeout.map(duration),
            failure: self.failure.clone(),
        }
    }
}

/// Members of the group that own partitions of the topic.
#[derive(Clone, Debug, Default)]
pub struct GroupOwners {
    /// When the group was described.
    pub measured: Moment,
    /// The owner of each partition.
    pub owners: BTreeMap<Partition, Owner>,
    /// Whether every member has its partitions.
    pub stable: bool,
    /// All members by their ids, each as "CLIENT at HOST".
    pub members: BTreeMap<String, String>,
}

impl GroupOwners {
    /// How many members that own partitions of the topic come before this one, by their ids; bounded by
    /// the topic's partitions.
    pub fn before(&self, member_id: &str) -> u32 {
        let owners = self.owners.values().map(|owner| owner.member_id.as_str());
        let before: BTreeSet<_> = owners.filter(|id| *id < member_id).collect();
        u32::try_from(before.len()).unwrap_or(u32::from(u16::MAX))
    }
}

/// A member of the group. Everything here comes from the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Its client.id.
    pub client_id: String,
    /// Its host.
    pub host: String,
    /// Its member id.
    pub member_id: String,
}

/// Timestamps and rates from the log.
#[derive(Clone, Debug, Default)]
pub struct HistoryFacts {
    /// When it was read.
    pub measured: Moment,
    /// What was read; its age is still to be filled in.
    pub history: v1::History,
}

/// The part of the client's statistics that evidence is made of.
#[derive(Clone, Debug, Default)]
pub struct ClientFacts {
    /// When the client made them, by their own clock.
    pub measured: Moment,
    /// cgrp.state.
    pub group_state: String,
    /// cgrp.join_state.
    pub join_state: String,
    /// Brokers that are connected.
    pub brokers_up: u32,
    /// Brokers that the client knows.
    pub brokers_known: u32,
    /// Each partition of the topic that the client wants.
    pub partitions: BTreeMap<Partition, ClientPartition>,
    /// Brokers of the cluster, by id.
    pub brokers: BTreeMap<i32, ClientBroker>,
}

/// One broker in the client's statistics. Absent numbers are unknown.
#[derive(Clone, Debug, Default)]
pub struct ClientBroker {
    /// "host:port". From the network.
    pub address: String,
    /// State of its connection.
    pub state: String,
    /// Requests that wait for a response.
    pub in_flight: Option<u32>,
    /// Time since it last answered anything.
    pub last_answer_age: Option<Duration>,
    /// Fetch requests; begins anew with the client's entry of the broker.
    pub fetches: Option<u64>,
    /// Longest throttle time in the statistics' window; `None` when there was none.
    pub throttle: Option<Duration>,
    /// Connections made; begins anew with the entry.
    pub connects: Option<u64>,
    /// Connections lost; begins anew with the entry.
    pub disconnects: Option<u64>,
}

/// One partition in the client's statistics.
#[derive(Clone, Debug, Default)]
pub struct ClientPartition {
    /// Next offset to fetch.
    pub next_offset: Option<Offset>,
    /// Broker id of the leader.
    pub leader: Option<i32>,
    /// "host:port" of that broker.
    pub leader_address: String,
    /// Whether its connection is up.
    pub leader_up: bool,
    /// Time since that broker last answered anything.
    pub last_answer_age: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&'static str, &'static str)]) -> SettingsFacts {
        let mut settings = SettingsFacts::default();
        settings.read(&values.iter().copied().collect());
        settings
    }

    #[test]
    fn only_a_topic_that_deletes_has_a_retention_and_an_unlimited_one_has_none() {
        let retention = |policy, millis| {
            read(&[("cleanup.policy", policy), ("retention.ms", millis)]).retention
        };
        let minute = Some(Duration::from_secs(60));
        assert_eq!(retention("delete", "60000"), minute);
        assert_eq!(retention("compact,delete", "60000"), minute);
        assert_eq!(retention("compact", "60000"), None);
        assert_eq!(retention("delete", "-1"), None);
        assert_eq!(read(&[("retention.ms", "60000")]).retention, None);
    }

    #[test]
    fn what_a_broker_says_leaves_what_a_topic_said() {
        let mut settings = read(&[("cleanup.policy", "delete"), ("retention.ms", "1000")]);
        settings.read(&HashMap::from([("transaction.max.timeout.ms", "900000")]));
        assert_eq!(settings.retention, Some(Duration::from_secs(1)));
        assert_eq!(
            settings.transaction_max_timeout,
            Some(Duration::from_secs(900))
        );
    }
}
