//! Which groups are judged, where none is named.

use std::time::Duration;

use rollcall_tests::Kafka;
use rollcall_tests::kafka::unique;
use serde_json::Value;

use crate::look::{doctor, ends_with};

/// Two groups on a topic each.
async fn two(kafka: &Kafka) -> [(String, String); 2] {
    let pair = || (unique("chosen"), unique("chosen"));
    let both = [pair(), pair()];
    for (group, topic) in &both {
        kafka.create_topic(topic, 1, &[]).await.unwrap();
        let commits = [(topic.as_str(), 0, 0)];
        kafka.alter_group_offsets(group, &commits).await.unwrap();
    }
    both
}

/// The documents of all groups, by the groups' names.
async fn doctor_json(args: &[&str]) -> Vec<Value> {
    let (ended, _) = doctor(&[args, &["-o", "json"]].concat()).await.unwrap();
    let documents = ended.stdout.lines().map(serde_json::from_str);
    let mut documents: Vec<Value> = documents.collect::<Result<_, _>>().unwrap();
    documents.sort_by_key(|document| document["group"].to_string());
    documents
}

fn group_and_topic(document: &Value) -> (&str, &str) {
    let [group, topic] = [&document["group"], &document["topics"][0]["topic"]];
    (group.as_str().unwrap(), topic.as_str().unwrap())
}

#[tokio::test]
async fn groups_that_are_named_in_one_command_are_each_judged_and_no_other() {
    let kafka = Kafka::shared().await;
    let ([(first, topic), (second, other)], [(third, _), _]) = tokio::join!(two(kafka), two(kafka));
    let args = ["-b", kafka.bootstrap(), "-g", &first, "-g", &second];
    let (table, json) = tokio::join!(doctor(&args), doctor_json(&args));
    let table = table.unwrap().0.stdout;
    assert!(table.contains("2 groups:"), "{table}");
    assert!(!table.contains(&third), "{table}");
    let judged: Vec<(&str, &str)> = json.iter().map(group_and_topic).collect();
    let mut named = [(first.as_str(), topic.as_str()), (&second, &other)];
    named.sort_unstable();
    assert_eq!(judged, named, "{json:#?}");
}

#[tokio::test]
async fn a_topic_without_a_group_means_every_group_on_it_and_no_other() {
    let kafka = Kafka::shared().await;
    let [(group, topic), (other, _)] = two(kafka).await;
    let args = ["-b", kafka.bootstrap(), "-t", &topic, "-o", "json"];
    let (ended, _) = doctor(&args).await.unwrap();
    assert!(ended.stdout.contains(&group), "{}", ended.stdout);
    assert!(!ended.stdout.contains(&other), "{}", ended.stdout);
}

#[tokio::test]
async fn a_topic_that_nobody_reads_ends_the_look_with_a_word() {
    let kafka = Kafka::shared().await;
    let topic = unique("lonely");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let args = ["-b", kafka.bootstrap(), "-t", &topic, "--for", "75s"];
    let says = "has to do with what was asked for";
    let (ended, took) = ends_with(2, &args).await.unwrap();
    assert!(ended.stdout.contains(says), "{}", ended.stdout);
    assert!(took < Duration::from_secs(60), "{took:?}");
    let json = [&args[..], &["-o", "json"]].concat();
    let (ended, _) = ends_with(2, &json).await.unwrap();
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn all_groups_are_all_that_the_cluster_has() {
    let kafka = Kafka::shared().await;
    let both = two(kafka).await;
    let args = ["-b", kafka.bootstrap(), "--all-groups", "-o", "json"];
    let (ended, _) = doctor(&args).await.unwrap();
    for (group, topic) in &both {
        let mut lines = ended.stdout.lines();
        let own = lines.find(|line| line.contains(group));
        assert!(
            own.is_some_and(|line| line.contains(topic)),
            "{}",
            ended.stdout
        );
    }
}
