//! How long it takes where there is much to look at.

use std::time::Duration;

use rollcall_tests::Version;
use rollcall_tests::doctor::Groups;
use rollcall_tests::kafka::Kafka;

use crate::look::{answer, doctor};

/// The first table of a small group.
const FIRST: Duration = Duration::from_secs(3);
/// How many groups are looked at beside each other, on six hundred partitions each. A debug build judges some ten times
/// slower, so it looks at a quarter of them.
const MANY: usize = match cfg!(debug_assertions) {
    true => 25,
    false => 100,
};

/// The first table of all of them.
const OF_MANY: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(60),
    false => Duration::from_secs(10),
};

/// The first table of a topic with a thousand partitions.
const WIDE: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(9),
    false => Duration::from_secs(3),
};

/// The lag in each row that the wide screen has for a partition: its number, verdict, committed, end, lag, ...
fn lags(screen: &str) -> Vec<&str> {
    let rows = screen.lines().map(|line| line.split_whitespace().collect());
    let of_partition = rows.filter(|row: &Vec<&str>| {
        row.len() >= 8 && row[0].parse::<u32>().is_ok() && row[1] == "NO_MEMBER"
    });
    of_partition.map(|row| row[4]).collect()
}

#[tokio::test]
async fn the_first_table_of_six_topics_with_twelve_partitions_comes_within_three_seconds() {
    let kafka = Kafka::shared().await;
    let groups = Groups::make(kafka, 1, 6, 12).await.unwrap();
    let (mut watching, took) = groups.first_table(kafka).await.unwrap();
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
async fn many_groups_on_six_hundred_partitions_are_in_the_table_within_seconds() {
    let kafka = Kafka::start(Version::V4_3).await.unwrap();
    let groups = Groups::make(&kafka, MANY, 6, 100).await.unwrap();
    let (watching, first) = groups.first_table_of_all(&kafka, MANY).await.unwrap();
    drop(watching);
    assert!(first <= OF_MANY, "{first:?}");
    let (ended, whole) = groups.all(&kafka).await.unwrap();
    println!(
        "{MANY} groups with 600 partitions each: first table {first:?}, whole look {whole:?}\n{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains(&format!("{MANY} groups:")),
        "{}\n{}",
        ended.stdout,
        ended.stderr
    );
    // The first group is one that lags: that nobody reads is a fault, though most of its partitions have no lag.
    let row = |line: &&str| line.contains(&format!("{} ", groups.group(0)));
    let row = ended.stdout.lines().find(row).unwrap();
    assert!(
        row.starts_with("FAULT") && row.trim_end().ends_with(&format!(" {}", groups.lag())),
        "{row}"
    );
}

#[tokio::test]
async fn a_topic_of_a_thousand_partitions_is_answered_in_seconds_and_folded_to_the_worst() {
    let kafka = Kafka::start(Version::V4_3).await.unwrap();
    let groups = Groups::make(&kafka, 1, 1, 1_000).await.unwrap();
    let (watching, took) = groups.first_table(&kafka).await.unwrap();
    drop(watching);
    println!("first table of a topic with 1000 partitions: {took:?}");
    assert!(took <= WIDE, "{took:?}");

    let group = groups.group(0);
    let args = ["-b", kafka.bootstrap(), "-g", &group];
    let wide = [&args[..], &["-o", "wide"]].concat();
    let (wide, json) = tokio::join!(doctor(&wide), answer(&args));
    let (ended, took) = wide.unwrap();
    println!("the whole look took {took:?}\n{}", ended.stdout);
    let shown = lags(&ended.stdout);
    assert_eq!(shown, ["4"; 12], "the worst of them: {}", ended.stdout);
    let folded = "and 988 more partitions: 988 NO_MEMBER";
    assert!(ended.stdout.contains(folded), "{}", ended.stdout);

    let (json, _) = json.unwrap();
    let partitions = json["topics"][0]["partitions"].as_array().unwrap();
    assert_eq!(partitions.len(), 1_000);
    for (partition, number) in partitions.iter().zip(0..) {
        let lag = Groups::lag_of(number).to_string();
        assert_eq!(partition["lag"], lag, "{partition}");
    }
}
