//! Records wait and nobody comes for them. It takes a minute to say so: this one begins first, for its name.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::Kafka;
use rollcall_tests::evidence::advice;
use rollcall_tests::stage::Plan;

use crate::look::{
    SHORT, peek, read_all, severity_of, until_at_the_end, until_status, until_status_within,
    verdict_of,
};

#[tokio::test]
async fn records_that_nobody_has_gathered_for_a_minute_have_no_client() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("unwanted", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    read_all(&client, &topic).await;
    let gathered = Instant::now();
    stage.produce(0, 0, 4).await.unwrap();

    let within = Duration::from_secs(90);
    let status = until_status_within(&client, &topic, VerdictCode::NoClient, within).await;
    let waited = gathered.elapsed();
    assert!(
        waited >= Duration::from_secs(58),
        "after {waited:?} already"
    );
    assert_eq!(severity_of(&status.verdict), Severity::Warn);
    assert_eq!(status.backlog, Some(4));
    advice(verdict_of(&status.verdict), AdviceCode::Gather).unwrap();
    // A peek is no client: it takes nothing.
    client.gather(peek(&topic, SHORT)).await.unwrap();
    until_status(&client, &topic, VerdictCode::NoClient).await;

    assert_eq!(read_all(&client, &topic).await, 4);
    until_at_the_end(&client, &topic).await;
}
