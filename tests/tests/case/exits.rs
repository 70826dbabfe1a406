//! Step 3 of their guide: what is normal and what is not, as severities and exit codes.

use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::{Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Rollcall, eventually};

use crate::look::{read_all, severity_of, until_buffered, until_status};

/// The places of the topics in the stage below, the verdict of each, and what each `--fail-on` makes of it.
const EXPECTED: [(VerdictCode, Severity, [i32; 4]); 4] = [
    (VerdictCode::CaughtUp, Severity::Ok, [0, 0, 0, 0]),
    (VerdictCode::TopicEmpty, Severity::Note, [0, 0, 1, 0]),
    (VerdictCode::WaitingForAck, Severity::Warn, [0, 1, 1, 0]),
    (
        VerdictCode::FetcherUnreachable,
        Severity::Fault,
        [1, 1, 1, 0],
    ),
];

/// In the order of the exit codes above.
const FAIL_ON: [&str; 4] = ["fault", "warn", "note", "never"];

#[tokio::test]
async fn each_severity_fails_a_script_that_asks_for_it_or_for_less() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("read", 1)
        .topic("empty", 1)
        .topic("leased", 1);
    let mut stage = plan.unfed_topic("unfed").start().await.unwrap();
    let topics = [0, 1, 2, 3].map(|place| stage.topic(place).to_owned());
    let client = stage.roll.client("client").unwrap();
    stage.produce(0, 0, 1).await.unwrap();
    read_all(&client, &topics[0]).await;
    stage.produce(2, 0, 1).await.unwrap();
    until_buffered(&client, &topics[2], 1).await;
    let lease = Request::of([topics[2].as_str()]).lease(Duration::from_secs(600));
    assert_eq!(client.gather(lease).await.unwrap().record_count(), 1);
    // A gather that got records makes its topic flow for a while; the next one finds none.
    client
        .gather(Request::of([topics[2].as_str()]).timeout(Duration::from_millis(1)))
        .await
        .unwrap();

    let rollcall = Rollcall::of(stage.roll.address());
    for (topic, (code, severity, exits)) in topics.iter().zip(EXPECTED) {
        until_status(&client, topic, code).await;
        // Some verdicts grow more severe with time.
        eventually("the severity", Duration::from_secs(10), async || {
            let verdict = client.topic(topic).await?.verdict;
            ensure!(severity_of(&verdict) == severity, "{verdict:?}");
            Ok(())
        })
        .await
        .unwrap();
        for (fail_on, exit) in FAIL_ON.into_iter().zip(exits) {
            let args = ["status", "-t", topic, "--fail-on", fail_on];
            rollcall.ends_with(exit, &args).await.unwrap();
        }
        rollcall
            .ends_with(exits[0], &["explain", topic])
            .await
            .unwrap();
    }
    // The worst of the roll decides.
    let status = rollcall.ends_with(1, &["status"]).await.unwrap().stdout;
    let rows: Vec<&str> = status
        .lines()
        .filter(|line| topics.iter().any(|topic| line.contains(topic)))
        .collect();
    let expected = ["FAULT", "warn", "note", "ok"];
    for (row, word) in rows.iter().zip(expected) {
        assert!(row.starts_with(word), "the worst is not first:\n{status}");
    }
    assert!(
        status.contains("1 fault, 1 warning, 1 note, 1 ok"),
        "{status}"
    );
    assert!(
        status.contains(&format!("rollcall explain {}", topics[3])),
        "what to type next:\n{status}"
    );
}
