//! Fetchers without a group: the one that claimed first holds a partition, another one waits until nobody does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::limits::{BEAT, SILENT};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, feed_response};

use super::{Roll, Timer};
use crate::core::books::FeedKey;
use crate::core::claims::{ClaimAsk, Refusal, Reset};
use crate::core::count::Count;
use crate::core::event::{Action, FeedEnd, Notice};
use crate::core::roster::TopicKey;

/// How late the timer may come before the aggregator itself was away: then what it did not hear says nothing.
const LATE: Duration = Duration::from_millis(250);
/// The least time between two looks.
const AGAIN: Duration = Duration::from_millis(20);

impl Roll {
    pub(super) fn is_fixed(&self, feed: FeedKey) -> bool {
        self.feeds.get(&feed).is_some_and(|feed| feed.fixed)
    }

    /// A fixed fetcher claims what another one holds, or what is kept for another one: it waits.
    pub(super) fn let_wait(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        ask: &ClaimAsk,
        refusal: Refusal,
        now: Moment,
    ) {
        self.counters.add(Count::ClaimsOnStandby, 1);
        self.stand_by(feed, topic, ask.partition, ask.wire.generation, refusal);
        self.look_soon(topic, now);
    }

    /// Whether a fixed fetcher says a commit that it may have read before the last holder made its own. A partition that
    /// began anew for that would be delivered twice.
    pub(super) fn says_old_commit(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        ask: &ClaimAsk,
    ) -> bool {
        if !self.is_fixed(feed) {
            return false;
        }
        let state = self.topic_mut(topic);
        let held = state.partitions.get(&ask.partition);
        match held.and_then(|held| held.differs(ask)) {
            Some(Reset::Rewound { was, .. }) => state.standbys.doubts(ask.partition, feed, was),
            Some(Reset::Cut { .. } | Reset::Recreated { .. }) | None => false,
        }
    }

    /// Nobody holds the partition, but the commit is to be read again: a fetcher does that when it waited and may claim.
    pub(super) fn send_back(&mut self, feed: FeedKey, ask: &ClaimAsk) {
        self.counters.add(Count::ClaimsOnStandby, 1);
        let (partition, generation) = (ask.partition.0, ask.wire.generation);
        self.tell_standby(feed, partition, generation, Refusal::OldCommit);
        let partitions = vec![partition];
        self.tell(
            feed,
            feed_response::Event::Vacant(v1::Vacant { partitions }),
        );
    }

    /// Whoever has a partition that another feed claims is told so. A fixed fetcher waits from now on: a member of the
    /// group has Kafka's word for it.
    pub(super) fn displace(&mut self, topic: TopicKey, partition: Partition, by: FeedKey) {
        let held = self.topics[topic.0].partitions.get(&partition);
        let claim = held.and_then(|partition| partition.claim()).copied();
        let Some(claim) = claim.filter(|claim| claim.feed != by) else {
            return;
        };
        if self.is_fixed(claim.feed) {
            let (feed, generation) = (claim.feed, claim.generation);
            self.stand_by(feed, topic, partition, generation, Refusal::Displaced);
        } else {
            self.tell_displaced(claim, partition);
        }
    }

    fn stand_by(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        partition: Partition,
        generation: u64,
        refusal: Refusal,
    ) {
        self.tell_standby(feed, partition.0, generation, refusal);
        if self.topic_mut(topic).standbys.wait(partition, feed) {
            let topic = self.topic_name(topic);
            self.note(Notice::StandsBy {
                topic,
                partition,
                feed,
            });
        }
    }

    fn tell_standby(&mut self, feed: FeedKey, partition: i32, generation: u64, refusal: Refusal) {
        let claimed = v1::Claimed {
            partition,
            generation,
            refused: Some(refusal.to_string()),
            standby: true,
            ..v1::Claimed::default()
        };
        self.tell(feed, feed_response::Event::Claimed(claimed));
    }

    /// A fetcher is there, and wants to hear that it still has what it claimed.
    pub(super) fn answer_beat(&mut self, feed: FeedKey, number: u64) {
        let beat = v1::Beat {
            number,
            every: None,
        };
        self.tell(feed, feed_response::Event::Beat(beat));
    }

    /// What holders have and standbys wait for has changed: it is looked at in a moment, once for all partitions.
    pub(super) fn look_soon(&mut self, topic: TopicKey, now: Moment) {
        if self.topics[topic.0].standbys.is_idle() {
            return;
        }
        let (soon, timer) = (now + AGAIN, Timer::Standby(topic));
        let due = self.timers.of(timer);
        self.timers
            .set(timer, due.map_or(soon, |due| due.min(soon)));
    }

    /// Ends the feeds of silent holders whose partitions somebody waits for, tells who waits for partitions that nobody
    /// has any more, and looks again when that may change.
    pub(super) fn relieve(&mut self, topic: TopicKey, due: Moment, now: Moment) {
        if now.since(due) >= LATE {
            self.hear_of_all(topic, now);
        }
        for feed in self.wanted_holders(topic) {
            self.cut_off_if_silent(feed, topic, now);
        }
        self.tell_vacant(topic, now);
        let holders = self.wanted_holders(topic);
        let next = self.next_relief(topic, &holders);
        self.ask_for_beats(topic, holders);
        let timer = Timer::Standby(topic);
        match next {
            Some(at) => self.timers.set(timer, at.max(now + AGAIN)),
            None => self.timers.clear(timer),
        }
    }

    /// The aggregator itself was away: whatever came meanwhile waits to be heard.
    fn hear_of_all(&mut self, topic: TopicKey, now: Moment) {
        let feeds = self.feeds.values_mut();
        feeds
            .filter(|feed| feed.topic == topic)
            .for_each(|feed| feed.heard = now);
    }

    /// Feeds without a group that hold what somebody waits for.
    fn wanted_holders(&self, topic: TopicKey) -> BTreeSet<FeedKey> {
        let state = &self.topics[topic.0];
        let holder = |partition| Some(state.partitions.get(&partition)?.claim()?.feed);
        let holders = state.standbys.wanted().filter_map(holder);
        holders.filter(|feed| self.is_fixed(*feed)).collect()
    }

    fn cut_off_if_silent(&mut self, feed: FeedKey, topic: TopicKey, now: Moment) {
        let heard = self.feeds.get(&feed).map_or(now, |feed| feed.heard);
        let silent = now.since(heard);
        if silent < SILENT {
            return;
        }
        self.counters.add(Count::FeedsCutOff, 1);
        let topic = self.topic_name(topic);
        self.note(Notice::CutOff {
            topic,
            feed,
            silent,
        });
        self.actions.push(Action::CloseFeed(feed, FeedEnd::Silent));
        self.close_feed(feed, None, now);
    }

    /// One word for each feed, however many partitions it waits for.
    fn tell_vacant(&mut self, topic: TopicKey, now: Moment) {
        let state = self.topic_mut(topic);
        let free = |partition: &Partition| {
            let held = state.partitions.get(partition);
            let kept = state.standbys.kept_until(*partition);
            held.is_none_or(|held| held.claim().is_none()) && kept.is_none_or(|until| now >= until)
        };
        let free: Vec<_> = state.standbys.wanted().filter(free).collect();
        let mut told: BTreeMap<FeedKey, Vec<i32>> = BTreeMap::new();
        for partition in free {
            for feed in state.standbys.take(partition) {
                told.entry(feed).or_default().push(partition.0);
            }
        }
        for (feed, partitions) in told {
            let vacant = v1::Vacant { partitions };
            self.tell(feed, feed_response::Event::Vacant(vacant));
        }
    }

    /// Who holds what somebody waits for is to beat; the others need not.
    fn ask_for_beats(&mut self, topic: TopicKey, holders: BTreeSet<FeedKey>) {
        let every = prost_types::Duration::try_from(BEAT).ok();
        let (begin, end) = self.topic_mut(topic).standbys.beats(holders);
        let told = begin.into_iter().map(|feed| (feed, every));
        for (feed, every) in told.chain(end.into_iter().map(|feed| (feed, None))) {
            let beat = v1::Beat { number: 0, every };
            self.tell(feed, feed_response::Event::Beat(beat));
        }
    }

    fn next_relief(&self, topic: TopicKey, holders: &BTreeSet<FeedKey>) -> Option<Moment> {
        let standbys = &self.topics[topic.0].standbys;
        let kept = standbys.wanted().filter_map(|p| standbys.kept_until(p));
        let silent = holders.iter().filter_map(|feed| self.feeds.get(feed));
        silent.map(|feed| feed.heard + SILENT).chain(kept).min()
    }
}
