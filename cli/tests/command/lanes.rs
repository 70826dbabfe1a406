//! Several lanes as one answer, and what is said when they are not all there.

use rollcall_proto::v1::gather_batch::Records;
use rollcall_proto::v1::gather_response::Event;
use rollcall_proto::v1::{
    GatherBatch, GatherResponse, GatherSummary, Record, RecordBatch, Severity, Slot, TopicStatus,
    Verdict, VerdictCode,
};
use serde_json::Value;
use tokio::net::TcpListener;

use super::aggregator::{Aggregator, Script, roll, topic};
use super::process::{Ended, Running, run};

fn verdict(code: VerdictCode) -> Verdict {
    let severity = match code == VerdictCode::TopicMissing {
        true => Severity::Fault,
        false => Severity::Ok,
    };
    topic("", code, severity).verdict.unwrap()
}

fn counted(name: &str, code: VerdictCode, records: u32) -> TopicStatus {
    TopicStatus {
        record_count: records,
        backlog: Some(records.into()),
        verdict: Some(verdict(code)),
        ..topic(name, code, Severity::Ok)
    }
}

/// A lane with these topics; it gives one record of partition `lane` of A.
fn lane(lane: u32, lanes: u32, topics: Vec<TopicStatus>) -> Script {
    let plain = RecordBatch {
        partition: i32::try_from(lane).unwrap(),
        first_offset: 0,
        next_offset: 1,
        records: vec![Record {
            value: Some("x".into()),
            ..Record::default()
        }],
    };
    let batch = GatherBatch {
        topic: "A".to_owned(),
        topic_id: "id".to_owned(),
        lease_id: 7,
        records: Some(Records::Plain(plain)),
        ..GatherBatch::default()
    };
    let slot = |topic: &TopicStatus| Slot {
        topic: topic.topic.clone(),
        record_count: u32::from(topic.topic == "A"),
        verdict: topic.verdict.clone(),
        ..Slot::default()
    };
    let summary = GatherSummary {
        gather_id: 12,
        record_count: 1,
        slots: topics.iter().map(slot).collect(),
        lane,
        lanes,
        ..GatherSummary::default()
    };
    let events = [Event::Batch(batch), Event::Summary(summary)];
    let mut script = Script {
        gather: events
            .map(|event| GatherResponse { event: Some(event) })
            .into(),
        ..roll(topics)
    };
    script.status.lane = lane;
    script.status.lanes = lanes;
    script.status.incarnation = format!("run of lane {lane} of {lanes}");
    script
}

fn even() -> Vec<TopicStatus> {
    vec![
        counted("A", VerdictCode::Flowing, 1),
        counted("B", VerdictCode::CaughtUp, 0),
    ]
}

fn odd() -> Vec<TopicStatus> {
    vec![
        counted("A", VerdictCode::Flowing, 1),
        counted("B", VerdictCode::NotInThisLane, 0),
    ]
}

/// Both lanes of two.
async fn both() -> [Aggregator; 2] {
    [
        Aggregator::start(lane(0, 2, even())).await,
        Aggregator::start(lane(1, 2, odd())).await,
    ]
}

fn addresses(lanes: &[Aggregator]) -> String {
    let all: Vec<String> = lanes.iter().map(|lane| lane.address.to_string()).collect();
    all.join(",")
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

#[tokio::test]
async fn the_roll_over_lanes_has_each_topic_once() {
    let lanes = both().await;
    let ended = run(&format!("status --server {}", addresses(&lanes))).await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.contains("; 2 lanes\n"), "{ended:?}");
    let rows: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("ok"))
        .map(|line| line.split_whitespace().take(5).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["ok", "B", "CAUGHT_UP", "0", "0"],
            ["ok", "A", "FLOWING", "2", "2"]
        ]
    );
}

#[tokio::test]
async fn json_over_lanes_is_one_document_of_the_same_message() {
    let lanes = both().await;
    let ended = run(&format!("status -o json --server {}", addresses(&lanes))).await;
    let document = json(&ended);
    assert_eq!(
        (&document["lane"], &document["lanes"]),
        (&2.into(), &2.into())
    );
    assert_eq!(document["topics"].as_array().unwrap().len(), 2);
    assert_eq!(document["topics"][0]["recordCount"], 2);
    let ended = run(&format!("explain A -o json --server {}", addresses(&lanes))).await;
    assert_eq!(json(&ended)["topic"]["backlog"], "2", "{ended:?}");
}

#[tokio::test]
async fn a_gather_over_lanes_settles_each_range_where_it_came_from() {
    let lanes = both().await;
    let ended = run(&format!("gather --ack --server {}", addresses(&lanes))).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 2, "{ended:?}");
    assert_eq!(
        ended.stderr,
        "gather [A:2, B:0 CAUGHT_UP] total: 2 records\n"
    );
    for (lane, partition) in lanes.iter().zip(0..) {
        let settled = lane.settled.lock().unwrap();
        let of: Vec<i32> = settled.iter().map(|range| range.partition).collect();
        assert_eq!(of, [partition], "its own range alone");
    }
    let ended = run(&format!("gather -o json --server {}", addresses(&lanes))).await;
    let document = json(&ended);
    assert_eq!(document["recordCount"], 2);
    assert_eq!(document["records"].as_array().unwrap().len(), 2);
    assert_eq!(document["gatherId"], "0", "each lane has its own");
}

#[tokio::test]
async fn a_lane_that_does_not_answer_is_named_and_the_rest_is_shown() {
    let there = Aggregator::start(lane(0, 2, even())).await;
    let away = nobody().await;
    let both = format!("{},{away}", there.address);
    let ended = run(&format!("status --server {both}")).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(&format!("http://{away}: connection refused")),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("lane 1 of 2 is missing"), "{ended:?}");
    assert!(
        ended.stdout.contains("unknown  A      UNDETERMINED    1"),
        "{ended:?}"
    );
    let gathered = run(&format!("gather --server {both}")).await;
    assert_eq!(gathered.code, Some(2), "{gathered:?}");
    assert_eq!(gathered.stdout.lines().count(), 1, "{gathered:?}");
    let broken = vec![counted("A", VerdictCode::TopicMissing, 0)];
    let there = Aggregator::start(lane(0, 2, broken)).await;
    let ended = run(&format!("status --server {},{away}", there.address)).await;
    assert_eq!(ended.code, Some(1), "what was found stays found: {ended:?}");
}

#[tokio::test]
async fn when_nobody_answers_each_is_named() {
    let (one, other) = (nobody().await, nobody().await);
    let ended = run(&format!("status --server {one},{other}")).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{ended:?}");
    for part in ["no lane answers", &one, &other] {
        assert!(ended.stderr.contains(part), "{part}: {ended:?}");
    }
}

#[tokio::test]
async fn lanes_that_do_not_fit_are_told_with_their_addresses() {
    let two = Aggregator::start(lane(0, 2, even())).await;
    let three = Aggregator::start(lane(1, 3, odd())).await;
    let said = |ended: Ended, parts: [&str; 3]| {
        assert_eq!(ended.code, Some(2), "{ended:?}");
        for part in parts {
            assert!(
                ended.stderr.contains(part),
                "{part:?} is missing: {ended:?}"
            );
        }
    };
    let ended = run(&format!(
        "status --server {},{}",
        two.address, three.address
    ))
    .await;
    let (first, second) = (
        format!("http://{} is lane 0 of 2", two.address),
        format!("http://{} is lane 1 of 3", three.address),
    );
    said(ended, ["disagree on the number of lanes", &first, &second]);
    let mut again = lane(0, 2, even());
    again.status.incarnation = "another run".to_owned();
    let again = Aggregator::start(again).await;
    let ended = run(&format!(
        "status --server {},{}",
        two.address, again.address
    ))
    .await;
    let both = format!("http://{}, http://{}", two.address, again.address);
    let turned = format!("http://{}, http://{}", again.address, two.address);
    assert!(
        ended.stderr.contains(&both) || ended.stderr.contains(&turned),
        "{ended:?}"
    );
    said(
        ended,
        ["more than one", "lane 0 of 2", "lane 1 of 2 is missing"],
    );
}

#[tokio::test]
async fn one_aggregator_by_two_addresses_is_one() {
    let alone = Aggregator::start(lane(0, 1, even())).await;
    let port = alone.address.port();
    let ended = run(&format!(
        "status --server 127.0.0.1:{port},localhost:{port}"
    ))
    .await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{ended:?}");
    assert!(
        ended.stdout.contains("ok  A      FLOWING      1"),
        "{ended:?}"
    );
    let by_name = run(&format!("status --server localhost:{port}")).await;
    let by_address = run(&format!("status --server 127.0.0.1:{port}")).await;
    assert_eq!((by_name.code, by_name.stderr), (Some(0), String::new()));
    assert_eq!(by_name.stdout, by_address.stdout);
}

#[tokio::test]
async fn one_lane_of_several_is_told_to_be_one() {
    let one = Aggregator::start(lane(1, 2, odd())).await;
    let ended = run(&format!("status --server {}", one.address)).await;
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.contains("; lane 1 of 2 alone\n"), "{ended:?}");
}

#[tokio::test]
async fn a_wrong_address_among_several_is_named() {
    let ended = run("status --server 127.0.0.1:7655,nowhere").await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(
        ended.stderr.contains("\"nowhere\" is no server address"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_recording_is_of_one_lane_and_says_how() {
    let lanes = both().await;
    let ended = run(&format!("record - --for 0s --server {}", addresses(&lanes))).await;
    assert_eq!((ended.code, &*ended.stdout), (Some(64), ""), "{ended:?}");
    for lane in &lanes {
        let how = format!("`rollcall record - --server http://{}`", lane.address);
        assert!(ended.stderr.contains(&how), "{how}: {ended:?}");
    }
}

#[tokio::test]
async fn a_watch_over_lanes_names_one_that_goes_and_goes_on_when_it_is_back() {
    let [even, odd] = both().await;
    let address = odd.address;
    let mut watch = Running::start(&format!("status -w --server {},{address}", even.address));
    watch.printed("ok A FLOWING").await;
    drop(odd);
    // Whether its stream broke, or had not begun yet, is a matter of moments: that it is missing is said in both.
    watch.said("lane 1 of 2 is missing").await;
    watch.printed("unknown A UNDETERMINED (was FLOWING)").await;
    let _back = Aggregator::start_on(address, lane(1, 2, self::odd())).await;
    watch.printed("ok A FLOWING (was UNDETERMINED)").await;
    assert_eq!(watch.interrupt().await.0, Some(0));
}
