//! One fetcher as its feed shows it: who it is, its last pulse, and the partitions that it measures.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{Partition, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use serde::{Deserialize, Serialize};

use super::MAX_PARTITIONS;
use super::observed::GroupFacts;
use super::partition::Seen;
use super::pulse::PulseFacts;
use super::wire;
use crate::core::lane::Lane;

/// What is known through one feed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Feed {
    /// Who feeds, with which settings.
    pub open: OpenFacts,
    /// When the feed was opened.
    pub opened: Moment,
    /// Which partitions it is heard of.
    #[serde(default)]
    lane: Lane,
    /// Since when its fetcher has said this number of lanes, on the feeds before this one too; `None` in old traces.
    #[serde(default)]
    pub lanes_since: Option<Moment>,
    /// The last pulse.
    pub pulse: Option<PulseFacts>,
    /// Partitions of the lane that the fetcher told of.
    pub partitions: BTreeMap<Partition, Seen>,
    /// The last probe round.
    pub round: Option<Round>,
    /// The group, as an observer last saw it.
    pub group: Option<GroupFacts>,
    /// Whether the group has committed past an open transaction: then it does not wait for transactions to end.
    reads_uncommitted: bool,
}

/// Kafka's isolation level; unknown is `Option<Isolation>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// Records of open and aborted transactions are hidden.
    ReadCommitted,
    /// Every record is read.
    ReadUncommitted,
}

/// What a fetcher said when it opened its feed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
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
    /// M; `None` when it was not said.
    pub fetch_min_bytes: Option<u32>,
    /// How long its consumer may go without being polled.
    pub max_poll_interval: Option<Duration>,
    /// How often an observed application commits by itself, if that was told.
    #[serde(default)]
    pub commit_interval: Option<Duration>,
    /// Lanes that it knows of; `None` when it was not said.
    pub lanes: Option<u32>,
    /// The shard that it takes without a group, as number and how many; `None` for a member of the group.
    pub shard: Option<(u32, u32)>,
    /// Whether its broker is the embedded one.
    pub demo: bool,
    /// Whether this is an observer of a group that other software runs.
    pub observer: bool,
}

/// The last probe round as a whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    /// A feed that was opened now, to the aggregator of that lane.
    pub fn new(open: &v1::Open, lane: Lane, now: Moment) -> Self {
        Self {
            open: OpenFacts::read(open),
            opened: now,
            lane,
            lanes_since: Some(now),
            pulse: None,
            partitions: BTreeMap::new(),
            round: None,
            group: None,
            reads_uncommitted: false,
        }
    }

    /// When the fetcher was last heard: its last pulse, else the opening of its feed.
    pub fn heard(&self) -> Moment {
        self.pulse.as_ref().map_or(self.opened, |pulse| pulse.at)
    }

    /// Takes a pulse.
    pub fn pulse(&mut self, pulse: &v1::Pulse, now: Moment) {
        self.pulse = Some(PulseFacts::read(pulse, self.pulse.as_ref(), now));
        let protocol = pulse
            .group
            .as_ref()
            .map(|group| wire::text(&group.protocol));
        if let Some(known) = protocol.filter(|protocol| !protocol.is_empty()) {
            self.open.group_protocol = known;
        }
        for part in pulse.partitions.iter().take(MAX_PARTITIONS) {
            if let Some(seen) = self.partition(part.partition) {
                seen.pulse(part, pulse.starved.is_some(), now);
            }
        }
        let isolation = self.isolation();
        let facts = self.pulse.as_ref();
        for (partition, seen) in &mut self.partitions {
            // A partition that the pulse leaves out is not the fetcher's any more.
            seen.pulse.take_if(|facts| facts.at < now);
            seen.ownership(facts, *partition, isolation, now);
        }
    }

    /// Takes the result of a probe; says when it measured.
    pub fn probed(&mut self, probed: &v1::Probed, now: Moment) -> Moment {
        let at = wire::moment(probed.age.as_ref(), now).unwrap_or(now);
        let took = wire::duration(probed.took.as_ref());
        let begun = at.before(took.unwrap_or_default());
        let failing = self.round.as_ref().and_then(|round| round.failing);
        self.round = Some(Round {
            at,
            took,
            failure: probed.failure.as_deref().map(wire::text),
            failing: probed.failure.as_ref().map(|_| failing.unwrap_or(at)),
            brokers: probed.brokers,
        });
        match &probed.failure {
            // What a round that failed as a whole says of its partitions is nothing.
            Some(failure) => self
                .partitions
                .values_mut()
                .for_each(|seen| seen.probe_failed(failure, probed.failure_kind(), at)),
            None => self.measured(&probed.partitions, begun, at),
        }
        at
    }

    /// Since which earlier measurement the log's end moved in some partition, by the latest of them; `None` where it did not.
    pub fn end_moved(&self, probed: &v1::Probed) -> Option<Moment> {
        let isolation = self.isolation();
        let moved = probed.partitions.iter().filter_map(|part| {
            let ends = self.partitions.get(&Partition(part.partition))?.ends?;
            let end = match isolation? {
                Isolation::ReadCommitted => part.last_stable_offset,
                Isolation::ReadUncommitted => part.high_watermark,
            };
            (wire::offset(end)? > ends.end(isolation)?).then_some(ends.at)
        });
        moved.max()
    }

    fn measured(&mut self, partitions: &[v1::ProbedPartition], begun: Moment, at: Moment) {
        let isolation = self.isolation();
        let group_known = self
            .group
            .as_ref()
            .map(|group| group.commits_failure.is_none());
        for part in partitions.iter().take(MAX_PARTITIONS) {
            let observed = self.open.observer;
            let Some(seen) = self.partition(part.partition) else {
                continue;
            };
            if !observed {
                seen.probed(part, isolation, begun, at);
                continue;
            }
            let past = seen.observed(part, group_known == Some(true), isolation, begun, at);
            self.reads_uncommitted |= past;
        }
    }

    /// Takes what an observer saw of the group.
    pub fn group_seen(&mut self, seen: &v1::GroupSeen, now: Moment) {
        let group = GroupFacts::read(seen, self.group.as_ref(), now);
        if group.failure.is_none() {
            for (&partition, seen) in &mut self.partitions {
                let owned = group.owner(partition).is_some();
                seen.unowned_since = (!owned).then(|| seen.unowned_since.unwrap_or(group.at));
            }
        }
        self.group = Some(group);
    }

    /// Isolation level of the consumer. That of an observed group is invisible unless told: it is taken for
    /// read_committed until it commits past an open transaction.
    pub fn isolation(&self) -> Option<Isolation> {
        let assumed = || {
            if self.reads_uncommitted {
                Isolation::ReadUncommitted
            } else {
                Isolation::ReadCommitted
            }
        };
        self.open
            .isolation
            .or_else(|| self.open.observer.then(assumed))
    }

    /// Whether read_committed is only assumed.
    pub fn isolation_assumed(&self) -> bool {
        self.open.observer && self.open.isolation.is_none() && !self.reads_uncommitted
    }

    /// What is known of a partition, to be filled; `None` for numbers that cannot be, for partitions of another lane, and
    /// beyond the cap.
    pub fn partition(&mut self, number: i32) -> Option<&mut Seen> {
        let partition = Partition(number);
        let room =
            self.partitions.len() < MAX_PARTITIONS || self.partitions.contains_key(&partition);
        (self.lane.has(partition) && room).then(|| self.partitions.entry(partition).or_default())
    }
}

impl OpenFacts {
    /// Whether a fetcher that joins no group leaves the partition to others.
    pub fn leaves_out(&self, partition: Partition) -> bool {
        let has = |(number, of): (u32, u32)| {
            u32::try_from(partition.0).is_ok_and(|partition| partition % of.max(1) == number)
        };
        self.shard.is_some_and(|shard| !has(shard))
    }

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
            fetch_min_bytes: Some(open.fetch_min_bytes).filter(|bytes| *bytes > 0),
            max_poll_interval: wire::duration(open.max_poll_interval.as_ref()),
            commit_interval: wire::duration(open.commit_interval.as_ref()),
            lanes: Some(open.lanes).filter(|lanes| *lanes > 0),
            shard: (open.membership() == v1::Membership::Fixed)
                .then(|| (open.shard, open.shards.max(1))),
            demo: open.demo,
            observer: open.observer,
        }
    }
}
