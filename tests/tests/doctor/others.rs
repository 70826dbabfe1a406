//! The other commands that take a group from outside: recorded, judged again, tuned, and watched.

use std::time::Duration;

use rollcall_tests::kafka::unique;
use rollcall_tests::process::run;
use rollcall_tests::scratch;
use rollcall_tests::{Kafka, Producer, Record};
use serde_json::Value;

/// Longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// A group without a member that has not read the last of forty records, which were written 2 s apart.
struct Left {
    kafka: &'static Kafka,
    group: String,
    topic: String,
}

impl Left {
    async fn make() -> Self {
        let kafka = Kafka::shared().await;
        let (group, topic) = (unique("left"), unique("left"));
        kafka.create_topic(&topic, 1, &[]).await.unwrap();
        let producer = Producer::new(kafka.bootstrap()).unwrap();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let now = i64::try_from(now).unwrap();
        let at = |number| now - (40 - i64::try_from(number).unwrap()) * 2_000;
        let records = (0..40).map(|n| Record::numbered(n).to_partition(0).at(at(n)));
        producer.send_all(&topic, records.collect()).await.unwrap();
        let commits = [(topic.as_str(), 0, 39)];
        kafka.alter_group_offsets(&group, &commits).await.unwrap();
        Self {
            kafka,
            group,
            topic,
        }
    }

    /// A command about the group from outside, which ends with this exit code; what it printed.
    async fn asked(&self, exit: i32, command: &[&str]) -> String {
        let reach = ["-b", self.kafka.bootstrap(), "-g", &self.group];
        let args = [command, &reach].concat();
        let ended = run("rollcall", &args, PATIENCE).await.unwrap();
        let code = ended.status.code();
        assert_eq!(
            code,
            Some(exit),
            "{args:?}: {}{}",
            ended.stdout,
            ended.stderr
        );
        ended.stdout
    }
}

#[tokio::test]
async fn what_was_recorded_from_outside_is_judged_again_offline() {
    let left = Left::make().await;
    let file = scratch::directory("recorded").unwrap().join("t.ndjson.gz");
    let file = file.to_str().unwrap();
    left.asked(0, &["record", file, "--for", "3s"]).await;
    let args = ["explain", &left.topic, "--from", file];
    let explained = run("rollcall", &args, PATIENCE).await.unwrap();
    let text = explained.stdout;
    assert!(text.contains("NO_MEMBER"), "{text}{}", explained.stderr);
    assert!(text.contains("group description"), "{text}");
}

#[tokio::test]
async fn a_group_from_outside_is_tuned_by_its_topics_log() {
    let left = Left::make().await;
    let advice = left.asked(0, &["tune", "-o", "json"]).await;
    let advice: Value = serde_json::from_str(&advice).unwrap();
    let topic = &advice["topics"][0];
    assert_eq!(topic["topic"], left.topic.as_str(), "{advice:#}");
    // Thirty-nine gaps of 2 s.
    let timeout = topic["timeout"].as_str().unwrap_or_default();
    let seconds: f64 = timeout.trim_end_matches('s').parse().unwrap();
    assert!((1.8..2.2).contains(&seconds), "{advice:#}");
}

#[tokio::test]
async fn the_history_of_a_group_from_outside_is_what_was_said_while_it_was_watched() {
    let left = Left::make().await;
    let document = left
        .asked(0, &["history", "--for", "13s", "-o", "json"])
        .await;
    let document: Value = serde_json::from_str(&document).unwrap();
    let newest = &document["verdicts"][0];
    assert_eq!(newest["code"], "VERDICT_CODE_NO_MEMBER", "{document:#}");
    assert_eq!(
        newest["severity"], "SEVERITY_FAULT",
        "after 10 s: {document:#}"
    );
    let before = &document["verdicts"][1];
    assert!(before["until"].is_string(), "{document:#}");

    let screen = left
        .asked(0, &["history", &left.topic, "--for", "2s"])
        .await;
    for says in ["NO_MEMBER", "group description", "Watched from outside for"] {
        assert!(screen.contains(says), "{says} is missing in {screen}");
    }
    left.asked(64, &["history", "--gather", "1"]).await;
}
