//! What `rollcall gather` prints.

use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Record, Rollcall};
use serde_json::{Value, json};

use crate::desk::{Desk, SOON, WAITING};

/// A stage with one topic that has these records, all of them in the aggregator.
async fn holding(records: Vec<Record>) -> Stage<'static> {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("printed", 1).start().await.unwrap();
    let count = u32::try_from(records.len()).unwrap();
    let to_one = records.into_iter().map(|record| record.to_partition(0));
    stage
        .producer
        .send_all(stage.topic(0), to_one.collect())
        .await
        .unwrap();
    let client = stage.roll.client("look").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(count)
        .close(Close::Full);
    let peek = request.delivery(rollcall_proto::v1::Delivery::Peek);
    assert_eq!(
        client.gather(peek).await.unwrap().record_count(),
        usize::try_from(count).unwrap()
    );
    stage
}

fn lines(printed: &str) -> Vec<Value> {
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn ndjson_has_text_where_it_is_utf8_else_base64_and_says_which() {
    let stage = holding(vec![
        Record::default()
            .with_key("schlüssel")
            .with_value("{\"price\": 0.3}")
            .at(1_700_000_000_000),
        Record::default()
            .with_key(vec![0xff, 0x00])
            .with_value(vec![0xfe; 3]),
        Record::default().with_key("gone").with_null_value(),
        Record::default()
            .with_value("")
            .with_header("again", Some(b"1"))
            .with_header("again", Some(&[0x80]))
            .with_header("again", None),
    ])
    .await;
    let rollcall = Rollcall::of(stage.roll.address());
    let gathered = rollcall.ends_with(0, &["gather"]).await.unwrap();
    let printed = lines(&gathered.stdout);
    let field = |at: usize, name: &str| printed[at][name].clone();
    assert_eq!(printed.len(), 4);
    assert_eq!(
        printed[0],
        json!({
            "topic": stage.topic(0), "partition": 0, "offset": 0, "timestamp": 1_700_000_000_000_i64,
            "key": "schlüssel", "keyEncoding": "utf8", "value": "{\"price\": 0.3}", "valueEncoding": "utf8",
            "headers": [], "redelivered": 0,
        })
    );
    assert_eq!(
        (field(1, "key"), field(1, "keyEncoding")),
        (json!("/wA="), json!("base64"))
    );
    assert_eq!(
        (field(1, "value"), field(1, "valueEncoding")),
        (json!("/v7+"), json!("base64"))
    );
    assert_eq!(
        (field(2, "value"), field(2, "valueEncoding")),
        (Value::Null, Value::Null),
        "a tombstone"
    );
    assert_eq!(
        (field(3, "key"), field(3, "value")),
        (Value::Null, json!("")),
        "no key, and an empty value"
    );
    assert_eq!(
        field(3, "headers"),
        json!([
            {"name": "again", "value": "1", "encoding": "utf8"},
            {"name": "again", "value": "gA==", "encoding": "base64"},
            {"name": "again", "value": null, "encoding": null},
        ])
    );
    let line = format!("gather [{}:4] total: 4 records\n", stage.topic(0));
    assert_eq!(
        gathered.stderr, line,
        "stdout is data, the stats line is not"
    );
}

#[tokio::test]
async fn json_is_one_document_with_a_slot_for_every_topic_and_table_is_for_people() {
    let desk = Desk::shared().await;
    let gathered = desk.rollcall.json(&["gather", "-o", "json"]).await.unwrap();
    let slots = gathered["slots"].as_array().unwrap();
    let named: Vec<&str> = slots
        .iter()
        .map(|slot| slot["topic"].as_str().unwrap())
        .collect();
    assert_eq!(
        named,
        [&desk.full, &desk.read, &desk.empty, &desk.unfed],
        "in the order of the roll"
    );
    assert_eq!(slots[0]["recordCount"], WAITING);
    assert_eq!(slots[2]["recordCount"], 0, "a zero is said");
    assert_eq!(slots[2]["verdict"]["code"], "VERDICT_CODE_TOPIC_EMPTY");
    assert_eq!(slots[3]["verdict"]["severity"], "SEVERITY_FAULT");
    assert_eq!(gathered["delivery"], "DELIVERY_PEEK");
    assert_eq!(
        gathered["records"].as_array().unwrap().len() as u64,
        WAITING
    );

    let table = desk
        .rollcall
        .ends_with(1, &["gather", "-o", "table"])
        .await
        .unwrap();
    for part in [
        "TOPIC",
        "VERDICT",
        "GOT",
        &desk.full,
        &desk.unfed,
        "FETCHER_UNREACHABLE",
    ] {
        assert!(
            table.stdout.contains(part),
            "{part:?} is not in\n{}",
            table.stdout
        );
    }
    assert!(
        !table.stdout.contains("\"offset\""),
        "no records in a table"
    );
}

#[tokio::test]
async fn some_topics_can_be_asked_and_one_that_is_not_on_the_roll_is_a_usage_error() {
    let desk = Desk::shared().await;
    let gathered = desk
        .rollcall
        .json(&["gather", "-t", &desk.full, "-o", "json"])
        .await
        .unwrap();
    assert_eq!(gathered["slots"].as_array().unwrap().len(), 1);
    let slip = desk.full.replace("FULL", "FUL");
    let refused = desk
        .rollcall
        .ends_with(64, &["gather", "-t", &slip])
        .await
        .unwrap();
    let hint = format!("did you mean {}?", desk.full);
    assert!(refused.stderr.contains(&hint), "{}", refused.stderr);
    assert_eq!(refused.stdout, "");
}
