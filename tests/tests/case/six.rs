//! The six topics: one fetcher process each, one aggregator, one answer with a slot and a verdict for every topic.

use std::time::{Duration, Instant};

use rollcall_proto::v1::{ClosedBy, VerdictCode};
use rollcall_tests::client::{Part, Request};
use rollcall_tests::kafka::unique;
use rollcall_tests::roll::{Roll, Setup};
use rollcall_tests::stage::Plan;
use rollcall_tests::{Kafka, Producer, Record, Rollcall};

use crate::look::{SHORT, read_all, until_buffered, until_slot, verdict_of};

/// The roll of the case, in its order, and how many records a round of the case's log found in each.
const ROUND: [(&str, u64); 6] = [
    ("SCHEDULE-STATION-PARAM", 10),
    ("SCHEDULE-CAR-ORDER", 0),
    ("SCHEDULE-CAR-PRICE", 15),
    ("SCHEDULE-DEVICE-HOST-DCDC", 0),
    ("SCHEDULE-DEVICE-STORAGE", 8),
    ("MODULE-OUTPUT-PV_PREDICTION", 0),
];

/// Of the silent ones this one was never written; the others were, and are read to their ends.
const NEVER_WRITTEN: &str = "SCHEDULE-DEVICE-HOST-DCDC";

/// The line of the case's round, with a reason for each zero.
const LINE: &str = "gather [SCHEDULE-STATION-PARAM:10, SCHEDULE-CAR-ORDER:0 CAUGHT_UP, SCHEDULE-CAR-PRICE:15, \
    SCHEDULE-DEVICE-HOST-DCDC:0 TOPIC_EMPTY, SCHEDULE-DEVICE-STORAGE:8, \
    MODULE-OUTPUT-PV_PREDICTION:0 CAUGHT_UP] total: 33 records";

/// The same as `rollcall status` has it: topics by name.
const STATUS_LINE: &str = "gather [MODULE-OUTPUT-PV_PREDICTION:0 CAUGHT_UP, SCHEDULE-CAR-ORDER:0 CAUGHT_UP, \
    SCHEDULE-CAR-PRICE:15, SCHEDULE-DEVICE-HOST-DCDC:0 TOPIC_EMPTY, SCHEDULE-DEVICE-STORAGE:8, \
    SCHEDULE-STATION-PARAM:10] total: 33 records";

/// The services for the six topics, each of which but one was written once and is read to its end.
async fn six(kafka: &Kafka, producer: &Producer) -> Roll {
    let mut setup = Setup::new(kafka.bootstrap(), &unique("stack-charge-tcp-command-xfy"));
    for (topic, _) in ROUND {
        kafka.create_topic(topic, 1, &[]).await.unwrap();
        setup = setup.topic(topic, 1);
        if topic != NEVER_WRITTEN {
            producer.numbers(topic, None, 0..1).await.unwrap();
        }
    }
    // The stats line is in the log at debug.
    let flags = ["--log", "info,rollcall_aggregator=debug"];
    let roll = setup.aggregator_flags(&flags).start().await.unwrap();
    let client = roll.client("reader").unwrap();
    for (topic, _) in ROUND {
        read_all(&client, topic).await;
    }
    roll
}

#[tokio::test]
async fn six_topics_answer_in_one_gather_and_the_line_has_a_reason_for_each_zero() {
    let kafka = Kafka::shared().await;
    let producer = Producer::new(kafka.bootstrap()).unwrap();
    let mut roll = six(kafka, &producer).await;
    let client = roll.client("client").unwrap();
    for (topic, records) in ROUND {
        producer.numbers(topic, None, 0..records).await.unwrap();
        until_buffered(&client, topic, records).await;
    }

    let rollcall = Rollcall::of(roll.address());
    let gathered = rollcall.ends_with(0, &["gather", "--ack"]).await.unwrap();
    assert_eq!(gathered.stderr.trim_end(), LINE);
    assert_eq!(gathered.stdout.lines().count(), 33);
    let status = rollcall.ends_with(0, &["status", "-o", "line"]).await;
    assert_eq!(status.unwrap().stdout.trim_end(), STATUS_LINE);
    let log = roll.aggregator.running().unwrap().stderr().unwrap();
    assert!(log.contains(LINE), "the line is not in the log:\n{log}");

    // The next round finds nothing, and says why for every topic.
    let gathered = client.gather(Request::roll()).await.unwrap();
    let summary = gathered.summary().unwrap();
    let slots: Vec<&str> = summary
        .slots
        .iter()
        .map(|slot| slot.topic.as_str())
        .collect();
    assert_eq!(
        slots,
        ROUND.map(|(topic, _)| topic),
        "a slot for each, in order"
    );
    assert_eq!(summary.record_count, 0);
    // Two bursts are a rhythm already: slower than the timeout, or just read to the end.
    let read = [
        VerdictCode::CaughtUp,
        VerdictCode::ProducerSlowerThanTimeout,
    ];
    for slot in &summary.slots {
        let expected = match slot.topic == NEVER_WRITTEN {
            true => &[VerdictCode::TopicEmpty][..],
            false => &read,
        };
        let code = verdict_of(&slot.verdict).code();
        assert!(expected.contains(&code), "{slot:?}");
    }
}

#[tokio::test]
async fn a_silent_topic_holds_back_neither_the_others_nor_the_answer() {
    let timeout = Duration::from_secs(3);
    let kafka = Kafka::shared().await;
    let plan = Plan::on(kafka).topic("early", 1).topic("later", 1);
    let mut stage = plan.topic("silent", 1).start().await.unwrap();
    let client = stage.roll.client("client").unwrap();
    let [early, later, silent] = [0, 1, 2].map(|place| stage.topic(place).to_owned());
    until_slot(&client, &silent, VerdictCode::TopicEmpty).await;
    stage.produce(0, 0, 3).await.unwrap();
    until_buffered(&client, &early, 3).await;

    let asked = Instant::now();
    let mut answer = client.ask(Request::roll().timeout(timeout)).await.unwrap();
    let first = answer.next().await.unwrap().unwrap();
    let waited = asked.elapsed();
    assert!(
        matches!(&first, Part::Batch(batch) if batch.topic == early),
        "{first:?}"
    );
    assert!(waited < SHORT, "what was there came after {waited:?}");

    stage.produce(1, 0, 1).await.unwrap();
    let produced = Instant::now();
    let second = answer.next().await.unwrap().unwrap();
    let waited = produced.elapsed();
    assert!(
        matches!(&second, Part::Batch(batch) if batch.topic == later),
        "{second:?}"
    );
    assert!(waited < SHORT, "what came under way took {waited:?}");

    let gathered = answer.rest().await.unwrap();
    let took = asked.elapsed();
    assert_eq!(gathered.summary().unwrap().closed_by(), ClosedBy::Timeout);
    assert_eq!(gathered.verdict(&silent).unwrap(), VerdictCode::TopicEmpty);
    let late = timeout + Duration::from_millis(500);
    assert!((timeout..late).contains(&took), "the answer took {took:?}");
}

#[tokio::test]
async fn a_record_of_an_idle_system_is_with_the_client_in_milliseconds() {
    let kafka = Kafka::shared().await;
    let stage = Plan::on(kafka)
        .topic("idle", 1)
        .topic("silent", 1)
        .start()
        .await
        .unwrap();
    let client = stage.roll.client("client").unwrap();
    let topic = stage.topic(0);
    read_all(&client, topic).await;
    let mut delays = Vec::new();
    for number in 0..20 {
        let request = Request::roll().timeout(Duration::from_secs(10));
        let mut answer = client.ask(request).await.unwrap();
        stage
            .producer
            .send(topic, Record::numbered(number))
            .await
            .unwrap();
        let produced = Instant::now();
        let Some(Part::Batch(batch)) = answer.next().await.unwrap() else {
            panic!("no batch came");
        };
        delays.push(produced.elapsed());
        // Leaving before the end would give the record back: it is settled first.
        client
            .settle(vec![batch.settle(rollcall_proto::v1::Outcome::Ack)])
            .await
            .unwrap();
    }
    delays.sort();
    let (median, worst) = (delays[delays.len() / 2], delays[delays.len() - 1]);
    println!(
        "from the producer's acknowledgement to the client: median {median:?}, worst {worst:?}"
    );
    assert!(median < Duration::from_millis(100), "{delays:?}");
}
