//! Random fetchers, clients and clocks against the invariants.
//!
//! Every event is followed by `invariants::check` (a debug assertion of `Roll::apply`: I1, I4, I5, I7, and
//! I3 where a batch is handed out). This adds what only a history can tell: whatever happened, the
//! records come out in the end (I2), and no fetcher that keeps the protocol is ever blamed.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use rollcall_proto::ids::{GatherId, Partition};
use rollcall_proto::v1::{self, Close, Delivery};

use super::fetcher::Fetcher;
use super::play::{Play, claim, range};
use crate::core::event::Event;
use crate::core::settings::Settings;

const PARTITIONS: i32 = 3;
/// Where the logs end.
const END: i64 = 500;
/// Gathers that are enough for a whole log.
const ROUNDS: usize = 30;

#[derive(Clone, Debug)]
enum Step {
    Send {
        fetcher: usize,
        partition: i32,
        records: i64,
    },
    Claim {
        fetcher: usize,
        partition: i32,
        proven: bool,
        ahead: Option<i64>,
    },
    Reopen {
        fetcher: usize,
    },
    Rewind {
        fetcher: usize,
        partition: i32,
        cut_at: Option<i64>,
    },
    Gather(How),
    Take {
        gather: usize,
    },
    Leave {
        gather: usize,
    },
    Ack {
        partition: i32,
        first: i64,
        len: i64,
        nack: bool,
    },
    AckAll {
        gather: usize,
    },
    Pass {
        millis: u64,
    },
}

/// A gather.
#[derive(Clone, Debug)]
struct How {
    close: Close,
    delivery: Delivery,
    max_records: u32,
    max_bytes: u64,
    deaf: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let partition = 0..PARTITIONS;
    let step = prop_oneof![
        8 => (0..3_usize, partition.clone(), 1..40_i64).prop_map(|(fetcher, partition, records)| Step::Send { fetcher, partition, records }),
        2 => (0..3_usize, partition.clone(), any::<bool>(), prop::option::of(0..20_i64)).prop_map(|(fetcher, partition, proven, ahead)| Step::Claim { fetcher, partition, proven, ahead }),
        1 => (0..3_usize).prop_map(|fetcher| Step::Reopen { fetcher }),
        1 => (0..3_usize, partition.clone(), prop::option::of(0..60_i64)).prop_map(|(fetcher, partition, cut_at)| Step::Rewind { fetcher, partition, cut_at }),
        4 => (
            prop_oneof![Just(Close::Each), Just(Close::Any), Just(Close::Full)],
            prop_oneof![4 => Just(Delivery::Lease), 1 => Just(Delivery::Peek), 1 => Just(Delivery::AutoAck)],
            prop_oneof![1..50_u32, Just(1000)],
            prop_oneof![1 => 1..5000_u64, 2 => Just(u64::MAX)],
            prop::bool::weighted(0.2),
        ).prop_map(|(close, delivery, max_records, max_bytes, deaf)| Step::Gather(How { close, delivery, max_records, max_bytes, deaf })),
        2 => (0..8_usize).prop_map(|gather| Step::Take { gather }),
        1 => (0..8_usize).prop_map(|gather| Step::Leave { gather }),
        3 => (partition, 0..150_i64, 1..30_i64, any::<bool>()).prop_map(|(partition, first, len, nack)| Step::Ack { partition, first, len, nack }),
        3 => (0..8_usize).prop_map(|gather| Step::AckAll { gather }),
        2 => prop_oneof![1..300_u64, Just(1_100), Just(31_000)].prop_map(|millis| Step::Pass { millis }),
    ];
    prop::collection::vec(step, 1..120)
}

/// Two fetchers of topic A, one of topic B, and some clients.
struct Stage {
    play: Play,
    fetchers: Vec<Fetcher>,
    gathers: Vec<GatherId>,
    /// What the group has committed, by topic and partition.
    committed: BTreeMap<(String, i32), i64>,
}

impl Stage {
    fn new() -> Self {
        let settings = Settings {
            budget_bytes: 64 << 10,
            batch_bytes: 8 << 10,
            // Its end lets an hour pass, and what is judged by the second is not what it is about.
            judge_every: Duration::from_secs(600),
            ..Settings::default()
        };
        let mut play = Play::with(&["A", "B"], settings);
        let fetchers = ["A", "A", "B"]
            .map(|topic| Fetcher::new(&mut play, topic))
            .into();
        Self {
            play,
            fetchers,
            gathers: Vec::new(),
            committed: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: Step) {
        let play = &mut self.play;
        match step {
            Step::Send {
                fetcher,
                partition,
                records,
            } => {
                self.fetchers[fetcher].send(play, partition, records);
            }
            Step::Claim {
                fetcher,
                partition,
                proven,
                ahead,
            } => self.claim(fetcher, partition, proven, ahead),
            Step::Reopen { fetcher } => {
                let topic = self.fetchers[fetcher].topic.clone();
                play.apply(Event::FeedClosed(self.fetchers[fetcher].feed));
                self.fetchers[fetcher] = Fetcher::new(play, &topic);
            }
            Step::Rewind {
                fetcher,
                partition,
                cut_at,
            } => {
                self.fetchers[fetcher].claim_as(
                    play,
                    v1::Claim {
                        partition,
                        cut_at,
                        ..claim()
                    },
                );
                self.committed
                    .insert((self.fetchers[fetcher].topic.clone(), partition), 0);
            }
            Step::Gather(how) => self.gather(how),
            Step::Take { gather } => self.take(gather),
            Step::Leave { gather } => {
                if let Some(&gather) = self.gathers.get(gather) {
                    play.apply(Event::StreamEnded(gather));
                }
            }
            Step::Ack {
                partition,
                first,
                len,
                nack,
            } => {
                let outcome = if nack {
                    v1::Outcome::Nack
                } else {
                    v1::Outcome::Ack
                }
                .into();
                play.settle(vec![v1::SettleRange {
                    outcome,
                    ..range(partition, first, first + len)
                }]);
            }
            Step::AckAll { gather } => self.ack_all(gather),
            Step::Pass { millis } => play.pass(Duration::from_millis(millis)),
        }
        assert!(
            self.play.ends.is_empty(),
            "a fetcher is blamed: {:?}",
            self.play.ends
        );
    }

    fn claim(&mut self, fetcher: usize, partition: i32, proven: bool, ahead: Option<i64>) {
        let key = (self.fetchers[fetcher].topic.clone(), partition);
        // Another consumer of the group may have read on and committed.
        let floor = ahead.map_or(0, |ahead| floor(&self.play, &key) + ahead);
        let committed = self.committed.entry(key).or_default();
        let asked = floor.max(*committed);
        let claim = v1::Claim {
            partition,
            proven,
            committed: asked,
            sent: asked,
            ..claim()
        };
        if self.fetchers[fetcher].claim_as(&mut self.play, claim) {
            *committed = asked;
        }
    }

    fn gather(&mut self, how: How) {
        let with = |request: &mut v1::GatherRequest| {
            request.close = how.close.into();
            request.delivery = how.delivery.into();
            request.max_records = Some(how.max_records);
            request.max_bytes = Some(how.max_bytes);
        };
        let gather = if how.deaf {
            self.play.gather_deaf("", with)
        } else {
            self.play.gather("", with)
        };
        self.gathers.push(gather);
    }

    fn ack_all(&mut self, gather: usize) {
        let Some(&gather) = self.gathers.get(gather) else {
            return;
        };
        let got = self.play.got(gather).into_iter();
        let ranges = got
            .map(|(partition, first, next, _)| range(partition, first, next))
            .collect();
        self.play.settle(ranges);
    }

    /// A client that did not read takes one chunk, or the summary.
    fn take(&mut self, gather: usize) {
        let Some(&gather) = self.gathers.get(gather) else {
            return;
        };
        let answer = self.play.answer(gather);
        if answer.untaken > 0 {
            answer.untaken -= 1;
            self.play.apply(Event::ChunkTaken(gather));
        } else if answer.summary.is_some() {
            self.play.apply(Event::SummaryTaken(gather));
        }
    }

    /// Everybody behaves from now on: every record up to the end of the log comes out, and is settled.
    fn calm_down(&mut self) {
        self.gathers
            .iter()
            .for_each(|&gather| self.play.apply(Event::StreamEnded(gather)));
        self.play.pass(Duration::from_secs(3700));
        for (fetcher, topic) in [(0, "A"), (2, "B")] {
            for partition in 0..PARTITIONS {
                let committed = self
                    .committed
                    .get(&(topic.to_owned(), partition))
                    .copied()
                    .unwrap_or(0);
                let claim = v1::Claim {
                    partition,
                    committed,
                    sent: committed,
                    ..claim()
                };
                assert!(self.fetchers[fetcher].claim_as(&mut self.play, claim));
            }
        }
        for _ in 0..ROUNDS {
            for fetcher in [0, 2] {
                (0..PARTITIONS).for_each(|partition| self.send_on(fetcher, partition));
            }
            self.play.gather("", |request| {
                request.max_records = Some(100_000);
                request.close = Close::Any.into();
                request.delivery = Delivery::AutoAck.into();
            });
            self.play.pass(Duration::from_millis(1100));
        }
        for topic in ["A", "B"] {
            for partition in 0..PARTITIONS {
                assert!(
                    floor(&self.play, &(topic.to_owned(), partition)) >= END,
                    "{topic} {partition}"
                );
            }
        }
    }

    fn send_on(&mut self, fetcher: usize, partition: i32) {
        let next = self.fetchers[fetcher].next(partition);
        if next < END {
            self.fetchers[fetcher].send(&mut self.play, partition, (END - next).min(50));
        }
    }
}

fn floor(play: &Play, (topic, partition): &(String, i32)) -> i64 {
    let state = &play.roll.topics[usize::from(topic == "B")];
    let partition = state.partitions.get(&Partition(*partition));
    partition.map_or(0, |partition| partition.settled().floor().get())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_invariants_hold_and_the_records_come_out(steps in steps()) {
        let mut stage = Stage::new();
        for step in steps {
            stage.step(step);
        }
        stage.calm_down();
    }
}
