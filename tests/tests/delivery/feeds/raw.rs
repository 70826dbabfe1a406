//! A fetcher that can say anything: the feed as it travels.

use std::net::SocketAddr;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::feed_response::Event as Down;
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_proto::v1::{
    Batch, Claim, FeedRequest, FeedResponse, Open, PackedBatch, TimestampType,
};
use rollcall_tests::kafka::unique;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// Nothing here waits for anything slow.
const ANSWER: Duration = Duration::from_secs(10);

/// Messages on their way; more than any test sends at once.
const OUTBOX: usize = 16;

/// Kafka's id of the topic, as these feeds say.
const TOPIC_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// An open feed.
pub(super) struct RawFeed {
    up: mpsc::Sender<FeedRequest>,
    down: Streaming<FeedResponse>,
    /// Bytes that may have been sent since the feed was opened.
    granted: u64,
}

impl RawFeed {
    /// A stream on which nothing was said yet.
    pub(super) async fn silent(aggregator: SocketAddr) -> Result<Self, Status> {
        let client = FeedServiceClient::connect(format!("http://{aggregator}"))
            .await
            .unwrap();
        let mut client = client.max_encoding_message_size(2 * MAX_MESSAGE_BYTES);
        let (up, outbox) = mpsc::channel(OUTBOX);
        let down = client.feed(ReceiverStream::new(outbox)).await?.into_inner();
        Ok(Self {
            up,
            down,
            granted: 0,
        })
    }

    /// A feed of this topic that was welcomed.
    pub(super) async fn open(aggregator: SocketAddr, topic: &str) -> Self {
        let mut feed = Self::silent(aggregator).await.unwrap();
        feed.say(Up::Open(open(topic))).await;
        feed.until(|event| matches!(event, Down::Welcome(_)).then_some(()))
            .await
            .unwrap();
        feed
    }

    /// Says something; a feed that was closed meanwhile does not hear it.
    pub(super) async fn say(&self, event: Up) {
        let _ = self.up.send(FeedRequest { event: Some(event) }).await;
    }

    /// Says a message without anything in it.
    pub(super) async fn say_nothing(&self) {
        let _ = self.up.send(FeedRequest::default()).await;
    }

    /// Claims a partition of which nothing was ever committed, and says the epoch that it got.
    pub(super) async fn claim(&mut self, partition: i32) -> u64 {
        let claim = Claim {
            partition,
            generation: 1,
            topic_id: TOPIC_ID.to_owned(),
            proven: true,
            ..Claim::default()
        };
        self.say(Up::Claim(claim)).await;
        let epoch = |event| {
            let Down::Claimed(claimed) = event else {
                return None;
            };
            (claimed.partition == partition).then_some(claimed.epoch)
        };
        self.until(epoch).await.unwrap()
    }

    /// Sends a batch.
    pub(super) async fn send(&self, epoch: u64, packed: PackedBatch) {
        self.say(Up::Batch(Batch {
            epoch,
            packed: Some(packed),
            ..Batch::default()
        }))
        .await;
    }

    /// The first of what it is told that `pick` takes, or how the feed was closed.
    pub(super) async fn until<T>(&mut self, pick: impl Fn(Down) -> Option<T>) -> Result<T, Status> {
        loop {
            let message = timeout(ANSWER, self.down.message()).await;
            let Ok(message) = message else {
                panic!("the aggregator says nothing for {ANSWER:?}");
            };
            let message = message?;
            let ended = || Status::cancelled("the feed was closed without a status");
            let event = message.ok_or_else(ended)?.event;
            if let Some(Down::Credit(credit)) = &event {
                self.granted = credit.cumulative_bytes;
            }
            if let Some(picked) = event.and_then(&pick) {
                return Ok(picked);
            }
        }
    }

    /// Waits until so many bytes in all may be sent.
    pub(super) async fn until_granted(&mut self, bytes: u64) {
        while self.granted < bytes {
            let credit = |event| matches!(event, Down::Credit(_)).then_some(());
            self.until(credit).await.unwrap();
        }
    }

    /// How the feed was closed.
    pub(super) async fn closed(&mut self) -> Status {
        self.until(|_| None::<()>).await.unwrap_err()
    }
}

/// The first message of a feed.
pub(super) fn open(topic: &str) -> Open {
    Open {
        fetcher_id: unique("raw"),
        topic: topic.to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        group: "raw".to_owned(),
        ..Open::default()
    }
}

/// A batch of records with these values, from this offset on.
pub(super) fn batch(partition: i32, first: i64, values: &[&[u8]]) -> PackedBatch {
    let first = Offset::known(first).unwrap();
    let mut builder = Builder::new(Partition(partition), first, TimestampType::CreateTime);
    for value in values {
        let record = RecordParts {
            offset: builder.next_offset(),
            timestamp_ms: Some(1_700_000_000_000),
            key: None,
            value: Some(value),
            headers: [],
        };
        builder.push(record).unwrap();
    }
    let next = builder.next_offset();
    builder.finish(next).unwrap()
}
