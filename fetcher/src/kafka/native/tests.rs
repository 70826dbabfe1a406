use std::collections::BTreeSet;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::topic_partition_list::{Offset as Position, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic, TopicId};
use rollcall_proto::time::Clock;

use super::*;
use crate::kafka::context::{Context, Rebalance};
use crate::kafka::observer::list;

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

/// A topic of one partition with these records' headers, on a cluster that goes with it.
fn written(headers: &[Option<(&str, &str)>]) -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("A", 1, 1).unwrap();
    write(&cluster, headers);
    cluster
}

fn write(cluster: &MockCluster<'_, DefaultProducerContext>, headers: &[Option<(&str, &str)>]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .create()
        .unwrap();
    for header in headers {
        let record = BaseRecord::<str, str>::to("A").partition(0).payload("v");
        let record = match header {
            Some((key, value)) => record.headers(OwnedHeaders::new().insert(Header {
                key,
                value: Some(*value),
            })),
            None => record,
        };
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(SOON).unwrap();
}

/// A member of a group. It has to leave: librdkafka waits for that when it is dropped.
struct Joined(GroupConsumer);

impl Drop for Joined {
    fn drop(&mut self) {
        if self.0.close().is_ok() {
            while !self.0.is_closed() {
                drop(self.0.poll(Duration::from_millis(10)));
            }
        }
    }
}

/// A member of a group that reads the topic from its beginning.
fn member(cluster: &MockCluster<'_, DefaultProducerContext>) -> Joined {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", "G")
        .set("group.protocol", "consumer")
        .set("auto.offset.reset", "error")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true");
    let (events, _listener) = tokio::sync::mpsc::channel(64);
    let context = Context::new("A", Clock::start(), events);
    let joined = Joined(GroupConsumer::new(&config, topic("A"), true, context).unwrap());
    let member = &joined.0;
    let begins = (0..500).any(|_| {
        drop(member.poll(Duration::from_millis(10)));
        matches!(member.next_rebalance(), Some(Rebalance::Assigned(_)))
    });
    assert!(begins);
    let whole = list(&topic("A"), &[Partition(0)], Position::Beginning).unwrap();
    member.incremental_assign(&whole).unwrap();
    joined
}

/// Takes what comes until the partition's end, the first of it once everything is there.
fn taken<'a>(member: &'a GroupConsumer, records: usize) -> Vec<Message<'a>> {
    let mut taken = Vec::new();
    taken.extend(member.poll(SOON));
    let fetched = (0..500).any(|_| {
        let many = records + 1 - taken.len();
        member.poll_many(many, &mut taken);
        std::thread::sleep(Duration::from_millis(10));
        taken.last().is_some_and(Message::is_end)
    });
    assert!(fetched);
    taken
}

#[test]
fn records_that_come_at_once_are_whole_and_so_are_their_headers() {
    let cluster = written(&[None, Some(("name", "value")), None]);
    let member = member(&cluster);
    let taken = taken(&member.0, 3);
    let told: Vec<_> = taken
        .iter()
        .filter(|message| message.is_record())
        .map(|message| (message.value().unwrap().to_vec(), message.headers().count()))
        .collect();
    let value = || b"v".to_vec();
    assert_eq!(told, [(value(), 0), (value(), 1), (value(), 0)]);
    let named = taken[1].headers().next();
    assert_eq!(named, Some((&b"name"[..], Some(&b"value"[..]))));
}

/// What makes reading a fetcher's records cheap rests on the layout of one version of librdkafka; with another one it has
/// to be looked at again.
#[test]
fn records_without_headers_are_known_without_asking() {
    assert!(*message::IS_KNOWN_LAYOUT);
    let cluster = written(&[None, Some(("n", "")), None]);
    let member = member(&cluster);
    let taken = taken(&member.0, 3);
    let known = taken.iter().map(Message::surely_has_no_headers);
    assert_eq!(known.collect::<Vec<_>>(), [true, false, true, false]);
}

/// Once the first half fails, librdkafka has learnt it, and nothing has to be mended any more.
#[test]
fn an_end_that_comes_among_records_puts_the_position_one_too_far_until_it_is_assigned_anew() {
    let cluster = written(&[None, None]);
    let joined = member(&cluster);
    let member = &joined.0;
    let end = taken(member, 2).pop().unwrap().offset();
    assert_eq!(end, Offset::known(2));
    let at = member.positions().unwrap();
    assert_eq!(at, [(Partition(0), Offset::known(3))]);
    let ends: Vec<_> = member.ends([Partition(0)].into_iter()).collect();
    assert_eq!(ends, [Offset::known(2)]);

    let all = member.held_of(&[Partition(0)]).unwrap();
    member.incremental_unassign(&all).unwrap();
    let mut anew = TopicPartitionList::new();
    anew.add_partition("A", 0)
        .set_offset(Position::Offset(2))
        .unwrap();
    member.incremental_assign(&anew).unwrap();
    write(&cluster, &[None]);
    let next = (0..500).find_map(|_| {
        let message = member.poll(Duration::from_millis(10));
        message.filter(Message::is_record)
    });
    assert_eq!(next.unwrap().offset(), Offset::known(2));
}

/// Kafka's broker says of an epoch where the first record of a later one is; the embedded one where its last record ended.
#[test]
fn a_place_that_another_history_of_the_log_has_overwritten_is_found_out_when_it_is_validated() {
    let cluster = MockCluster::new(2).unwrap();
    cluster.create_topic("A", 1, 2).unwrap();
    cluster.partition_leader("A", 0, Some(1)).unwrap();
    write(&cluster, &[None, None]);
    let joined = member(&cluster);
    let first = taken(&joined.0, 2).remove(0).leader_epoch();
    cluster.partition_leader("A", 0, Some(2)).unwrap();
    write(&cluster, &[None, None]);
    let said = |offset: i64| {
        let place = LogPosition {
            offset: Offset::known(offset).unwrap(),
            leader_epoch: first,
        };
        let list = list_of(&topic("A"), [(Partition(0), place)]).unwrap();
        assert_eq!(leader_epochs(&list), [first]);
        let held = joined.0.held_of(&[Partition(0)]).unwrap();
        joined.0.incremental_unassign(&held).unwrap();
        joined.0.incremental_assign(&list).unwrap();
        assert_eq!(joined.0.validate(list).unwrap(), BTreeSet::new());
        let mut answers = (0..500).filter_map(|_| joined.0.poll(Duration::from_millis(10)));
        let answer = answers.next().unwrap();
        answer.error().map(|(_, text)| text)
    };
    assert!(first.is_some());
    assert_eq!(said(2), None, "so far the first leader had come");
    let error = said(3).unwrap();
    assert!(error.contains("log truncation detected at"), "{error}");
}

#[test]
fn a_commit_keeps_the_epoch_that_it_was_made_with() {
    let cluster = written(&[None, None]);
    let joined = member(&cluster);
    let last = taken(&joined.0, 2).remove(1);
    let (offset, leader_epoch) = (last.offset().unwrap(), last.leader_epoch());
    let place = LogPosition {
        offset,
        leader_epoch,
    };
    let list = list_of(&topic("A"), [(Partition(0), place)]).unwrap();
    joined.0.commit(&list).unwrap();
    let asked = list_of(&topic("A"), [(Partition(0), LogPosition::default())]).unwrap();
    let committed = joined.0.committed(asked, SOON).unwrap();
    assert_eq!(
        committed.elements()[0].offset(),
        Position::Offset(offset.get())
    );
    assert_eq!(leader_epochs(&committed), [leader_epoch]);
}
