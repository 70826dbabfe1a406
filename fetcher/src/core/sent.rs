//! What was sent of one partition, what of it is settled, and what may be committed.

use rollcall_proto::ids::Offset;
use rollcall_proto::ranges::{OffsetRange, RangeSet};

/// The books of one partition, from its assignment to this process until it is given up.
///
/// Everything below `floor` is settled, the next batch begins at `next`, and `high` is the highest offset
/// ever sent, which a claim that begins anew does not lower. A late ack of an earlier claim's records may
/// lift `floor` over `next`; what is sent below it is answered as settled.
#[derive(Clone, Debug, Hash)]
pub struct Sent {
    floor: Offset,
    settled: RangeSet,
    next: Offset,
    high: Offset,
    end: Option<Offset>,
}

impl Sent {
    /// Nothing was sent; everything below `start` is settled.
    pub const fn new(start: Offset) -> Self {
        Self {
            floor: start,
            settled: RangeSet::new(),
            next: start,
            high: start,
            end: None,
        }
    }

    /// Offset below which everything is settled.
    pub const fn floor(&self) -> Offset {
        self.floor
    }

    /// Where the next batch begins.
    pub const fn next(&self) -> Offset {
        self.next
    }

    /// Highest offset sent since the assignment.
    pub const fn high(&self) -> Offset {
        self.high
    }

    /// Ranges above the floor that are settled.
    pub fn settled(&self) -> impl Iterator<Item = OffsetRange> + '_ {
        self.settled.iter()
    }

    /// Whether something that was sent waits to be settled.
    pub fn unsettled(&self) -> bool {
        self.floor < self.next
    }

    /// What may be committed: the contiguous settled prefix; when nothing is unsettled, the end that the
    /// client reached, so that control records and compaction gaps there leave no lag.
    pub fn committable(&self) -> Offset {
        match self.end {
            Some(end) if !self.unsettled() => end.max(self.floor),
            Some(_) | None => self.floor,
        }
    }

    /// The claim was granted: sending starts at `from`, and the aggregator knows of `settled` ranges.
    ///
    /// Ranges that nobody can have acked (at or beyond the highest offset sent by any claim) cannot be
    /// told from ones that another fetcher sent, so the aggregator's word is taken.
    pub fn begin(&mut self, from: Offset, settled: impl IntoIterator<Item = OffsetRange>) {
        for range in settled {
            self.settled.insert(range);
        }
        self.floor = self.floor.max(from);
        self.absorb();
        self.next = from;
        self.high = self.high.max(from);
        self.end = None;
    }

    /// The feed ended: the next claim starts at what may be committed, and sends again what is unsettled.
    pub fn rewind(&mut self) {
        self.floor = self.committable();
        self.settled.remove_below(self.floor);
        self.next = self.floor;
        self.high = self.high.max(self.floor);
        self.end = None;
    }

    /// The log lost everything from `at` on: it was not sent, and nothing of it is settled. What lies below is sent again but
    /// for what is settled.
    pub fn cut(&mut self, at: Offset) {
        self.rewind();
        self.settled.remove_from(at);
        self.floor = self.floor.min(at);
        self.next = self.floor;
        self.high = self.high.min(at);
    }

    /// Somebody else may have it settled meanwhile, or not: the next claim starts at `floor`, and knows of nothing above.
    pub fn forget_settled(&mut self, floor: Offset) {
        self.rewind();
        self.settled.clear();
        (self.floor, self.next) = (floor, floor);
    }

    /// A batch was sent that ends at `next`.
    pub fn send(&mut self, next: Offset) {
        self.next = self.next.max(next);
        self.high = self.high.max(self.next);
        self.end = self.end.filter(|end| *end >= self.next);
        self.absorb();
    }

    /// A range was settled; the part beyond what was ever sent is not believed. Tells whether the floor
    /// rose.
    pub fn settle(&mut self, range: OffsetRange) -> bool {
        let before = self.floor;
        let sent = OffsetRange::new(Offset::ZERO, self.high);
        if let Some(known) = sent.and_then(|sent| range.intersection(sent)) {
            self.settled.insert(known);
            self.absorb();
        }
        self.floor > before
    }

    /// Retention took a range before it was read: there is nothing to wait for in it.
    pub fn lose(&mut self, range: OffsetRange) {
        self.settled.insert(range);
        self.absorb();
    }

    /// The client reached the end of the log at `position`, having handed over everything below it.
    pub fn reached_end(&mut self, position: Offset) {
        self.end = (position >= self.next).then_some(position);
    }

    fn absorb(&mut self) {
        self.floor = self.settled.contiguous_from(self.floor);
        self.settled.remove_below(self.floor);
    }
}

#[cfg(test)]
mod tests;
