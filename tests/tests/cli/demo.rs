//! `rollcall demo` where stdout is no terminal.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_tests::eventually;
use rollcall_tests::process::Service;

/// The case's roll, and the verdicts that its silent topics may have while the demo is young.
const TOPICS: [&str; 6] = [
    "SCHEDULE-STATION-PARAM",
    "SCHEDULE-CAR-ORDER",
    "SCHEDULE-CAR-PRICE",
    "SCHEDULE-DEVICE-HOST-DCDC",
    "SCHEDULE-DEVICE-STORAGE",
    "MODULE-OUTPUT-PV_PREDICTION",
];

/// From the start to the first whole picture, as promised.
const PICTURE: Duration = Duration::from_secs(10);

/// From Ctrl-C to the end, as promised.
const END: Duration = Duration::from_secs(2);

async fn start(more: &[&str]) -> Service {
    let ports = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let args = [&["demo"][..], more, &ports].concat();
    Service::start("rollcall", &args).await.unwrap()
}

/// Waits for the stats line, a row with a verdict for each topic, and what to type in a second terminal.
async fn until_the_picture_is_whole(demo: &Service) {
    let whole = eventually("a whole picture", PICTURE, async || {
        let printed = demo.stdout()?;
        let stats = printed.lines().any(|line| {
            line.starts_with("DEMO") && line.contains("gather [") && line.contains("total: ")
        });
        ensure!(stats, "no stats line:\n{printed}");
        for topic in TOPICS {
            let has_row = |line: &str| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let severity = ["FAULT", "warn", "note", "ok", "unknown"];
                words.len() > 3 && severity.contains(&words[0]) && words[1] == topic
            };
            ensure!(
                printed.lines().any(has_row),
                "no row for {topic}:\n{printed}"
            );
        }
        for hint in [
            "rollcall status",
            "rollcall explain SCHEDULE-CAR-ORDER",
            "grpcurl ",
        ] {
            ensure!(printed.contains(hint), "no {hint:?}:\n{printed}");
        }
        Ok(())
    });
    whole.await.unwrap();
}

#[tokio::test]
async fn the_demo_shows_six_verdicts_within_ten_seconds_and_ends_by_itself() {
    let mut demo = start(&["--for", "20s"]).await;
    // Not before: without `make test`, the first start builds the binaries.
    let begun = Instant::now();
    until_the_picture_is_whole(&demo).await;
    println!("the demo's picture is whole after {:?}", begun.elapsed());
    let ended = demo.end(Duration::from_secs(40)).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(ended.code(), Some(0), "{}", demo.stderr().unwrap());
    assert!(
        (Duration::from_secs(19)..Duration::from_secs(25)).contains(&took),
        "{took:?}"
    );

    let printed = demo.stdout().unwrap();
    assert!(!printed.contains('\u{1b}'), "no terminal, no escapes");
    let gathers = printed
        .lines()
        .filter(|line| line.starts_with("DEMO gather ["));
    let gathers: Vec<&str> = gathers.collect();
    assert!(
        gathers.len() >= 8,
        "a client gathers every second:\n{printed}"
    );
    let count = |beginning: &str| {
        printed
            .lines()
            .filter(|line| line.starts_with(beginning))
            .count()
    };
    let (pictures, titles) = (count("gather ["), count("DEMO (embedded broker"));
    assert!(
        titles > pictures,
        "DEMO stands on every picture:\n{printed}"
    );
    let last = gathers.last().unwrap();
    assert!(last.contains("SCHEDULE-CAR-ORDER:"), "{last}");
    let slower = gathers
        .iter()
        .any(|line| line.contains("SCHEDULE-CAR-ORDER:0 PRODUCER_SLOWER_THAN_TIMEOUT"));
    assert!(slower, "the case's slow topic is explained:\n{printed}");
    for (topic, expected) in [
        ("SCHEDULE-STATION-PARAM", 10.0),
        ("SCHEDULE-CAR-PRICE", 15.0),
        ("SCHEDULE-DEVICE-STORAGE", 8.0),
    ] {
        let count = |line: &&str| {
            let after = line.split(&format!("{topic}:")).nth(1)?;
            let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<f64>().ok()
        };
        // The first ones find what was written before they began.
        let counts: Vec<f64> = gathers.iter().skip(3).filter_map(count).collect();
        let mean = counts.iter().sum::<f64>() / counts.len() as f64;
        assert!(
            (mean - expected).abs() <= expected * 0.4,
            "{topic}: {mean} a gather, about {expected} are promised: {counts:?}"
        );
    }
}

#[tokio::test]
async fn ctrl_c_ends_the_demo_within_two_seconds_with_0() {
    let mut demo = start(&[]).await;
    until_the_picture_is_whole(&demo).await;
    demo.interrupt().unwrap();
    let asked = Instant::now();
    let ended = demo.end(Duration::from_secs(20)).await.unwrap();
    let took = asked.elapsed();
    println!("the demo ends {took:?} after Ctrl-C");
    assert_eq!(ended.code(), Some(0));
    assert!(took < END, "{took:?}");
}
