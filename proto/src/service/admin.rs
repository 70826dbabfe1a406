//! The admin port: `/livez`, `/readyz`, and whatever a service adds, over plain HTTP/1.1.
//!
//! Nothing here may hold a process up: headers have a deadline, connections a limit and a life, the end a bound.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::StreamExt as _;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::serve::{Connection, connections};

/// Connections at a time: probes, a scraper, and someone who looks.
const CONNECTIONS: usize = 64;
/// How long a request's headers may take; an idle connection is closed after it too.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection lives: what a client does not read must not be kept for it. Idle ones end sooner.
const CONNECTION_LIFE: Duration = Duration::from_secs(30);
/// How long requests that are under way may take at the end.
const DRAIN: Duration = Duration::from_secs(1);
/// Most of a request's head that is read.
const HEAD_BYTES: usize = 16 << 10;

/// Whether the service can do its work, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Whether it can.
    pub ready: bool,
    /// One line for people, as the body of `/readyz`.
    pub reason: String,
}

impl Readiness {
    /// It can.
    pub fn ready() -> Self {
        Self {
            ready: true,
            reason: "ready".to_owned(),
        }
    }

    /// It cannot, for this reason.
    pub fn not_ready(reason: impl Into<String>) -> Self {
        Self {
            ready: false,
            reason: reason.into(),
        }
    }
}

/// Serves `/livez` (200 as long as the process turns its loop) and `/readyz` (200 or 503, with the
/// reason), and the routes of `more`, until `stop` ends; then at most a second longer.
pub async fn serve(
    listener: TcpListener,
    readiness: watch::Receiver<Readiness>,
    more: Router,
    stop: impl Future<Output = ()>,
) {
    let routes = Router::new()
        .route("/livez", get(|| async { plain(StatusCode::OK, "alive") }))
        .route("/readyz", get(readyz).with_state(readiness))
        .merge(more);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    {
        let mut incoming = pin!(connections(listener, CONNECTIONS));
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(Ok(connection)) = incoming.next() => handle(connection, routes.clone(), &graceful),
            }
        }
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("admin requests did not end in time: they are cut");
    }
}

fn handle(connection: Connection, routes: Router, graceful: &GracefulShutdown) {
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(routes));
    let http = graceful.watch(http);
    tokio::spawn(async move {
        match tokio::time::timeout(CONNECTION_LIFE, http).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "admin connection ended"),
            Err(_) => tracing::debug!("admin connection cut: it lived too long"),
        }
    });
}

async fn readyz(State(readiness): State<watch::Receiver<Readiness>>) -> impl IntoResponse {
    // A service that dropped its end does not work any more.
    if readiness.has_changed().is_err() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    let readiness = readiness.borrow().clone();
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    plain(status, &readiness.reason)
}

/// A line of text that nobody takes for anything else, and that no cache keeps.
fn plain(status: StatusCode, line: &str) -> impl IntoResponse + use<> {
    let line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .chain(['\n'])
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, line)
}

#[cfg(test)]
mod tests;
