//! `gather`: records on stdout, the stats line on stderr, and what is settled when.

use std::process::Stdio;

use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::gather_response::Event;
use rollcall_proto::v1::{
    Delivery, GatherBatch, GatherResponse, GatherSummary, Record, RecordBatch, Severity, Slot,
    Verdict, VerdictCode,
};

use super::aggregator::{Aggregator, Script, roll, topic};
use super::process::{rollcall, run};

/// A gather of two topics: `records` records of A in two batches, none of B.
fn script(records: i64) -> Script {
    let value = vec![b'x'; 1000];
    let batch = |first: i64, next: i64| {
        let record = |offset| Record {
            offset,
            value: Some(value.clone().into()),
            ..Record::default()
        };
        let plain = RecordBatch {
            partition: 1,
            first_offset: first,
            next_offset: next,
            records: (first..next).map(record).collect(),
        };
        let batch = GatherBatch {
            topic: "A".to_owned(),
            topic_id: "id".to_owned(),
            lease_id: 7,
            records: Some(Records::Plain(plain)),
            ..GatherBatch::default()
        };
        GatherResponse {
            event: Some(Event::Batch(batch)),
        }
    };
    let slot = |topic: &str, count, code: VerdictCode| Slot {
        topic: topic.to_owned(),
        record_count: count,
        verdict: Some(Verdict {
            code: code.into(),
            severity: Severity::Ok.into(),
            confirmed: true,
            ..Verdict::default()
        }),
        ..Slot::default()
    };
    let count = u32::try_from(records).unwrap();
    let slots = vec![
        slot("A", count, VerdictCode::Flowing),
        slot("B", 0, VerdictCode::CaughtUp),
    ];
    let summary = GatherSummary {
        slots,
        record_count: count,
        ..GatherSummary::default()
    };
    let half = records / 2;
    let end = GatherResponse {
        event: Some(Event::Summary(summary)),
    };
    let topics = vec![
        topic("A", VerdictCode::Flowing, Severity::Ok),
        topic("B", VerdictCode::CaughtUp, Severity::Ok),
    ];
    Script {
        gather: vec![batch(0, half), batch(half, records), end],
        ..roll(topics)
    }
}

#[tokio::test]
async fn a_peek_prints_records_and_settles_nothing() {
    let aggregator = Aggregator::start(script(4)).await;
    let ended = run(&format!("gather --server {}", aggregator.address)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 4);
    assert!(
        ended
            .stdout
            .starts_with(r#"{"topic":"A","partition":1,"offset":0,"#),
        "{ended:?}"
    );
    assert_eq!(
        ended.stderr,
        "gather [A:4, B:0 CAUGHT_UP] total: 4 records\n"
    );
    assert_eq!(
        aggregator.gathers.lock().unwrap()[0].delivery(),
        Delivery::Peek
    );
    assert!(aggregator.settled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn with_ack_what_was_printed_is_settled() {
    let aggregator = Aggregator::start(script(4)).await;
    let ended = run(&format!("gather --ack --server {}", aggregator.address)).await;
    assert_eq!(
        (ended.code, ended.stdout.lines().count()),
        (Some(0), 4),
        "{ended:?}"
    );
    assert_eq!(
        aggregator.gathers.lock().unwrap()[0].delivery(),
        Delivery::Lease
    );
    let settled = aggregator.settled.lock().unwrap();
    let ranges: Vec<_> = settled
        .iter()
        .map(|range| (range.partition, range.first_offset, range.next_offset))
        .collect();
    assert_eq!(ranges, [(1, 0, 4)]);
    assert_eq!(
        (settled[0].topic_id.as_str(), settled[0].lease_id),
        ("id", 7)
    );
}

#[tokio::test]
async fn a_reader_that_leaves_early_settles_nothing_and_is_no_noise() {
    // More than a pipe holds, so that writing meets the closed end.
    let aggregator = Aggregator::start(script(2000)).await;
    let arguments = format!("gather --ack --server {}", aggregator.address);
    let ended = tokio::task::spawn_blocking(move || {
        let mut child = rollcall(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        child.wait_with_output().unwrap()
    });
    let ended = ended.await.unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(ended.status.code(), Some(2));
    assert!(aggregator.settled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn json_is_one_document_with_every_slot_and_the_records() {
    let aggregator = Aggregator::start(script(4)).await;
    let ended = run(&format!("gather -o json --server {}", aggregator.address)).await;
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["slots"][1]["topic"], "B");
    assert_eq!(document["slots"][1]["recordCount"], 0);
    assert_eq!(
        document["slots"][1]["verdict"]["code"],
        "VERDICT_CODE_CAUGHT_UP"
    );
    assert_eq!(document["records"].as_array().unwrap().len(), 4);
    assert_eq!(document["records"][3]["offset"], 3);
}

#[tokio::test]
async fn the_table_has_a_slot_for_every_topic_and_no_records() {
    let aggregator = Aggregator::start(script(4)).await;
    let ended = run(&format!("gather -o table --server {}", aggregator.address)).await;
    assert!(
        ended.stdout.contains("ok  A      FLOWING      4"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("ok  B      CAUGHT_UP    0"),
        "{ended:?}"
    );
    assert!(!ended.stdout.contains("offset"), "{ended:?}");
}

#[tokio::test]
async fn an_answer_without_a_summary_is_a_failure() {
    let mut cut = script(4);
    cut.gather.pop();
    let aggregator = Aggregator::start(cut).await;
    let ended = run(&format!("gather --ack --server {}", aggregator.address)).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("without a summary"), "{ended:?}");
    assert!(aggregator.settled.lock().unwrap().is_empty());
}
