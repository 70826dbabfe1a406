//! Each invariant under the conditions that put it to the test.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::limits::BATCH_BYTES;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::{Close, Delivery, Outcome, VerdictCode};
use rollcall_tests::client::{Batch, Gathered, Request};
use rollcall_tests::stage::{Plan, Stage, Witness};
use rollcall_tests::{Kafka, Record, eventually};

/// Long enough for whatever is waited for to come from a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// A part of a batch, in thousandths of its offsets.
fn part(batch: &Batch, from: i64, to: i64) -> OffsetRange {
    let (first, next) = (batch.range.first().get(), batch.range.next().get());
    let at = |thousandth: i64| first + (next - first) * thousandth / 1000;
    OffsetRange::from_raw(at(from), at(to)).unwrap()
}

#[tokio::test]
async fn i1_committed_never_passes_the_acked_prefix() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("i1", 2).start().await.unwrap();
    stage.produce(0, 0, 99).await.unwrap();
    stage.produce(0, 1, 10).await.unwrap();
    let client = stage.witness("i1").unwrap();
    let gathered = gather_numbers(&client, &stage, 109).await;
    let ack = |log: i32, from, to| {
        let batches = gathered
            .batches
            .iter()
            .filter(move |batch| batch.partition == log);
        let range = move |batch: &Batch| batch.settle_part(part(batch, from, to), Outcome::Ack);
        batches.map(range).collect::<Vec<_>>()
    };

    // The end of every batch first: nothing of it may be committed. That the other partition's is, and later too, says
    // that a wrong commit would have been seen.
    client.settle(ack(0, 700, 1000)).await.unwrap();
    client.settle(ack(1, 0, 1000)).await.unwrap();
    stage.until_committed(0, 1, 10).await.unwrap();
    assert_eq!(stage.committed(stage.topic(0), 0).await.unwrap(), Some(0));

    client.settle(ack(0, 0, 400)).await.unwrap();
    let prefix = ack(0, 0, 400)[0].next_offset;
    stage.until_committed(0, 0, prefix).await.unwrap();
    stage.roll.fetchers[0].kill().unwrap();
    stage.see_commits().await.unwrap();
    stage.roll.fetchers[0].start().await.unwrap();
    stage.roll.until_claimed().await.unwrap();
    stage.see_commits().await.unwrap();

    client.settle(ack(0, 400, 700)).await.unwrap();
    stage.until_committed(0, 0, 99).await.unwrap();
    stage.check().unwrap();
}

/// One gather with a long lease that brings so many records.
async fn gather_numbers(client: &Witness, stage: &Stage<'_>, records: u32) -> Gathered {
    let topic = stage.topic(0);
    eventually("the records are buffered", SOON, async || {
        let peeked = client
            .client
            .gather(
                Request::of([topic])
                    .delivery(Delivery::Peek)
                    .max_records(5_000),
            )
            .await?;
        let came = peeked.record_count();
        ensure!(came == records as usize, "{came} came");
        Ok(())
    })
    .await
    .unwrap();
    let request = Request::of([topic]).max_records(records).close(Close::Full);
    let gathered = client.gather(request.timeout(SOON)).await.unwrap();
    assert_eq!(gathered.record_count(), records as usize);
    gathered
}

#[tokio::test]
async fn i2_every_record_is_offered_whatever_the_clients_do_with_them() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka)
        .topic("i2-a", 2)
        .topic("i2-b", 1)
        .start()
        .await
        .unwrap();
    for (topic, partition) in [(0, 0), (0, 1), (1, 0)] {
        stage.produce(topic, partition, 400).await.unwrap();
    }
    let client = stage.witness("i2").unwrap();
    let request = || {
        Request::roll()
            .max_records(40)
            .lease(Duration::from_millis(200))
    };
    for _ in 0..8 {
        let nacked = client.gather(request()).await.unwrap();
        client.settle(nacked.settle(Outcome::Nack)).await.unwrap();
        client
            .gather_in_part(request().close(Close::Full), 1)
            .await
            .unwrap();
        let acked = client.gather(request()).await.unwrap();
        client.ack(&acked).await.unwrap();
        // Left to its clock.
        client.gather(request()).await.unwrap();
        let auto = request().delivery(Delivery::AutoAck).max_records(7);
        client.gather(auto).await.unwrap();
        stage.see_commits().await.unwrap();
    }
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn i3_first_deliveries_are_in_order_and_redelivery_never_skips() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("i3", 1).start().await.unwrap();
    stage.produce(0, 0, 1_000).await.unwrap();
    let client = stage.witness("i3").unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let mut first_seen = Vec::new();
    let mut seen = BTreeSet::new();
    while seen.len() < 1_000 {
        let lease = Duration::from_millis(100);
        let request = Request::roll()
            .max_records(random.u32(1..90))
            .lease(lease)
            .timeout(Duration::from_millis(200));
        let gathered = client.gather(request).await.unwrap();
        for number in gathered.numbers(stage.topic(0)).unwrap() {
            if seen.insert(number) {
                first_seen.push(number);
            }
        }
        for batch in &gathered.batches {
            settle_some(&client, batch, &mut random).await;
        }
    }
    assert!(first_seen.is_sorted(), "first deliveries out of order");
    stage.read_to_the_end_and_check().await.unwrap();
}

/// Acks all of a batch, or its front, middle or end, or nacks a part, or leaves it to its clock.
async fn settle_some(client: &Witness, batch: &Batch, random: &mut fastrand::Rng) {
    let ranges = match random.u8(0..6) {
        0 | 1 => vec![batch.settle(Outcome::Ack)],
        2 => vec![batch.settle_part(half(batch, random.bool()), Outcome::Ack)],
        3 => vec![batch.settle_part(half(batch, random.bool()), Outcome::Nack)],
        4 => {
            let both = [(true, Outcome::Nack), (false, Outcome::Ack)];
            both.map(|(front, outcome)| batch.settle_part(half(batch, front), outcome))
                .to_vec()
        }
        _ => return,
    };
    client.settle(ranges).await.unwrap();
}

/// The front or the back half of a batch; all of it, when it is a single offset.
fn half(batch: &Batch, front: bool) -> OffsetRange {
    let (first, next) = (batch.range.first().get(), batch.range.next().get());
    let middle = first + (next - first) / 2;
    let half = if front {
        (first, middle)
    } else {
        (middle, next)
    };
    OffsetRange::from_raw(half.0, half.1).unwrap_or(batch.range)
}

#[tokio::test]
async fn i4_live_leases_are_disjoint() {
    let kafka = Kafka::shared().await;
    let mut stage = Plan::on(kafka).topic("i4", 3).start().await.unwrap();
    for partition in 0..3 {
        stage.produce(0, partition, 300).await.unwrap();
    }
    let clients = (0..4).map(|number| {
        let client = stage.witness(&format!("i4-{number}")).unwrap();
        tokio::spawn(compete(client, number))
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    stage.read_to_the_end_and_check().await.unwrap();
}

/// Gathers against others; every fourth client lets all its leases run out, the others now and then.
async fn compete(client: Witness, number: u64) {
    let mut random = fastrand::Rng::with_seed(number);
    for _ in 0..20 {
        let lease = Duration::from_millis(random.u64(100..600));
        let request = Request::roll().max_records(random.u32(5..80)).lease(lease);
        let gathered = client
            .gather(request.timeout(Duration::from_millis(200)))
            .await
            .unwrap();
        if !number.is_multiple_of(4) && random.u8(0..4) > 0 {
            client.ack(&gathered).await.unwrap();
        }
    }
}

#[tokio::test]
async fn i5_every_topic_gets_data_or_a_verdict() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka)
        .topic("i5-data", 1)
        .topic("i5-empty", 1)
        .topic("i5-frozen", 1);
    let plan = plan
        .topic("i5-killed", 1)
        .missing_topic("i5-missing")
        .unfed_topic("i5-unfed");
    let mut stage = plan.start().await.unwrap();
    let [data, empty, frozen, killed, missing, unfed] =
        [0, 1, 2, 3, 4, 5].map(|place| stage.topic(place).to_owned());
    for topic in [2, 3] {
        stage.produce(topic, 0, 1).await.unwrap();
    }
    stage.read_to_the_end().await.unwrap();
    stage.journal.silenced(&frozen).unwrap();
    stage.roll.fetchers[2].pause().unwrap();
    stage.journal.silenced(&killed).unwrap();
    stage.roll.fetchers[3].kill().unwrap();

    let client = stage.witness("i5").unwrap();
    let expected = [
        (&data, VerdictCode::Flowing),
        (&empty, VerdictCode::TopicEmpty),
        (&frozen, VerdictCode::FetcherUnreachable),
        (&killed, VerdictCode::FetcherUnreachable),
        (&missing, VerdictCode::TopicMissing),
        (&unfed, VerdictCode::FetcherUnreachable),
    ];
    eventually("every slot has its verdict", SOON, async || {
        stage.produce(0, 0, 1).await?;
        let gathered = client
            .gather(Request::roll().timeout(Duration::from_millis(300)))
            .await?;
        client.ack(&gathered).await?;
        for (topic, verdict) in expected {
            let found = gathered.verdict(topic)?;
            ensure!(found == verdict, "{topic}: {found:?} for {verdict:?}");
        }
        Ok(())
    })
    .await
    .unwrap();

    // Both come back, and are judged by what they say again.
    for topic in [&frozen, &killed] {
        stage.journal.heard(topic).unwrap();
    }
    stage.roll.fetchers[2].resume().unwrap();
    stage.roll.fetchers[3].start().await.unwrap();
    eventually("both are heard again", SOON, async || {
        let gathered = client
            .gather(Request::of([frozen.as_str(), killed.as_str()]))
            .await?;
        for topic in [&frozen, &killed] {
            let found = gathered.verdict(topic)?;
            ensure!(
                found != VerdictCode::FetcherUnreachable,
                "{topic}: {found:?}"
            );
        }
        Ok(())
    })
    .await
    .unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

#[tokio::test]
async fn i7_memory_is_bounded_whatever_the_topics_do() {
    const PARTITIONS: u64 = 3;
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("i7-a", 2).topic("i7-b", 1);
    let mut stage = plan
        .aggregator_flags(&["--budget", "4194304"])
        .start()
        .await
        .unwrap();
    let big = vec![b'x'; 10_000];
    for (topic, partition) in [(0, 0), (0, 1), (1, 0)] {
        let records = (0..1_000).map(|_| {
            Record::default()
                .with_value(big.clone())
                .to_partition(partition)
        });
        let stored = stage
            .producer
            .send_all(stage.topic(topic), records.collect())
            .await
            .unwrap();
        stage.journal.produced(stage.topic(topic), &stored).unwrap();
    }
    let client = stage.witness("i7").unwrap();
    let see = async || client.see_memory(PARTITIONS, BATCH_BYTES).await;
    eventually("the buffers are full", SOON, async || {
        let held = see().await?;
        ensure!(held > 1_500_000, "{held} bytes are held");
        Ok(())
    })
    .await
    .unwrap();

    // Out on leases they still count; what is acked makes room for as much again.
    let leased = client
        .gather(Request::roll().max_records(5_000).close(Close::Full))
        .await
        .unwrap();
    assert!(
        leased.record_count() > 100,
        "{} records",
        leased.record_count()
    );
    for _ in 0..20 {
        see().await.unwrap();
    }
    client.ack(&leased).await.unwrap();
    for _ in 0..20 {
        let gathered = client
            .gather(Request::roll().max_records(200))
            .await
            .unwrap();
        see().await.unwrap();
        client.ack(&gathered).await.unwrap();
        see().await.unwrap();
    }
    stage.read_to_the_end_and_check().await.unwrap();
    let resident = resident_bytes(stage.roll.aggregator.running().unwrap().pid());
    assert!(
        resident < 80 << 20,
        "the aggregator holds {resident} bytes after 30 MB went through"
    );
}

/// Memory of a process that is resident now.
fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
