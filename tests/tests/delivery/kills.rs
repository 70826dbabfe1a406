//! kill -9 of each of the processes.

use std::time::Duration;

use rollcall_proto::v1::{Close, SettleRange, SettleStatus};
use rollcall_tests::Kafka;
use rollcall_tests::checker::Event;
use rollcall_tests::client::{Gathered, Request};
use rollcall_tests::stage::{Plan, Stage, Witness};

const SOON: Duration = Duration::from_secs(20);

/// Gathers exactly these records of the first topic.
async fn take(client: &Witness, stage: &Stage<'_>, records: u32) -> Gathered {
    let request = Request::of([stage.topic(0)])
        .max_records(records)
        .close(Close::Full);
    let gathered = client.gather(request.timeout(SOON)).await.unwrap();
    assert_eq!(gathered.record_count(), records as usize);
    gathered
}

/// An ack of a range of partition 0, by topic id and offsets alone.
fn ack(topic: &str, topic_id: &str, first_offset: i64, next_offset: i64) -> SettleRange {
    SettleRange {
        topic: topic.to_owned(),
        topic_id: topic_id.to_owned(),
        first_offset,
        next_offset,
        ..SettleRange::default()
    }
}

fn all_of(statuses: &[SettleStatus], accepted: &[SettleStatus]) {
    assert!(
        statuses.iter().all(|status| accepted.contains(status)),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_killed_fetcher_comes_back_and_nothing_is_lost_or_skipped() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("fetcher", 1).start().await.unwrap();
    stage.produce(0, 0, 100).await.unwrap();
    let client = stage.witness("client").unwrap();
    let acked = take(&client, &stage, 30).await;
    client.ack(&acked).await.unwrap();
    let leased = take(&client, &stage, 30).await;
    stage.until_committed(0, 0, 30).await.unwrap();

    stage.roll.fetchers[0].kill().unwrap();
    stage.produce(0, 0, 50).await.unwrap();
    let late = client.ack(&leased).await.unwrap();
    all_of(&late, &[SettleStatus::Acked, SettleStatus::Kept]);
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();

    let rest = take(&client, &stage, 90).await;
    let numbers = rest.numbers(stage.topic(0)).unwrap();
    assert_eq!(
        numbers,
        (60..150).collect::<Vec<_>>(),
        "what was acked does not come again"
    );
    client.ack(&rest).await.unwrap();
    stage.until_committed(0, 0, 150).await.unwrap();
    stage.check().unwrap();
}

#[tokio::test]
async fn an_aggregator_restarted_on_its_port_hands_out_what_was_not_acked() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("aggregator", 2)
        .start()
        .await
        .unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 50).await.unwrap();
    }
    let client = stage.witness("client").unwrap();
    let acked = take(&client, &stage, 40).await;
    client.ack(&acked).await.unwrap();
    take(&client, &stage, 40).await;

    stage.journal.add(Event::AggregatorKilled);
    stage.roll.aggregator.kill().unwrap();
    stage.produce(0, 0, 10).await.unwrap();
    stage.roll.restart_aggregator().await.unwrap();
    stage.roll.until_claimed().await.unwrap();

    let rest = take(&client, &stage, 70).await;
    client.ack(&rest).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn an_ack_from_before_the_aggregators_restart_counts() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("late-ack", 1).start().await.unwrap();
    stage.produce(0, 0, 60).await.unwrap();
    let client = stage.witness("client").unwrap();
    let leased = take(&client, &stage, 40).await;
    let (topic, topic_id) = (stage.topic(0), &leased.batches[0].topic_id);
    let [early, later] =
        [(0, 20), (20, 40)].map(|(first, next)| vec![ack(topic, topic_id, first, next)]);

    stage.journal.add(Event::AggregatorKilled);
    stage.roll.aggregator.kill().unwrap();
    stage.roll.restart_aggregator().await.unwrap();
    // Before the fetcher is back, most likely: then it is kept for the claim.
    let first = client.settle(early).await.unwrap();
    all_of(&first, &[SettleStatus::Acked, SettleStatus::Kept]);
    stage.roll.until_claimed().await.unwrap();
    stage.until_committed(0, 0, 20).await.unwrap();
    let second = client.settle(later).await.unwrap();
    all_of(&second, &[SettleStatus::Acked]);
    stage.until_committed(0, 0, 40).await.unwrap();

    let rest = take(&client, &stage, 20).await;
    assert_eq!(
        rest.numbers(stage.topic(0)).unwrap(),
        (40..60).collect::<Vec<_>>()
    );
    client.ack(&rest).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn kill_9_of_any_one_process_loses_nothing() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("kill-a", 2).topic("kill-b", 1);
    let mut stage = plan.start().await.unwrap();
    let client = stage.witness("client").unwrap();
    for round in 0..2 {
        for (topic, partition) in [(0, 0), (0, 1), (1, 0)] {
            stage.produce(topic, partition, 200).await.unwrap();
        }
        // The client dies with records in its hands; so do the others, in their turn.
        client
            .gather_in_part(Request::roll().max_records(50), 1)
            .await
            .unwrap();
        let half = client
            .gather(Request::roll().max_records(60))
            .await
            .unwrap();
        client
            .settle(half.acks().into_iter().step_by(2).collect())
            .await
            .unwrap();
        stage.see_commits().await.unwrap();
        if round == 0 {
            stage.journal.add(Event::AggregatorKilled);
            stage.roll.aggregator.kill().unwrap();
            stage.roll.restart_aggregator().await.unwrap();
        } else {
            stage.roll.fetchers[0].kill().unwrap();
            stage.roll.fetchers[1].kill().unwrap();
            stage.produce(1, 0, 20).await.unwrap();
            stage.roll.fetchers[0].start().await.unwrap();
            stage.roll.fetchers[1].start().await.unwrap();
        }
        stage.see_commits().await.unwrap();
    }
    stage.read_to_the_end_and_check().await.unwrap();
}
