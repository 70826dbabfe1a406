//! What a pulse says: of the client, of its group, of what went wrong, and of each partition.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::{self, Moment};
use rollcall_proto::v1::{self, StartedFrom};
use serde::{Deserialize, Serialize};

use super::brokers::BrokerFacts;
use super::wire;
use super::{MAX_ERRORS, MAX_PARTITIONS};

/// How long a description of the group serves: it is asked for every 5 s, and one may be late.
const DESCRIPTION_FRESH: Duration = Duration::from_secs(11);

/// How long a steady member that lost its coordinator must have one to be believed (measured under KIP-848 with a
/// coordinator that hung: up for 1 to 3 s, away for 1 to 3 s, in turn).
const COORDINATOR_BACK: Duration = Duration::from_secs(5);

/// What a pulse says of the client as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// Since when there has been none; only said by a pulse with statistics, or with the error that says so.
    pub brokers_down: Option<Moment>,
    /// Since when the client has been without credit.
    pub starved: Option<Moment>,
    /// Partitions of the topic in the metadata.
    pub partitions_known: Option<u32>,
    /// Errors that last.
    pub errors: Vec<Latched>,
    /// Members that are no fetchers of the topic and own a partition.
    pub foreign: BTreeMap<Partition, Foreign>,
    /// When the group was described; `None` while that was not needed.
    pub described: Option<Moment>,
    /// When the consumer was last polled; `None` while there is none.
    pub polled: Option<Moment>,
    /// Partitions that another fetcher holds, and for which this one waits.
    #[serde(default)]
    pub standby: u32,
    /// The brokers by id.
    pub brokers: BTreeMap<i32, BrokerFacts>,
    /// Settings of topic and brokers.
    pub settings: Settings,
}

/// Settings of topic and brokers, as Kafka told them. Absent ones are unknown, or do not limit anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// When Kafka was asked.
    pub at: Option<Moment>,
    /// How long the topic keeps its records.
    pub retention: Option<Duration>,
    /// How long a transaction may be open.
    pub transaction_max_timeout: Option<Duration>,
}

/// A record that was looked at without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp, milliseconds since the epoch.
    pub timestamp_ms: i64,
    /// When it was read.
    pub at: Moment,
}

/// State of the consumer group as one client sees it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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
    /// It has joined, and the group gives it nothing.
    pub idle: bool,
}

/// An error that the client reported and that nothing has contradicted since.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Foreign {
    /// Its client.id. From the network.
    pub client_id: String,
    /// Its host. From the network.
    pub host: String,
    /// Its id. From the network.
    pub member_id: String,
    /// When the group was described.
    pub at: Moment,
    /// The group's commit of the partition; absent when there is none, or when it is unknown.
    pub committed: Option<Offset>,
    /// Whether the group is known to have no commit of the partition.
    #[serde(default)]
    pub no_commit: bool,
    /// Since when that commit, or the want of one, has been seen as it is.
    pub committed_since: Moment,
}

/// A partition's part of a pulse.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartitionFacts {
    /// When the pulse came.
    pub at: Moment,
    /// A: offset after the last record that the client handed over.
    pub handed_over: Option<Offset>,
    /// How the start offset was found; unknown values are `Unspecified`.
    pub started_from: StartedFrom,
    /// What the start skipped or lost.
    pub lost: Option<OffsetRange>,
    /// Since when the partition has been paused.
    pub paused: Option<Moment>,
    /// When the leader last answered a fetch.
    pub last_fetch: Option<Moment>,
    /// Since when the start offset has been unknown.
    pub unresolved: Option<Moment>,
    /// A record above the limit that holds the partition.
    pub oversized: Option<Oversized>,
    /// Whether the partition is assigned to the fetcher.
    pub assigned: bool,
    /// N, as of this pulse.
    pub next: Option<Offset>,
    /// When it last changed.
    pub moved: Option<Moment>,
    /// Offset that polling itself has come to.
    pub polled_offset: Option<Offset>,
    /// When that last changed.
    pub polled_on: Option<Moment>,
    /// When the last record was handed over.
    pub last_record: Option<Moment>,
    /// Broker id of the leader.
    pub leader: Option<i32>,
    /// The first record that an open transaction hides.
    pub hidden_record: Option<Logged>,
    /// The oldest record that was not read yet.
    pub unread_record: Option<Logged>,
}

/// A record above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oversized {
    /// Its offset.
    pub offset: Offset,
    /// Its size.
    pub bytes: u64,
    /// The limit.
    pub max_record_bytes: u64,
}

impl PulseFacts {
    pub(super) fn read(pulse: &v1::Pulse, before: Option<&Self>, now: Moment) -> Self {
        let statistics = wire::moment(pulse.statistics_age.as_ref(), now);
        // Before its first statistics a client is known to have no broker only by what it says itself.
        let says_so = has(pulse, v1::ErrorKind::AllBrokersDown);
        let none_up = pulse.brokers_up == 0 && (statistics.is_some() || says_so);
        let down_before = before.and_then(|before| before.brokers_down);
        let group = pulse
            .group
            .as_ref()
            .map(|group| GroupFacts::read(group, now))
            .unwrap_or_default();
        let lost_before = before.and_then(|before| before.coordinator_lost);
        // While it looks for a coordinator that hangs, a steady member's state flips through "up" for some seconds.
        let back = group
            .since
            .is_none_or(|since| now.since(since) >= COORDINATOR_BACK);
        let flips = lost_before.is_some() && group.join_state == "steady" && !back;
        let lost = group.coordinator() == Some(false) || flips;
        let foreign = pulse
            .foreign_owners
            .iter()
            .filter(|owner| owner.partition >= 0)
            .take(MAX_PARTITIONS);
        Self {
            at: now,
            statistics,
            coordinator_lost: lost.then(|| lost_before.or(group.since).unwrap_or(now)),
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
            described: wire::moment(pulse.owners_age.as_ref(), now),
            polled: wire::moment(pulse.polled_age.as_ref(), now),
            standby: pulse.standby,
            brokers: BrokerFacts::read(pulse, now),
            settings: Settings::read(pulse, now),
        }
    }

    /// Whether a fresh description of the group names no owner of the partition. One that is older than the partition
    /// says nothing of it.
    pub(super) fn owned_by_nobody(
        &self,
        partition: Partition,
        known: Option<Moment>,
        now: Moment,
    ) -> bool {
        let fresh = |at: Moment| now.since(at) <= DESCRIPTION_FRESH && Some(at) >= known;
        let described = self.described.is_some_and(fresh);
        described && !self.foreign.contains_key(&partition)
    }
}

fn has(pulse: &v1::Pulse, kind: v1::ErrorKind) -> bool {
    pulse.errors.iter().any(|error| error.kind() == kind)
}

impl GroupFacts {
    fn read(group: &v1::GroupState, now: Moment) -> Self {
        Self {
            state: wire::text(&group.state),
            join_state: wire::text(&group.join_state),
            since: wire::moment(group.state_age.as_ref(), now),
            rebalancing: wire::moment(group.rebalancing.as_ref(), now),
            member_id: wire::text(&group.member_id),
            idle: group.idle,
        }
    }

    /// Whether the member has joined and nothing is in motion; `None` while the client does not say.
    pub fn steady(&self) -> Option<bool> {
        let said = !self.join_state.is_empty() || self.rebalancing.is_some();
        let settled = self.join_state == "steady" || self.idle;
        said.then(|| settled && self.rebalancing.is_none())
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
        let no_commit = owner.commit_known && committed.is_none();
        let same = before.filter(|before| {
            before.member_id == owner.member_id
                && (before.committed, before.no_commit) == (committed, no_commit)
        });
        Self {
            client_id: wire::text(&owner.client_id),
            host: wire::text(&owner.host),
            member_id: wire::text(&owner.member_id),
            at,
            committed,
            no_commit,
            committed_since: same.map_or(now, |before| before.committed_since),
        }
    }
}

impl PartitionFacts {
    pub(super) fn read(pulse: &v1::PartitionPulse, now: Moment) -> Self {
        Self {
            at: now,
            handed_over: wire::offset(pulse.handed_over),
            started_from: pulse.started_from(),
            lost: pulse
                .lost
                .and_then(|lost| OffsetRange::from_raw(lost.first_offset, lost.next_offset)),
            paused: wire::moment(pulse.paused.as_ref(), now),
            last_fetch: wire::moment(pulse.last_fetch_age.as_ref(), now),
            unresolved: wire::moment(pulse.unresolved.as_ref(), now),
            oversized: pulse.oversized.and_then(Oversized::read),
            assigned: pulse.assigned,
            next: wire::offset(pulse.next_offset),
            moved: wire::moment(pulse.next_offset_age.as_ref(), now),
            polled_offset: wire::offset(pulse.polled_offset),
            polled_on: wire::moment(pulse.polled_offset_age.as_ref(), now),
            last_record: wire::moment(pulse.last_record_age.as_ref(), now),
            leader: pulse.leader.filter(|leader| *leader >= 0),
            hidden_record: pulse.hidden_record.and_then(|raw| Logged::read(&raw, now)),
            unread_record: pulse.unread_record.and_then(|raw| Logged::read(&raw, now)),
        }
    }
}

impl Logged {
    /// A record without a timestamp tells nothing; 0 is what a producer without a clock writes.
    fn read(raw: &v1::LoggedRecord, now: Moment) -> Option<Self> {
        Some(Self {
            offset: Offset::known(raw.offset)?,
            timestamp_ms: raw.timestamp_ms.filter(|millis| *millis > 0)?,
            at: wire::moment(raw.age.as_ref(), now).unwrap_or(now),
        })
    }
}

impl Settings {
    fn read(pulse: &v1::Pulse, now: Moment) -> Self {
        let raw = pulse.settings.as_ref();
        let length = |raw: Option<&prost_types::Duration>| wire::duration(raw);
        Self {
            at: raw.and_then(|raw| wire::moment(raw.age.as_ref(), now)),
            // Not cut like an age: a topic may keep its records for years.
            retention: raw.and_then(|raw| time::length(raw.retention.as_ref()?)),
            transaction_max_timeout: raw
                .and_then(|raw| length(raw.transaction_max_timeout.as_ref())),
        }
    }
}

impl Oversized {
    fn read(raw: v1::OversizedRecord) -> Option<Self> {
        Offset::known(raw.offset).map(|offset| Self {
            offset,
            bytes: raw.bytes,
            max_record_bytes: raw.max_record_bytes,
        })
    }
}
