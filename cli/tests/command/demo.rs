//! `rollcall demo`, whole: what it shows, what a second terminal sees, and how it ends.

use std::time::Duration;

use tokio::net::TcpListener;

use super::process::{Running, run};

const PORTS: &str = "--listen 127.0.0.1:0 --admin-listen 127.0.0.1:0";
/// What an interrupted demo promises, and what a busy machine may add.
const END: Duration = Duration::from_secs(2 + 3);

const TOPICS: [&str; 6] = [
    "SCHEDULE-STATION-PARAM",
    "SCHEDULE-CAR-ORDER",
    "SCHEDULE-CAR-PRICE",
    "SCHEDULE-DEVICE-HOST-DCDC",
    "SCHEDULE-DEVICE-STORAGE",
    "MODULE-OUTPUT-PV_PREDICTION",
];

#[tokio::test]
async fn the_demo_gathers_six_topics_explains_them_and_ends_at_once() {
    let mut demo = Running::start(&format!("demo {PORTS}"));
    let screen = demo.printed("Ctrl-C ends it").await;
    let text = screen.join("\n");
    assert!(screen[0].starts_with("DEMO "), "{text}");
    let stats = screen
        .iter()
        .find(|line| line.starts_with("DEMO gather ["))
        .unwrap();
    assert!(TOPICS.iter().all(|topic| stats.contains(topic)), "{stats}");
    for part in [
        "VERDICT",
        "rollcall status",
        "rollcall explain SCHEDULE-CAR-ORDER",
        "grpcurl -plaintext -emit-defaults",
    ] {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
    let server = screen[0]
        .split("gRPC ")
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    demo.printed("SCHEDULE-CAR-ORDER:0 PRODUCER_SLOWER_THAN_TIMEOUT")
        .await;
    let status = run(&format!("status --server {server}")).await;
    assert!(status.stdout.starts_with("DEMO "), "{status:?}");
    assert!(
        TOPICS.iter().all(|topic| status.stdout.contains(topic)),
        "{status:?}"
    );
    let explain = run(&format!("explain SCHEDULE-CAR-ORDER --server {server}")).await;
    assert!(
        explain.stdout.contains("\nfact ") && explain.stdout.contains("\ndo  "),
        "{explain:?}"
    );
    let (code, took) = demo.interrupt().await;
    assert_eq!(code, Some(0));
    assert!(took < END, "{took:?}");
}

#[tokio::test]
async fn the_demo_ends_by_itself() {
    let ended = run(&format!("demo --for 2s {PORTS}")).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn a_port_in_use_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let ended = run(&format!(
        "demo --listen {address} --admin-listen 127.0.0.1:0"
    ))
    .await;
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(2), ""),
        "{ended:?}"
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(
        ended.stderr.contains("in use") && ended.stderr.contains("--listen"),
        "{ended:?}"
    );
}
