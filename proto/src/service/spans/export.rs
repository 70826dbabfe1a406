//! How spans leave the process: in batches, from a bounded queue, on a thread of their own. What cannot leave
//! is dropped and counted, and said once.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter as OtlpExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, Span, SpanData, SpanExporter,
    SpanProcessor,
};
use tokio::runtime::Handle;
use tracing::Level;

use super::TRACER;
use super::collector::{self, Collector};

/// How long a service may take at its end to hand over what it has.
pub const FLUSH: Duration = Duration::from_secs(2);

static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Spans that were recorded and that no collector got, since the start of the process.
pub fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Begins to export spans under a service name (`OTEL_SERVICE_NAME` beats it) if the environment names a
/// collector. Has to be called where tokio runs, once.
///
/// An endpoint that is wrong, or does not answer, is no error: work goes on, the log says it once, and
/// spans are counted in [`dropped`].
#[must_use]
pub fn start(service: &'static str) -> Exporting {
    let Some(collector) = Collector::named() else {
        return Exporting(None);
    };
    let state = Arc::new(State::default());
    let way = collector
        .exporter()
        .map_err(|wrong| state.tell(&wrong))
        .ok();
    let exporter = Counted {
        way: way.map(Arc::new),
        collector,
        runtime: Handle::current(),
        state: Arc::clone(&state),
    };
    let queue = collector::queue();
    let config = BatchConfigBuilder::default().with_max_queue_size(queue);
    let batches = BatchSpanProcessor::builder(exporter).with_batch_config(config.build());
    let processor = Bounded {
        batches: batches.build(),
        state: Arc::clone(&state),
        queue,
    };
    let provider = SdkTracerProvider::builder()
        .with_resource(collector::resource(service))
        .with_span_processor(processor)
        .build();
    let is_first = TRACER.set(provider.tracer("rollcall")).is_ok();
    debug_assert!(is_first, "spans are started once");
    Exporting(Some((provider, state)))
}

/// Spans are exported until this is finished.
#[derive(Debug)]
pub struct Exporting(Option<(SdkTracerProvider, Arc<State>)>);

/// Spans that never reached a collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub spans: u64,
    /// Why the first of them did not.
    pub why: String,
    /// Whether the log said so.
    pub logged: bool,
}

impl Exporting {
    /// Hands over what is left, for at most `within`, and tells what was lost since the start.
    pub async fn finish(self, within: Duration) -> Option<Lost> {
        let (provider, state) = self.0?;
        let end = move || provider.shutdown_with_timeout(within);
        let ended = tokio::task::spawn_blocking(end).await;
        let left = state.waiting.swap(0, Ordering::Relaxed);
        if left > 0 && !matches!(ended, Ok(Ok(()))) {
            state.tell(&format!("the last ones were not taken within {within:?}"));
        }
        drop_spans(left);
        let spans = dropped();
        if spans == 0 {
            return None;
        }
        tracing::info!(spans, "spans were dropped");
        Some(state.lost(spans))
    }
}

/// What queue and exporter both know.
#[derive(Debug, Default)]
struct State {
    /// Spans in the queue, and in the export that is under way.
    waiting: AtomicUsize,
    /// Why spans were first dropped.
    why: Mutex<Option<String>>,
    /// Whether the log has it.
    logged: AtomicBool,
}

impl State {
    /// Says why spans are dropped: the first reason, and no other.
    fn tell(&self, why: &str) {
        let mut first = self.why();
        if first.is_none() {
            tracing::warn!(
                why,
                "spans cannot be exported: they are dropped and counted"
            );
            let logged = tracing::enabled!(Level::WARN);
            self.logged.store(logged, Ordering::Relaxed);
            *first = Some(why.to_owned());
        }
    }

    fn why(&self) -> MutexGuard<'_, Option<String>> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lost(&self, spans: u64) -> Lost {
        let why = self.why().clone();
        Lost {
            spans,
            why: why.unwrap_or_else(|| "more came than could be sent".to_owned()),
            logged: self.logged.load(Ordering::Relaxed),
        }
    }
}

fn drop_spans(spans: usize) {
    DROPPED.fetch_add(spans as u64, Ordering::Relaxed);
}

/// The SDK's queue behind a bound that counts: the SDK keeps its own count to itself.
#[derive(Debug)]
struct Bounded {
    batches: BatchSpanProcessor,
    state: Arc<State>,
    queue: usize,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.batches.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        let waiting = &self.state.waiting;
        if waiting.fetch_add(1, Ordering::Relaxed) < self.queue {
            self.batches.on_end(span);
        } else {
            waiting.fetch_sub(1, Ordering::Relaxed);
            drop_spans(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

/// An exporter that counts what it could not send.
struct Counted {
    /// `None` when the endpoint is wrong.
    way: Option<Arc<OtlpExporter>>,
    collector: Collector,
    /// The queue's thread is none of the runtime's, and both transports need one.
    runtime: Handle,
    state: Arc<State>,
}

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counted").finish_non_exhaustive()
    }
}

impl Counted {
    async fn send(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let Some(way) = self.way.clone() else {
            return Err(OTelSdkError::InternalFailure("no way out".to_owned()));
        };
        let sending = self.runtime.spawn(async move { way.export(batch).await });
        let sent = match sending.await {
            Ok(sent) => sent,
            Err(ended) => Err(OTelSdkError::InternalFailure(ended.to_string())),
        };
        sent.inspect_err(|error| self.state.tell(&self.collector.said(&error.to_string())))
    }
}

impl SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.send(batch).await;
        let without = |waiting: usize| waiting.checked_sub(spans);
        let waiting = &self.state.waiting;
        let were_waiting = waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, without);
        // At the end of the process they may have been given up, and counted, already.
        if sent.is_err() && were_waiting.is_ok() {
            drop_spans(spans);
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(way) = self.way.as_mut().and_then(Arc::get_mut) {
            way.set_resource(resource);
        }
    }
}
