use proptest::prelude::*;

use super::*;

/// The feed of most tests, and another one.
const F: FeedId = FeedId(0);
const G: FeedId = FeedId(1);
const A: Partition = Partition(0);
const B: Partition = Partition(1);

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

fn ms(millis: u64) -> Moment {
    Moment::from_millis(10_000 + millis)
}

/// Two partitions, a window of 100 bytes; A has used all of it and nothing is settled.
fn starved() -> Throttle {
    let mut throttle = Throttle::default();
    throttle.feed(F, true, Credit::default());
    throttle.allow(F, 100);
    throttle.place(F, A, at(0));
    throttle.place(F, B, at(0));
    assert_eq!(throttle.step(ms(0)), Step::Poll);
    throttle.cut(F, A, at(10), 120);
    throttle
}

#[test]
fn polling_stops_at_once_and_pauses_come_after_200_ms() {
    let mut throttle = starved();
    assert_eq!(throttle.step(ms(0)), Step::Wait(STOP_POLLING));
    assert_eq!(
        throttle.step(ms(150)),
        Step::Wait(Duration::from_millis(50))
    );
    assert_eq!(
        throttle.step(ms(200)),
        Step::Pause(vec![A]),
        "B has its reserve"
    );
    assert_eq!(throttle.step(ms(200)), Step::Poll);
}

#[test]
fn credit_within_the_200_ms_keeps_the_prefetch() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.allow(F, 121);
    assert_eq!(throttle.step(ms(199)), Step::Poll);
}

#[test]
fn a_reserve_is_one_batch() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.cut(F, B, at(5), 50);
    assert_eq!(throttle.step(ms(201)), Step::Pause(vec![B]));
    throttle.settled(B, at(5));
    assert_eq!(
        throttle.step(ms(202)),
        Step::Resume(vec![B]),
        "settled: its reserve is free again"
    );
}

#[test]
fn a_pause_ends_with_half_of_the_window_and_not_before() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.allow(F, 169);
    assert_eq!(throttle.step(ms(300)), Step::Poll);
    assert!(!throttle.starved().is_empty());
    throttle.allow(F, 170);
    assert_eq!(throttle.step(ms(301)), Step::Resume(vec![A]));
    assert!(throttle.starved().is_empty());
}

#[test]
fn a_window_that_shrank_does_not_leave_the_reader_on_its_reserves() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.settled(A, at(10));
    throttle.allow(F, 120 + 40);
    throttle.step(ms(300));
    assert!(throttle.starved().is_empty());
}

#[test]
fn without_a_feed_not_even_reserves_flow() {
    let mut throttle = starved();
    throttle.allow(F, 1000);
    throttle.feed(F, false, Credit::default());
    assert_eq!(throttle.step(ms(0)), Step::Wait(STOP_POLLING));
    assert_eq!(throttle.step(ms(200)), Step::Pause(vec![A, B]));
    throttle.feed(F, true, Credit::default());
    throttle.allow(F, 100);
    assert_eq!(throttle.step(ms(300)), Step::Resume(vec![A, B]));
}

#[test]
fn a_held_partition_stays_paused_while_its_siblings_flow() {
    let mut throttle = starved();
    throttle.allow(F, 1000);
    throttle.hold(B);
    assert_eq!(throttle.step(ms(0)), Step::Pause(vec![B]));
    assert_eq!(throttle.step(ms(5000)), Step::Poll);
    throttle.place(F, B, at(7));
    assert_eq!(
        throttle.step(ms(5001)),
        Step::Poll,
        "placed anew, it is not paused any more"
    );
}

#[test]
fn a_thread_without_partitions_always_polls() {
    let mut throttle = Throttle::default();
    assert_eq!(throttle.step(ms(0)), Step::Poll);
}

/// A is read for one feed, B for another, each with a window of 100 bytes; the first has used its own.
fn starved_beside() -> Throttle {
    let mut throttle = Throttle::default();
    for (feed, partition) in [(F, A), (G, B)] {
        throttle.feed(feed, true, Credit::default());
        throttle.allow(feed, 100);
        throttle.place(feed, partition, at(0));
    }
    assert_eq!(throttle.step(ms(0)), Step::Poll);
    throttle.cut(F, A, at(10), 120);
    throttle
}

#[test]
fn a_feed_without_credit_holds_another_ones_partitions_back_for_a_blink_only() {
    let mut throttle = starved_beside();
    assert_eq!(throttle.step(ms(0)), Step::Wait(STOP_OTHERS));
    assert_eq!(throttle.step(ms(10)), Step::Pause(vec![A]));
    assert_eq!(throttle.step(ms(10)), Step::Poll);
    assert!(!throttle.on_reserves(), "what is on a reserve is paused");
    let nothing = [0; FEEDS];
    assert!(!throttle.exhausted_with(&nothing, 99));
    throttle.cut(G, B, at(5), 50);
    assert_eq!(throttle.step(ms(5_000)), Step::Poll, "B flows on");
    assert_eq!(throttle.starved(), BTreeMap::from([(F, ms(0))]));
    throttle.allow(F, 121 + 50);
    assert_eq!(throttle.step(ms(5_001)), Step::Resume(vec![A]));
}

#[test]
fn what_waits_counts_against_the_credit_of_its_own_feed() {
    let mut throttle = starved_beside();
    throttle.allow(F, 121);
    let mut waiting = [0; FEEDS];
    waiting[G.index()] = 99;
    assert!(!throttle.exhausted_with(&waiting, 0));
    waiting[F.index()] = 1;
    assert!(throttle.exhausted_with(&waiting, 0));
}

#[test]
fn a_feed_on_its_reserves_stays_there_when_the_other_one_has_no_credit_either() {
    let mut throttle = starved_beside();
    throttle.step(ms(0));
    assert_eq!(throttle.step(ms(10)), Step::Pause(vec![A]));
    throttle.cut(G, B, at(10), 120);
    assert_eq!(throttle.step(ms(20)), Step::Wait(STOP_POLLING));
    assert_eq!(throttle.step(ms(220)), Step::Pause(vec![B]));
}

#[test]
fn a_feed_that_is_away_stops_its_own_partitions() {
    let mut throttle = starved_beside();
    throttle.feed(F, false, Credit::default());
    throttle.step(ms(0));
    assert_eq!(throttle.step(ms(10)), Step::Pause(vec![A]));
    throttle.withdraw(A);
    assert_eq!(throttle.step(ms(11)), Step::Poll);
    assert!(throttle.starved().is_empty(), "nothing is read for it");
}

/// What happens to the polling thread.
#[derive(Clone, Debug)]
enum Turn {
    Place(i32),
    Withdraw(i32),
    /// Everything of a partition is settled that was cut of it.
    Settle(i32),
    /// So many bytes more are allowed.
    Allow(u64),
    Feed(bool),
    Pass(u64),
    /// A record comes of a partition, if it is polled.
    Record(i32),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        1 => (0..3).prop_map(Turn::Place),
        1 => (0..3).prop_map(Turn::Withdraw),
        2 => (0..3).prop_map(Turn::Settle),
        2 => (1..300_u64).prop_map(Turn::Allow),
        1 => any::<bool>().prop_map(Turn::Feed),
        3 => (0..300_u64).prop_map(Turn::Pass),
        9 => (0..3).prop_map(Turn::Record),
    ]
}

/// The polling thread around a throttle, with batches of one record.
#[derive(Default)]
struct Poller {
    throttle: Throttle,
    now: u64,
    open: bool,
    allowed: u64,
    used: u64,
    paused: BTreeSet<Partition>,
    /// Of each partition that is read: what was cut, and what of it is settled.
    read: BTreeMap<Partition, (i64, i64)>,
}

impl Poller {
    fn take(&mut self, turn: &Turn) {
        match *turn {
            Turn::Place(partition) => {
                self.read.insert(Partition(partition), (0, 0));
                self.paused.remove(&Partition(partition));
                self.throttle.place(F, Partition(partition), at(0));
            }
            Turn::Withdraw(partition) => {
                self.read.remove(&Partition(partition));
                self.paused.remove(&Partition(partition));
                self.throttle.withdraw(Partition(partition));
            }
            Turn::Settle(partition) => {
                if let Some((cut, settled)) = self.read.get_mut(&Partition(partition)) {
                    *settled = *cut;
                    self.throttle.settled(Partition(partition), at(*cut));
                }
            }
            Turn::Allow(bytes) => {
                self.allowed += bytes;
                self.throttle.allow(F, self.allowed);
            }
            Turn::Feed(open) => {
                (self.open, self.allowed, self.used) = (open, 0, 0);
                self.throttle.feed(F, open, Credit::default());
            }
            Turn::Pass(millis) => self.now += millis,
            Turn::Record(partition) => self.record(Partition(partition)),
        }
    }

    /// Whether the throttle wants it to poll; it pauses and resumes as it is told before.
    fn polls(&mut self) -> bool {
        for _ in 0..10 {
            match self.throttle.step(ms(self.now)) {
                Step::Poll => return true,
                Step::Wait(_) => return false,
                Step::Pause(partitions) => self.paused.extend(partitions),
                Step::Resume(partitions) => self.paused.retain(|p| !partitions.contains(p)),
            }
        }
        panic!("it pauses and resumes without an end");
    }

    fn record(&mut self, partition: Partition) {
        if !self.polls() || self.paused.contains(&partition) {
            return;
        }
        let Some((cut, settled)) = self.read.get_mut(&partition) else {
            return;
        };
        assert!(self.open, "{partition} is polled without a feed");
        let reserve = *cut == *settled;
        assert!(
            self.used < self.allowed || reserve,
            "{partition} goes on without credit"
        );
        *cut += 1;
        self.used += 100;
        let cut = at(*cut);
        self.throttle.cut(F, partition, cut, 100);
    }
}

proptest! {
    #[test]
    fn without_credit_a_partition_is_polled_for_its_reserve_of_one_batch_at_most(
        turns in prop::collection::vec(turn(), 1..150)
    ) {
        let mut poller = Poller::default();
        for turn in &turns {
            poller.take(turn);
        }
        // With credit and everything settled, all of them flow again.
        poller.take(&Turn::Feed(true));
        poller.take(&Turn::Allow(10_000));
        (0..3).for_each(|partition| poller.take(&Turn::Settle(partition)));
        prop_assert!(poller.polls() && poller.paused.is_empty());
    }
}
