//! `rollcall up` on a real Kafka: refuses a group that is in use, and settles nothing by itself.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::ensure;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rollcall_tests::kafka::unique;
use rollcall_tests::process::Service;
use rollcall_tests::rollcall::rollcall;
use rollcall_tests::{Kafka, Producer, Rollcall, eventually};

use crate::desk::SOON;

/// A topic with ten records, and a group that nobody has used.
async fn topic_and_group(kafka: &Kafka) -> (String, String) {
    let (topic, group) = (unique("up"), unique("trial"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, Some(0), 0..10).await.unwrap();
    (topic, group)
}

/// The arguments of `up` for these, at free ports.
fn up<'a>(kafka: &'a Kafka, topic: &'a str, group: &'a str) -> Vec<&'a str> {
    let free = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    [
        &["up", "-b", kafka.bootstrap(), "-g", group, "-t", topic][..],
        &free,
    ]
    .concat()
}

/// Where it listens, by its title: `rollcall 0.1.0: gRPC 127.0.0.1:1234, admin …`.
async fn listens(up: &mut Service) -> SocketAddr {
    let address = |line: &str| line.split("gRPC ").nth(1)?.split(',').next()?.parse().ok();
    up.line("where it listens", SOON, address).await.unwrap()
}

#[tokio::test]
async fn up_runs_fetchers_and_aggregator_and_settles_nothing_by_itself() {
    let kafka = Kafka::shared().await;
    let (topic, group) = topic_and_group(kafka).await;
    let mut running = Service::start("rollcall", &up(kafka, &topic, &group))
        .await
        .unwrap();
    let command = Rollcall::of(listens(&mut running).await);
    eventually("the records are shown", SOON, async || {
        let status = command.json(&["status", "-o", "json"]).await?;
        ensure!(status["topics"][0]["backlog"] == "10", "{status}");
        Ok(())
    })
    .await
    .unwrap();
    let peeked = command.ends_with(0, &["gather"]).await.unwrap();
    assert_eq!(peeked.stdout.lines().count(), 10);
    let committed = async || kafka.committed(&group, &topic, 0).await.unwrap();
    assert_eq!(
        committed().await,
        Some(0),
        "only where reading starts is committed"
    );

    let taken = command
        .ends_with(0, &["gather", "--ack", "--max-records", "4"])
        .await
        .unwrap();
    assert_eq!(taken.stdout.lines().count(), 4);
    running.interrupt().unwrap();
    let asked = Instant::now();
    let ended = running.end(SOON).await.unwrap();
    println!("up ends {:?} after Ctrl-C", asked.elapsed());
    assert_eq!(ended.code(), Some(0), "{}", running.stderr().unwrap());
    assert_eq!(
        committed().await,
        Some(4),
        "what was acked is committed at the end"
    );
    let again = rollcall(&up(kafka, &topic, &group)).await.unwrap();
    assert_eq!(again.status.code(), Some(2), "{}", again.stderr);
    assert!(
        again.stderr.contains("an earlier `rollcall up`") && again.stderr.contains("--join"),
        "{}",
        again.stderr
    );
}

#[tokio::test]
async fn up_refuses_a_group_for_commits_of_topics_that_it_was_not_asked_for() {
    let kafka = Kafka::shared().await;
    let (topic, group) = topic_and_group(kafka).await;
    let (other, _) = topic_and_group(kafka).await;
    kafka
        .alter_group_offsets(&group, &[(&other, 0, 7)])
        .await
        .unwrap();
    let refused = rollcall(&up(kafka, &topic, &group)).await.unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stderr);
    let named = format!("{other}: 1 partition, P0 at 7");
    assert!(refused.stderr.contains(&named), "{}", refused.stderr);
}

#[tokio::test]
async fn up_refuses_a_group_with_commits_and_names_them_unless_told_to_join() {
    let kafka = Kafka::shared().await;
    let (topic, group) = topic_and_group(kafka).await;
    kafka
        .alter_group_offsets(&group, &[(&topic, 0, 6)])
        .await
        .unwrap();
    let refused = rollcall(&up(kafka, &topic, &group)).await.unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stderr);
    for part in [&group, &topic, "6", "--join"] {
        assert!(
            refused.stderr.contains(part),
            "{part:?} is not in {}",
            refused.stderr
        );
    }
    assert_eq!(kafka.committed(&group, &topic, 0).await.unwrap(), Some(6));

    let args = [&up(kafka, &topic, &group)[..], &["--join"]].concat();
    let mut running = Service::start("rollcall", &args).await.unwrap();
    let command = Rollcall::of(listens(&mut running).await);
    eventually("reading goes on at the commit", SOON, async || {
        let gathered = command.run(&["gather"]).await?;
        let first: serde_json::Value =
            serde_json::from_str(gathered.stdout.lines().next().unwrap_or_default())?;
        ensure!(first["offset"] == 6, "{}", gathered.stdout);
        Ok(())
    })
    .await
    .unwrap();
    running.terminate().unwrap();
    assert_eq!(running.end(SOON).await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn up_refuses_a_group_with_members_and_names_them() {
    let kafka = Kafka::shared().await;
    let (topic, group) = topic_and_group(kafka).await;
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", kafka.bootstrap())
        .set("group.id", &group);
    config
        .set("client.id", "the-application")
        .set("group.protocol", "consumer")
        .set("enable.auto.commit", "false");
    let member: BaseConsumer = config.create().unwrap();
    member.subscribe(&[&topic]).unwrap();
    eventually("the member has its partition", SOON, async || {
        member.poll(Duration::ZERO);
        ensure!(member.assignment()?.count() == 1);
        Ok(())
    })
    .await
    .unwrap();
    let refused = rollcall(&up(kafka, &topic, &group)).await.unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stderr);
    for part in ["the-application", "127.0.0.1", "--join"] {
        assert!(
            refused.stderr.contains(part),
            "{part:?} is not in {}",
            refused.stderr
        );
    }
    assert_eq!(
        member.assignment().unwrap().count(),
        1,
        "looking disturbs nobody"
    );
}

#[tokio::test]
async fn a_forgotten_bootstrap_is_a_usage_error_and_a_wrong_one_ends_in_time() {
    let forgotten = rollcall(&["up", "-g", "g", "-t", "t"]).await.unwrap();
    assert_eq!(forgotten.status.code(), Some(64));
    assert!(
        forgotten.stderr.contains("--bootstrap-server"),
        "{}",
        forgotten.stderr
    );
    let port = rollcall_tests::ports::free().unwrap();
    let nobody = format!("127.0.0.1:{port}");
    let args = [
        "up",
        "-b",
        &nobody,
        "-g",
        "g",
        "-t",
        "t",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
    ];
    let wrong = rollcall(&args).await.unwrap();
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.stderr);
    assert!(wrong.stderr.contains(&nobody), "{}", wrong.stderr);
}
