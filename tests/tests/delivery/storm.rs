//! Everything at once: clients of all kinds, and processes that are killed, frozen, sent away and added, at random.
//!
//! `TEST_STORM_SEED` chooses another storm, `TEST_STORM_STEPS` a longer one. Timing is the machine's own, so a
//! seed repeats what is done, not what comes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::{Outcome, SettleRange};
use rollcall_tests::Kafka;
use rollcall_tests::checker::Event;
use rollcall_tests::client::{Batch, Request};
use rollcall_tests::stage::{Plan, Stage, Witness};

const STEPS: u64 = 40;

/// Fetchers at the most: two for each topic, and a few that were sent away or killed.
const FETCHERS: usize = 6;

fn setting(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |value| value.parse().unwrap())
}

#[tokio::test]
async fn a_storm_of_faults_loses_nothing_and_breaks_nothing() {
    storm(Kafka::shared().await).await;
}

/// A storm, and what was left when it was over.
pub(super) async fn storm(kafka: &Kafka) {
    let seed = setting("TEST_STORM_SEED", 1);
    println!("storm {seed} on Kafka {}", kafka.version());
    let plan = Plan::on(kafka).topic("storm-a", 3).topic("storm-b", 1);
    let mut storm = Storm {
        stage: plan.start().await.unwrap(),
        states: vec![State::Running; 2],
        random: Rng::with_seed(seed),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..3)
        .map(|number| {
            let client = storm.stage.witness(&format!("storm-{number}")).unwrap();
            tokio::spawn(gather_on(
                client,
                Rng::with_seed(seed + number),
                Arc::clone(&stop),
            ))
        })
        .collect();
    for _ in 0..setting("TEST_STORM_STEPS", STEPS) {
        storm.step().await;
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    storm.calm().await;
    storm.stage.read_to_the_end_and_check().await.unwrap();
}

/// A client that gathers and settles at random until it is told to stop. Whatever breaks, it asks again.
async fn gather_on(client: Witness, mut random: Rng, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let lease = Duration::from_millis(random.u64(100..1_500));
        let request = Request::roll().timeout(Duration::from_millis(random.u64(50..400)));
        let request = request.lease(lease).max_records(random.u32(1..120));
        if random.u8(0..10) == 0 {
            let _left = client.gather_in_part(request, 1).await.unwrap();
            continue;
        }
        let gathered = client.gather(request).await.unwrap();
        let settle = |batch: &Batch| some_of(batch, &mut random);
        let ranges: Vec<_> = gathered.batches.iter().flat_map(settle).collect();
        if !ranges.is_empty() {
            // An aggregator that is away takes no acks: the records come again.
            let _lost = client.settle(ranges).await;
        }
    }
}

/// Acks all of a batch as a rule; else a part of it, or gives it back, or forgets it.
fn some_of(batch: &Batch, random: &mut Rng) -> Option<SettleRange> {
    let (first, next) = (batch.range.first().get(), batch.range.next().get());
    let at = random.i64(first..=next);
    match random.u8(0..10) {
        0..6 => Some(batch.settle(Outcome::Ack)),
        6 => OffsetRange::from_raw(first, at).map(|part| batch.settle_part(part, Outcome::Ack)),
        7 => OffsetRange::from_raw(at, next).map(|part| batch.settle_part(part, Outcome::Ack)),
        8 => Some(batch.settle(Outcome::Nack)),
        _ => None,
    }
}

/// What a fetcher is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Frozen,
    Gone,
}

struct Storm<'k> {
    stage: Stage<'k>,
    /// Of each fetcher.
    states: Vec<State>,
    random: Rng,
}

impl Storm<'_> {
    async fn step(&mut self) {
        match self.random.u8(0..20) {
            0 => self.restart_aggregator().await,
            1 => self.freeze_aggregator().await,
            2 | 3 => self.kill_a_fetcher().await,
            4 | 5 => self.freeze_a_fetcher().await,
            6 => self.send_a_fetcher_away().await,
            7 => self.add_a_fetcher().await,
            8..11 => self.revive_a_fetcher().await,
            11 | 12 => self.stage.see_commits().await.unwrap(),
            _ => self.produce().await,
        }
    }

    async fn produce(&mut self) {
        let (topic, partition) = [(0, 0), (0, 1), (0, 2), (1, 0)][self.random.usize(0..4)];
        let count = self.random.u64(1..300);
        self.stage.produce(topic, partition, count).await.unwrap();
    }

    async fn restart_aggregator(&mut self) {
        self.stage.journal.add(Event::AggregatorKilled);
        self.stage.roll.aggregator.kill().unwrap();
        self.produce().await;
        self.stage.roll.restart_aggregator().await.unwrap();
    }

    async fn freeze_aggregator(&mut self) {
        self.stage.roll.aggregator.pause().unwrap();
        self.stage.see_commits().await.unwrap();
        self.stage.roll.aggregator.resume().unwrap();
    }

    async fn kill_a_fetcher(&mut self) {
        if let Some(place) = self.any(State::Running) {
            self.stage.roll.fetchers[place].kill().unwrap();
            self.states[place] = State::Gone;
        }
    }

    async fn freeze_a_fetcher(&mut self) {
        if let Some(place) = self.any(State::Running) {
            self.stage.roll.fetchers[place].pause().unwrap();
            self.states[place] = State::Frozen;
        }
    }

    async fn send_a_fetcher_away(&mut self) {
        if let Some(place) = self.any(State::Running) {
            let status = self.stage.roll.fetchers[place].terminate().await.unwrap();
            assert!(status.success(), "{status}");
            self.states[place] = State::Gone;
        }
    }

    async fn add_a_fetcher(&mut self) {
        if self.states.len() < FETCHERS {
            let topic = self.stage.topic(self.random.usize(0..2)).to_owned();
            self.stage.roll.add_fetcher(&topic).await.unwrap();
            self.states.push(State::Running);
        }
    }

    async fn revive_a_fetcher(&mut self) {
        if let Some(place) = self.any(State::Frozen) {
            self.stage.roll.fetchers[place].resume().unwrap();
            self.states[place] = State::Running;
        } else if let Some(place) = self.any(State::Gone) {
            self.stage.roll.fetchers[place].start().await.unwrap();
            self.states[place] = State::Running;
        }
    }

    /// Everything runs again.
    async fn calm(&mut self) {
        while self.states.iter().any(|state| *state != State::Running) {
            self.revive_a_fetcher().await;
        }
    }

    fn any(&mut self, state: State) -> Option<usize> {
        let places = (0..self.states.len()).filter(|&place| self.states[place] == state);
        let places: Vec<usize> = places.collect();
        self.random.choice(places)
    }
}
