//! gRPC calls as a server sees them: how many, how they ended, how long they took, how many are open.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;
use tower::{Layer, Service};

/// Upper ends of the buckets of durations, in seconds: a status answers in milliseconds, a gather within its timeout,
/// and a feed lasts.
const BUCKETS: [f64; 11] = [
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0, 300.0,
];
/// What stands for the service and the method of calls that are none of the server's.
const OTHER: &str = "other";

type Labels = Vec<(&'static str, String)>;

/// Counts the calls of a server.
#[derive(Clone, Debug)]
pub struct Calls(Arc<Books>);

#[derive(Debug)]
struct Books {
    /// `/package.Service/Method` of all that are served: a caller's own words are no labels.
    known: BTreeSet<String>,
    ended: Family<Labels, Counter>,
    took: Family<Labels, Histogram, fn() -> Histogram>,
    open: Family<Labels, Gauge>,
}

impl Calls {
    /// Counts the methods of the services in these encoded `FileDescriptorSet`s; all other calls are one more.
    pub fn of(descriptors: &[&[u8]]) -> Self {
        let sets = descriptors.iter();
        let sets = sets.filter_map(|encoded| FileDescriptorSet::decode(*encoded).ok());
        Self(Arc::new(Books {
            known: sets.flat_map(methods).collect(),
            ended: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            open: Family::default(),
        }))
    }

    /// Counts all calls of a server.
    pub fn layer(&self) -> CallLayer {
        CallLayer(self.clone())
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        let books = &self.0;
        registry.register(
            "rollcall_grpc_requests",
            "gRPC calls that ended, by their status",
            books.ended.clone(),
        );
        registry.register_with_unit(
            "rollcall_grpc_request_duration",
            "Time from a gRPC call's begin to its end",
            Unit::Seconds,
            books.took.clone(),
        );
        registry.register(
            "rollcall_grpc_requests_in_flight",
            "gRPC calls that are open",
            books.open.clone(),
        );
    }

    fn begin(&self, path: &str) -> Call {
        let known = self.0.known.contains(path);
        let named = path
            .trim_start_matches('/')
            .split_once('/')
            .filter(|_| known);
        let (service, method) = named.unwrap_or((OTHER, OTHER));
        let labels = vec![
            ("service", service.to_owned()),
            ("method", method.to_owned()),
        ];
        self.0.open.get_or_create(&labels).inc();
        Call {
            books: Arc::clone(&self.0),
            labels,
            begun: Instant::now(),
            // Of a call that is dropped before its end.
            code: Code::Cancelled,
        }
    }
}

/// The paths of all methods in a set.
fn methods(set: FileDescriptorSet) -> Vec<String> {
    let services = set.file.iter().flat_map(|file| {
        let package = file.package();
        file.service.iter().map(move |service| (package, service))
    });
    let paths = services.flat_map(|(package, service)| {
        let name = service.name();
        service
            .method
            .iter()
            .map(move |method| format!("/{package}.{name}/{}", method.name()))
    });
    paths.collect()
}

/// A call that is open. Its end is counted when it is dropped: with its answer, or with whoever asked.
#[derive(Debug)]
struct Call {
    books: Arc<Books>,
    labels: Labels,
    begun: Instant,
    code: Code,
}

impl Call {
    /// Takes the status from headers or trailers; one that cannot be read is what gRPC makes of it.
    fn hear(&mut self, headers: &HeaderMap) {
        if let Some(status) = headers.get("grpc-status") {
            self.code = Code::from_bytes(status.as_bytes());
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.books.open.get_or_create(&self.labels).dec();
        let took = self.begun.elapsed().as_secs_f64();
        self.books.took.get_or_create(&self.labels).observe(took);
        let code = [("code", name(self.code))];
        let labels = self.labels.iter().cloned().chain(code).collect();
        self.books.ended.get_or_create(&labels).inc();
    }
}

/// gRPC's own name of a code: `DEADLINE_EXCEEDED`.
fn name(code: Code) -> String {
    let mut name = String::new();
    for character in format!("{code:?}").chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_uppercase());
    }
    name
}

/// Puts a server's calls into the books.
#[derive(Clone, Debug)]
pub struct CallLayer(Calls);

impl<S> Layer<S> for CallLayer {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted {
            calls: self.0.clone(),
            inner,
        }
    }
}

/// A server whose calls are counted.
#[derive(Clone, Debug)]
pub struct Counted<S> {
    calls: Calls,
    inner: S,
}

impl<S, Ask, Answer> Service<Request<Ask>> for Counted<S>
where
    S: Service<Request<Ask>, Response = Response<Answer>>,
    S::Future: Send + 'static,
    Answer: Body + Unpin,
{
    type Response = Response<CountedBody<Answer>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Ask>) -> Self::Future {
        let mut call = self.calls.begin(request.uri().path());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            call.hear(answer.headers());
            Ok(answer.map(|inner| CountedBody { call, inner }))
        })
    }
}

/// The body of an answer: its trailers have the status, its end is the call's.
#[derive(Debug)]
pub struct CountedBody<B> {
    call: Call,
    inner: B,
}

impl<B: Body + Unpin> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(trailers) = frame.trailers_ref()
        {
            self.call.hear(trailers);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
