//! Handing out: what a gather or a peek gets next from a partition.

use rollcall_proto::ids::{LeaseId, Offset};
use rollcall_proto::packed;
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;
use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::PackedBatch;

use super::{Held, PartitionState};

/// How much the taker has room for.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Records; at least 1.
    pub records: u32,
    /// Bytes.
    pub bytes: u64,
    /// Whether a first record passes whatever its size.
    pub first_passes: bool,
}

impl Room {
    /// For one record, whatever its size.
    pub const ONE: Self = Self {
        records: 1,
        bytes: u64::MAX,
        first_passes: true,
    };
}

/// What a taker gets.
#[derive(Clone, Debug)]
pub enum Take {
    /// Nothing is there for it.
    Nothing,
    /// The next record is larger than the bytes that are left.
    NoRoom,
    /// A batch.
    Batch(Handed),
}

/// A batch that is handed out.
#[derive(Clone, Debug)]
pub struct Handed {
    /// The records.
    pub packed: PackedBatch,
    /// What it covers.
    pub range: OffsetRange,
    /// How often these records were handed out before.
    pub redelivered: u32,
    /// The fetcher's span that sent them.
    pub trace: Option<TraceContext>,
}

impl PartitionState {
    /// Hands the next batch to a lease. The partition is the lease's from then on, until all is settled or
    /// given back; what it gets is one contiguous range, settled parts excepted.
    pub fn lease(&mut self, lease: LeaseId, room: Room, now: Moment) -> Take {
        loop {
            let Some(at) = self.next_for(lease, now) else {
                return Take::Nothing;
            };
            match self.prepare(at, room) {
                Prepared::Again => {}
                Prepared::NoRoom => return Take::NoRoom,
                Prepared::Ready => {
                    return self
                        .hand_out(at, lease, now)
                        .map_or(Take::Nothing, Take::Batch);
                }
            }
        }
    }

    /// Shows the next batch at or after `from` that no lease has. Changes nothing.
    pub fn peek(&self, from: Offset, room: Room) -> Take {
        let held = self.held.as_ref().map(|held| held.range);
        let mut from = from.max(held.map_or(Offset::ZERO, OffsetRange::next));
        while let Some(piece) = self.queue.get(self.queue.position_of(from)) {
            let wanted = OffsetRange::new(piece.range.first().max(from), piece.range.next());
            let unsettled =
                wanted.and_then(|wanted| self.settled.missing_in(wanted).first().copied());
            let part = unsettled.and_then(|range| packed::cut(&piece.packed, range).ok().flatten());
            match part.filter(|part| part.record_count > 0) {
                Some(part) => {
                    let trace = piece.trace;
                    return limited(part, room, trace, |range| self.deliveries.most_in(range));
                }
                None => from = unsettled.map_or(piece.range.next(), OffsetRange::next),
            }
        }
        Take::Nothing
    }

    /// Where the piece stands that the lease gets next.
    fn next_for(&mut self, lease: LeaseId, now: Moment) -> Option<usize> {
        if self.back_off_until.is_some_and(|until| until > now) {
            return None;
        }
        if self.held_what_was_cut(lease) {
            return None;
        }
        let Some(held) = &self.held else {
            return (!self.queue.is_empty()).then_some(0);
        };
        let end = held.range.next();
        if held.lease != lease {
            return None;
        }
        let at = self.queue.position_of(end);
        let first = self.queue.get(at)?.range.first();
        if first < end {
            // A new claim sends what the lease has already, in batches of its own.
            return self.queue.cut(at, end).then_some(at + 1);
        }
        debug_assert!(
            OffsetRange::new(end, first).is_none_or(|gap| self.settled.covers(gap)),
            "I4: [{end}, {first}) is neither leased nor settled"
        );
        Some(at)
    }

    /// Cuts the piece at a position until it is just what may be handed out.
    fn prepare(&mut self, at: usize, room: Room) -> Prepared {
        let Some(piece) = self.queue.get(at) else {
            return Prepared::NoRoom;
        };
        let (range, records) = (piece.range, piece.packed.record_count);
        match self.settled.missing_in(range).first() {
            None => return self.drop_settled(range),
            Some(part) if part.first() > range.first() => {
                return self.cut_off_settled(at, part.first());
            }
            Some(part) if part.next() < range.next() => {
                self.queue.cut(at, part.next());
            }
            Some(_) if records == 0 => return self.settle_void(range),
            Some(_) => {}
        }
        if let (_, Some(end)) = self.deliveries.at(range.first()) {
            self.queue.cut(at, end);
        }
        let Some(piece) = self.queue.get(at) else {
            return Prepared::NoRoom;
        };
        match fitting(&piece.packed, piece.bytes, room) {
            _ if piece.packed.record_count == 0 => Prepared::Again,
            0 => Prepared::NoRoom,
            records => {
                self.queue.cut_after_records(at, records);
                Prepared::Ready
            }
        }
    }

    fn drop_settled(&mut self, range: OffsetRange) -> Prepared {
        self.effects.freed += self.queue.trim(range, &self.settled);
        Prepared::Again
    }

    fn cut_off_settled(&mut self, at: usize, end: Offset) -> Prepared {
        if !self.queue.cut(at, end) {
            return Prepared::NoRoom;
        }
        if let Some(settled) = self.queue.remove(at) {
            self.effects.freed += settled.bytes;
        }
        Prepared::Again
    }

    /// Offsets that hold no record need no ack.
    fn settle_void(&mut self, range: OffsetRange) -> Prepared {
        self.settle(range);
        Prepared::Again
    }

    fn hand_out(&mut self, at: usize, lease: LeaseId, now: Moment) -> Option<Handed> {
        let piece = self.queue.get(at)?;
        let (range, packed, trace) = (piece.range, piece.packed.clone(), piece.trace);
        let records = u64::from(packed.record_count);
        let (redelivered, _) = self.deliveries.at(range.first());
        if redelivered == 0 {
            debug_assert!(
                range.first() >= self.first_handed,
                "I3: {range} comes after {}",
                self.first_handed
            );
            self.first_handed = range.next();
        }
        self.deliveries.hand_out(range);
        self.leased = self.leased.max(range.next());
        let held = self.held.get_or_insert_with(|| Held {
            lease,
            range,
            open: RangeSet::new(),
            records: 0,
            since: now,
        });
        held.range = OffsetRange::new(held.range.first(), range.next()).unwrap_or(range);
        held.open.insert(range);
        held.records += records;
        Some(Handed {
            packed,
            range,
            redelivered,
            trace,
        })
    }
}

/// Whether a piece can be handed out.
enum Prepared {
    /// As it is.
    Ready,
    /// Look again: the queue has changed.
    Again,
    /// Not even its first record fits.
    NoRoom,
}

/// How many records of a batch fit; 0 when not even the first does.
fn fitting(batch: &PackedBatch, bytes: u64, room: Room) -> u32 {
    let within = if bytes <= room.bytes {
        batch.record_count
    } else {
        packed::records_within(batch, room.bytes)
    };
    within.max(u32::from(room.first_passes)).min(room.records)
}

/// The part of a batch that fits.
fn limited(
    part: PackedBatch,
    room: Room,
    trace: Option<TraceContext>,
    redelivered: impl FnOnce(OffsetRange) -> u32,
) -> Take {
    let records = fitting(&part, packed::batch_bytes(&part), room);
    if records == 0 {
        return Take::NoRoom;
    }
    let head = packed::split_at(&part, records).map_or(part, |(head, _)| head);
    match OffsetRange::from_raw(head.first_offset, head.next_offset) {
        Some(range) => Take::Batch(Handed {
            redelivered: redelivered(range),
            packed: head,
            range,
            trace,
        }),
        None => Take::Nothing,
    }
}
