//! One fetcher as its feed shows it: who it is, its last pulse, and the partitions it measures.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::partition::Seen;
use super::wire;
use super::{MAX_ERRORS, MAX_PARTITIONS};

/// What is known through one feed.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Who feeds, with which settings.
    pub open: OpenFacts,
    /// When the feed was opened.
    pub opened: Moment,
    /// The last pulse.
    pub pulse: Option<PulseFacts>,
    /// Partitions that the fetcher told of.
    pub partitions: BTreeMap<Partition, Seen>,
    /// The last probe round.
    pub round: Option<Round>,
}

/// Kafka's isolation level; unknown is `Option<Isolation>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Records of open and aborted transactions are hidden.
    ReadCommitted,
    /// Every record is read.
    ReadUncommitted,
}

/// What a fetcher said when it opened its feed.
#[derive(Clone, Debug, Default)]
pub struct OpenFacts {
    /// Names its run.
    pub fetcher_id: String,
    /// Consumer group.
    pub group: String,
    /// client.id of its consumer.
    pub client_id: String,
    /// Its host.
    pub host: String,
    /// Its version.
    pub version: String,
    /// "consumer" or "classic".
    pub group_protocol: String,
    /// bootstrap.servers.
    pub bootstrap_servers: String,
    /// Id of the topic that it consumes.
    pub topic_id: Option<TopicId>,
    /// Isolation level of its consumer.
    pub isolation: Option<Isolation>,
    /// W.
    pub fetch_wait: Option<Duration>,
    /// Whether its broker is the embedded one.
    pub demo: bool,
}

/// What a pulse says of the client as a whole.
#[derive(Clone, Debug)]
pub struct PulseFacts {
    /// When it came.
    pub at: Moment,
    /// When the client's statistics were made.
    pub statistics: Option<Moment>,
    /// State of the group.
    pub group: GroupFacts,
    /// Since when the client has had no coordinator: the client's own state flips while it looks for one.
    pub coordinator_lost: Option<Moment>,
    /// Brokers that the client is connected to.
    pub brokers_up: u32,
    /// Since when there has been none; only said by a pulse that has statistics.
    pub brokers_down: Option<Moment>,
    /// Since when the client has been without credit.
    pub starved: Option<Moment>,
    /// Partitions of the topic in the metadata.
    pub partitions_known: Option<u32>,
    /// Errors that last.
    pub errors: Vec<Latched>,
    /// Members that are no fetchers of the topic and own a partition.
    pub foreign: BTreeMap<Partition, Foreign>,
}

/// State of the consumer group as one client sees it.
#[derive(Clone, Debug, Default)]
pub struct GroupFacts {
    /// librdkafka's cgrp.state.
    pub state: String,
    /// librdkafka's cgrp.join_state.
    pub join_state: String,
    /// Since when both have been as they are.
    pub since: Option<Moment>,
    /// Since when a rebalance has been in motion.
    pub rebalancing: Option<Moment>,
    /// The fetcher's member id.
    pub member_id: String,
}

/// An error that the client reported and that nothing has contradicted since.
#[derive(Clone, Debug)]
pub struct Latched {
    /// What it is about; a kind this build does not know is `Unspecified`.
    pub kind: v1::ErrorKind,
    /// librdkafka's code.
    pub code: i32,
    /// The client's text. From the network.
    pub text: String,
    /// When it was first seen.
    pub first: Moment,
    /// When it was last seen.
    pub last: Moment,
    /// The partition that it concerns; absent when it concerns the client.
    pub partition: Option<Partition>,
}

/// A member of the group that is no fetcher of the topic and owns a partition.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// Its client.id. From the network.
    pub client_id: String,
    /// Its host. From the network.
    pub host: String,
    /// Its id. From the network.
    pub member_id: String,
    /// When the group was described.
    pub at: Moment,
    /// The group's commit of the partition.
    pub committed: Option<Offset>,
    /// Since when that commit has been seen as it is.
    pub committed_since: Moment,
}

/// The last probe round as a whole.
#[derive(Clone, Debug)]
pub struct Round {
    /// When it measured.
    pub at: Moment,
    /// How long it took.
    pub took: Option<Duration>,
    /// Why it failed as a whole. From the network.
    pub failure: Option<String>,
    /// Since when rounds have failed.
    pub failing: Option<Moment>,
    /// Brokers in the metadata.
    pub brokers: u32,
}

impl Feed {
    /// A feed that was opened now.
    pub fn new(open: &v1::Open, now: Moment) -> Self {
        Self {
            open: OpenFacts::read(open),
            opened: now,
            pulse: None,
            partitions: BTreeMap::new(),
            round: None,
        }
    }

    /// When the fetcher was last heard: its last pulse, else the opening of its feed.
    pub fn heard(&self) -> Moment {
        self.pulse.as_ref().map_or(self.opened, |pulse| pulse.at)
    }

    /// Takes a pulse.
    pub fn pulse(&mut self, pulse: &v1::Pulse, now: Moment) {
        self.pulse = Some(PulseFacts::read(pulse, self.pulse.as_ref(), now));
        for part in pulse.partitions.iter().take(MAX_PARTITIONS) {
            if let Some(seen) = self.partition(part.partition) {
                seen.pulse(part, now);
            }
        }
        // A partition that the pulse leaves out is not the fetcher's any more.
        for seen in self.partitions.values_mut() {
            seen.pulse.take_if(|facts| facts.at < now);
        }
    }

    /// Takes the result of a probe; says when it measured.
    pub fn probed(&mut self, probed: &v1::Probed, now: Moment) -> Moment {
        let at = wire::moment(probed.age.as_ref(), now).unwrap_or(now);
        let failing = self.round.as_ref().and_then(|round| round.failing);
        self.round = Some(Round {
            at,
            took: wire::duration(probed.took.as_ref()),
            failure: probed.failure.as_deref().map(wire::text),
            failing: probed.failure.as_ref().map(|_| failing.unwrap_or(at)),
            brokers: probed.brokers,
        });
        match &probed.failure {
            // What a round that failed as a whole says of its partitions is nothing.
            Some(failure) => self
                .partitions
                .values_mut()
                .for_each(|seen| seen.probe_failed(failure, at)),
            None => self.measured(&probed.partitions, at),
        }
        at
    }

    fn measured(&mut self, partitions: &[v1::ProbedPartition], at: Moment) {
        let isolation = self.open.isolation;
        for part in partitions.iter().take(MAX_PARTITIONS) {
            if let Some(seen) = self.partition(part.partition) {
                seen.probed(part, isolation, at);
            }
        }
    }

    /// What is known of a partition, to be filled; `None` for numbers that cannot be, and beyond the cap.
    pub fn partition(&mut self, number: i32) -> Option<&mut Seen> {
        let partition = Partition(number);
        let room =
            self.partitions.len() < MAX_PARTITIONS || self.partitions.contains_key(&partition);
        (number >= 0 && room).then(|| self.partitions.entry(partition).or_default())
    }
}

impl OpenFacts {
    fn read(open: &v1::Open) -> Self {
        Self {
            fetcher_id: wire::text(&open.fetcher_id),
            group: wire::text(&open.group),
            client_id: wire::text(&open.client_id),
            host: wire::text(&open.host),
            version: wire::text(&open.version),
            group_protocol: wire::text(&open.group_protocol),
            bootstrap_servers: wire::text(&open.bootstrap_servers),
            topic_id: TopicId::new(&open.topic_id),
            isolation: match open.isolation_level() {
                v1::IsolationLevel::ReadCommitted => Some(Isolation::ReadCommitted),
                v1::IsolationLevel::ReadUncommitted => Some(Isolation::ReadUncommitted),
                v1::IsolationLevel::Unspecified => None,
            },
            fetch_wait: wire::duration(open.fetch_wait.as_ref()),
            demo: open.demo,
        }
    }
}

impl PulseFacts {
    fn read(pulse: &v1::Pulse, before: Option<&Self>, now: Moment) -> Self {
        let statistics = wire::moment(pulse.statistics_age.as_ref(), now);
        let none_up = statistics.is_some() && pulse.brokers_up == 0;
        let down_before = before.and_then(|before| before.brokers_down);
        let group = pulse
            .group
            .as_ref()
            .map(|group| GroupFacts::read(group, now))
            .unwrap_or_default();
        let lost_before = before.and_then(|before| before.coordinator_lost);
        let lost = group.coordinator() == Some(false);
        let foreign = pulse
            .foreign_owners
            .iter()
            .filter(|owner| owner.partition >= 0)
            .take(MAX_PARTITIONS);
        Self {
            at: now,
            statistics,
            coordinator_lost: lost.then(|| lost_before.unwrap_or(now)),
            group,
            brokers_up: pulse.brokers_up,
            brokers_down: none_up.then(|| down_before.unwrap_or(now)),
            starved: wire::moment(pulse.starved.as_ref(), now),
            partitions_known: pulse.partitions_known,
            errors: pulse
                .errors
                .iter()
                .take(MAX_ERRORS)
                .map(|error| Latched::read(error, now))
                .collect(),
            foreign: foreign
                .map(|owner| {
                    let partition = Partition(owner.partition);
                    let before = before.and_then(|before| before.foreign.get(&partition));
                    (partition, Foreign::read(owner, before, now))
                })
                .collect(),
        }
    }
}

impl GroupFacts {
    fn read(group: &v1::GroupState, now: Moment) -> Self {
        Self {
            state: wire::text(&group.state),
            join_state: wire::text(&group.join_state),
            since: wire::moment(group.state_age.as_ref(), now),
            rebalancing: wire::moment(group.rebalancing.as_ref(), now),
            member_id: wire::text(&group.member_id),
        }
    }

    /// Whether the member has joined and nothing is in motion; `None` while the client does not say.
    pub fn steady(&self) -> Option<bool> {
        let said = !self.join_state.is_empty() || self.rebalancing.is_some();
        said.then(|| self.join_state == "steady" && self.rebalancing.is_none())
    }

    /// Whether the client has a coordinator; `None` while it does not say.
    pub fn coordinator(&self) -> Option<bool> {
        (!self.state.is_empty()).then(|| self.state == "up")
    }
}

impl Latched {
    fn read(error: &v1::LatchedError, now: Moment) -> Self {
        Self {
            kind: error.kind(),
            code: error.code,
            text: wire::text(&error.text),
            first: wire::moment(error.first_age.as_ref(), now).unwrap_or(now),
            last: wire::moment(error.last_age.as_ref(), now).unwrap_or(now),
            partition: error.partition.map(Partition),
        }
    }

    /// Whether it speaks of the partition or of the client as a whole.
    pub fn concerns(&self, partition: Option<Partition>) -> bool {
        self.partition.is_none() || self.partition == partition
    }
}

impl Foreign {
    fn read(owner: &v1::ForeignOwner, before: Option<&Self>, now: Moment) -> Self {
        let at = wire::moment(owner.age.as_ref(), now).unwrap_or(now);
        let committed = wire::offset(owner.committed);
        let same = before
            .filter(|before| before.member_id == owner.member_id && before.committed == committed);
        Self {
            client_id: wire::text(&owner.client_id),
            host: wire::text(&owner.host),
            member_id: wire::text(&owner.member_id),
            at,
            committed,
            committed_since: same.map_or(at, |before| before.committed_since),
        }
    }
}
