//! A fetcher, as a test plays it.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::feed_service_client::FeedServiceClient;
use rollcall_proto::v1::{self, FeedRequest, FeedResponse, feed_request, feed_response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::house::{House, within};

/// A feed that is open.
pub(crate) struct Feed {
    up: mpsc::Sender<FeedRequest>,
    down: Streaming<FeedResponse>,
    generation: u64,
    kept: Vec<Feed>,
}

/// Kafka's id of every topic in these tests.
pub(crate) const TOPIC_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

impl Feed {
    /// Connects and says nothing.
    pub(crate) async fn connect(house: &House) -> Self {
        let (up, messages) = mpsc::channel(64);
        let mut client = FeedServiceClient::new(house.channel().await);
        let down = within(client.feed(ReceiverStream::new(messages)))
            .await
            .unwrap()
            .into_inner();
        Self {
            up,
            down,
            generation: 0,
            kept: Vec::new(),
        }
    }

    /// Opens a feed of a topic and waits for the welcome.
    pub(crate) async fn open(house: &House, topic: &str) -> Self {
        let mut feed = Self::connect(house).await;
        feed.say(feed_request::Event::Open(open(topic))).await;
        let welcome = feed
            .hear(|event| matches!(event, feed_response::Event::Welcome(_)))
            .await;
        assert!(matches!(
            welcome,
            feed_response::Event::Welcome(v1::Welcome { lanes: 1, .. })
        ));
        feed
    }

    /// Keeps another feed open as long as this one.
    pub(crate) fn keep(&mut self, other: Feed) {
        self.kept.push(other);
    }

    pub(crate) async fn say(&self, event: feed_request::Event) {
        self.up
            .send(FeedRequest { event: Some(event) })
            .await
            .unwrap();
    }

    /// The next word that is wanted; others are passed over. Ends the test when the feed ends before.
    pub(crate) async fn hear(
        &mut self,
        wanted: impl Fn(&feed_response::Event) -> bool,
    ) -> feed_response::Event {
        loop {
            let word = within(self.down.message())
                .await
                .unwrap()
                .expect("the feed goes on");
            if let Some(event) = word.event.filter(&wanted) {
                return event;
            }
        }
    }

    /// How the feed ends.
    pub(crate) async fn end(&mut self) -> Result<(), Status> {
        while within(self.down.message()).await?.is_some() {}
        Ok(())
    }

    /// Claims a partition, and returns epoch and floor.
    pub(crate) async fn claim(&mut self, partition: i32, committed: i64, sent: i64) -> (u64, i64) {
        self.generation += 1;
        let generation = self.generation;
        let claim = v1::Claim {
            partition,
            generation,
            topic_id: TOPIC_ID.to_owned(),
            committed,
            sent,
            proven: true,
            ..v1::Claim::default()
        };
        self.say(feed_request::Event::Claim(claim)).await;
        let claimed = self
            .hear(|event| matches!(event, feed_response::Event::Claimed(_)))
            .await;
        match claimed {
            feed_response::Event::Claimed(claimed) if claimed.generation == generation => {
                (claimed.epoch, claimed.floor)
            }
            other => panic!("{other:?} is no answer to the claim"),
        }
    }

    /// Sends records `[first, next)`, each with its offset as value.
    pub(crate) async fn batch(&self, partition: i32, epoch: u64, first: i64, next: i64) {
        self.say(feed_request::Event::Batch(batch(
            partition, epoch, first, next,
        )))
        .await;
    }

    /// Waits until ranges of a partition are settled up to `next`.
    pub(crate) async fn hear_settled(&mut self, next: i64) {
        self.hear(|event| match event {
            feed_response::Event::Settled(settled) => {
                settled.ranges.iter().any(|range| range.next_offset >= next)
            }
            _ => false,
        })
        .await;
    }
}

pub(crate) fn open(topic: &str) -> v1::Open {
    v1::Open {
        fetcher_id: format!("fetcher-of-{topic}-{}", fastrand::u64(..)),
        topic: topic.to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        group: "group".to_owned(),
        isolation_level: v1::IsolationLevel::ReadUncommitted.into(),
        fetch_wait: prost_types::Duration::try_from(Duration::from_millis(500)).ok(),
        fetch_min_bytes: 1,
        ..v1::Open::default()
    }
}

pub(crate) fn batch(partition: i32, epoch: u64, first: i64, next: i64) -> v1::Batch {
    v1::Batch {
        epoch,
        packed: Some(packed(partition, first, next)),
        ..v1::Batch::default()
    }
}

/// Records `[first, next)`, each with its offset as value.
pub(crate) fn packed(partition: i32, first: i64, next: i64) -> v1::PackedBatch {
    let values: Vec<_> = (first..next)
        .map(|offset| offset.to_string().into_bytes())
        .collect();
    let values: Vec<_> = values.iter().map(Vec::as_slice).collect();
    packed_of(partition, first, &values)
}

/// Records with these values, from `first` on.
pub(crate) fn packed_of(partition: i32, first: i64, values: &[&[u8]]) -> v1::PackedBatch {
    let offset = |raw| Offset::known(raw).unwrap();
    let mut builder = Builder::new(
        Partition(partition),
        offset(first),
        v1::TimestampType::CreateTime,
    );
    let mut next = first;
    for &value in values {
        let record = RecordParts {
            offset: offset(next),
            timestamp_ms: Some(next),
            key: None,
            value: Some(value),
            headers: [],
        };
        builder.push(record).unwrap();
        next += 1;
    }
    builder.finish(offset(next)).unwrap()
}
