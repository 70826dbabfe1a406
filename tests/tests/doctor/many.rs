//! How long it takes where there is much to look at.

use std::time::{Duration, Instant};

use rollcall_tests::Version;
use rollcall_tests::kafka::{Kafka, unique};
use rollcall_tests::process::{Service, run};

/// The first table of a small group.
const FIRST: Duration = Duration::from_secs(3);
/// A hundred groups on six hundred partitions each; a debug build judges some ten times slower.
const MANY: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(60),
    false => Duration::from_secs(10),
};

/// Topics with so many partitions, and groups that have committed all of them.
async fn groups(
    kafka: &Kafka,
    groups: usize,
    topics: usize,
    partitions: i32,
) -> (String, Vec<String>) {
    let prefix = unique("many");
    let topics: Vec<String> = (0..topics)
        .map(|number| format!("{prefix}-t{number}"))
        .collect();
    for topic in &topics {
        kafka.create_topic(topic, partitions, &[]).await.unwrap();
    }
    let each = topics
        .iter()
        .flat_map(|topic| (0..partitions).map(move |p| (topic.as_str(), p, 0)));
    let commits: Vec<(&str, i32, i64)> = each.collect();
    for number in 0..groups {
        kafka
            .alter_group_offsets(&format!("{prefix}-g{number}"), &commits)
            .await
            .unwrap();
    }
    (prefix, topics)
}

#[tokio::test]
async fn the_first_table_of_six_topics_with_twelve_partitions_comes_within_three_seconds() {
    let kafka = Kafka::shared().await;
    let (prefix, _) = groups(kafka, 1, 6, 12).await;
    let group = format!("{prefix}-g0");
    let begun = Instant::now();
    let args = [
        "doctor",
        "-b",
        kafka.bootstrap(),
        "-g",
        &group,
        "--for",
        "20s",
        "-w",
    ];
    let mut watching = Service::start("rollcall", &args).await.unwrap();
    let row = |line: &str| line.contains("-t5 ").then_some(());
    watching
        .line("a row", Duration::from_secs(20), row)
        .await
        .unwrap();
    let took = begun.elapsed();
    println!("first table of 6 topics with 12 partitions each: {took:?}");
    assert!(took <= FIRST, "{took:?}");
    watching.interrupt().unwrap();
    let ended = watching.end(Duration::from_secs(3)).await.unwrap();
    assert!(ended.code().is_some(), "Ctrl-C ends it by itself: {ended}");
    assert!(
        watching
            .stdout()
            .unwrap()
            .contains("6 topics, 72 partitions")
    );
}

#[tokio::test]
async fn a_hundred_groups_on_six_hundred_partitions_take_ten_seconds_at_most() {
    let kafka = Kafka::start(Version::V4_3).await.unwrap();
    let (prefix, _) = groups(&kafka, 100, 6, 100).await;
    let pattern = format!("{prefix}-.*");
    let begun = Instant::now();
    let args = [
        "doctor",
        "-b",
        kafka.bootstrap(),
        "--group-regex",
        &pattern,
        "--for",
        "30s",
    ];
    let ended = run("rollcall", &args, Duration::from_secs(90))
        .await
        .unwrap();
    let took = begun.elapsed();
    println!(
        "100 groups with 600 partitions each: {took:?}\n{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("100 groups:"),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    assert!(took <= MANY, "{took:?}");
}
