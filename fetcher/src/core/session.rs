//! The state of one feed: what it has of the partitions, what the aggregator was told, and what to do next. A fetcher
//! of several lanes has a feed for each ([`crate::core::lanes`]).
//!
//! Events come in as method calls with the present moment; what has to be done goes out as [`Action`]s
//! (towards Kafka) and as messages (towards the aggregator, taken one by one when the feed has room).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::assignment::StartPolicy;
use crate::core::brokers::BrokerLedger;
use crate::core::credit::Credit;
use crate::core::facts::{ClientFacts, GroupOwners, HistoryFacts, Look, ProbeRound, SettingsFacts};
use crate::core::latch::Latches;
use crate::core::membership::{Membership, Shard};
use crate::core::session::evidence::Commit;

mod claims;
mod commits;
mod evidence;
mod fixed;
mod group;
mod holding;
mod image;
mod lane;
mod link;
mod measure;
mod recovery;
mod sights;

use fixed::Fixed;
pub use group::GroupLedger;
pub use holding::{Holding, Phase};
pub use link::Link;
pub use measure::{Measures, Tally};
pub use sights::Glimpses;

/// How long a proof of ownership (a commit) may take before a claim is made without it.
pub const PROOF_WAIT: Duration = Duration::from_secs(3);
/// How long a revoked partition waits for what is out to be settled.
pub const REVOKE_DRAIN: Duration = Duration::from_secs(1);
/// How long the last commit of a partition may take before it is given back without its answer.
pub const LAST_COMMIT_WAIT: Duration = Duration::from_secs(2);
/// How long an answer about start offsets is awaited before it is asked for again.
pub const RESOLVE_WAIT: Duration = Duration::from_secs(10);
/// Time between two tries of what failed: resolving, claiming, committing.
pub const RETRY: Duration = Duration::from_secs(1);

/// Time between two descriptions of the group.
pub const OWNERS_EVERY: Duration = Duration::from_secs(5);
/// Shortest time between two pulses that an aggregator may ask for.
pub const PULSE_LEAST: Duration = Duration::from_millis(100);
/// Longest time between two pulses that an aggregator may ask for.
pub const PULSE_MOST: Duration = Duration::from_secs(60);

/// What does not change while a fetcher runs.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The first message of every feed, but for the topic id and the protocol.
    pub open: v1::Open,
    /// The topic.
    pub topic: Topic,
    /// Where a partition without a commit starts.
    pub policy: StartPolicy,
    /// How partitions come to this fetcher.
    pub membership: Membership,
}

/// What is to be done at the Kafka edge.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Read C, L, H and S of these partitions, outside of the rebalance callback.
    Resolve(Vec<Partition>),
    /// Commit these offsets.
    Commit {
        /// Counts the commits; the answer repeats the newest that it covers.
        ticket: u64,
        /// The offsets.
        offsets: BTreeMap<Partition, Offset>,
    },
    /// Read a partition from `at`; its first batch begins at `first`.
    Place {
        /// The partition.
        partition: Partition,
        /// Its placement.
        placement: u64,
        /// First offset to read.
        at: Offset,
        /// First offset of the first batch, below `at` when retention took what lies between.
        first: Offset,
    },
    /// Read a partition no more.
    Withdraw(Partition),
    /// Everything below the offset is settled.
    Floor(Partition, Offset),
    /// A feed opened (limits of its batches) or ended.
    Feed(Option<Limits>),
    /// For the feed that many bytes may be cut in all.
    Allow(u64),
    /// Give the revoked partitions back to the group.
    Unassign,
    /// Describe the group.
    Describe,
    /// Measure the log end now.
    Probe(u64),
    /// Look at a record's timestamp.
    Look(Look),
    /// End the stream and open a new one at once.
    Rotate,
}

/// What a feed takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one batch, unless it holds a single record.
    pub batch_bytes: u64,
    /// Largest record.
    pub max_record_bytes: u64,
    /// Bytes that wait and count against the credit of the new feed.
    pub waiting_bytes: u64,
}

impl Limits {
    /// Whether batches of one are good for the other.
    const fn alike(self, other: Self) -> bool {
        self.batch_bytes == other.batch_bytes && self.max_record_bytes == other.max_record_bytes
    }
}

/// A message that waits to be sent; what carries an age is made when it leaves.
#[derive(Clone, Debug)]
enum Outgoing {
    Ready(Box<v1::feed_request::Event>),
    Pulse,
    Probed(Box<ProbeRound>),
    History(Box<HistoryFacts>),
}

/// The state of one feed: with one aggregator, of the whole fetcher.
#[derive(Clone, Debug)]
pub struct Session {
    identity: Identity,
    /// What a fetcher without a group has instead of one.
    fixed: Option<Fixed>,
    topic_id: Option<TopicId>,
    /// Partitions begun anew in a recreated topic, until a claim that says so is granted: the group may take one away
    /// and give it back before.
    begun_anew: BTreeSet<Partition>,
    link: Link,
    limits: Option<Limits>,
    credit: Credit,
    /// Bytes that were cut for this feed and dropped before they were sent.
    unsent: u64,
    /// The partitions that this feed may have; `None` while that is not known.
    lane: Option<Shard>,
    /// Partitions that are given up, since another feed is to have them.
    moving: BTreeSet<Partition>,
    /// The number below the first placement of what comes to this feed.
    first_placement: u64,
    holdings: BTreeMap<Partition, Holding>,
    revoke: Option<Vec<Partition>>,
    leaving: Option<Moment>,
    outbox: VecDeque<Outgoing>,
    turn: Option<Partition>,
    actions: Vec<Action>,
    commit_hold: Option<Moment>,
    tickets: u64,
    claims: u64,
    pulse_interval: Duration,
    pulse_due: Moment,
    group: GroupLedger,
    latches: Latches,
    client: Option<ClientFacts>,
    brokers: BrokerLedger,
    settings: Option<SettingsFacts>,
    /// When the consumer was last polled, or waited for credit on purpose.
    polled: Option<Moment>,
    owners: Option<GroupOwners>,
    owners_due: Moment,
    /// Partitions in the metadata that are not ours, with the group's commits; `None` where the commit is unknown.
    elsewhere: BTreeMap<Partition, Option<Commit>>,
    history: Option<HistoryFacts>,
    partitions_known: Option<u32>,
    flow: Flow,
    caught_up: bool,
    /// The last round of the probe that the aggregator was told.
    probe_told: Option<v1::Probed>,
    /// A later one that found the same: it goes with the next pulse.
    probe_again: Option<Box<ProbeRound>>,
    tally: Tally,
}

/// What back-pressure does, as the polling thread says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Since when there is no credit.
    pub starved_since: Option<Moment>,
    /// Paused partitions, each with the moment of its pause.
    pub paused: BTreeMap<Partition, Moment>,
    /// How often polling stopped or partitions were paused since the start.
    pub pauses: u64,
}

impl Session {
    /// A fetcher that was given nothing yet and has no feed.
    pub fn new(identity: Identity, pulse_interval: Duration, now: Moment) -> Self {
        Self {
            fixed: identity
                .membership
                .shard()
                .map(|shard| Fixed::new(shard, now)),
            identity,
            topic_id: None,
            begun_anew: BTreeSet::new(),
            link: Link::Down,
            limits: None,
            credit: Credit::default(),
            unsent: 0,
            lane: Some(Shard::ALL),
            moving: BTreeSet::new(),
            first_placement: 0,
            holdings: BTreeMap::new(),
            revoke: None,
            leaving: None,
            outbox: VecDeque::new(),
            turn: None,
            actions: Vec::new(),
            commit_hold: None,
            tickets: 0,
            claims: 0,
            pulse_interval,
            pulse_due: now,
            group: GroupLedger::new(now),
            latches: Latches::default(),
            client: None,
            brokers: BrokerLedger::default(),
            settings: None,
            polled: None,
            owners: None,
            owners_due: now,
            elsewhere: BTreeMap::new(),
            history: None,
            partitions_known: None,
            flow: Flow::default(),
            caught_up: false,
            probe_told: None,
            probe_again: None,
            tally: Tally::default(),
        }
    }

    /// What is to be done; empties the list.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Whether the aggregator has welcomed the feed.
    pub const fn welcomed(&self) -> bool {
        matches!(self.link, Link::Open | Link::Rotating { .. })
    }

    /// Whether every assigned partition is at its end by the last probe: probes may be rare then.
    pub const fn caught_up(&self) -> bool {
        self.caught_up
    }

    /// Partitions that the group gave to this fetcher.
    pub fn assigned(&self) -> BTreeSet<Partition> {
        self.holdings.keys().copied().collect()
    }

    /// When [`Self::tick`] is due without any event.
    pub fn deadline(&self) -> Moment {
        let link = match self.link {
            Link::Rotating { deadline } => Some(deadline),
            Link::Down | Link::Opening | Link::Open => None,
        };
        let held = self.holdings.values().filter_map(Holding::deadline);
        held.chain(link)
            .chain(self.commit_hold)
            .chain(self.fixed_deadline())
            .chain(self.end())
            .fold(self.pulse_deadline(), Moment::min)
    }

    /// Kafka's id of the topic, once it is known.
    pub fn topic_id(&self) -> Option<TopicId> {
        self.topic_id.clone()
    }

    /// The client's id in its group, once it is known.
    pub fn member_id(&self) -> Option<&str> {
        let id = self.group.member_id.as_str();
        (!id.is_empty()).then_some(id)
    }

    /// The place in the log that an offset is; `None` for a partition that it does not have.
    pub fn position(&self, partition: Partition, offset: Offset) -> Option<LogPosition> {
        let held = self.holdings.get(&partition)?;
        Some(held.epochs.position(offset))
    }

    /// Does what is due, if anything is.
    pub fn tick_if_due(&mut self, now: Moment) {
        if now >= self.deadline() {
            self.tick(now);
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Moment) {
        self.latches.forget(now);
        self.tick_holdings(now);
        self.finish_revoke(now);
        self.tick_link(now);
        self.tick_fixed(now);
        self.commit_what_is_settled(now);
        if now >= self.pulse_deadline() {
            self.pulse(now);
        }
        if self.end().is_some_and(|end| now >= end) {
            self.outbox.clear();
        }
    }

    /// When an aggregator that does not read is not waited for any more.
    fn end(&self) -> Option<Moment> {
        self.leaving.map(|deadline| deadline + LAST_COMMIT_WAIT)
    }

    /// Asks for a pulse to be sent, now.
    fn pulse(&mut self, now: Moment) {
        self.pulse_due = now + self.pulse_interval;
        let waits = self.outbox.iter().any(|out| matches!(out, Outgoing::Pulse));
        if self.welcomed() && !waits {
            // Before the pulse: the roll may be judged with it.
            let again = self.probe_again.take().map(Outgoing::Probed);
            self.outbox.extend(again);
            self.outbox.push_back(Outgoing::Pulse);
        }
    }

    fn say(&mut self, event: v1::feed_request::Event) {
        self.outbox.push_back(Outgoing::Ready(Box::new(event)));
    }
}

#[cfg(test)]
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test looks for one message among many"
)]
mod tests;
