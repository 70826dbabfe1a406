//! A cluster that lets nobody in: told within seconds, with what to check.

use std::time::Duration;

use rollcall_tests::Kafka;
use rollcall_tests::ports;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::look::{doctor, ends_with};

/// A debug build on a busy machine.
const SECONDS: Duration = Duration::from_secs(8);
/// A password that no Kafka of these tests takes.
const SECRET: &str = "wrong-secret";

async fn told(args: &[&str], says: &[&str]) {
    let (ended, took) = ends_with(2, args).await.unwrap();
    for part in says {
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in {}",
            ended.stderr
        );
    }
    let all = [ended.stdout.as_str(), ended.stderr.as_str()].concat();
    assert!(!all.contains(SECRET), "{all}");
    assert!(took < SECONDS, "{took:?}: {}", ended.stderr);
    println!("{took:?}: {}", ended.stderr.trim_end());
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_told_with_what_to_check() {
    let closed = format!("127.0.0.1:{}", ports::free().unwrap());
    told(
        &["-b", &closed, "-g", "g"],
        &[&closed, "check host and port (-b)"],
    )
    .await;
    told(
        &["-b", "no-such-host.invalid:9092", "-g", "g"],
        &["no-such-host.invalid", "check the host name"],
    )
    .await;
}

#[tokio::test]
async fn what_a_port_does_not_speak_is_told_with_what_to_say() {
    let kafka = Kafka::secured().await.unwrap();
    let (tls, plain) = (kafka.tls(), kafka.bootstrap().to_owned());
    told(&["-b", &tls, "-g", "g"], &["wants TLS or SASL", "SASL_SSL"]).await;
    let over_tls = ["-b", &plain, "-g", "g", "-X", "security.protocol=SSL"];
    told(&over_tls, &["speaks no TLS"]).await;

    let home = rollcall_tests::scratch::directory("secret").unwrap();
    let file = home.join("password");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let secret = format!("sasl.password=@{}", file.display());
    let ca = format!("ssl.ca.location={}", kafka.ca().display());
    let login = |mechanism: &str| format!("sasl.mechanism={mechanism}");
    for mechanism in ["PLAIN", "SCRAM-SHA-256"] {
        let mechanism = login(mechanism);
        let args = [
            "-b",
            &tls,
            "-g",
            "g",
            "-X",
            "security.protocol=SASL_SSL",
            "-X",
            &mechanism,
        ];
        let who = ["-X", "sasl.username=alice", "-X", &secret, "-X", &ca];
        let args = [&args[..], &who[..]].concat();
        told(&args, &["check sasl.username, sasl.password"]).await;
    }
    let untrusted = ["-b", &tls, "-g", "g", "-X", "security.protocol=SSL"];
    told(&untrusted, &["check ssl.ca.location"]).await;
}

/// Quotas and request logs of the brokers know it by that name.
#[tokio::test]
async fn the_brokers_are_told_that_it_is_the_doctor_who_asks() {
    let broker = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = broker.local_addr().unwrap().to_string();
    let args = ["-b", &address, "-g", "g", "--for", "5s"];
    let first = async {
        let (mut connection, _) = broker.accept().await.unwrap();
        // The size of the request, its kind and number, and the client's id.
        let mut header = [0; 4 + 2 + 2 + 4 + 2 + "rollcall-doctor".len()];
        connection.read_exact(&mut header).await.unwrap();
        header[14..].to_vec()
    };
    let (looked, client) = tokio::join!(doctor(&args), first);
    looked.unwrap();
    assert_eq!(String::from_utf8(client).unwrap(), "rollcall-doctor");
}
