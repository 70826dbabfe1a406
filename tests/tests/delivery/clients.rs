//! Clients that leave, settle oddly, or ask for the impossible.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::status::{explain, reason};
use rollcall_proto::v1::{Close, Outcome, SettleRange, SettleStatus};
use rollcall_tests::client::Request;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Record, eventually};
use tonic::Code;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_an_answer_gives_its_records_back() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("leaves", 1).start().await.unwrap();
    stage.produce(0, 0, 20).await.unwrap();
    let client = stage.witness("leaver").unwrap();
    let long = Request::roll()
        .timeout(Duration::from_secs(60))
        .lease(Duration::from_secs(600));
    let left = client
        .gather_in_part(long.close(Close::Full), 1)
        .await
        .unwrap();
    assert!(left.summary.is_none() && left.record_count() > 0);

    let other = stage.witness("other").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(20)
        .close(Close::Full);
    let again = other.gather(request).await.unwrap();
    assert_eq!(
        again.numbers(stage.topic(0)).unwrap(),
        (0..20).collect::<Vec<_>>()
    );
    assert_eq!(
        again.batches[0].redelivered, 1,
        "the leaver had the first ones"
    );
    assert_eq!(other.client.counter("gathers_abandoned").await.unwrap(), 1);
    other.ack(&again).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_lease_and_holds_up_nobody() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("unread", 1).topic("other", 1);
    let deadline = ["--set", "answer_deadline=1s"];
    let mut stage = plan.aggregator_flags(&deadline).start().await.unwrap();
    // More than the windows of a connection and a stream hold together.
    let big = vec![b'x'; 100_000];
    let record = |_| Record::default().with_value(big.clone()).to_partition(0);
    let records = stage
        .producer
        .send_all(stage.topic(0), (0..200).map(record).collect());
    let records = records.await.unwrap();
    stage.journal.produced(stage.topic(0), &records).unwrap();
    let deaf = stage.roll.client("deaf").unwrap();
    let request = Request::of([stage.topic(0)]).max_records(200);
    let unread = deaf
        .ask(request.timeout(Duration::from_secs(1)))
        .await
        .unwrap();

    let other = stage.witness("other").unwrap();
    for _ in 0..10 {
        stage.produce(1, 0, 1).await.unwrap();
        let request = Request::of([stage.topic(1)])
            .timeout(SOON)
            .close(Close::Any);
        let asked = Instant::now();
        let gathered = other.gather(request).await.unwrap();
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "after {:?}",
            asked.elapsed()
        );
        other.ack(&gathered).await.unwrap();
    }
    eventually("the deaf client is cut off", SOON, async || {
        let cut_off = other.client.counter("gathers_cut_off").await?;
        ensure!(cut_off == 1, "{cut_off} were");
        Ok(())
    })
    .await
    .unwrap();
    drop(unread);
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn one_call_a_round_settles_and_gathers() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("round", 2).start().await.unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 100).await.unwrap();
    }
    let client = stage.witness("round").unwrap();
    let mut acks = Vec::new();
    let mut count = 0;
    eventually("everything came", SOON, async || {
        let request = Request::roll()
            .timeout(Duration::from_millis(200))
            .max_records(30);
        let gathered = client
            .gather(request.settling(std::mem::take(&mut acks)))
            .await?;
        let settled = &gathered.summary()?.settled;
        ensure!(
            settled
                .iter()
                .all(|result| result.status() == SettleStatus::Acked)
        );
        count += gathered.record_count();
        acks = gathered.acks();
        ensure!(count == 200, "{count} records came");
        Ok(())
    })
    .await
    .unwrap();
    client.settle(acks).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_settled_is_refused_and_commits_nothing() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("refused", 1).start().await.unwrap();
    stage.produce(0, 0, 10).await.unwrap();
    let client = stage.witness("refused").unwrap();
    let request = Request::roll()
        .max_records(4)
        .close(Close::Full)
        .lease(Duration::from_secs(60));
    let gathered = client.gather(request.timeout(SOON)).await.unwrap();
    let good = gathered.batches[0].settle(Outcome::Ack);
    assert_eq!((good.first_offset, good.next_offset), (0, 4));

    let cases = [
        (
            SettleStatus::RefusedRange,
            SettleRange {
                next_offset: 0,
                ..good.clone()
            },
        ),
        (
            SettleStatus::RefusedRange,
            SettleRange {
                first_offset: -1,
                ..good.clone()
            },
        ),
        (
            SettleStatus::RefusedTopic,
            SettleRange {
                topic: "not-on-the-roll".into(),
                ..good.clone()
            },
        ),
        (
            SettleStatus::RefusedTopicId,
            SettleRange {
                topic_id: "AAAAAAAAAAAAAAAAAAAAAA".into(),
                ..good.clone()
            },
        ),
        (
            SettleStatus::RefusedBeyondSent,
            SettleRange {
                next_offset: 11,
                ..good.clone()
            },
        ),
        (
            SettleStatus::RefusedNoLease,
            SettleRange {
                first_offset: 6,
                next_offset: 8,
                outcome: Outcome::Nack.into(),
                ..good.clone()
            },
        ),
    ];
    for (status, range) in &cases {
        let refused = client.client.settle(vec![range.clone()]).await.unwrap();
        assert_eq!(refused, [*status], "{range:?}");
    }
    let refused = cases.len() as u64;
    assert_eq!(
        client.client.counter("settlements_refused").await.unwrap(),
        refused
    );

    let twice = client.settle(vec![good.clone(), good]).await.unwrap();
    assert_eq!(twice, [SettleStatus::Acked, SettleStatus::Already]);
    stage.until_committed(0, 0, 4).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_gather_that_breaks_its_contract_is_told_every_violation() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("contract", 1).start().await.unwrap();
    let client = stage.roll.client("contract").unwrap();
    let topic = stage.topic(0);
    let cases = [
        (vec!["timeout"], Request::roll().timeout(Duration::ZERO)),
        (
            vec!["timeout"],
            Request::roll().timeout(Duration::from_secs(301)),
        ),
        (vec!["max_records"], Request::roll().max_records(0)),
        (vec!["required"], Request::roll().close(Close::Required)),
        (vec!["topics[1]"], Request::of([topic, "not-on-the-roll"])),
        (
            vec!["timeout", "max_records"],
            Request::roll().timeout(Duration::ZERO).max_records(0),
        ),
    ];
    for (fields, request) in cases {
        let told = format!("{request:?}");
        let refused = match client.ask(request).await {
            Ok(answer) => answer.rest().await.unwrap().broken.unwrap(),
            Err(error) => error.downcast::<tonic::Status>().unwrap(),
        };
        let why = explain(&refused);
        assert_eq!(why.code, Code::InvalidArgument, "{told}: {refused:?}");
        assert_eq!(
            why.reason.as_deref(),
            Some(reason::INVALID_REQUEST),
            "{told}"
        );
        let named: Vec<&str> = why
            .violations
            .iter()
            .map(|violation| violation.field.as_str())
            .collect();
        assert_eq!(named, fields, "{told}");
    }
}
