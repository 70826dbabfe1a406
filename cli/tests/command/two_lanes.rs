//! Two real aggregators, lanes 0 and 1, with feeds that a test plays.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rollcall_aggregator::Config;
use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::feed_response::Event as Down;
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_proto::v1::status_service_client::StatusServiceClient;
use rollcall_proto::v1::{
    Batch, Claim, FeedRequest, FeedResponse, GetStatusRequest, IsolationLevel, Open, PackedBatch,
    Pulse, TimestampType,
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::Streaming;

use super::process::run;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two pulses of a feed.
const PULSE: Duration = Duration::from_millis(500);
/// Kafka's id of every topic here.
const TOPIC_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";
/// Records in a batch, and so in a partition.
const RECORDS: i64 = 5;

/// One lane of two.
struct Lane {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Lane {
    async fn start(lane: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let topics = ["A", "B"].map(|topic| Topic::new(topic).unwrap());
        let config = Config {
            lane,
            lanes: 2,
            ..Config::new(topics.to_vec())
        };
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(rollcall_aggregator::run(config, listener, None, stopped));
        Self {
            address,
            _stop: stop.drop_guard(),
        }
    }

    /// Waits until so many bytes of records are there.
    async fn until_buffered(&self, batches: usize) {
        let begun = Instant::now();
        let bytes: usize = (0..batches).map(|_| packed(0).body.len()).sum();
        let mut service = StatusServiceClient::connect(format!("http://{}", self.address))
            .await
            .unwrap();
        loop {
            let status = service.get_status(GetStatusRequest::default()).await;
            let buffered = status.unwrap().into_inner().buffered_bytes;
            if buffered >= bytes as u64 {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{buffered} of {bytes} bytes");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A feed of a topic to one lane.
struct Feed {
    up: mpsc::Sender<FeedRequest>,
    down: Streaming<FeedResponse>,
}

impl Feed {
    /// Opens it, and goes on saying that the fetcher lives and knows of so many partitions.
    async fn open(lane: &Lane, topic: &str, partitions: u32) -> Self {
        let (up, outbox) = mpsc::channel(16);
        let mut client = FeedServiceClient::connect(format!("http://{}", lane.address))
            .await
            .unwrap();
        let open = Open {
            fetcher_id: format!("fetcher of {topic}"),
            topic: topic.to_owned(),
            topic_id: TOPIC_ID.to_owned(),
            group: "shop".to_owned(),
            isolation_level: IsolationLevel::ReadUncommitted.into(),
            fetch_wait: prost_types::Duration::try_from(PULSE).ok(),
            fetch_min_bytes: 1,
            lanes: 2,
            ..Open::default()
        };
        say(&up, Up::Open(open)).await;
        let down = client.feed(ReceiverStream::new(outbox)).await.unwrap();
        let mut feed = Self {
            up,
            down: down.into_inner(),
        };
        feed.hear(|event| matches!(event, Down::Welcome(_))).await;
        tokio::spawn(pulse(feed.up.clone(), partitions));
        feed
    }

    /// Claims a partition, and sends a batch of it.
    async fn batch_of(&mut self, partition: i32) {
        let claim = Claim {
            partition,
            generation: u64::try_from(partition).unwrap() + 1,
            topic_id: TOPIC_ID.to_owned(),
            proven: true,
            ..Claim::default()
        };
        say(&self.up, Up::Claim(claim)).await;
        let mut epoch = 0;
        self.hear(|event| {
            let Down::Claimed(claimed) = event else {
                return false;
            };
            epoch = claimed.epoch;
            claimed.partition == partition
        })
        .await;
        let batch = Batch {
            epoch,
            packed: Some(packed(partition)),
            ..Batch::default()
        };
        say(&self.up, Up::Batch(batch)).await;
    }

    /// Waits until all of a partition's records are settled.
    async fn settled(&mut self, partition: i32) {
        self.hear(|event| {
            let Down::Settled(settled) = event else {
                return false;
            };
            let ranges = settled.ranges.iter();
            settled.partition == partition
                && ranges
                    .max_by_key(|range| range.next_offset)
                    .is_some_and(|range| range.next_offset == RECORDS)
        })
        .await;
    }

    /// Waits for a word.
    async fn hear(&mut self, mut wanted: impl FnMut(&Down) -> bool) {
        loop {
            let word = tokio::time::timeout(PATIENCE, self.down.message()).await;
            let word = word.unwrap().unwrap().unwrap();
            if word.event.is_some_and(|event| wanted(&event)) {
                return;
            }
        }
    }
}

async fn say(up: &mpsc::Sender<FeedRequest>, event: Up) {
    // A feed that has ended hears nothing.
    let _ = up.send(FeedRequest { event: Some(event) }).await;
}

async fn pulse(up: mpsc::Sender<FeedRequest>, partitions: u32) {
    while !up.is_closed() {
        let pulse = Pulse {
            partitions_known: Some(partitions),
            ..Pulse::default()
        };
        say(&up, Up::Pulse(pulse)).await;
        tokio::time::sleep(PULSE).await;
    }
}

fn packed(partition: i32) -> PackedBatch {
    let offset = |raw| Offset::known(raw).unwrap();
    let mut builder = Builder::new(
        Partition(partition),
        Offset::ZERO,
        TimestampType::CreateTime,
    );
    for number in 0..RECORDS {
        let value = number.to_string();
        let record = RecordParts {
            offset: offset(number),
            timestamp_ms: Some(number),
            key: None,
            value: Some(value.as_bytes()),
            headers: [],
        };
        builder.push(record).unwrap();
    }
    builder.finish(offset(RECORDS)).unwrap()
}

fn partitions(of: &Value) -> Vec<i64> {
    let partitions = of.as_array().unwrap().iter();
    partitions
        .map(|one| one["partition"].as_i64().unwrap())
        .collect()
}

/// A has three partitions, so both lanes have some of it; B has one, which is lane 0's.
#[tokio::test]
async fn two_lanes_answer_as_one() {
    let (zero, one) = (Lane::start(0).await, Lane::start(1).await);
    let mut even = Feed::open(&zero, "A", 3).await;
    let mut odd = Feed::open(&one, "A", 3).await;
    let mut alone = Feed::open(&zero, "B", 1).await;
    let _idle = Feed::open(&one, "B", 1).await;
    even.batch_of(0).await;
    even.batch_of(2).await;
    odd.batch_of(1).await;
    alone.batch_of(0).await;
    zero.until_buffered(3).await;
    one.until_buffered(1).await;
    let server = format!("--server {},{}", zero.address, one.address);

    let ended = run(&format!("gather --ack --timeout 20s {server}")).await;
    assert_eq!(
        ended.stderr, "gather [A:15, B:5] total: 20 records\n",
        "nobody waits for B at lane 1"
    );
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines = ended.stdout.lines();
    let mut records: Vec<(String, i64, i64)> = lines
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let number = |name: &str| line[name].as_i64().unwrap();
            let topic = line["topic"].as_str().unwrap().to_owned();
            (topic, number("partition"), number("offset"))
        })
        .collect();
    records.sort_unstable();
    records.dedup();
    assert_eq!(records.len(), 20, "each of them once");
    even.settled(0).await;
    even.settled(2).await;
    odd.settled(1).await;
    alone.settled(0).await;

    let ended = run(&format!("status -o json {server}")).await;
    let status: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&status["lane"], &status["lanes"]), (&2.into(), &2.into()));
    let topics = status["topics"].as_array().unwrap();
    let got = |name: &str| {
        let topic = topics.iter().find(|topic| topic["topic"] == name).unwrap();
        (
            topic["recordCount"].as_i64().unwrap(),
            topic["unacked"].as_str().unwrap(),
        )
    };
    assert_eq!((topics.len(), got("A"), got("B")), (2, (15, "0"), (5, "0")));

    let ended = run(&format!("explain A -o json {server}")).await;
    let explained: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(partitions(&explained["topic"]["partitions"]), [0, 1, 2]);
    let ended = run(&format!("explain B -o json {server}")).await;
    let explained: Value = serde_json::from_str(&ended.stdout).unwrap();
    let verdict = &explained["topic"]["verdict"]["code"];
    assert_ne!(verdict, "VERDICT_CODE_NOT_IN_THIS_LANE", "lane 0 has it");
    assert_eq!(partitions(&explained["topic"]["partitions"]), [0]);

    let ended = run(&format!("history {server}")).await;
    let rows = ended
        .stdout
        .lines()
        .filter(|line| line.contains("rollcall-gather-"));
    let mut lanes: Vec<&str> = rows
        .filter_map(|row| row.split_whitespace().last())
        .collect();
    lanes.sort_unstable();
    assert_eq!(lanes, ["L0", "L1"], "each remembers its own: {ended:?}");
    let ended = run(&format!("history --gather 1 {server}")).await;
    assert_eq!(ended.code, Some(64), "both have a gather 1: {ended:?}");
    assert!(ended.stderr.contains("(lane 1)"), "{ended:?}");
}
