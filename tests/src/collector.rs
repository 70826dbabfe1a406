//! An OpenTelemetry collector that keeps every span it is sent, over gRPC.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

/// A span, and the service that made it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `service.name`.
    pub service: String,
    /// The span.
    pub span: Span,
}

/// A collector that listens until it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    serving: AbortHandle,
}

impl Collector {
    /// Listens on a port of its own.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::default();
        let service = TraceServiceServer::new(Keeper(Arc::clone(&seen)));
        let serving = Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener));
        let serving = tokio::spawn(serving).abort_handle();
        Ok(Self {
            address,
            seen,
            serving,
        })
    }

    /// Where it is, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The spans of one trace so far.
    pub fn trace(&self, trace_id: &[u8]) -> Vec<Seen> {
        let mut seen = self.seen();
        seen.retain(|seen| seen.span.trace_id == trace_id);
        seen
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The services that made these spans.
pub fn services(seen: &[Seen]) -> BTreeSet<&str> {
    seen.iter().map(|seen| seen.service.as_str()).collect()
}

/// Keeps what comes.
struct Keeper(Arc<Mutex<Vec<Seen>>>);

#[tonic::async_trait]
impl TraceService for Keeper {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for of_service in request.into_inner().resource_spans {
            let service = service(&of_service);
            let scopes = of_service.scope_spans.into_iter();
            let spans = scopes.flat_map(|scope| scope.spans);
            seen.extend(spans.map(|span| Seen {
                service: service.clone(),
                span,
            }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn service(spans: &ResourceSpans) -> String {
    let attributes = spans.resource.iter().flat_map(|of| &of.attributes);
    let mut names = attributes.filter(|attribute| attribute.key == "service.name");
    let value = names.next().and_then(|name| name.value.clone()?.value);
    match value {
        Some(Value::StringValue(name)) => name,
        Some(_) | None => String::new(),
    }
}
