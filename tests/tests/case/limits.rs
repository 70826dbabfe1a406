//! Cures: more records a call where there is a backlog, and one call that waits for the topics that must answer.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{AdviceCode, ClosedBy, Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{advice, number, number_of};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Record, Rollcall};
use serde_json::Value;

use crate::look::{severity_of, until_buffered, verdict_of};

#[tokio::test]
async fn max_records_that_cut_a_backlog_say_so_and_how_many_would_help() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("backlog", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 600).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    until_buffered(&client, &topic, 600).await;

    // 200, as the case's application has it.
    let capped = client.gather(Request::roll()).await.unwrap();
    let slot = capped.slot(&topic).unwrap();
    assert_eq!(slot.record_count, 200);
    assert_eq!(
        capped.verdict(&topic).unwrap(),
        VerdictCode::CappedByMaxRecords,
        "{slot:?}"
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Note);
    assert_eq!(slot.backlog, Some(400));
    let raise = advice(verdict_of(&slot.verdict), AdviceCode::RaiseMaxRecords).unwrap();
    let advised = number(number_of(raise, "max_records").unwrap()).unwrap();
    assert_eq!(advised, 600, "what one call could have had");
    client.settle(capped.acks()).await.unwrap();

    // 500, as their guide says.
    let enough = client
        .gather(Request::roll().max_records(500))
        .await
        .unwrap();
    assert_eq!(enough.record_count(), 400);
    assert_eq!(enough.verdict(&topic).unwrap(), VerdictCode::Flowing);
    client.settle(enough.acks()).await.unwrap();
}

#[tokio::test]
async fn required_topics_are_waited_for_in_one_call_and_nothing_of_the_others_is_lost() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("required", 1)
        .topic("other", 1)
        .start()
        .await
        .unwrap();
    let [required, other] = [0, 1].map(|place| stage.topic(place).to_owned());
    stage.produce(1, 0, 3).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    until_buffered(&client, &other, 3).await;

    let rollcall = Rollcall::of(stage.roll.address());
    let begun = Instant::now();
    let args = [
        "gather",
        "--require",
        &required,
        "--timeout",
        "2s",
        "--attempts",
        "5",
        "--ack",
        "-o",
        "json",
    ];
    let gather = rollcall.json(&args);
    let produce = async {
        // More than one attempt of the application's would have been over by now.
        stage
            .roll
            .client("wait")
            .unwrap()
            .gather(crate::look::peek(&required, Duration::from_millis(2_500)))
            .await
            .unwrap();
        stage
            .producer
            .send(&required, Record::numbered(7))
            .await
            .unwrap();
    };
    let (gathered, ()) = tokio::join!(gather, produce);
    let (gathered, took) = (gathered.unwrap(), begun.elapsed());
    assert_eq!(
        gathered["closedBy"],
        ClosedBy::Condition.as_str_name(),
        "{gathered}"
    );
    assert_eq!(gathered["timeout"], "10s", "five attempts in one call");
    assert!(
        took < Duration::from_secs(8),
        "it went on after the required topic had a record: {took:?}"
    );
    let count = |topic: &str| {
        let records = gathered["records"].as_array().unwrap();
        records
            .iter()
            .filter(|record| record["topic"] == *topic)
            .count()
    };
    assert_eq!((count(&required), count(&other)), (1, 3), "{gathered}");
    assert_eq!(slot(&gathered, &other)["recordCount"], 3);
    stage.until_committed(0, 0, 1).await.unwrap();
    stage.until_committed(1, 0, 3).await.unwrap();
}

fn slot<'a>(gathered: &'a Value, topic: &str) -> &'a Value {
    let slots = gathered["slots"].as_array().unwrap();
    slots.iter().find(|slot| slot["topic"] == *topic).unwrap()
}

#[tokio::test]
async fn a_required_topic_that_stays_silent_ends_the_call_at_its_timeout_with_a_verdict() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("absent", 1)
        .topic("present", 1)
        .start()
        .await
        .unwrap();
    let [absent, present] = [0, 1].map(|place| stage.topic(place).to_owned());
    stage.produce(1, 0, 2).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    until_buffered(&client, &present, 2).await;
    let request = Request::roll()
        .required([absent.as_str()])
        .timeout(Duration::from_millis(600));
    let gathered = client.gather(request).await.unwrap();
    assert_eq!(gathered.summary().unwrap().closed_by(), ClosedBy::Timeout);
    assert_eq!(
        gathered.records(&present).count(),
        2,
        "the others' records are there all the same"
    );
    assert_eq!(gathered.verdict(&absent).unwrap(), VerdictCode::TopicEmpty);
    assert_eq!(
        verdict_of(&gathered.slot(&absent).unwrap().verdict).severity(),
        Severity::Note
    );
}
