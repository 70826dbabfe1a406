use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{Partition, Topic, TopicId};

use super::*;

const SOON: Duration = Duration::from_secs(5);

fn consumer(bootstrap: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .create()
        .unwrap()
}

fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

#[test]
fn the_embedded_broker_is_recognised_and_gets_a_stand_in_id() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    let consumer = consumer(&cluster.bootstrap_servers());
    assert!(is_embedded(consumer.client(), SOON));
    let id = topic_id(consumer.client(), &topic("A"), None, SOON).unwrap();
    assert_eq!(id, Some(TopicId::embedded(&topic("A"))));
}

#[test]
fn metadata_names_partitions_leaders_and_brokers() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("A", 3, 1).unwrap();
    for (partition, leader) in [(0, Some(1)), (1, Some(2)), (2, None)] {
        cluster.partition_leader("A", partition, leader).unwrap();
    }
    let consumer = consumer(&cluster.bootstrap_servers());
    let metadata = topic_metadata(consumer.client(), &topic("A"), SOON).unwrap();
    assert!(metadata.exists && metadata.embedded);
    let leaders: Vec<_> = metadata
        .partitions
        .iter()
        .map(|entry| (entry.partition, entry.leader))
        .collect();
    assert_eq!(
        leaders,
        [
            (Partition(0), Some(1)),
            (Partition(1), Some(2)),
            (Partition(2), None)
        ]
    );
    let addresses: Vec<_> = metadata.brokers.into_values().collect();
    assert_eq!(addresses.join(","), cluster.bootstrap_servers());
}

#[test]
fn a_missing_topic_is_an_answer_and_a_missing_right_is_an_error() {
    let cluster = MockCluster::new(1).unwrap();
    let consumer = consumer(&cluster.bootstrap_servers());
    let metadata = topic_metadata(consumer.client(), &topic("NOWHERE"), SOON).unwrap();
    assert!(!metadata.exists && metadata.partitions.is_empty());

    let denied = rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    cluster.create_topic("A", 1, 1).unwrap();
    cluster.topic_error("A", denied).unwrap();
    let error = topic_metadata(consumer.client(), &topic("A"), SOON).unwrap_err();
    assert_eq!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::TopicAuthorizationFailed)
    );
}

#[test]
fn a_cluster_that_is_not_there_is_an_error_within_the_timeout() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let consumer = consumer(&address);
    let timeout = Duration::from_millis(300);
    assert!(topic_metadata(consumer.client(), &topic("A"), timeout).is_err());
    assert!(topic_id(consumer.client(), &topic("A"), None, timeout).is_err());
    assert!(describe_group(consumer.client(), "G", timeout).is_err());
}

#[test]
fn a_client_without_a_group_has_no_member_id_and_a_member_has_one() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    let bootstrap = cluster.bootstrap_servers();
    assert_eq!(member_id(consumer(&bootstrap).client()), None);

    let member: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "G")
        .set("group.protocol", "consumer")
        .create()
        .unwrap();
    member.subscribe(&["A"]).unwrap();
    let joined = (0..500).any(|_| {
        member.poll(Duration::from_millis(10));
        member.assignment().unwrap().count() == 1
    });
    assert!(joined);
    assert!(member_id(member.client()).is_some());
}

#[test]
fn the_embedded_broker_says_at_once_that_it_describes_no_groups() {
    let cluster = MockCluster::new(1).unwrap();
    let consumer = consumer(&cluster.bootstrap_servers());
    let error = describe_group(consumer.client(), "G", SOON).unwrap_err();
    assert_eq!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnsupportedFeature)
    );
}

#[test]
fn the_embedded_broker_says_at_once_that_it_lists_no_commits() {
    let cluster = MockCluster::new(1).unwrap();
    let reader: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "G")
        .create()
        .unwrap();
    let error = group_commits(&reader, "G", SOON).unwrap_err();
    assert_eq!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnsupportedFeature)
    );
}

#[test]
fn commits_are_not_asked_for_by_a_client_that_a_refusal_would_crash() {
    let groupless = consumer("127.0.0.1:9");
    let error = group_commits(&groupless, "G", SOON).unwrap_err();
    assert_eq!(
        error.rdkafka_error_code(),
        Some(RDKafkaErrorCode::UnknownGroup)
    );
}
