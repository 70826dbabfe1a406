//! Shares, windows, credit.

use proptest::prelude::*;

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

/// What feeds do to a share.
#[derive(Clone, Debug)]
enum Step {
    Join,
    Leave(usize),
    /// A batch of so many bytes, if credit allows it.
    Send(usize, u64),
    /// So many bytes are settled.
    Release(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Join),
        1 => (0..4_usize).prop_map(Step::Leave),
        6 => (0..4_usize, 1..=BATCH).prop_map(|(feed, bytes)| Step::Send(feed, bytes)),
        4 => (0..4_usize, 1..400_u64).prop_map(|(feed, bytes)| Step::Release(feed, bytes)),
    ]
}

fn take(step: &Step, ledgers: &mut BTreeMap<FeedKey, Ledger>, feeds: &mut u64) {
    let nth = |ledgers: &BTreeMap<FeedKey, Ledger>, feed: usize| {
        let keys: Vec<_> = ledgers.keys().copied().collect();
        keys.get(feed % keys.len().max(1)).copied()
    };
    match *step {
        Step::Join => {
            *feeds += 1;
            ledgers.insert(FeedKey(*feeds), Ledger::default());
        }
        Step::Leave(feed) => {
            let gone = nth(ledgers, feed);
            gone.and_then(|feed| ledgers.remove(&feed));
        }
        Step::Send(feed, bytes) => {
            let ledger = nth(ledgers, feed).and_then(|feed| ledgers.get_mut(&feed));
            if let Some(ledger) = ledger.filter(|ledger| ledger.has_credit()) {
                ledger.received += bytes;
            }
        }
        Step::Release(feed, bytes) => {
            if let Some(ledger) = nth(ledgers, feed).and_then(|feed| ledgers.get_mut(&feed)) {
                ledger.released += bytes.min(ledger.held());
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_feeds_do_they_hold_no_more_than_the_share_and_nobody_is_left_without(
        steps in prop::collection::vec(step(), 1..80)
    ) {
        let share = Share::of(1200, 1, BATCH);
        let (mut ledgers, mut feeds) = (BTreeMap::new(), 0);
        for step in &steps {
            let before = ledgers.clone();
            take(step, &mut ledgers, &mut feeds);
            share.regrant(&mut ledgers);
            let granted = |feed: &FeedKey| before.get(feed).map_or(0, |ledger: &Ledger| ledger.granted);
            prop_assert!(ledgers.iter().all(|(feed, ledger)| ledger.granted >= granted(feed)), "taken back");
            let outstanding: u64 = ledgers.values().map(Ledger::outstanding).sum();
            let last_batches = BATCH * ledgers.len() as u64;
            prop_assert!(outstanding <= share.bytes + last_batches, "{outstanding} of {}", share.bytes);
        }
        // Once everything is settled, whoever stays may send.
        ledgers.values_mut().for_each(|ledger| ledger.released = ledger.received);
        ledgers.retain(|feed, _| feed.0 == feeds);
        share.regrant(&mut ledgers);
        prop_assert!(ledgers.values().all(Ledger::has_credit));
    }
}
