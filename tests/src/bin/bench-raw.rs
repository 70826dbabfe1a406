//! A reader of `make bench`: librdkafka through rdkafka's `BaseConsumer`, one record a poll, from the beginning to the end.
//!
//! Nothing joins a group: partitions are assigned. It is linked with no other part of the workspace.

#[path = "../speed/tally.rs"]
pub mod tally;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tally::Tally;

/// Records after which a consumer says what it has; a lock for each record would be measured too.
const EVERY: u64 = 1000;

const POLL: Duration = Duration::from_millis(100);

/// Reads every record of the topics with plain consumers.
#[derive(Debug, Parser)]
struct Args {
    #[arg(long)]
    bootstrap: String,
    /// Topics, with commas between
    #[arg(long, value_delimiter = ',')]
    topics: Vec<String>,
    /// Partitions of each topic
    #[arg(long)]
    partitions: i32,
    /// Records of each topic
    #[arg(long)]
    records: u64,
    /// One consumer for all topics, not one for each
    #[arg(long)]
    one: bool,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let at_once = if args.one { args.topics.len() } else { 1 };
    let tally = Mutex::new(Tally::new(args.records * args.topics.len() as u64));
    std::thread::scope(|scope| {
        let readers: Vec<_> = args
            .topics
            .chunks(at_once)
            .map(|topics| scope.spawn(|| read(&args, topics, &tally)))
            .collect();
        println!("{}", tally::READY);
        readers.into_iter().try_for_each(|reader| {
            let ended = reader.join();
            ended.unwrap_or_else(|_| anyhow::bail!("a reader panicked"))
        })
    })?;
    tally::wait_to_be_ended()
}

fn read(args: &Args, topics: &[String], tally: &Mutex<Tally>) -> Result<()> {
    let consumer = assigned(args, topics)?;
    let expected = args.records * topics.len() as u64;
    let (mut records, mut told, mut bytes) = (0, 0, 0);
    while records < expected {
        let Some(message) = consumer.poll(POLL) else {
            continue;
        };
        let message = message.context("could not read")?;
        records += 1;
        bytes += (message.key_len() + message.payload_len()) as u64;
        if records - told == EVERY || records == expected {
            locked(tally).add(records - told, bytes);
            (told, bytes) = (records, 0);
        }
    }
    Ok(())
}

/// Settings of this purpose: a full queue is looked at again after 5 ms and not after a second, and memory is bounded
/// as a fetcher's is.
fn assigned(args: &Args, topics: &[String]) -> Result<BaseConsumer> {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &args.bootstrap)
        .set("group.id", "bench-raw")
        .set("enable.auto.commit", "false")
        .set("fetch.queue.backoff.ms", "5")
        .set("queued.min.messages", "1000000")
        .set("queued.max.messages.kbytes", "16384");
    let consumer: BaseConsumer = config.create().context("could not create a consumer")?;
    let mut list = TopicPartitionList::new();
    for topic in topics {
        for partition in 0..args.partitions {
            list.add_partition_offset(topic, partition, Offset::Beginning)?;
        }
    }
    consumer.assign(&list).context("could not assign")?;
    Ok(consumer)
}

fn locked(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}
