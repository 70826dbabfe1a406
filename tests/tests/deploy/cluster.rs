//! Six pods' worth of processes with the manifests' settings: they start, answer as one roll, and end.

use rollcall_tests::cluster::{Cluster, Manifests};
use rollcall_tests::kafka::unique;
use rollcall_tests::{Kafka, Rollcall};
use serde_json::Value;

#[tokio::test]
async fn the_pods_of_the_manifests_are_one_roll_as_processes_and_end_within_their_grace() {
    let manifests = Manifests::render().await.unwrap();
    assert_eq!(manifests.fetchers.len(), 6);
    let cluster = Cluster::start(Kafka::shared().await, manifests)
        .await
        .unwrap();

    let said = cluster.ask(&["status", "-o", "json"]).await.unwrap();
    let status: Value = serde_json::from_str(&said.stdout).unwrap();
    let topics = status["topics"].as_array().unwrap();
    let mut named: Vec<_> = topics
        .iter()
        .map(|topic| topic["topic"].as_str().unwrap())
        .collect();
    let mut expected: Vec<_> = cluster.topics().collect();
    named.sort_unstable();
    expected.sort_unstable();
    assert_eq!(named, expected);
    assert_eq!(status["group"], "rollcall");
    for topic in topics {
        assert_eq!(
            topic["verdict"]["code"], "VERDICT_CODE_TOPIC_EMPTY",
            "{topic}"
        );
    }

    // The token of the manifests' Secret is wanted.
    let stranger = Rollcall::of(cluster.address());
    let refused = stranger.run(&["status"]).await.unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stdout);

    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_of_the_cluster_that_dies_is_named() {
    let mut manifests = Manifests::render().await.unwrap();
    manifests.fetchers.truncate(1);
    let (topic, group) = (unique("dies"), unique("group"));
    for pod in [&mut manifests.aggregator, &mut manifests.fetchers[0]] {
        let mut set =
            |name: &str, value: &str| pod.settings.insert(name.to_owned(), value.to_owned());
        set("ROLLCALL_TOPIC", &topic);
        if pod.settings.contains_key("ROLLCALL_GROUP") {
            pod.settings
                .insert("ROLLCALL_GROUP".to_owned(), group.clone());
        }
    }
    let kafka = Kafka::shared().await;
    let mut cluster = Cluster::start(kafka, manifests).await.unwrap();
    assert_eq!(cluster.ended().unwrap(), None);

    let fetcher = cluster.processes().last().unwrap();
    let name = fetcher.pod.name.clone();
    fetcher.service.kill().unwrap();
    let (ended, status) = cluster.ended().unwrap().unwrap();
    assert_eq!(ended, name);
    assert!(!status.success(), "{status}");
}
