//! Lanes that change: what moves, and what waits.

use super::*;

/// Another aggregator says that there are three lanes.
fn disagreeing() -> Stage {
    let mut stage = Stage::new(3);
    stage.open(A, 0, 2);
    stage.open(B, 1, 2);
    stage.assign(&[0, 1, 2]);
    stage.read(0, 10);
    stage.ack(0, 0, 4);
    stage.open(C, 2, 3);
    stage
}

#[test]
fn aggregators_that_disagree_are_not_fed_and_named() {
    let mut stage = disagreeing();
    assert_eq!(stage.dealt(), [], "it stops at once");
    let how = stage.disagreement();
    for part in ["http://0:1 says 2", "http://2:1 says 3"] {
        assert!(how.contains(part), "{how}");
    }
    assert_eq!(
        stage.claims.len(),
        1,
        "what is out may be settled: {:?}",
        stage.claims
    );
    stage.ack(0, 4, 10);
    assert_eq!(stage.committed[&Partition(0)], at(10));
    assert!(stage.claims.is_empty());
    stage.pass(60_000);
    assert!(stage.claims.is_empty() && stage.dealt().is_empty());
    assert_eq!(stage.lanes.measure(stage.now).lanes, 0);
}

#[test]
fn what_is_not_settled_in_time_is_read_again_from_the_floor() {
    let mut stage = disagreeing();
    stage.pass(999);
    assert_eq!(stage.claims.len(), 1);
    stage.pass(1);
    assert!(stage.claims.is_empty());
    // The others are restarted, one by one.
    stage.hang_up(A);
    stage.open(A, 0, 3);
    assert!(stage.claims.is_empty(), "B still counts two");
    stage.hang_up(B);
    assert_eq!(
        stage.dealt(),
        [(0, A), (2, C)],
        "the others need not wait for it"
    );
    stage.open(B, 1, 3);
    assert_eq!(stage.dealt(), [(0, A), (1, B), (2, C)]);
    assert!(stage.claimed.contains(&(A, 0, 4)), "{:?}", stage.claimed);
}

#[test]
fn two_that_say_they_are_the_same_lane_are_not_fed() {
    let mut stage = Stage::new(2);
    stage.assign(&[0, 1]);
    stage.open(A, 1, 2);
    assert_eq!(stage.dealt(), [(1, A)]);
    stage.open(B, 1, 2);
    assert_eq!(stage.dealt(), []);
    let how = stage.disagreement();
    assert!(
        how.contains("lane 1 of 2: http://0:1 and http://1:1"),
        "{how}"
    );
    stage.hang_up(A);
    assert_eq!(stage.dealt(), [(1, B)], "the one that stays is right");
}

#[test]
fn one_lane_becomes_two_and_what_moves_is_claimed_at_its_floor() {
    let mut stage = Stage::new(1);
    stage.open(A, 0, 1);
    stage.assign(&[0, 1]);
    stage.read(1, 10);
    stage.ack(1, 0, 6);
    stage.hang_up(A);
    let before = stage.readers.clone();
    stage.claimed.clear();
    stage.open(A, 0, 2);
    assert_eq!(stage.claimed, [(A, 0, 0)], "partition 1 is another lane's");
    let second = stage.lanes.add("http://1:1", stage.now).unwrap();
    stage.open(second, 1, 2);
    assert_eq!(stage.claimed.last(), Some(&(second, 1, 6)));
    assert_eq!(stage.dealt(), [(0, A), (1, second)]);
    assert!(
        !before.contains_key(&Partition(1)),
        "it was withdrawn with the feed"
    );
}

#[test]
fn records_that_were_read_for_the_old_lane_are_not_sent_to_the_new_one() {
    let mut stage = Stage::new(3);
    stage.open(A, 0, 2);
    stage.open(B, 1, 2);
    stage.assign(&[2]);
    let (feed, generation, _) = stage.readers[&Partition(2)];
    assert_eq!(feed, A);
    stage.hang_up(B);
    stage.hang_up(A);
    stage.open(C, 2, 3);
    stage.open(A, 0, 3);
    assert_eq!(stage.dealt(), [(2, C)]);
    assert_ne!(stage.readers[&Partition(2)].1, generation);
    // The polling thread had cut it before it heard.
    stage.rest.clear();
    stage.lanes.batch(A, batch(2, generation, 0, 5), stage.now);
    stage.go_on();
    assert!(stage.sent.is_empty());
    let given_back = Action::Allow(1_000 + 100);
    assert!(stage.rest.contains(&(A, given_back)), "{:?}", stage.rest);
}

#[test]
fn an_aggregator_that_comes_back_at_another_address_gets_its_lane_again() {
    let mut stage = Stage::of_two();
    stage.read(1, 10);
    stage.ack(1, 0, 3);
    stage.hang_up(B);
    let again = stage.lanes.add("http://9:1", stage.now).unwrap();
    stage.lanes.remove(B, stage.now);
    stage.go_on();
    assert_eq!(stage.lanes.missing(), [Shard::new(1, 2).unwrap()]);
    stage.claimed.clear();
    stage.open(again, 1, 2);
    assert_eq!(stage.claimed, [(again, 1, 3), (again, 3, 0)]);
    assert_eq!(
        stage.lanes.add("http://8:1", stage.now),
        Some(B),
        "it is forgotten"
    );
    let records = stage.lanes.measure(stage.now).tally.records;
    assert_eq!(records, 1, "what it counted is not");
}

#[test]
fn the_last_feed_that_goes_leaves_what_it_knew() {
    let mut stage = Stage::new(1);
    stage.assign(&[0, 1]);
    stage.lanes.member("m".to_owned());
    stage.lanes.remove(A, stage.now);
    stage.pass(5_000);
    let next = stage.lanes.add("http://1:1", stage.now).unwrap();
    stage.open(next, 1, 2);
    assert_eq!(stage.dealt(), [(1, next)]);
    let group = stage.lanes.measure(stage.now).pulse.group.unwrap();
    assert_eq!((group.member_id.as_str(), group.assigned), ("m", 2));
}

#[test]
fn a_fetcher_that_ends_waits_for_every_lane() {
    let mut stage = Stage::of_two();
    stage.read(1, 5);
    let deadline = stage.now + Duration::from_secs(5);
    stage.lanes.leave(deadline, stage.now);
    stage.go_on();
    assert!(!stage.lanes.left());
    stage.ack(1, 0, 5);
    assert!(stage.lanes.left());
    assert_eq!(stage.committed[&Partition(1)], at(5));
}
