//! Spans: what a process tells an OpenTelemetry collector of its part in a trace.
//!
//! Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` is set; then nothing of this costs more than one look at a
//! flag. Like the log, it belongs to the process: [`start`] is called once, by `main`. Cores and messages
//! carry a [`TraceContext`] as plain data; spans are made and ended where the work meets the world.

mod collector;
mod export;

use std::borrow::Cow;
use std::sync::OnceLock;

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _,
    TraceFlags, TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, Span as SdkSpan};

use crate::trace::TraceContext;

pub use export::{Exporting, FLUSH, Lost, dropped, start};

/// Where a process that is begun by another one is told its place in a trace.
const TRACEPARENT_VARIABLE: &str = "TRACEPARENT";

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Whether spans are made at all.
pub fn on() -> bool {
    TRACER.get().is_some()
}

/// The place in a trace that the environment names (`TRACEPARENT`), for a command that a traced job runs.
pub fn environment() -> Option<TraceContext> {
    std::env::var(TRACEPARENT_VARIABLE).ok()?.parse().ok()
}

/// What a span stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call that waits for somebody else.
    Client,
    /// A call that is answered.
    Server,
    /// Something that is handed on, to be taken later.
    Producer,
    /// Work inside of the process.
    Internal,
}

impl From<Kind> for SpanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Client => Self::Client,
            Kind::Server => Self::Server,
            Kind::Producer => Self::Producer,
            Kind::Internal => Self::Internal,
        }
    }
}

/// A span that is going on; it ends when it is dropped. Does nothing where spans are off.
#[derive(Debug, Default)]
pub struct Span {
    own: Option<Box<SdkSpan>>,
    parent: Option<TraceContext>,
}

impl Span {
    /// Begins a span below `parent`, or as the first of a new trace. Whether it is recorded is the
    /// parent's decision or, for a new trace, the sampler's (`OTEL_TRACES_SAMPLER`).
    pub fn start(
        kind: Kind,
        name: impl Into<Cow<'static, str>>,
        parent: Option<TraceContext>,
    ) -> Self {
        let begin = |tracer: &SdkTracer| {
            let builder = SpanBuilder::from_name(name).with_kind(kind.into());
            let above = Context::new();
            let above = match parent {
                Some(parent) => above.with_remote_span_context(context(parent)),
                None => above,
            };
            Box::new(tracer.build_with_context(builder, &above))
        };
        Self {
            own: TRACER.get().map(begin),
            parent,
        }
    }

    /// Where what it brings about stands in the trace; below its parent where spans are off.
    pub fn context(&self) -> Option<TraceContext> {
        let Some(span) = &self.own else {
            return self.parent;
        };
        let own = span.span_context();
        let (trace, id) = (own.trace_id().to_bytes(), own.span_id().to_bytes());
        TraceContext::of(trace, id, own.is_sampled())
    }

    /// Whether anybody will see it: what is only made for it can be left out otherwise.
    pub fn is_recorded(&self) -> bool {
        self.own.as_ref().is_some_and(|span| span.is_recording())
    }

    /// Says something of it, by OpenTelemetry's names where there is one.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.own {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// Notes that something happened in it, with its facts. At most 128 are kept.
    pub fn event<const N: usize>(&mut self, name: &'static str, facts: [(&'static str, Value); N]) {
        if let Some(span) = &mut self.own {
            let facts = facts.map(|(key, value)| KeyValue::new(key, value));
            span.add_event(name, facts.to_vec());
        }
    }

    /// Links it to a span of another trace. At most 128 links are kept.
    pub fn link(&mut self, other: TraceContext) {
        if let Some(span) = &mut self.own {
            span.add_link(context(other), Vec::new());
        }
    }

    /// Says that it failed, and why.
    pub fn fail(&mut self, why: impl Into<Cow<'static, str>>) {
        if let Some(span) = &mut self.own {
            span.set_status(Status::error(why));
        }
    }
}

fn context(place: TraceContext) -> SpanContext {
    let flags = if place.sampled() {
        TraceFlags::SAMPLED
    } else {
        TraceFlags::NOT_SAMPLED
    };
    let (trace, span) = (
        TraceId::from_bytes(place.trace_id()),
        SpanId::from_bytes(place.span_id()),
    );
    SpanContext::new(trace, span, flags, true, TraceState::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_spans_are_off_a_callers_place_is_passed_on() {
        let place = TraceContext::fresh([7; 24], true);
        let span = Span::start(Kind::Server, "gather", Some(place));
        assert_eq!(span.context(), Some(place));
        assert!(!span.is_recorded());
        assert_eq!(Span::start(Kind::Server, "gather", None).context(), None);
    }
}
