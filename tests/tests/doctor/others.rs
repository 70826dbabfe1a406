//! The other commands that take a group from outside: recorded, judged again, tuned, and watched.

use std::time::Duration;

use rollcall_tests::kafka::unique;
use rollcall_tests::process::run;
use rollcall_tests::scratch;
use rollcall_tests::{Kafka, Producer, Record};
use serde_json::Value;

/// Longer than any of them takes.
const PATIENCE: Duration = Duration::from_secs(40);

/// What is in the records, and in nothing that is said of them.
const KEY: &str = "4929-1234-5678-9012";
const HEADER: &[u8] = b"Alice-Example";

/// A group without a member that has not read the last of forty records, which were written 10 s apart.
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
        let at = |number| now - (40 - i64::try_from(number).unwrap()) * 10_000;
        let record = |n| {
            Record::numbered(n)
                .with_key(KEY)
                .with_header("h", Some(HEADER))
        };
        let records = (0..40).map(|n| record(n).to_partition(0).at(at(n)));
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

    let why_not = [&args[..], &["--why-not", "CAUGHT_UP"]].concat();
    let tried = run("rollcall", &why_not, PATIENCE).await.unwrap();
    assert!(
        tried.stdout.contains("its verdict is NO_MEMBER"),
        "{tried:?}"
    );
    assert!(tried.stdout.contains(" fails "), "{tried:?}");
}

#[tokio::test]
async fn a_trace_has_nothing_of_the_records_although_they_were_read() {
    let left = Left::make().await;
    let file = scratch::directory("payload").unwrap().join("t.ndjson");
    left.asked(0, &["record", file.to_str().unwrap(), "--for", "3s"])
        .await;
    let trace = std::fs::read_to_string(file).unwrap();
    assert!(trace.contains(&left.topic), "{trace}");
    assert!(trace.contains("\"arrivals\""), "they were read: {trace}");
    for secret in [KEY, "Alice-Example"] {
        assert!(!trace.contains(secret), "{secret} is in {trace}");
    }
}

#[tokio::test]
async fn why_a_verdict_is_not_given_is_told_from_outside_and_a_misspelt_one_is_a_usage_error() {
    let left = Left::make().await;
    let why_not = |code| ["explain", left.topic.as_str(), "--why-not", code];
    let screen = left.asked(1, &why_not("STUCK_WITH_LAG")).await;
    assert!(screen.contains("its verdict is NO_MEMBER"), "{screen}");
    let reach = ["-b", left.kafka.bootstrap(), "-g", &left.group];
    let args = [&why_not("STUCK_WITH_LG")[..], &reach].concat();
    let wrong = run("rollcall", &args, PATIENCE).await.unwrap();
    assert_eq!(wrong.status.code(), Some(64), "{wrong:?}");
    assert!(wrong.stderr.contains("STUCK_WITH_LAG"), "{wrong:?}");
}

#[tokio::test]
async fn sentences_are_chinese_where_that_is_asked_for_and_codes_and_names_stay() {
    let left = Left::make().await;
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for (exit, command, stays) in [
        (0, &["tune"][..], "timeout_ms"),
        (1, &["doctor"], "NO_MEMBER"),
        (1, &["doctor", "-o", "wide"], "NO_MEMBER"),
        (0, &["history", "--for", "2s"], "NO_MEMBER"),
    ] {
        let screen = left
            .asked(exit, &[command, &["--lang", "zh"]].concat())
            .await;
        assert!(screen.contains(is_chinese), "{command:?}: {screen}");
        assert!(screen.contains(stays), "{command:?}: {screen}");
        assert!(screen.contains(&left.topic), "{command:?}: {screen}");
    }
    let plain = left
        .asked(1, &["doctor", "-o", "json", "--lang", "zh"])
        .await;
    assert!(!plain.contains(is_chinese), "{plain}");
}

#[tokio::test]
async fn a_group_from_outside_is_tuned_by_its_topics_log() {
    let left = Left::make().await;
    let advice = left.asked(0, &["tune", "-o", "json"]).await;
    let advice: Value = serde_json::from_str(&advice).unwrap();
    let topic = &advice["topics"][0];
    assert_eq!(topic["topic"], left.topic.as_str(), "{advice:#}");
    // Thirty-nine gaps of 10 s.
    let timeout = topic["timeout"].as_str().unwrap_or_default();
    let seconds: f64 = timeout.trim_end_matches('s').parse().unwrap();
    assert!((9.0..11.0).contains(&seconds), "{advice:#}");
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
