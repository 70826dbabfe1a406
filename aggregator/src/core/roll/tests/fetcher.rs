//! A fetcher that keeps the protocol: it sends within its credit, and from the floor after every claim.

use std::collections::BTreeMap;

use rollcall_proto::v1::{self, feed_response};

use super::play::{Play, bytes_of, claim, packed};
use crate::core::books::FeedKey;

pub(super) struct Fetcher {
    pub(super) feed: FeedKey,
    pub(super) topic: String,
    parts: BTreeMap<i32, Part>,
    sent_bytes: u64,
    credit: u64,
    heard: usize,
}

struct Part {
    claimed: v1::Claimed,
    next: i64,
    /// Offsets that are settled, as far as it was told.
    settled: rollcall_proto::ranges::RangeSet,
}

impl Fetcher {
    pub(super) fn new(play: &mut Play, topic: &str) -> Self {
        let feed = play.open(topic);
        Self {
            feed,
            topic: topic.to_owned(),
            parts: BTreeMap::new(),
            sent_bytes: 0,
            credit: 0,
            heard: 0,
        }
    }

    pub(super) fn claim(&mut self, play: &mut Play, partition: i32) -> bool {
        self.claim_as(
            play,
            v1::Claim {
                partition,
                ..claim()
            },
        )
    }

    pub(super) fn claim_as(&mut self, play: &mut Play, claim: v1::Claim) -> bool {
        let partition = claim.partition;
        let claimed = play.claim_as(self.feed, claim);
        self.hear(play);
        if claimed.epoch == 0 {
            return false;
        }
        let next = claimed.floor;
        self.parts.insert(
            partition,
            Part {
                claimed,
                next,
                settled: Default::default(),
            },
        );
        true
    }

    pub(super) fn next(&self, partition: i32) -> i64 {
        self.parts[&partition].next
    }

    /// Sends a batch of `records` if credit or reserve allow it. Says whether it did.
    pub(super) fn send(&mut self, play: &mut Play, partition: i32, records: i64) -> bool {
        self.hear(play);
        let Some(part) = self.parts.get_mut(&partition) else {
            return false;
        };
        let floor = rollcall_proto::ids::Offset::known(part.claimed.floor).unwrap();
        let nothing_unsettled = part.settled.contiguous_from(floor).get() >= part.next;
        if self.sent_bytes >= self.credit && !nothing_unsettled {
            return false;
        }
        let batch = packed(partition, part.next, part.next + records, 100);
        self.sent_bytes += bytes_of(&batch);
        part.next += records;
        let epoch = part.claimed.epoch;
        play.send(self.feed, epoch, batch);
        self.hear(play);
        true
    }

    /// Takes note of credits and settlements.
    fn hear(&mut self, play: &Play) {
        let Some(told) = play.told.get(&self.feed) else {
            return;
        };
        for event in told.iter().skip(self.heard) {
            match event {
                feed_response::Event::Credit(credit) => self.credit = credit.cumulative_bytes,
                feed_response::Event::Settled(settled) => {
                    if let Some(part) = self
                        .parts
                        .get_mut(&settled.partition)
                        .filter(|part| part.claimed.epoch == settled.epoch)
                    {
                        for range in &settled.ranges {
                            // As the real one: what it has not sent it does not believe.
                            let known = rollcall_proto::ranges::OffsetRange::from_raw(
                                range.first_offset,
                                range.next_offset.min(part.next),
                            );
                            known
                                .into_iter()
                                .for_each(|known| part.settled.insert(known));
                        }
                    }
                }
                _ => {}
            }
        }
        self.heard = told.len();
    }
}
