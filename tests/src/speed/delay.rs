//! How old a record is when the client has it in its hands, on a system where nothing else happens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::load::empty;
use super::plan::{PARTITIONS, Reader, TOPICS};
use super::readers::{Readers, client};
use super::tally::READY;
use crate::kafka::Kafka;
use crate::process::Service;
use crate::{Producer, Record, eventually};

/// From one record to the next: each topic has one every 300 ms.
const PACE: Duration = Duration::from_millis(50);

/// From the start of a reader until it waits for records.
const WAITS: Duration = Duration::from_secs(40);

/// From the last record until the reader has it.
const COMES: Duration = Duration::from_secs(15);

/// The record leaves at once, and no other broker is waited for.
const AT_ONCE: [(&str, &str); 3] = [
    ("linger.ms", "0"),
    ("acks", "1"),
    ("enable.idempotence", "false"),
];

/// What a reader says of a record.
#[derive(Debug, Deserialize)]
struct Delay {
    ms: f64,
}

/// Milliseconds of each sample, sorted; the topics take turns.
pub(super) async fn delays(
    readers: &Readers<'_>,
    reader: Reader,
    samples: usize,
) -> Result<Vec<f64>> {
    let topics = empty(readers.kafka).await?;
    let records = samples as u64;
    if reader == Reader::Rollcall {
        let roll = readers.roll(&topics).start().await?;
        let client = client(&roll, records, &["--delays", "--close", "each"]).await?;
        return sample(readers.kafka, client, &topics, samples).await;
    }
    let application = readers.application(&topics, records, |python| {
        python.arg("--delays");
    })?;
    sample(readers.kafka, application, &topics, samples).await
}

pub(super) async fn sample(
    kafka: &Kafka,
    mut reader: Service,
    topics: &[String],
    samples: usize,
) -> Result<Vec<f64>> {
    let is_ready = |line: &str| (line == READY).then_some(());
    reader.line("that it waits", WAITS, is_ready).await?;
    let producer = Producer::with(kafka.bootstrap(), &AT_ONCE)?;
    let mut pace = tokio::time::interval(PACE);
    for (number, topic) in topics.iter().cycle().take(samples).enumerate() {
        pace.tick().await;
        let partition = (number / TOPICS) as i32 % PARTITIONS;
        producer
            .send(topic, stamped()?.to_partition(partition))
            .await?;
    }
    let what = format!("{samples} records are in the client's hands");
    let mut delays = eventually(&what, COMES, async || {
        let delays = said(&reader.stdout()?);
        ensure!(delays.len() == samples, "{} are", delays.len());
        Ok(delays)
    })
    .await?;
    delays.sort_unstable_by(f64::total_cmp);
    Ok(delays)
}

/// A record of 200 bytes that begins with its time.
fn stamped() -> Result<Record> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.context("a clock before 1970")?.as_nanos();
    Ok(Record {
        value: Some(format!("{now} {}", "x".repeat(180)).into_bytes()),
        ..Record::numbered(0)
    })
}

fn said(output: &str) -> Vec<f64> {
    let delay = |line: &str| Some(serde_json::from_str::<Delay>(line).ok()?.ms);
    output.lines().filter_map(delay).collect()
}
