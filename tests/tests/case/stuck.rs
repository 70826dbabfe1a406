//! LAG > 0 and nothing moves: what only looks like the fault. (A quota is in `held`; a reader that really stands still
//! is looked at from outside, in `tests/doctor`.)

use std::time::Duration;

use rollcall_proto::v1::VerdictCode;
use rollcall_tests::evidence::{fact, number};
use rollcall_tests::kafka::unique;
use rollcall_tests::producer::End;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer};

use crate::look::{peek, read_all, until_at_the_end, until_slot, verdict_of};

#[tokio::test]
async fn records_behind_an_open_transaction_are_hidden_and_not_stuck() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka).topic("hidden", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, &topic).await;
    let writer = Producer::transactional(kafka.bootstrap(), &unique("writer"))
        .await
        .unwrap();
    writer.begin().unwrap();
    writer.numbers(&topic, Some(0), 0..5).await.unwrap();
    let slot = until_slot(&client, &topic, VerdictCode::OpenTransaction).await;
    let hidden = number(fact(verdict_of(&slot.verdict), "hidden").unwrap()).unwrap();
    assert!(hidden >= 5, "{hidden}");
    writer.end(End::Commit).await.unwrap();
    let gathered = client
        .gather(peek(&topic, Duration::from_secs(10)))
        .await
        .unwrap();
    assert_eq!(gathered.record_count(), 5);
    read_all(&client, &topic).await;
    until_at_the_end(&client, &topic).await;
}
