//! `rollcall status -w` where stdout is no terminal: a line per change.

use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::process::Service;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Rollcall};

use crate::desk::SOON;

async fn until_it_says(watch: &mut Service, parts: &[&str]) -> String {
    let says = |line: &str| {
        parts
            .iter()
            .all(|part| line.contains(part))
            .then(|| line.to_owned())
    };
    watch.line(&format!("{parts:?}"), SOON, says).await.unwrap()
}

#[tokio::test]
async fn a_watch_prints_a_line_per_change_and_ends_on_ctrl_c_with_the_last_code() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("watched", 1)
        .topic("calm", 1)
        .start()
        .await
        .unwrap();
    let [topic, calm] = [0, 1].map(|place| stage.topic(place).to_owned());
    let rollcall = Rollcall::of(stage.roll.address());
    let mut watch = rollcall.start(&["status", "-w"]).await.unwrap();
    until_it_says(&mut watch, &[&topic, "TOPIC_EMPTY"]).await;
    until_it_says(&mut watch, &[&calm, "TOPIC_EMPTY"]).await;

    stage.produce(0, 0, 3).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    let request = Request::of([topic.as_str()])
        .timeout(SOON)
        .close(Close::Any);
    let taken = client.gather(request).await.unwrap();
    until_it_says(&mut watch, &[&topic, "FLOWING", "(was "]).await;
    client.settle(taken.acks()).await.unwrap();
    stage.roll.fetchers[0].kill().unwrap();
    let line = until_it_says(&mut watch, &[&topic, "FETCHER_UNREACHABLE"]).await;
    assert!(line.contains("FAULT"), "{line}");

    watch.interrupt().unwrap();
    let ended = watch.end(SOON).await.unwrap();
    assert_eq!(ended.code(), Some(1), "the last roll had a fault");
    let printed = watch.stdout().unwrap();
    let calm_lines = printed.lines().filter(|line| line.contains(&calm));
    let of_calm: Vec<&str> = calm_lines.collect();
    assert!(
        of_calm.len() <= 3,
        "a topic that does not change is not said again: {of_calm:?}"
    );
    assert!(
        !printed.contains('\u{1b}'),
        "no terminal, no escapes: {printed:?}"
    );
}

#[tokio::test]
async fn a_watch_as_line_repeats_the_stats_line_when_it_changes() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("line", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let rollcall = Rollcall::of(stage.roll.address());
    let mut watch = rollcall
        .start(&["status", "-w", "-o", "line"])
        .await
        .unwrap();
    until_it_says(
        &mut watch,
        &["gather [", ":0 TOPIC_EMPTY] total: 0 records"],
    )
    .await;
    stage.produce(0, 0, 2).await.unwrap();
    let client = stage.roll.client("client").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(2)
        .close(Close::Full);
    let taken = client.gather(request).await.unwrap();
    client.settle(taken.acks()).await.unwrap();
    let line = format!("gather [{topic}:2] total: 2 records");
    until_it_says(&mut watch, &[&line]).await;
    watch.interrupt().unwrap();
    assert_eq!(watch.end(SOON).await.unwrap().code(), Some(0));
}
