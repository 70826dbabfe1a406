//! A group that is denied under KIP-848: fatal for the client, and no end for the fetcher.

use std::time::Instant;

use rollcall_proto::v1::{Severity, VerdictCode};
use rollcall_tests::client::Request;
use rollcall_tests::evidence::{fact, text};
use rollcall_tests::kafka::{Acl, Mechanism, Operation, Resource, unique};
use rollcall_tests::roll::Setup;
use rollcall_tests::{Kafka, Producer};

use crate::look::{SOON, read_all, severity_of, until_at_the_end, until_status, verdict_of};

#[tokio::test]
async fn a_group_that_is_denied_under_way_is_denied_and_comes_back_by_itself() {
    let kafka = Kafka::secured().await.unwrap();
    let (topic, group) = (unique("denied"), unique("denied"));
    kafka.create_topic(&topic, 1, &[]).await.unwrap();
    let may = |resource| Acl::allow(resource, Operation::All);
    let rights = [
        may(Resource::Topic(topic.clone())),
        may(Resource::Group(group.clone())),
    ];
    kafka.add_acls(&rights).await.unwrap();
    let settings = kafka.sasl_settings(Mechanism::Plain);
    let settings: Vec<_> = settings
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let flags: Vec<_> = settings
        .iter()
        .flat_map(|setting| ["-X", setting.as_str()])
        .collect();
    let roll = Setup::new(&kafka.sasl(), &group)
        .topic(&topic, 1)
        .fetcher_flags(&flags)
        .start()
        .await
        .unwrap();
    let client = roll.client("client").unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    producer.numbers(&topic, None, 0..5).await.unwrap();
    read_all(&client, &topic).await;
    until_at_the_end(&client, &topic).await;

    let refusal = [Acl::deny(Resource::Group(group.clone()), Operation::All)];
    kafka.add_acls(&refusal).await.unwrap();
    let denied = Instant::now();
    let status = until_status(&client, &topic, VerdictCode::AuthorizationDenied).await;
    println!(
        "AUTHORIZATION_DENIED {:?} after the right was taken",
        denied.elapsed()
    );
    assert_eq!(severity_of(&status.verdict), Severity::Fault);
    let on = fact(verdict_of(&status.verdict), "denied_on").unwrap();
    assert_eq!(text(on).unwrap(), "group");
    let fatal = |code: &rollcall_proto::v1::Verdict| code.code() == VerdictCode::ConsumerFatal;
    assert!(!status.also.iter().any(fatal), "{:?}", status.also);

    kafka.remove_acls(&refusal).await.unwrap();
    let allowed = Instant::now();
    producer.numbers(&topic, None, 5..8).await.unwrap();
    let request = Request::of([topic.as_str()]).timeout(SOON);
    let gathered = client.gather(request).await.unwrap();
    println!(
        "records {:?} after the right was given back",
        allowed.elapsed()
    );
    client.settle(gathered.acks()).await.unwrap();
    let rest = read_all(&client, &topic).await;
    let read = gathered.record_count() + rest;
    assert_eq!(read, 3, "what came meanwhile, and nothing twice");
    until_at_the_end(&client, &topic).await;
}
