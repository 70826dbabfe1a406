//! Ports and gRPC connections: bound, tuned and ended the same way everywhere.

mod connection;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::transport::{Endpoint, Server};

use crate::limits::{CONNECTION_WINDOW_BYTES, FRAME_BYTES, STREAM_WINDOW_BYTES};

pub use connection::{Connection, connections};

/// How long open streams and connections may take to end by themselves.
pub const DRAIN: Duration = Duration::from_secs(2);
/// How often a silent peer is asked whether it is there, and how long it may take to answer.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client waits for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Calls and streams that one connection may have open.
const STREAMS_PER_CONNECTION: u32 = 256;

/// Exit code of a process that could not have its ports: it could not even begin, and its settings are
/// not wrong in themselves.
pub const EXIT_NO_PORT: u8 = 2;

/// A port that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({what}): {}", explained(source))]
pub struct BindError {
    /// The address that was tried.
    pub address: SocketAddr,
    /// What was to be served there.
    pub what: &'static str,
    /// Why not.
    pub source: io::Error,
}

/// Listens on an address; `what` names the purpose in the error. Port 0 takes a free one.
pub async fn bind(address: SocketAddr, what: &'static str) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| BindError {
            address,
            what,
            source,
        })
}

/// What an address error means in plain words, and what helps.
const ADDRESS_ERRORS: [(io::ErrorKind, &str, &str); 3] = [
    (
        io::ErrorKind::AddrInUse,
        "address in use",
        "choose another port, or stop the process that has it (`ss -ltnp` names it)",
    ),
    (
        io::ErrorKind::AddrNotAvailable,
        "no such address on this machine",
        "choose an address of this machine, or 0.0.0.0 for all of them",
    ),
    (
        io::ErrorKind::PermissionDenied,
        "permission denied",
        "ports below 1024 need rights: choose a higher one",
    ),
];

fn explained(error: &io::Error) -> String {
    let known = ADDRESS_ERRORS.iter().find(|known| known.0 == error.kind());
    match known {
        Some((_, meaning, help)) => format!("{meaning}; {help}"),
        None => format!("{error}; choose another address"),
    }
}

/// A gRPC server with rollcall's settings: large frames and windows, keep-alive, bounded streams. Serve
/// it with [`connections`].
pub fn server() -> Server {
    Server::builder()
        .max_frame_size(FRAME_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
}

/// A text that names no gRPC server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address:?} is no server address: {reason}; accepted: http://HOST:PORT or HOST:PORT")]
pub struct AddressError {
    /// The text.
    pub address: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Where and how to reach a gRPC server: `http://HOST:PORT`, or `HOST:PORT` for short. Connects when
/// asked to; a new connection resolves the host's name anew.
pub fn client_endpoint(address: &str) -> Result<Endpoint, AddressError> {
    let wrong = |reason| AddressError {
        address: address.to_owned(),
        reason,
    };
    let uri = match address.contains("://") {
        true => address.to_owned(),
        false => format!("http://{address}"),
    };
    let endpoint = Endpoint::from_shared(uri).map_err(|_| wrong("it is no URI"))?;
    let uri = endpoint.uri();
    if uri.scheme_str() != Some("http") {
        return Err(wrong("its scheme is not http"));
    }
    if uri.host().is_none_or(str::is_empty) || uri.port_u16().is_none() {
        return Err(wrong("it needs a host and a port"));
    }
    if uri
        .authority()
        .is_some_and(|all| all.as_str().contains('@'))
    {
        return Err(AddressError {
            address: "http://***@…".to_owned(),
            reason: "it has a user name",
        });
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong("it has a path"));
    }
    Ok(tuned(endpoint))
}

fn tuned(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(CONNECT_TIMEOUT)
        .max_frame_size(FRAME_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        // Off by default in tonic: a dead peer of an idle connection would not be noticed.
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
}

/// Waits for a task that was told to end, at most `limit`; then aborts it and says so. Returns whether
/// it ended by itself.
///
/// An aborted gRPC server leaves its connections behind: tonic runs each in a task of its own, and only
/// the end of the runtime ends those.
pub async fn finish<T>(what: &'static str, task: JoinHandle<T>, limit: Duration) -> bool {
    let abort = task.abort_handle();
    match tokio::time::timeout(limit, task).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => {
            tracing::error!(what, %error, "task failed");
            false
        }
        Err(_) => {
            abort.abort();
            tracing::warn!(what, ?limit, "did not end in time: connections are cut");
            false
        }
    }
}

#[cfg(test)]
mod tests;
