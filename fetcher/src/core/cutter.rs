//! Cuts the records of one partition into batches that follow each other without holes.

use rollcall_proto::ids::{LeaderEpoch, LogPosition, Offset, Partition};
use rollcall_proto::limits::BATCH_RECORDS;
use rollcall_proto::packed::{Builder, PackError, RecordParts};
use rollcall_proto::v1::{OversizedRecord, TimestampType};

use crate::core::facts::CutBatch;

/// Where batches end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of index and body, unless the batch holds a single record.
    pub batch_bytes: u64,
    /// Bytes of key, value and headers of one record.
    pub max_record_bytes: u64,
}

/// One partition from one placement on: every batch begins where the one before ended.
#[derive(Debug)]
pub struct Cutter {
    placement: u64,
    bounds: Bounds,
    builder: Builder,
    /// The first record that is not cut yet.
    first_record: Offset,
    /// The epoch of the newest record.
    leader_epoch: Option<LeaderEpoch>,
}

impl Cutter {
    /// A cutter whose first batch begins at `first`.
    pub fn new(partition: Partition, placement: u64, first: Offset, bounds: Bounds) -> Self {
        let builder = Builder::new(partition, first, TimestampType::Unspecified);
        Self {
            placement,
            bounds,
            builder,
            first_record: first,
            leader_epoch: None,
        }
    }

    /// The next record was written under a leader of this epoch. A batch has records of one leader: what waits of the one before
    /// goes to `full`.
    pub fn written_under(&mut self, leader_epoch: Option<LeaderEpoch>, full: &mut Vec<CutBatch>) {
        if leader_epoch > self.leader_epoch {
            full.extend(self.cut(None));
            self.leader_epoch = leader_epoch;
        }
    }

    /// The place behind the last record, cut or not.
    pub const fn behind(&self) -> LogPosition {
        LogPosition {
            offset: self.next_offset(),
            leader_epoch: self.leader_epoch,
        }
    }

    /// The placement that its batches belong to.
    pub const fn placement(&self) -> u64 {
        self.placement
    }

    /// Offset after the last record, cut or not.
    pub const fn next_offset(&self) -> Offset {
        self.builder.next_offset()
    }

    /// Bytes that wait to be cut.
    pub fn waiting_bytes(&self) -> u64 {
        if self.builder.is_empty() {
            0
        } else {
            self.builder.bytes()
        }
    }

    /// Adds a record of `record_bytes` (key, value and headers); batches that it fills go to `full`.
    ///
    /// A record above the limit is not added, and is named.
    pub fn push<'a, H>(
        &mut self,
        record: RecordParts<'a, H>,
        stamped: TimestampType,
        full: &mut Vec<CutBatch>,
    ) -> Result<(), OversizedRecord>
    where
        H: Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + Clone,
    {
        let offset = record.offset;
        let bytes = record_bytes(&record);
        if bytes > self.bounds.max_record_bytes {
            return Err(self.oversized(offset, bytes));
        }
        let added = bytes + index_bytes_at_most(&record, self.builder.record_count());
        if !self.builder.is_empty() && !self.has_room(added) {
            full.extend(self.cut(Some(offset)));
        }
        if self.builder.is_empty() {
            self.first_record = offset;
        }
        self.builder.set_timestamp_type(stamped);
        match self.builder.push(record.clone()) {
            Err(PackError::Full { .. }) => {
                full.extend(self.cut(Some(offset)));
                self.first_record = offset;
                self.builder
                    .push(record)
                    .map_err(|_| self.oversized(offset, bytes))?;
            }
            // An offset that was passed already was delivered already: nothing is lost by not adding it.
            Ok(()) | Err(PackError::NotAscending { .. }) => {}
            Err(
                PackError::TooManyHeaders { .. }
                | PackError::TooLong { .. }
                | PackError::Range { .. },
            ) => {
                return Err(self.oversized(offset, bytes));
            }
        }
        if !self.has_room(1) || self.builder.record_count() >= BATCH_RECORDS {
            full.extend(self.cut(None));
        }
        Ok(())
    }

    /// Whether so many more bytes stay within the bound. Adding up the index costs, and far below the bound there is
    /// nothing to find out.
    fn has_room(&self, bytes: u64) -> bool {
        let bound = self.bounds.batch_bytes;
        self.builder.bytes_at_most() + bytes <= bound || self.builder.bytes() + bytes <= bound
    }

    /// Cuts what waits, if anything does. `up_to` is known to hold no further record before it.
    pub fn cut(&mut self, up_to: Option<Offset>) -> Option<CutBatch> {
        if self.builder.is_empty() {
            return None;
        }
        let behind = self.behind();
        let next = behind.offset.max(up_to.unwrap_or_default());
        let first_timestamp_ms = self.builder.first_timestamp_ms();
        let last_timestamp_ms = self.builder.last_timestamp_ms();
        let packed = self.builder.finish(next).ok()?;
        let generation = self.placement;
        Some(CutBatch {
            generation,
            packed,
            first_timestamp_ms,
            last_timestamp_ms,
            first_record: self.first_record,
            behind,
        })
    }

    const fn oversized(&self, offset: Offset, bytes: u64) -> OversizedRecord {
        OversizedRecord {
            offset: offset.get(),
            bytes,
            max_record_bytes: self.bounds.max_record_bytes,
        }
    }
}

/// What a record adds to the index at the most: a varint in each of five arrays, two for each header, and
/// a byte for every record before it in the four arrays that begin with their first entry.
fn index_bytes_at_most<'a, H>(record: &RecordParts<'a, H>, records: u32) -> u64
where
    H: Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + Clone,
{
    const VARINT: u64 = 10;
    let headers = record.headers.clone().count() as u64;
    (5 + 2 * headers + 6) * VARINT + 4 * u64::from(records)
}

/// Bytes of a record as limits count them: key, value and headers.
pub fn record_bytes<'a, H>(record: &RecordParts<'a, H>) -> u64
where
    H: Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + Clone,
{
    let part = |bytes: Option<&[u8]>| bytes.map_or(0, |b| b.len() as u64);
    let headers = record
        .headers
        .clone()
        .map(|(name, value)| name.len() as u64 + part(value));
    part(record.key) + part(record.value) + headers.sum::<u64>()
}

#[cfg(test)]
mod tests;
