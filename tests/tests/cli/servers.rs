//! A `--server` that is no aggregator, and ports that cannot be had: one line that says what was tried and what to check.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use rollcall_tests::process::run;
use rollcall_tests::roll::{AGGREGATOR, FETCHER};
use rollcall_tests::{Kafka, Rollcall, ports};
use tokio::net::TcpListener;

use crate::desk::{Desk, SOON};

/// The deadline that is asked for, and what a process needs to start and end on a busy machine.
const DEADLINE: Duration = Duration::from_secs(1);
const PROCESS: Duration = Duration::from_secs(4);

/// Every command that asks an aggregator ends with 2 in time, prints nothing, and says one line with all of this.
async fn refuses(server: &str, says: &[&str]) {
    for command in ["status", "gather", "lag"] {
        let args = [command, "--deadline", "1s"];
        let begun = Instant::now();
        let ended = Rollcall::at(server).ends_with(2, &args).await.unwrap();
        let took = begun.elapsed();
        assert!(took < DEADLINE + PROCESS, "{command} {server}: {took:?}");
        assert_eq!(ended.stdout, "", "{command} {server}");
        assert_eq!(
            ended.stderr.lines().count(),
            1,
            "{command}: {}",
            ended.stderr
        );
        for part in says {
            assert!(
                ended.stderr.contains(part),
                "{command}: {part:?} is not in {}",
                ended.stderr
            );
        }
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_refused_at_once() {
    let port = ports::free().unwrap();
    let server = format!("127.0.0.1:{port}");
    refuses(&server, &[&server, "connection refused", "--server"]).await;
}

#[tokio::test]
async fn a_listener_that_says_nothing_is_given_up_at_the_deadline() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let server = listener.local_addr().unwrap().to_string();
    refuses(&server, &[&server, "no answer within 1 s"]).await;
}

#[tokio::test]
async fn a_server_that_speaks_no_grpc_is_told_from_a_dead_one() {
    let kafka = Kafka::shared().await;
    refuses(kafka.bootstrap(), &[kafka.bootstrap()]).await;
    // The mistake that is near: the port of health and not the one of gRPC.
    let admin = Desk::shared().await.admin.to_string();
    refuses(&admin, &[&admin, "no gRPC", "7655"]).await;
}

#[tokio::test]
async fn a_text_that_is_no_address_is_told_with_the_accepted_form() {
    for server in [
        "http://",
        "nowhere",
        "http://[::1",
        "ftp://127.0.0.1:7655",
        ":7655",
        "127.0.0.1:99999",
    ] {
        let ended = Rollcall::at(server)
            .ends_with(2, &["status"])
            .await
            .unwrap();
        assert_eq!(
            ended.stderr.lines().count(),
            1,
            "{server}: {}",
            ended.stderr
        );
        assert!(
            ended.stderr.to_lowercase().contains("host:port"),
            "{server}: {}",
            ended.stderr
        );
    }
}

/// The arguments of each service that would listen here.
fn listening_at(address: SocketAddr) -> [(&'static str, Vec<String>); 3] {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<_>>()
    };
    let address = address.to_string();
    let fetcher = [
        "--topic",
        "t",
        "--bootstrap",
        "127.0.0.1:9",
        "--group",
        "g",
        "--admin-listen",
        &address,
    ];
    [
        (
            AGGREGATOR,
            words(&[
                "--topic",
                "t",
                "--admin-listen",
                "127.0.0.1:0",
                "--listen",
                &address,
            ]),
        ),
        (
            AGGREGATOR,
            words(&[
                "--topic",
                "t",
                "--listen",
                "127.0.0.1:0",
                "--admin-listen",
                &address,
            ]),
        ),
        (FETCHER, words(&fetcher)),
    ]
}

#[tokio::test]
async fn a_port_in_use_is_told_in_one_line_that_names_it() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = taken.local_addr().unwrap();
    for (service, args) in listening_at(address) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ended = run(service, &args, SOON).await.unwrap();
        assert_eq!(ended.status.code(), Some(2), "{service}: {}", ended.stderr);
        let told: Vec<&str> = ended
            .stderr
            .lines()
            .filter(|line| line.contains("in use"))
            .collect();
        assert_eq!(told.len(), 1, "{service}: {}", ended.stderr);
        assert!(
            told[0].contains(&address.to_string()),
            "{service}: {told:?}"
        );
    }
}

#[tokio::test]
async fn topic_names_that_kafka_would_not_take_are_usage_errors_that_name_them() {
    let long = "t".repeat(250);
    let desk = Desk::shared().await;
    for (name, told) in [
        ("", "empty"),
        (long.as_str(), "249"),
        ("a/b", "a/b"),
        ("..", ".."),
        ("ä", "ä"),
    ] {
        for command in ["status", "gather", "lag"] {
            let ended = desk
                .rollcall
                .ends_with(64, &[command, "-t", name])
                .await
                .unwrap();
            assert!(
                ended.stderr.contains(told),
                "{command} -t {name:?}: {}",
                ended.stderr
            );
        }
        desk.rollcall
            .ends_with(64, &["explain", name])
            .await
            .unwrap();
        let ended = run(AGGREGATOR, &["--topic", name], SOON).await.unwrap();
        assert_eq!(ended.status.code(), Some(64), "{name:?}: {}", ended.stderr);
        let args = ["--topic", name, "--bootstrap", "k:9092", "--group", "g"];
        let ended = run(FETCHER, &args, SOON).await.unwrap();
        assert_eq!(ended.status.code(), Some(64), "{name:?}: {}", ended.stderr);
    }
    for args in [
        ["status", "-t", "a", "-t", "a"],
        ["gather", "-t", "a", "-t", "a"],
    ] {
        let ended = desk.rollcall.ends_with(64, &args).await.unwrap();
        assert!(
            ended.stderr.contains("topic a") && ended.stderr.contains("twice"),
            "{}",
            ended.stderr
        );
    }
    let ended = run(AGGREGATOR, &["--topic", "a", "--topic", "a"], SOON)
        .await
        .unwrap();
    assert_eq!(ended.status.code(), Some(64));
    assert!(
        ended.stderr.contains("a is named twice"),
        "{}",
        ended.stderr
    );
}
