//! What `rollcall gather` settles: with `--ack` what was printed, otherwise nothing.

use std::process::Stdio;

use rollcall_proto::v1::{Close, Delivery};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::process::binary;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Record, Rollcall};
use tokio::process::Command;
use tokio::time::timeout;

use crate::desk::SOON;

/// Records of a size that no pipe holds together.
const RECORDS: u32 = 100;

async fn stage() -> (Stage<'static>, Client) {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("taken", 1).start().await.unwrap();
    let record = |number: u32| {
        Record::default()
            .with_value(format!("{number} {}", "v".repeat(5_000)))
            .to_partition(0)
    };
    stage
        .producer
        .send_all(stage.topic(0), (0..RECORDS).map(record).collect())
        .await
        .unwrap();
    let client = stage.roll.client("look").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(RECORDS)
        .close(Close::Full);
    let all = client
        .gather(request.delivery(Delivery::Peek))
        .await
        .unwrap();
    assert_eq!(all.record_count(), RECORDS as usize);
    (stage, client)
}

#[tokio::test]
async fn a_peek_settles_nothing_and_an_ack_what_was_printed() {
    let (stage, client) = stage().await;
    let rollcall = Rollcall::of(stage.roll.address());
    for _ in 0..2 {
        let peeked = rollcall.ends_with(0, &["gather"]).await.unwrap();
        assert_eq!(peeked.stdout.lines().count(), RECORDS as usize);
    }
    let status = client.topic(stage.topic(0)).await.unwrap();
    assert_eq!(
        (status.backlog, status.unacked, status.record_count),
        (Some(RECORDS.into()), 0, 0)
    );

    let taken = rollcall
        .ends_with(0, &["gather", "--ack", "--max-records", "30"])
        .await
        .unwrap();
    assert_eq!(taken.stdout.lines().count(), 30);
    stage.until_committed(0, 0, 30).await.unwrap();
    let rest = rollcall
        .ends_with(0, &["gather", "--ack", "-o", "json"])
        .await
        .unwrap();
    let rest: serde_json::Value = serde_json::from_str(&rest.stdout).unwrap();
    assert_eq!(
        rest["records"][0]["offset"], 30,
        "what was taken does not come again"
    );
    stage.until_committed(0, 0, RECORDS.into()).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_closes_the_pipe_takes_nothing_and_the_records_come_again() {
    let (stage, client) = stage().await;
    let mut gather = Command::new(binary("rollcall").await.unwrap());
    gather.args([
        "gather",
        "--ack",
        "--server",
        &format!("http://{}", stage.roll.address()),
    ]);
    gather
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let mut child = gather.spawn().unwrap();
    drop(child.stdout.take());
    let ended = timeout(SOON, child.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        ended.status.code(),
        Some(2),
        "the records were asked for and not taken"
    );
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        "",
        "a closed pipe is no noise"
    );

    let request = Request::roll()
        .timeout(SOON)
        .max_records(RECORDS)
        .close(Close::Full);
    let again = client.gather(request).await.unwrap();
    assert_eq!(again.record_count(), RECORDS as usize);
    assert_eq!(again.batches[0].records[0].offset, 0);
    assert!(
        again.batches[0].redelivered <= 1,
        "{:?}",
        again.batches[0].redelivered
    );
    // Nothing was settled: the group is where it began.
    let committed = stage
        .kafka
        .committed(stage.group(), stage.topic(0), 0)
        .await
        .unwrap();
    assert_eq!(committed.unwrap_or(0), 0);
    client.settle(again.acks()).await.unwrap();
    stage.until_committed(0, 0, RECORDS.into()).await.unwrap();
}
