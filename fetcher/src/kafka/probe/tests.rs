use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset as Position, TopicPartitionList};
use rollcall_proto::v1::IsolationLevel;

use super::*;

const SOON: Duration = Duration::from_secs(5);
const FETCH_WAIT: Duration = Duration::from_millis(50);

fn base(cluster: &MockCluster<'_, impl ClientContext>) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap_servers());
    config
}

fn probe(isolation_level: IsolationLevel) -> Probe {
    Probe::new(Topic::new("A").unwrap(), isolation_level, FETCH_WAIT)
}

fn produce(base: &ClientConfig, partition: i32, count: usize) {
    let producer: BaseProducer = base.create().unwrap();
    for _ in 0..count {
        let record = BaseRecord::<(), str>::to("A")
            .partition(partition)
            .payload("x");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(SOON).unwrap();
}

#[test]
fn a_round_measures_every_partition() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    cluster.partition_leader("A", 0, Some(1)).unwrap();
    cluster.partition_leader("A", 1, Some(2)).unwrap();
    let base = base(&cluster);
    produce(&base, 1, 3);
    let observer = Observer::new(&base).unwrap();
    let probed = probe(IsolationLevel::ReadCommitted).round(&observer, None);
    assert_eq!(probed.topic_exists, Some(true));
    assert_eq!(probed.topic_id, "mock:A");
    assert_eq!((probed.brokers, probed.failure), (2, None));
    let bootstrap = cluster.bootstrap_servers();
    let addresses: Vec<_> = bootstrap.split(',').collect();
    for (index, offset) in [(0, 0), (1, 3)] {
        let expected = v1::ProbedPartition {
            partition: index,
            high_watermark: Some(offset),
            last_stable_offset: Some(offset),
            log_start: Some(0),
            leader: Some(index + 1),
            leader_address: addresses[index as usize].to_owned(),
            ..Default::default()
        };
        assert_eq!(probed.partitions[index as usize], expected);
    }
}

fn stable(probed: &v1::Probed) -> Vec<Option<i64>> {
    let logs = probed.partitions.iter();
    logs.map(|log| log.last_stable_offset).collect()
}

#[test]
fn the_last_stable_offset_of_what_was_read_to_its_end_needs_no_question() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    let base = base(&cluster);
    produce(&base, 1, 3);
    let observer = Observer::new(&base).unwrap();
    let progress = Progress::default();
    let mut probe = probe(IsolationLevel::ReadCommitted).beside(progress.clone());
    let at = |offset| Offset::known(offset).unwrap();
    progress.placed(Partition(0), at(0));
    progress.placed(Partition(1), at(3));
    assert_eq!(stable(&probe.round(&observer, None)), [Some(0), Some(3)]);
    assert!(observer.asks_for_committed(), "nothing was read yet");
    let observer = Observer::new(&base).unwrap();
    progress.set(Partition(0), at(0));
    progress.set(Partition(1), at(3));
    assert_eq!(stable(&probe.round(&observer, None)), [Some(0), Some(3)]);
    assert!(!observer.asks_for_committed(), "nothing was asked");
    produce(&base, 1, 1);
    assert_eq!(stable(&probe.round(&observer, None)), [Some(0), Some(4)]);
    assert!(observer.asks_for_committed(), "one is not read to its end");
}

#[test]
fn the_last_stable_offset_of_a_log_that_stays_as_it_is_is_asked_for_no_more() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    let base = base(&cluster);
    produce(&base, 1, 3);
    let mut probe = probe(IsolationLevel::ReadCommitted);
    // The first round meets the topic; what it measures may have been asked for before the id was known.
    for _ in 0..2 {
        let observer = Observer::new(&base).unwrap();
        assert_eq!(stable(&probe.round(&observer, None)), [Some(0), Some(3)]);
        assert!(observer.asks_for_committed());
    }
    let observer = Observer::new(&base).unwrap();
    assert_eq!(stable(&probe.round(&observer, None)), [Some(0), Some(3)]);
    assert!(!observer.asks_for_committed(), "nothing was asked");
    produce(&base, 0, 1);
    assert_eq!(stable(&probe.round(&observer, None)), [Some(1), Some(3)]);
    assert!(observer.asks_for_committed(), "one was written to");
}

#[test]
fn the_last_stable_offset_is_not_asked_for_a_read_uncommitted_consumer() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let probed = probe(IsolationLevel::ReadUncommitted).round(&observer, None);
    assert_eq!(probed.partitions[0].high_watermark, Some(0));
    assert_eq!(probed.partitions[0].last_stable_offset, None);
}

#[test]
fn a_topic_that_is_missing_is_said_to_be_missing() {
    let cluster = MockCluster::new(1).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let mut probe = probe(IsolationLevel::ReadCommitted);
    let probed = probe.round(&observer, None);
    assert_eq!((probed.topic_exists, probed.failure), (Some(false), None));
    cluster.create_topic("A", 1, 1).unwrap();
    assert_eq!(probe.round(&observer, None).topic_exists, Some(true));
}

#[test]
fn a_cluster_that_does_not_answer_is_no_missing_topic() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &address);
    let observer = Observer::new(&config).unwrap();
    let probed = probe(IsolationLevel::ReadCommitted).round(&observer, None);
    assert_eq!(probed.topic_exists, None);
    let failure = probed.failure.unwrap();
    assert!(
        failure.contains(&address) && failure.contains("refused"),
        "{failure}"
    );
}

#[test]
fn a_leader_that_does_not_answer_fails_its_own_partitions_only() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    cluster.partition_leader("A", 0, Some(1)).unwrap();
    cluster.partition_leader("A", 1, Some(2)).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let mut probe = probe(IsolationLevel::ReadCommitted);
    assert_eq!(probe.round(&observer, None).partitions.len(), 2);
    cluster
        .broker_round_trip_time(2, Duration::from_secs(60))
        .unwrap();
    // Whichever broker the metadata is asked of.
    for _ in 0..3 {
        let probed = probe.round(&observer, None);
        assert_ne!(probed.topic_exists, Some(false));
        assert_eq!(probed.failure, None);
        assert_eq!(probed.partitions[0].high_watermark, Some(0));
        assert_eq!(probed.partitions[1].high_watermark, None);
        assert!(probed.partitions[1].failure.is_some());
        assert_eq!(probed.partitions[1].leader, Some(2));
    }
    cluster.broker_round_trip_time(2, Duration::ZERO).unwrap();
}

#[test]
fn the_address_of_a_leader_that_vanished_is_remembered() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 2, 1).unwrap();
    let observer = Observer::new(&base(&cluster)).unwrap();
    let mut probe = probe(IsolationLevel::ReadCommitted);
    probe.round(&observer, None);
    cluster.partition_leader("A", 1, None).unwrap();
    let started = Instant::now();
    let probed = probe.round(&observer, None);
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(probed.partitions[0].high_watermark, Some(0));
    assert_eq!(probed.partitions[1].leader, None);
    assert_eq!(
        probed.partitions[1].leader_address,
        cluster.bootstrap_servers()
    );
    assert!(probed.partitions[1].failure.is_some());
}

#[test]
fn commits_are_read_of_the_partitions_that_others_own() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 3, 1).unwrap();
    let mut config = base(&cluster);
    let observer = Observer::new(&config).unwrap();
    let reader = GroupReader::new(&config, "G").unwrap();
    let member: BaseConsumer = config.set("group.id", "G").create().unwrap();
    let mut list = TopicPartitionList::new();
    for partition in [0, 1] {
        list.add_partition("A", partition)
            .set_offset(Position::Offset(5))
            .unwrap();
    }
    member.commit(&list, CommitMode::Sync).unwrap();
    let assigned = BTreeSet::from([Partition(0)]);
    let commits = Commits {
        reader: &reader,
        assigned: &assigned,
    };
    let probed = probe(IsolationLevel::ReadCommitted).round(&observer, Some(commits));
    let committed: Vec<_> = probed
        .partitions
        .iter()
        .map(|partition| (partition.committed, partition.commit_known))
        .collect();
    assert_eq!(committed, [(None, false), (Some(5), true), (None, true)]);
}

#[test]
fn a_group_that_cannot_be_read_does_not_hold_up_the_log() {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    let config = base(&cluster);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let mut elsewhere = ClientConfig::new();
    elsewhere.set("bootstrap.servers", address);
    let reader = GroupReader::new(&elsewhere, "G").unwrap();
    let commits = Commits {
        reader: &reader,
        assigned: &BTreeSet::new(),
    };
    let observer = Observer::new(&config).unwrap();
    let probed = probe(IsolationLevel::ReadCommitted).round(&observer, Some(commits));
    assert_eq!(probed.partitions[0].high_watermark, Some(0));
    assert_eq!(probed.partitions[0].committed, None);
    assert!(!probed.partitions[0].commit_known);
}
