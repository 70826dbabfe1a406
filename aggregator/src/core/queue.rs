//! Batches of one partition that wait here, in offset order, whether handed out or not.
//!
//! A batch stays until everything in it is settled: what a lease gives back need not be sent again. A
//! limit or a settlement that falls inside a batch cuts it; bodies are shared, never copied.

use std::collections::VecDeque;

use rollcall_proto::ids::Offset;
use rollcall_proto::packed;
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;
use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::PackedBatch;

/// A batch, or what is left of one.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The records.
    pub packed: PackedBatch,
    /// The offsets that it covers.
    pub range: OffsetRange,
    /// Bytes that it counts for. Parts of a batch count together for what the batch counted.
    pub bytes: u64,
    /// When it came.
    pub arrived: Moment,
    /// The fetcher's span that sent it.
    pub trace: Option<TraceContext>,
}

/// The batches of one partition.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pieces: VecDeque<Piece>,
    bytes: u64,
    records: u64,
}

impl Queue {
    /// Adds a batch at the end.
    pub fn push(&mut self, piece: Piece) {
        self.bytes += piece.bytes;
        self.records += u64::from(piece.packed.record_count);
        self.pieces.push_back(piece);
    }

    /// Bytes that wait.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Records that wait.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The pieces, in offset order.
    pub fn iter(&self) -> impl Iterator<Item = &Piece> {
        self.pieces.iter()
    }

    /// Where the first piece stands that reaches beyond `offset`.
    pub fn position_of(&self, offset: Offset) -> usize {
        self.pieces
            .partition_point(|piece| piece.range.next() <= offset)
    }

    /// The piece at a position.
    pub fn get(&self, at: usize) -> Option<&Piece> {
        self.pieces.get(at)
    }

    /// Cuts the piece at a position so that it ends at `end`; the rest becomes the piece after it. Says
    /// whether there was something to cut.
    pub fn cut(&mut self, at: usize, end: Offset) -> bool {
        self.try_cut(at, end).is_some()
    }

    fn try_cut(&mut self, at: usize, end: Offset) -> Option<()> {
        let piece = self.pieces.get(at)?;
        let head_range = OffsetRange::new(piece.range.first(), end)?;
        let tail_range = OffsetRange::new(end, piece.range.next())?;
        let (head, tail) = (part(piece, head_range)?, part(piece, tail_range)?);
        let (arrived, bytes, trace) = (piece.arrived, piece.bytes, piece.trace);
        let head_bytes = packed::batch_bytes(&head).min(bytes);
        self.pieces[at] = Piece {
            packed: head,
            range: head_range,
            bytes: head_bytes,
            arrived,
            trace,
        };
        let tail = Piece {
            packed: tail,
            range: tail_range,
            bytes: bytes - head_bytes,
            arrived,
            trace,
        };
        self.pieces.insert(at + 1, tail);
        Some(())
    }

    /// Cuts the piece at a position so that it has `records` records, when it has more.
    pub fn cut_after_records(&mut self, at: usize, records: u32) {
        let Some(piece) = self.pieces.get(at) else {
            return;
        };
        let head = packed::split_at(&piece.packed, records).ok();
        if let Some(end) = head.and_then(|(head, _)| Offset::known(head.next_offset)) {
            self.cut(at, end);
        }
    }

    /// Takes the piece at a position out.
    pub fn remove(&mut self, at: usize) -> Option<Piece> {
        let piece = self.pieces.remove(at)?;
        self.bytes -= piece.bytes;
        self.records -= u64::from(piece.packed.record_count);
        Some(piece)
    }

    /// Takes out the pieces that touch `range` and have nothing left that is unsettled. Returns the
    /// bytes that became free.
    pub fn trim(&mut self, range: OffsetRange, settled: &Settled) -> u64 {
        let before = self.bytes;
        let mut at = self.position_of(range.first());
        while let Some(piece) = self
            .pieces
            .get(at)
            .filter(|piece| piece.range.first() < range.next())
        {
            if settled.covers(piece.range) {
                self.remove(at);
            } else {
                at += 1;
            }
        }
        before - self.bytes
    }

    /// Takes everything out: the bytes and the records that were there.
    pub fn clear(&mut self) -> (u64, u64) {
        let was = (self.bytes, self.records);
        *self = Self::default();
        was
    }
}

/// The records of a piece that lie in a range.
///
/// `None` never happens to a batch that was checked on its way in; a piece that cannot be cut is left whole.
fn part(piece: &Piece, range: OffsetRange) -> Option<PackedBatch> {
    packed::cut(&piece.packed, range).ok().flatten()
}

/// What is settled of a partition: everything below the floor, and ranges above it.
#[derive(Clone, Debug, Default, Hash)]
pub struct Settled {
    floor: Offset,
    above: RangeSet,
}

impl Settled {
    /// Settled below `floor`, and nothing above.
    pub const fn below(floor: Offset) -> Self {
        Self {
            floor,
            above: RangeSet::new(),
        }
    }

    /// Everything below is settled, the offset itself is not.
    pub const fn floor(&self) -> Offset {
        self.floor
    }

    /// The settled ranges above the floor.
    pub fn above(&self) -> impl Iterator<Item = OffsetRange> + '_ {
        self.above.iter()
    }

    /// Settles a range.
    pub fn insert(&mut self, range: OffsetRange) {
        self.above.insert(range);
        self.floor = self.above.contiguous_from(self.floor);
        self.above.remove_below(self.floor);
    }

    /// Settles everything below an offset.
    pub fn raise(&mut self, floor: Offset) {
        if let Some(range) = OffsetRange::new(self.floor, floor) {
            self.insert(range);
        }
    }

    /// Nothing from `at` on is settled.
    pub fn cut(&mut self, at: Offset) {
        self.above.remove_from(at);
        self.floor = self.floor.min(at);
    }

    /// Whether all of a range is settled.
    pub fn covers(&self, range: OffsetRange) -> bool {
        OffsetRange::new(range.first().max(self.floor), range.next())
            .is_none_or(|rest| self.above.covers(rest))
    }

    /// The parts of a range that are settled, in order.
    pub fn parts_of(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let mut open = RangeSet::new();
        open.insert(range);
        for missing in self.missing_in(range) {
            open.remove(missing);
        }
        open.iter().collect()
    }

    /// The parts of a range that are not settled, in order.
    pub fn missing_in(&self, range: OffsetRange) -> Vec<OffsetRange> {
        let rest = OffsetRange::new(range.first().max(self.floor), range.next());
        rest.map(|rest| self.above.missing_in(rest).collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
