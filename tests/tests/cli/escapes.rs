//! Names and values that drive a terminal: passed on unchanged, printed safely.

use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Record, Rollcall, eventually};

use crate::desk::SOON;

/// Red, a window title, a cursor that goes home, C1's form of the escape, and text that runs backwards.
const NASTY: &str = "\u{1b}[31m \u{1b}]0;title\u{7} \u{1b}[H \u{9b}2J \u{202e}evil\r\n";

#[track_caller]
fn safe(what: &str, printed: &str) {
    let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{9b}';
    let found = printed.chars().find(|&c| bad(c));
    assert!(found.is_none(), "{what} prints {found:?}: {printed:?}");
}

#[tokio::test]
async fn what_a_record_or_a_client_says_never_reaches_the_terminal_raw() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("nasty", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let record = Record::default()
        .with_key(NASTY)
        .with_value(NASTY)
        .with_header(NASTY.trim_end(), Some(NASTY.as_bytes()));
    stage
        .producer
        .send(&topic, record.to_partition(0))
        .await
        .unwrap();
    let rollcall = Rollcall::of(stage.roll.address());
    eventually("the record is there", SOON, async || {
        let gathered = rollcall.run(&["gather"]).await?;
        anyhow::ensure!(!gathered.stdout.is_empty());
        Ok(())
    })
    .await
    .unwrap();

    let gathered = rollcall.ends_with(0, &["gather"]).await.unwrap().stdout;
    safe("gather", &gathered);
    let record: serde_json::Value = serde_json::from_str(&gathered).unwrap();
    assert_eq!(
        (record["key"].as_str(), record["value"].as_str()),
        (Some(NASTY), Some(NASTY)),
        "unchanged all the same"
    );
    assert_eq!(record["headers"][0]["name"], NASTY.trim_end());
    safe(
        "gather -o json",
        &rollcall
            .run(&["gather", "-o", "json"])
            .await
            .unwrap()
            .stdout,
    );

    // A client whose name is nasty holds the record: its name is on every screen.
    let client = stage.roll.client(NASTY).unwrap();
    let request = Request::roll().timeout(SOON).close(Close::Any);
    let held = client.gather(request.lease(SOON * 20)).await.unwrap();
    assert_eq!(held.record_count(), 1);
    client
        .gather(Request::roll().timeout(std::time::Duration::from_millis(1)))
        .await
        .unwrap();
    for command in [
        vec!["status"],
        vec!["status", "-o", "wide"],
        vec!["status", "-o", "json"],
        vec!["explain", &topic],
        vec!["explain", &topic, "-o", "json"],
        vec!["lag", "-o", "wide"],
    ] {
        let ended = rollcall.run(&command).await.unwrap();
        safe(&command.join(" "), &ended.stdout);
        safe(&command.join(" "), &ended.stderr);
    }
    let explained = rollcall.run(&["explain", &topic]).await.unwrap().stdout;
    assert!(
        explained.contains("\\u{1b}[31m"),
        "the name is told, escaped:\n{explained}"
    );
    let aggregator = stage.roll.aggregator.running().unwrap();
    safe("the aggregator's log", &aggregator.stderr().unwrap());
}
