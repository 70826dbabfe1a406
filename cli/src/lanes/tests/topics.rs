//! Sums, ages and partitions over lanes.

use rollcall_proto::v1::{
    AdviseResponse, ArrivalModel, Counter, FetcherStatus, GatherInfo, GetStatusResponse,
    GetTopicResponse, PartitionChecks, PartitionStatus, Severity, TopicAdvice, TopicStatus,
    VerdictCode,
};

use super::super::{Part, Place, advice, past, roll, topic as topics};
use super::{house, topic, verdict};
use crate::view::fixtures::{millis, time};

fn caught_up(name: &str) -> TopicStatus {
    topic(name, verdict(VerdictCode::CaughtUp, Severity::Ok), 0)
}

fn elsewhere(name: &str) -> TopicStatus {
    let mut topic = topic(name, verdict(VerdictCode::NotInThisLane, Severity::Ok), 0);
    topic.backlog = None;
    topic
}

fn merged(parts: Vec<Option<TopicStatus>>) -> TopicStatus {
    topics::topic(house(parts), &[])
}

#[test]
fn counts_are_added_up_and_the_newest_record_is_the_newest_of_any() {
    let mut young = caught_up("A");
    (young.record_count, young.last_timestamp_ms) = (4, Some(20));
    young.last_record_age = millis(100);
    let mut old = caught_up("A");
    (old.record_count, old.last_timestamp_ms) = (1, Some(10));
    let both = merged(vec![Some(young), Some(old)]);
    assert_eq!(
        (both.record_count, both.backlog, both.unacked),
        (5, Some(6), 4)
    );
    assert_eq!(
        (both.last_timestamp_ms, both.last_record_age),
        (Some(20), millis(100))
    );
}

#[test]
fn a_sum_is_unknown_when_a_lane_with_partitions_does_not_know_its_part() {
    let mut unknown = caught_up("A");
    unknown.backlog = None;
    assert_eq!(
        merged(vec![Some(caught_up("A")), Some(unknown)]).backlog,
        None
    );
    let known = merged(vec![Some(caught_up("A")), Some(elsewhere("A"))]);
    assert_eq!(
        known.backlog,
        Some(3),
        "a lane without partitions has no part"
    );
}

#[test]
fn a_sum_from_the_network_does_not_overflow() {
    let mut huge = caught_up("A");
    (huge.record_count, huge.backlog, huge.unacked) = (u32::MAX, Some(u64::MAX), u64::MAX);
    let both = merged(vec![Some(huge.clone()), Some(huge)]);
    assert_eq!(
        (both.record_count, both.backlog, both.unacked),
        (u32::MAX, Some(u64::MAX), u64::MAX)
    );
}

#[test]
fn each_partition_is_told_by_its_own_lane() {
    let partition = |partition, position| PartitionStatus {
        partition,
        position: Some(position),
        ..PartitionStatus::default()
    };
    let mut even = caught_up("A");
    even.partitions = vec![
        partition(0, 10),
        partition(1, 0),
        partition(2, 12),
        partition(3, 0),
    ];
    let mut odd = caught_up("A");
    odd.partitions = vec![partition(1, 11), partition(0, 0)];
    let all = merged(vec![Some(even), Some(odd)]).partitions;
    let all: Vec<_> = all
        .iter()
        .map(|one| (one.partition, one.position.unwrap()))
        .collect();
    assert_eq!(all, [(0, 10), (1, 11), (2, 12), (3, 0)]);
}

#[test]
fn a_fetcher_that_feeds_two_lanes_is_one() {
    let fetcher = |id: &str, claims, pulse, connected| FetcherStatus {
        fetcher_id: id.to_owned(),
        claims,
        pulse_age: millis(pulse),
        connected,
        session_ends_at: (!connected).then(|| time("12:05:00")),
        ..FetcherStatus::default()
    };
    let mut even = caught_up("A");
    even.fetchers = vec![fetcher("f", 2, 100, true), fetcher("g", 1, 100, false)];
    let mut odd = caught_up("A");
    odd.fetchers = vec![fetcher("f", 1, 900, false), fetcher("g", 0, 300, false)];
    let all = merged(vec![Some(even), Some(odd)]).fetchers;
    assert_eq!(all.len(), 2);
    assert_eq!(
        (all[0].claims, all[0].pulse_age, all[0].connected),
        (3, millis(900), true)
    );
    assert_eq!(all[0].session_ends_at, None, "it is there");
    assert_eq!(all[1].session_ends_at, Some(time("12:05:00")));
}

fn status(topics: Vec<TopicStatus>) -> GetStatusResponse {
    GetStatusResponse {
        version: "0.1.0".to_owned(),
        group: "shop".to_owned(),
        gather_count: 7,
        buffered_bytes: 100,
        budget_bytes: 1000,
        counters: vec![Counter {
            name: "stale_batches".to_owned(),
            count: 2,
        }],
        topics,
        ..GetStatusResponse::default()
    }
}

#[test]
fn the_roll_has_each_topic_once_worst_first_and_says_that_it_is_of_all_lanes() {
    let bad = topic("B", verdict(VerdictCode::TopicMissing, Severity::Fault), 0);
    let lanes = house(vec![
        Some(status(vec![caught_up("A"), caught_up("B")])),
        Some(status(vec![bad, elsewhere("A"), elsewhere("C")])),
    ]);
    let roll = roll::status(lanes);
    let names: Vec<_> = roll
        .topics
        .iter()
        .map(|topic| topic.topic.as_str())
        .collect();
    assert_eq!(names, ["B", "A", "C"]);
    assert_eq!((roll.lane, roll.lanes), (2, 2));
    assert_eq!((&*roll.version, &*roll.group), ("0.1.0", "shop"));
    assert_eq!(
        (roll.gather_count, roll.buffered_bytes, roll.budget_bytes),
        (14, 200, 2000)
    );
    assert_eq!((roll.counters.len(), roll.counters[0].count), (1, 4));
}

#[test]
fn what_should_be_one_and_is_not_is_told_whole() {
    let mut other = status(Vec::new());
    (other.version, other.group) = ("0.2.0".to_owned(), String::new());
    let roll = roll::status(house(vec![Some(status(Vec::new())), Some(other)]));
    assert_eq!((&*roll.version, &*roll.group), ("0.1.0, 0.2.0", "shop"));
}

#[test]
fn the_last_gather_is_the_newest_with_what_its_client_got_of_every_lane() {
    let gather = |id, at: &str, records, client: &str| GatherInfo {
        gather_id: id,
        started_at: Some(time(at)),
        record_count: records,
        client_id: client.to_owned(),
        ..GatherInfo::default()
    };
    let with = |gather| GetStatusResponse {
        last_gather: Some(gather),
        ..status(Vec::new())
    };
    let roll = roll::status(house(vec![
        Some(with(gather(12, "12:00:01", 3, "app"))),
        Some(with(gather(40, "12:00:02", 4, "app"))),
        Some(with(gather(9, "11:00:00", 100, "other"))),
    ]));
    let last = roll.last_gather.unwrap();
    assert_eq!((last.gather_id, last.record_count), (0, 7));
    assert_eq!(last.started_at, Some(time("12:00:02")));
}

#[test]
fn a_topic_is_explained_with_each_lanes_own_conditions() {
    let checks = |partition, holds| PartitionChecks {
        partition,
        holds,
        ..PartitionChecks::default()
    };
    let answer = |checks| GetTopicResponse {
        topic: Some(caught_up("A")),
        bootstrap_servers: "k:9092".to_owned(),
        checks,
        ..GetTopicResponse::default()
    };
    let whole = topics::answer(house(vec![
        Some(answer(vec![checks(Some(0), true), checks(Some(1), false)])),
        Some(answer(vec![checks(Some(1), true), checks(None, false)])),
    ]));
    let told: Vec<_> = whole
        .checks
        .iter()
        .map(|checks| (checks.partition, checks.holds))
        .collect();
    assert_eq!(told, [(Some(0), true), (Some(1), true)]);
    assert_eq!(whole.bootstrap_servers, "k:9092");
    assert_eq!((whole.lane, whole.lanes), (2, 2));
}

fn advised(gap: Option<i64>, timeout: i64) -> TopicAdvice {
    TopicAdvice {
        topic: "A".to_owned(),
        arrivals: gap.map(|gap| ArrivalModel {
            gap_usual: millis(gap),
            silence: millis(gap),
            records_per_second: 2.0,
            ..ArrivalModel::default()
        }),
        timeout: gap.and_then(|_| millis(timeout)),
        ..TopicAdvice::default()
    }
}

#[test]
fn advice_is_that_of_the_liveliest_lane_and_of_lane_0_for_the_roll() {
    let lane = |advised, all| AdviseResponse {
        topics: vec![advised],
        timeout_for_all: millis(all),
        ..AdviseResponse::default()
    };
    let parts = house(vec![
        Some(lane(advised(Some(5000), 9000), 9000)),
        Some(lane(advised(Some(1000), 2000), 2000)),
        Some(lane(advised(None, 0), 1)),
    ]);
    let whole = advice::advice(parts.clone());
    assert_eq!(whole.timeout_for_all, millis(9000));
    let [topic] = whole.topics.as_slice() else {
        unreachable!("{:?}", whole.topics)
    };
    let arrivals = topic.arrivals.as_ref().unwrap();
    assert_eq!(
        (topic.timeout, arrivals.gap_usual),
        (millis(2000), millis(1000))
    );
    assert!((arrivals.records_per_second - 4.0).abs() < f64::EPSILON);
    let without: Vec<_> = parts.into_iter().skip(1).collect();
    assert_eq!(advice::advice(without).timeout_for_all, None);
}

#[test]
fn the_past_is_each_lanes_own_newest_first() {
    let gather = |id, at: &str| GatherInfo {
        gather_id: id,
        started_at: Some(time(at)),
        ..GatherInfo::default()
    };
    let lanes = house(vec![
        Some(vec![gather(2, "12:00:05"), gather(1, "12:00:01")]),
        Some(vec![gather(1, "12:00:03")]),
    ]);
    let newest = past::newest(lanes, |gather: &GatherInfo| gather.started_at.as_ref(), 2);
    let told: Vec<_> = newest
        .iter()
        .map(|part: &Part<GatherInfo>| (part.place, part.answer.gather_id))
        .collect();
    let place = |lane| Place { lane, lanes: 2 };
    assert_eq!(told, [(place(0), 2), (place(1), 1)]);
}
