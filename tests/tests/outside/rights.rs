//! What is lost when a right is missing: against a real broker with access lists.

use std::time::Duration;

use rdkafka::ClientConfig;
use rollcall_fetcher::outside::Options;
use rollcall_proto::v1::{GetStatusResponse, VerdictCode};
use rollcall_tests::kafka::{Acl, Mechanism, Operation, Resource, unique};
use rollcall_tests::{Kafka, Producer};

use crate::look::{Look, options, verdict_of};
use crate::member::Member;

const LATER: Duration = Duration::from_secs(20);

/// A group that has read ten records of a topic and is paused with ninety more.
struct Stuck {
    kafka: Kafka,
    group: String,
    topic: String,
    _member: Member,
}

impl Stuck {
    async fn start() -> Self {
        let kafka = Kafka::secured().await.unwrap();
        let (group, topic) = (unique("g"), unique("topic"));
        kafka.create_topic(&topic, 1, &[]).await.unwrap();
        let producer = Producer::new(kafka.bootstrap()).unwrap();
        producer.numbers(&topic, None, 0..10).await.unwrap();
        let member = Member::join(kafka.bootstrap(), &group, &[&topic], &[]);
        let read = async || {
            let committed = kafka.committed(&group, &topic, 0).await?;
            anyhow::ensure!(committed == Some(10), "{committed:?}");
            Ok(())
        };
        rollcall_tests::wait::eventually("it is committed", LATER, read)
            .await
            .unwrap();
        member.pause();
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
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.kafka.sasl());
        for (key, value) in self.kafka.sasl_settings(Mechanism::Plain) {
            client.set(key, value);
        }
        let mut look = Look::with(Options {
            client,
            topics: vec![rollcall_proto::ids::Topic::new(&self.topic).unwrap()],
            ..options("", &[&self.group])
        });
        let found = look
            .until_verdict(&self.group, &self.topic, code, LATER)
            .await;
        let status = look.status(&self.group);
        self.kafka.remove_acls(rights).await.unwrap();
        assert!(found.is_ok(), "{rights:?}: {:?}", found.err());
        status
    }

    fn topic(&self, operation: Operation) -> Acl {
        Acl::allow(Resource::Topic(self.topic.clone()), operation)
    }

    fn group(&self, operation: Operation) -> Acl {
        Acl::allow(Resource::Group(self.group.clone()), operation)
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
