//! The span of a gather: from its call to the end of its answer, with an event for each slot and a link for
//! each batch that a fetcher's span sent.

use std::time::Duration;

use rollcall_proto::service::spans::{Kind, Span};
use rollcall_proto::time;
use rollcall_proto::trace;
use rollcall_proto::v1::{GatherBatch, GatherSummary, Slot, VerdictCode};
use tonic::{Request, Status};

/// Begins the span of a call, below its caller's.
pub(super) fn call<T>(name: &'static str, request: &Request<T>) -> Span {
    let mut span = Span::start(Kind::Server, name, trace::extract(request.metadata()));
    span.set("rpc.system", "grpc");
    span
}

/// Notes that a call was refused.
pub(super) fn refused(span: &mut Span, status: Status) -> Status {
    span.fail(status.message().to_owned());
    status
}

/// Notes a batch that goes to the client.
pub(super) fn batch(span: &mut Span, batch: &GatherBatch) {
    if let Some(sent) = trace::heard(&batch.traceparent) {
        span.link(sent);
    }
}

/// Notes how a gather ended.
pub(super) fn summary(span: &mut Span, summary: &GatherSummary) {
    if !span.is_recorded() {
        return;
    }
    span.set("rollcall.gather_id", number(summary.gather_id));
    span.set("rollcall.client_id", summary.client_id.clone());
    span.set("rollcall.record_count", i64::from(summary.record_count));
    span.set("rollcall.closed_by", summary.closed_by().as_str_name());
    let timeout = summary.timeout.as_ref().and_then(time::length);
    span.set("rollcall.timeout_ms", millis(timeout.unwrap_or_default()));
    for slot in &summary.slots {
        self::slot(span, slot);
    }
}

fn slot(span: &mut Span, slot: &Slot) {
    let verdict = slot.verdict.as_ref();
    let code = verdict.map_or(VerdictCode::Unspecified, |verdict| verdict.code());
    let facts = [
        ("rollcall.topic", slot.topic.clone().into()),
        ("rollcall.record_count", i64::from(slot.record_count).into()),
        ("rollcall.verdict", code.as_str_name().into()),
    ];
    span.event("slot", facts);
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
