//! Profiles: each sets what it says, and costs a lone record what it says.

use std::time::Duration;

use rollcall_tests::process::run;
use rollcall_tests::roll::FETCHER;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Rollcall};

use crate::fetching::delay_of_a_lone_record;
use crate::look::{SOON, read_all, until_buffered};

/// A profile as it is promised.
struct Promise {
    name: &'static str,
    max_records: usize,
    timeout: &'static str,
    fetch_wait: Duration,
    fetch_min_bytes: u32,
}

const PROMISES: [Promise; 4] = [
    Promise {
        name: "default",
        max_records: 200,
        timeout: "1s",
        fetch_wait: Duration::from_millis(500),
        fetch_min_bytes: 1,
    },
    Promise {
        name: "balanced",
        max_records: 500,
        timeout: "3s",
        fetch_wait: Duration::from_millis(500),
        fetch_min_bytes: 1_024,
    },
    Promise {
        name: "high-throughput",
        max_records: 1_000,
        timeout: "5s",
        fetch_wait: Duration::from_secs(1),
        fetch_min_bytes: 10_240,
    },
    Promise {
        name: "realtime",
        max_records: 100,
        timeout: "1s",
        fetch_wait: Duration::from_millis(100),
        fetch_min_bytes: 1,
    },
];

#[tokio::test]
async fn each_profile_sets_what_it_says_for_the_fetcher() {
    for promise in &PROMISES {
        let name = promise.name;
        let needed = ["--topic", "t", "--bootstrap", "k:9092", "--group", "g"];
        let args = [&needed[..], &["--profile", name, "--dump-config"]].concat();
        let dumped = run(FETCHER, &args, SOON).await.unwrap();
        assert!(dumped.status.success(), "{}", dumped.stderr);
        let settings = [
            format!("fetch.wait.max.ms = {}", promise.fetch_wait.as_millis()),
            format!("fetch.min.bytes = {}", promise.fetch_min_bytes),
        ];
        for setting in settings {
            let lines = dumped.stdout.lines().map(|line| line.replace('"', ""));
            let line = lines.clone().find(|line| line.starts_with(&setting));
            let line = line.unwrap_or_else(|| panic!("{name}: no {setting} in\n{}", dumped.stdout));
            assert!(
                line.contains(&format!("profile {name}")),
                "where it comes from: {line}"
            );
        }
    }
}

#[tokio::test]
async fn each_profile_sets_what_it_says_for_the_gather() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("profile", 1).start().await.unwrap();
    stage.produce(0, 0, 1_100).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    until_buffered(&client, stage.topic(0), 1_100).await;
    let rollcall = Rollcall::of(stage.roll.address());
    for promise in &PROMISES {
        let args = ["gather", "--profile", promise.name, "-o", "json"];
        let gathered = rollcall.json(&args).await.unwrap();
        assert_eq!(gathered["timeout"], promise.timeout, "{}", promise.name);
        let records = gathered["records"].as_array().unwrap().len();
        assert_eq!(records, promise.max_records, "{}", promise.name);
    }
    // What is set explicitly beats it.
    let args = [
        "gather",
        "--profile",
        "balanced",
        "--max-records",
        "7",
        "-o",
        "json",
    ];
    let gathered = rollcall.json(&args).await.unwrap();
    assert_eq!(gathered["recordCount"], 7);
    assert_eq!(gathered["timeout"], "3s");
}

/// What a lone record takes under this profile, sorted.
async fn delays(kafka: &Kafka, name: &str) -> Vec<Duration> {
    let plan = Plan::on(kafka)
        .topic(name, 1)
        .fetcher_flags(&["--profile", name]);
    let stage = plan.start().await.unwrap();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, stage.topic(0)).await;
    let mut delays = Vec::new();
    for _ in 0..6 {
        delays.push(delay_of_a_lone_record(&client, &stage.producer, stage.topic(0)).await);
    }
    delays.sort();
    println!("profile {name}: a lone record takes {delays:?}");
    delays
}

#[tokio::test]
async fn a_lone_record_waits_under_those_profiles_that_say_so_and_no_others() {
    let kafka = Kafka::shared().await;
    for promise in &PROMISES {
        let (name, wait) = (promise.name, promise.fetch_wait);
        let delays = delays(kafka, name).await;
        let (median, longest) = (delays[delays.len() / 2], delays[delays.len() - 1]);
        if promise.fetch_min_bytes > 1 {
            assert!(
                longest > wait.mul_f64(0.4),
                "{name}: nothing was held: {delays:?}"
            );
            assert!(
                median < wait + Duration::from_millis(600),
                "{name}: {delays:?}"
            );
        } else {
            assert!(median < Duration::from_millis(200), "{name}: {delays:?}");
        }
    }
}
