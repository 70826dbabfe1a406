//! "Network or broker performance", their last guess: named, with the host, and over when it is over.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rollcall_fetcher::kafka::observer::Observer;
use rollcall_fetcher::kafka::probe::Probe;
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::{AdviceCode, IsolationLevel, Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{advice, fact, number, number_of, text};
use rollcall_tests::kafka::unique;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Rollcall, Version};

use crate::look::{read_all, severity_of, until_at_the_end, until_slot, verdict_of};

#[tokio::test]
async fn a_broker_that_is_gone_is_named_and_its_return_is_noticed() {
    let mut kafka = Kafka::start(Version::V4_3).await.unwrap();
    let topic = unique("cluster");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let bootstrap = kafka.bootstrap().to_owned();
    let setup = rollcall_tests::roll::Setup::new(&bootstrap, "cluster").topic(&topic, 1);
    let roll = setup.start().await.unwrap();
    let client = roll.client("client").unwrap();
    let producer = rollcall_tests::Producer::new(&bootstrap).unwrap();
    producer.numbers(&topic, None, 0..5).await.unwrap();
    read_all(&client, &topic).await;
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;

    kafka.kill().unwrap();
    let gone = Instant::now();
    let slot = until_slot(&client, &topic, VerdictCode::ClusterUnreachable).await;
    println!(
        "CLUSTER_UNREACHABLE is confirmed {:?} after the broker's end",
        gone.elapsed()
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Fault);
    let verdict = verdict_of(&slot.verdict);
    assert_eq!(
        text(fact(verdict, "bootstrap").unwrap()).unwrap(),
        bootstrap
    );
    assert_eq!(number(fact(verdict, "brokers_up").unwrap()).unwrap(), 0);
    let check = advice(verdict, AdviceCode::CheckCluster).unwrap();
    assert_eq!(
        text(number_of(check, "bootstrap").unwrap()).unwrap(),
        bootstrap
    );
    let rollcall = Rollcall::of(roll.address());
    let status = rollcall.ends_with(1, &["status"]).await.unwrap();
    assert!(
        status.stdout.contains("CLUSTER_UNREACHABLE"),
        "{}",
        status.stdout
    );
    let explained = rollcall.ends_with(1, &["explain", &topic]).await.unwrap();
    assert!(
        explained.stdout.contains(&bootstrap),
        "{}",
        explained.stdout
    );

    kafka.restart().await.unwrap();
    let back = Instant::now();
    producer.numbers(&topic, None, 5..10).await.unwrap();
    let request = Request::of([topic.as_str()]).timeout(Duration::from_secs(30));
    let gathered = client.gather(request).await.unwrap();
    println!(
        "the first record is there {:?} after the broker's return",
        back.elapsed()
    );
    assert!(gathered.record_count() > 0, "{:?}", gathered.summary);
    client.settle(gathered.acks()).await.unwrap();
    read_all(&client, &topic).await;
    until_at_the_end(&client, &topic).await;
    rollcall.ends_with(0, &["status"]).await.unwrap();
}

#[tokio::test]
async fn a_dead_broker_is_no_reason_to_call_a_topic_caught_up() {
    let mut kafka = Kafka::start(Version::V4_3).await.unwrap();
    let topic = unique("cluster");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let plan = Plan::on(&kafka).existing_topic(&topic, 1);
    let stage = plan.start().await.unwrap();
    let client = stage.roll.client("client").unwrap();
    stage.producer.numbers(&topic, None, 0..5).await.unwrap();
    read_all(&client, &topic).await;
    until_slot(&client, &topic, VerdictCode::CaughtUp).await;
    let roll = stage.roll;
    kafka.kill().unwrap();
    // A probe that a gather uses is at most 1 s old, and the answer may wait a grace for a newer one.
    let deaf = Duration::from_millis(1_200);
    let gone = Instant::now();
    let mut verdicts = Vec::new();
    while gone.elapsed() < Duration::from_secs(8) {
        let asked = gone.elapsed();
        let gathered = client
            .gather(crate::look::peek(&topic, Duration::from_millis(200)))
            .await
            .unwrap();
        let verdict = gathered.verdict(&topic).unwrap();
        if asked > deaf {
            assert_ne!(
                verdict,
                VerdictCode::CaughtUp,
                "asked {asked:?} after the broker's end"
            );
        }
        if verdicts.last() != Some(&verdict) {
            verdicts.push(verdict);
        }
    }
    println!("from a broker's end on: {verdicts:?}");
    drop(roll);
}

const FETCH_WAIT: Duration = Duration::from_millis(500);
/// Rounds in the time in which a node that died counts as alive, nine seconds: one in three is told that it is the
/// controller.
const ROUNDS: usize = 12;

#[tokio::test]
async fn a_dead_controller_keeps_no_probe_waiting() {
    let mut kafka = Kafka::cluster(Version::V4_3, 3, &[]).await.unwrap();
    let name = unique("controller");
    kafka
        .create_placed_topic(&name, &[&[2]], &[])
        .await
        .unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka.bootstrap());
    let observer = Observer::new(&config).unwrap();
    let topic = Topic::new(&name).unwrap();
    let mut probe = Probe::new(topic, IsolationLevel::ReadUncommitted, FETCH_WAIT);
    let known = probe.round(&observer, None).topic_id;
    assert!(!known.is_empty());
    kafka.kill_node(3).unwrap();
    for round in 0..ROUNDS {
        let probed = probe.round(&observer, None);
        assert_eq!(probed.topic_id, known, "round {round}: {probed:?}");
        let took = Duration::try_from(probed.took.unwrap()).unwrap();
        assert!(
            took < FETCH_WAIT + Duration::from_secs(1),
            "round {round} took {took:?}"
        );
    }
}
