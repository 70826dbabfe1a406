//! What the doctor leaves as it was: the group's members, generation and commits, and the topics of the cluster.

use anyhow::ensure;
use rollcall_tests::kafka::{CONSUMER_GROUPS, TOPICS, unique};
use rollcall_tests::member::Member;
use rollcall_tests::{Kafka, Producer, eventually};
use std::time::Duration;

use crate::look::doctor;

const SOON: Duration = Duration::from_secs(60);

/// What Kafka's tools say of the group and of the topics.
async fn seen(kafka: &Kafka, group: &str) -> [String; 4] {
    let describe = async |what: &str| {
        let args = ["--describe", "--group", group, what];
        kafka.tool(CONSUMER_GROUPS, &args).await.unwrap()
    };
    [
        // The verbose list has the members' epochs, the state has the group's.
        kafka
            .tool(
                CONSUMER_GROUPS,
                &["--describe", "--group", group, "--members", "--verbose"],
            )
            .await
            .unwrap(),
        describe("--state").await,
        describe("--offsets").await,
        kafka.tool(TOPICS, &["--list"]).await.unwrap(),
    ]
}

#[tokio::test]
async fn members_generation_commits_and_topics_are_as_they_were() {
    // Where topics come into being by being asked for.
    let settings = [("auto.create.topics.enable", "true")];
    let kafka = Kafka::start_with(rollcall_tests::Version::V4_3, &settings)
        .await
        .unwrap();
    for protocol in ["classic", "consumer"] {
        let (group, topic) = (unique(protocol), unique(protocol));
        kafka.create_topic(&topic, 2, &[]).await.unwrap();
        let producer = Producer::new(kafka.bootstrap()).unwrap();
        producer.numbers(&topic, None, 0..50).await.unwrap();
        let member = Member::join(
            kafka.bootstrap(),
            &group,
            &[&topic],
            &[("group.protocol", protocol)],
        )
        .unwrap();
        member.until_it_read(50).await.unwrap();
        let committed = async || {
            let mut sum = 0;
            for partition in 0..2 {
                sum += kafka
                    .committed(&group, &topic, partition)
                    .await?
                    .unwrap_or(0);
            }
            ensure!(sum == 50, "{sum} of 50");
            Ok(())
        };
        eventually("all is committed", SOON, committed)
            .await
            .unwrap();
        let before = seen(&kafka, &group).await;
        let missing = unique("missing");
        let all = ["-b", kafka.bootstrap(), "-g", &group, "--for", "6s"];
        doctor(&all).await.unwrap();
        doctor(&[&all[..], &["-t", &missing]].concat())
            .await
            .unwrap();
        let after = seen(&kafka, &group).await;
        assert_eq!(before, after, "{protocol}");
    }
}
