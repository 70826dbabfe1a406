//! Others in the group: a member that is no fetcher of ours, and a round that takes its time.

use std::time::Instant;

use rollcall_proto::v1::{AdviceCode, Severity, VerdictCode};
use rollcall_tests::evidence::{advice, fact, number_of, text};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Member};

use crate::look::{
    SOON, peek, read_all, severity_of, until_at_the_end, until_slot, until_status, verdict_of,
};

#[tokio::test]
async fn a_partition_that_a_stranger_took_names_the_stranger() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("shared", 2).start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 5).await.unwrap();
    }
    read_all(&client, &topic).await;
    let stranger = Member::join(
        kafka.bootstrap(),
        stage.group(),
        &[&topic],
        &[("group.protocol", "consumer")],
    )
    .unwrap();
    stranger.until_it_owns(1).await.unwrap();
    let joined = Instant::now();

    let slot = until_slot(&client, &topic, VerdictCode::OwnerElsewhere).await;
    println!(
        "OWNER_ELSEWHERE is confirmed {:?} after the stranger has its partition",
        joined.elapsed()
    );
    assert_eq!(severity_of(&slot.verdict), Severity::Warn);
    let verdict = verdict_of(&slot.verdict);
    assert_eq!((verdict.partitions, verdict.partitions_total), (1, 2));
    assert_eq!(
        text(fact(verdict, "owner_client_id").unwrap()).unwrap(),
        "stranger"
    );
    assert!(
        text(fact(verdict, "owner_host").unwrap())
            .unwrap()
            .contains("127.0.0.1")
    );
    let look = advice(verdict, AdviceCode::LookAtOwner).unwrap();
    assert_eq!(
        text(number_of(look, "client_id").unwrap()).unwrap(),
        "stranger"
    );

    drop(stranger);
    stage
        .roll
        .until_partitions_are_claimed(&topic, 2)
        .await
        .unwrap();
    until_at_the_end(&client, &topic).await;
}

#[tokio::test]
async fn a_round_that_waits_for_a_sleeping_member_is_rebalancing_and_not_silence() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("round", 2)
        .fetcher_flags(&["--group-protocol", "classic"])
        .start()
        .await
        .unwrap();
    let topic = stage.topic(0).to_owned();
    let client = stage.roll.client("client").unwrap();
    for partition in 0..2 {
        stage.produce(0, partition, 5).await.unwrap();
    }
    read_all(&client, &topic).await;
    let settings = [
        ("group.protocol", "classic"),
        ("partition.assignment.strategy", "range"),
        ("session.timeout.ms", "8000"),
        ("max.poll.interval.ms", "8000"),
    ];
    let join = || Member::join(kafka.bootstrap(), stage.group(), &[&topic], &settings).unwrap();
    let sleeper = join();
    sleeper.until_it_owns(1).await.unwrap();
    sleeper.fall_asleep();
    // The next round waits for the member that does not poll; nobody owns anything until then.
    let third = join();

    let slot = until_slot(&client, &topic, VerdictCode::Rebalancing).await;
    assert_eq!(
        severity_of(&slot.verdict),
        Severity::Ok,
        "a round is no fault for a minute"
    );
    let status = until_status(&client, &topic, VerdictCode::Rebalancing).await;
    let verdict = verdict_of(&status.verdict);
    let state = text(fact(verdict, "join_state").unwrap()).unwrap();
    assert_ne!(state, "steady", "{verdict:?}");
    let begun = Instant::now();
    drop(third);
    drop(sleeper);
    stage
        .roll
        .until_partitions_are_claimed(&topic, 2)
        .await
        .unwrap();
    println!(
        "the round was over {:?} after the sleeper had left",
        begun.elapsed()
    );
    for partition in 0..2 {
        stage.produce(0, partition, 2).await.unwrap();
    }
    let gathered = client.gather(peek(&topic, SOON)).await.unwrap();
    assert!(gathered.record_count() > 0, "{:?}", gathered.summary);
}
