//! Walking through an index record by record: the one place that knows what its arrays mean.

use super::PackedError;
use super::wire::{ARRAYS, Array, Index, read_varint, unzigzag};
use crate::ids::Offset;
use crate::limits::{BATCH_RECORDS, MAX_INDEX_BYTES};
use crate::ranges::OffsetRange;
use crate::v1::PackedBatch;

/// Where a walk stands: between two records. Copies are cheap and walk on their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    /// What is left of each array.
    rest: [&'a [u8]; ARRAYS],
    /// Which arrays are there at all; the others say "absent" for every record.
    present: [bool; ARRAYS],
    /// Lowest offset that the next record may have.
    expected: Offset,
    /// Offset after the batch.
    end: Offset,
    /// Timestamp of the last record, -1 for none.
    timestamp_ms: i64,
    /// Where the next record begins in the body.
    body_at: usize,
    body_bytes: usize,
    /// Records that were passed.
    record: u32,
}

/// One record, as its lengths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) offset: Offset,
    pub(super) timestamp_ms: Option<i64>,
    pub(super) key_bytes: Option<u32>,
    pub(super) value_bytes: Option<u32>,
    /// The record's part of `header_lengths`.
    pub(super) header_lengths: &'a [u8],
    /// Where the record begins in the body.
    pub(super) body_at: usize,
    /// Where it ends.
    pub(super) body_end: usize,
}

/// The batch's frame, checked: partition, range and sizes.
pub(super) fn frame(batch: &PackedBatch) -> Result<OffsetRange, PackedError> {
    if batch.partition < 0 {
        return Err(PackedError::Partition(batch.partition));
    }
    if batch.record_count > BATCH_RECORDS {
        return Err(PackedError::TooManyRecords(batch.record_count));
    }
    if batch.index.len() > MAX_INDEX_BYTES {
        return Err(PackedError::IndexTooLarge(batch.index.len()));
    }
    let (first_offset, next_offset) = (batch.first_offset, batch.next_offset);
    OffsetRange::from_raw(first_offset, next_offset).ok_or(PackedError::Range {
        first_offset,
        next_offset,
    })
}

impl<'a> Walk<'a> {
    /// Stands before the first record.
    pub(super) fn new(range: OffsetRange, index: &Index<'a>, body_bytes: usize) -> Self {
        Self {
            rest: index.arrays,
            present: index.arrays.map(|array| !array.is_empty()),
            expected: range.first(),
            end: range.next(),
            timestamp_ms: 0,
            body_at: 0,
            body_bytes,
            record: 0,
        }
    }

    /// Passes one record.
    #[inline]
    pub(super) fn step(&mut self) -> Result<Step<'a>, PackedError> {
        let offset = self.offset()?;
        let timestamp_ms = self.timestamp()?;
        let key_bytes = self.length(Array::KeyLengths)?;
        if !self.present[Array::ValueLengths as usize] {
            return Err(self.no_entry(Array::ValueLengths));
        }
        let value_bytes = self.length(Array::ValueLengths)?;
        let (header_lengths, header_bytes) = self.headers()?;
        let parts = u64::from(key_bytes.unwrap_or(0)) + u64::from(value_bytes.unwrap_or(0));
        let body_at = self.body_at;
        let body_end = self.advance(parts.saturating_add(header_bytes))?;
        self.record += 1;
        Ok(Step {
            offset,
            timestamp_ms,
            key_bytes,
            value_bytes,
            header_lengths,
            body_at,
            body_end,
        })
    }

    #[inline]
    fn offset(&mut self) -> Result<Offset, PackedError> {
        let gap = self.take(Array::OffsetGaps)?.unwrap_or(0);
        let offset = self.expected.checked_add(gap);
        let offset = offset
            .filter(|&offset| offset < self.end)
            .ok_or(PackedError::Offset {
                record: self.record,
            })?;
        // Below the end, so there is an offset after it.
        self.expected = offset.checked_add(1).unwrap_or(self.end);
        Ok(offset)
    }

    #[inline]
    fn timestamp(&mut self) -> Result<Option<i64>, PackedError> {
        let Some(delta) = self.take(Array::Timestamps)? else {
            return Ok(None);
        };
        // Modulo 2^64: a producer may write any timestamp, and differences of extremes overflow.
        self.timestamp_ms = self.timestamp_ms.wrapping_add(unzigzag(delta));
        Ok((self.timestamp_ms != -1).then_some(self.timestamp_ms))
    }

    /// A length that is stored plus one.
    #[inline]
    fn length(&mut self, array: Array) -> Result<Option<u32>, PackedError> {
        let stored = self.take_u32(array)?;
        Ok(stored.unwrap_or(0).checked_sub(1))
    }

    /// The lengths of the record's headers, and the bytes that they add up to.
    #[inline]
    fn headers(&mut self) -> Result<(&'a [u8], u64), PackedError> {
        let count = self.take_u32(Array::HeaderCounts)?.unwrap_or(0);
        let before = self.rest[Array::HeaderLengths as usize];
        let mut bytes = 0_u64;
        for _ in 0..count {
            let name = self.take_u32(Array::HeaderLengths)?;
            let name = name.ok_or_else(|| self.no_entry(Array::HeaderLengths))?;
            let value = self.length(Array::HeaderLengths)?.unwrap_or(0);
            bytes += u64::from(name) + u64::from(value);
        }
        let after = self.rest[Array::HeaderLengths as usize];
        Ok((&before[..before.len() - after.len()], bytes))
    }

    #[inline]
    fn advance(&mut self, bytes: u64) -> Result<usize, PackedError> {
        let end = (self.body_at as u64).saturating_add(bytes);
        if end > self.body_bytes as u64 {
            return Err(self.body_error(end));
        }
        self.body_at = end as usize;
        Ok(self.body_at)
    }

    /// Whether everything was used up, to be asked after the last record.
    pub(super) fn finish(&self) -> Result<(), PackedError> {
        for array in Array::ALL {
            if !self.rest[array as usize].is_empty() {
                return Err(PackedError::Excess {
                    array: array.name(),
                });
            }
        }
        if self.body_at != self.body_bytes {
            return Err(self.body_error(self.body_at as u64));
        }
        Ok(())
    }

    /// The next entry of an array; `None` when the batch has no such array.
    #[inline]
    fn take(&mut self, array: Array) -> Result<Option<u64>, PackedError> {
        if !self.present[array as usize] {
            return Ok(None);
        }
        let rest = self.rest[array as usize];
        let (value, used) = read_varint(rest).ok_or_else(|| self.no_entry(array))?;
        self.rest[array as usize] = &rest[used..];
        Ok(Some(value))
    }

    #[inline]
    fn take_u32(&mut self, array: Array) -> Result<Option<u32>, PackedError> {
        let entry = self.take(array)?;
        let number = entry.map(u32::try_from).transpose();
        number.map_err(|_| self.no_entry(array))
    }

    #[cold]
    fn no_entry(&self, array: Array) -> PackedError {
        PackedError::Entry {
            array: array.name(),
            record: self.record,
        }
    }

    #[cold]
    fn body_error(&self, lengths: u64) -> PackedError {
        PackedError::Body {
            record: self.record,
            lengths,
            body: self.body_bytes,
        }
    }

    /// Records that were passed.
    pub(super) const fn record(&self) -> u32 {
        self.record
    }

    /// Where the next record begins in the body.
    pub(super) const fn body_at(&self) -> usize {
        self.body_at
    }

    /// The bytes of an array between here and a later stand.
    pub(super) fn array_until(&self, later: &Self, array: Array) -> &'a [u8] {
        let (here, there) = (self.rest[array as usize], later.rest[array as usize]);
        &here[..here.len().saturating_sub(there.len())]
    }

    /// Bytes of all arrays between here and a later stand.
    pub(super) fn array_bytes_until(&self, later: &Self) -> usize {
        let bytes = |array| self.array_until(later, array).len();
        Array::ALL.into_iter().map(bytes).sum()
    }
}
