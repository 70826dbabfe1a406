//! Where reading begins, and what is lost or skipped by it: always named.

use rollcall_proto::v1::{AdviceCode, OffsetRange, Severity, StartedFrom, VerdictCode};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::evidence::{advice, fact, number, number_of};
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Rollcall};

use crate::look::{
    read_all, severity_of, until_at_the_end, until_buffered, until_slot, until_status, verdict_of,
};

/// A stage whose group has committed 10 of 100 records, and whose fetcher does not run.
async fn behind(kafka: &Kafka) -> (Stage<'_>, Client) {
    let mut stage = Plan::on(kafka).topic("cut", 1).start().await.unwrap();
    stage.produce(0, 0, 100).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    until_buffered(&client, stage.topic(0), 100).await;
    let taken = client
        .gather(Request::roll().max_records(10))
        .await
        .unwrap();
    client.settle(taken.acks()).await.unwrap();
    stage.until_committed(0, 0, 10).await.unwrap();
    stage.roll.fetchers[0].terminate().await.unwrap();
    (stage, client)
}

#[tokio::test]
async fn records_that_retention_took_before_they_were_acked_are_a_named_loss() {
    let kafka = Kafka::shared().await;
    let (mut stage, client) = behind(kafka).await;
    let topic = stage.topic(0).to_owned();
    kafka.delete_records(&topic, 0, 50).await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    assert_eq!(
        read_all(&client, &topic).await,
        50,
        "reading goes on behind the loss"
    );

    let slot = until_slot(&client, &topic, VerdictCode::OffsetOutOfRange).await;
    assert_eq!(severity_of(&slot.verdict), Severity::Fault);
    let verdict = verdict_of(&slot.verdict);
    let told = |name| number(fact(verdict, name).unwrap()).unwrap();
    assert_eq!(
        (told("lost_first_offset"), told("lost_next_offset")),
        (10, 50)
    );
    assert_eq!(told("lost_records_at_most"), 40);
    let accept = advice(verdict, AdviceCode::AcceptLoss).unwrap();
    assert_eq!(number(number_of(accept, "records").unwrap()).unwrap(), 40);

    let status = client.topic(&topic).await.unwrap();
    let partition = &status.partitions[0];
    assert_eq!(partition.started_from(), StartedFrom::BelowLogStart);
    let range = OffsetRange {
        first_offset: 10,
        next_offset: 50,
    };
    assert_eq!(partition.lost, [range]);
    let rollcall = Rollcall::of(stage.roll.address());
    let explained = rollcall
        .ends_with(1, &["explain", &topic])
        .await
        .unwrap()
        .stdout;
    for said in ["OFFSET_OUT_OF_RANGE", "offsets 10 to 49 (40)"] {
        assert!(explained.contains(said), "{said:?} is not in\n{explained}");
    }
}

#[tokio::test]
async fn retention_that_takes_only_what_was_acked_is_no_loss() {
    let kafka = Kafka::shared().await;
    let (mut stage, client) = behind(kafka).await;
    let topic = stage.topic(0).to_owned();
    kafka.delete_records(&topic, 0, 10).await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    assert_eq!(read_all(&client, &topic).await, 90);
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
}

#[tokio::test]
async fn a_start_at_the_end_says_what_it_skips_until_something_is_delivered() {
    let kafka = Kafka::shared().await;
    let topic = rollcall_tests::kafka::unique("skipped");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = rollcall_tests::Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..100).await.unwrap();
    let plan = Plan::on(kafka)
        .existing_topic(&topic, 1)
        .fetcher_flags(&["--start", "latest"]);
    let stage = plan.start().await.unwrap();
    let client = stage.roll.client("client").unwrap();

    let slot = until_slot(&client, &topic, VerdictCode::SkippedToEnd).await;
    assert_eq!(severity_of(&slot.verdict), Severity::Note);
    let skipped = fact(verdict_of(&slot.verdict), "records").unwrap();
    assert_eq!(number(skipped).unwrap(), 100);
    let status = until_status(&client, &topic, VerdictCode::SkippedToEnd).await;
    assert_eq!(
        status.partitions[0].started_from(),
        StartedFrom::PolicyLatest
    );
    // So that a fetcher that starts anew goes on here, and not at the end of that time.
    stage.until_committed(0, 0, 100).await.unwrap();

    producer.numbers(&topic, Some(0), 100..103).await.unwrap();
    until_buffered(&client, &topic, 3).await;
    assert_eq!(read_all(&client, &topic).await, 3);
    until_at_the_end(&client, &topic).await;
}
