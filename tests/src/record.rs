//! Records as tests write and read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rdkafka::Message;
use rdkafka::message::{Header, Headers, OwnedHeaders};
use rdkafka::producer::FutureRecord;

/// A record before it is produced. [`Record::numbered`] is the ordinary one; the rest is for the odd ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// Where to; none leaves it to the partitioner (by key, else at random).
    pub partition: Option<i32>,
    /// None is no key, which is not the same as an empty one.
    pub key: Option<Vec<u8>>,
    /// None is a null value: a tombstone.
    pub value: Option<Vec<u8>>,
    /// In order; a name may be there twice, a value may be null.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970 UTC; none is now, and so is 0 for librdkafka: the smallest that can be written is 1.
    pub timestamp: Option<i64>,
}

/// A record that lies in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The partition it lies in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Its fields; partition and timestamp are those of the log.
    pub record: Record,
}

impl Record {
    /// A record whose value is `number` in decimal.
    pub fn numbered(number: u64) -> Self {
        Self {
            value: Some(number.to_string().into_bytes()),
            ..Self::default()
        }
    }

    /// The same record to this partition.
    pub fn to_partition(self, partition: i32) -> Self {
        Self {
            partition: Some(partition),
            ..self
        }
    }

    /// The same record with this key.
    pub fn with_key(self, key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: Some(key.into()),
            ..self
        }
    }

    /// The same record with this value.
    pub fn with_value(self, value: impl Into<Vec<u8>>) -> Self {
        Self {
            value: Some(value.into()),
            ..self
        }
    }

    /// The same record with a null value.
    pub fn with_null_value(self) -> Self {
        Self {
            value: None,
            ..self
        }
    }

    /// The same record with one more header.
    pub fn with_header(mut self, name: &str, value: Option<&[u8]>) -> Self {
        self.headers
            .push((name.to_owned(), value.map(<[u8]>::to_vec)));
        self
    }

    /// A record whose value is so many bytes.
    pub fn sized(bytes: usize) -> Self {
        Self::default().with_value(vec![b'v'; bytes])
    }

    /// The same record, as old as this.
    pub fn aged(self, age: Duration) -> Self {
        let then = SystemTime::now() - age;
        let since = then.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// The same record with this timestamp, in milliseconds since 1970 UTC.
    pub fn at(self, timestamp: i64) -> Self {
        Self {
            timestamp: Some(timestamp),
            ..self
        }
    }

    /// As rdkafka wants it.
    pub(crate) fn borrow<'a>(&'a self, topic: &'a str) -> FutureRecord<'a, [u8], [u8]> {
        FutureRecord {
            topic,
            partition: self.partition,
            payload: self.value.as_deref(),
            key: self.key.as_deref(),
            timestamp: self.timestamp,
            headers: self.owned_headers(),
        }
    }

    fn owned_headers(&self) -> Option<OwnedHeaders> {
        let headers = OwnedHeaders::new_with_capacity(self.headers.len());
        let add = |headers: OwnedHeaders, (name, value): &(String, Option<Vec<u8>>)| {
            headers.insert(Header {
                key: name,
                value: value.as_deref(),
            })
        };
        (!self.headers.is_empty()).then(|| self.headers.iter().fold(headers, add))
    }
}

impl Stored {
    /// A consumed message.
    pub fn of(message: &impl Message) -> Self {
        let headers = message.headers().map(owned).unwrap_or_default();
        let record = Record {
            partition: Some(message.partition()),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
            timestamp: message.timestamp().to_millis(),
        };
        Self {
            partition: message.partition(),
            offset: message.offset(),
            record,
        }
    }

    /// The number of a [`Record::numbered`].
    pub fn number(&self) -> Result<u64> {
        number(
            self.record
                .value
                .as_deref()
                .context("a null value has no number")?,
        )
    }
}

/// The number in the value of a [`Record::numbered`].
pub fn number(value: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(value).context("not a numbered record")?;
    text.parse()
        .with_context(|| format!("not a numbered record: {text:?}"))
}

fn owned(headers: &impl Headers) -> Vec<(String, Option<Vec<u8>>)> {
    headers
        .iter()
        .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
        .collect()
}
