//! One budget, many topics.

use std::time::Duration;

use rollcall_proto::v1::Close;
use rollcall_tests::client::Request;
use rollcall_tests::stage::{Plan, Stage};
use rollcall_tests::{Kafka, Record};

const SOON: Duration = Duration::from_secs(20);

/// Just above the reserves of the partitions here.
const SMALL: &[&str] = &["--budget", "2097152"];

/// Far more than the budget, into one partition.
async fn flood(stage: &Stage<'_>, topic: usize) {
    let record = |_| {
        Record::default()
            .with_value(vec![b'x'; 10_000])
            .to_partition(0)
    };
    let stored = stage
        .producer
        .send_all(stage.topic(topic), (0..1_000).map(record).collect());
    stage
        .journal
        .produced(stage.topic(topic), &stored.await.unwrap())
        .unwrap();
}

/// Rounds in which each of the other topics has one record, which is to come.
async fn others_flow(stage: &mut Stage<'_>) {
    let others = [1, 2].map(|place| stage.topic(place).to_owned());
    let client = stage.witness("others").unwrap();
    for _ in 0..20 {
        for topic in [1, 2] {
            stage.produce(topic, 0, 1).await.unwrap();
        }
        let request = Request::of(others.iter().map(String::as_str))
            .timeout(SOON)
            .close(Close::Each);
        let gathered = client.gather(request).await.unwrap();
        for topic in &others {
            assert_eq!(gathered.records(topic).count(), 1, "{:?}", gathered.summary);
        }
        client.ack(&gathered).await.unwrap();
    }
}

#[tokio::test]
async fn a_topic_that_nobody_gathers_holds_up_no_other() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("ignored", 1)
        .topic("other-a", 1)
        .topic("other-b", 1);
    let mut stage = plan.aggregator_flags(SMALL).start().await.unwrap();
    flood(&stage, 0).await;
    others_flow(&mut stage).await;
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_topic_whose_records_nobody_acks_holds_up_no_other() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("leased", 1)
        .topic("other-a", 1)
        .topic("other-b", 1);
    let mut stage = plan.aggregator_flags(SMALL).start().await.unwrap();
    flood(&stage, 0).await;
    let holder = stage.witness("holder").unwrap();
    let all = Request::of([stage.topic(0)])
        .max_records(5_000)
        .lease(Duration::from_secs(600));
    let held = holder.gather(all.close(Close::Full)).await.unwrap();
    assert!(held.record_count() > 0);
    others_flow(&mut stage).await;
    holder.ack(&held).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}
