//! Building batches, one after the other, of one partition.

use bytes::BytesMut;

use super::PackError;
use super::wire::{ARRAYS, Array, INDEX_FRAME_BYTES, index_bytes, put_varint, write_index, zigzag};
use crate::ids::{Offset, Partition};
use crate::limits::{BATCH_RECORDS, HEADER_LENGTHS_BYTES};
use crate::v1::{PackedBatch, TimestampType};

/// One record to be packed.
#[derive(Clone, Debug)]
pub struct RecordParts<'a, H> {
    /// Offset in its partition.
    pub offset: Offset,
    /// Milliseconds since the epoch; `None` when it has none (Kafka's -1, which is read as none too).
    pub timestamp_ms: Option<i64>,
    /// Key; `None` when null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` when null (a tombstone).
    pub value: Option<&'a [u8]>,
    /// Headers in their order: name, and value or `None` for null.
    pub headers: H,
}

/// Packs the records of one partition into batches that follow each other without holes.
///
/// Every byte of a record is copied once, into the body. Buffers are kept from batch to batch.
#[derive(Debug)]
pub struct Builder {
    partition: Partition,
    timestamp_type: TimestampType,
    first: Offset,
    /// Lowest offset that the next record may have.
    expected: Offset,
    records: u32,
    arrays: [Vec<u8>; ARRAYS],
    body: BytesMut,
    /// Body of the batch before: what the next one will likely need.
    last_body_bytes: usize,
    /// What timestamp differences count from.
    base_timestamp_ms: i64,
    first_timestamp_ms: Option<i64>,
    last_timestamp_ms: Option<i64>,
}

impl Builder {
    /// A builder whose first batch begins at `first_offset`.
    pub fn new(partition: Partition, first: Offset, timestamp_type: TimestampType) -> Self {
        Self {
            partition,
            timestamp_type,
            first,
            expected: first,
            records: 0,
            arrays: Default::default(),
            body: BytesMut::new(),
            last_body_bytes: 0,
            base_timestamp_ms: 0,
            first_timestamp_ms: None,
            last_timestamp_ms: None,
        }
    }

    /// Adds a record. After an error the batch is as it was before.
    pub fn push<'a, H>(&mut self, record: RecordParts<'a, H>) -> Result<(), PackError>
    where
        H: IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    {
        let offset = record.offset;
        let expected = self.admit(offset)?;
        let gap = offset.distance_from(self.expected);
        let key = stored_length(record.key, offset)?;
        let value = stored_length(record.value, offset)?;
        let mark = (self.body.len(), self.array(Array::HeaderLengths).len());
        self.push_body(record.key, record.value);
        let header_count = match self.push_headers(record.headers, offset) {
            Ok(count) => count,
            Err(error) => {
                self.body.truncate(mark.0);
                self.array(Array::HeaderLengths).truncate(mark.1);
                return Err(error);
            }
        };
        self.push_entry(Array::OffsetGaps, gap);
        self.push_timestamp(record.timestamp_ms);
        self.push_entry(Array::KeyLengths, key);
        put_varint(self.array(Array::ValueLengths), value);
        self.push_entry(Array::HeaderCounts, header_count);
        self.records += 1;
        self.expected = expected;
        Ok(())
    }

    /// The offset after the record, if the record may come next.
    fn admit(&self, offset: Offset) -> Result<Offset, PackError> {
        if offset < self.expected {
            return Err(PackError::NotAscending {
                offset,
                expected: self.expected,
            });
        }
        if self.records >= BATCH_RECORDS {
            return Err(PackError::Full {
                records: self.records,
            });
        }
        offset.checked_add(1).ok_or(PackError::Range {
            next: offset,
            least: offset,
        })
    }

    fn push_body(&mut self, key: Option<&[u8]>, value: Option<&[u8]>) {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        if self.records == 0 {
            let likely = self.last_body_bytes.max(key.len() + value.len());
            self.body.reserve(likely);
        }
        self.body.extend_from_slice(key);
        self.body.extend_from_slice(value);
    }

    /// Writes headers behind key and value, and says how many there are.
    fn push_headers<'a, H>(&mut self, headers: H, offset: Offset) -> Result<u64, PackError>
    where
        H: IntoIterator<Item = (&'a [u8], Option<&'a [u8]>)>,
    {
        let mut count = 0;
        for (name, value) in headers {
            let name_length = stored_length(Some(name), offset)? - 1;
            let value_length = stored_length(value, offset)?;
            let lengths = self.array(Array::HeaderLengths);
            put_varint(lengths, name_length);
            put_varint(lengths, value_length);
            if lengths.len() > HEADER_LENGTHS_BYTES {
                return Err(self.too_many_headers(offset));
            }
            self.body.extend_from_slice(name);
            self.body.extend_from_slice(value.unwrap_or_default());
            count += 1;
        }
        Ok(count)
    }

    fn too_many_headers(&self, offset: Offset) -> PackError {
        match self.records {
            0 => PackError::TooManyHeaders { offset },
            records => PackError::Full { records },
        }
    }

    /// Adds an entry for which 0 means "absent": an array of such entries only is not begun.
    fn push_entry(&mut self, array: Array, entry: u64) {
        let records = self.records as usize;
        let entries = self.array(array);
        if entries.is_empty() && entry == 0 {
            return;
        }
        if entries.is_empty() {
            entries.resize(records, 0);
        }
        put_varint(entries, entry);
    }

    fn push_timestamp(&mut self, timestamp_ms: Option<i64>) {
        let timestamp_ms = timestamp_ms.filter(|&ms| ms != NO_TIMESTAMP);
        self.first_timestamp_ms = self.first_timestamp_ms.or(timestamp_ms);
        self.last_timestamp_ms = timestamp_ms.or(self.last_timestamp_ms);
        let records = self.records as usize;
        if self.array(Array::Timestamps).is_empty() {
            if timestamp_ms.is_none() {
                return;
            }
            self.skip_timestamps(records);
        }
        let timestamp_ms = timestamp_ms.unwrap_or(NO_TIMESTAMP);
        let delta = zigzag(timestamp_ms.wrapping_sub(self.base_timestamp_ms));
        put_varint(self.array(Array::Timestamps), delta);
        self.base_timestamp_ms = timestamp_ms;
    }

    /// Begins the array with `records` times "no timestamp".
    fn skip_timestamps(&mut self, records: usize) {
        self.base_timestamp_ms = 0;
        if records > 0 {
            let entries = self.array(Array::Timestamps);
            entries.resize(records, 0);
            entries[0] = zigzag(NO_TIMESTAMP) as u8;
            self.base_timestamp_ms = NO_TIMESTAMP;
        }
    }

    /// Ends the batch at `next`, which lies past the last record where offsets hold none, and begins
    /// the next batch there. A batch without records is one over offsets that hold none.
    pub fn finish(&mut self, next: Offset) -> Result<PackedBatch, PackError> {
        let first_end = self.first.checked_add(1).unwrap_or(self.first);
        let least = self.expected.max(first_end);
        if next < least {
            return Err(PackError::Range { next, least });
        }
        let index = write_index(
            self.arrays.each_ref().map(|a| [a.as_slice(), &[]]),
            self.stamped(),
        );
        let batch = PackedBatch {
            partition: self.partition.0,
            first_offset: self.first.get(),
            next_offset: next.get(),
            record_count: self.records,
            index,
            body: self.body.split().freeze(),
        };
        self.last_body_bytes = batch.body.len();
        self.restart(next);
        Ok(batch)
    }

    /// Throws away what was pushed since the last batch, and begins anew at `first`.
    pub fn restart(&mut self, first: Offset) {
        self.first = first;
        self.expected = first;
        self.records = 0;
        self.arrays.iter_mut().for_each(Vec::clear);
        self.body.clear();
        self.base_timestamp_ms = 0;
        self.first_timestamp_ms = None;
        self.last_timestamp_ms = None;
    }

    /// Bytes of index and body, if the batch ended now.
    pub fn bytes(&self) -> u64 {
        let lengths = self.arrays.each_ref().map(Vec::len);
        (index_bytes(lengths, self.stamped()) + self.body.len()) as u64
    }

    /// The same, or some bytes more, at less cost.
    pub fn bytes_at_most(&self) -> u64 {
        let arrays: usize = self.arrays.iter().map(Vec::len).sum();
        (arrays + INDEX_FRAME_BYTES + self.body.len()) as u64
    }

    /// Records pushed since the last batch.
    pub const fn record_count(&self) -> u32 {
        self.records
    }

    /// Whether nothing was pushed since the last batch.
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// First offset of the batch.
    pub const fn first_offset(&self) -> Offset {
        self.first
    }

    /// Offset after the last record; the first offset while there is none.
    pub const fn next_offset(&self) -> Offset {
        self.expected
    }

    /// Timestamp of the first record that has one, in milliseconds since the epoch.
    pub const fn first_timestamp_ms(&self) -> Option<i64> {
        self.first_timestamp_ms
    }

    /// Timestamp of the last record that has one, in milliseconds since the epoch.
    pub const fn last_timestamp_ms(&self) -> Option<i64> {
        self.last_timestamp_ms
    }

    /// Sets who stamps the records of this batch and those that follow.
    pub const fn set_timestamp_type(&mut self, timestamp_type: TimestampType) {
        self.timestamp_type = timestamp_type;
    }

    /// The timestamp type as it is written: an index of no records says nothing.
    fn stamped(&self) -> TimestampType {
        match self.records {
            0 => TimestampType::Unspecified,
            _ => self.timestamp_type,
        }
    }

    fn array(&mut self, array: Array) -> &mut Vec<u8> {
        &mut self.arrays[array as usize]
    }
}

/// Kafka's stand-in for "no timestamp".
const NO_TIMESTAMP: i64 = -1;

/// A length as the index stores it: plus one, 0 for null.
fn stored_length(part: Option<&[u8]>, offset: Offset) -> Result<u64, PackError> {
    let Some(part) = part else { return Ok(0) };
    let bytes = part.len();
    match u32::try_from(bytes).ok().and_then(|b| b.checked_add(1)) {
        Some(stored) => Ok(stored.into()),
        None => Err(PackError::TooLong { offset, bytes }),
    }
}
