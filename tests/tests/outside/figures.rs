//! How soon there is something to show.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_fetcher::outside::{Groups, Options};
use rollcall_proto::v1::GetStatusResponse;
use rollcall_tests::Kafka;
use rollcall_tests::kafka::{Version, unique};

use crate::look::{Look, options};

/// Whether every partition of so many topics is measured, and the group's commit of it known.
fn complete(status: &GetStatusResponse, topics: usize, partitions: usize) -> anyhow::Result<()> {
    ensure!(
        status.topics.len() == topics,
        "{} topics",
        status.topics.len()
    );
    for topic in &status.topics {
        let known = topic.partitions.iter();
        let known = known.filter(|part| part.high_watermark.is_some() && part.committed.is_some());
        let known = known.count();
        ensure!(known == partitions, "{known} partitions of {}", topic.topic);
    }
    Ok(())
}

/// Topics of so many partitions, all committed at 0 by each of the groups.
async fn provide(kafka: &Kafka, topics: usize, partitions: i32, groups: usize) -> Vec<String> {
    let names: Vec<_> = (0..topics).map(|_| unique("topic")).collect();
    for name in &names {
        kafka.create_topic(name, partitions, &[]).await.unwrap();
    }
    let groups: Vec<_> = (0..groups)
        .map(|number| format!("{}-{number:03}", unique("g")))
        .collect();
    for group in &groups {
        let of_topic = |name| (0..partitions).map(move |partition| (name, partition, 0));
        let offsets: Vec<_> = names
            .iter()
            .map(String::as_str)
            .flat_map(of_topic)
            .collect();
        kafka.alter_group_offsets(group, &offsets).await.unwrap();
    }
    groups
}

/// How long until the first complete table of all groups.
async fn first_table(
    options: Options,
    groups: &[String],
    topics: usize,
    partitions: i32,
) -> Duration {
    let begun = Instant::now();
    let mut look = Look::with(options);
    let partitions = usize::try_from(partitions).unwrap();
    loop {
        look.settle(Duration::from_millis(100)).await;
        let whole = |group: &String| {
            let known = look.outside.groups().any(|known| known == group);
            known && complete(&look.status(group), topics, partitions).is_ok()
        };
        if groups.iter().all(whole) {
            return begun.elapsed();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "no table after a minute"
        );
    }
}

/// Printed for the report; the limits are those of a release build on a quiet machine, thrice.
#[tokio::test]
async fn the_first_table_is_there_in_seconds() {
    let kafka = Kafka::start(Version::V4_3).await.unwrap();
    let few = provide(&kafka, 6, 12, 1).await;
    let wide = provide(&kafka, 1, 1_000, 1).await;
    // Last: until all of its commits are made, the broker has made the logs of the others.
    let many = provide(&kafka, 6, 100, 100).await;
    let took = first_table(options(kafka.bootstrap(), &[&few[0]]), &few, 6, 12).await;
    println!("6 topics of 12 partitions: {took:?}");
    assert!(took < Duration::from_secs(9), "{took:?}");

    let took = first_table(options(kafka.bootstrap(), &[&wide[0]]), &wide, 1, 1_000).await;
    println!("a topic of 1000 partitions: {took:?}");
    assert!(took < Duration::from_secs(9), "{took:?}");

    let chosen = many.clone();
    let all = Options {
        groups: Groups::Chosen(std::sync::Arc::new(move |name| {
            chosen.iter().any(|chosen| chosen == name)
        })),
        ..options(kafka.bootstrap(), &[])
    };
    let took = first_table(all, &many, 6, 100).await;
    println!("100 groups of 600 partitions: {took:?}");
    assert!(took < Duration::from_secs(30), "{took:?}");
}
