//! Scrapes that do not go well: of a roll that is large, by clients that do not read, of a process that stops.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rollcall_tests::eventually;
use rollcall_tests::process::listening;
use rollcall_tests::promtool::Page;
use rollcall_tests::roll::{Roll, Setup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::SOON;

/// Topics of a large roll.
const TOPICS: usize = 1000;
/// A page of all of them, by a debug build on a busy machine. A quiet one needs a twentieth.
const PAGE: Duration = Duration::from_secs(10);
/// Most bytes of a page, for each topic: eleven series, when nobody feeds it.
const BYTES_OF_TOPIC: usize = 1500;
/// A batch for each topic, which is the least that an aggregator takes.
const BUDGET: &str = "256MiB";
/// Pages that are made or sent at once.
const PAGES: usize = 4;
/// A process ends within this whoever hangs there: its bounds are a second for the admin port and two for gRPC.
const END: Duration = Duration::from_secs(10);

/// What makes the names of topics as long as Kafka lets them be, or nearly. They are in every series: a page of them is above 3 MB,
/// and of that Linux takes two for a client that reads nothing and whose own buffer is small.
const LONG: usize = 240;
/// Bytes that such a client's own buffer holds.
const SMALL: u32 = 4096;

/// An aggregator of a thousand topics that nobody feeds, which needs no Kafka, and its admin port. Their names have so many letters
/// more, and so many of them have series.
async fn large(letters: usize, shown: usize) -> (Roll, SocketAddr) {
    let names = (0..TOPICS).map(|number| format!("{number:04}{}", "x".repeat(letters)));
    let setup = names.fold(Setup::new("127.0.0.1:1", "large"), |setup, name| {
        setup.unfed_topic(&name)
    });
    let shown = format!("metrics_topics={shown}");
    let setup = setup.aggregator_flags(&["--set", &shown, "--budget", BUDGET]);
    let mut roll = setup.start_aggregator().await.unwrap();
    let aggregator = roll.aggregator.running().unwrap();
    let admin = aggregator.line("its admin port", SOON, listening("admin"));
    let admin = admin.await.unwrap();
    (roll, admin)
}

/// Asks for a page, sees that it comes, and reads nothing of it.
async fn hanging(admin: SocketAddr) -> TcpStream {
    let begun = eventually("a page begins", SOON, async || {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(SMALL)?;
        let mut stream = socket.connect(admin).await?;
        let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request).await?;
        let mut head = [0; 12];
        stream.peek(&mut head).await?;
        // Whoever looks whether a place is free has one meanwhile.
        ensure!(&head == b"HTTP/1.1 200", "as many as may are asked for");
        Ok(stream)
    });
    begun.await.unwrap()
}

/// The first line of what is answered to this path.
async fn status_of(admin: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let line = answer.lines().next().context("nothing is answered")?;
    Ok(line.to_owned())
}

/// Waits until the page is answered with this status.
async fn until_answered(admin: SocketAddr, status: &str) {
    let what = format!("a page is answered with {status}");
    eventually(&what, SOON, async || {
        let line = status_of(admin, "/metrics").await?;
        ensure!(line.contains(status), "{line}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_page_of_a_thousand_topics_is_bounded_in_time_and_bytes() {
    let (_roll, admin) = large(6, TOPICS).await;
    let begun = Instant::now();
    let page = Page::of(admin, "*/*").await.unwrap();
    assert!(begun.elapsed() < PAGE, "{:?}", begun.elapsed());
    assert_eq!(page.value("rollcall_metrics_complete"), Some(1.0));
    assert_eq!(page.value("rollcall_metrics_topics_left_out"), Some(0.0));
    let bytes = page.text.len();
    assert!(bytes < TOPICS * BYTES_OF_TOPIC, "{bytes}");

    let (_roll, admin) = large(6, 10).await;
    let limited = Page::of(admin, "*/*").await.unwrap();
    let left_out = limited.value("rollcall_metrics_topics_left_out");
    assert_eq!(left_out, Some((TOPICS - 10) as f64));
    assert!(limited.text.len() < bytes / 10, "{}", limited.text.len());
}

#[tokio::test]
async fn clients_that_read_nothing_of_a_page_larger_than_their_sockets_hold_nobody_up() {
    let (mut roll, admin) = large(LONG, TOPICS).await;
    let mut clients = Vec::new();
    for _ in 0..PAGES {
        clients.push(hanging(admin).await);
    }
    // All places are taken for as long as they hang: what they asked for fits into no buffer of the kernel.
    until_answered(admin, "503").await;
    assert_eq!(status_of(admin, "/livez").await.unwrap(), "HTTP/1.0 200 OK");
    roll.client("beside").unwrap().status().await.unwrap();
    clients.pop();
    until_answered(admin, "200").await;
    clients.push(hanging(admin).await);
    until_answered(admin, "503").await;
    let begun = Instant::now();
    assert!(roll.aggregator.terminate().await.unwrap().success());
    assert!(begun.elapsed() < END, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_scrape_of_a_process_that_stops_ends_with_a_page_or_without_but_soon() {
    let (mut roll, admin) = large(LONG, TOPICS).await;
    let mut asked = hanging(admin).await;
    let mut half = TcpStream::connect(admin).await.unwrap();
    half.write_all(b"GET /metrics HTTP/1.1\r\n").await.unwrap();
    let aggregator = roll.aggregator.running().unwrap();
    aggregator.terminate().unwrap();
    // It may be gone already; what matters is that nobody waits.
    let _ = half.write_all(b"host: x\r\n\r\n").await;
    for stream in [&mut asked, &mut half] {
        let mut answer = Vec::new();
        let read = timeout(END, stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "still open: {}", answer.len());
    }
    assert!(aggregator.end(END).await.unwrap().success());
    assert!(TcpStream::connect(admin).await.is_err());
}
