use rdkafka::client::ClientContext;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rollcall_proto::v1::TimestampType;

use super::*;

const SOON: Duration = Duration::from_secs(5);
/// More than the default: the tests' machine may be busy.
const BOUNDS: Bounds = Bounds {
    partition_records: 100,
    partition_bytes: 64 << 10,
    time: SOON,
};

fn cluster(partitions: i32) -> (MockCluster<'static, impl ClientContext>, ClientConfig) {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", partitions, 1).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", cluster.bootstrap_servers());
    (cluster, config)
}

/// Writes one record of `bytes` bytes for each timestamp.
fn produce(config: &ClientConfig, partition: i32, millis: impl Iterator<Item = i64>, bytes: usize) {
    let producer: BaseProducer = config.create().unwrap();
    let payload = vec![b'x'; bytes];
    for millis in millis {
        let record = BaseRecord::<(), [u8]>::to("A")
            .partition(partition)
            .timestamp(millis)
            .payload(&payload);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(SOON).unwrap();
}

fn read_all(
    config: &ClientConfig,
    partitions: i32,
    bounds: Bounds,
) -> Result<v1::History, KafkaError> {
    read_within(config, partitions, bounds, &Budget::default())
}

fn read_within(
    config: &ClientConfig,
    partitions: i32,
    bounds: Bounds,
    budget: &Budget,
) -> Result<v1::History, KafkaError> {
    let partitions: Vec<_> = (0..partitions).map(Partition).collect();
    read(
        config,
        &Topic::new("A").unwrap(),
        &partitions,
        bounds,
        budget,
    )
}

fn millis(history: &v1::History) -> Vec<i64> {
    let millis = |at: &prost_types::Timestamp| at.seconds * 1000 + i64::from(at.nanos) / 1_000_000;
    history.arrivals.iter().map(millis).collect()
}

#[test]
fn the_newest_records_of_all_partitions_come_in_the_order_of_time() {
    let (_cluster, config) = cluster(3);
    let now = wall_millis();
    produce(&config, 0, [now - 3_000, now - 1_000].into_iter(), 10);
    produce(&config, 2, [now - 4_000, now - 2_000].into_iter(), 10);
    let history = read_all(&config, 3, BOUNDS).unwrap();
    assert_eq!(
        millis(&history),
        [now - 4_000, now - 3_000, now - 2_000, now - 1_000]
    );
    assert_eq!(history.timestamp_type(), TimestampType::CreateTime);
}

#[test]
fn of_a_long_log_only_the_tail_is_read() {
    let (_cluster, config) = cluster(1);
    let now = wall_millis();
    produce(&config, 0, (0..250).map(|index| now - 250 + index), 10);
    let history = read_all(&config, 1, BOUNDS).unwrap();
    let expected: Vec<_> = (150..250).map(|index| now - 250 + index).collect();
    assert_eq!(millis(&history), expected);
}

#[test]
fn of_large_records_fewer_are_read_and_the_newest() {
    let (_cluster, config) = cluster(1);
    let now = wall_millis();
    produce(&config, 0, (0..90).map(|index| now - 90 + index), 10_000);
    let history = read_all(&config, 1, BOUNDS).unwrap();
    let arrivals = millis(&history);
    assert_eq!(arrivals.last(), Some(&(now - 1)));
    assert!((2..10).contains(&arrivals.len()), "{arrivals:?}");
    assert!(arrivals.is_sorted_by(|a, b| a + 1 == *b));
}

#[test]
fn when_the_bytes_run_out_there_are_no_arrivals_and_the_history_says_why() {
    let (_cluster, config) = cluster(2);
    let now = wall_millis();
    for partition in 0..2 {
        let millis = (0..20).map(|index| now - 20 + index);
        produce(&config, partition, millis, 1_000);
    }
    let budget = Budget::of(3_000);
    let history = read_within(&config, 2, BOUNDS, &budget).unwrap();
    assert!(history.arrivals.is_empty() && history.budget_spent);
    assert_eq!(history.records, Some(40), "what needs no record is there");
    let left = budget.left(Instant::now());
    assert_eq!(left, 3_000, "nothing was begun that cannot be ended");
}

#[test]
fn readings_of_several_topics_share_their_bytes() {
    let (_cluster, config) = cluster(1);
    let now = wall_millis();
    produce(&config, 0, (0..100).map(|index| now - 100 + index), 1_000);
    let (budget, mut read, mut spent) = (Budget::of(100_000), 0, 0);
    while spent == 0 {
        let before = budget.left(Instant::now());
        let history = read_within(&config, 1, BOUNDS, &budget).unwrap();
        let used = before - budget.left(Instant::now());
        match history.budget_spent {
            true => spent += 1,
            false => assert!(!history.arrivals.is_empty() && used > 0),
        }
        read += used;
    }
    assert!(read <= 100_000, "{read}");
    assert!(
        budget.left(Instant::now()) < 10_000,
        "only what says nothing is left"
    );
}

#[test]
fn an_empty_topic_lacks_no_bytes() {
    let (_cluster, config) = cluster(1);
    let history = read_within(&config, 1, BOUNDS, &Budget::of(0)).unwrap();
    assert!(!history.budget_spent);
}

#[test]
fn an_empty_topic_has_an_empty_history_at_once() {
    let (_cluster, config) = cluster(6);
    let started = Instant::now();
    let history = read_all(&config, 6, BOUNDS).unwrap();
    assert!(history.arrivals.is_empty());
    assert!(started.elapsed() < SOON / 2);
}

#[test]
fn the_embedded_broker_has_no_time_index_and_no_rates() {
    let (_cluster, config) = cluster(1);
    produce(&config, 0, [wall_millis()].into_iter(), 10);
    let history = read_all(&config, 1, BOUNDS).unwrap();
    assert_eq!((history.arrivals.len(), history.rates), (1, vec![]));
}

#[test]
fn a_partition_without_a_leader_is_an_error_at_once() {
    let (cluster, config) = cluster(2);
    cluster.partition_leader("A", 1, None).unwrap();
    let started = Instant::now();
    assert!(read_all(&config, 2, BOUNDS).is_err());
    assert!(started.elapsed() < SOON / 2);
}

#[test]
fn a_cluster_that_is_not_there_costs_no_more_than_the_bound() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    let bounds = Bounds {
        time: Duration::from_millis(300),
        ..BOUNDS
    };
    let started = Instant::now();
    assert!(read_all(&config, 1, bounds).is_err());
    assert!(started.elapsed() < SOON / 2);
}
