//! What a rule may ask of the evidence.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_proto::ids::{Partition, Topic, TopicId};
use rollcall_proto::time::Moment;

use super::feed::Feed;
use super::ghost::Ghosts;
use super::lanes::OtherLanes;
use super::ownership::Ownership;
use super::streak::Streak;
use super::trend::Trend;
use super::wire::{Measured, Wall};
use super::{OperatorWords, TopicEvidence};
use crate::core::arrivals::Arrivals;
use crate::core::books::FeedKey;
use crate::core::lane::Lane;

impl TopicEvidence {
    /// The topic.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// What the operator said.
    pub fn words(&self) -> &OperatorWords {
        &self.words
    }

    /// When the aggregator started.
    pub fn started(&self) -> Moment {
        self.started
    }

    /// Wall-clock time of this process.
    pub fn wall(&self) -> Wall {
        self.wall
    }

    /// Which partitions this aggregator is for.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Whether a fetcher has ever opened a feed.
    pub fn ever_fed(&self) -> bool {
        self.ever_fed
    }

    /// When a feed last ended.
    pub fn last_closed(&self) -> Option<Moment> {
        self.last_closed
    }

    /// Kafka's id of the topic, and when it was heard.
    pub fn measured_topic_id(&self) -> Option<&Measured<TopicId>> {
        self.topic_id.as_ref()
    }

    /// The open feeds.
    pub fn feeds(&self) -> &BTreeMap<FeedKey, Feed> {
        &self.feeds
    }

    /// The fetchers that are gone.
    pub fn ghosts(&self) -> &Ghosts {
        &self.ghosts
    }

    /// Who holds the partitions that were ever claimed.
    pub fn owners(&self) -> &BTreeMap<Partition, Ownership> {
        &self.owners
    }

    /// Probes in a row whose metadata had no such topic.
    pub fn missing(&self) -> Option<Streak> {
        self.missing
    }

    /// The topic's rhythm.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// The observer, if the topic is seen from outside.
    pub fn observer(&self) -> Option<&Feed> {
        self.feeds.values().find(|feed| feed.open.observer)
    }

    /// Whether the log's history was read, or could not be.
    pub fn history_heard(&self) -> bool {
        self.history_heard
    }

    /// Whether nothing was read of the log's history the last time, since the bytes for all topics were used up.
    pub fn history_unread(&self) -> bool {
        self.history_unread
    }

    /// The id that the topic had before it was seen to be recreated, and when that was.
    pub fn recreated(&self) -> Option<&(TopicId, Moment)> {
        self.recreated.as_ref()
    }

    /// Bytes of records that an observer read.
    pub fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// How the group's lag moves.
    pub fn trend(&self) -> &Trend {
        &self.trend
    }

    /// Kafka's id of the topic, as last heard.
    pub fn topic_id(&self) -> Option<&TopicId> {
        self.topic_id.as_ref().map(|id| &id.value)
    }

    /// Partitions of the topic in the metadata, those of other lanes included; `None` while unknown.
    pub fn partitions_known(&self) -> Option<u32> {
        self.partitions_known
    }

    /// Whether the topic's partitions are known, and none of them is this lane's.
    pub fn is_elsewhere(&self) -> bool {
        let none_of = |known| !self.lane.has_one_of(known);
        let unheard_of = || {
            let mut feeds = self.feeds.values();
            self.owners.is_empty() && feeds.all(|feed| feed.partitions.is_empty())
        };
        self.partitions_known.is_some_and(none_of) && unheard_of()
    }

    /// Another number of lanes than this aggregator's, as a fetcher said it that was refused a moment ago; of several
    /// the one that was said last.
    pub fn other_lanes(&self, now: Moment) -> Option<OtherLanes> {
        self.said_lanes.other_than(self.lane.of.get(), now)
    }

    /// Every partition of this lane that anything spoke of.
    pub fn partitions(&self) -> BTreeSet<Partition> {
        let measured = self.feeds.values().flat_map(|feed| feed.partitions.keys());
        self.owners.keys().chain(measured).copied().collect()
    }

    /// Feed that a partition is judged by: the one that holds its claim, else the one whose fetcher it is
    /// assigned to, else the one that was heard last.
    pub fn feed_for(&self, partition: Partition) -> Option<&Feed> {
        match self.owners.get(&partition).and_then(|owner| owner.holder()) {
            Some(holder) => self.feeds.get(&holder),
            None => self.assigned_to(partition).or_else(|| self.heard_last()),
        }
    }

    fn assigned_to(&self, partition: Partition) -> Option<&Feed> {
        let assigned = |feed: &&Feed| {
            let part = feed
                .partitions
                .get(&partition)
                .and_then(|seen| seen.pulse.as_ref());
            part.is_some_and(|part| part.assigned)
        };
        self.feeds
            .values()
            .filter(assigned)
            .max_by_key(|feed| feed.heard())
    }

    /// The feed that was heard last.
    pub fn heard_last(&self) -> Option<&Feed> {
        self.feeds.values().max_by_key(|feed| feed.heard())
    }
}
