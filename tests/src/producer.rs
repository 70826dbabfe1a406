//! A producer for tests: every record acknowledged by all replicas, in order, and its offset known.

mod transactions;

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context, Result};
use rdkafka::ClientConfig;
use rdkafka::producer::{DeliveryFuture, FutureProducer};

use crate::record::{Record, Stored};

pub use transactions::End;

/// How many records are on their way at once; well below librdkafka's queue of 100 000.
const WINDOW: usize = 10_000;

/// Until a record counts as lost; longer than a broker takes to restart.
const DELIVERY: Duration = Duration::from_secs(60);

/// Topic settings under which compaction comes within a second after the next record, and removes all it may.
pub const COMPACTED: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("segment.ms", "100"),
    ("min.cleanable.dirty.ratio", "0.001"),
    ("delete.retention.ms", "100"),
];

/// An idempotent producer with acks=all.
#[derive(Clone)]
pub struct Producer {
    inner: FutureProducer,
}

impl Producer {
    /// A producer without transactions.
    pub fn new(bootstrap: &str) -> Result<Self> {
        Self::with(bootstrap, &[])
    }

    /// A producer with these librdkafka settings besides its own.
    pub fn with(bootstrap: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", bootstrap)
            .set("acks", "all")
            .set("enable.idempotence", "true");
        config
            .set("linger.ms", "1")
            .set("message.timeout.ms", DELIVERY.as_millis().to_string());
        config
            .set("reconnect.backoff.max.ms", "500")
            .set("message.max.bytes", "20000000");
        for (key, value) in settings {
            config.set(*key, *value);
        }
        let inner = config.create().context("could not create a producer")?;
        Ok(Self { inner })
    }

    /// Produces one record and returns where it lies.
    pub async fn send(&self, topic: &str, record: Record) -> Result<Stored> {
        self.send_all(topic, vec![record])
            .await?
            .pop()
            .context("one record gives one result")
    }

    /// Produces records, in order, and returns where each lies.
    pub async fn send_all(&self, topic: &str, records: Vec<Record>) -> Result<Vec<Stored>> {
        let mut stored = Vec::with_capacity(records.len());
        for window in records.chunks(WINDOW) {
            let sent: Result<Vec<DeliveryFuture>> = window
                .iter()
                .map(|record| self.hand_over(topic, record))
                .collect();
            for (record, delivery) in window.iter().zip(sent?) {
                stored.push(delivered(topic, record, delivery).await?);
            }
        }
        Ok(stored)
    }

    /// Produces one record for each number, in order, to one partition or (none) all over the topic.
    pub async fn numbers(
        &self,
        topic: &str,
        partition: Option<i32>,
        numbers: Range<u64>,
    ) -> Result<Vec<Stored>> {
        let numbered = |number| Record {
            partition,
            ..Record::numbered(number)
        };
        self.send_all(topic, numbers.map(numbered).collect()).await
    }

    /// Produces the numbers to one partition with the keys `k0`, `k1`, … in turn: of a compacted topic
    /// ([`COMPACTED`]) only the last `keys` of them remain.
    pub async fn rewrite(
        &self,
        topic: &str,
        partition: i32,
        keys: u64,
        numbers: Range<u64>,
    ) -> Result<Vec<Stored>> {
        let keyed = |number: u64| {
            let key = format!("k{}", number.checked_rem(keys).unwrap_or(0));
            Record::numbered(number)
                .to_partition(partition)
                .with_key(key)
        };
        self.send_all(topic, numbers.map(keyed).collect()).await
    }

    fn hand_over(&self, topic: &str, record: &Record) -> Result<DeliveryFuture> {
        let sent = self.inner.send_result(record.borrow(topic));
        sent.map_err(|(error, _)| error)
            .with_context(|| format!("could not hand over a record for {topic}"))
    }
}

async fn delivered(topic: &str, record: &Record, delivery: DeliveryFuture) -> Result<Stored> {
    let answer = delivery
        .await
        .context("the producer was dropped before the broker answered")?;
    let place = answer.map_err(|(error, _)| error);
    let place = place.with_context(|| format!("a record for {topic} was not delivered"))?;
    let timestamp = place.timestamp.to_millis();
    let record = Record {
        partition: Some(place.partition),
        timestamp,
        ..record.clone()
    };
    Ok(Stored {
        partition: place.partition,
        offset: place.offset,
        record,
    })
}
