//! Kafka that is away: at the start, and later; and that comes back with less than it had.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rollcall_proto::v1::{SettleStatus, VerdictCode};
use rollcall_tests::client::{Client, Request};
use rollcall_tests::kafka::unique;
use rollcall_tests::roll::{Roll, Setup};
use rollcall_tests::{Kafka, Producer, Version, eventually};

/// The client's own patience with a broker, and what a restart of it takes.
const SOON: Duration = Duration::from_secs(60);

async fn until_the_verdict_is(client: &Client, topic: &str, verdict: VerdictCode) {
    eventually(&format!("{topic} is {verdict:?}"), SOON, async || {
        let gathered = client
            .gather(Request::of([topic]).timeout(Duration::from_millis(300)))
            .await?;
        let found = gathered.verdict(topic)?;
        ensure!(found == verdict, "it is {found:?}");
        Ok(())
    })
    .await
    .unwrap();
}

/// Gathers and acks until exactly these numbers have come.
async fn read(client: &Client, topic: &str, expected: impl IntoIterator<Item = u64>) {
    let mut came: Vec<u64> = Vec::new();
    let expected: Vec<u64> = expected.into_iter().collect();
    eventually("the records come", SOON, async || {
        let gathered = client
            .gather(Request::of([topic]).timeout(Duration::from_secs(1)))
            .await?;
        came.extend(gathered.numbers(topic)?);
        client.settle(gathered.acks()).await?;
        ensure!(came == expected, "came: {came:?}");
        Ok(())
    })
    .await
    .unwrap();
}

async fn until_committed(kafka: &Kafka, group: &str, topic: &str, offset: i64) {
    eventually("all is committed", SOON, async || {
        let committed = kafka.committed(group, topic, 0).await?;
        ensure!(committed == Some(offset), "committed is {committed:?}");
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn services_outlive_a_kafka_that_is_down_at_their_start_and_later() {
    let mut kafka = Kafka::start(Version::V4_3).await.unwrap();
    let topic = unique("outage");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    kafka.kill().unwrap();

    let group = unique("group");
    let setup = Setup::new(kafka.bootstrap(), &group).topic(&topic, 1);
    let mut roll = setup.start_aggregator().await.unwrap();
    roll.start_fetchers().await.unwrap();
    let client = roll.client("client").unwrap();
    let begun = Instant::now();
    until_the_verdict_is(&client, &topic, VerdictCode::ClusterUnreachable).await;
    println!("Kafka down at the start: said after {:?}", begun.elapsed());
    kafka.restart().await.unwrap();
    let begun = Instant::now();
    read(&client, &topic, 0..10).await;
    println!("Kafka is up: all records after {:?}", begun.elapsed());

    kafka.kill().unwrap();
    let begun = Instant::now();
    until_the_verdict_is(&client, &topic, VerdictCode::ClusterUnreachable).await;
    println!("Kafka killed: said after {:?}", begun.elapsed());
    assert!(
        roll.aggregator.ended().unwrap().is_none(),
        "the aggregator stays up"
    );
    assert!(
        roll.fetchers[0].ended().unwrap().is_none(),
        "the fetcher stays up"
    );
    kafka.restart().await.unwrap();
    let begun = Instant::now();
    producer.numbers(&topic, Some(0), 10..20).await.unwrap();
    read(&client, &topic, 10..20).await;
    println!("Kafka is up again: all records after {:?}", begun.elapsed());
    let begun = Instant::now();
    until_committed(&kafka, &group, &topic, 20).await;
    println!("… and committed after {:?}", begun.elapsed());
}

/// Every broker has the group's offsets, a silent one leads nothing any more after a moment.
const THREE: [(&str, &str); 3] = [
    ("offsets.topic.replication.factor", "3"),
    ("broker.session.timeout.ms", "6000"),
    ("replica.lag.time.max.ms", "3000"),
];

/// One replica is enough for a write, and any may lead, however far behind.
const UNSAFE: [(&str, &str); 2] = [
    ("min.insync.replicas", "1"),
    ("unclean.leader.election.enable", "true"),
];

/// The replicas of a log that is cut: the first leads it, and the second falls behind.
const LEADER: i32 = 2;
const BEHIND: i32 = 3;

/// A log whose second replica has only the first ten of its records, all of which were read.
struct Cut {
    kafka: Kafka,
    topic: String,
    group: String,
    roll: Roll,
    client: Client,
}

impl Cut {
    async fn begin() -> Self {
        let mut kafka = Kafka::cluster(Version::V4_3, 3, &THREE).await.unwrap();
        let (topic, group) = (unique("cut"), unique("group"));
        kafka
            .create_placed_topic(&topic, &[&[LEADER, BEHIND]], &UNSAFE)
            .await
            .unwrap();
        let setup = Setup::new(kafka.bootstrap(), &group).topic(&topic, 1);
        let roll = setup.start().await.unwrap();
        let client = roll.client("client").unwrap();
        let producer = Producer::new(kafka.bootstrap()).unwrap();
        producer.numbers(&topic, Some(0), 0..10).await.unwrap();
        read(&client, &topic, 0..10).await;
        until_committed(&kafka, &group, &topic, 10).await;
        let replicas = [LEADER, BEHIND];
        kafka.until_in_sync(&topic, &replicas).await.unwrap();
        kafka.pause_node(BEHIND).unwrap();
        kafka.until_in_sync(&topic, &[LEADER]).await.unwrap();
        producer.numbers(&topic, Some(0), 10..30).await.unwrap();
        Self {
            kafka,
            topic,
            group,
            roll,
            client,
        }
    }

    /// The log ends behind its first ten records, and others are written over those that it lost.
    async fn cut(&mut self) {
        self.kafka.kill_node(LEADER).unwrap();
        self.kafka.resume_node(BEHIND).unwrap();
        self.kafka
            .until_led_by(&self.topic, 0, BEHIND)
            .await
            .unwrap();
        // What the first producer wrote last is gone, and its next number would be refused.
        let producer = Producer::new(self.kafka.bootstrap()).unwrap();
        producer
            .numbers(&self.topic, Some(0), 30..80)
            .await
            .unwrap();
    }
}

/// Nobody reads while a log is cut below its commit and grows past it again: by offsets alone nothing could be noticed, and
/// what was written over it would be skipped.
#[tokio::test]
async fn what_is_written_over_a_log_that_was_cut_is_read_by_whoever_comes_after() {
    let mut stage = Cut::begin().await;
    read(&stage.client, &stage.topic, 10..30).await;
    until_committed(&stage.kafka, &stage.group, &stage.topic, 30).await;
    let fetcher = &mut stage.roll.fetchers[0];
    assert!(fetcher.terminate().await.unwrap().success());
    stage.cut().await;
    stage.roll.fetchers[0].start().await.unwrap();
    // What is below the cut is as it was.
    read(&stage.client, &stage.topic, 30..80).await;
    until_committed(&stage.kafka, &stage.group, &stage.topic, 60).await;
}

/// The commit is below the cut, and a client has what the log lost: who acks that settles nothing of what has its offsets.
#[tokio::test]
async fn a_client_that_has_what_the_log_lost_cannot_settle_what_was_written_over_it() {
    let mut stage = Cut::begin().await;
    let topic = stage.topic.clone();
    let request = || {
        let request = Request::of([topic.as_str()]);
        request.timeout(SOON).lease(SOON)
    };
    let lost = stage.client.gather(request()).await.unwrap();
    assert_eq!(lost.numbers(&topic).unwrap()[0], 10);
    stage.cut().await;
    let new = stage.client.gather(request()).await.unwrap();
    assert_eq!(new.numbers(&topic).unwrap()[0], 30);
    let late = stage.client.settle(lost.acks()).await.unwrap();
    let refused = |status: &SettleStatus| *status == SettleStatus::RefusedLogCut;
    assert!(late.iter().all(refused), "{late:?}");
    let acked = stage.client.settle(new.acks()).await.unwrap();
    let is_acked = |status: &SettleStatus| *status == SettleStatus::Acked;
    assert!(acked.iter().all(is_acked), "{acked:?}");
    let came = new.numbers(&topic).unwrap().len() as u64;
    read(&stage.client, &topic, 30 + came..80).await;
    until_committed(&stage.kafka, &stage.group, &topic, 60).await;
}
