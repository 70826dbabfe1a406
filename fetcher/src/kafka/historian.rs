//! The thread that reads the log's newest timestamps as soon as the topic can be reached, and again now and then: what
//! is usual at this hour changes with the hour.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::time::Clock;
use rollcall_proto::v1;
use tokio::sync::mpsc::Sender;

use crate::core::facts::HistoryFacts;
use crate::kafka::event::KafkaEvent;
use crate::kafka::history::budget::PERIOD;
use crate::kafka::history::{self, Bounds, Budget};
use crate::kafka::observer::Observer;

/// How long one question for the topic's partitions may take.
const ASK_WAIT: Duration = Duration::from_secs(2);
/// Time between two tries while the cluster or the topic cannot be reached.
const RETRY: Duration = Duration::from_secs(5);
/// Time between two readings: each has a budget of its own.
const AGAIN: Duration = PERIOD;

/// What the reading thread works with.
pub(crate) struct Historian {
    pub(crate) observer: Arc<Observer>,
    pub(crate) config: ClientConfig,
    pub(crate) topic: Topic,
    pub(crate) clock: Clock,
    pub(crate) events: Sender<KafkaEvent>,
}

impl Historian {
    /// Reads again and again; ends when nobody wants it any more.
    pub(crate) fn run(&self, stop: &Receiver<()>) {
        let budget = Budget::default();
        loop {
            let mut wait = RETRY;
            match self.read(&budget) {
                Ok(Some(history)) => {
                    let facts = HistoryFacts {
                        measured: self.clock.now(),
                        history,
                    };
                    // A fetcher that has ended meanwhile needs no history, and has stopped this thread.
                    let _ended = self.events.blocking_send(KafkaEvent::History(facts));
                    wait = AGAIN;
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "history could not be read, trying again"),
            }
            match stop.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn read(&self, budget: &Budget) -> Result<Option<v1::History>, KafkaError> {
        let metadata = self.observer.metadata(&self.topic, ASK_WAIT)?;
        if !metadata.exists {
            return Ok(None);
        }
        let partitions: Vec<Partition> = metadata.partitions.iter().map(|p| p.partition).collect();
        let bounds = Bounds::default();
        history::read(&self.config, &self.topic, &partitions, bounds, budget).map(Some)
    }
}
