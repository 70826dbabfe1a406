//! What is lost when a right is missing: against a real broker with access lists.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rollcall_fetcher::outside::{Groups, Options};
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::{GetStatusResponse, VerdictCode};
use rollcall_tests::evidence::{fact, length};
use rollcall_tests::kafka::{Acl, Mechanism, Operation, Resource, unique};
use rollcall_tests::{Kafka, Producer, Version};

use crate::look::{Look, options, verdict_of};
use crate::member::Member;

const LATER: Duration = Duration::from_secs(20);
/// What is taken for how long a transaction may be open, where that is not known.
const KAFKAS_DEFAULT: Duration = Duration::from_secs(910);

/// A group that has read ten records of a topic and is paused with ninety more.
struct Stuck {
    kafka: Kafka,
    group: String,
    topic: String,
    _member: Member,
}

/// A group, a topic of ten records, and the member that has read them.
async fn reading(kafka: &Kafka, settings: &[(&str, &str)]) -> (String, String, Member) {
    let (group, topic) = (unique("g"), unique("topic"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, None, 0..10).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[&topic], settings);
    let read = async || {
        let committed = kafka.committed(&group, &topic, 0).await?;
        anyhow::ensure!(committed == Some(10), "{committed:?}");
        Ok(())
    };
    rollcall_tests::wait::eventually("it is committed", LATER, read)
        .await
        .unwrap();
    (group, topic, member)
}

impl Stuck {
    async fn start() -> Self {
        let kafka = Kafka::secured().await.unwrap();
        let (group, topic, member) = reading(&kafka, &[]).await;
        member.pause();
        let producer = Producer::new(kafka.bootstrap()).unwrap();
        producer.numbers(&topic, None, 10..100).await.unwrap();
        Self {
            kafka,
            group,
            topic,
            _member: member,
        }
    }

    /// A look by somebody with these rights and no others, until the verdict; the topic is named.
    async fn look(&self, rights: &[Acl], code: VerdictCode) -> GetStatusResponse {
        self.kafka.add_acls(rights).await.unwrap();
        let mut look = Look::with(options_of(&self.kafka, &self.group, &self.topic));
        let found = look
            .until_verdict(&self.group, &self.topic, code, LATER)
            .await;
        // A right that is denied is known at once, and the log is not measured yet.
        let sees_log = rights.contains(&self.topic(Operation::Describe));
        let is_measured = |status: &GetStatusResponse| {
            let mut partitions = status.topics.iter().flat_map(|topic| &topic.partitions);
            !sees_log || partitions.any(|partition| partition.high_watermark.is_some())
        };
        let measured = |status: &GetStatusResponse| is_measured(status).then(|| status.clone());
        let status = look.until_found(&self.group, LATER, measured).await;
        self.kafka.remove_acls(rights).await.unwrap();
        assert!(found.is_ok(), "{rights:?}: {:?}", found.err());
        status.unwrap()
    }

    fn topic(&self, operation: Operation) -> Acl {
        Acl::allow(Resource::Topic(self.topic.clone()), operation)
    }

    fn group(&self, operation: Operation) -> Acl {
        Acl::allow(Resource::Group(self.group.clone()), operation)
    }
}

/// A look at one topic of a group, by the user whom rights are given to.
fn options_of(kafka: &Kafka, group: &str, topic: &str) -> Options {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", kafka.sasl());
    for (key, value) in kafka.sasl_settings(Mechanism::Plain) {
        client.set(key, value);
    }
    Options {
        client,
        topics: vec![Topic::new(topic).unwrap()],
        ..options("", &[group])
    }
}

fn missing(status: &GetStatusResponse) -> Vec<(&str, &str)> {
    let rights = &status.observation.as_ref().unwrap().missing_rights;
    let named = rights.iter();
    named
        .map(|right| (right.resource.as_str(), right.operation.as_str()))
        .collect()
}

#[tokio::test]
async fn each_right_that_is_missing_takes_its_facts_and_no_others() {
    let stuck = Stuck::start().await;
    let (on_topic, on_group) = (
        stuck.topic(Operation::Describe),
        stuck.group(Operation::Describe),
    );
    let reading = stuck.topic(Operation::Read);

    // Everything that is needed.
    let settings = stuck.topic(Operation::DescribeConfigs);
    let all = [
        on_topic.clone(),
        on_group.clone(),
        reading.clone(),
        settings,
    ];
    let status = stuck.look(&all, VerdictCode::StuckWithLag).await;
    assert_eq!(missing(&status), []);
    let partition = &status.topics[0].partitions[0];
    assert!(partition.oldest_unread_age.is_some() && partition.lag == Some(90));
    assert_eq!(partition.client_id, "app");

    // Without DESCRIBE_CONFIGS: how long records are kept is not known, everything else is.
    let rights = [on_topic.clone(), on_group.clone(), reading.clone()];
    let status = stuck.look(&rights, VerdictCode::StuckWithLag).await;
    assert_eq!(missing(&status), [("topic", "DESCRIBE_CONFIGS")]);
    let partition = &status.topics[0].partitions[0];
    assert!(partition.oldest_unread_age.is_some() && partition.lag == Some(90));

    // Without READ: no gaps, no age of the oldest record. The verdict stays.
    let rights = [on_topic.clone(), on_group.clone()];
    let status = stuck.look(&rights, VerdictCode::StuckWithLag).await;
    let both = [("topic", "DESCRIBE_CONFIGS"), ("topic", "READ")];
    assert_eq!(missing(&status), both);
    let partition = &status.topics[0].partitions[0];
    assert!(partition.oldest_unread_age.is_none() && partition.lag == Some(90));

    // Without DESCRIBE on the group: no commits, no members; the log is still measured.
    let rights = [on_topic, reading];
    let status = stuck.look(&rights, VerdictCode::AuthorizationDenied).await;
    assert_eq!(missing(&status), [("group", "DESCRIBE")]);
    let partition = &status.topics[0].partitions[0];
    assert_eq!(partition.high_watermark, Some(100));
    assert!(partition.committed.is_none() && partition.client_id.is_empty());

    // Without any right on the topic: the group is still described. Kafka hides commits of such a topic.
    let status = stuck
        .look(&[on_group], VerdictCode::AuthorizationDenied)
        .await;
    assert!(
        missing(&status).contains(&("topic", "DESCRIBE")),
        "{:?}",
        missing(&status)
    );
    let observation = status.observation.as_ref().unwrap();
    assert_eq!(
        (observation.state.as_str(), observation.members),
        ("Stable", Some(1))
    );
    assert!(verdict_of(&status, &stuck.topic).is_some());
}

/// How long a transaction may be open, by the verdict that names one.
fn transaction_limit(status: &GetStatusResponse, topic: &str) -> Option<Duration> {
    let verdict = verdict_of(status, topic)?;
    let open = verdict.code() == VerdictCode::OpenTransaction;
    open.then(|| length(fact(verdict, "transaction_limit").unwrap()).unwrap())
}

#[tokio::test]
async fn without_the_brokers_settings_a_transaction_may_be_open_as_long_as_kafka_allows_by_default()
{
    let limit = [("transaction.max.timeout.ms", "120000")];
    let kafka = Kafka::secured_with(Version::V4_3, &limit).await.unwrap();
    let committed = [("isolation.level", "read_committed")];
    let (group, topic, _member) = reading(&kafka, &committed).await;
    let id = unique("writer");
    let writer = Producer::transactional(kafka.bootstrap(), &id)
        .await
        .unwrap();
    writer.begin().unwrap();
    writer.numbers(&topic, Some(0), 10..20).await.unwrap();

    let on_topic = |operation| Acl::allow(Resource::Topic(topic.clone()), operation);
    let rights = [
        on_topic(Operation::Describe),
        on_topic(Operation::Read),
        on_topic(Operation::DescribeConfigs),
        Acl::allow(Resource::Group(group.clone()), Operation::Describe),
    ];
    kafka.add_acls(&rights).await.unwrap();
    // Until it was said how long a transaction may be open: 10 s more than that, for the broker to notice.
    let asked = async |expected: u64| {
        let mut look = Look::with(options_of(&kafka, &group, &topic));
        let expected = Duration::from_secs(expected + 10);
        let said = |status: &GetStatusResponse| {
            let limit = transaction_limit(status, &topic)?;
            let denied = missing(status).contains(&("cluster", "DESCRIBE_CONFIGS"));
            // Before the answer it is Kafka's default too.
            let answered = denied || limit != KAFKAS_DEFAULT;
            answered.then_some((limit, denied))
        };
        let found = look.until_found(&group, LATER, said).await;
        let (limit, denied) = found.unwrap_or_else(|| panic!("{:#?}", look.status(&group)));
        assert_eq!(limit, expected);
        denied
    };
    assert!(asked(900).await, "the right is missing");
    let brokers = Acl::allow(Resource::Cluster, Operation::DescribeConfigs);
    kafka.add_acls(&[brokers]).await.unwrap();
    assert!(!asked(120).await, "the right is there");
}

#[tokio::test]
async fn the_list_of_all_groups_leaves_out_those_that_may_not_be_described() {
    let kafka = Kafka::secured().await.unwrap();
    let (mine, other, topic) = (unique("a"), unique("b"), unique("topic"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    for group in [&mine, &other] {
        let commits = [(topic.as_str(), 0, 0)];
        kafka.alter_group_offsets(group, &commits).await.unwrap();
    }
    let rights = [
        Acl::allow(Resource::Topic(topic.clone()), Operation::Describe),
        Acl::allow(Resource::Group(mine.clone()), Operation::Describe),
    ];
    kafka.add_acls(&rights).await.unwrap();
    let all = || Options {
        groups: Groups::Chosen(Arc::new(|_| true)),
        topics: Vec::new(),
        ..options_of(&kafka, &mine, &topic)
    };
    let mut look = Look::with(all());
    assert!(look.until_groups(&[&mine], LATER).await);
    drop(look);
    let of_cluster = Acl::allow(Resource::Cluster, Operation::Describe);
    kafka.add_acls(&[of_cluster]).await.unwrap();
    let mut look = Look::with(all());
    assert!(look.until_groups(&[&mine, &other], LATER).await);
}
