//! A record as one line of JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rollcall_proto::packed::RecordRef;
use rollcall_proto::v1::{GatherBatch, Record};
use serde::Serialize;

/// One record: text where it is UTF-8, else base64, and which of the two is said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    /// Milliseconds since the epoch.
    timestamp: Option<i64>,
    key: Option<Cow<'a, str>>,
    key_encoding: Option<&'static str>,
    value: Option<Cow<'a, str>>,
    value_encoding: Option<&'static str>,
    headers: Vec<Header<'a>>,
    redelivered: u32,
}

#[derive(Debug, Serialize)]
struct Header<'a> {
    name: Cow<'a, str>,
    value: Option<Cow<'a, str>>,
    encoding: Option<&'static str>,
}

impl<'a> Line<'a> {
    pub(super) fn of_packed(
        batch: &'a GatherBatch,
        partition: i32,
        record: &RecordRef<'a>,
    ) -> Self {
        let headers = record.headers.clone();
        Self::new(batch, partition, record.offset.get(), record.timestamp_ms)
            .with(record.key, record.value)
            .headers(headers.map(|(name, value)| (String::from_utf8_lossy(name), value)))
    }

    pub(super) fn of_plain(batch: &'a GatherBatch, partition: i32, record: &'a Record) -> Self {
        let headers = record.headers.iter();
        Self::new(batch, partition, record.offset, record.timestamp_ms)
            .with(record.key.as_deref(), record.value.as_deref())
            .headers(
                headers
                    .map(|header| (Cow::Borrowed(header.name.as_str()), header.value.as_deref())),
            )
    }

    fn new(batch: &'a GatherBatch, partition: i32, offset: i64, timestamp: Option<i64>) -> Self {
        Self {
            topic: &batch.topic,
            partition,
            offset,
            timestamp,
            key: None,
            key_encoding: None,
            value: None,
            value_encoding: None,
            headers: Vec::new(),
            redelivered: batch.redelivered,
        }
    }

    fn with(self, key: Option<&'a [u8]>, value: Option<&'a [u8]>) -> Self {
        let (key, key_encoding) = readable(key);
        let (value, value_encoding) = readable(value);
        Self {
            key,
            key_encoding,
            value,
            value_encoding,
            ..self
        }
    }

    fn headers(self, headers: impl Iterator<Item = (Cow<'a, str>, Option<&'a [u8]>)>) -> Self {
        let header = |(name, value)| {
            let (value, encoding) = readable(value);
            Header {
                name,
                value,
                encoding,
            }
        };
        Self {
            headers: headers.map(header).collect(),
            ..self
        }
    }
}

/// Bytes as text, and how they were turned into it; null stays null.
fn readable(bytes: Option<&[u8]>) -> (Option<Cow<'_, str>>, Option<&'static str>) {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => (None, None),
        Some((_, Ok(text))) => (Some(Cow::Borrowed(text)), Some("utf8")),
        Some((bytes, Err(_))) => (Some(Cow::Owned(STANDARD.encode(bytes))), Some("base64")),
    }
}
