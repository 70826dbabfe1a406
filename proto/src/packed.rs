//! Packed batches: one contiguous body per batch, and an index that says how to cut it.
//!
//! The layout is described where it is defined, in `record.proto`. [`Builder`] writes a batch, [`check`]
//! and [`records`] read one that nobody vouches for, [`split_at`], [`records_within`] and [`cut`] take
//! parts of one without copying its body.

mod decode;
mod encode;
mod slice;
mod walk;
mod wire;

use crate::ids::Offset;
use crate::limits::{BATCH_RECORDS, MAX_INDEX_BYTES};
use crate::v1::PackedBatch;

pub use decode::{Checked, Headers, RecordRef, Records, check, plain, records};
pub use encode::{Builder, RecordParts};
pub use slice::{cut, records_within, split_at};

/// Bytes that a batch counts for in every budget and limit: index and body.
pub fn batch_bytes(batch: &PackedBatch) -> u64 {
    (batch.index.len() + batch.body.len()) as u64
}

/// Why a record or a batch could not be packed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The record's offset was passed already.
    #[error("record at offset {offset} does not ascend: the batch goes on at {expected}")]
    NotAscending {
        /// Offset of the record.
        offset: Offset,
        /// Lowest offset that may come next.
        expected: Offset,
    },
    /// The batch takes no more: finish it and push the record again.
    #[error("batch is full with {records} records")]
    Full {
        /// Records in the batch.
        records: u32,
    },
    /// The record fits into no batch.
    #[error("record at offset {offset} has more headers than the index of a batch holds")]
    TooManyHeaders {
        /// Offset of the record.
        offset: Offset,
    },
    /// A key, a value or a header is longer than the wire can say.
    #[error("record at offset {offset} has a part of {bytes} bytes")]
    TooLong {
        /// Offset of the record.
        offset: Offset,
        /// Length of the part.
        bytes: usize,
    },
    /// The batch would end before its last record, or where it began.
    #[error("batch cannot end at offset {next}: it ends at {least} or later")]
    Range {
        /// The end that was asked for.
        next: Offset,
        /// The lowest end that is possible.
        least: Offset,
    },
}

/// What is wrong with a packed batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// The partition is negative.
    #[error("partition {0} is negative")]
    Partition(i32),
    /// The range is empty, negative or the wrong way round.
    #[error("[{first_offset}, {next_offset}) is no range of offsets")]
    Range {
        /// First offset, as it came.
        first_offset: i64,
        /// Offset after the range, as it came.
        next_offset: i64,
    },
    /// More records than a batch may hold.
    #[error("{0} records in one batch, at most {BATCH_RECORDS} are allowed")]
    TooManyRecords(u32),
    /// The index is larger than a message has room for.
    #[error("index has {0} bytes, at most {MAX_INDEX_BYTES} are allowed")]
    IndexTooLarge(usize),
    /// The index is no protobuf message.
    #[error("index is malformed at byte {0}")]
    Malformed(usize),
    /// A field of the index comes twice, or in another wire type than the packed one.
    #[error("index field {0} is repeated or not packed")]
    Field(u32),
    /// An array ends too early, or holds a number that its type does not allow.
    #[error("{array} has no valid entry for record {record}")]
    Entry {
        /// Name of the array in `RecordIndex`.
        array: &'static str,
        /// Number of the record in the batch, from 0.
        record: u32,
    },
    /// An array goes on after the last record.
    #[error("{array} has more entries than the batch has records")]
    Excess {
        /// Name of the array in `RecordIndex`.
        array: &'static str,
    },
    /// A record lies outside the batch's range.
    #[error("offset of record {record} lies outside the batch's range")]
    Offset {
        /// Number of the record in the batch, from 0.
        record: u32,
    },
    /// The lengths and the body disagree.
    #[error("lengths up to record {record} add up to {lengths} bytes, the body has {body}")]
    Body {
        /// Number of the record in the batch, from 0; the record count when all were read.
        record: u32,
        /// Bytes that the lengths claim so far.
        lengths: u64,
        /// Bytes of the body.
        body: usize,
    },
    /// A split that would leave one side without records.
    #[error("a batch of {records} records cannot be split at record {at}")]
    Split {
        /// Records in the batch.
        records: u32,
        /// Records that the head was to have.
        at: u32,
    },
}

#[cfg(test)]
mod tests;
