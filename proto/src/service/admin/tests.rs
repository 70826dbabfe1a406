//! The admin port from outside, over real sockets.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

struct Admin {
    address: SocketAddr,
    readiness: watch::Sender<Readiness>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn start() -> Admin {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (readiness, watched) = watch::channel(Readiness::not_ready("no feed yet"));
    let (stop, stopped) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    let more = Router::new()
        .route("/more", get(|| async { "more" }))
        .route("/never", get(std::future::pending::<&str>));
    let task = tokio::spawn(serve(listener, watched, more, stopped));
    Admin {
        address,
        readiness,
        stop,
        task,
    }
}

async fn request(address: SocketAddr, text: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

async fn get_path(address: SocketAddr, path: &str) -> String {
    let text = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    request(address, &text).await
}

#[tokio::test]
async fn readiness_follows_the_service() {
    let admin = start().await;
    let answer = get_path(admin.address, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nno feed yet\n"), "{answer}");
    admin.readiness.send_replace(Readiness::ready());
    let answer = get_path(admin.address, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    admin.readiness.send_replace(Readiness::not_ready("a\nb"));
    assert!(
        get_path(admin.address, "/readyz")
            .await
            .ends_with("\r\n\r\na b\n")
    );
    drop(admin.readiness);
    assert!(
        get_path(admin.address, "/readyz")
            .await
            .ends_with("stopping\n")
    );
}

#[tokio::test]
async fn a_process_that_is_not_ready_is_alive() {
    let admin = start().await;
    let answer = get_path(admin.address, "/livez").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_service_adds_its_own_routes_and_others_are_not_found() {
    let admin = start().await;
    assert!(get_path(admin.address, "/more").await.ends_with("more"));
    assert!(
        get_path(admin.address, "/")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
    let post = "POST /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    assert!(
        request(admin.address, post)
            .await
            .starts_with("HTTP/1.1 405 ")
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_cut_off() {
    let admin = start().await;
    let began = tokio::time::Instant::now();
    assert_eq!(
        request(admin.address, "GET /livez HTTP/1.1\r\nhost:").await,
        ""
    );
    assert!(began.elapsed() >= HEADER_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn one_connection_too_many_is_closed_at_once() {
    let admin = start().await;
    let mut open = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(admin.address).await.unwrap();
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        open.push(stream);
    }
    assert_eq!(get_path(admin.address, "/livez").await, "");
    drop(open);
    let answered = async {
        while get_path(admin.address, "/livez").await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), answered)
        .await
        .expect("a place that was left is taken again");
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let admin = start().await;
    let idle = TcpStream::connect(admin.address).await.unwrap();
    admin.stop.send(()).unwrap();
    tokio::time::timeout(DRAIN * 3, admin.task)
        .await
        .unwrap()
        .unwrap();
    drop(idle);
    assert!(TcpStream::connect(admin.address).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_an_end_whatever_hangs_in_it() {
    let admin = start().await;
    let answer = get_path(admin.address, "/never");
    let answer = tokio::time::timeout(CONNECTION_LIFE * 2, answer).await;
    assert_eq!(answer.unwrap(), "");
}
