//! Shares, windows, credit.

use super::*;

const BATCH: u64 = 100;

fn ledgers(of: &[(u64, u64, u64)]) -> BTreeMap<FeedKey, Ledger> {
    let ledger = |&(received, released, granted): &(u64, u64, u64)| Ledger {
        received,
        released,
        granted,
    };
    (0..).map(FeedKey).zip(of.iter().map(ledger)).collect()
}

/// What is granted to feeds with (received, released, granted) under a share of 1200 bytes.
fn check(feeds: &[(u64, u64, u64)], expected: &[(u64, u64)]) {
    let share = Share::of(2400, 2, BATCH);
    let mut ledgers = ledgers(feeds);
    let told: Vec<_> = share
        .regrant(&mut ledgers)
        .into_iter()
        .map(|(feed, goal)| (feed.0, goal))
        .collect();
    assert_eq!(told, expected, "{feeds:?}");
    let outstanding: u64 = ledgers.values().map(Ledger::outstanding).sum();
    let before: u64 = feeds
        .iter()
        .map(|&(received, released, granted)| received.max(granted) - released)
        .sum();
    assert!(
        outstanding <= before.max(share.bytes),
        "{feeds:?}: {outstanding} bytes may be held"
    );
}

#[test]
fn a_lone_feed_leaves_room_for_another_one() {
    check(&[(0, 0, 0)], &[(0, 600)]);
    check(&[(0, 0, 600), (0, 0, 0)], &[(1, 400)]);
    check(&[(0, 0, 600), (0, 0, 400), (0, 0, 0)], &[(2, 200)]);
}

#[test]
fn what_was_released_is_granted_again_in_steps() {
    check(&[(600, 0, 600)], &[]);
    check(&[(600, 74, 600)], &[]);
    check(&[(600, 75, 600)], &[(0, 675)]);
}

#[test]
fn a_feed_that_has_more_than_its_window_now_gets_no_more_until_it_drained() {
    check(&[(600, 100, 600), (400, 400, 400)], &[(1, 800)]);
    check(&[(600, 300, 600), (0, 0, 400)], &[(0, 700)]);
}

#[test]
fn a_window_is_at_least_a_batch() {
    assert_eq!(Share::of(200, 2, BATCH).window(5), BATCH);
    assert_eq!(Share::of(u64::MAX, 1, BATCH).window(0), u64::MAX);
}
