//! How long it takes where there is much to look at.

use std::time::Duration;

use rollcall_tests::Version;
use rollcall_tests::doctor::Groups;
use rollcall_tests::kafka::Kafka;

/// The first table of a small group.
const FIRST: Duration = Duration::from_secs(3);
/// A hundred groups on six hundred partitions each; a debug build judges some ten times slower.
const MANY: Duration = match cfg!(debug_assertions) {
    true => Duration::from_secs(60),
    false => Duration::from_secs(10),
};

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
async fn a_hundred_groups_on_six_hundred_partitions_take_ten_seconds_at_most() {
    let kafka = Kafka::start(Version::V4_3).await.unwrap();
    let groups = Groups::make(&kafka, 100, 6, 100).await.unwrap();
    let (ended, took) = groups.all(&kafka).await.unwrap();
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
