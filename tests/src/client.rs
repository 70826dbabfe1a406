//! A client of the aggregator, for tests: it asks, and gives back what came with every record unpacked.

mod answer;
mod request;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::service::token::Bearer;
use rollcall_proto::v1::gather_service_client::GatherServiceClient;
use rollcall_proto::v1::status_service_client::StatusServiceClient;
use rollcall_proto::v1::{
    GetStatusRequest, GetStatusResponse, GetTopicRequest, RecordRequest, SettleRange,
    SettleRequest, SettleStatus, TopicStatus, TraceHeader, TraceLine,
};
use tokio::time::timeout;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

pub use answer::{Answer, Batch, Gathered, Part};
pub use request::Request;

/// One call that answers at once; long enough for a service that shares two cores with a build.
const CALL: Duration = Duration::from_secs(10);

/// A connection to one aggregator.
#[derive(Clone, Debug)]
pub struct Client {
    id: String,
    gathers: GatherServiceClient<Shown>,
    status: StatusServiceClient<Shown>,
}

/// A connection whose calls show a token, if there is one.
type Shown = InterceptedService<Channel, Bearer>;

impl Client {
    /// A client that calls itself `id`. It connects with its first call, and again after a restart.
    pub fn to(aggregator: SocketAddr, id: &str) -> Result<Self> {
        Self::showing(aggregator, id, Bearer::default())
    }

    /// The same, and each call shows a token.
    pub fn showing(aggregator: SocketAddr, id: &str, bearer: Bearer) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("http://{aggregator}"))
            .context("an address makes a URL")?
            .connect_timeout(CALL);
        let channel = InterceptedService::new(endpoint.connect_lazy(), bearer);
        let gathers = GatherServiceClient::new(channel.clone());
        Ok(Self {
            id: id.to_owned(),
            gathers: gathers.max_decoding_message_size(MAX_MESSAGE_BYTES),
            status: StatusServiceClient::new(channel),
        })
    }

    /// Calls the roll and reads the answer to its end.
    pub async fn gather(&self, request: Request) -> Result<Gathered> {
        self.ask(request).await?.rest().await
    }

    /// Calls the roll; the answer is to be read message by message, or dropped in its middle.
    pub async fn ask(&self, request: Request) -> Result<Answer> {
        let within = request.longest();
        let wire = request.signed(&self.id);
        let mut gathers = self.gathers.clone();
        let begun = timeout(within, gathers.gather(wire)).await;
        let stream = begun.with_context(|| format!("no answer to a gather in {within:?}"))??;
        Ok(Answer::new(stream.into_inner(), within))
    }

    /// Settles ranges; a result for each, in their order.
    pub async fn settle(&self, ranges: Vec<SettleRange>) -> Result<Vec<SettleStatus>> {
        let asked = ranges.len();
        let mut gathers = self.gathers.clone();
        let answer = timeout(CALL, gathers.settle(SettleRequest { ranges })).await;
        let results = answer.context("no answer to settle")??.into_inner().results;
        anyhow::ensure!(
            results.len() == asked,
            "{} results for {asked} ranges",
            results.len()
        );
        Ok(results.iter().map(|result| result.status()).collect())
    }

    /// The roll as the aggregator knows it.
    pub async fn status(&self) -> Result<GetStatusResponse> {
        let mut status = self.status.clone();
        let answer = timeout(CALL, status.get_status(GetStatusRequest::default())).await;
        Ok(answer.context("no answer to GetStatus")??.into_inner())
    }

    /// One topic of it, with its partitions.
    pub async fn topic(&self, topic: &str) -> Result<TopicStatus> {
        let request = GetTopicRequest {
            topic: topic.to_owned(),
            ..GetTopicRequest::default()
        };
        let mut status = self.status.clone();
        let answer = timeout(CALL, status.get_topic(request)).await;
        let topic_status = answer.context("no answer to GetTopic")??.into_inner().topic;
        topic_status.context("an answer to GetTopic without its topic")
    }

    /// What the aggregator has heard of a topic in the last minutes.
    pub async fn trace(&self, topic: &str) -> Result<(TraceHeader, Vec<TraceLine>)> {
        let request = RecordRequest {
            topics: vec![topic.to_owned()],
            duration: Some(prost_types::Duration::default()),
            without_past: false,
        };
        let mut status = self.status.clone();
        let answer = timeout(CALL, status.record(request)).await;
        let mut stream = answer.context("no answer to Record")??.into_inner();
        let (mut header, mut lines) = (None, Vec::new());
        while let Some(part) = timeout(CALL, stream.message())
            .await
            .context("Record hangs")??
        {
            header = header.or(part.header);
            lines.extend(part.lines);
        }
        Ok((header.context("a trace without a header")?, lines))
    }

    /// What was dropped, repeated or skipped under this name since the aggregator's start.
    pub async fn counter(&self, name: &str) -> Result<u64> {
        let counters = self.status().await?.counters;
        let found = counters.iter().find(|counter| counter.name == name);
        let known = || counters.iter().map(|counter| counter.name.as_str());
        let found = found.with_context(|| {
            format!(
                "no counter {name}; there are {:?}",
                known().collect::<Vec<_>>()
            )
        })?;
        Ok(found.count)
    }
}
