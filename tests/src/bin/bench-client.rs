//! A reader of `make bench`: a client of the aggregator over the public gRPC API. It gathers packed batches, looks at
//! every record, holds that no offset is missing or comes twice, and acks each answer with the next request.
//!
//! It is linked with the contract only.

#[path = "../acks.rs"]
pub mod acks;
#[path = "../speed/tally.rs"]
pub mod tally;

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use clap::{Parser, ValueEnum};
use rollcall_proto::limits::{
    CONNECTION_WINDOW_BYTES, FRAME_BYTES, MAX_MESSAGE_BYTES, STREAM_WINDOW_BYTES,
};
use rollcall_proto::packed;
use rollcall_proto::stream;
use rollcall_proto::v1::{
    Close, Delivery, Encoding, GatherBatch, GatherRequest, GatherSummary, SettleRange,
    gather_batch, gather_response,
};
use tally::Tally;
use tokio::time::{Instant, sleep_until};
use tonic::transport::{Channel, Endpoint};

/// Reads every record that an aggregator gathers.
#[derive(Debug, Parser)]
struct Args {
    /// The aggregator, http://HOST:PORT
    #[arg(long)]
    server: String,
    /// Records of all topics
    #[arg(long)]
    records: u64,
    /// Topics, with commas between; the whole roll without it
    #[arg(long, value_delimiter = ',')]
    topics: Vec<String>,
    /// Records of a topic in one gather
    #[arg(long, default_value_t = 10_000)]
    max_records: u32,
    /// When a gather closes
    #[arg(long, value_enum, default_value_t = When::Any)]
    close: When,
    /// Records a second at most
    #[arg(long)]
    pace: Option<f64>,
    /// Tells how old each record is when it comes: its value begins with its time, in nanoseconds since 1970
    #[arg(long)]
    delays: bool,
}

/// When a gather closes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    Each,
    Any,
    Full,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    rollcall_proto::memory::keep_for_frames();
    let args = Args::parse();
    let mut reading = Reading {
        tally: Tally::new(args.records),
        next: HashMap::new(),
        delays: args.delays,
    };
    let channel = channel(&args.server)?;
    let mut settle = Vec::new();
    let mut paced = Paced::default();
    while !reading.tally.is_done() {
        let request = request(&args, std::mem::take(&mut settle));
        let summary = gather(&channel, request, &mut reading).await?;
        if summary.record_count == 0 && reading.next.is_empty() {
            println!("{}", tally::READY);
        }
        settle = acks::of(&summary);
        if let Some(pace) = args.pace {
            paced.slow_down(pace, summary.record_count).await;
        }
    }
    tally::wait_to_be_ended()
}

/// What was read, since when.
#[derive(Default)]
struct Paced {
    began: Option<Instant>,
    records: f64,
}

impl Paced {
    /// Waits until so many records a second are not too many.
    async fn slow_down(&mut self, pace: f64, more: u32) {
        let began = *self.began.get_or_insert_with(Instant::now);
        self.records += f64::from(more);
        sleep_until(began + Duration::from_secs_f64(self.records / pace)).await;
    }
}

/// Both ends take large frames and windows: the one setting of HTTP/2 that pays.
fn channel(server: &str) -> Result<Channel> {
    let endpoint = Endpoint::from_shared(server.to_owned()).context("the server's address")?;
    let endpoint = endpoint
        .max_frame_size(FRAME_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .tcp_nodelay(true);
    Ok(endpoint.connect_lazy())
}

fn request(args: &Args, settle: Vec<SettleRange>) -> GatherRequest {
    let close = match args.close {
        When::Each => Close::Each,
        When::Any => Close::Any,
        When::Full => Close::Full,
    };
    GatherRequest {
        topics: args.topics.clone(),
        max_records: Some(args.max_records),
        close: close.into(),
        delivery: Delivery::Lease.into(),
        encoding: Encoding::Packed.into(),
        settle,
        client_id: "bench-client".to_owned(),
        ..GatherRequest::default()
    }
}

async fn gather(
    channel: &Channel,
    request: GatherRequest,
    reading: &mut Reading,
) -> Result<GatherSummary> {
    let answer = stream::gather(channel.clone(), request, MAX_MESSAGE_BYTES).await?;
    let mut answer = answer.into_inner();
    while let Some(part) = answer.message().await? {
        match part.event.context("an empty message")? {
            gather_response::Event::Batch(batch) => reading.read(batch)?,
            gather_response::Event::Summary(summary) => return Ok(summary),
        }
    }
    bail!("an answer without a summary")
}

/// What was read so far.
struct Reading {
    tally: Tally,
    /// The next offset of each partition.
    next: HashMap<String, HashMap<i32, i64>>,
    delays: bool,
}

impl Reading {
    fn read(&mut self, batch: GatherBatch) -> Result<()> {
        let Some(gather_batch::Records::Packed(packed)) = &batch.records else {
            bail!("a batch that is not packed");
        };
        let partition = packed.partition;
        let mut next = self.next(&batch.topic, partition);
        let (mut records, mut bytes) = (0, 0);
        for record in packed::records(packed)? {
            let offset = record.offset.get();
            ensure!(
                offset == next,
                "{}-{partition}: offset {offset} came, {next} was to come",
                batch.topic
            );
            next = offset + 1;
            records += 1;
            bytes += record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
            if self.delays {
                println!("{}", delay(record.value)?);
            }
        }
        self.next
            .entry(batch.topic)
            .or_default()
            .insert(partition, next);
        self.tally.add(records, bytes as u64);
        Ok(())
    }

    /// The offset that is to come; every partition was created for this and begins with 0.
    fn next(&self, topic: &str, partition: i32) -> i64 {
        let next = self.next.get(topic).and_then(|next| next.get(&partition));
        next.copied().unwrap_or(0)
    }
}

fn delay(value: Option<&[u8]>) -> Result<String> {
    let text = std::str::from_utf8(value.unwrap_or_default())?;
    let sent = text.split(' ').next().unwrap_or_default().parse()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let delay = now.saturating_sub(Duration::from_nanos(sent));
    Ok(format!(
        r#"{{"event":"delay","ms":{}}}"#,
        delay.as_secs_f64() * 1e3
    ))
}
