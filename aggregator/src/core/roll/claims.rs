//! Claims: granted with an epoch and a floor, refused, released; what ends with them is accounted for.

use rollcall_proto::ids::{Epoch, LogPosition, Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::evidence::Event as Evidence;
use rollcall_proto::v1::{self, StartedFrom, feed_response};

use super::{Feed, Roll};
use crate::core::books::FeedKey;
use crate::core::claims::{self, Claim, ClaimAsk, Refusal, Reset};
use crate::core::count::Count;
use crate::core::event::Notice;
use crate::core::partition::Dropped;
use crate::core::roster::TopicKey;

/// Why a claim that was granted has ended.
const DISPLACED: &str = "another feed has claimed it since";

impl Roll {
    pub(super) fn claim(&mut self, feed: FeedKey, topic: TopicKey, ask: &ClaimAsk, now: Moment) {
        match self.admit_claim(feed, topic, ask, now) {
            Ok(()) if self.says_old_commit(feed, topic, ask) => self.send_back(feed, ask),
            Ok(()) => self.grant(feed, topic, ask, now),
            Err(refusal) if self.is_fixed(feed) => self.let_wait(feed, topic, ask, refusal, now),
            Err(refusal) => {
                self.counters.add(Count::ClaimsRefused, 1);
                let refused = Some(refusal.to_string());
                let (partition, generation) = (ask.partition.0, ask.wire.generation);
                let claimed = v1::Claimed {
                    partition,
                    generation,
                    refused,
                    ..v1::Claimed::default()
                };
                self.tell(feed, feed_response::Event::Claimed(claimed));
                let (topic, partition) = (self.topic_name(topic), ask.partition);
                self.note(Notice::ClaimRefused {
                    topic,
                    partition,
                    refusal,
                });
            }
        }
    }

    fn admit_claim(
        &self,
        feed: FeedKey,
        topic: TopicKey,
        ask: &ClaimAsk,
        now: Moment,
    ) -> Result<(), Refusal> {
        let state = &self.topics[topic.0];
        let holds = state.partitions.get(&ask.partition);
        claims::admit(holds.and_then(|partition| partition.claim()), feed, ask)?;
        let fetcher = self.feeds.get(&feed).filter(|feed| feed.fixed);
        let kept = |feed: &Feed| {
            let standbys = &state.standbys;
            standbys.is_kept_from(ask.partition, &feed.fetcher_id, now)
        };
        match fetcher.is_some_and(kept) {
            true => Err(Refusal::Kept),
            false => Ok(()),
        }
    }

    fn grant(&mut self, feed: FeedKey, topic: TopicKey, ask: &ClaimAsk, now: Moment) {
        let place = (topic, ask.partition);
        let (kept, forgotten) = self.kept.take(place, ask.topic_id.as_ref());
        self.counters.add(Count::AcksKeptInVain, forgotten);
        self.watch_kept();
        let state = self.topic_mut(topic);
        let epoch = state.next_epoch();
        self.hear(topic, feed, claimed(&ask.wire), now);
        self.displace(topic, ask.partition, feed);
        let newest = self.leases.newest();
        let state = self.topic_mut(topic);
        state.standbys.served(ask.partition, feed);
        let partition = state.partitions.entry(ask.partition).or_default();
        let claim = Claim {
            epoch,
            feed,
            proven: ask.wire.proven,
            since: now,
            generation: ask.wire.generation,
        };
        let (dropped, reset) = partition.begin(claim, ask, &kept, newest);
        let sent = partition.sent();
        let beyond = kept.iter().filter(|range| range.next() > sent).count();
        let claimed = v1::Claimed {
            partition: ask.partition.0,
            generation: ask.wire.generation,
            epoch: epoch.0,
            floor: partition.received().get(),
            settled: partition.settled().above().map(Into::into).collect(),
            refused: None,
            standby: false,
            written: partition.written().filter_map(wire_position).collect(),
        };
        self.tell(feed, feed_response::Event::Claimed(claimed));
        self.touch(topic, ask.partition);
        self.counters.add(Count::AcksKeptInVain, beyond as u64);
        let records = self.dropped(topic, &dropped);
        match reset {
            None => self.counters.add(Count::RecordsDroppedByClaim, records),
            Some(reset) => {
                self.counters.add(Count::PartitionsReset, 1);
                self.counters.add(Count::RecordsDiscardedByReset, records);
                let from = match reset {
                    Reset::Cut { at } => at,
                    Reset::Recreated { .. } | Reset::Rewound { .. } => Offset::ZERO,
                };
                self.forget_handed(place, from);
                let (topic, partition) = (self.topic_name(topic), ask.partition);
                self.note(Notice::Reset {
                    topic,
                    partition,
                    reset,
                    records,
                });
            }
        }
        self.lose(topic, ask);
    }

    /// A claim ends because another feed has one now. That one may have been on its way for long, and whoever owns the
    /// partition has to claim it anew.
    pub(super) fn tell_displaced(&mut self, claim: Claim, partition: Partition) {
        let ended = v1::Claimed {
            partition: partition.0,
            generation: claim.generation,
            refused: Some(DISPLACED.to_owned()),
            ..v1::Claimed::default()
        };
        self.tell(claim.feed, feed_response::Event::Claimed(ended));
    }

    /// Gives the bytes of dropped batches back to the feed that they came from; returns their records.
    fn dropped(&mut self, topic: TopicKey, dropped: &Dropped) -> u64 {
        let ledgers = &mut self.topics[topic.0].ledgers;
        if let Some(ledger) = dropped.feed.and_then(|feed| ledgers.get_mut(&feed)) {
            ledger.released += dropped.bytes;
            self.freed.insert(topic);
        }
        dropped.records
    }

    /// Names the records that are gone (I6). Those skipped by policy were skipped by choice.
    fn lose(&mut self, topic: TopicKey, ask: &ClaimAsk) {
        let lost = ask
            .wire
            .lost
            .and_then(|lost| OffsetRange::from_raw(lost.first_offset, lost.next_offset));
        let Some(range) = lost else { return };
        let partition = self
            .topic_mut(topic)
            .partitions
            .entry(ask.partition)
            .or_default();
        let is_new = partition.lose(range);
        if is_new && ask.wire.started_from() != StartedFrom::PolicyLatest {
            self.counters.add(Count::OffsetsLost, range.len());
            let (topic, partition) = (self.topic_name(topic), ask.partition);
            self.note(Notice::Lost {
                topic,
                partition,
                range,
            });
        }
    }

    pub(super) fn release(
        &mut self,
        feed: FeedKey,
        topic: TopicKey,
        partition: Partition,
        epoch: Epoch,
        now: Moment,
    ) {
        let state = self.topic_mut(topic);
        let Some(held) = state.partitions.get_mut(&partition) else {
            return;
        };
        if !held
            .claim()
            .is_some_and(|claim| claim.feed == feed && claim.epoch == epoch)
        {
            return;
        }
        let dropped = held.end();
        let released = v1::Release {
            partition: partition.0,
            epoch: epoch.0,
        };
        self.hear(topic, feed, Evidence::Released(released), now);
        let records = self.dropped(topic, &dropped);
        self.counters.add(Count::RecordsDroppedByClaim, records);
        self.look_soon(topic, now);
    }
}

fn wire_position(place: LogPosition) -> Option<v1::LogPosition> {
    Some(v1::LogPosition {
        offset: place.offset.get(),
        leader_epoch: place.leader_epoch?.0,
    })
}

/// A claim as evidence: the ranges that are settled say nothing to a verdict, and there may be many.
fn claimed(claim: &v1::Claim) -> Evidence {
    Evidence::Claimed(v1::Claim {
        partition: claim.partition,
        generation: claim.generation,
        topic_id: claim.topic_id.clone(),
        committed: claim.committed,
        sent: claim.sent,
        settled: Vec::new(),
        proven: claim.proven,
        started_from: claim.started_from,
        lost: claim.lost,
        cut_at: claim.cut_at,
    })
}
