//! Messages on their way: what of them belongs to the model, and what of them decides about delivery.

use std::hash::{Hash, Hasher};

use rollcall_proto::v1::{self, feed_request, feed_response};

/// Whether a message of a fetcher is more than evidence.
pub(super) const fn carries(event: &feed_request::Event) -> bool {
    match event {
        feed_request::Event::Open(_)
        | feed_request::Event::Claim(_)
        | feed_request::Event::Release(_)
        | feed_request::Event::Batch(_)
        | feed_request::Event::Committed(_) => true,
        feed_request::Event::Pulse(_)
        | feed_request::Event::Probed(_)
        | feed_request::Event::History(_)
        | feed_request::Event::Beat(_) => false,
    }
}

/// What the fetcher hears of a message of the aggregator: nothing of probes, and no rhythm of pulses. The rest is said to
/// fixed fetchers only, and these are members of a group.
pub(super) fn heard(event: feed_response::Event) -> Option<feed_response::Event> {
    match event {
        feed_response::Event::Probe(_)
        | feed_response::Event::Vacant(_)
        | feed_response::Event::Beat(_) => None,
        feed_response::Event::Welcome(welcome) => {
            Some(feed_response::Event::Welcome(v1::Welcome {
                pulse_interval: None,
                ..welcome
            }))
        }
        feed_response::Event::Claimed(_)
        | feed_response::Event::Credit(_)
        | feed_response::Event::Settled(_)
        | feed_response::Event::Drain(_) => Some(event),
    }
}

/// What numbers of messages are counted from.
#[derive(Clone, Copy, Debug)]
pub(super) struct From {
    /// The newest epoch that the aggregator gave.
    pub(super) epoch: u64,
    /// The newest claim of the fetcher's process.
    pub(super) claim: u64,
    /// Credit that the fetcher used in this feed.
    pub(super) used: u64,
}

impl From {
    /// Writes what of a fetcher's message decides about delivery.
    pub(super) fn request(self, event: &feed_request::Event, out: &mut impl Hasher) {
        std::mem::discriminant(event).hash(out);
        match event {
            feed_request::Event::Open(open) => (&open.topic_id, &open.fetcher_id).hash(out),
            feed_request::Event::Claim(claim) => {
                let age = self.claim.wrapping_sub(claim.generation);
                (claim.partition, age, &claim.topic_id, claim.proven).hash(out);
                (claim.committed, claim.sent, claim.started_from).hash(out);
                claim
                    .lost
                    .iter()
                    .chain(&claim.settled)
                    .for_each(|range| hash_range(range, out));
            }
            feed_request::Event::Release(release) => {
                (release.partition, self.epoch.wrapping_sub(release.epoch)).hash(out);
            }
            feed_request::Event::Batch(batch) => {
                self.epoch.wrapping_sub(batch.epoch).hash(out);
                let packed = batch.packed.as_ref();
                packed
                    .map(|packed| (packed.partition, packed.first_offset, packed.next_offset))
                    .hash(out);
            }
            feed_request::Event::Committed(committed) => {
                for answer in &committed.partitions {
                    (answer.partition, answer.offset, answer.failure.is_some()).hash(out);
                }
            }
            feed_request::Event::Pulse(_)
            | feed_request::Event::Probed(_)
            | feed_request::Event::History(_)
            | feed_request::Event::Beat(_) => {}
        }
    }

    /// Writes what of the aggregator's message decides about delivery.
    pub(super) fn response(self, event: &feed_response::Event, out: &mut impl Hasher) {
        std::mem::discriminant(event).hash(out);
        match event {
            feed_response::Event::Claimed(claimed) => {
                let age = self.claim.wrapping_sub(claimed.generation);
                let epoch = (claimed.epoch > 0).then(|| self.epoch.wrapping_sub(claimed.epoch));
                (claimed.partition, age, epoch, claimed.floor).hash(out);
                claimed
                    .settled
                    .iter()
                    .for_each(|range| hash_range(range, out));
            }
            feed_response::Event::Credit(credit) => {
                credit.cumulative_bytes.wrapping_sub(self.used).hash(out);
            }
            feed_response::Event::Settled(settled) => {
                (settled.partition, self.epoch.wrapping_sub(settled.epoch)).hash(out);
                settled
                    .ranges
                    .iter()
                    .for_each(|range| hash_range(range, out));
            }
            feed_response::Event::Welcome(_)
            | feed_response::Event::Probe(_)
            | feed_response::Event::Vacant(_)
            | feed_response::Event::Beat(_)
            | feed_response::Event::Drain(_) => {}
        }
    }
}

fn hash_range(range: &v1::OffsetRange, out: &mut impl Hasher) {
    (range.first_offset, range.next_offset).hash(out);
}
