//! Which verdict stands for a topic over lanes.

use rollcall_proto::v1::{Severity, TopicStatus, VerdictCode};

use super::super::missing;
use super::super::topic::topic as merged;
use super::{house, topic, verdict};
use VerdictCode::{
    BrokerDown, CappedByMaxRecords, CaughtUp, FetcherUnreachable, Flowing, NoClient, NotInThisLane,
    ProducerOverdue, ProducerSlowerThanTimeout, StuckWithLag, Throttled, TopicEmpty, TopicMissing,
    Undetermined, WaitingForAck,
};

/// What a lane says: code, severity, records; `None` is a lane that does not answer.
type Says = Option<(VerdictCode, Severity, u32)>;

const fn ok(code: VerdictCode) -> Says {
    Some((code, Severity::Ok, 0))
}

const fn note(code: VerdictCode) -> Says {
    Some((code, Severity::Note, 0))
}

const fn warn(code: VerdictCode) -> Says {
    Some((code, Severity::Warn, 0))
}

const fn fault(code: VerdictCode) -> Says {
    Some((code, Severity::Fault, 0))
}

const fn data(code: VerdictCode, severity: Severity) -> Says {
    Some((code, severity, 5))
}

const UNKNOWN: Says = Some((Undetermined, Severity::Unknown, 0));
const ELSEWHERE: Says = ok(NotInThisLane);
const AWAY: Says = None;

fn over(lanes: &[Says]) -> TopicStatus {
    let said = |says: &Says| {
        says.map(|(code, severity, records)| topic("A", verdict(code, severity), records))
    };
    let parts = house(lanes.iter().map(said).collect());
    let missing = missing(&parts);
    merged(parts, &missing)
}

#[track_caller]
fn check(lanes: &[Says], expected: VerdictCode, also: &[VerdictCode]) {
    for turned in [lanes.to_vec(), lanes.iter().rev().copied().collect()] {
        let topic = over(&turned);
        let verdict = topic.verdict.unwrap();
        assert_eq!(verdict.code(), expected, "{turned:?}");
        let others: Vec<_> = topic.also.iter().map(|also| also.code()).collect();
        assert_eq!(others, also, "{turned:?}");
    }
}

#[test]
fn the_worst_of_the_lanes_is_the_verdict_and_the_others_are_told_beside_it() {
    check(&[ok(CaughtUp), ok(CaughtUp)], CaughtUp, &[]);
    check(&[ok(CaughtUp), warn(Throttled)], Throttled, &[]);
    check(
        &[warn(WaitingForAck), note(ProducerSlowerThanTimeout)],
        WaitingForAck,
        &[ProducerSlowerThanTimeout],
    );
    check(
        &[warn(WaitingForAck), fault(StuckWithLag), ok(CaughtUp)],
        StuckWithLag,
        &[WaitingForAck],
    );
}

#[test]
fn of_two_that_are_as_bad_the_first_of_the_table_is_the_verdict() {
    check(
        &[fault(TopicMissing), fault(FetcherUnreachable)],
        FetcherUnreachable,
        &[TopicMissing],
    );
    check(
        &[warn(NoClient), warn(WaitingForAck)],
        WaitingForAck,
        &[NoClient],
    );
}

#[test]
fn what_is_not_known_is_not_hidden_by_what_is_well() {
    check(&[ok(CaughtUp), UNKNOWN], Undetermined, &[]);
    check(&[data(Flowing, Severity::Ok), UNKNOWN], Undetermined, &[]);
    check(
        &[note(ProducerSlowerThanTimeout), UNKNOWN],
        Undetermined,
        &[ProducerSlowerThanTimeout],
    );
    check(
        &[warn(ProducerOverdue), UNKNOWN],
        ProducerOverdue,
        &[Undetermined],
    );
}

#[test]
fn a_lane_without_partitions_of_it_says_nothing_unless_all_do() {
    check(&[ok(CaughtUp), ELSEWHERE], CaughtUp, &[]);
    check(&[fault(BrokerDown), ELSEWHERE], BrokerDown, &[]);
    check(&[UNKNOWN, ELSEWHERE], Undetermined, &[]);
    check(&[ELSEWHERE, ELSEWHERE], NotInThisLane, &[]);
}

#[test]
fn a_lane_with_data_answers_for_the_slot_but_not_for_what_is_broken_elsewhere() {
    check(&[data(Flowing, Severity::Ok), ok(CaughtUp)], Flowing, &[]);
    check(
        &[data(Flowing, Severity::Ok), note(ProducerSlowerThanTimeout)],
        Flowing,
        &[],
    );
    check(
        &[data(Flowing, Severity::Ok), warn(WaitingForAck)],
        Flowing,
        &[WaitingForAck],
    );
    check(
        &[
            data(CappedByMaxRecords, Severity::Note),
            data(Flowing, Severity::Ok),
        ],
        CappedByMaxRecords,
        &[],
    );
    check(
        &[data(Flowing, Severity::Ok), fault(BrokerDown)],
        BrokerDown,
        &[],
    );
}

#[test]
fn a_producer_is_what_the_lane_says_that_it_writes_most_to() {
    check(
        &[ok(CaughtUp), note(ProducerSlowerThanTimeout)],
        CaughtUp,
        &[],
    );
    check(&[ok(CaughtUp), warn(ProducerOverdue)], CaughtUp, &[]);
    check(&[ok(CaughtUp), note(TopicEmpty)], CaughtUp, &[]);
    check(
        &[note(ProducerSlowerThanTimeout), warn(ProducerOverdue)],
        ProducerSlowerThanTimeout,
        &[],
    );
    check(
        &[note(TopicEmpty), warn(ProducerOverdue)],
        ProducerOverdue,
        &[],
    );
    check(
        &[warn(ProducerOverdue), warn(ProducerOverdue)],
        ProducerOverdue,
        &[],
    );
    check(&[note(TopicEmpty), note(TopicEmpty)], TopicEmpty, &[]);
    check(
        &[data(Flowing, Severity::Ok), warn(ProducerOverdue)],
        Flowing,
        &[],
    );
}

#[test]
fn a_lane_that_is_away_leaves_open_what_nothing_worse_is_known_of() {
    check(&[ok(CaughtUp), AWAY], Undetermined, &[CaughtUp]);
    check(
        &[data(Flowing, Severity::Ok), AWAY],
        Undetermined,
        &[Flowing],
    );
    check(&[ELSEWHERE, AWAY], Undetermined, &[NotInThisLane]);
    check(&[UNKNOWN, AWAY], Undetermined, &[]);
    check(&[fault(StuckWithLag), AWAY], StuckWithLag, &[Undetermined]);
    check(
        &[warn(ProducerOverdue), AWAY],
        ProducerOverdue,
        &[Undetermined],
    );
    check(
        &[note(ProducerSlowerThanTimeout), AWAY],
        Undetermined,
        &[ProducerSlowerThanTimeout],
    );
}

#[test]
fn a_lane_that_is_away_is_named_in_the_evidence() {
    let topic = over(&[ok(CaughtUp), AWAY, AWAY]);
    let verdict = topic.verdict.unwrap();
    let facts: Vec<_> = verdict
        .facts
        .iter()
        .map(|fact| (fact.name.as_str(), fact.value.clone()))
        .collect();
    let lane = |text: &str| {
        let text = rollcall_proto::v1::fact::Value::Text(text.to_owned());
        ("missing_evidence", Some(text))
    };
    assert_eq!(facts, [lane("lane 1"), lane("lane 2")]);
    assert!(verdict.confirmed);
}

#[test]
fn partitions_and_facts_of_the_same_verdict_are_put_together() {
    let lane = |partition: i32| {
        let mut verdict = verdict(StuckWithLag, Severity::Fault);
        let waiting = crate::view::fixtures::records("readable", 7);
        verdict.facts = vec![rollcall_proto::v1::Fact {
            partition: Some(partition),
            ..waiting
        }];
        Some(topic("A", verdict, 0))
    };
    let other = topic("A", verdict(CaughtUp, Severity::Ok), 0);
    let verdict = merged(house(vec![lane(0), lane(1), Some(other)]), &[])
        .verdict
        .unwrap();
    assert_eq!((verdict.partitions, verdict.partitions_total), (2, 6));
    let of: Vec<_> = verdict.facts.iter().map(|fact| fact.partition).collect();
    assert_eq!(of.len(), 2);
    assert!(of.contains(&Some(0)) && of.contains(&Some(1)), "{of:?}");
}

#[test]
fn a_verdict_that_is_missing_is_unknown() {
    let mut silent = topic("A", verdict(CaughtUp, Severity::Ok), 0);
    silent.verdict = None;
    let well = topic("A", verdict(CaughtUp, Severity::Ok), 0);
    let verdict = merged(house(vec![Some(well), Some(silent)]), &[]).verdict;
    assert_eq!(
        crate::view::verdict::severity_of(verdict.as_ref()),
        Severity::Unknown
    );
}
