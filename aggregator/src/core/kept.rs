//! Acks for partitions that nobody claims just now: kept a while for the next claim.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use rollcall_proto::ids::TopicId;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;

use super::lease::Place;

/// How long an ack is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(30);
/// Acks that are kept at most; beyond it the oldest is forgotten, and its records come again.
const KEPT: usize = 10_000;

/// Acks that wait for a claim, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Kept(VecDeque<KeptAck>);

/// One of them.
#[derive(Clone, Debug)]
struct KeptAck {
    place: Place,
    topic_id: TopicId,
    range: OffsetRange,
    until: Moment,
}

impl Kept {
    /// Keeps an ack. Returns how many had to be forgotten for it.
    pub fn keep(
        &mut self,
        place: Place,
        topic_id: TopicId,
        range: OffsetRange,
        now: Moment,
    ) -> u64 {
        let forgotten = self.0.len() >= KEPT && self.0.pop_front().is_some();
        self.0.push_back(KeptAck {
            place,
            topic_id,
            range,
            until: now + KEPT_FOR,
        });
        forgotten.into()
    }

    /// Takes out the acks of a partition, now that it is claimed; those of another topic id are forgotten.
    /// Returns the ranges, and how many were forgotten.
    pub fn take(&mut self, place: Place, topic_id: Option<&TopicId>) -> (Vec<OffsetRange>, u64) {
        let (mut ranges, mut forgotten) = (Vec::new(), 0);
        self.0.retain(|ack| {
            if ack.place != place {
                return true;
            }
            if Some(&ack.topic_id) == topic_id {
                ranges.push(ack.range);
            } else {
                forgotten += 1;
            }
            false
        });
        (ranges, forgotten)
    }

    /// Forgets what was kept too long, and says how much.
    pub fn expire(&mut self, now: Moment) -> u64 {
        let mut forgotten = 0;
        while self.0.front().is_some_and(|ack| ack.until <= now) {
            self.0.pop_front();
            forgotten += 1;
        }
        forgotten
    }

    /// What of it decides about delivery, for a model (`core/roll/image.rs`).
    pub(in crate::core) fn image(&self, now: Moment, out: &mut impl Hasher) {
        for ack in &self.0 {
            (ack.place, &ack.topic_id, ack.range, ack.until.since(now)).hash(out);
        }
    }

    /// When the oldest is forgotten.
    pub fn next_expiry(&self) -> Option<Moment> {
        self.0.front().map(|ack| ack.until)
    }
}
