//! Settings that are wrong: all of it at once, each with its place and what is accepted, and no port is opened.

use std::fs;
use std::path::PathBuf;

use rollcall_tests::command::Output;
use rollcall_tests::process::run;
use rollcall_tests::roll::{AGGREGATOR, FETCHER};
use rollcall_tests::{ports, scratch};

use crate::desk::SOON;

fn file(name: &str, text: &str) -> PathBuf {
    let path = scratch::directory("settings").unwrap().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Every one of these is in a line of its own of what the service says, which ends with 64 and opens no port.
#[track_caller]
fn faults(ended: &Output, expected: &[&[&str]]) {
    assert_eq!(ended.status.code(), Some(64), "{}", ended.stderr);
    assert!(
        !ended.stderr.contains("listening"),
        "a port was bound: {}",
        ended.stderr
    );
    for parts in expected {
        let told = ended
            .stderr
            .lines()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(told, "no line has {parts:?}:\n{}", ended.stderr);
    }
}

#[tokio::test]
async fn the_aggregator_tells_every_fault_with_file_and_line_or_flag() {
    let text = "topic = [\"A\", \"b c\"]\nlistn = \"127.0.0.1:1\"\nbudget = \"1MiB\"\nbatch_bytes = \"4MiB\"\n\
        history = \"many\"\ngrace = \"1h\"\nlog_format = \"xml\"\n";
    let path = file("aggregator.toml", text);
    let listen = format!("127.0.0.1:{}", ports::free().unwrap());
    let config = path.to_str().unwrap();
    let args = [
        "--config",
        config,
        "--listen",
        &listen,
        "--admin-listen",
        &listen,
        "--default-timeout",
        "soon",
    ];
    let ended = run(AGGREGATOR, &args, SOON).await.unwrap();
    faults(
        &ended,
        &[
            &["aggregator.toml:1", "b c"],
            &["aggregator.toml:2", "listn", "listen"],
            &["aggregator.toml:3", "budget"],
            &["aggregator.toml:5", "many"],
            &["aggregator.toml:6", "1h", "5s"],
            &["aggregator.toml:7", "xml", "json"],
            &["--default-timeout", "soon"],
            &["--admin-listen", &listen],
        ],
    );
}

#[tokio::test]
async fn the_fetcher_tells_every_fault_with_file_and_line_or_flag() {
    let text = "topic = \"A\"\nbootstrap = [\"k:9092\"]\ngroup = \"\"\nstart = \"middle\"\nmax_record_bytes = \"-1\"\n\
        [kafka]\n\"fetch.min.byte\" = 1\n\"enable.auto.commit\" = true\nauto_offset_reset = \"somewhere\"\n\
        fetch_max_wait_ms = 100\n\"fetch.wait.max.ms\" = 200\nmax_poll_records = 5\n";
    let path = file("fetcher.toml", text);
    let args = [
        "--config",
        path.to_str().unwrap(),
        "--aggregator",
        "ftp://x",
        "-X",
        "nonsense",
    ];
    let ended = run(FETCHER, &args, SOON).await.unwrap();
    faults(&ended, &[&["-X", "nonsense", "PROPERTY=VALUE"]]);
    let ended = run(FETCHER, &args[..4], SOON).await.unwrap();
    faults(
        &ended,
        &[
            &["fetcher.toml:3", "group"],
            &["fetcher.toml:4", "middle", "latest"],
            &["fetcher.toml:5", "-1"],
            &["fetcher.toml:7", "fetch.min.byte"],
            &["fetcher.toml:8", "enable.auto.commit", "acks"],
            &["fetcher.toml:9", "somewhere"],
            &["fetch_max_wait_ms", "fetch.wait.max.ms", "contradicts"],
            &["fetcher.toml:12", "max_poll_records", "gather"],
            &["--aggregator", "ftp://x"],
        ],
    );
}

#[tokio::test]
async fn what_is_missing_is_told_with_all_ways_to_give_it() {
    let ended = run(FETCHER, &[], SOON).await.unwrap();
    faults(
        &ended,
        &[
            &["topic", "--topic", "ROLLCALL_TOPIC"],
            &["bootstrap", "--bootstrap", "ROLLCALL_BOOTSTRAP"],
            &["group", "--group", "ROLLCALL_GROUP"],
        ],
    );
    let ended = run(AGGREGATOR, &[], SOON).await.unwrap();
    faults(&ended, &[&["topic", "--topic", "ROLLCALL_TOPIC"]]);
}

#[tokio::test]
async fn a_dump_tells_what_holds_and_where_each_value_comes_from() {
    let path = file("some.toml", "budget = \"2MiB\"\nhistory = 7\n");
    let args = [
        "--topic",
        "A",
        "--config",
        path.to_str().unwrap(),
        "--dump-config",
    ];
    let dumped = run(AGGREGATOR, &args, SOON).await.unwrap();
    assert_eq!(dumped.status.code(), Some(0), "{}", dumped.stderr);
    let expected = [
        ("topic = [\"A\"]", "flag --topic"),
        ("budget = \"2MiB\"", "some.toml:1"),
        ("history = 7", "some.toml:2"),
        ("listen = \"127.0.0.1:7655\"", "default"),
    ];
    for (value, origin) in expected {
        let told = dumped
            .stdout
            .lines()
            .any(|line| line.starts_with(value) && line.contains(origin));
        assert!(told, "no {value} from {origin} in\n{}", dumped.stdout);
    }
    // What was dumped can be read again.
    let path = file("dumped.toml", &dumped.stdout);
    let args = ["--config", path.to_str().unwrap(), "--dump-config"];
    let again = run(AGGREGATOR, &args, SOON).await.unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", again.stderr);
}

#[tokio::test]
async fn secrets_are_neither_dumped_nor_told_in_faults() {
    let needed = ["--topic", "t", "--bootstrap", "k:9092", "--group", "g"];
    let secret = [
        "-X",
        "sasl.password=hunter2",
        "-X",
        "ssl.key.password=hunter2",
        "--dump-config",
    ];
    let dumped = run(FETCHER, &[&needed[..], &secret].concat(), SOON)
        .await
        .unwrap();
    assert_eq!(dumped.status.code(), Some(0), "{}", dumped.stderr);
    assert!(
        dumped.stdout.contains("sasl.password") && dumped.stdout.contains("***"),
        "{}",
        dumped.stdout
    );
    assert!(!dumped.stdout.contains("hunter2"), "{}", dumped.stdout);
    let wrong = [
        "-X",
        "sasl.mechanism=hunter2",
        "-X",
        "sasl_plain_password=hunter2",
        "-X",
        "sasl.password=hunter3",
    ];
    let ended = run(FETCHER, &[&needed[..], &wrong].concat(), SOON)
        .await
        .unwrap();
    assert!(!ended.stderr.contains("hunter"), "{}", ended.stderr);
}
