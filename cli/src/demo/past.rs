//! What the log holds before the demo begins: older records, all of them read and committed by the group.
//!
//! So rollcall knows the rhythm of the rare topics in its first second, as it does on a log that has been
//! written for a while, and the first gather is not a pile of old records.

use std::time::{Duration, SystemTime};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::script::{GROUP, SCRIPTS, Script};

/// How long one step may take; the broker is in this process.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes the older records and commits behind them. Blocks for some 100 ms.
pub fn write(bootstrap_servers: &str) -> Result<(), KafkaError> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .create()?;
    for script in SCRIPTS {
        write_topic(&producer, &script)?;
    }
    producer.flush(PATIENCE)?;
    commit(bootstrap_servers)
}

fn write_topic(producer: &BaseProducer, script: &Script) -> Result<(), KafkaError> {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    for number in 0..script.past {
        let age = script.gap.saturating_mul(script.past - number);
        let timestamp = i64::try_from(now.saturating_sub(age).as_millis()).unwrap_or_default();
        let (key, value) = (script.record)(number.into());
        let record = BaseRecord::to(script.topic)
            .key(&key)
            .payload(&value)
            .timestamp(timestamp);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// The client has the group's id and never subscribes: nobody joins.
fn commit(bootstrap_servers: &str) -> Result<(), KafkaError> {
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap_servers)
        .set("group.id", GROUP)
        .set("enable.auto.commit", "false")
        .create()?;
    let mut ends = TopicPartitionList::new();
    for script in SCRIPTS.iter().filter(|script| script.past > 0) {
        for partition in 0..script.partitions {
            let (_, end) = client.fetch_watermarks(script.topic, partition, PATIENCE)?;
            ends.add_partition_offset(script.topic, partition, Offset::Offset(end))?;
        }
    }
    client.commit(&ends, CommitMode::Sync)
}
