//! A page: measured, written, and held only as long as somebody reads it.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use futures_util::stream;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::text::Format;
use super::{Calls, Family, Sheet, process};
use crate::service::spans;

/// Pages at a time, each from the first word to the last byte that is read of it.
const PAGES: usize = 4;
/// How long a service may take to say what it knows.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);

const COMPLETE: Family = Family::gauge(
    "rollcall_metrics_complete",
    &[],
    "1 when the service said in time what it knows; 0 when this page has only the process and its calls.",
);
const BUILD: Family = Family::gauge(
    "rollcall_build_info",
    &["version"],
    "Always 1; the version of this process is the label.",
);

const SPANS_DROPPED: Family = Family::counter(
    "rollcall_spans_dropped",
    &[],
    "Spans that were recorded and that no collector got; 0 where none is named.",
);

/// What is counted all along, of one process.
#[derive(Debug)]
pub struct Metrics {
    counted: Registry,
    version: &'static str,
    started: SystemTime,
}

impl Metrics {
    /// Nothing yet, of a process of this version that starts now and serves these calls, if any.
    pub fn new(version: &'static str, calls: Option<&Calls>) -> Self {
        let mut counted = Registry::default();
        if let Some(calls) = calls {
            calls.register(&mut counted);
        }
        Self {
            counted,
            version,
            started: SystemTime::now(),
        }
    }

    /// The page in OpenMetrics' words; without a sheet, what there is besides.
    pub(super) fn page(&self, sheet: Option<Sheet>) -> String {
        let mut own = Sheet::new([COMPLETE, BUILD, SPANS_DROPPED]);
        own.put(&COMPLETE, &[], Some(f64::from(u8::from(sheet.is_some()))));
        own.put(&BUILD, &[self.version], Some(1.0));
        own.put(&SPANS_DROPPED, &[], Some(spans::dropped() as f64));
        let mut measured = Registry::default();
        for sheet in [Some(own), sheet, Some(process::sheet(self.started))] {
            measured.register_collector(Box::new(sheet.unwrap_or_default()));
        }
        let mut page = String::new();
        // Writing to a String cannot fail, and every number here can be written.
        let written = encode_registry(&mut page, &measured)
            .and_then(|()| encode_registry(&mut page, &self.counted))
            .and_then(|()| encode_eof(&mut page));
        debug_assert_eq!(written, Ok(()));
        page
    }
}

/// `/metrics`. `measure` says what the service knows; what takes it too long, or fails, is left out and said so.
pub fn routes<M, F>(metrics: Metrics, measure: M) -> Router
where
    M: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Sheet>> + Send + 'static,
{
    let metrics = Arc::new(metrics);
    let places = Arc::new(Semaphore::new(PAGES));
    let answer = move |headers: HeaderMap| {
        let (metrics, places, measure) =
            (Arc::clone(&metrics), Arc::clone(&places), measure.clone());
        async move {
            let Ok(place) = places.try_acquire_owned() else {
                return (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "as many scrapes run as may\n",
                )
                    .into_response();
            };
            let sheet = tokio::time::timeout(MEASURED_WITHIN, measure()).await;
            let accept = headers
                .get(header::ACCEPT)
                .and_then(|accept| accept.to_str().ok());
            let format = Format::asked(accept.unwrap_or_default());
            let page = format.of(metrics.page(sheet.ok().flatten()));
            whole(page, format, place)
        }
    };
    Router::new().route("/metrics", get(answer))
}

/// The answer. Its place is free again when its last byte was taken, or nobody takes it any more.
fn whole(page: String, format: Format, place: OwnedSemaphorePermit) -> Response {
    let bytes = stream::iter([Ok::<_, Infallible>(Bytes::from(page))]);
    // Asked for only when what came before has left.
    let end = stream::once(async move {
        drop(place);
        Ok(Bytes::new())
    });
    let headers = [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(bytes.chain(end))).into_response()
}
