use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::*;

const SOON: Duration = Duration::from_secs(5);

fn base(cluster: &MockCluster<'_, impl ClientContext>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap_servers());
    config
}

fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

fn produce(base: &ClientConfig, topic: &str, partition: i32, count: usize) {
    let producer: BaseProducer = base.create().unwrap();
    for _ in 0..count {
        let record = BaseRecord::<(), str>::to(topic)
            .partition(partition)
            .payload("x");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(SOON).unwrap();
}

fn offsets(found: Result<Offsets, KafkaError>) -> Vec<(i32, i64)> {
    found
        .unwrap()
        .into_iter()
        .map(|(partition, offset)| (partition.0, offset.unwrap().get()))
        .collect()
}

#[test]
fn a_client_that_measures_has_none_of_a_members_times() {
    let mut config = ClientConfig::new();
    config
        .set("max.poll.interval.ms", "12000")
        .set("group.id", "g");
    Observer::new(&config).unwrap();
    let refused = config.create::<BaseConsumer>();
    assert!(refused.is_err(), "librdkafka compares them for a member");
}

#[test]
fn the_ends_of_every_partition_are_measured_without_a_group() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    let base = base(&cluster);
    produce(&base, "A", 1, 7);
    let observer = Observer::new(&base).unwrap();
    let partitions = [Partition(0), Partition(1)];
    let high = observer.high_watermarks(&topic("A"), &partitions, SOON);
    assert_eq!(offsets(high), [(0, 0), (1, 7)]);
    let stable = observer.last_stable_offsets(&topic("A"), &partitions, SOON);
    assert_eq!(offsets(stable), [(0, 0), (1, 7)]);
    let starts = observer.log_starts(&topic("A"), &partitions, SOON);
    assert_eq!(offsets(starts), [(0, 0), (1, 0)]);
}

#[test]
fn more_partitions_than_one_list_takes_are_all_measured() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 250, 1).unwrap();
    let base = base(&cluster);
    produce(&base, "A", 249, 3);
    let partitions: Vec<_> = (0..250).map(Partition).collect();
    let observer = Observer::new(&base).unwrap();
    let high = offsets(observer.high_watermarks(&topic("A"), &partitions, SOON));
    assert_eq!(high.len(), 250);
    assert_eq!(high[249], (249, 3));
}

#[test]
fn a_partition_that_does_not_exist_fails_alone() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let found = observer
        .high_watermarks(&topic("A"), &[Partition(0), Partition(9)], SOON)
        .unwrap();
    assert!(found[&Partition(0)].is_ok());
    assert!(found[&Partition(9)].is_err());
}

#[test]
fn nothing_asked_is_nothing_found() {
    let cluster = MockCluster::new(1).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let found = observer.high_watermarks(&topic("A"), &[], SOON).unwrap();
    assert!(found.is_empty());
}

#[test]
fn a_topic_is_not_created_by_looking_at_it() {
    let cluster = MockCluster::new(1).unwrap();
    let mut base = base(&cluster);
    base.set("allow.auto.create.topics", "true");
    let observer = Observer::new(&base).unwrap();
    for _ in 0..2 {
        assert!(!observer.metadata(&topic("A"), SOON).unwrap().exists);
    }
}

#[test]
fn a_groups_commits_are_read_without_joining_it() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    let mut config = base(&cluster);
    let reader = GroupReader::new(&config, "G").unwrap();
    let partitions = [Partition(0), Partition(1)];
    let before = reader.committed(&topic("A"), &partitions, SOON).unwrap();
    assert_eq!(before[&Partition(0)], None);

    config
        .set("group.id", "G")
        .set("enable.auto.commit", "false");
    let member: BaseConsumer = config.create().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition("A", 1)
        .set_offset(Position::Offset(5))
        .unwrap();
    member.commit(&list, CommitMode::Sync).unwrap();

    let after = reader.committed(&topic("A"), &partitions, SOON).unwrap();
    assert_eq!(after[&Partition(0)], None);
    assert_eq!(after[&Partition(1)], Offset::known(5));
}

#[test]
fn a_cluster_that_is_not_there_leaves_its_reason() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &address);
    let observer = Observer::new(&config).unwrap();
    let timeout = Duration::from_millis(500);
    assert!(observer.metadata(&topic("A"), timeout).is_err());
    let fault = observer.fault().unwrap();
    assert!(fault.text.contains(&address), "{fault:?}");
}
