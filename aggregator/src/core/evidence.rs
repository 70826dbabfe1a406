//! What was measured about a topic, when, and where: the only thing that a verdict may rest on.
//!
//! Everything is a [`Measured`] fact or an age turned into a moment, whatever is unknown
//! is `None`, and nothing that comes from a feed is trusted: counts, texts and times are bounded, and
//! stand-ins such as -1001 are unknown. A partition is judged by the feed that holds its claim.

mod answers;
pub mod brokers;
pub mod feed;
pub mod ghost;
mod hear;
pub mod lanes;
pub mod observed;
pub mod ownership;
pub mod partition;
pub mod pulse;
pub mod status;
pub mod streak;
pub mod trend;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use rollcall_proto::ids::{Offset, Partition, Topic, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, Source, VerdictCode};
use serde::{Deserialize, Serialize};

use self::feed::Feed;
use self::ghost::{Ghost, Ghosts};
use self::lanes::SaidLanes;
use self::ownership::Ownership;
use self::streak::Streak;
use self::trend::Trend;
use self::wire::{Measured, Wall};
use crate::core::arrivals::{Arrivals, ArrivedBatch};
use crate::core::books::FeedKey;
use crate::core::lane::Lane;

/// Partitions of a topic that are taken note of.
pub const MAX_PARTITIONS: usize = 10_000;
/// Latched errors of a feed that are taken note of.
pub const MAX_ERRORS: usize = 64;
/// Timestamps of a history that are used: the newest.
pub const MAX_HISTORY: usize = 100_000;
/// Feeds of a topic that are taken note of.
pub const MAX_FEEDS: usize = 256;
/// A probe at most this old may serve a gather.
pub const PROBE_FRESH: Duration = Duration::from_secs(1);

/// What the operator said about a topic: it wins over what was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorWords {
    /// How long the topic may be silent; without it, its own history says.
    pub max_silence: Option<Duration>,
    /// The topic is expected to be empty.
    pub expect_empty: bool,
    /// Verdicts that are no news: they are said, with severity ok.
    pub mute: BTreeSet<VerdictCode>,
}

/// The evidence about one topic of the roll.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TopicEvidence {
    topic: Topic,
    words: OperatorWords,
    wall: Wall,
    lane: Lane,
    started: Moment,
    feeds: BTreeMap<FeedKey, Feed>,
    ever_fed: bool,
    last_closed: Option<Moment>,
    ghosts: Ghosts,
    /// What fetchers that are between two feeds said of lanes.
    #[serde(default)]
    said_lanes: SaidLanes,
    owners: BTreeMap<Partition, Ownership>,
    topic_id: Option<Measured<TopicId>>,
    /// Partitions of the topic in the metadata, those of other lanes included; `None` while unknown.
    #[serde(default)]
    partitions_known: Option<u32>,
    /// Probes in a row whose metadata had no such topic.
    missing: Option<Streak>,
    arrivals: Arrivals,
    newest_timestamp_ms: BTreeMap<Partition, i64>,
    history_timestamp_ms: Option<i64>,
    trend: Trend,
    /// Whether the log's history was read, or could not be.
    history_heard: bool,
    /// Whether nothing was read of it the last time, for lack of bytes.
    #[serde(default)]
    history_unread: bool,
    /// Bytes of records that an observer read.
    read_bytes: u64,
    /// The id that the topic had before it was seen to be recreated, and when that was.
    recreated: Option<(TopicId, Moment)>,
}

impl TopicEvidence {
    /// Nothing is known of the topic yet. `started` and `started_wall` are the same instant: that of the
    /// aggregator's start, before which no fetcher can be missing.
    pub fn new(
        topic: Topic,
        words: OperatorWords,
        started: Moment,
        started_wall: SystemTime,
    ) -> Self {
        let wall = Wall::new(started, started_wall);
        Self {
            topic,
            words,
            wall,
            lane: Lane::default(),
            started,
            feeds: BTreeMap::new(),
            ever_fed: false,
            last_closed: None,
            ghosts: Ghosts::default(),
            said_lanes: SaidLanes::default(),
            owners: BTreeMap::new(),
            topic_id: None,
            partitions_known: None,
            missing: None,
            arrivals: Arrivals::new(wall, started),
            newest_timestamp_ms: BTreeMap::new(),
            history_timestamp_ms: None,
            trend: Trend::default(),
            history_heard: false,
            history_unread: false,
            read_bytes: 0,
            recreated: None,
        }
    }

    /// This aggregator is that lane: what is said of partitions of other lanes is not heard from now on.
    pub const fn set_lane(&mut self, lane: Lane) {
        self.lane = lane;
    }

    /// A fetcher opened a feed.
    pub fn feed_opened(&mut self, key: FeedKey, open: &v1::Open, now: Moment) {
        if self.feeds.len() < MAX_FEEDS || self.feeds.contains_key(&key) {
            self.ever_fed = true;
            self.ghosts.back(&wire::text(&open.fetcher_id));
            self.learn_topic_id(&open.topic_id, now, Source::Metadata);
            let mut feed = Feed::new(open, self.lane, now);
            feed.lanes_since = Some(self.said_lanes.since(&feed.open, now));
            self.feeds.insert(key, feed);
        }
    }

    /// A feed ended. Partitions that it still holds are cut off: release those that were given back
    /// before saying so, since a fetcher that left in order leaves no ghost.
    pub fn feed_closed(&mut self, key: FeedKey, now: Moment) {
        let Some(feed) = self.feeds.remove(&key) else {
            return;
        };
        self.last_closed = Some(now);
        self.said_lanes.closed(&feed, now);
        let held = self.claims_of(key);
        for owner in self
            .owners
            .values_mut()
            .filter(|owner| owner.holder() == Some(key))
        {
            owner.orphaned(now);
        }
        if held > 0 {
            self.ghosts.add(Ghost::of(key, feed, held, now));
        }
    }

    /// A pulse came.
    pub fn pulse(&mut self, key: FeedKey, pulse: &v1::Pulse, now: Moment) {
        let Some(feed) = self.feeds.get_mut(&key) else {
            return;
        };
        feed.pulse(pulse, now);
        self.learn_partitions(pulse.partitions_known);
        for part in pulse.partitions.iter().take(MAX_PARTITIONS) {
            if let Some(millis) = part.last_timestamp_ms {
                self.learn_timestamp(Partition(part.partition), millis);
            }
        }
    }

    /// The result of a probe came.
    pub fn probed(&mut self, key: FeedKey, probed: &v1::Probed, now: Moment) {
        let Some(feed) = self.feeds.get_mut(&key) else {
            return;
        };
        let moved = feed.end_moved(probed);
        let at = feed.probed(probed, now);
        if let Some(earlier) = moved {
            self.arrivals.moved(earlier, at);
        }
        self.learn_topic_id(&probed.topic_id, at, Source::Metadata);
        let numbers = probed.partitions.iter().map(|part| part.partition);
        let highest = numbers
            .max()
            .and_then(|highest| u32::try_from(highest).ok());
        let told = highest.map(|highest| highest.saturating_add(1));
        // A probe may leave partitions of other lanes out; a pulse has the number itself.
        self.learn_partitions(told.max(self.partitions_known));
        if let Some(exists) = probed.topic_exists {
            self.missing = Streak::next(self.missing, !exists, Offset::ZERO, at);
        }
        if let Some(lag) = self.lag() {
            self.trend.sample(lag, at);
        }
    }

    /// Kafka answered a commit.
    pub fn committed(&mut self, key: FeedKey, committed: &v1::Committed, now: Moment) {
        let Some(feed) = self.feeds.get_mut(&key) else {
            return;
        };
        for part in committed
            .partitions
            .iter()
            .take(MAX_PARTITIONS)
            .filter(|part| part.failure.is_none())
        {
            let offset = wire::offset(Some(part.offset));
            if let (Some(seen), Some(offset)) = (feed.partition(part.partition), offset) {
                seen.committed = Some(Measured::new(offset, now, Source::Commit));
            }
        }
    }

    /// A fetcher read the timestamps of older records.
    pub fn history(&mut self, _feed: FeedKey, history: &v1::History, now: Moment) {
        let age = wire::duration(history.age.as_ref()).unwrap_or_default();
        self.history_heard = true;
        self.history_unread = history.budget_spent;
        self.read_bytes = self.read_bytes.saturating_add(history.read_bytes);
        let newest = &history.arrivals[history.arrivals.len().saturating_sub(MAX_HISTORY)..];
        let millis = newest.iter().map(|at| millis_of(*at));
        self.history_timestamp_ms = millis.clone().next_back().or(self.history_timestamp_ms);
        self.arrivals.history(millis, !history.cut, age, now);
        self.arrivals.hours(history, age, now);
    }

    /// A claim holds from now on.
    pub fn claimed(&mut self, partition: Partition, key: FeedKey, claim: &v1::Claim, now: Moment) {
        if !self.lane.has(partition)
            || self.owners.len() >= MAX_PARTITIONS && !self.owners.contains_key(&partition)
        {
            return;
        }
        self.learn_topic_id(&claim.topic_id, now, Source::Metadata);
        self.owners
            .entry(partition)
            .or_default()
            .claimed(key, claim, now);
        if let Some(seen) = self
            .feeds
            .get_mut(&key)
            .and_then(|feed| feed.partition(partition.0))
        {
            seen.restart(now);
        }
    }

    /// A claim was given back.
    pub fn released(&mut self, partition: Partition, now: Moment) {
        if let Some(owner) = self.owners.get_mut(&partition) {
            owner.released(now);
        }
    }

    /// A batch came under the claim that holds.
    pub fn batch(&mut self, partition: Partition, batch: &v1::Batch, now: Moment) {
        let Some(packed) = &batch.packed else { return };
        let (Some(owner), Some(next)) = (
            self.owners.get_mut(&partition),
            Offset::known(packed.next_offset),
        ) else {
            return;
        };
        let feed = owner.holder().and_then(|key| self.feeds.get_mut(&key));
        let mut live = false;
        if let Some(feed) = feed {
            let isolation = feed.isolation();
            if let Some(seen) = feed.partition(partition.0) {
                live = seen.at_end(isolation) && !seen.held_lately(now);
                seen.batch(next, now);
            }
        }
        if packed.record_count > 0 {
            owner.delivered();
            let (first_ms, last_ms) = (batch.first_timestamp_ms, batch.last_timestamp_ms);
            self.arrivals.batch(
                ArrivedBatch {
                    records: packed.record_count,
                    bytes: packed.body.len() as u64,
                    first_ms,
                    last_ms,
                    live,
                },
                now,
            );
            if let Some(millis) = last_ms {
                self.learn_timestamp(partition, millis);
            }
        }
    }

    /// A batch as the arrival model sees it.
    #[cfg(test)]
    pub(crate) fn heard(&mut self, batch: ArrivedBatch, now: Moment) {
        self.arrivals.batch(batch, now);
    }

    /// Whether the evidence would be too old for an empty slot that is judged at `at`.
    pub fn probe_wanted(&self, at: Moment) -> bool {
        let fresh = |partition: &Partition| {
            let seen = self
                .feed_for(*partition)
                .and_then(|feed| feed.partitions.get(partition));
            seen.and_then(|seen| seen.ends)
                .is_some_and(|ends| at.since(ends.at) <= PROBE_FRESH)
        };
        let measured = self.feeds.values().flat_map(|feed| feed.partitions.keys());
        let mut partitions = self.owners.keys().chain(measured).peekable();
        let heard = !self.feeds.is_empty() && !self.is_elsewhere();
        heard && (partitions.peek().is_none() || !partitions.all(fresh))
    }

    /// The silence that the operator or the topic's own history allows; `None` where neither says, or where the topic
    /// was silent at this hour of earlier days too. A call with this timeout must not be longer.
    pub fn allowed_silence(&self, timeout: Duration, now: Moment) -> Option<Duration> {
        let by_history = || self.arrivals.overdue_after(timeout, now);
        self.words.max_silence.or_else(by_history)
    }

    /// The present silence; a topic that was never heard is silent since the start.
    pub fn silence(&self, now: Moment) -> Duration {
        let watched = || now.since(self.started);
        self.arrivals.silence(now).unwrap_or_else(watched)
    }

    fn learn_topic_id(&mut self, id: &str, at: Moment, source: Source) {
        if let Some(id) = TopicId::new(id) {
            let before = self.topic_id.take().map(|known| known.value);
            if let Some(before) = before.filter(|before| *before != id) {
                self.recreated = Some((before, at));
            }
            self.topic_id = Some(Measured::new(id, at, source));
        }
    }

    /// Takes note of how many partitions the metadata has; of a topic that it does not have, that is unknown.
    fn learn_partitions(&mut self, told: Option<u32>) {
        if let Some(told) = told {
            self.partitions_known = Some(told).filter(|told| *told > 0);
        }
    }

    fn learn_timestamp(&mut self, partition: Partition, millis: i64) {
        let room = self.newest_timestamp_ms.len() < MAX_PARTITIONS;
        let ours = self.lane.has(partition);
        if millis >= 0 && ours && (room || self.newest_timestamp_ms.contains_key(&partition)) {
            self.newest_timestamp_ms.insert(partition, millis);
        }
    }

    /// Lag of the group, E − C over all claimed partitions (all that have a commit, from outside); `None` when one
    /// of them is unknown.
    fn lag(&self) -> Option<u64> {
        if let Some(feed) = self.observer() {
            let committed = feed
                .partitions
                .values()
                .filter(|seen| seen.no_commit.is_none());
            let mut lags = committed.map(|seen| {
                let end = seen.ends?.end(feed.isolation())?;
                Some(end.distance_from(seen.committed?.value))
            });
            return lags.try_fold(0, |sum: u64, lag| Some(sum.saturating_add(lag?)));
        }
        let held = self
            .owners
            .iter()
            .filter_map(|(partition, owner)| Some((partition, owner.holder()?)));
        let mut lags = held.map(|(partition, key)| {
            let feed = self.feeds.get(&key)?;
            let seen = feed.partitions.get(partition)?;
            let end = seen.ends?.end(feed.isolation())?;
            Some(end.distance_from(seen.committed?.value))
        });
        lags.try_fold(0, |sum: u64, lag| Some(sum.saturating_add(lag?)))
    }

    fn claims_of(&self, key: FeedKey) -> u32 {
        let held = self
            .owners
            .values()
            .filter(|owner| owner.holder() == Some(key))
            .count();
        u32::try_from(held).unwrap_or(u32::MAX)
    }
}

/// Milliseconds since the epoch; what cannot be said is 0, which no clock writes.
fn millis_of(at: prost_types::Timestamp) -> i64 {
    at.seconds
        .saturating_mul(1_000)
        .saturating_add(i64::from(at.nanos) / 1_000_000)
        .max(0)
}

#[cfg(test)]
mod tests;
