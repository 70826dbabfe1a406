//! Records that are out of the ordinary, and must come as they are.

use std::time::Duration;

use anyhow::ensure;
use rollcall_proto::v1::{Close, Delivery, Encoding, VerdictCode};
use rollcall_tests::aiokafka::Aiokafka;
use rollcall_tests::client::Request;
use rollcall_tests::kafka::unique;
use rollcall_tests::reader::{Isolation, read_partition};
use rollcall_tests::record::Stored;
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Record, eventually};

const SOON: Duration = Duration::from_secs(30);

/// Topic settings under which a record may be larger than rollcall takes, and from the far future.
const ODD: &[(&str, &str)] = &[
    ("max.message.bytes", "25000000"),
    ("message.timestamp.after.max.ms", "9223372036854775807"),
];

/// The year 2100, in milliseconds since 1970.
const IN_THE_FUTURE: i64 = 4_102_444_800_000;

fn odd_records() -> Vec<Record> {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let base = || Record::default().with_value("value");
    vec![
        base(),
        base().with_key("key"),
        base().with_key(""),
        Record::default().with_key("tombstone").with_null_value(),
        Record::default().with_null_value(),
        Record::default().with_key("empty").with_value(""),
        base()
            .with_key(all_bytes.clone())
            .with_value(all_bytes.clone()),
        base()
            .with_header("again", Some(b"1"))
            .with_header("again", Some(b"2"))
            .with_header("again", None),
        base()
            .with_header("", Some(b""))
            .with_header("\u{1b}[31mred", Some(&all_bytes)),
        base().at(1),
        base().at(IN_THE_FUTURE),
        Record::default()
            .with_value(vec![b'm'; 10 << 20])
            .with_key("ten megabytes"),
        base().with_value("\u{1b}]0;title\u{7} the one after the largest"),
    ]
}

#[tokio::test]
async fn odd_records_pass_unchanged() {
    let kafka = Kafka::shared().await;
    let topic = unique("odd");
    kafka.create_topic(&topic, 1, ODD).await.unwrap();
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let records = odd_records()
        .into_iter()
        .map(|record| record.to_partition(0));
    producer.send_all(&topic, records.collect()).await.unwrap();
    let aiokafka = Aiokafka::get().await.unwrap();
    let epoch = aiokafka.produce(kafka.bootstrap(), &topic, 0, "at the epoch", 0);
    epoch.await.unwrap();
    let expected = read_partition(kafka.bootstrap(), &topic, 0, Isolation::Uncommitted)
        .await
        .unwrap();
    let stamps: Vec<Option<i64>> = expected
        .iter()
        .map(|stored| stored.record.timestamp)
        .collect();
    for stamp in [0, 1, IN_THE_FUTURE] {
        assert!(
            stamps.contains(&Some(stamp)),
            "{stamp} is not in {stamps:?}"
        );
    }
    let stage = Plan::on(kafka)
        .existing_topic(&topic, 1)
        .start()
        .await
        .unwrap();
    stage.journal.produced(&topic, &expected).unwrap();
    let client = stage.witness("odd").unwrap();
    let count = u32::try_from(expected.len()).unwrap();
    let request = || {
        Request::roll()
            .timeout(SOON)
            .max_records(count)
            .close(Close::Full)
    };

    for encoding in [Encoding::Records, Encoding::Packed] {
        let peek = request().delivery(Delivery::Peek).encoding(encoding);
        same(
            client.gather(peek).await.unwrap().records(&topic),
            &expected,
        );
    }
    let gathered = client.gather(request()).await.unwrap();
    same(gathered.records(&topic), &expected);
    client.ack(&gathered).await.unwrap();
    stage.read_to_the_end_and_check().await.unwrap();
}

/// Compared one by one: a difference of ten megabytes is no readable message.
fn same<'a>(came: impl Iterator<Item = &'a Stored>, expected: &[Stored]) {
    let came: Vec<&Stored> = came.collect();
    let offsets = |stored: &[&Stored]| {
        stored
            .iter()
            .map(|record| record.offset)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        offsets(&came),
        offsets(&expected.iter().collect::<Vec<_>>())
    );
    for (one, other) in came.into_iter().zip(expected) {
        assert!(one == other, "offset {} was changed", other.offset);
    }
}

#[tokio::test]
async fn a_record_above_the_limit_is_named_and_held_and_its_siblings_flow() {
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic_with("large", 2, ODD);
    let plan = plan.fetcher_flags(&["--max-record-bytes", "1000000"]);
    let mut stage = plan.start().await.unwrap();
    let topic = stage.topic(0).to_owned();
    stage.produce(0, 0, 10).await.unwrap();
    let huge = Record::default()
        .with_value(vec![b'h'; 2_000_000])
        .to_partition(0);
    stage.producer.send(&topic, huge).await.unwrap();
    stage.produce(0, 0, 10).await.unwrap();
    let client = stage.witness("large").unwrap();
    let mut before = 0;
    eventually("what lies before the large one came", SOON, async || {
        let gathered = client
            .gather(Request::roll().timeout(Duration::from_millis(200)))
            .await?;
        client.ack(&gathered).await?;
        before += gathered.record_count();
        ensure!(before == 10, "{before} came");
        Ok(())
    })
    .await
    .unwrap();
    stage.until_committed(0, 0, 10).await.unwrap();

    for _ in 0..5 {
        stage.produce(0, 1, 10).await.unwrap();
        let request = Request::roll()
            .timeout(SOON)
            .max_records(10)
            .close(Close::Full);
        let gathered = client.gather(request).await.unwrap();
        assert!(
            gathered.batches.iter().all(|batch| batch.partition == 1),
            "the large one is held"
        );
        assert_eq!(gathered.record_count(), 10);
        client.ack(&gathered).await.unwrap();
    }
    assert_eq!(
        stage.committed(&topic, 0).await.unwrap(),
        Some(10),
        "nothing skips it"
    );
    let status = client.client.topic(&topic).await.unwrap();
    assert_eq!(status.partitions[0].verdict(), VerdictCode::RecordTooLarge);
    named(&stage.roll.fetchers[0].running().unwrap().stderr().unwrap());
}

/// The fetcher says which record it is, how large, and what the limit is.
fn named(log: &str) {
    let facts = ["offset=10", "bytes=2000000", "limit=1000000"];
    let is_named = log
        .lines()
        .any(|line| facts.iter().all(|fact| line.contains(fact)));
    assert!(is_named, "the record is not named:\n{log}");
}
