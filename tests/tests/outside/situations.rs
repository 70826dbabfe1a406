//! What a group looks like in each situation.

use std::time::Duration;

use anyhow::ensure;
use rollcall_fetcher::outside::{AppSettings, Groups, Options};
use rollcall_proto::ids::Topic;
use rollcall_proto::v1::{Severity, VerdictCode};
use rollcall_tests::kafka::unique;
use rollcall_tests::producer::End;
use rollcall_tests::wait::eventually;
use rollcall_tests::{Kafka, Producer, Record};

use crate::look::{Look, options, verdict_of};
use crate::member::Member;

const SOON: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_secs(30);
const COMMITTED: (&str, &str) = ("isolation.level", "read_committed");

async fn read(member: &Member, records: u64) {
    let read = async || {
        ensure!(member.read() >= records, "{} read", member.read());
        Ok(())
    };
    eventually("records are read", LATER, read).await.unwrap();
}

/// A group whose one member has read and committed ten records of a new topic.
async fn reading(kafka: &Kafka, settings: &[(&str, &str)]) -> (String, String, Member, Producer) {
    let (group, topic) = (unique("g"), unique("topic"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, None, 0..10).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[&topic], settings);
    read(&member, 10).await;
    committed(kafka, &group, &topic, 10).await;
    (group, topic, member, producer)
}

async fn committed(kafka: &Kafka, group: &str, topic: &str, offset: i64) {
    let committed = async || {
        let found = kafka.committed(group, topic, 0).await?;
        ensure!(found >= Some(offset), "{found:?}");
        Ok(())
    };
    eventually("it is committed", LATER, committed)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_no_group() {
    let kafka = Kafka::shared().await;
    let group = unique("nobody");
    let mut look = Look::at(kafka.bootstrap(), &group);
    let took = look.settle(SOON).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
    let observation = look.status(&group).observation.unwrap();
    assert_eq!(observation.state, "Dead");
    assert_eq!(observation.has_commits, Some(false));
    assert_eq!(observation.verdict.unwrap().code(), VerdictCode::NoGroup);
}

#[tokio::test]
async fn records_that_expire_before_they_are_read_are_told_with_their_age() {
    let kafka = Kafka::shared().await;
    let (group, topic) = (unique("g"), unique("topic"));
    let kept = [("retention.ms", "600000")];
    kafka.create_topic(&topic, 1, &kept).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap();
    let old = i64::try_from(now.as_millis()).unwrap() - 580_000;
    let record = Record::numbered(1).to_partition(0).at(old);
    producer.send_all(&topic, vec![record]).await.unwrap();
    let commits = [(topic.as_str(), 0, 0)];
    kafka.alter_group_offsets(&group, &commits).await.unwrap();
    let mut look = Look::at(kafka.bootstrap(), &group);
    let near = look
        .until_also(&group, &topic, VerdictCode::RetentionNear, SOON)
        .await
        .unwrap();
    assert_eq!(near.severity(), Severity::Warn);
    let age = look.status(&group).topics[0].partitions[0].oldest_unread_age;
    assert!(age.unwrap().seconds >= 580, "{age:?}");
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_said_for_the_group_as_a_whole() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    let mut look = Look::at(&address, "group");
    look.settle(LATER).await;
    let verdict = look.status("group").observation.unwrap().verdict.unwrap();
    let unreachable = (VerdictCode::ClusterUnreachable, true);
    assert_eq!(
        (verdict.code(), verdict.confirmed),
        unreachable,
        "{verdict:#?}"
    );
}

#[tokio::test]
async fn a_reader_that_is_paused_is_stuck_and_its_siblings_are_not() {
    let kafka = Kafka::shared().await;
    let (group, stuck, idle, empty) = (
        unique("g"),
        unique("stuck"),
        unique("idle"),
        unique("empty"),
    );
    for name in [&stuck, &idle, &empty] {
        kafka.create_topic(name, 2, &[]).await.unwrap();
    }
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&stuck, None, 0..10).await.unwrap();
    producer.numbers(&idle, None, 0..10).await.unwrap();
    let paused = Member::join(kafka.bootstrap(), &group, &[&stuck], &[]);
    let reading = Member::join(kafka.bootstrap(), &group, &[&idle, &empty], &[]);
    read(&paused, 10).await;
    read(&reading, 10).await;
    paused.pause();
    producer.numbers(&stuck, None, 10..510).await.unwrap();
    let mut look = Look::at(kafka.bootstrap(), &group);
    let verdict = look
        .until_verdict(&group, &stuck, VerdictCode::StuckWithLag, LATER)
        .await
        .unwrap();
    let owner = rollcall_tests::evidence::fact(&verdict, "owner_client_id").unwrap();
    assert_eq!(rollcall_tests::evidence::text(owner).unwrap(), "app");
    let status = look.status(&group);
    let code = |topic: &str| verdict_of(&status, topic).unwrap().code();
    assert_eq!(code(&empty), VerdictCode::TopicEmpty);
    let topic = status.topics.iter().find(|topic| topic.topic == stuck);
    let mut partitions = topic.unwrap().partitions.iter();
    let partition = partitions.find(|p| p.lag > Some(0)).unwrap();
    assert_eq!(partition.client_id, "app");
    assert!(partition.oldest_unread_age.is_some());
    assert!(status.observation.unwrap().read_bytes > 0);
}

#[tokio::test]
async fn an_open_transaction_is_dated_and_an_aborted_one_is_no_lag() {
    let kafka = Kafka::shared().await;
    let (group, topic, _member, _) = reading(kafka, &[COMMITTED]).await;
    let writer = Producer::transactional(kafka.bootstrap(), &unique("writer"))
        .await
        .unwrap();
    writer.begin().unwrap();
    writer.numbers(&topic, Some(0), 10..20).await.unwrap();
    let mut look = Look::at(kafka.bootstrap(), &group);
    let open = look
        .until_verdict(&group, &topic, VerdictCode::OpenTransaction, LATER)
        .await
        .unwrap();
    assert_eq!(open.severity(), Severity::Warn);
    assert!(
        rollcall_tests::evidence::fact(&open, "open_for").is_ok(),
        "{open:#?}"
    );
    let assumed = rollcall_tests::evidence::fact(&open, "isolation_assumed");
    assert!(assumed.is_ok(), "{open:#?}");
    writer.end(End::Abort).await.unwrap();
    drop(look);
    // A new look knows nothing of what was before.
    let mut look = Look::at(kafka.bootstrap(), &group);
    let code = async || {
        look.settle(Duration::from_millis(200)).await;
        let code = look.code(&group, &topic);
        let nothing = [
            Some(VerdictCode::NoVisibleRecords),
            Some(VerdictCode::CaughtUp),
        ];
        ensure!(nothing.contains(&code), "{code:?}");
        Ok(())
    };
    eventually("nothing waits", SOON, code).await.unwrap();
}

#[tokio::test]
async fn a_slow_topic_is_told_apart_from_a_stuck_reader_by_its_log() {
    let kafka = Kafka::shared().await;
    let (group, topic) = (unique("g"), unique("slow"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.unwrap().as_millis()).unwrap();
    let past = (0..40).map(|back| Record::numbered(back).at(now - 5_000 * (39 - back as i64)));
    producer.send_all(&topic, past.collect()).await.unwrap();
    let member = Member::join(kafka.bootstrap(), &group, &[&topic], &[]);
    read(&member, 40).await;
    committed(kafka, &group, &topic, 40).await;
    let mut look = Look::at(kafka.bootstrap(), &group);
    let slow = VerdictCode::ProducerSlowerThanTimeout;
    look.until_verdict(&group, &topic, slow, SOON)
        .await
        .unwrap();
    let untold = Options {
        app: AppSettings::default(),
        ..options(kafka.bootstrap(), &[&group])
    };
    let mut look = Look::with(untold);
    look.settle(SOON).await;
    let verdict = look
        .until_verdict(&group, &topic, VerdictCode::CaughtUp, SOON)
        .await
        .unwrap();
    assert!(
        rollcall_tests::evidence::fact(&verdict, "gap_median").is_ok(),
        "{verdict:#?}"
    );
}

#[tokio::test]
async fn a_group_that_everybody_left_is_a_fault_with_lag_and_a_note_without() {
    let kafka = Kafka::shared().await;
    let (group, topic, member, producer) = reading(kafka, &[]).await;
    drop(member);
    let mut look = Look::at(kafka.bootstrap(), &group);
    let gone = VerdictCode::NoMember;
    let note = look
        .until_verdict(&group, &topic, gone, LATER)
        .await
        .unwrap();
    assert_eq!(note.severity(), Severity::Note);
    producer.numbers(&topic, None, 10..20).await.unwrap();
    let fault = async || {
        let verdict = look.until_verdict(&group, &topic, gone, SOON).await?;
        ensure!(verdict.severity() == Severity::Fault, "{verdict:?}");
        Ok(())
    };
    eventually("records wait for nobody", LATER, fault)
        .await
        .unwrap();
}

#[tokio::test]
async fn commits_below_the_log_start_say_how_much_was_lost() {
    let kafka = Kafka::shared().await;
    let (group, topic, member, producer) = reading(kafka, &[]).await;
    member.pause();
    producer.numbers(&topic, None, 10..100).await.unwrap();
    kafka.delete_records(&topic, 0, 50).await.unwrap();
    let mut look = Look::at(kafka.bootstrap(), &group);
    let verdict = look
        .until_verdict(&group, &topic, VerdictCode::OffsetOutOfRange, LATER)
        .await
        .unwrap();
    let lost = rollcall_tests::evidence::fact(&verdict, "lost_records_at_most").unwrap();
    assert_eq!(rollcall_tests::evidence::number(lost).unwrap(), 40);
}

#[tokio::test]
async fn every_group_on_a_topic_is_found_and_topics_of_others_are_left_out() {
    let kafka = Kafka::shared().await;
    let (first, topic, _one, _) = reading(kafka, &[]).await;
    let second = unique("g");
    let _two = Member::join(kafka.bootstrap(), &second, &[&topic], &[]);
    committed(kafka, &second, &topic, 10).await;
    let (_other, elsewhere, _three, _) = reading(kafka, &[]).await;
    let mut look = Look::with(Options {
        groups: Groups::OnTopics,
        topics: vec![Topic::new(&topic).unwrap()],
        ..options(kafka.bootstrap(), &[])
    });
    look.settle(SOON).await;
    let mut groups: Vec<_> = look.outside.groups().collect();
    groups.sort_unstable();
    let mut expected = [first.as_str(), second.as_str()];
    expected.sort_unstable();
    assert_eq!(groups, expected);
    let topics: Vec<_> = look.outside.topics(&first).map(Topic::to_string).collect();
    assert_eq!(topics, [topic]);
    assert_ne!(topics, [elsewhere]);
}

#[tokio::test]
async fn groups_are_chosen_by_name() {
    let kafka = Kafka::shared().await;
    let (chosen, topic, _one, _) = reading(kafka, &[]).await;
    let (_other, _, _two, _) = reading(kafka, &[]).await;
    let wanted = chosen.clone();
    let mut look = Look::with(Options {
        groups: Groups::Chosen(std::sync::Arc::new(move |name| name == wanted)),
        ..options(kafka.bootstrap(), &[])
    });
    look.settle(SOON).await;
    let groups: Vec<_> = look.outside.groups().collect();
    assert_eq!(groups, [chosen.as_str()]);
    let status = look.status(&chosen);
    assert_eq!(
        verdict_of(&status, &topic).unwrap().code(),
        VerdictCode::CaughtUp
    );
}

#[tokio::test]
async fn a_chosen_group_that_leaves_the_cluster_is_let_go() {
    let kafka = Kafka::shared().await;
    let (stays, goes) = (unique("stays"), unique("goes"));
    let topic = unique("topic");
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    for group in [&stays, &goes] {
        let commits = [(topic.as_str(), 0, 0)];
        kafka.alter_group_offsets(group, &commits).await.unwrap();
    }
    let wanted = [stays.clone(), goes.clone()];
    let mut look = Look::with(Options {
        groups: Groups::Chosen(std::sync::Arc::new(move |name| {
            wanted.iter().any(|wanted| wanted == name)
        })),
        ..options(kafka.bootstrap(), &[])
    });
    assert!(look.until_groups(&[&goes, &stays], SOON).await);
    kafka.delete_group(&goes).await.unwrap();
    // Two lists, ten seconds apart, have to lack it.
    assert!(look.until_groups(&[&stays], 3 * LATER).await);
    let verdict = look.status(&stays).topics[0].verdict.clone().unwrap();
    assert_ne!(verdict.code(), VerdictCode::NoGroup);
}

#[tokio::test]
async fn without_reading_the_verdict_stays_and_less_is_told() {
    let kafka = Kafka::shared().await;
    let (group, topic, member, producer) = reading(kafka, &[]).await;
    member.pause();
    producer.numbers(&topic, None, 10..100).await.unwrap();
    let mut look = Look::with(Options {
        may_read: false,
        ..options(kafka.bootstrap(), &[&group])
    });
    let stuck = VerdictCode::StuckWithLag;
    look.until_verdict(&group, &topic, stuck, LATER)
        .await
        .unwrap();
    let status = look.status(&group);
    let observation = status.observation.unwrap();
    assert!(observation.reading_forbidden && observation.read_bytes == 0);
    assert_eq!(status.topics[0].partitions[0].lag, Some(90));
    assert!(status.topics[0].partitions[0].oldest_unread_age.is_none());
}
