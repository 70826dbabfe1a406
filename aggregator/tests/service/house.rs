//! An aggregator on a free port, and clients to it.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use rollcall_aggregator::{Config, Error, run};
use rollcall_proto::ids::Topic;
use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::v1::gather_service_client::GatherServiceClient;
use rollcall_proto::v1::status_service_client::StatusServiceClient;
use rollcall_proto::v1::{
    GatherBatch, GatherRequest, GatherSummary, SettleRange, SettleRequest, gather_response,
};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// Longer than anything may take; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running aggregator.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) stop: CancellationToken,
    running: JoinHandle<Result<(), Error>>,
}

impl House {
    /// An aggregator with these topics and every other setting at its default.
    pub(crate) async fn of(topics: &[&str]) -> Self {
        Self::with(Config::new(
            topics
                .iter()
                .map(|topic| Topic::new(topic).unwrap())
                .collect(),
        ))
        .await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, config)
    }

    pub(crate) fn on(listener: TcpListener, config: Config) -> Self {
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let running = tokio::spawn(run(config, listener, None, stop.clone().cancelled_owned()));
        Self {
            address,
            stop,
            running,
        }
    }

    /// Waits for the end.
    pub(crate) async fn stopped(&mut self) -> Result<(), Error> {
        (&mut self.running).await.unwrap()
    }

    pub(crate) async fn channel(&self) -> Channel {
        client_endpoint(&self.address.to_string())
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    pub(crate) async fn gathers(&self) -> GatherServiceClient<Channel> {
        GatherServiceClient::new(self.channel().await)
    }

    pub(crate) async fn statuses(&self) -> StatusServiceClient<Channel> {
        StatusServiceClient::new(self.channel().await)
    }

    pub(crate) async fn gather(&self, request: GatherRequest) -> Answer {
        let stream = self
            .gathers()
            .await
            .gather(request)
            .await
            .unwrap()
            .into_inner();
        within(Answer::read(stream)).await.unwrap()
    }

    pub(crate) async fn settle(&self, ranges: Vec<SettleRange>) -> Vec<i32> {
        let settled = self
            .gathers()
            .await
            .settle(SettleRequest { ranges })
            .await
            .unwrap();
        settled
            .into_inner()
            .results
            .iter()
            .map(|result| result.status)
            .collect()
    }

    /// A count of the aggregator.
    pub(crate) async fn count(&self, name: &str) -> u64 {
        let status = self
            .statuses()
            .await
            .get_status(rollcall_proto::v1::GetStatusRequest::default())
            .await;
        let counters = status.unwrap().into_inner().counters;
        counters
            .iter()
            .find(|counter| counter.name == name)
            .unwrap()
            .count
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A whole answer to a gather.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) batches: Vec<GatherBatch>,
    pub(crate) summary: GatherSummary,
}

impl Answer {
    pub(crate) async fn read(
        mut stream: Streaming<rollcall_proto::v1::GatherResponse>,
    ) -> Result<Self, Status> {
        let mut batches = Vec::new();
        loop {
            match stream.message().await?.and_then(|message| message.event) {
                Some(gather_response::Event::Batch(batch)) => batches.push(batch),
                Some(gather_response::Event::Summary(summary)) => {
                    assert_eq!(stream.message().await?, None, "a summary is the end");
                    return Ok(Self { batches, summary });
                }
                None => panic!("an answer ended without a summary"),
            }
        }
    }

    /// What was handed out, ready to be settled.
    pub(crate) fn ranges(&self) -> Vec<SettleRange> {
        let of = |slot: &rollcall_proto::v1::Slot| {
            let (topic, topic_id) = (slot.topic.clone(), slot.topic_id.clone());
            let ranges = slot.ranges.clone().into_iter();
            ranges.map(move |range| SettleRange {
                topic: topic.clone(),
                topic_id: topic_id.clone(),
                partition: range.partition,
                first_offset: range.first_offset,
                next_offset: range.next_offset,
                ..SettleRange::default()
            })
        };
        self.summary.slots.iter().flat_map(of).collect()
    }
}

/// A request with a timeout in milliseconds.
pub(crate) fn request(timeout_ms: u64) -> GatherRequest {
    let timeout = prost_types::Duration::try_from(Duration::from_millis(timeout_ms)).unwrap();
    GatherRequest {
        timeout: Some(timeout),
        client_id: "test".to_owned(),
        ..GatherRequest::default()
    }
}

/// The future's value, or a failed test.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it takes too long")
}
