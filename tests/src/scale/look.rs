//! A client that calls a roll of any size, and takes the time.

use crate::acks;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::service::serve::client_endpoint;
use rollcall_proto::v1::gather_service_client::GatherServiceClient;
use rollcall_proto::v1::status_service_client::StatusServiceClient;
use rollcall_proto::v1::{
    ClosedBy, Delivery, Encoding, GatherRequest, GatherResponse, GatherSummary, GetStatusRequest,
    GetStatusResponse, SettleRequest, SettleResult, SettleStatus, StatusView, gather_batch,
    gather_response,
};
use tonic::Streaming;
use tonic::transport::Channel;

/// A gather that has not everything by then has failed.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The client.
#[derive(Debug)]
pub struct Looker {
    server: String,
    gathers: GatherServiceClient<Channel>,
    statuses: StatusServiceClient<Channel>,
}

impl Looker {
    /// Connects with its first call.
    pub fn to(server: &str) -> Result<Self> {
        let channel = client_endpoint(server)?.connect_lazy();
        let gathers = GatherServiceClient::new(channel.clone());
        let statuses = StatusServiceClient::new(channel);
        Ok(Self {
            server: server.to_owned(),
            gathers: gathers.max_decoding_message_size(MAX_MESSAGE_BYTES),
            statuses: statuses.max_decoding_message_size(MAX_MESSAGE_BYTES),
        })
    }

    /// GetStatus of the whole roll, and how long it took.
    pub async fn status(&mut self, view: StatusView) -> Result<(GetStatusResponse, Duration)> {
        let request = GetStatusRequest {
            view: view.into(),
            ..GetStatusRequest::default()
        };
        let asked = Instant::now();
        let status = self.statuses.get_status(request).await?;
        Ok((status.into_inner(), asked.elapsed()))
    }

    /// Partitions of the whole roll that are claimed.
    pub(super) async fn claimed(&mut self) -> Result<usize> {
        let (status, _) = self.status(StatusView::Full).await?;
        let partitions = status.topics.iter().flat_map(|topic| &topic.partitions);
        Ok(partitions.filter(|partition| partition.epoch > 0).count())
    }

    /// Gathers all topics, and says how long that took. Fails unless every topic gave something and the records are those that
    /// the summary says.
    pub async fn gather(&mut self) -> Result<(GatherSummary, Duration)> {
        let request = GatherRequest {
            timeout: Some(prost_types::Duration::try_from(TIMEOUT)?),
            delivery: Delivery::Lease.into(),
            encoding: Encoding::Packed.into(),
            client_id: "bench-scale".to_owned(),
            ..GatherRequest::default()
        };
        let asked = Instant::now();
        let (summary, records) = self.read(request).await?;
        let took = asked.elapsed();
        ensure!(
            summary.closed_by() == ClosedBy::Condition && summary.record_count == records,
            "closed by {:?}, with {records} of {} records",
            summary.closed_by(),
            summary.record_count
        );
        Ok((summary, took))
    }

    /// Acks everything that a gather handed out.
    pub async fn ack(&mut self, summary: &GatherSummary) -> Result<()> {
        let ranges = acks::of(summary);
        let results = self
            .gathers
            .settle(SettleRequest { ranges })
            .await?
            .into_inner()
            .results;
        let acked = |result: &SettleResult| result.status() == SettleStatus::Acked;
        ensure!(results.iter().all(acked), "not everything was acked");
        Ok(())
    }

    /// Looks at all topics over a connection of its own; the answer is to be read, or not.
    pub(super) async fn begin(&self) -> Result<Streaming<GatherResponse>> {
        let request = GatherRequest {
            delivery: Delivery::Peek.into(),
            encoding: Encoding::Packed.into(),
            client_id: "bench-scale-odd".to_owned(),
            ..GatherRequest::default()
        };
        let channel = client_endpoint(&self.server)?.connect().await?;
        let answer = GatherServiceClient::new(channel).gather(request).await?;
        Ok(answer.into_inner())
    }

    async fn read(&mut self, request: GatherRequest) -> Result<(GatherSummary, u32)> {
        let mut answer = self.gathers.gather(request).await?.into_inner();
        let mut records = 0;
        while let Some(part) = answer.message().await? {
            match part.event.context("an empty message")? {
                gather_response::Event::Batch(batch) => match batch.records {
                    Some(gather_batch::Records::Packed(packed)) => records += packed.record_count,
                    other => bail!("a batch that is not packed: {other:?}"),
                },
                gather_response::Event::Summary(summary) => return Ok((summary, records)),
            }
        }
        bail!("an answer without a summary")
    }
}
