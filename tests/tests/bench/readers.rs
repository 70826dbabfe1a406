//! The readers of `make bench`: each reads every record, and one that cannot be had is called by its name.

use std::fs;
use std::time::Duration;

use rollcall_tests::command::{self, Output};
use rollcall_tests::kafka::unique;
use rollcall_tests::process::binary;
use rollcall_tests::roll::Setup;
use rollcall_tests::{Kafka, Producer, Record, Service, scratch};
use serde::Deserialize;
use tokio::process::Command;

const PARTITIONS: i32 = 2;
/// Records of each of two topics. `bench-raw` tells of a thousand at once, so it is warm after the first ones.
const RECORDS: u64 = 1200;
const TOLD_AT_ONCE: u64 = 1000;
const VALUE: &str = "ten bytes.";
/// A debug build, on a busy machine.
const READ: Duration = Duration::from_secs(60);

/// What a reader says when it has everything: what came since a third had come.
#[derive(Debug, Deserialize, PartialEq)]
struct Done {
    records: u64,
    bytes: u64,
}

async fn two_topics(kafka: &Kafka) -> [String; 2] {
    let topics = [unique("read"), unique("read")];
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    for topic in &topics {
        kafka.create_topic(topic, PARTITIONS, &[]).await.unwrap();
        for partition in 0..PARTITIONS {
            let part = RECORDS / u64::from(PARTITIONS.unsigned_abs());
            let records = (0..part).map(|number| {
                let record = Record::numbered(number).with_value(VALUE);
                record.to_partition(partition)
            });
            producer.send_all(topic, records.collect()).await.unwrap();
        }
    }
    topics
}

async fn done(reader: &mut Service) -> Done {
    let done = |line: &str| serde_json::from_str(line).ok();
    reader.line("that all has come", READ, done).await.unwrap()
}

#[tokio::test]
async fn the_raw_reader_reads_every_record() {
    let kafka = Kafka::shared().await;
    let topics = two_topics(kafka).await.join(",");
    let ways: [&[&str]; 2] = [&[], &["--one"]];
    for one in ways {
        let (records, partitions) = (RECORDS.to_string(), PARTITIONS.to_string());
        let args = ["--bootstrap", kafka.bootstrap(), "--topics", &topics];
        let size = ["--records", &records, "--partitions", &partitions];
        let args = [&args[..], &size, one].concat();
        let mut reader = Service::start("bench-raw", &args).await.unwrap();
        let records = 2 * RECORDS - TOLD_AT_ONCE;
        let bytes = records * VALUE.len() as u64;
        assert_eq!(done(&mut reader).await, Done { records, bytes });
    }
}

/// It holds itself that no offset is missing or comes twice: it ends when one does.
#[tokio::test]
async fn the_client_reads_every_record_of_a_roll() {
    let kafka = Kafka::shared().await;
    let topics = two_topics(kafka).await;
    let partitions = usize::try_from(PARTITIONS).unwrap();
    let mut setup = Setup::new(kafka.bootstrap(), &unique("bench"));
    for topic in &topics {
        setup = setup.topic(topic, partitions);
    }
    let roll = setup.start().await.unwrap();
    let (server, all) = (format!("http://{}", roll.address()), 2 * RECORDS);
    let records = all.to_string();
    // Few at once, so that a third has come long before the end.
    let args = ["--server", &server, "--records", &records];
    let args = [&args[..], &["--max-records", "100"]].concat();
    let mut client = Service::start("bench-client", &args).await.unwrap();
    let done = done(&mut client).await;
    let least = all * 2 / 3 - 2 * 100;
    assert!((least..=all * 2 / 3).contains(&done.records), "{done:?}");
    assert_eq!(done.bytes, done.records * VALUE.len() as u64);
}

/// Runs the bench where no command is found, and nothing was fetched before.
async fn bench_without_commands(args: &[&str]) -> Output {
    let home = scratch::directory("bare").unwrap();
    let bench = home.join("debug/bench");
    fs::create_dir_all(home.join("debug")).unwrap();
    // It looks for what was fetched beside itself.
    fs::hard_link(binary("bench").await.unwrap(), &bench).unwrap();
    let mut command = Command::new(&bench);
    command.args(args).env("PATH", home.join("nowhere"));
    command::output(command, READ).await.unwrap()
}

#[tokio::test]
async fn a_reader_that_cannot_be_had_is_named_before_anything_is_started() {
    for (reader, word) in [
        ("kcat", "no kcat: install it (apt-get install kcat)"),
        ("aiokafka", "no aiokafka: it needs python3 with venv"),
    ] {
        let ended = bench_without_commands(&["--readers", reader]).await;
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(word), "{ended:?}");
        assert!(ended.stdout.is_empty(), "{ended:?}");
    }
}
