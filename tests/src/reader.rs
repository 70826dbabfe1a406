//! Reading what lies in a partition, without a group.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::blocking::blocking;
use crate::record::Stored;

/// The whole reading of a partition.
const READ: Duration = Duration::from_secs(30);

/// One poll.
const POLL: Duration = Duration::from_millis(100);

/// Which records a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Those of open and aborted transactions too.
    Uncommitted,
    /// Those below the last stable offset, without aborted ones.
    Committed,
}

/// All records of a partition that are visible now, in order.
pub async fn read_partition(
    bootstrap: &str,
    topic: &str,
    partition: i32,
    isolation: Isolation,
) -> Result<Vec<Stored>> {
    let consumer = assigned(bootstrap, topic, partition, isolation)?;
    let read = blocking("read a partition", READ, move || read_to_end(&consumer)).await?;
    read.with_context(|| format!("could not read {topic}-{partition}"))
}

fn assigned(
    bootstrap: &str,
    topic: &str,
    partition: i32,
    isolation: Isolation,
) -> Result<BaseConsumer> {
    let level = match isolation {
        Isolation::Uncommitted => "read_uncommitted",
        Isolation::Committed => "read_committed",
    };
    let mut config = ClientConfig::new();
    // librdkafka wants a group's name for any consumer; this one neither joins nor commits.
    config
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "reader")
        .set("isolation.level", level);
    config
        .set("enable.partition.eof", "true")
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "10");
    let consumer: BaseConsumer = config.create().context("could not create a reader")?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Beginning)?;
    consumer.assign(&list).context("could not assign")?;
    Ok(consumer)
}

fn read_to_end(consumer: &BaseConsumer) -> Result<Vec<Stored>> {
    let started = std::time::Instant::now();
    let mut records = Vec::new();
    loop {
        ensure!(
            started.elapsed() < READ,
            "no end after {READ:?} and {} records",
            records.len()
        );
        match consumer.poll(POLL) {
            None => {}
            Some(Ok(message)) => records.push(Stored::of(&message)),
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(records),
            Some(Err(error)) => return Err(error.into()),
        }
    }
}
