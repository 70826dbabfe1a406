//! Which faults, on what, when, and for how long: a function of the seed and the shape, and of nothing else.

use std::time::Duration;

use fastrand::Rng;

use super::kinds::{KINDS, Kind, Reach};
use super::shape::Shape;
use crate::checker::line::FaultSeen;

/// Faults of one wave at the most.
const TOGETHER: usize = 3;

/// Faults of one wave begin within this.
const APART_MS: u64 = 1_000;

/// A fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its kind.
    pub kind: Kind,
    /// What it touches.
    pub target: Target,
    /// From the beginning of its wave.
    pub after: Duration,
    /// Until it is undone.
    pub lasts: Duration,
}

/// What a fault touches; places count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A fetcher of a topic.
    Fetcher {
        /// The topic's place.
        topic: usize,
        /// The fetcher's among the topic's.
        fetcher: usize,
    },
    /// A topic.
    Topic(usize),
    /// The aggregator of a lane.
    Aggregator(usize),
    /// All of them.
    Lanes,
    /// A client.
    Client(usize),
    /// A broker.
    Broker(usize),
}

/// Faults that are made together; the next wave waits until all is well again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    /// In the order in which they begin.
    pub faults: Vec<Fault>,
}

/// The waves that have `faults` faults in all, of these kinds. More faults only add waves at the end.
pub fn waves(seed: u64, shape: &Shape, kinds: &[Kind], faults: usize) -> Vec<Wave> {
    let mut dealer = Dealer {
        random: Rng::with_seed(seed),
        deck: Vec::new(),
        kinds: kinds.to_vec(),
        shape: shape.clone(),
    };
    let mut waves = Vec::new();
    let mut made = 0;
    while made < faults && !kinds.is_empty() {
        let wave = dealer.wave();
        made += wave.faults.len();
        waves.push(wave);
    }
    waves
}

/// Deals kinds as cards: each deck has all of them, so that none is missed.
struct Dealer {
    random: Rng,
    deck: Vec<Kind>,
    kinds: Vec<Kind>,
    shape: Shape,
}

impl Dealer {
    fn wave(&mut self) -> Wave {
        // As many single faults as others: only they tell what one kind costs.
        let together = [1, 1, 1, 2, TOGETHER][self.random.usize(0..5)];
        let mut faults: Vec<Fault> = Vec::new();
        while faults.len() < together {
            let kind = self.card();
            let fault = self.fault(kind);
            if faults.iter().all(|other| go_together(other, &fault)) {
                faults.push(fault);
            } else {
                // It begins the next wave.
                self.deck.push(kind);
                break;
            }
        }
        faults.sort_by_key(|fault| fault.after);
        Wave { faults }
    }

    fn card(&mut self) -> Kind {
        if self.deck.is_empty() {
            let wanted = KINDS
                .iter()
                .filter(|about| self.kinds.contains(&about.kind))
                // One aggregator that stays the only one has no lanes to change.
                .filter(|about| about.reach != Reach::Lanes || self.shape.lanes > 1);
            let cards = wanted.flat_map(|about| std::iter::repeat_n(about.kind, about.cards));
            self.deck = cards.collect();
            self.random.shuffle(&mut self.deck);
        }
        self.deck.pop().unwrap_or(Kind::KillFetcher)
    }

    fn fault(&mut self, kind: Kind) -> Fault {
        let about = kind.about();
        let shape = &self.shape;
        let topic = self.random.usize(0..shape.topics);
        let target = match about.reach {
            Reach::Fetcher => Target::Fetcher {
                topic,
                fetcher: self.random.usize(0..shape.fetchers),
            },
            Reach::Topic => Target::Topic(topic),
            Reach::PlainTopic => Target::Topic(topic % shape.recreated_topic().max(1)),
            Reach::TruncatedTopic => Target::Topic(shape.truncated_topic()),
            Reach::RecreatedTopic => Target::Topic(shape.recreated_topic()),
            Reach::Aggregator if shape.lanes > 1 => {
                Target::Aggregator(self.random.usize(0..shape.lanes))
            }
            Reach::Aggregator => Target::Aggregator(0),
            Reach::Lanes => Target::Lanes,
            Reach::Client => Target::Client(self.random.usize(0..shape.clients)),
            Reach::Broker => Target::Broker(self.random.usize(0..shape.brokers)),
        };
        Fault {
            kind,
            target,
            after: Duration::from_millis(self.random.u64(0..APART_MS)),
            lasts: Duration::from_millis(self.random.u64(about.lasts_ms.clone())),
        }
    }
}

/// Two of the same thing would undo each other; with two brokers gone nothing could be written.
fn go_together(one: &Fault, other: &Fault) -> bool {
    let is_broker = |fault: &Fault| matches!(fault.target, Target::Broker(_));
    one.kind.goes_with_others()
        && other.kind.goes_with_others()
        && !overlap(one.target, other.target)
        && !(is_broker(one) && is_broker(other))
}

/// Of one topic, two different fetchers only: what is done to all of them may not meet what is done to one.
fn overlap(one: Target, other: Target) -> bool {
    let is_fetcher = |target: Target| matches!(target, Target::Fetcher { .. });
    match (one.topic(), other.topic()) {
        (Some(a), Some(b)) if a == b => !(is_fetcher(one) && is_fetcher(other)) || one == other,
        _ => one == other,
    }
}

impl Target {
    fn topic(self) -> Option<usize> {
        match self {
            Self::Fetcher { topic, .. } | Self::Topic(topic) => Some(topic),
            Self::Aggregator(_) | Self::Lanes | Self::Client(_) | Self::Broker(_) => None,
        }
    }
}

impl Fault {
    /// What it is, for people.
    pub fn told(&self, shape: &Shape) -> String {
        let name = self.kind.name();
        match self.target {
            Target::Fetcher { topic, fetcher } => {
                format!("{name} ({} {fetcher})", shape.topic(topic))
            }
            Target::Topic(topic) => format!("{name} ({})", shape.topic(topic)),
            Target::Aggregator(_) if shape.lanes == 1 => name.to_owned(),
            Target::Lanes => name.to_owned(),
            Target::Aggregator(number) | Target::Client(number) | Target::Broker(number) => {
                format!("{name} ({number})")
            }
        }
    }

    /// What of it explains what is seen.
    pub fn seen(&self, shape: &Shape) -> FaultSeen {
        let topic = self.target.topic().filter(|_| self.kind.is_of_one_topic());
        FaultSeen {
            kind: self.kind.name().to_owned(),
            topic: topic.map(|place| shape.topic(place)),
            ends_leases: self.kind.ends_leases(),
            remakes_logs: self.kind.remakes_logs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<Kind> {
        KINDS.iter().map(|about| about.kind).collect()
    }

    fn planned(seed: u64, faults: usize) -> Vec<Wave> {
        waves(seed, &Shape::WHOLE, &all(), faults)
    }

    fn dealt(waves: &[Wave]) -> BTreeSet<Kind> {
        let faults = waves.iter().flat_map(|wave| &wave.faults);
        faults.map(|fault| fault.kind).collect()
    }

    #[test]
    fn a_seed_is_a_sequence() {
        assert_eq!(planned(7, 200), planned(7, 200));
        assert_ne!(planned(7, 200), planned(8, 200));
    }

    #[test]
    fn the_sequence_of_a_seed_stays_what_it_was() {
        // Whoever changes this changes what published seeds mean.
        let waves = planned(1, 6);
        let faults = waves.iter().flat_map(|wave| &wave.faults);
        let told = faults.map(|fault| {
            let lasts = fault.lasts.as_secs_f64();
            format!("{} for {lasts:.1} s", fault.told(&Shape::WHOLE))
        });
        assert_eq!(told.collect::<Vec<_>>(), EXPECTED);
    }

    #[test]
    fn more_faults_only_add_waves_at_the_end() {
        let (few, many) = (planned(3, 50), planned(3, 200));
        assert_eq!(many[..few.len()], few);
    }

    #[test]
    fn every_kind_is_dealt_and_there_are_as_many_faults_as_asked_for() {
        let waves = planned(5, 200);
        let faults: Vec<&Fault> = waves.iter().flat_map(|wave| &wave.faults).collect();
        assert!(
            (200..200 + TOGETHER).contains(&faults.len()),
            "{}",
            faults.len()
        );
        assert_eq!(dealt(&waves).len(), KINDS.len() - 1);
        assert!(!dealt(&waves).contains(&Kind::ChangeLanes));
    }

    #[test]
    fn with_several_lanes_their_number_changes_and_each_aggregator_is_hit() {
        let shape = Shape {
            lanes: 2,
            ..Shape::WHOLE
        };
        let waves = waves(5, &shape, &all(), 200);
        assert_eq!(dealt(&waves).len(), KINDS.len());
        let faults = waves.iter().flat_map(|wave| &wave.faults);
        let hit: BTreeSet<usize> = faults
            .filter_map(|fault| match fault.target {
                Target::Aggregator(lane) => Some(lane),
                Target::Fetcher { .. }
                | Target::Topic(_)
                | Target::Lanes
                | Target::Client(_)
                | Target::Broker(_) => None,
            })
            .collect();
        assert_eq!(hit, BTreeSet::from([0, 1]));
    }

    #[test]
    fn what_is_made_together_goes_together() {
        for seed in 0..50 {
            for wave in planned(seed, 200) {
                for (at, one) in wave.faults.iter().enumerate() {
                    let others = &wave.faults[at + 1..];
                    assert!(
                        others.iter().all(|other| go_together(one, other)),
                        "{wave:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_kind_is_in_the_table_and_every_topic_has_a_name() {
        let kinds: BTreeSet<Kind> = all().into_iter().collect();
        assert_eq!(kinds.len(), KINDS.len());
        let names: BTreeSet<_> = Shape::WHOLE.names().into_iter().collect();
        assert_eq!(names.len(), Shape::WHOLE.topics);
    }

    const EXPECTED: [&str; 6] = [
        "a broker's connections half-open (1) for 4.7 s",
        "delay the feeds of a topic (steady) for 1.4 s",
        "kill a fetcher (plain 1) for 2.9 s",
        "kill a client (0) for 1.5 s",
        "half-open feeds of a topic (reborn) for 6.1 s",
        "kill the aggregator for 0.8 s",
    ];
}
