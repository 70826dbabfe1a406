//! The pulse, and what contradicts an error.

use super::*;
use crate::core::facts::{ClientPartition, Owner, ProbeId, ProbeRound};
use crate::core::lanes::FeedId;
use crate::core::latch::Report;
use rollcall_proto::v1::ErrorKind;

fn error(stage: &mut Stage, kind: ErrorKind) {
    let report = Report {
        kind,
        code: 1,
        text: "said so".to_owned(),
        partition: None,
    };
    stage.session.error(&report, stage.now);
}

fn statistics(stage: &Stage, brokers_up: u32, join_state: &str, next: i64) -> ClientFacts {
    let partition = ClientPartition {
        next_offset: Offset::known(next),
        ..ClientPartition::default()
    };
    ClientFacts {
        measured: stage.now,
        group_state: "up".to_owned(),
        join_state: join_state.to_owned(),
        brokers_up,
        brokers_known: 1,
        partitions: BTreeMap::from([(P, partition)]),
        ..ClientFacts::default()
    }
}

fn probed(next_offset: Option<i64>, high: i64) -> ProbeRound {
    let log = v1::ProbedPartition {
        partition: 0,
        high_watermark: Some(high),
        ..v1::ProbedPartition::default()
    };
    let other = v1::ProbedPartition {
        partition: 1,
        committed: Some(7),
        commit_known: true,
        ..v1::ProbedPartition::default()
    };
    ProbeRound {
        positions: next_offset.map(|n| (P, at(n))).into_iter().collect(),
        probed: v1::Probed {
            topic_exists: Some(true),
            partitions: vec![log, other],
            ..v1::Probed::default()
        },
        ..ProbeRound::default()
    }
}

#[test]
fn a_pulse_is_said_each_second_and_when_something_changed() {
    let mut stage = Stage::feeding();
    let pulses = |stage: &Stage| {
        stage
            .said
            .iter()
            .filter(|s| matches!(s, Said::Pulse(_)))
            .count()
    };
    stage.said.clear();
    for _ in 0..50 {
        stage.pass(100);
    }
    assert_eq!(pulses(&stage), 5);
    error(&mut stage, ErrorKind::Transport);
    stage.settle_down();
    assert_eq!(pulses(&stage), 6);
    error(&mut stage, ErrorKind::Transport);
    stage.settle_down();
    assert_eq!(pulses(&stage), 6, "the same error again is no news");
}

#[test]
fn a_pulse_goes_with_the_statistics_whenever_they_begin_and_without_them_when_they_stay_away() {
    for phase in 0..10 {
        let mut stage = Stage::feeding();
        let mut said_at = Vec::new();
        for step in 0..200_u32 {
            stage.said.clear();
            stage.pass(100);
            if step % 10 == phase && step < 150 {
                stage.session.client(ClientFacts::default(), stage.now);
                stage.settle_down();
            }
            let pulsed = stage.said.iter().any(|said| matches!(said, Said::Pulse(_)));
            said_at.extend(pulsed.then_some(step));
        }
        let gaps = said_at.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.clone().all(|steps| steps <= 13), "{said_at:?}");
        let settled: Vec<_> = said_at
            .iter()
            .filter(|step| (60..150).contains(*step))
            .collect();
        assert_eq!(settled.len(), 9, "one a second: {said_at:?}");
        assert!(
            settled.iter().all(|step| **step % 10 == phase),
            "{said_at:?}"
        );
    }
}

#[test]
fn a_coordinator_that_comes_or_goes_is_said_at_once() {
    let mut stage = Stage::feeding();
    let mut says = |group_state: &str| {
        stage.said.clear();
        let facts = ClientFacts {
            group_state: group_state.to_owned(),
            ..statistics(&stage, 1, "init", 0)
        };
        stage.session.client(facts, stage.now);
        stage.settle_down();
        stage.said.iter().any(|said| matches!(said, Said::Pulse(_)))
    };
    assert!(!says("up"), "nothing was missed");
    assert!(says("query-coord"));
    assert!(!says("wait-coord"), "as little a coordinator as before");
    assert!(says("up"));
}

#[test]
fn n_is_the_highest_of_statistics_records_and_ends() {
    let mut stage = Stage::feeding();
    stage.pass(10);
    let n = |stage: &mut Stage| stage.pulse().partitions[0].next_offset;
    assert_eq!(n(&mut stage), Some(0));
    stage.batch(0, 10);
    assert_eq!(n(&mut stage), Some(10));
    stage
        .session
        .client(statistics(&stage, 1, "steady", 7), stage.now);
    assert_eq!(n(&mut stage), Some(10));
    stage
        .session
        .reached_end(P, stage.placement(), end(at(12)), stage.now);
    assert_eq!(n(&mut stage), Some(12));
    stage
        .session
        .client(statistics(&stage, 1, "steady", 15), stage.now);
    assert_eq!(n(&mut stage), Some(15));
}

#[test]
fn statistics_from_before_a_placement_say_nothing_about_it() {
    let mut stage = Stage::feeding();
    let old = statistics(&stage, 1, "steady", 90);
    stage.batch(0, 10);
    stage.pass(10);
    stage.session.disconnected(stage.now);
    stage.open();
    stage.commit(CommitOutcome::Taken);
    let claim = stage.claim();
    stage.grant(&claim, 2, 0);
    stage.session.client(old, stage.now);
    assert_eq!(stage.pulse().partitions[0].next_offset, Some(0));
}

#[test]
fn errors_last_until_they_are_contradicted() {
    let mut stage = Stage::feeding();
    for kind in [
        ErrorKind::AllBrokersDown,
        ErrorKind::GroupAuthorization,
        ErrorKind::TopicAuthorization,
    ] {
        error(&mut stage, kind);
    }
    let kinds = |stage: &mut Stage| {
        stage
            .pulse()
            .errors
            .iter()
            .map(v1::LatchedError::kind)
            .collect::<Vec<_>>()
    };
    stage
        .session
        .client(statistics(&stage, 0, "init", 0), stage.now);
    assert_eq!(kinds(&mut stage).len(), 3);
    stage
        .session
        .client(statistics(&stage, 1, "init", 0), stage.now);
    assert_eq!(
        kinds(&mut stage),
        [ErrorKind::TopicAuthorization, ErrorKind::GroupAuthorization]
    );
    stage
        .session
        .client(statistics(&stage, 1, "steady", 0), stage.now);
    assert_eq!(kinds(&mut stage), [ErrorKind::TopicAuthorization]);
    stage.batch(0, 1);
    assert!(kinds(&mut stage).is_empty(), "a fetch succeeded");
}

#[test]
fn probes_may_be_rare_only_while_everything_is_provably_read_and_acked() {
    let mut stage = Stage::feeding();
    stage.batch(0, 10);
    stage.session.probed(probed(Some(10), 10), stage.now);
    assert!(!stage.session.caught_up(), "not acked");
    stage.ack(0, 10);
    stage.session.probed(probed(Some(10), 10), stage.now);
    assert!(stage.session.caught_up());
    stage.session.probed(probed(Some(10), 11), stage.now);
    assert!(!stage.session.caught_up());
}

fn asked(number: u64) -> ProbeId {
    let feed = FeedId::default();
    ProbeId { feed, number }
}

#[test]
fn a_round_that_answers_several_requests_is_counted_once() {
    let mut stage = Stage::feeding();
    let mut round = |wait: u64, id: u64| {
        stage.pass(wait);
        let round = ProbeRound {
            measured: stage.now,
            probe_ids: vec![asked(id)],
            ..probed(Some(0), 0)
        };
        stage.session.probed(round.clone(), stage.now);
        stage.pass(300);
        let again = ProbeRound {
            probe_ids: vec![asked(id + 1)],
            ..round
        };
        stage.session.probed(again, stage.now);
        stage.session.measure(stage.now).tally.probes
    };
    assert_eq!(round(0, 1), 1);
    assert_eq!(round(1_000, 3), 2);
}

#[test]
fn a_probes_n_is_told_for_our_partitions_only() {
    let mut stage = Stage::feeding();
    stage.session.probed(probed(Some(4), 10), stage.now);
    stage.settle_down();
    let told = stage.said.iter().find_map(|said| match said {
        Said::Probed(probed) => Some(
            probed
                .partitions
                .iter()
                .map(|p| p.next_offset)
                .collect::<Vec<_>>(),
        ),
        _ => None,
    });
    assert_eq!(told, Some(vec![Some(4), None]));
}

#[test]
fn a_round_that_finds_the_same_on_an_idle_topic_goes_with_the_next_pulse() {
    let mut stage = Stage::feeding();
    let mut round = |ids: &[u64], high| {
        let told = |stage: &Stage| -> Vec<_> {
            let words = stage.said.iter().map(|said| match said {
                Said::Probed(_) => "probed",
                Said::Pulse(_) => "pulse",
                _ => "other",
            });
            words.collect()
        };
        stage.said.clear();
        let round = ProbeRound {
            probe_ids: ids.iter().copied().map(asked).collect(),
            ..probed(Some(high), high)
        };
        stage.session.probed(round, stage.now);
        stage.settle_down();
        let at_once = told(&stage);
        stage.pass(1_000);
        (at_once, told(&stage))
    };
    let at_once = (vec!["probed"], vec!["probed", "pulse"]);
    let later = (vec![], vec!["probed", "pulse"]);
    assert_eq!(round(&[], 0), at_once, "the first");
    assert_eq!(round(&[], 0), later);
    assert_eq!(round(&[], 0), later);
    assert_eq!(round(&[7], 0), at_once, "somebody asks");
    assert_eq!(round(&[], 2), at_once, "news");
    assert_eq!(round(&[], 2), later);
}

#[test]
fn owners_of_other_partitions_are_asked_for_every_five_seconds_and_named() {
    let mut stage = Stage::feeding();
    stage.session.probed(probed(Some(0), 0), stage.now);
    stage.settle_down();
    assert!(stage.wants(&Action::Describe));
    stage.actions.clear();
    stage.pass(4000);
    stage.session.probed(probed(Some(0), 0), stage.now);
    stage.settle_down();
    assert!(!stage.wants(&Action::Describe));
    let owner = Owner {
        client_id: "old-app\u{1b}[2J".to_owned(),
        ..Owner::default()
    };
    let owners = BTreeMap::from([(P, owner.clone()), (Partition(1), owner)]);
    stage.session.owners(
        GroupOwners {
            measured: stage.now,
            owners,
            ..GroupOwners::default()
        },
        stage.now,
    );
    let foreign = stage.pulse().foreign_owners;
    assert_eq!(
        (foreign.len(), foreign[0].partition, foreign[0].committed),
        (1, 1, Some(7))
    );
    assert_eq!(
        foreign[0].client_id, "old-app [2J",
        "no terminal escapes pass"
    );
}

#[test]
fn who_owns_a_partition_that_was_added_is_asked_at_once() {
    let mut stage = Stage::feeding();
    let mut round = |partitions: std::ops::Range<i32>| {
        stage.actions.clear();
        let mut round = probed(Some(0), 0);
        round.probed.partitions = partitions
            .map(|partition| v1::ProbedPartition {
                partition,
                ..Default::default()
            })
            .collect();
        stage.pass(1_000);
        stage.session.probed(round, stage.now);
        stage.settle_down();
        stage.wants(&Action::Describe)
    };
    assert!(round(0..2));
    assert!(!round(0..2), "asked a second ago");
    assert!(round(0..3), "one was added");
    assert!(!round(0..3));
}

#[test]
fn a_record_above_the_limit_is_named_in_the_pulse() {
    let mut stage = Stage::feeding();
    let record = v1::OversizedRecord {
        offset: 5,
        bytes: 99,
        max_record_bytes: 9,
    };
    stage
        .session
        .oversized(P, stage.placement(), record, stage.now);
    let pulse = stage.pulse();
    assert_eq!(pulse.partitions[0].oversized, Some(record));
    assert_eq!(pulse.errors[0].kind(), ErrorKind::RecordTooLarge);
}

#[test]
fn rebalancing_is_dated_and_ends_with_a_steady_state() {
    let mut stage = Stage::new();
    stage
        .session
        .client(statistics(&stage, 1, "wait-assign-call", 0), stage.now);
    stage.pass(3000);
    let group = stage.pulse().group.unwrap();
    assert_eq!(group.rebalancing.map(|d| d.seconds), Some(3));
    stage
        .session
        .client(statistics(&stage, 1, "steady", 0), stage.now);
    assert_eq!(stage.pulse().group.unwrap().rebalancing, None);
}

#[test]
fn a_member_that_the_stable_group_gives_nothing_is_idle_and_not_in_motion() {
    let mut stage = Stage::new();
    stage.session.member("m-1".to_owned());
    let joining = statistics(&stage, 1, "init", -1001);
    stage.session.client(joining, stage.now);
    let group = |stage: &mut Stage| stage.pulse().group.unwrap();
    assert!(
        group(&mut stage).rebalancing.is_some(),
        "it may just be joining"
    );
    let described = |members: &[&str], stable| GroupOwners {
        measured: Moment::from_millis(0),
        stable,
        members: members
            .iter()
            .map(|&id| (id.to_owned(), String::new()))
            .collect(),
        ..GroupOwners::default()
    };
    let mut idle = |members: &[&str], stable| {
        let owners = GroupOwners {
            measured: stage.now,
            ..described(members, stable)
        };
        stage.session.owners(owners, stage.now);
        let group = group(&mut stage);
        assert_eq!(group.idle, group.rebalancing.is_none());
        group.idle
    };
    assert!(idle(&["m-1", "other"], true));
    assert!(!idle(&["other"], true), "not a member yet");
    assert!(!idle(&["m-1"], false), "the group moves");
}
