//! Talking to an aggregator: every call ends within its deadline, every failure is one line that says
//! what was tried, how long, and what to check.

mod address;
mod fault;
pub mod lanes;
mod servers;
mod taken;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_proto::limits::MAX_MESSAGE_BYTES;
use rollcall_proto::service::spans::{Kind, Span};
use rollcall_proto::service::token::Bearer;
use rollcall_proto::stream::{self, Incoming};
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::gather_response::Event;
use rollcall_proto::v1::gather_service_client::GatherServiceClient;
use rollcall_proto::v1::status_service_client::StatusServiceClient;
use rollcall_proto::v1::{
    AdviseRequest, AdviseResponse, GatherRequest, GatherResponse, GatherSummary, GetGatherRequest,
    GetStatusRequest, GetStatusResponse, GetTopicRequest, GetTopicResponse, ListGathersRequest,
    ListGathersResponse, ListVerdictsRequest, ListVerdictsResponse, RecordRequest, RecordResponse,
    SettleRange, SettleRequest, SettleResponse, StatusView, VerdictCode, WatchStatusRequest,
    WatchStatusResponse,
};
use tokio::time::{Instant, timeout};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

pub use address::Server;
pub use fault::{CallError, Reason};
pub use servers::Servers;
pub use taken::Taken;

/// Names of the calls that are traced.
const GATHER: &str = "rollcall.v1.GatherService/Gather";
const SETTLE: &str = "rollcall.v1.GatherService/Settle";

/// Ranges that one `Settle` call may carry, as the contract says.
const SETTLE_RANGES: usize = 10_000;

/// A connection whose calls show the token.
type Shown = InterceptedService<Channel, Bearer>;

/// A connection to one aggregator; cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    server: Server,
    channel: Channel,
    /// Below which span of a trace it calls.
    trace: Option<TraceContext>,
    /// Whether an answer ever came: until then whoever listens there may be no gRPC server at all.
    answered: Arc<AtomicBool>,
}

impl Client {
    /// A client that connects with its first call, so that one deadline is over connecting and the answer.
    /// Has to be made where tokio runs.
    pub fn new(server: Server) -> Self {
        let endpoint = server.endpoint.clone().connect_timeout(server.deadline);
        Self {
            channel: endpoint.connect_lazy(),
            server,
            trace: None,
            answered: Arc::default(),
        }
    }

    /// The same connection, whose gathers and settlements are part of a trace.
    #[must_use]
    pub fn traced(self, trace: Option<TraceContext>) -> Self {
        Self { trace, ..self }
    }

    /// Whom it calls.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// The roll; no topics: all of them.
    pub async fn status(
        &self,
        topics: Vec<String>,
        view: StatusView,
    ) -> Result<GetStatusResponse, CallError> {
        let mut service = self.status_service();
        self.within(
            Duration::ZERO,
            service.get_status(GetStatusRequest {
                topics,
                timeout: None,
                view: view.into(),
            }),
        )
        .await
    }

    /// One topic, with its partitions.
    pub async fn topic(&self, topic: String) -> Result<GetTopicResponse, CallError> {
        self.topic_why_not(topic, VerdictCode::Unspecified).await
    }

    /// One topic, and the conditions of a verdict's rule.
    pub async fn topic_why_not(
        &self,
        topic: String,
        why_not: VerdictCode,
    ) -> Result<GetTopicResponse, CallError> {
        let mut service = self.status_service();
        self.within(
            Duration::ZERO,
            service.get_topic(GetTopicRequest {
                topic,
                timeout: None,
                why_not: why_not.into(),
            }),
        )
        .await
    }

    /// Timeouts and settings in numbers.
    pub async fn advise(&self, request: AdviseRequest) -> Result<AdviseResponse, CallError> {
        let mut service = self.status_service();
        self.within(Duration::ZERO, service.advise(request)).await
    }

    /// The roll now and after every change.
    pub async fn watch(
        &self,
        topics: Vec<String>,
        view: StatusView,
    ) -> Result<Streaming<WatchStatusResponse>, CallError> {
        let mut service = self.status_service();
        self.within(
            Duration::ZERO,
            service.watch_status(WatchStatusRequest {
                topics,
                timeout: None,
                view: view.into(),
            }),
        )
        .await
    }

    /// A page of the last gathers.
    pub async fn past_gathers(
        &self,
        request: ListGathersRequest,
    ) -> Result<ListGathersResponse, CallError> {
        let mut service = self.status_service();
        self.within(Duration::ZERO, service.list_gathers(request))
            .await
    }

    /// One of the last gathers.
    pub async fn past_gather(&self, gather_id: u64) -> Result<GatherSummary, CallError> {
        let mut service = self.status_service();
        let request = GetGatherRequest { gather_id };
        let answer = self
            .within(Duration::ZERO, service.get_gather(request))
            .await?;
        answer
            .summary
            .ok_or_else(|| self.cut_short("the answer has no summary"))
    }

    /// A page of the verdicts of the past.
    pub async fn past_verdicts(
        &self,
        request: ListVerdictsRequest,
    ) -> Result<ListVerdictsResponse, CallError> {
        let mut service = self.status_service();
        self.within(Duration::ZERO, service.list_verdicts(request))
            .await
    }

    /// Begins a recording.
    pub async fn record(
        &self,
        request: RecordRequest,
    ) -> Result<Streaming<RecordResponse>, CallError> {
        let mut service = self.status_service();
        self.within(Duration::ZERO, service.record(request)).await
    }

    /// The next message of a stream, within the deadline if it is to come at once; `None` at the end.
    pub async fn next_of<T>(
        &self,
        stream: &mut Streaming<T>,
        at_once: bool,
    ) -> Result<Option<T>, CallError> {
        let message = match at_once {
            true => match timeout(self.server.deadline, stream.message()).await {
                Ok(message) => message,
                Err(_) => return Err(self.server.failed(Reason::Silent)),
            },
            false => stream.message().await,
        };
        message.map_err(|status| self.server.failed(self.why(&status)))
    }

    /// An answer that ended before it was complete.
    pub fn cut_short(&self, why: &str) -> CallError {
        self.server.failed(Reason::Gone(why.to_owned()))
    }

    /// Calls the roll. The answer may take as long as the gather's own `timeout`, and a deadline more.
    pub async fn gather(
        &self,
        request: GatherRequest,
        timeout: Duration,
    ) -> Result<Gathering, CallError> {
        let begun = Instant::now();
        let mut span = self.span(GATHER);
        let request = below(&span, request);
        let call = stream::gather(self.shown(), request, MAX_MESSAGE_BYTES);
        let stream = noted(&mut span, self.within(timeout, call).await)?;
        Ok(Gathering {
            server: self.server.clone(),
            stream,
            patience: self.server.deadline.saturating_add(timeout),
            begun,
            heard: false,
            span,
        })
    }

    /// Several calls that make one answer: one deadline over all of them.
    pub async fn as_one<T>(
        &self,
        calls: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let ended = timeout(self.server.deadline, calls).await;
        ended.unwrap_or_else(|_| Err(self.server.failed(Reason::Silent)))
    }

    /// Settles ranges, in as many calls as it takes.
    pub async fn settle(&self, ranges: Vec<SettleRange>) -> Result<SettleResponse, CallError> {
        let mut all = SettleResponse::default();
        let mut span = self.span(SETTLE);
        for chunk in ranges.chunks(SETTLE_RANGES) {
            let mut service = self.gather_service();
            let request = SettleRequest {
                ranges: chunk.to_vec(),
            };
            let call = service.settle(below(&span, request));
            let answer = self.within(Duration::ZERO, call).await;
            all.results.extend(noted(&mut span, answer)?.results);
        }
        Ok(all)
    }

    fn span(&self, method: &'static str) -> Span {
        let mut span = Span::start(Kind::Client, method, self.trace);
        span.set("rpc.system", "grpc");
        span
    }

    fn status_service(&self) -> StatusServiceClient<Shown> {
        StatusServiceClient::new(self.shown()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    fn gather_service(&self) -> GatherServiceClient<Shown> {
        GatherServiceClient::new(self.shown()).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    fn shown(&self) -> Shown {
        InterceptedService::new(self.channel.clone(), self.server.bearer.clone())
    }

    /// The call's answer, at most a deadline later than the call itself may take.
    async fn within<T>(
        &self,
        own: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, CallError> {
        match timeout(self.server.deadline.saturating_add(own), call).await {
            Ok(Ok(answer)) => {
                self.answered.store(true, Ordering::Relaxed);
                Ok(answer.into_inner())
            }
            Ok(Err(status)) => Err(self.server.failed(self.why(&status))),
            Err(_) => Err(self.server.failed(Reason::Silent)),
        }
    }

    fn why(&self, status: &Status) -> Reason {
        let reason = fault::of_status(status);
        if self.answered.load(Ordering::Relaxed) {
            return reason;
        }
        reason.before_any_answer()
    }
}

/// The answer of a gather as it comes.
#[derive(Debug)]
pub struct Gathering {
    server: Server,
    stream: Incoming<GatherResponse>,
    /// How long the whole may take while no message has come.
    patience: Duration,
    begun: Instant,
    /// Whether one has: then each further one may take a deadline.
    heard: bool,
    /// Ends with the answer.
    span: Span,
}

impl Gathering {
    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<GatherResponse>, CallError> {
        let mut left = self.patience.saturating_sub(self.begun.elapsed());
        if self.heard {
            left = left.max(self.server.deadline);
        }
        let message = match timeout(left, self.stream.message()).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(status)) => Err(self.server.failed(fault::of_status(&status))),
            Err(_) => Err(self.server.failed(Reason::Silent)),
        };
        let message = noted(&mut self.span, message)?;
        self.heard = true;
        if let Some(Event::Batch(batch)) = message.as_ref().and_then(|told| told.event.as_ref())
            && let Some(sent) = trace::heard(&batch.traceparent)
        {
            self.span.link(sent);
        }
        Ok(message)
    }

    /// An answer that ended without its summary.
    pub fn cut_short(&self) -> CallError {
        self.server.failed(Reason::Gone(
            "the answer ended without a summary".to_owned(),
        ))
    }
}

/// The request, with its place in the trace.
fn below<T>(span: &Span, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(place) = span.context() {
        trace::inject(request.metadata_mut(), &place);
    }
    request
}

/// What came of a call; its span says so when it failed.
fn noted<T>(span: &mut Span, result: Result<T, CallError>) -> Result<T, CallError> {
    result.inspect_err(|error| span.fail(error.to_string()))
}

#[cfg(test)]
mod tests;
