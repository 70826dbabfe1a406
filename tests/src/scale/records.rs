//! Records that are made in memory.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::{Batch, TimestampType};

/// The key of each record, as large as those of `make bench`.
const KEY: [u8; 8] = [b'k'; 8];

/// No headers.
const NO_HEADERS: [(&[u8], Option<&[u8]>); 0] = [];

/// So many records from this offset on, with values of so many bytes, written now.
pub(super) fn batch(
    epoch: u64,
    partition: i32,
    first: i64,
    records: u32,
    bytes: usize,
) -> Result<Batch> {
    let value = vec![b'v'; bytes];
    let offset = |raw: i64| Offset::known(raw).context("offsets begin with 0");
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.unwrap_or_default().as_millis())?;
    let mut builder = Builder::new(
        Partition(partition),
        offset(first)?,
        TimestampType::CreateTime,
    );
    for number in 0..i64::from(records) {
        builder.push(RecordParts {
            offset: offset(first + number)?,
            timestamp_ms: Some(now),
            key: Some(&KEY),
            value: Some(&value),
            headers: NO_HEADERS,
        })?;
    }
    Ok(Batch {
        epoch,
        packed: Some(builder.finish(offset(first + i64::from(records))?)?),
        first_timestamp_ms: Some(now),
        last_timestamp_ms: Some(now),
        ..Batch::default()
    })
}
