//! Logs with holes, and logs that become others.

use std::time::Duration;

use anyhow::{Result, ensure};
use rollcall_proto::v1::{Close, SettleStatus};
use rollcall_tests::client::{Gathered, Request};
use rollcall_tests::kafka::{CONSUMER_GROUPS, unique};
use rollcall_tests::producer::{COMPACTED, End};
use rollcall_tests::reader::{Isolation, read_partition};
use rollcall_tests::record::Stored;
use rollcall_tests::stage::{Plan, Stage, Witness};
use rollcall_tests::{Kafka, Producer, Record, Version, eventually};

const SOON: Duration = Duration::from_secs(30);

fn numbered(numbers: std::ops::Range<u64>) -> Vec<Record> {
    numbers
        .map(|number| Record::numbered(number).to_partition(0))
        .collect()
}

/// The lag of every partition of the group, by Kafka's own tool.
async fn lags(stage: &Stage<'_>) -> Result<Vec<String>> {
    let told = stage
        .kafka
        .tool(CONSUMER_GROUPS, &["--describe", "--group", stage.group()])
        .await?;
    let mut lines = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines.find(|words| words.contains(&"LAG"));
    let column = header.and_then(|words| words.iter().position(|&word| word == "LAG"));
    let lag = |words: Vec<&str>| column.and_then(|at| words.get(at).map(|&lag| lag.to_owned()));
    Ok(lines.filter_map(lag).collect())
}

/// A topic of which compaction has left little.
async fn compacted(kafka: &Kafka, producer: &Producer) -> (String, Vec<Stored>) {
    let topic = unique("compacted");
    kafka.create_topic(&topic, 1, COMPACTED).await.unwrap();
    producer.rewrite(&topic, 0, 4, 0..300).await.unwrap();
    let kept = eventually("compaction leaves holes", SOON, async || {
        // Only closed segments are compacted; a record a while later closes one.
        producer.rewrite(&topic, 0, 1, 300..301).await?;
        let kept = read_partition(kafka.bootstrap(), &topic, 0, Isolation::Committed).await?;
        ensure!(kept.len() < 60, "{} records are left", kept.len());
        Ok(kept)
    });
    let kept = kept.await.unwrap();
    (topic, kept)
}

/// A topic with records, aborted records, and a control record at its end.
async fn transacted(kafka: &Kafka) -> String {
    let topic = unique("transacted");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::transactional(kafka.bootstrap(), &unique("tx"))
        .await
        .unwrap();
    producer
        .transaction(&topic, numbered(0..20), End::Commit)
        .await
        .unwrap();
    producer
        .transaction(&topic, numbered(20..40), End::Abort)
        .await
        .unwrap();
    producer
        .transaction(&topic, numbered(40..60), End::Commit)
        .await
        .unwrap();
    producer
        .transaction(&topic, numbered(60..80), End::Abort)
        .await
        .unwrap();
    topic
}

#[tokio::test]
async fn compaction_and_control_records_leave_no_lag() {
    let kafka = Kafka::shared().await;
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let (compacted, kept) = compacted(kafka, &producer).await;
    let transacted = transacted(kafka).await;
    let plan = Plan::on(kafka)
        .existing_topic(&compacted, 1)
        .existing_topic(&transacted, 1);
    let stage = plan.start().await.unwrap();
    let visible = read_partition(kafka.bootstrap(), &transacted, 0, Isolation::Committed)
        .await
        .unwrap();
    stage.journal.produced(&transacted, &visible).unwrap();
    assert_eq!(visible.len(), 40, "aborted records are not visible");
    let still = read_partition(kafka.bootstrap(), &compacted, 0, Isolation::Committed)
        .await
        .unwrap();
    assert!(still.len() <= kept.len());
    stage.journal.produced(&compacted, &still).unwrap();

    stage.read_to_the_end_and_check().await.unwrap();
    assert_eq!(lags(&stage).await.unwrap(), ["0", "0"]);
}

/// Gathers until the numbers that came, each once and in order, are these; acks all.
async fn read(client: &Witness, topic: &str, expected: std::ops::Range<u64>) -> Gathered {
    let mut came: Vec<u64> = Vec::new();
    let expected: Vec<u64> = expected.collect();
    eventually("the records come", SOON, async || {
        let request = Request::of([topic])
            .timeout(Duration::from_secs(1))
            .max_records(500);
        let gathered = client.client.gather(request.close(Close::Any)).await?;
        came.extend(gathered.numbers(topic)?);
        client.client.settle(gathered.acks()).await?;
        ensure!(came == expected, "came: {came:?}");
        Ok(gathered)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_group_rewound_while_its_fetcher_is_down_reads_again_from_there() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("rewound", 1).start().await.unwrap();
    stage.produce(0, 0, 100).await.unwrap();
    stage.read_to_the_end().await.unwrap();
    let topic = stage.topic(0).to_owned();

    assert!(stage.roll.fetchers[0].terminate().await.unwrap().success());
    stage.journal.rewound(&topic, 0, 40).unwrap();
    eventually("the group has no members", SOON, async || {
        kafka
            .alter_group_offsets(stage.group(), &[(&topic, 0, 40)])
            .await
    })
    .await
    .unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();

    let client = stage.witness("again").unwrap();
    let request = Request::roll()
        .timeout(SOON)
        .max_records(60)
        .close(Close::Full);
    let again = client.gather(request).await.unwrap();
    assert_eq!(
        again.numbers(&topic).unwrap(),
        (40..100).collect::<Vec<_>>()
    );
    assert_eq!(client.client.counter("partitions_reset").await.unwrap(), 1);
    client.ack(&again).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn a_topic_recreated_under_a_running_fetcher_is_read_from_its_start() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("recreated", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 100).await.unwrap();
    let client = stage.witness("client").unwrap();
    let old = read(&client, &topic, 0..100).await;
    stage.until_committed(0, 0, 100).await.unwrap();

    kafka.delete_topic(&topic).await.unwrap();
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    stage.produce(0, 0, 30).await.unwrap();
    read(&client, &topic, 100..130).await;
    eventually("the new log is committed to its end", SOON, async || {
        let committed = kafka.committed(stage.group(), &topic, 0).await?;
        ensure!(committed == Some(30), "committed is {committed:?}");
        Ok(())
    })
    .await
    .unwrap();

    // Acks of the old log are told apart by its id.
    let late = client.client.settle(old.acks()).await.unwrap();
    assert!(
        late.iter()
            .all(|status| *status == SettleStatus::RefusedTopicId),
        "{late:?}"
    );
}

/// librdkafka takes no leader from an epoch below one that it knows, and the epochs of the new topic begin with 0.
#[tokio::test]
async fn a_recreated_topic_is_read_though_the_leaders_of_the_old_one_had_moved() {
    // Whoever comes first among the replicas leads within a second.
    let settings = [
        ("leader.imbalance.check.interval.seconds", "1"),
        ("leader.imbalance.per.broker.percentage", "0"),
    ];
    let kafka = Kafka::cluster(Version::V4_3, 3, &settings).await.unwrap();
    let topic = unique("moved");
    kafka
        .create_placed_topic(&topic, &[&[2, 3]], &[])
        .await
        .unwrap();
    let plan = Plan::on(&kafka).existing_topic(&topic, 1);
    let mut stage = plan.start().await.unwrap();
    stage.produce(0, 0, 20).await.unwrap();
    let client = stage.witness("client").unwrap();
    read(&client, &topic, 0..20).await;
    for replicas in [[3, 2], [2, 3]] {
        kafka.reassign(&topic, &[replicas.to_vec()]).await.unwrap();
    }
    stage.produce(0, 0, 20).await.unwrap();
    read(&client, &topic, 20..40).await;

    kafka.delete_topic(&topic).await.unwrap();
    kafka
        .create_placed_topic(&topic, &[&[3, 2]], &[])
        .await
        .unwrap();
    stage.produce(0, 0, 30).await.unwrap();
    read(&client, &topic, 40..70).await;
}

#[tokio::test]
async fn a_topic_recreated_behind_a_fetchers_back_is_not_resumed_at_the_old_offset() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("replaced", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 20).await.unwrap();
    let client = stage.witness("client").unwrap();
    read(&client, &topic, 0..20).await;
    stage.until_committed(0, 0, 20).await.unwrap();

    stage.roll.fetchers[0].kill().unwrap();
    kafka.delete_topic(&topic).await.unwrap();
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    // More than the old log had: by offsets alone nothing could be noticed.
    stage.produce(0, 0, 50).await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    read(&client, &topic, 20..70).await;
}

#[tokio::test]
async fn a_lease_of_a_deleted_topic_holds_nothing_of_its_successor() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("successor", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 20).await.unwrap();
    let client = stage.witness("client").unwrap().client;
    let request = Request::roll()
        .timeout(SOON)
        .max_records(20)
        .close(Close::Full);
    let leased = client
        .gather(request.lease(Duration::from_secs(600)))
        .await
        .unwrap();
    assert_eq!(leased.record_count(), 20);

    stage.roll.fetchers[0].kill().unwrap();
    kafka.delete_topic(&topic).await.unwrap();
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    stage.produce(0, 0, 30).await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();

    // Nothing was ever committed, so that only the topic's id tells the two logs apart.
    let request = Request::roll()
        .timeout(SOON)
        .max_records(30)
        .close(Close::Full);
    let fresh = client.gather(request).await.unwrap();
    assert_eq!(fresh.numbers(&topic).unwrap(), (20..50).collect::<Vec<_>>());
    let late = client.settle(leased.acks()).await.unwrap();
    assert!(
        late.iter()
            .all(|status| *status == SettleStatus::RefusedTopicId),
        "{late:?}"
    );
    client.settle(fresh.acks()).await.unwrap();
    stage.until_committed(0, 0, 30).await.unwrap();
}

#[tokio::test]
async fn i6_records_that_retention_took_are_a_named_range() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("retention", 1).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 40).await.unwrap();
    let client = stage.witness("client").unwrap().client;
    read(&stage.witness("client").unwrap(), &topic, 0..40).await;
    stage.until_committed(0, 0, 40).await.unwrap();

    stage.roll.fetchers[0].kill().unwrap();
    stage.produce(0, 0, 60).await.unwrap();
    kafka.delete_records(&topic, 0, 70).await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    read(&stage.witness("client").unwrap(), &topic, 70..100).await;

    let status = client.topic(&topic).await.unwrap();
    let lost: Vec<_> = status.partitions[0]
        .lost
        .iter()
        .map(|r| (r.first_offset, r.next_offset))
        .collect();
    assert_eq!(lost, [(40, 70)]);
    assert_eq!(client.counter("offsets_lost").await.unwrap(), 30);
    eventually("the rest is committed", SOON, async || {
        let committed = kafka.committed(stage.group(), &topic, 0).await?;
        ensure!(committed == Some(100), "committed is {committed:?}");
        Ok(())
    })
    .await
    .unwrap();
}
