//! Reading a batch that nobody vouches for: nothing is allocated, nothing panics.

use bytes::Bytes;

use super::walk::{Step, Walk, frame};
use super::wire::{Index, read_varint};
use super::{PackedError, batch_bytes};
use crate::ids::{Offset, Partition};
use crate::ranges::OffsetRange;
use crate::v1::{self, PackedBatch, TimestampType};

/// A batch that was read to its end and holds together.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    batch: &'a PackedBatch,
    index: Index<'a>,
    range: OffsetRange,
}

/// Reads a batch to its end: lengths add up to the body exactly, offsets ascend inside the range, every
/// array has an entry for each record and no more.
///
/// Costs one pass over the index and no allocation, whatever the batch says of itself.
pub fn check(batch: &PackedBatch) -> Result<Checked<'_>, PackedError> {
    let range = frame(batch)?;
    let index = Index::parse(&batch.index)?;
    let mut walk = Walk::new(range, &index, batch.body.len());
    for _ in 0..batch.record_count {
        walk.step()?;
    }
    walk.finish()?;
    Ok(Checked {
        batch,
        index,
        range,
    })
}

/// Checks a batch and iterates over its records.
pub fn records(batch: &PackedBatch) -> Result<Records<'_>, PackedError> {
    check(batch).map(|checked| checked.records())
}

/// Checks a batch and writes it as one message per record. Keys and values share the batch's body.
pub fn plain(batch: &PackedBatch) -> Result<v1::RecordBatch, PackedError> {
    check(batch).map(|checked| checked.plain())
}

impl<'a> Checked<'a> {
    /// The partition.
    pub fn partition(&self) -> Partition {
        Partition(self.batch.partition)
    }

    /// The offsets that the batch covers.
    pub fn range(&self) -> OffsetRange {
        self.range
    }

    /// Records in the batch.
    pub fn record_count(&self) -> u32 {
        self.batch.record_count
    }

    /// Bytes of index and body.
    pub fn bytes(&self) -> u64 {
        batch_bytes(self.batch)
    }

    /// Who stamped the records.
    pub fn timestamp_type(&self) -> TimestampType {
        TimestampType::try_from(self.index.timestamp_type).unwrap_or_default()
    }

    /// The records, in offset order.
    pub fn records(&self) -> Records<'a> {
        Records {
            walk: Walk::new(self.range, &self.index, self.batch.body.len()),
            left: self.batch.record_count,
            body: &self.batch.body,
        }
    }

    /// The batch as one message per record. Keys and values share the batch's body.
    pub fn plain(&self) -> v1::RecordBatch {
        let body = &self.batch.body;
        v1::RecordBatch {
            partition: self.batch.partition,
            first_offset: self.batch.first_offset,
            next_offset: self.batch.next_offset,
            records: self.records().map(|record| record.plain(body)).collect(),
        }
    }
}

/// The records of a batch, in offset order.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    walk: Walk<'a>,
    left: u32,
    body: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<RecordRef<'a>> {
        self.left = self.left.checked_sub(1)?;
        // A checked batch has a valid entry everywhere: neither of the two ends a batch early.
        let step = self.walk.step().ok()?;
        RecordRef::cut(self.body, step)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Records<'_> {}

/// One record, borrowed from its batch.
#[derive(Clone, Debug)]
pub struct RecordRef<'a> {
    /// Offset in its partition.
    pub offset: Offset,
    /// Milliseconds since the epoch, as the producer or the broker wrote them; `None` when it has none.
    pub timestamp_ms: Option<i64>,
    /// Key; `None` when null.
    pub key: Option<&'a [u8]>,
    /// Value; `None` when null (a tombstone).
    pub value: Option<&'a [u8]>,
    /// Headers in their order; names may repeat.
    pub headers: Headers<'a>,
}

impl<'a> RecordRef<'a> {
    #[inline]
    fn cut(body: &'a [u8], step: Step<'a>) -> Option<Self> {
        let record = body.get(step.body_at..step.body_end)?;
        let (key, record) = take(record, step.key_bytes)?;
        let (value, record) = take(record, step.value_bytes)?;
        Some(Self {
            offset: step.offset,
            timestamp_ms: step.timestamp_ms,
            key,
            value,
            headers: Headers {
                lengths: step.header_lengths,
                bytes: record,
            },
        })
    }

    fn plain(self, body: &Bytes) -> v1::Record {
        let header = |(name, value): (&[u8], Option<&[u8]>)| v1::Header {
            name: String::from_utf8_lossy(name).into_owned(),
            value: value.map(|value| body.slice_ref(value)),
        };
        v1::Record {
            offset: self.offset.get(),
            timestamp_ms: self.timestamp_ms,
            key: self.key.map(|key| body.slice_ref(key)),
            value: self.value.map(|value| body.slice_ref(value)),
            headers: self.headers.map(header).collect(),
        }
    }
}

/// The headers of a record in their order: name, and value or `None` for null.
#[derive(Clone, Debug, Default)]
pub struct Headers<'a> {
    lengths: &'a [u8],
    bytes: &'a [u8],
}

impl Headers<'_> {
    /// Whether the record has no headers.
    pub const fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    fn length(&mut self) -> Option<u32> {
        let (length, used) = read_varint(self.lengths)?;
        self.lengths = &self.lengths[used..];
        u32::try_from(length).ok()
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let name_bytes = self.length()?;
        let value_bytes = self.length()?.checked_sub(1);
        let (name, rest) = take(self.bytes, Some(name_bytes))?;
        let (value, rest) = take(rest, value_bytes)?;
        self.bytes = rest;
        Some((name.unwrap_or_default(), value))
    }
}

/// Splits a part off that may be absent; `None` when there are not enough bytes.
#[inline]
fn take(bytes: &[u8], length: Option<u32>) -> Option<(Option<&[u8]>, &[u8])> {
    match length {
        None => Some((None, bytes)),
        Some(length) => bytes
            .split_at_checked(length as usize)
            .map(|(part, rest)| (Some(part), rest)),
    }
}
