//! Whatever aggregators come and go in whatever order, and whatever they say: no partition is claimed at two of them (the
//! stage looks at each claim), nothing is committed that nobody acked, and in the end everything flows.

use proptest::prelude::*;

use super::*;

/// Something that may happen.
#[derive(Clone, Debug)]
enum Turn {
    Open(u8, u32, u32),
    HangUp(u8),
    Read(i32),
    /// The last batch of a partition is acked.
    Ack(i32),
    Pass(u64),
    /// The group takes a partition and gives it back.
    Move(i32),
}

const PARTITIONS: [i32; 4] = [0, 1, 2, 3];

fn turn() -> impl Strategy<Value = Turn> {
    let place = (0..3_u8, 1..4_u32).prop_flat_map(|(feed, lanes)| {
        (Just(feed), 0..lanes, Just(lanes))
            .prop_map(|(feed, lane, lanes)| Turn::Open(feed, lane, lanes))
    });
    prop_oneof![
        5 => place,
        2 => (0..3_u8).prop_map(Turn::HangUp),
        5 => (0..4).prop_map(Turn::Read),
        4 => (0..4).prop_map(Turn::Ack),
        1 => (0..1500_u64).prop_map(Turn::Pass),
        1 => (0..4).prop_map(Turn::Move),
    ]
}

struct World {
    stage: Stage,
    open: BTreeSet<FeedId>,
    acked: BTreeMap<i32, BTreeSet<i64>>,
}

impl World {
    fn new() -> Self {
        let mut stage = Stage::new(3);
        stage.assign(&PARTITIONS);
        Self {
            stage,
            open: BTreeSet::new(),
            acked: BTreeMap::new(),
        }
    }

    fn take(&mut self, turn: &Turn) {
        match *turn {
            Turn::Open(feed, lane, lanes) => {
                if self.open.insert(FeedId(feed)) {
                    self.stage.open(FeedId(feed), lane, lanes);
                }
            }
            Turn::HangUp(feed) => {
                if self.open.remove(&FeedId(feed)) {
                    self.stage.hang_up(FeedId(feed));
                }
            }
            Turn::Read(partition) => {
                if self.stage.readers.contains_key(&Partition(partition)) {
                    self.stage.read(partition, 3);
                }
            }
            Turn::Ack(partition) => self.ack(partition),
            Turn::Pass(millis) => self.stage.pass(millis),
            Turn::Move(partition) => self.move_away_and_back(partition),
        }
        self.nothing_is_committed_that_nobody_acked();
    }

    fn ack(&mut self, partition: i32) {
        let claim = self.stage.claims.get(&Partition(partition)).copied();
        let sent = self.stage.sent.iter().rev();
        let last = sent.clone().find(|sent| sent.1 == partition).copied();
        if let (Some((feed, _)), Some((to, _, first, next))) = (claim, last)
            && feed == to
        {
            self.acked.entry(partition).or_default().extend(first..next);
            self.stage.ack(partition, first, next);
        }
    }

    fn move_away_and_back(&mut self, partition: i32) {
        self.stage.rest.clear();
        let moved = partitions(&[partition]);
        self.stage.lanes.revoke(&moved, false, self.stage.now);
        self.stage.go_on();
        self.stage.pass(1_000);
        self.stage.pass(2_000);
        assert!(
            self.stage.wants(&Action::Unassign),
            "{moved:?} is not given back"
        );
        assert!(!self.stage.readers.contains_key(&moved[0]));
        self.stage.assign(&[partition]);
    }

    fn nothing_is_committed_that_nobody_acked(&self) {
        let none = BTreeSet::new();
        for (partition, committed) in &self.stage.committed {
            let acked = self.acked.get(&partition.0).unwrap_or(&none);
            let prefix = (0..).find(|offset| !acked.contains(offset)).unwrap();
            assert!(
                committed.get() <= prefix,
                "{partition}: {committed:?} of {prefix}"
            );
        }
    }

    /// Two aggregators that agree stay; everything comes, from the commit on.
    fn end(&mut self) {
        for feed in [A, B, C] {
            self.take(&Turn::HangUp(feed.0));
        }
        self.take(&Turn::Pass(5_000));
        let before = self.stage.sent.len();
        self.take(&Turn::Open(C.0, 0, 2));
        self.take(&Turn::Open(A.0, 1, 2));
        self.take(&Turn::Pass(5_000));
        assert_eq!(self.stage.dealt(), [(0, C), (1, A), (2, C), (3, A)]);
        for partition in PARTITIONS {
            let mut next = self.stage.committed[&Partition(partition)].get();
            self.take(&Turn::Read(partition));
            let sent = self.stage.sent.split_off(before);
            let (own, others): (Vec<_>, _) = sent.into_iter().partition(|sent| sent.1 == partition);
            assert!(!own.is_empty(), "{partition} does not flow");
            for (_, _, first, end) in own {
                assert_eq!(
                    first, next,
                    "{partition} goes on at its commit, without a gap"
                );
                next = end;
                self.acked.entry(partition).or_default().extend(first..end);
                self.stage.ack(partition, first, end);
            }
            self.stage.sent.extend(others);
            // Acks that came before those of earlier records count now.
            assert!(self.stage.committed[&Partition(partition)] >= at(next));
        }
    }
}

proptest! {
    #[test]
    fn lanes_may_change_in_any_order(turns in prop::collection::vec(turn(), 1..60)) {
        let mut world = World::new();
        for turn in &turns {
            world.take(turn);
        }
        world.end();
    }
}
