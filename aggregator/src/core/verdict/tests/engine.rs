use std::collections::BTreeSet;

use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{Severity, Source, VerdictCode as Code};

use super::scene::{FEED, Scene, fact, secs};
use crate::core::verdict::table::{Explains, TABLE, Wait};
use crate::core::verdict::{Detail, Judgement};

/// The verdicts of the first issue; every one of them has its row.
const PROMISED: [Code; 26] = [
    Code::FetcherUnreachable,
    Code::TopicMissing,
    Code::TopicRecreated,
    Code::ClusterUnreachable,
    Code::Rebalancing,
    Code::OwnerElsewhere,
    Code::OffsetOutOfRange,
    Code::RecordTooLarge,
    Code::WaitingForAck,
    Code::NoClient,
    Code::PausedBackpressure,
    Code::ArrivedTooLate,
    Code::StuckWithLag,
    Code::SkippedToEnd,
    Code::ProducerOverdue,
    Code::ProducerSlowerThanTimeout,
    Code::TopicEmpty,
    Code::CaughtUp,
    Code::Undetermined,
    Code::Flowing,
    Code::CappedByMaxRecords,
    Code::CappedByMaxBytes,
    Code::FallingBehind,
    Code::NoMember,
    Code::NoGroup,
    Code::NotSubscribed,
];

#[test]
fn the_table_is_in_the_order_of_the_contract_and_has_every_promised_row() {
    let codes: Vec<_> = TABLE.iter().map(|rule| rule.code).collect();
    // Their numbers came later than their places.
    let later = [Code::NoMember, Code::NoGroup];
    let numbered: Vec<_> = codes.iter().filter(|code| !later.contains(code)).collect();
    assert!(
        numbered.windows(2).all(|pair| pair[0] < pair[1]),
        "{codes:?}"
    );
    let missing: Vec<_> = PROMISED
        .iter()
        .filter(|code| !codes.contains(code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_summary_tells_facts_of_one_partition_and_only_where_something_is_wrong() {
    let facts_of = |judgement: &Judgement| -> BTreeSet<Option<i32>> {
        let facts = judgement.verdict.facts.iter();
        facts.filter_map(|fact| fact.partition).map(Some).collect()
    };
    let mut scene = Scene::caught_up(3);
    let whole = scene.judge();
    let summary = scene.told(Detail::Summary);
    assert_eq!(facts_of(&whole).len(), 3);
    assert!(!whole.ruled_out.is_empty());
    assert_eq!(summary.verdict.facts, []);
    assert_eq!(summary.ruled_out, []);
    assert_eq!(summary.verdict.code, whole.verdict.code);
    assert_eq!(summary.verdict.partitions, whole.verdict.partitions);
    assert_eq!(summary.backlog, whole.backlog);

    scene.silence(3_001);
    let whole = scene.judge();
    let summary = scene.told(Detail::Summary);
    assert_eq!(facts_of(&whole).len(), 3);
    assert_eq!(facts_of(&summary).len(), 1);
    assert_eq!(summary.verdict.severity(), Severity::Fault);
    assert_eq!(summary.verdict.advice, whole.verdict.advice);
    assert_eq!(facts_of(&scene.told(Detail::OnePartition)).len(), 1);
}

#[test]
fn every_rule_says_when_it_holds_and_how_much_it_matters() {
    for rule in TABLE {
        assert!(!rule.condition.is_empty(), "{:?}", rule.code);
        assert!(!rule.severity.is_empty(), "{:?}", rule.code);
        assert!(
            rule.severity
                .iter()
                .all(|(_, severity)| *severity != Severity::Unspecified),
            "{:?}",
            rule.code
        );
    }
}

#[test]
fn no_rule_is_a_fault_before_its_confirmation_time() {
    let scene = Scene::caught_up(1);
    let ask = crate::core::verdict::Ask::status(secs(1), scene.now);
    let cases = crate::core::verdict::case::cases(&scene.evidence, &scene.books, &ask, scene.now);
    let length = |wait: Wait| wait.length(&cases[0]);
    for rule in TABLE {
        let faults = rule
            .severity
            .iter()
            .filter(|(_, severity)| *severity == Severity::Fault);
        // One that a condition sets has a time of its own.
        let mut by_time = faults.filter_map(|(after, _)| length(*after));
        let confirmed = length(rule.confirmation).unwrap();
        assert!(by_time.all(|after| after >= confirmed), "{:?}", rule.code);
    }
}

#[test]
fn rules_about_data_and_rules_about_emptiness_do_not_mix() {
    let data: BTreeSet<_> = TABLE
        .iter()
        .filter(|rule| rule.explains == Explains::Data)
        .map(|rule| rule.code)
        .collect();
    assert_eq!(
        data,
        [
            Code::Flowing,
            Code::CappedByMaxRecords,
            Code::CappedByMaxBytes,
            Code::FallingBehind
        ]
        .into()
    );
}

#[test]
fn a_healthy_verdict_names_what_was_ruled_out_and_by_which_fact() {
    let judgement = Scene::caught_up(1).judge();
    let ruled_out: Vec<_> = judgement.ruled_out.iter().map(|out| out.code()).collect();
    assert_eq!(
        ruled_out,
        [
            Code::StuckWithLag,
            Code::FetcherUnreachable,
            Code::WaitingForAck
        ]
    );
    let because = judgement.ruled_out[0].because.as_ref().unwrap();
    assert_eq!(
        (because.name.as_str(), because.source()),
        ("readable", Source::ProbeHighWatermark)
    );
}

#[test]
fn facts_carry_partition_source_unit_and_age() {
    let mut scene = Scene::caught_up(2);
    scene.silence(400);
    let judgement = scene.judge();
    let high = fact(&judgement, "high_watermark").unwrap();
    assert_eq!(
        (high.partition, high.source(), high.unit.as_str()),
        (Some(0), Source::ProbeHighWatermark, "offset")
    );
    assert_eq!(
        high.age,
        Some(prost_types::Duration {
            seconds: 0,
            nanos: 400_000_000
        })
    );
    let of_partitions: BTreeSet<_> = judgement
        .verdict
        .facts
        .iter()
        .filter_map(|fact| fact.partition)
        .collect();
    assert_eq!(of_partitions, [0, 1].into());
}

#[test]
fn the_facts_of_at_most_twelve_partitions_are_listed() {
    let judgement = Scene::caught_up(40).judge();
    let listed: BTreeSet<_> = judgement
        .verdict
        .facts
        .iter()
        .filter_map(|fact| fact.partition)
        .collect();
    assert_eq!(listed.len(), 12);
    assert_eq!(judgement.partitions.len(), 40);
}

#[test]
fn not_to_know_is_worse_than_a_note_and_better_than_a_warning() {
    let mut scene = Scene::caught_up(3);
    scene.logs[1].probe_failure = Some("timed out".into());
    // What was measured before the failure may serve for a second.
    scene.tick(1);
    assert_eq!(scene.judge().verdict.code(), Code::CaughtUp);
    scene.tick(1);
    assert_eq!(scene.judge().verdict.code(), Code::Undetermined);
    scene.lease(2, 5, 2);
    assert_eq!(scene.judge().verdict.code(), Code::WaitingForAck);
    assert_eq!(scene.judge().also[0].code(), Code::Undetermined);
}

#[test]
fn the_status_of_a_partition_shows_evidence_and_books_together() {
    let mut scene = Scene::caught_up(1);
    scene.logs[0].high = 130;
    scene.logs[0].committed = Some(90);
    scene.tick(1);
    scene.book(0).buffered_records = 4;
    let status = scene.evidence.partition_status(
        Partition(0),
        scene.books.partitions.get(&Partition(0)),
        Code::CaughtUp,
        scene.now,
    );
    assert_eq!(
        (status.high_watermark, status.position, status.committed),
        (Some(130), Some(100), Some(90))
    );
    assert_eq!(
        (status.readable, status.lag, status.buffered, status.epoch),
        (Some(30), Some(40), 4, 1)
    );
    assert_eq!(
        (status.member_id.as_str(), status.host.as_str()),
        ("member-1", "host-1")
    );
}

#[test]
fn what_was_committed_after_the_probe_lies_in_the_log_too() {
    let mut scene = Scene::caught_up(1);
    scene.silence(500);
    scene.logs[0].committed = Some(107);
    scene.pulse();
    let status = scene
        .evidence
        .partition_status(Partition(0), None, Code::CaughtUp, scene.now);
    assert_eq!((status.high_watermark, status.lag), (Some(107), Some(0)));
}

#[test]
fn a_fetcher_that_is_gone_is_remembered_with_the_end_of_its_session() {
    let mut scene = Scene::caught_up(1);
    scene.evidence.feed_closed(FEED, scene.now);
    scene.silence(1_000);
    let fetchers = scene.evidence.fetchers(scene.now);
    assert_eq!(
        (fetchers.len(), fetchers[0].connected, fetchers[0].claims),
        (1, false, 1)
    );
    assert!(fetchers[0].session_ends_at.is_some());
    scene.silence(120_000);
    assert!(scene.evidence.fetchers(scene.now).is_empty());
    assert_eq!(scene.evidence.group(), Some("group"));
}

#[test]
fn newer_evidence_is_wanted_when_the_end_is_a_second_old() {
    let mut scene = Scene::bare();
    assert!(
        !scene.evidence.probe_wanted(scene.now),
        "nobody could answer"
    );
    scene
        .evidence
        .feed_opened(FEED, &super::scene::open(), scene.now);
    assert!(scene.evidence.probe_wanted(scene.now), "nothing is known");
    let scene = Scene::caught_up(2);
    assert!(!scene.evidence.probe_wanted(scene.now + secs(1)));
    assert!(
        scene
            .evidence
            .probe_wanted(scene.now + secs(1) + std::time::Duration::from_millis(1))
    );
}

#[test]
fn offsets_at_the_end_of_all_numbers_do_not_overflow() {
    let mut scene = Scene::caught_up(5);
    for log in &mut scene.logs {
        (log.high, log.next, log.committed) = (i64::MAX, Some(0), Some(0));
    }
    scene.tick(30);
    assert_eq!(scene.judge().backlog, Some(u64::MAX));
}
