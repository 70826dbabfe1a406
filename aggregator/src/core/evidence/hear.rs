//! Evidence as one kind of event, whether it comes from a feed, from an observer or from a trace.

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::evidence::Event;
use rollcall_proto::v1::{BacklogSeen, Batch, BatchSeen, GroupSeen, PackedBatch};

use super::feed::Feed;
use super::observed::{Backlog, OpenRecord};
use super::{TopicEvidence, wire};
use crate::core::books::FeedKey;

impl TopicEvidence {
    /// An observer saw the group.
    pub fn group_seen(&mut self, key: FeedKey, seen: &GroupSeen, now: Moment) {
        if let Some(feed) = self.observer_mut(key) {
            feed.group_seen(seen, now);
        }
    }

    /// An observer looked at unread records.
    pub fn backlog_seen(&mut self, key: FeedKey, seen: &BacklogSeen, now: Moment) {
        self.read_bytes = self.read_bytes.saturating_add(seen.bytes);
        let partition = self
            .observer_mut(key)
            .and_then(|feed| feed.partition(seen.partition));
        let Some(partition) = partition else {
            return;
        };
        partition.backlog = Backlog::read(seen, now);
        if let Some(offset) = wire::offset(seen.open_offset) {
            partition.open_record = Some(OpenRecord {
                at: now,
                offset,
                timestamp_ms: seen.open_timestamp_ms,
            });
        }
    }

    fn observer_mut(&mut self, key: FeedKey) -> Option<&mut Feed> {
        self.feeds.get_mut(&key).filter(|feed| feed.open.observer)
    }

    /// Takes in one piece of evidence.
    pub fn hear(&mut self, key: FeedKey, event: &Event, now: Moment) {
        match event {
            Event::Opened(open) => self.feed_opened(key, open, now),
            Event::Closed(_) => self.feed_closed(key, now),
            Event::Pulse(pulse) => self.pulse(key, pulse, now),
            Event::Probed(probed) => self.probed(key, probed, now),
            Event::Committed(committed) => self.committed(key, committed, now),
            Event::History(history) => self.history(key, history, now),
            Event::Claimed(claim) => self.claimed(Partition(claim.partition), key, claim, now),
            Event::Released(release) => self.released(Partition(release.partition), now),
            Event::Batch(seen) => {
                self.batch(Partition(seen.partition), &without_records(seen), now)
            }
            Event::Group(seen) => self.group_seen(key, seen, now),
            Event::Backlog(seen) => self.backlog_seen(key, seen, now),
        }
    }
}

fn without_records(seen: &BatchSeen) -> Batch {
    Batch {
        packed: Some(PackedBatch {
            partition: seen.partition,
            first_offset: seen.first_offset,
            next_offset: seen.next_offset,
            record_count: seen.record_count,
            ..Default::default()
        }),
        first_timestamp_ms: seen.first_timestamp_ms,
        last_timestamp_ms: seen.last_timestamp_ms,
        ..Default::default()
    }
}
