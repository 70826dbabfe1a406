//! A stand-in aggregator that answers what a test tells it, and remembers what it was asked.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use rollcall_proto::status::{Refusal, reason};
use rollcall_proto::v1::gather_service_server::{GatherService, GatherServiceServer};
use rollcall_proto::v1::status_service_server::{StatusService, StatusServiceServer};
use rollcall_proto::v1::{
    AdviseRequest, AdviseResponse, GatherRequest, GatherResponse, GetGatherRequest,
    GetGatherResponse, GetStatusRequest, GetStatusResponse, GetTopicRequest, GetTopicResponse,
    ListGathersRequest, ListGathersResponse, ListVerdictsRequest, ListVerdictsResponse,
    RecordRequest, RecordResponse, SettleRange, SettleRequest, SettleResponse, SettleResult,
    SettleStatus, Severity, TopicStatus, Verdict, VerdictCode, WatchStatusRequest,
    WatchStatusResponse,
};
use tokio::net::TcpListener;
use tokio_stream::Stream;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What it answers.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// The roll.
    pub(crate) status: GetStatusResponse,
    /// The messages of a gather.
    pub(crate) gather: Vec<GatherResponse>,
    /// The messages of a recording, which then goes on.
    pub(crate) record: Vec<RecordResponse>,
}

/// A stand-in aggregator; it stops when it is dropped.
pub(crate) struct Aggregator {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The gathers it was asked for.
    pub(crate) gathers: Arc<Mutex<Vec<GatherRequest>>>,
    /// The ranges that were settled.
    pub(crate) settled: Arc<Mutex<Vec<SettleRange>>>,
    stop: CancellationToken,
}

impl Drop for Aggregator {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Aggregator {
    /// Starts on a free port.
    pub(crate) async fn start(script: Script) -> Self {
        Self::start_on("127.0.0.1:0".parse().unwrap(), script).await
    }

    /// Starts on a port.
    pub(crate) async fn start_on(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let aggregator = Self {
            address: listener.local_addr().unwrap(),
            gathers: Arc::default(),
            settled: Arc::default(),
            stop: CancellationToken::new(),
        };
        let service = Service {
            script,
            gathers: Arc::clone(&aggregator.gathers),
            settled: Arc::clone(&aggregator.settled),
            stop: aggregator.stop.clone(),
        };
        let server = tonic::transport::Server::builder()
            .add_service(StatusServiceServer::new(service.clone()))
            .add_service(GatherServiceServer::new(service))
            .serve_with_incoming_shutdown(
                TcpListenerStream::new(listener),
                aggregator.stop.clone().cancelled_owned(),
            );
        tokio::spawn(server);
        aggregator
    }
}

/// A topic with a confirmed verdict.
pub(crate) fn topic(name: &str, code: VerdictCode, severity: Severity) -> TopicStatus {
    let verdict = Verdict {
        code: code.into(),
        severity: severity.into(),
        confirmed: true,
        ..Verdict::default()
    };
    TopicStatus {
        topic: name.to_owned(),
        verdict: Some(verdict),
        ..TopicStatus::default()
    }
}

/// A roll of these topics.
pub(crate) fn roll(topics: Vec<TopicStatus>) -> Script {
    Script {
        status: GetStatusResponse {
            topics,
            ..GetStatusResponse::default()
        },
        ..Script::default()
    }
}

#[derive(Clone)]
struct Service {
    script: Script,
    gathers: Arc<Mutex<Vec<GatherRequest>>>,
    settled: Arc<Mutex<Vec<SettleRange>>>,
    stop: CancellationToken,
}

impl Service {
    fn find(&self, name: &str) -> Result<&TopicStatus, Status> {
        let found = self
            .script
            .status
            .topics
            .iter()
            .find(|topic| topic.topic == name);
        found.ok_or_else(|| {
            Refusal::not_found(reason::TOPIC_NOT_ON_ROLL, "not on the roll")
                .with("topic", name)
                .into()
        })
    }
}

#[tonic::async_trait]
impl StatusService for Service {
    type WatchStatusStream = Answers<WatchStatusResponse>;
    type RecordStream = Answers<RecordResponse>;

    async fn get_status(
        &self,
        _: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        Ok(Response::new(self.script.status.clone()))
    }

    async fn watch_status(
        &self,
        _: Request<WatchStatusRequest>,
    ) -> Result<Response<Self::WatchStatusStream>, Status> {
        let first = WatchStatusResponse {
            status: Some(self.script.status.clone()),
        };
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let stop = self.stop.clone();
        tokio::spawn(async move {
            // Dropping the sender ends the stream, as an aggregator does when it stops.
            let _ = sender.send(Ok(first)).await;
            stop.cancelled().await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_topic(
        &self,
        request: Request<GetTopicRequest>,
    ) -> Result<Response<GetTopicResponse>, Status> {
        let topic = Some(self.find(&request.into_inner().topic)?.clone());
        Ok(Response::new(GetTopicResponse {
            topic,
            ..GetTopicResponse::default()
        }))
    }

    async fn list_gathers(
        &self,
        _: Request<ListGathersRequest>,
    ) -> Result<Response<ListGathersResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn get_gather(
        &self,
        _: Request<GetGatherRequest>,
    ) -> Result<Response<GetGatherResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn list_verdicts(
        &self,
        _: Request<ListVerdictsRequest>,
    ) -> Result<Response<ListVerdictsResponse>, Status> {
        Ok(Response::new(ListVerdictsResponse::default()))
    }

    async fn record(
        &self,
        _: Request<RecordRequest>,
    ) -> Result<Response<Self::RecordStream>, Status> {
        let (sender, receiver) = tokio::sync::mpsc::channel(16);
        let (messages, stop) = (self.script.record.clone(), self.stop.clone());
        tokio::spawn(async move {
            for message in messages {
                let _ = sender.send(Ok(message)).await;
            }
            stop.cancelled().await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn advise(&self, _: Request<AdviseRequest>) -> Result<Response<AdviseResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }
}

#[tonic::async_trait]
impl GatherService for Service {
    type GatherStream = Answers<GatherResponse>;

    async fn gather(
        &self,
        request: Request<GatherRequest>,
    ) -> Result<Response<Self::GatherStream>, Status> {
        let request = request.into_inner();
        for name in &request.topics {
            self.find(name)?;
        }
        self.gathers.lock().unwrap().push(request);
        let messages = self.script.gather.clone().into_iter().map(Ok);
        Ok(Response::new(Box::pin(tokio_stream::iter(messages))))
    }

    async fn settle(
        &self,
        request: Request<SettleRequest>,
    ) -> Result<Response<SettleResponse>, Status> {
        let ranges = request.into_inner().ranges;
        let result = |range: &SettleRange| SettleResult {
            range: Some(range.clone()),
            status: SettleStatus::Acked.into(),
            ..SettleResult::default()
        };
        let results = ranges.iter().map(result).collect();
        self.settled.lock().unwrap().extend(ranges);
        Ok(Response::new(SettleResponse { results }))
    }
}
