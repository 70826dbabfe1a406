//! One partition: who feeds it, what is settled, what waits, who holds it.

use rollcall_proto::epochs::Epochs;
use rollcall_proto::ids::{LeaseId, LogPosition, Offset, TopicId};
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;

use super::books::{ClaimBooks, FeedKey, LeaseBooks, PartitionBooks};
use super::claims::{Claim, ClaimAsk, Log, Reset};
use super::queue::{Piece, Queue, Settled};
use super::redelivery::Deliveries;

mod cut;
mod handing;
mod image;
mod settling;
#[cfg(test)]
mod tests;

use cut::Cut;
pub use handing::{Handed, Room, Take};
pub use settling::{Acked, Nacked};

/// Lost ranges that are remembered of a partition; the counter counts on.
const LOST_RANGES: usize = 100;

/// The state of one partition.
#[derive(Clone, Debug, Default)]
pub struct PartitionState {
    claim: Option<Claim>,
    /// The log that all offsets here speak of; `None` before the first claim.
    log: Option<Log>,
    settled: Settled,
    /// Offset after the last record that came under the present claim: the next batch begins here.
    received: Offset,
    /// Highest offset that was ever sent, over all claims of this log.
    sent: Offset,
    /// Highest offset that was handed out or acked.
    leased: Offset,
    /// Offset after the last record that was handed out for the first time.
    first_handed: Offset,
    queue: Queue,
    held: Option<Held>,
    deliveries: Deliveries,
    back_off_until: Option<Moment>,
    lost: Vec<OffsetRange>,
    /// By whom the log was written.
    written: Epochs,
    cut: Option<Cut>,
    /// Bytes of the largest batch that came.
    largest: u64,
    effects: Effects,
}

/// A lease's part of a partition.
#[derive(Clone, Debug)]
pub struct Held {
    /// The lease.
    pub lease: LeaseId,
    /// Everything that it got, in one piece.
    pub range: OffsetRange,
    /// What of it is neither settled nor given back.
    pub open: RangeSet,
    /// Records that it got.
    pub records: u64,
    /// When it got the first of them.
    pub since: Moment,
}

/// What an operation brought about that others must hear of.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Bytes that became free, of the feed that holds the claim.
    pub freed: u64,
    /// Ranges that were settled, for that feed.
    pub settled: RangeSet,
    /// The lease that holds the partition no more.
    pub let_go: Option<LeaseId>,
}

/// What was dropped when a claim began or ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The feed that it came from.
    pub feed: Option<FeedKey>,
    /// Bytes.
    pub bytes: u64,
    /// Records.
    pub records: u64,
}

impl PartitionState {
    /// The claim that holds.
    pub const fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref()
    }

    /// Kafka's id of the topic, as the last claim knew it.
    pub fn topic_id(&self) -> Option<&TopicId> {
        self.log.as_ref()?.topic_id.as_ref()
    }

    /// Whether a claim speaks of another log than the last one.
    pub fn differs(&self, ask: &ClaimAsk) -> Option<Reset> {
        self.log.as_ref()?.differs(ask)
    }

    /// What is settled.
    pub const fn settled(&self) -> &Settled {
        &self.settled
    }

    /// Where the next batch of the present claim begins.
    pub const fn received(&self) -> Offset {
        self.received
    }

    /// Highest offset that was ever sent of this log.
    pub const fn sent(&self) -> Offset {
        self.sent
    }

    /// The lease's part that is out.
    pub const fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// What waits here, handed out or not.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Bytes of the largest batch that came.
    pub const fn largest(&self) -> u64 {
        self.largest
    }

    /// Until when a nack holds the partition back.
    pub const fn back_off_until(&self) -> Option<Moment> {
        self.back_off_until
    }

    /// By whom the log was written.
    pub fn written(&self) -> impl Iterator<Item = LogPosition> + '_ {
        self.written.iter()
    }

    /// No record below a place was written under a later leader than the one that it names.
    pub fn written_under(&mut self, place: LogPosition) {
        self.written.note(place);
    }

    /// Whether the fetcher may send one batch without credit.
    pub fn has_reserve(&self) -> bool {
        self.settled.floor() >= self.received
    }

    /// Takes what others must hear of.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    /// A claim begins. What was buffered under the one before is dropped: the new one sends from the floor.
    /// `kept` are acks of the same log that came while nobody claimed the partition; `newest` is the last lease so far.
    pub fn begin(
        &mut self,
        claim: Claim,
        ask: &ClaimAsk,
        kept: &[OffsetRange],
        newest: Option<LeaseId>,
    ) -> (Dropped, Option<Reset>) {
        let dropped = self.end();
        let differs = self.differs(ask);
        let cut = ask.cut_at.map(|at| Reset::Cut { at });
        let reset = differs.or(cut.filter(|_| self.log.is_some()));
        if let Some(at) = ask.cut_at {
            self.cut(at, newest);
        }
        if matches!(reset, Some(Reset::Recreated { .. } | Reset::Rewound { .. })) {
            self.start_anew();
        }
        let told = self.log.as_ref().map_or(Offset::ZERO, |log| log.told);
        self.log = Some(Log {
            topic_id: ask.topic_id.clone(),
            told: told.max(ask.committed),
        });
        self.settled.raise(ask.committed);
        self.sent = self.sent.max(ask.sent);
        let sent = self.sent;
        for range in ask
            .settled
            .iter()
            .chain(kept.iter().copied().filter(|range| range.next() <= sent))
        {
            self.settled.insert(range);
        }
        self.received = self.settled.floor();
        // What another run of the aggregator handed out is not known here, but it was sent: up to there it may be.
        self.leased = self.sent;
        self.forget_settled();
        self.claim = Some(claim);
        (dropped, reset)
    }

    /// The claim ends. What was buffered is dropped; floor, lease and delivery counts stay for the next one.
    pub fn end(&mut self) -> Dropped {
        let (bytes, records) = self.queue.clear();
        let feed = self.claim.take().map(|claim| claim.feed);
        Dropped {
            feed,
            bytes,
            records,
        }
    }

    /// Forgets everything that speaks of another log.
    fn start_anew(&mut self) {
        let held = self.held.as_ref().map(|held| held.lease);
        let let_go = held.or(self.effects.let_go);
        *self = Self {
            lost: std::mem::take(&mut self.lost),
            cut: self.cut,
            ..Self::default()
        };
        self.effects.let_go = let_go;
    }

    /// Remembers that records are gone. Says whether that was not known.
    pub fn lose(&mut self, range: OffsetRange) -> bool {
        let is_new = !self.lost.contains(&range);
        if is_new && self.lost.len() < LOST_RANGES {
            self.lost.push(range);
        }
        is_new
    }

    /// The group's commit was answered. Says whether it lies above what was acked here while something was
    /// unsettled; above the last record alone is right: control records behind it need no ack.
    pub fn committed(&mut self, offset: Offset) -> bool {
        if let Some(log) = &mut self.log {
            log.told = log.told.max(offset);
        }
        offset > self.settled.floor() && !self.has_reserve()
    }

    /// A batch of the present claim, which begins at [`Self::received`]. Says whether all of it was settled.
    ///
    /// What of it is settled is said again: a fetcher that was told before it had sent it did not believe it.
    pub fn accept(&mut self, piece: Piece) -> bool {
        self.received = piece.range.next();
        self.sent = self.sent.max(self.received);
        self.largest = self.largest.max(piece.bytes);
        for part in self.settled.parts_of(piece.range) {
            self.effects.settled.insert(part);
        }
        let known = self.settled.covers(piece.range);
        if known {
            self.effects.freed += piece.bytes;
        } else if piece.packed.record_count == 0 {
            self.effects.freed += piece.bytes;
            self.settle(piece.range);
        } else {
            self.queue.push(piece);
        }
        known
    }

    /// What delivery knows of the partition, for judging.
    pub fn books(&self, lease: impl FnOnce(&Held) -> LeaseBooks) -> PartitionBooks {
        let waiting = self.waiting();
        PartitionBooks {
            claim: self.claim.map(|claim| ClaimBooks {
                epoch: claim.epoch,
                feed: claim.feed,
                since: claim.since,
            }),
            floor: self.settled.floor(),
            received: self.received,
            buffered_records: waiting.map_or(0, |(records, _)| records),
            buffered_since: waiting.map(|(_, since)| since),
            unacked_records: self.unacked(),
            lease: self.held.as_ref().map(lease),
            back_off_until: self.back_off_until,
            lost: self.lost.clone(),
        }
    }

    /// Records that are handed out and not settled.
    pub fn unacked(&self) -> u64 {
        self.held.as_ref().map_or(0, Held::unacked)
    }

    /// Records that wait and are handed out to nobody, and since when the oldest does.
    pub fn waiting(&self) -> Option<(u64, Moment)> {
        let out = self
            .held
            .as_ref()
            .map_or(Offset::ZERO, |held| held.range.next());
        let first = self.queue.get(self.queue.position_of(out))?;
        let leading = self
            .queue
            .iter()
            .take_while(|piece| piece.range.next() <= out);
        let handed: u64 = leading
            .map(|piece| u64::from(piece.packed.record_count))
            .sum();
        Some((self.queue.records() - handed, first.arrived))
    }

    /// Checks what must hold at every moment; the text says what does not.
    pub fn check(&self) -> Result<(), String> {
        let (floor, leased, sent) = (self.settled.floor(), self.leased, self.sent);
        if !(floor <= leased && leased <= sent) {
            return Err(format!(
                "I1: floor {floor}, leased {leased}, sent {sent} are not in order"
            ));
        }
        if self.received > sent {
            return Err(format!(
                "I1: received {} lies beyond sent {sent}",
                self.received
            ));
        }
        if self.claim.is_none() && !self.queue.is_empty() {
            return Err("I7: an unclaimed partition holds batches".to_owned());
        }
        self.held
            .as_ref()
            .map_or(Ok(()), |held| self.check_held(held))
    }

    fn check_held(&self, held: &Held) -> Result<(), String> {
        let (range, sent) = (held.range, self.sent);
        if held.open.is_empty() || range.next() > sent {
            return Err(format!(
                "I4: lease {} holds {range} of what was sent up to {sent}",
                held.lease.0
            ));
        }
        let outside = held
            .open
            .iter()
            .find(|&open| !range.covers(open) || self.settled.covers(open));
        outside.map_or(Ok(()), |open| {
            Err(format!(
                "I4: lease {} of {range} holds {open}",
                held.lease.0
            ))
        })
    }
}

impl Held {
    /// Records of it that are not settled. At most that many: once a claim has changed, the batches that
    /// would tell the number of records from the number of offsets are gone.
    pub fn unacked(&self) -> u64 {
        self.records.min(self.open.offsets())
    }
}
