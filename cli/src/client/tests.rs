//! What a caller is told by servers that refuse, say nothing, or are no aggregator.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;

use rollcall_proto::service::spans::{Kind, Span};
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::{GatherRequest, StatusView};

use super::{CallError, Client, GATHER, Server, below};

/// Deadline of these calls.
const DEADLINE: Duration = Duration::from_millis(400);
/// What a call may take beyond its deadline on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// Asks for the roll; it fails.
async fn call(address: &str) -> CallError {
    let begun = Instant::now();
    let error = match Server::parse(address, DEADLINE) {
        Ok(server) => Client::new(server)
            .status(Vec::new(), StatusView::Full)
            .await
            .unwrap_err(),
        Err(error) => error,
    };
    assert!(
        begun.elapsed() < DEADLINE + SLACK,
        "{:?}: {error}",
        begun.elapsed()
    );
    error
}

#[track_caller]
fn check(error: &CallError, address: &str, says: &[&str]) {
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    assert!(!error.is_usage(), "{line}");
    for part in [address].iter().chain(says) {
        assert!(line.contains(part), "{part:?} is missing: {line}");
    }
}

/// A listener that answers every connection with the same bytes, or with none, and holds it open.
async fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 1024];
                let _ = connection.read(&mut bytes).await;
                let _ = connection.write_all(answer).await;
                while connection.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
            });
        }
    });
    address
}

#[tokio::test]
async fn a_refused_connection_says_that_nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    check(
        &call(&address).await,
        &address,
        &["connection refused", "is rollcall running"],
    );
}

#[tokio::test]
async fn a_silent_server_ends_the_call_at_the_deadline() {
    let address = answering(b"").await;
    check(
        &call(&address).await,
        &address,
        &["no answer within 400 ms", "--deadline"],
    );
}

#[tokio::test]
async fn a_web_server_is_named_as_no_grpc() {
    let address =
        answering(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            .await;
    check(&call(&address).await, &address, &["speaks no gRPC", "7655"]);
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_named_as_no_grpc() {
    let address = answering(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").await;
    check(&call(&address).await, &address, &["speaks no gRPC"]);
}

#[tokio::test]
async fn a_grpc_server_of_another_kind_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let (_, health) = tonic_health::server::health_reporter();
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(health)
            .serve_with_incoming(incoming),
    );
    check(&call(&address).await, &address, &["no rollcall aggregator"]);
}

/// What stands before a service of gRPC, and answers in its place with this status of HTTP.
#[derive(Clone)]
struct Proxy(u16);

impl NamedService for Proxy {
    const NAME: &'static str = "rollcall.v1.GatherService";
}

impl Service<http::Request<Body>> for Proxy {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: http::Request<Body>) -> Self::Future {
        let answer = http::Response::builder().status(self.0).body(Body::empty());
        ready(Ok(answer.unwrap()))
    }
}

#[tokio::test]
async fn a_gather_that_a_web_server_answers_says_so() {
    for (status, says) in [(404, "no rollcall aggregator"), (502, "speaks no gRPC (")] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(Proxy(status))
                .serve_with_incoming(incoming),
        );
        let client = Client::new(Server::parse(&address, DEADLINE).unwrap());
        let gathered = client
            .gather(GatherRequest::default(), Duration::ZERO)
            .await;
        check(&gathered.unwrap_err(), &address, &[says]);
    }
}

#[tokio::test]
async fn an_unknown_host_is_named() {
    check(
        &call("no-such-host.invalid:7655").await,
        "no-such-host.invalid",
        &["name is not known"],
    );
}

#[tokio::test]
async fn a_wrong_address_is_told_with_what_is_accepted() {
    check(
        &call("http://").await,
        "http://",
        &["--server", "HOST:PORT"],
    );
}

#[tokio::test]
async fn one_deadline_is_over_connecting_and_the_answer() {
    // Nobody accepts: with its backlog full, the kernel lets a further connection wait for ever.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(DEADLINE / 4, tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(connected.unwrap());
    }
    let address = address.to_string();
    check(
        &call(&address).await,
        &address,
        &["no answer within 400 ms"],
    );
}

#[tokio::test]
async fn calls_that_make_one_answer_share_a_deadline() {
    let address = answering(b"").await;
    let client = Client::new(Server::parse(&address, DEADLINE).unwrap());
    let begun = Instant::now();
    let calls = async {
        while begun.elapsed() < DEADLINE * 100 {
            let one = client.status(Vec::new(), StatusView::Full);
            // Each call alone is in time.
            let _ = tokio::time::timeout(DEADLINE / 4, one).await;
        }
        Ok(())
    };
    let error = client.as_one(calls).await.unwrap_err();
    assert!(begun.elapsed() < DEADLINE + SLACK);
    check(&error, &address, &["no answer within 400 ms"]);
}

#[test]
fn a_call_below_a_span_says_so_and_any_other_says_nothing() {
    let said = |place: Option<TraceContext>| {
        let span = Span::start(Kind::Client, GATHER, place);
        trace::extract(below(&span, ()).metadata())
    };
    let place = TraceContext::fresh([5; 24], true);
    assert_eq!(said(Some(place)), Some(place));
    assert_eq!(
        said(None),
        None,
        "not recorded would silence the aggregator"
    );
}
