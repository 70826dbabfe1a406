//! Taking parts of a batch: new indexes, the same body.
//!
//! Parts of a batch cover its range without holes: the offsets that hold no record stay with the part
//! before them.

use super::walk::{Walk, frame};
use super::wire::{Array, INDEX_FRAME_BYTES, Index, put_varint, write_index, zigzag};
use super::{PackedError, batch_bytes};
use crate::ids::Offset;
use crate::ranges::OffsetRange;
use crate::v1::{PackedBatch, TimestampType};

/// Splits a batch so that the head has `records` records and ends where the tail's first one begins.
/// Both need at least one record.
pub fn split_at(
    batch: &PackedBatch,
    records: u32,
) -> Result<(PackedBatch, PackedBatch), PackedError> {
    let source = Source::new(batch)?;
    if records == 0 || records >= batch.record_count {
        return Err(PackedError::Split {
            records: batch.record_count,
            at: records,
        });
    }
    let start = source.start();
    let mut middle = start;
    for _ in 0..records {
        middle.step()?;
    }
    let at = { middle }.step()?.offset;
    let end = source.end(middle)?;
    Ok((
        source.part(&start, &middle, source.range.first(), at)?,
        source.part(&middle, &end, at, source.range.next())?,
    ))
}

/// How many records from the start of a batch make a part of at most `max_bytes`; errs by a few bytes
/// on the small side. All of them when the batch is no larger. A batch that does not hold together
/// ends at its first fault.
pub fn records_within(batch: &PackedBatch, max_bytes: u64) -> u32 {
    if batch_bytes(batch) <= max_bytes {
        return batch.record_count;
    }
    let Ok(source) = Source::new(batch) else {
        return 0;
    };
    let start = source.start();
    let mut walk = start;
    for record in 0..batch.record_count {
        let fits = walk.step().is_ok() && {
            let index = (start.array_bytes_until(&walk) + INDEX_FRAME_BYTES) as u64;
            index + walk.body_at() as u64 <= max_bytes
        };
        if !fits {
            return record;
        }
    }
    batch.record_count
}

/// The part of a batch that lies in `wanted`; `None` when no offset does. The part may hold no record.
pub fn cut(batch: &PackedBatch, wanted: OffsetRange) -> Result<Option<PackedBatch>, PackedError> {
    let source = Source::new(batch)?;
    let Some(range) = source.range.intersection(wanted) else {
        return Ok(None);
    };
    if range == source.range {
        return Ok(Some(batch.clone()));
    }
    let from = source.seek(source.start(), range.first())?;
    let to = source.seek(from, range.next())?;
    source
        .part(&from, &to, range.first(), range.next())
        .map(Some)
}

/// A batch to take parts of.
struct Source<'a> {
    batch: &'a PackedBatch,
    index: Index<'a>,
    range: OffsetRange,
}

impl<'a> Source<'a> {
    fn new(batch: &'a PackedBatch) -> Result<Self, PackedError> {
        Ok(Self {
            batch,
            range: frame(batch)?,
            index: Index::parse(&batch.index)?,
        })
    }

    fn start(&self) -> Walk<'a> {
        Walk::new(self.range, &self.index, self.batch.body.len())
    }

    /// Goes on from `walk` to before the first record at or after `offset`.
    fn seek(&self, mut walk: Walk<'a>, offset: Offset) -> Result<Walk<'a>, PackedError> {
        while walk.record() < self.batch.record_count {
            let mut beyond = walk;
            if beyond.step()?.offset >= offset {
                break;
            }
            walk = beyond;
        }
        Ok(walk)
    }

    /// Goes on from `walk` to behind the last record.
    fn end(&self, mut walk: Walk<'a>) -> Result<Walk<'a>, PackedError> {
        while walk.record() < self.batch.record_count {
            walk.step()?;
        }
        Ok(walk)
    }

    /// The records between two stands, as a batch of its own.
    fn part(
        &self,
        from: &Walk<'a>,
        to: &Walk<'a>,
        first: Offset,
        next: Offset,
    ) -> Result<PackedBatch, PackedError> {
        let record_count = to.record() - from.record();
        let mut part = PackedBatch {
            partition: self.batch.partition,
            first_offset: first.get(),
            next_offset: next.get(),
            record_count,
            ..PackedBatch::default()
        };
        if record_count > 0 {
            part.index = self.part_index(from, to, first)?;
            part.body = self.batch.body.slice(from.body_at()..to.body_at());
        }
        Ok(part)
    }

    /// The arrays between two stands; gap and timestamp of the first record count from the new start.
    fn part_index(
        &self,
        from: &Walk<'a>,
        to: &Walk<'a>,
        first: Offset,
    ) -> Result<bytes::Bytes, PackedError> {
        let mut second = *from;
        let step = second.step()?;
        let (mut gap, mut timestamp) = (Vec::new(), Vec::new());
        put_varint(&mut gap, step.offset.distance_from(first));
        put_varint(&mut timestamp, zigzag(step.timestamp_ms.unwrap_or(-1)));
        let arrays = Array::ALL.map(|array| {
            let parts = match array {
                Array::OffsetGaps => [gap.as_slice(), second.array_until(to, array)],
                Array::Timestamps => [timestamp.as_slice(), second.array_until(to, array)],
                Array::KeyLengths
                | Array::ValueLengths
                | Array::HeaderCounts
                | Array::HeaderLengths => [from.array_until(to, array), &[]],
            };
            if all_absent(array, parts) {
                [&[][..]; 2]
            } else {
                parts
            }
        });
        let timestamp_type = TimestampType::try_from(self.index.timestamp_type);
        Ok(write_index(arrays, timestamp_type.unwrap_or_default()))
    }
}

/// Whether every entry of an array says "absent", so that the array is left out.
fn all_absent(array: Array, [start, rest]: [&[u8]; 2]) -> bool {
    let zeros = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
    match array {
        Array::OffsetGaps | Array::KeyLengths | Array::HeaderCounts => zeros(start) && zeros(rest),
        Array::Timestamps => start == [zigzag(-1) as u8] && zeros(rest),
        Array::ValueLengths | Array::HeaderLengths => false,
    }
}
