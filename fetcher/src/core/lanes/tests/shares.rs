//! Lanes that agree: who gets what.

use super::*;

#[test]
fn one_aggregator_gets_everything_and_nothing_waits_for_its_number_of_lanes() {
    let mut stage = Stage::new(1);
    stage.assign(&[0, 1, 2]);
    stage.open(A, 0, 1);
    assert_eq!(stage.dealt(), [(0, A), (1, A), (2, A)]);
    let placements: Vec<_> = stage
        .readers
        .values()
        .map(|(_, number, _)| *number)
        .collect();
    assert_eq!(placements, [1, 1, 1], "counted as if there were no lanes");
    stage.hang_up(A);
    assert_eq!(stage.lanes.assigned().len(), 3, "they wait for it");
    stage.open(A, 0, 1);
    assert_eq!(stage.claimed.len(), 6);
}

#[test]
fn each_partition_is_fed_to_its_lane_only() {
    let mut stage = Stage::of_two();
    assert_eq!(stage.dealt(), [(0, A), (1, B), (2, A), (3, B)]);
    stage.read(0, 5);
    stage.read(3, 7);
    assert_eq!(stage.sent, [(A, 0, 0, 5), (B, 3, 0, 7)]);
    stage.ack(3, 0, 7);
    assert_eq!(stage.committed[&Partition(3)], at(7));
    assert!(stage.lanes.missing().is_empty());
}

#[test]
fn aggregators_may_stand_in_any_order() {
    let mut stage = Stage::new(2);
    stage.open(A, 1, 2);
    stage.open(B, 0, 2);
    stage.assign(&[0, 1]);
    assert_eq!(stage.dealt(), [(0, B), (1, A)]);
}

#[test]
fn partitions_of_a_lane_without_an_aggregator_wait_and_the_others_flow() {
    let mut stage = Stage::new(2);
    stage.assign(&[0, 1, 2, 3]);
    stage.open(B, 1, 2);
    assert_eq!(stage.dealt(), [(1, B), (3, B)]);
    assert_eq!(stage.lanes.missing(), [Shard::new(0, 2).unwrap()]);
    let measured = stage.lanes.measure(stage.now);
    assert_eq!((measured.lanes, measured.lanes_fed), (2, 1));
    assert!(!measured.welcomed);
    assert_eq!(
        measured.pulse.partitions.len(),
        4,
        "they are known all the same"
    );
    stage.open(A, 0, 2);
    assert_eq!(stage.dealt(), [(0, A), (1, B), (2, A), (3, B)]);
    assert!(stage.lanes.measure(stage.now).welcomed);
}

#[test]
fn a_lane_that_goes_away_keeps_its_partitions_and_the_others_go_on() {
    let mut stage = Stage::of_two();
    stage.read(1, 10);
    stage.ack(1, 0, 4);
    stage.hang_up(B);
    stage.read(0, 5);
    assert_eq!(stage.sent.last(), Some(&(A, 0, 0, 5)));
    assert_eq!(stage.lanes.missing(), [Shard::new(1, 2).unwrap()]);
    stage.claimed.clear();
    stage.open(B, 1, 2);
    assert!(stage.claimed.contains(&(B, 1, 4)), "from its floor");
    assert_eq!(
        stage.claimed.len(),
        2,
        "A's claims hold: {:?}",
        stage.claimed
    );
}

#[test]
fn a_lane_without_credit_does_not_stop_another_one() {
    let mut stage = Stage::of_two();
    // A partition has one batch as a reserve.
    (0..12).for_each(|_| stage.read(0, 1));
    let to = |feed| move |sent: &&(FeedId, i32, i64, i64)| sent.0 == feed;
    assert_eq!(stage.sent.iter().filter(to(A)).count(), 10, "its credit");
    (0..5).for_each(|_| stage.read(1, 1));
    assert_eq!(stage.sent.iter().filter(to(B)).count(), 5);
}

#[test]
fn a_revoke_is_answered_when_the_last_lane_is_done() {
    let mut stage = Stage::of_two();
    stage.read(0, 5);
    stage.read(1, 5);
    stage.lanes.revoke(&partitions(&[0, 1]), false, stage.now);
    stage.go_on();
    stage.ack(0, 0, 5);
    assert!(!stage.wants(&Action::Unassign), "lane 1 waits for an ack");
    stage.ack(1, 0, 5);
    let answers = stage.rest.iter().filter(|(_, a)| *a == Action::Unassign);
    assert_eq!(answers.count(), 1);
    assert_eq!(stage.committed[&Partition(1)], at(5));
    assert_eq!(stage.dealt(), [(2, A), (3, B)]);
}

#[test]
fn a_revoke_takes_what_waits_for_its_lane_too() {
    let mut stage = Stage::new(2);
    stage.assign(&[0, 1]);
    stage.open(A, 0, 2);
    stage.lanes.revoke(&partitions(&[0, 1]), false, stage.now);
    stage.go_on();
    assert!(stage.wants(&Action::Unassign));
    stage.open(B, 1, 2);
    assert_eq!(stage.dealt(), [], "it is not ours any more");
}

#[test]
fn commits_are_counted_over_all_lanes() {
    let mut stage = Stage::of_two();
    stage.commits = false;
    stage.read(0, 5);
    stage.read(1, 5);
    stage.ack(1, 0, 5);
    stage.ack(0, 0, 5);
    let commits = stage.rest.iter().filter_map(|(feed, action)| match action {
        Action::Commit { ticket, offsets } => Some((*feed, *ticket, offsets.clone())),
        _ => None,
    });
    let commits: Vec<_> = commits.collect();
    let [(B, first, of_b), (A, second, of_a)] = &commits[..] else {
        panic!("{commits:?}");
    };
    assert!(first < second);
    // Both in one answer, as when they waited together.
    let offsets = of_a.iter().chain(of_b).map(|(p, at)| (*p, *at)).collect();
    stage.commit_taken(*second, offsets);
    let committed = |p: usize| stage.lanes.measure(stage.now).pulse.partitions[p].committed;
    assert_eq!((committed(0), committed(1)), (Some(5), Some(5)));
}

#[test]
fn each_aggregator_gets_the_answer_to_its_own_probes() {
    let mut stage = Stage::of_two();
    stage.hear(
        A,
        Answer::Probe(v1::Probe {
            probe_id: 7,
            ..v1::Probe::default()
        }),
    );
    assert!(stage.rest.contains(&(A, Action::Probe(7))));
    stage.hear(
        B,
        Answer::Probe(v1::Probe {
            probe_id: 3,
            ..v1::Probe::default()
        }),
    );
    stage.probed.clear();
    let asked = [(A, 7), (B, 3)].map(|(feed, number)| ProbeId { feed, number });
    let round = ProbeRound {
        probe_ids: asked.to_vec(),
        ..ProbeRound::default()
    };
    stage.lanes.probed(round, stage.now);
    stage.go_on();
    assert_eq!(stage.probed, [(A, 7), (B, 3)]);
}

#[test]
fn without_a_group_each_lane_takes_its_own_share_and_stands_by_there() {
    let half = Shard::new(1, 2).unwrap();
    let mut stage = Stage::member(2, Membership::Fixed(half));
    stage.open(A, 0, 2);
    stage.open(B, 1, 2);
    stage.lanes.owners(GroupOwners::default(), stage.now);
    let log = |partition| v1::ProbedPartition {
        partition,
        ..v1::ProbedPartition::default()
    };
    let probed = v1::Probed {
        topic_exists: Some(true),
        partitions: (0..6).map(log).collect(),
        ..v1::Probed::default()
    };
    let round = ProbeRound {
        probed,
        ..ProbeRound::default()
    };
    stage.lanes.probed(round, stage.now);
    stage.go_on();
    assert_eq!(
        stage.dealt(),
        [(1, B), (3, B), (5, B)],
        "the shard's, all odd"
    );
    let claim = |number| stage.claims[&Partition(number)];
    // Another fetcher holds one of them.
    let (feed, _) = claim(3);
    let generation = 2;
    stage.hear(
        feed,
        Answer::Claimed(v1::Claimed {
            partition: 3,
            generation,
            standby: true,
            ..v1::Claimed::default()
        }),
    );
    assert_eq!(stage.dealt(), [(1, B), (5, B)]);
    stage.claimed.clear();
    stage.hear(
        B,
        Answer::Vacant(v1::Vacant {
            partitions: vec![3],
        }),
    );
    assert_eq!(stage.claimed, [(B, 3, 0)]);
}

/// What the group says: who owns which of its partitions.
fn described(stage: &mut Stage, owned: &[(i32, &str)]) {
    let owner = |&(partition, id): &(i32, &str)| {
        let owner = Owner {
            member_id: id.to_owned(),
            ..Owner::default()
        };
        (Partition(partition), owner)
    };
    let owners = GroupOwners {
        measured: stage.now,
        owners: owned.iter().map(owner).collect(),
        ..GroupOwners::default()
    };
    stage.lanes.owners(owners, stage.now);
    stage.go_on();
}

#[test]
fn a_partition_that_the_group_gave_and_the_client_did_not_is_missed_after_a_while() {
    let mut stage = Stage::of_two();
    stage.lanes.member("me".to_owned());
    let owned = [(0, "me"), (3, "me"), (4, "me"), (5, "another")];
    let mut misses_after = |millis| {
        stage.pass(millis);
        described(&mut stage, &owned);
        stage.lanes.misses_partitions()
    };
    assert!(!misses_after(0));
    assert!(!misses_after(19_999));
    assert!(misses_after(1));
    stage.assign(&[4]);
    described(&mut stage, &owned);
    assert!(!stage.lanes.misses_partitions());
}

#[test]
fn a_client_that_misses_partitions_again_has_twice_the_time() {
    let mut stage = Stage::of_two();
    stage.lanes.member("me".to_owned());
    let owned = [(4, "me")];
    for seconds in [20, 40, 80] {
        described(&mut stage, &owned);
        stage.pass(seconds * 1_000 - 1);
        described(&mut stage, &owned);
        assert!(!stage.lanes.misses_partitions());
        stage.pass(1);
        described(&mut stage, &owned);
        assert!(stage.lanes.misses_partitions());
        stage.lanes.client_lost(stage.now);
        stage.go_on();
    }
}

#[test]
fn a_partition_that_goes_to_another_member_is_not_missed() {
    let mut stage = Stage::of_two();
    stage.lanes.member("me".to_owned());
    described(&mut stage, &[(4, "me")]);
    stage.pass(5_000);
    described(&mut stage, &[(4, "another")]);
    stage.pass(60_000);
    described(&mut stage, &[(4, "me")]);
    assert!(!stage.lanes.misses_partitions());
}

#[test]
fn a_partition_that_no_member_has_is_missed_by_one_of_them_after_the_other() {
    let assert_missed_after = |me: &str, millis: u64| {
        let mut stage = Stage::of_two();
        stage.lanes.member(me.to_owned());
        let partition = |partition| v1::ProbedPartition {
            partition,
            ..v1::ProbedPartition::default()
        };
        let probed = v1::Probed {
            topic_exists: Some(true),
            partitions: (0..6).map(partition).collect(),
            ..v1::Probed::default()
        };
        let round = ProbeRound {
            measured: stage.now,
            probed,
            ..ProbeRound::default()
        };
        stage.lanes.probed(round, stage.now);
        let all = [0, 1, 2, 3].map(|partition| (partition, me)).to_vec();
        let owned = [all.as_slice(), &[(4, "m")]].concat();
        described(&mut stage, &owned);
        stage.pass(millis - 1);
        described(&mut stage, &owned);
        assert!(!stage.lanes.misses_partitions());
        stage.pass(1);
        described(&mut stage, &owned);
        assert!(stage.lanes.misses_partitions());
        described(&mut stage, &[owned.as_slice(), &[(5, "m")]].concat());
        assert!(!stage.lanes.misses_partitions(), "it has an owner");
    };
    assert_missed_after("a", 40_000);
    assert_missed_after("z", 60_000);
}
