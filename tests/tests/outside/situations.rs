//! What a group looks like in each situation.

use std::time::Duration;

use rollcall_proto::v1::VerdictCode;
use rollcall_tests::kafka::unique;
use rollcall_tests::wait::eventually;
use rollcall_tests::{Kafka, Producer};

use crate::look::{Look, verdict_of};
use crate::member::Member;

const SOON: Duration = Duration::from_secs(10);

async fn read(member: &Member, records: u64) {
    let read = async || {
        anyhow::ensure!(member.read() >= records, "{} read", member.read());
        Ok(())
    };
    eventually("records are read", Duration::from_secs(20), read)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_group_that_does_not_exist_is_no_group() {
    let kafka = Kafka::shared().await;
    let group = unique("nobody");
    let mut look = Look::at(kafka.bootstrap(), &group);
    let took = look.settle(SOON).await;
    assert!(took < Duration::from_secs(3), "{took:?}");
    let observation = look.status(&group).observation.unwrap();
    assert_eq!(observation.state, "Dead");
    assert_eq!(observation.has_commits, Some(false));
    assert_eq!(observation.verdict.unwrap().code(), VerdictCode::NoGroup);
}

#[tokio::test]
async fn a_reader_that_is_paused_is_stuck_and_its_sibling_is_not() {
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
    let within = Duration::from_secs(20);
    look.until_verdict(&group, &stuck, VerdictCode::StuckWithLag, within)
        .await
        .unwrap();
    let took = look.settle(within).await;
    println!("{took:?}\n{}", look.lines(&group).join("\n"));
    let status = look.status(&group);
    let code = |topic: &str| verdict_of(&status, topic).unwrap().code();
    assert_eq!(code(&stuck), VerdictCode::StuckWithLag);
    assert_eq!(code(&empty), VerdictCode::TopicEmpty);
    let partition = &status.topics[0].partitions[0];
    assert_eq!(partition.client_id, "app");
}
