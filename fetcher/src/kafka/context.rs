//! librdkafka's callbacks of the consumer. They run on the polling thread, inside of `poll`.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
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
    /// The group gives partitions; the callback has already answered.
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
            dropped: AtomicU64::new(0),
        }
    }

    /// From now on rebalances are answered in place. Needed before the consumer is closed or dropped:
    /// rdkafka's `Drop` polls until the revoke is answered, for ever if nobody does.
    pub(crate) fn answer_inline(&self) {
        self.inline.store(true, Ordering::Relaxed);
    }

    /// The next rebalance that the polling thread has to handle.
    pub(crate) fn next_rebalance(&self) -> Option<Rebalance> {
        self.rebalances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }

    fn hand_over(&self, rebalance: Rebalance) {
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
        // One for each time a partition is read to its end: thousands a second under load. Both come
        // through `poll` as well, where they are handled.
        let handled = [
            RDKafkaErrorCode::PartitionEOF,
            RDKafkaErrorCode::AutoOffsetReset,
            RDKafkaErrorCode::Fatal,
        ];
        if !error
            .rdkafka_error_code()
            .is_some_and(|code| handled.contains(&code))
        {
            self.tell(KafkaEvent::Error(errors::report(&error, text)));
        }
    }
}

impl ConsumerContext for Context {
    /// Hands the list over and returns.
    ///
    /// An assignment is answered at once with an empty list: until the answer librdkafka pauses all
    /// partitions of the consumer, kept ones too, and finding start offsets takes up to seconds. The
    /// partitions are assigned with their offsets later, which it allows at any time.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        cause: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let cooperative = matches!(
            consumer.rebalance_protocol(),
            RebalanceProtocol::Cooperative
        );
        let assigned = cause == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let inline = self.inline.load(Ordering::Relaxed);
        let nothing = TopicPartitionList::new();
        let answer = match (assigned, cooperative) {
            (true, true) => consumer.incremental_assign(&nothing),
            (true, false) => consumer.assign(&nothing),
            (false, true) if inline => consumer.incremental_unassign(&held_of(consumer, list)),
            (false, false) if inline => consumer.unassign(),
            (false, _) => Ok(()),
        };
        if let Err(error) = answer {
            tracing::warn!(%error, "rebalance could not be answered");
        }
        if !inline {
            let partitions = partitions(list);
            self.hand_over(if assigned {
                Rebalance::Assigned(partitions)
            } else {
                Rebalance::Revoked {
                    partitions,
                    lost: consumer.assignment_lost(),
                }
            });
        }
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    list.elements()
        .iter()
        .map(|e| Partition(e.partition()))
        .collect()
}

/// The part of `list` that is assigned: giving back more is an error, and the empty list is an answer.
pub(crate) fn held_of<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    list: &TopicPartitionList,
) -> TopicPartitionList {
    let assigned = consumer.assignment().unwrap_or_default();
    let mut held = TopicPartitionList::new();
    for element in list.elements() {
        if assigned
            .find_partition(element.topic(), element.partition())
            .is_some()
        {
            held.add_partition(element.topic(), element.partition());
        }
    }
    held
}
