//! Commits go to the group all the same: its tools show them, and a restart resumes there.

use rollcall_proto::v1::Close;
use rollcall_tests::Kafka;
use rollcall_tests::client::{Gathered, Request};
use rollcall_tests::kafka::CONSUMER_GROUPS;
use rollcall_tests::stage::{Plan, Stage, Witness};

use super::{FIXED, SOON};

async fn take(client: &Witness, stage: &Stage<'_>, records: u32) -> Gathered {
    let request = Request::of([stage.topic(0)])
        .timeout(SOON)
        .max_records(records);
    let gathered = client.gather(request.close(Close::Full)).await.unwrap();
    assert_eq!(gathered.record_count(), records as usize);
    gathered
}

/// CURRENT-OFFSET of a partition, as Kafka's own tool prints it.
async fn tool_says(kafka: &Kafka, stage: &Stage<'_>, partition: i32) -> Option<i64> {
    let args = ["--describe", "--group", stage.group()];
    let printed = kafka.tool(CONSUMER_GROUPS, &args).await.unwrap();
    let row = printed.lines().find_map(|line| {
        let cells: Vec<_> = line.split_whitespace().collect();
        let [group, topic, number, committed, ..] = cells[..] else {
            return None;
        };
        let is_it = group == stage.group() && topic == stage.topic(0);
        (is_it && number == partition.to_string()).then(|| committed.to_owned())
    });
    row?.parse().ok()
}

#[tokio::test]
async fn commits_are_the_groups_own_and_a_restart_resumes_there() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("resumes", 1);
    let mut stage = plan.fetcher_flags(&FIXED).start().await.unwrap();
    stage.until_committed(0, 0, 0).await.unwrap();
    stage.produce(0, 0, 100).await.unwrap();
    let client = stage.witness("client").unwrap();
    let acked = take(&client, &stage, 60).await;
    client.ack(&acked).await.unwrap();
    stage.until_committed(0, 0, 60).await.unwrap();
    assert_eq!(tool_says(kafka, &stage, 0).await, Some(60));

    stage.roll.fetchers[0].terminate().await.unwrap();
    stage.roll.aggregator.terminate().await.unwrap();
    stage.roll.restart_aggregator().await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    let rest = take(&client, &stage, 40).await;
    assert_eq!(
        rest.numbers(stage.topic(0)).unwrap(),
        (60..100).collect::<Vec<_>>()
    );
    client.ack(&rest).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
    assert_eq!(tool_says(kafka, &stage, 0).await, Some(100));
}
