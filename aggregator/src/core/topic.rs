//! One topic of the roll: its partitions, its feeds' credit, the gathers that want it, its evidence.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_proto::ids::{Epoch, GatherId, Partition, Topic, TopicId};
use rollcall_proto::time::Moment;

use super::books::{FeedKey, LeaseBooks, TopicBooks};
use super::budget::{Ledger, Share};
use super::evidence::TopicEvidence;
use super::lease::Leases;
use super::partition::{Held, PartitionState};
use super::standby::Standbys;
use super::stats::Statistics;
use super::trace::log::{Log, Room};
use super::trace::timeline::Timeline;

/// The state of one topic.
#[derive(Clone, Debug)]
pub struct TopicState {
    /// Its name.
    pub topic: Topic,
    /// Its part of the budget.
    pub share: Share,
    /// Every partition that was ever claimed.
    pub partitions: BTreeMap<Partition, PartitionState>,
    /// Bytes of each open feed.
    pub ledgers: BTreeMap<FeedKey, Ledger>,
    /// Open peeks that want it.
    pub peeks: BTreeSet<GatherId>,
    /// Open gathers that want it and take records, oldest first.
    pub takers: BTreeSet<GatherId>,
    /// Closed gathers that wait for fresh evidence of it.
    pub waiters: BTreeSet<GatherId>,
    /// What was measured.
    pub evidence: TopicEvidence,
    /// The evidence of its last minutes.
    pub log: Log,
    /// What was said about it without a gather.
    pub timeline: Timeline,
    /// How many recordings follow it.
    pub followers: usize,
    /// What it gave to gathers.
    pub statistics: Statistics,
    /// When a gather that is no peek last asked for it.
    pub last_asked: Option<Moment>,
    /// Records that the last such gather got.
    pub last_record_count: u32,
    /// The last epoch that was given.
    epoch: u64,
    /// The partition whose turn it is next.
    pub turn: Partition,
    /// Who waits for partitions that another fetcher holds.
    pub standbys: Standbys,
}

impl TopicState {
    /// A topic that nothing is known of.
    pub fn new(topic: Topic, share: Share, evidence: TopicEvidence, past: Room) -> Self {
        Self {
            topic,
            share,
            partitions: BTreeMap::new(),
            ledgers: BTreeMap::new(),
            peeks: BTreeSet::new(),
            takers: BTreeSet::new(),
            waiters: BTreeSet::new(),
            evidence,
            log: Log::new(past),
            timeline: Timeline::default(),
            followers: 0,
            statistics: Statistics::default(),
            last_asked: None,
            last_record_count: 0,
            epoch: 0,
            turn: Partition(0),
            standbys: Standbys::default(),
        }
    }

    /// A new epoch, above all before.
    pub const fn next_epoch(&mut self) -> Epoch {
        self.epoch += 1;
        Epoch(self.epoch)
    }

    /// The last epoch that was given; 0 before the first.
    pub const fn newest_epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    /// Whether an epoch was ever given.
    pub const fn gave(&self, epoch: Epoch) -> bool {
        0 < epoch.0 && epoch.0 <= self.epoch
    }

    /// Kafka's id of the topic: as its claims say, else as anything said.
    pub fn topic_id(&self) -> Option<&TopicId> {
        let claimed = self
            .partitions
            .values()
            .filter(|partition| partition.claim().is_some());
        let id =
            claimed.filter_map(|partition| Some((partition.claim()?.epoch, partition.topic_id()?)));
        let newest = id.max_by_key(|&(epoch, _)| epoch).map(|(_, id)| id);
        newest.or_else(|| self.evidence.topic_id())
    }

    /// Partitions that may have something to give, beginning at `from`.
    pub fn turns(&self, from: Partition) -> Vec<Partition> {
        let with_batches = |(&partition, state): (&Partition, &PartitionState)| {
            (!state.queue().is_empty()).then_some(partition)
        };
        let rest = self.partitions.range(from..).filter_map(with_batches);
        rest.chain(self.partitions.range(..from).filter_map(with_batches))
            .collect()
    }

    /// Whether records wait that are handed out to nobody.
    pub fn has_waiting(&self) -> bool {
        self.partitions
            .values()
            .any(|partition| partition.waiting().is_some())
    }

    /// Bytes that are buffered or leased.
    pub fn held_bytes(&self) -> u64 {
        self.partitions
            .values()
            .map(|partition| partition.queue().bytes())
            .sum()
    }

    /// The books of the topic.
    pub fn books(&self, leases: &Leases, now: Moment) -> TopicBooks {
        let lease = |held: &Held| {
            let lease = leases.get(held.lease);
            LeaseBooks {
                lease: held.lease,
                client: lease.map(|lease| lease.client.clone()).unwrap_or_default(),
                since: held.since,
                remaining: lease
                    .and_then(|lease| lease.ends)
                    .map(|ends| ends.since(now)),
                range: held.range,
            }
        };
        let partitions = self
            .partitions
            .iter()
            .map(|(&number, state)| (number, state.books(lease)));
        TopicBooks {
            partitions: partitions.collect(),
            last_asked: if self.takers.is_empty() {
                self.last_asked
            } else {
                Some(now)
            },
            last_record_count: self.last_record_count,
        }
    }
}
