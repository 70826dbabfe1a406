//! Evidence as one kind of event, whether it comes from a feed, from an observer or from a trace.

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::evidence::Event;
use rollcall_proto::v1::{Batch, BatchSeen, PackedBatch};

use super::TopicEvidence;
use crate::core::books::FeedKey;

impl TopicEvidence {
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
            // Only an observer says these.
            Event::Group(_) | Event::Backlog(_) => {}
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
