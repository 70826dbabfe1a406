//! Batches as a fetcher packs them.

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::{PackedBatch, TimestampType};

/// A batch of records with these values, from this offset on.
pub(super) fn batch(partition: i32, first: i64, values: &[&[u8]]) -> PackedBatch {
    let first = Offset::known(first).unwrap();
    let mut builder = Builder::new(Partition(partition), first, TimestampType::CreateTime);
    for value in values {
        let record = RecordParts {
            offset: builder.next_offset(),
            timestamp_ms: Some(1_700_000_000_000),
            key: None,
            value: Some(value),
            headers: [],
        };
        builder.push(record).unwrap();
    }
    let next = builder.next_offset();
    builder.finish(next).unwrap()
}
