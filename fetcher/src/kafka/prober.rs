//! The thread that probes: in the background, and at once when asked, but not more than once a second.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rollcall_proto::ids::Partition;
use rollcall_proto::time::Clock;
use tokio::sync::mpsc::Sender;

use crate::core::facts::{ProbeId, ProbeRound};
use crate::kafka::event::KafkaEvent;
use crate::kafka::observer::{GroupReader, Observer};
use crate::kafka::probe::{Commits, Probe};
use crate::kafka::progress::Progress;

/// Least time between two rounds.
const PACE: Duration = Duration::from_secs(1);
/// A round that is younger answers a request, with its age. An older one would be too old when the answer
/// is used: the next round is worth the wait.
const SERVES: Duration = Duration::from_millis(600);
/// Time between two rounds that nobody asked for, while everything is provably read to its end. An end that was measured
/// serves a status for 11 s.
const BACKGROUND: Duration = Duration::from_secs(8);

/// What the session knows and the prober has to.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Whether everything is provably read to its end.
    pub(crate) caught_up: AtomicBool,
    /// Partitions that are assigned to this fetcher.
    pub(crate) assigned: Mutex<BTreeSet<Partition>>,
}

/// What the probing thread works with.
pub(crate) struct Prober {
    pub(crate) probe: Probe,
    pub(crate) observer: Arc<Observer>,
    pub(crate) reader: Arc<GroupReader>,
    pub(crate) clock: Clock,
    pub(crate) progress: Progress,
    pub(crate) known: Arc<Known>,
    pub(crate) events: Sender<KafkaEvent>,
}

impl Prober {
    /// Probes until nobody listens any more.
    pub(crate) fn run(&mut self, requests: &Receiver<ProbeId>) {
        let mut last: Option<ProbeRound> = None;
        let mut due = self.clock.now();
        loop {
            let mut ids = match requests.recv_timeout(due.since(self.clock.now())) {
                Ok(id) => vec![id],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            ids.extend(requests.try_iter());
            let now = self.clock.now();
            let age = last.as_ref().map(|last| now.since(last.measured));
            let serves = !ids.is_empty() && age.is_some_and(|age| age < SERVES);
            let round = match last.take().filter(|_| serves) {
                Some(fresh) => fresh,
                None => {
                    std::thread::sleep(PACE.saturating_sub(age.unwrap_or(PACE)));
                    let round = self.round();
                    let calm = self.known.caught_up.load(Ordering::Relaxed);
                    due = self.clock.now() + if calm { BACKGROUND } else { PACE };
                    round
                }
            };
            // N is read after the ends, for an old round too.
            let round = ProbeRound {
                probe_ids: ids,
                positions: self.progress.read(),
                ..round
            };
            last = Some(round.clone());
            if self
                .events
                .blocking_send(KafkaEvent::Probed(Box::new(round)))
                .is_err()
            {
                return;
            }
            self.observer.rest();
        }
    }

    fn round(&mut self) -> ProbeRound {
        let assigned = self
            .known
            .assigned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let commits = Commits {
            reader: &self.reader,
            assigned: &assigned,
        };
        let probed = self.probe.round(&self.observer, Some(commits));
        ProbeRound {
            measured: self.clock.now(),
            probed,
            ..ProbeRound::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::mpsc;
    use std::thread;

    use rdkafka::ClientConfig;
    use rdkafka::mocking::MockCluster;
    use rollcall_proto::ids::Topic;
    use rollcall_proto::v1::IsolationLevel;

    use super::*;
    use crate::core::lanes::FeedId;

    /// Gathers of two seconds at a rate of 10 a second, each with a probe request of its own.
    const GATHERS: u64 = 20;
    const APART: Duration = Duration::from_millis(100);

    #[test]
    fn ten_gathers_a_second_share_one_round_a_second() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 2, 1).unwrap();
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        let topic = Topic::new("t").unwrap();
        let (events, mut heard) = tokio::sync::mpsc::channel(256);
        let mut prober = Prober {
            probe: Probe::new(topic, IsolationLevel::ReadCommitted, APART),
            observer: Arc::new(Observer::new(&config).unwrap()),
            reader: Arc::new(GroupReader::new(&config, "g").unwrap()),
            clock: Clock::start(),
            progress: Progress::default(),
            known: Arc::default(),
            events,
        };
        let (ask, requests) = mpsc::sync_channel(16);
        let probing = thread::spawn(move || prober.run(&requests));
        let (mut rounds, mut answered) = (BTreeSet::new(), 0);
        let began = std::time::Instant::now();
        for id in 1..=GATHERS {
            // The load itself, not a wait for something.
            thread::sleep(APART);
            let feed = FeedId::default();
            ask.send(ProbeId { feed, number: id }).unwrap();
        }
        while answered < GATHERS {
            let Some(KafkaEvent::Probed(round)) = heard.blocking_recv() else {
                panic!("the prober ended");
            };
            rounds.insert(round.measured.since_start());
            answered = answered.max(
                round
                    .probe_ids
                    .iter()
                    .map(|id| id.number)
                    .max()
                    .unwrap_or(0),
            );
        }
        let most = began.elapsed().as_secs() + 2;
        let count = rounds.len() as u64;
        assert!(count <= most, "{count} rounds in {:?}", began.elapsed());
        drop(ask);
        drop(heard);
        probing.join().unwrap();
    }
}
