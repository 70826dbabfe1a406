//! A fetcher that can say anything: the feed as it travels.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::v1::feed_request::Event as Up;
use rollcall_proto::v1::feed_response::Event as Down;
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_proto::v1::{Batch, Claim, FeedRequest, FeedResponse, Open, PackedBatch};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::kafka::unique;

/// Nothing here waits for anything slow.
const ANSWER: Duration = Duration::from_secs(10);

/// Messages on their way; more than any test sends at once.
const OUTBOX: usize = 16;

/// Kafka's id of the topic, as these feeds say.
const TOPIC_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// An open feed.
#[derive(Debug)]
pub struct RawFeed {
    up: mpsc::Sender<FeedRequest>,
    down: Streaming<FeedResponse>,
    /// Bytes that may have been sent since the feed was opened.
    granted: u64,
}

impl RawFeed {
    /// A stream on which nothing was said yet.
    pub async fn silent(aggregator: SocketAddr) -> Result<Self, Status> {
        let client = FeedServiceClient::connect(format!("http://{aggregator}"))
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
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
    pub async fn open(aggregator: SocketAddr, topic: &str) -> Result<Self, Status> {
        Self::welcomed(aggregator, open(topic)).await
    }

    /// A feed that was opened with these words, and welcomed.
    pub async fn welcomed(aggregator: SocketAddr, open: Open) -> Result<Self, Status> {
        let mut feed = Self::silent(aggregator).await?;
        feed.say(Up::Open(open)).await;
        feed.until(|event| matches!(event, Down::Welcome(_)).then_some(()))
            .await?;
        Ok(feed)
    }

    /// Says something; a feed that was closed meanwhile does not hear it.
    pub async fn say(&self, event: Up) {
        let _ = self.up.send(FeedRequest { event: Some(event) }).await;
    }

    /// Says a message without anything in it.
    pub async fn say_nothing(&self) {
        let _ = self.up.send(FeedRequest::default()).await;
    }

    /// Claims a partition of which nothing was ever committed, and says the epoch that it got.
    pub async fn claim(&mut self, partition: i32) -> Result<u64, Status> {
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
        self.until(epoch).await
    }

    /// Sends a batch.
    pub async fn send(&self, epoch: u64, packed: PackedBatch) {
        self.say(Up::Batch(Batch {
            epoch,
            packed: Some(packed),
            ..Batch::default()
        }))
        .await;
    }

    /// The first of what it is told that `pick` takes, or how the feed was closed.
    pub async fn until<T>(&mut self, pick: impl Fn(Down) -> Option<T>) -> Result<T, Status> {
        loop {
            let message = timeout(ANSWER, self.down.message()).await;
            let Ok(message) = message else {
                let silent = format!("the aggregator says nothing for {ANSWER:?}");
                return Err(Status::deadline_exceeded(silent));
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
    pub async fn until_granted(&mut self, bytes: u64) -> Result<(), Status> {
        while self.granted < bytes {
            let credit = |event| matches!(event, Down::Credit(_)).then_some(());
            self.until(credit).await?;
        }
        Ok(())
    }

    /// How the feed was closed.
    pub async fn closed(&mut self) -> Status {
        match self.until(|_| None::<Infallible>).await {
            Err(status) => status,
        }
    }
}

/// The first message of a feed.
pub fn open(topic: &str) -> Open {
    Open {
        fetcher_id: unique("raw"),
        topic: topic.to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        group: "raw".to_owned(),
        ..Open::default()
    }
}
