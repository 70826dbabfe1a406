//! Topics full of records, as many in each partition, uncompressed, with a key of eight bytes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::plan::{PARTITIONS, Plan, Size, TOPICS};
use crate::blocking::blocking;
use crate::kafka::{Kafka, unique};

/// Producing takes about a second for a million small records.
const LOAD: Duration = Duration::from_secs(120);

/// Topics with records in them.
#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) topics: Vec<String>,
    /// Records of each topic.
    pub(super) records: u64,
}

impl Loaded {
    /// Records of all topics.
    pub(super) fn total(&self) -> u64 {
        self.records * self.topics.len() as u64
    }
}

/// Creates the topics and fills them.
pub(super) async fn load(kafka: &Kafka, plan: &Plan, size: Size) -> Result<Loaded> {
    let loaded = Loaded {
        topics: empty(kafka).await?,
        records: plan.records_of_topic(size),
    };
    fill(kafka, &loaded, size).await?;
    Ok(loaded)
}

/// Fills topics that are there.
pub(super) async fn fill(kafka: &Kafka, loaded: &Loaded, size: Size) -> Result<()> {
    eprintln!("producing {} records of {}", loaded.total(), size.name());
    let (bootstrap, filled) = (kafka.bootstrap().to_owned(), loaded.clone());
    let produce = move || produce(&bootstrap, &filled, size.bytes());
    blocking("fill the topics", LOAD, produce).await??;
    hold(kafka, loaded).await
}

/// New topics with nothing in them.
pub(super) async fn empty(kafka: &Kafka) -> Result<Vec<String>> {
    let names: Vec<String> = (0..TOPICS).map(|_| unique("speed")).collect();
    for name in &names {
        kafka.create_topic(name, PARTITIONS, &[]).await?;
    }
    Ok(names)
}

fn produce(bootstrap: &str, loaded: &Loaded, bytes: usize) -> Result<()> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("linger.ms", "20")
        .set("batch.num.messages", "10000")
        .set("batch.size", "1000000");
    let producer: BaseProducer = config.create().context("could not create a producer")?;
    let value: Vec<u8> = (0..bytes).map(|at| b'a' + (at % 26) as u8).collect();
    let started = Instant::now();
    for number in 0..loaded.records {
        let key = number.to_be_bytes();
        let partition = (number % u64::from(PARTITIONS.unsigned_abs())) as i32;
        for topic in &loaded.topics {
            let mut record = BaseRecord::to(topic).key(&key).payload(&value);
            record = record.partition(partition);
            hand_over(&producer, record, started)?;
        }
    }
    let left = LOAD.saturating_sub(started.elapsed());
    producer.flush(left).context("not all was produced in time")
}

/// Waits for room in the producer's queue.
fn hand_over(
    producer: &BaseProducer,
    mut record: BaseRecord<'_, [u8; 8], Vec<u8>>,
    started: Instant,
) -> Result<()> {
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), same)) => {
                ensure!(started.elapsed() < LOAD, "the broker takes too long");
                producer.poll(Duration::from_millis(10));
                record = same;
            }
            Err((error, _)) => return Err(error).context("could not produce"),
        }
    }
}

/// Fails unless every partition holds its part.
async fn hold(kafka: &Kafka, loaded: &Loaded) -> Result<()> {
    let part = i64::try_from(loaded.records)? / i64::from(PARTITIONS);
    for topic in &loaded.topics {
        for partition in 0..PARTITIONS {
            let (start, end) = kafka.watermarks(topic, partition).await?;
            ensure!(
                (start, end) == (0, part),
                "{topic}-{partition} holds {start} to {end}, not {part} records"
            );
        }
    }
    Ok(())
}
