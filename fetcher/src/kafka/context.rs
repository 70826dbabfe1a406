//! librdkafka's callbacks of the consumer. They run on the polling thread, inside of `poll`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rollcall_proto::ids::Partition;
use rollcall_proto::time::Clock;
use tokio::sync::mpsc::Sender;

use crate::kafka::errors;
use crate::kafka::event::KafkaEvent;
use crate::kafka::log::LogGate;
use crate::kafka::{meaning, stats};

/// What a rebalance callback was told.
#[derive(Clone, Debug)]
pub(crate) enum Rebalance {
    /// The group gives partitions.
    Assigned(Vec<Partition>),
    /// The group takes partitions; librdkafka waits for the answer, and pauses everything meanwhile.
    Revoked {
        /// The partitions.
        partitions: Vec<Partition>,
        /// Whether they are somebody else's already.
        lost: bool,
    },
}

/// The context of the group's consumer.
pub(crate) struct Context {
    topic: String,
    clock: Clock,
    events: Sender<KafkaEvent>,
    log: LogGate,
    rebalances: Mutex<VecDeque<Rebalance>>,
    inline: AtomicBool,
    many: AtomicBool,
    dropped: AtomicU64,
}

impl Context {
    pub(crate) fn new(topic: &str, clock: Clock, events: Sender<KafkaEvent>) -> Self {
        Self {
            topic: topic.to_owned(),
            clock,
            events,
            log: LogGate::new(clock),
            rebalances: Mutex::default(),
            inline: AtomicBool::new(false),
            many: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        }
    }

    /// From now on rebalances are answered in place: nobody handles them any more, and closing waits for the answer.
    pub(crate) fn answer_inline(&self) {
        self.inline.store(true, Ordering::Relaxed);
    }

    /// Whether rebalances are answered in place.
    pub(crate) fn answers_inline(&self) -> bool {
        self.inline.load(Ordering::Relaxed)
    }

    /// Whether the polling thread takes many records at once, without waiting.
    pub(crate) fn takes_many(&self) -> bool {
        self.many.load(Ordering::Relaxed)
    }

    /// It begins, or ends, to take many.
    pub(crate) fn set_many(&self, many: bool) {
        self.many.store(many, Ordering::Relaxed);
    }

    /// The next rebalance that the polling thread has to handle.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    /// Keeps a rebalance for the polling thread.
    pub(crate) fn hand_over(&self, rebalance: Rebalance) {
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(rebalance);
    }

    /// Evidence never blocks the polling thread: what finds no room is counted, the next one comes soon.
    fn tell(&self, event: KafkaEvent) {
        if self.events.try_send(event).is_err() {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            if dropped.is_power_of_two() {
                tracing::debug!(dropped, "callbacks found no room");
            }
        }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.log.line(level, facility, text);
        if let Some(report) = meaning::of_line(facility, text) {
            self.tell(KafkaEvent::Error(report));
        }
    }

    fn stats_raw(&self, json: &[u8]) {
        if let Some(facts) = stats::parse(json, &self.topic, self.clock) {
            self.tell(KafkaEvent::Client(facts));
        }
    }

    fn error(&self, error: KafkaError, text: &str) {
        // These come through `poll`, where they are handled.
        let handled = [RDKafkaErrorCode::AutoOffsetReset, RDKafkaErrorCode::Fatal];
        let is_handled = |code| handled.contains(&code);
        if !error.rdkafka_error_code().is_some_and(is_handled) {
            self.tell(KafkaEvent::Error(errors::report(&error, text)));
        }
    }
}
