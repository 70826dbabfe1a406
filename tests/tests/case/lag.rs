//! Step 4 of their guide: `rollcall lag` beside the tools that it stands in for.

use std::collections::BTreeMap;

use anyhow::ensure;
use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::kafka::{CONSUMER_GROUPS, GET_OFFSETS};
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Rollcall, eventually};

use crate::look::SOON;

/// What `kafka-consumer-groups --describe` shows, in its order.
const COLUMNS: [&str; 9] = [
    "GROUP",
    "TOPIC",
    "PARTITION",
    "CURRENT-OFFSET",
    "LOG-END-OFFSET",
    "LAG",
    "CONSUMER-ID",
    "HOST",
    "CLIENT-ID",
];

/// Where the host stands among them.
const HOST: usize = 7;

/// The rows of a table with these columns and perhaps more, by topic and partition.
fn rows(table: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut lines = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let head = lines
        .find(|words| words.first() == Some(&"GROUP"))
        .unwrap_or_else(|| panic!("no head in {table}"));
    assert_eq!(
        head[..COLUMNS.len()],
        COLUMNS,
        "the columns of Kafka's tool, in its order"
    );
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let row = |words: Vec<&str>| ((words[1].to_owned(), words[2].to_owned()), owned(words));
    lines
        .filter(|words| words.len() >= COLUMNS.len())
        .map(row)
        .collect()
}

/// Two topics: one with a part acked, a part leased and a part unread, one without any record.
async fn stage(kafka: &Kafka) -> Stage<'_> {
    let mut stage = Plan::on(kafka)
        .topic("lagging", 2)
        .topic("unwritten", 1)
        .start()
        .await
        .unwrap();
    stage.produce(0, 0, 30).await.unwrap();
    stage.produce(0, 1, 7).await.unwrap();
    let client = stage.witness("client").unwrap();
    let request = || {
        Request::of([stage.topic(0)])
            .timeout(SOON)
            .close(Close::Full)
    };
    let taken = client.gather(request().max_records(10)).await.unwrap();
    client.ack(&taken).await.unwrap();
    client.gather(request().max_records(5)).await.unwrap();
    let acked = |partition: i32| {
        let ours = taken
            .batches
            .iter()
            .filter(move |batch| batch.partition == partition);
        ours.map(|batch| batch.range.next().get()).max()
    };
    for partition in 0..2 {
        if let Some(offset) = acked(partition) {
            stage.until_committed(0, partition, offset).await.unwrap();
        }
    }
    stage
}

#[tokio::test]
async fn lag_agrees_with_kafkas_own_tools_column_by_column() {
    let kafka = Kafka::shared().await;
    let stage = stage(kafka).await;
    let rollcall = Rollcall::of(stage.roll.address());
    let theirs = kafka
        .tool(CONSUMER_GROUPS, &["--describe", "--group", stage.group()])
        .await
        .unwrap();
    let mut theirs = rows(&theirs);
    assert_eq!(theirs.len(), 3, "{theirs:?}");
    // The broker knows the address that a member comes from; a fetcher knows its machine's name, and says that.
    let address = theirs
        .values_mut()
        .map(|row| std::mem::take(&mut row[HOST]));
    assert!(address.eq(vec!["/127.0.0.1"; 3]));
    eventually("both say the same", SOON, async || {
        let ours = rollcall.ends_with(0, &["lag"]).await?.stdout;
        let mut ours = rows(&ours);
        for row in ours.values_mut() {
            let host = std::mem::take(&mut row[HOST]);
            ensure!(host != "-", "no host: {row:?}");
        }
        ensure!(
            ours == theirs,
            "rollcall lag: {ours:#?}\nkafka-consumer-groups: {theirs:#?}"
        );
        Ok(())
    })
    .await
    .unwrap();

    let ends = kafka
        .tool(GET_OFFSETS, &["--topic", stage.topic(0), "--time", "-1"])
        .await
        .unwrap();
    for line in ends.lines() {
        let words: Vec<&str> = line.split(':').collect();
        let row = &theirs[&(words[0].to_owned(), words[1].to_owned())];
        assert_eq!(row[4], words[2], "LOG-END-OFFSET in {line}");
    }
}

#[tokio::test]
async fn wide_lag_adds_what_the_tools_cannot_see() {
    let kafka = Kafka::shared().await;
    let stage = stage(kafka).await;
    let rollcall = Rollcall::of(stage.roll.address());
    eventually("everything is known", SOON, async || {
        let wide = rollcall
            .ends_with(0, &["lag", "-o", "wide", "-t", stage.topic(0)])
            .await?
            .stdout;
        let rows = rows(&wide);
        ensure!(rows.len() == 2, "{wide}");
        let more: Vec<&str> = wide
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(COLUMNS.len())
            .collect();
        ensure!(
            more == [
                "LOG-START-OFFSET",
                "LAST-STABLE-OFFSET",
                "READABLE",
                "POSITION",
                "UNACKED"
            ],
            "{more:?}"
        );
        let number = |row: &[String], column: usize| row[column].parse::<i64>().unwrap_or(-1);
        let (mut lag, mut unacked) = (0, 0);
        for row in rows.values() {
            let (end, position) = (number(row, 4), number(row, 12));
            ensure!(number(row, 9) == 0 && number(row, 10) == end, "{wide}");
            ensure!(
                position == end && number(row, 11) == 0,
                "all of it is fetched: {wide}"
            );
            unacked += number(row, 13);
            lag += number(row, 5).max(0);
        }
        ensure!(unacked == 5, "5 are out: {wide}");
        // A partition without a commit has no lag to show, as with Kafka's tool.
        ensure!(lag <= 27, "10 of 37 are acked: {wide}");
        Ok(())
    })
    .await
    .unwrap();
}
