//! One client that observes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{ClientConfig, Offset as Position};
use rollcall_proto::ids::{Offset, Partition, Topic};

use super::{Offsets, TopicMetadata, lists};
use crate::core::latch::Report;
use crate::kafka::errors;
use crate::kafka::meaning;
use crate::kafka::native;
use crate::kafka::text::bounded;

/// Partitions in one list: librdkafka's lists cost quadratic time (2400 partitions: 42 ms in one, 14 ms in ten).
pub(crate) const CHUNK: usize = 240;
/// How long the client's metadata of a topic serves before it is asked for again.
const METADATA_SERVES: Duration = Duration::from_secs(1);
/// Events that are handed out in one go, at most. A cluster that is down makes about 40 a second.
const MAX_EVENTS: usize = 4_096;
/// Longest statistics that are kept, in bytes.
const MAX_STATISTICS: usize = 4 << 20;
/// Reports that are kept until somebody takes them.
const MAX_REPORTS: usize = 64;

/// The settings of a client that measures and is no member of anything, for the cluster that `base` connects to.
///
/// Without the times of a member: librdkafka compares them even where nothing is joined, and would refuse a
/// `max.poll.interval.ms` below 45 s, its own `session.timeout.ms`.
pub(crate) fn group_less(base: &ClientConfig) -> ClientConfig {
    let mut config = base.clone();
    for key in [
        "group.id",
        "group.instance.id",
        "group.protocol",
        "group.remote.assignor",
        "max.poll.interval.ms",
        "session.timeout.ms",
        "heartbeat.interval.ms",
        "debug",
    ] {
        config.remove(key);
    }
    config
        .set("allow.auto.create.topics", "false")
        .set("enable.auto.commit", "false")
        .set("enable.metrics.push", "false")
        .set("statistics.interval.ms", "0")
        .set_log_level(RDKafkaLogLevel::Error);
    config
}

/// What a client complained about.
#[derive(Clone, Debug)]
pub struct ClientFault {
    /// librdkafka's code.
    pub code: RDKafkaErrorCode,
    /// Its text. From the network, cut to a bounded length.
    pub text: String,
    /// When it last said so.
    pub at: Instant,
}

/// Takes what the client has to say. Says nothing itself: whoever asked reports what came of it.
#[derive(Default)]
pub(crate) struct Listener {
    fault: Mutex<Option<ClientFault>>,
    /// What it reported since this was last taken, bounded.
    reports: Mutex<Vec<Report>>,
    /// The last statistics, where the client makes some.
    statistics: Mutex<Option<Vec<u8>>>,
    /// Whether an event was handed out since this was last asked.
    event: AtomicBool,
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.event.store(true, Ordering::Relaxed);
        if let Some(report) = meaning::of_line(facility, line) {
            self.keep(report);
        }
        tracing::debug!(?level, facility, line = bounded(line), "kafka client");
    }

    fn stats_raw(&self, json: &[u8]) {
        self.event.store(true, Ordering::Relaxed);
        if json.len() <= MAX_STATISTICS {
            *lock(&self.statistics) = Some(json.to_vec());
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.event.store(true, Ordering::Relaxed);
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
        if code == RDKafkaErrorCode::PartitionEOF {
            return;
        }
        self.keep(errors::report(&error, reason));
        // It always comes last, after the cause.
        let follows = code == RDKafkaErrorCode::AllBrokersDown;
        let mut fault = lock(&self.fault);
        if follows && fault.is_some() {
            return;
        }
        *fault = Some(ClientFault {
            code,
            text: bounded(reason),
            at: Instant::now(),
        });
    }
}

impl Listener {
    fn keep(&self, report: Report) {
        let mut reports = lock(&self.reports);
        if reports.len() < MAX_REPORTS {
            reports.push(report);
        }
    }
}

impl ConsumerContext for Listener {}

pub(crate) struct ObserverClient {
    pub(crate) consumer: Arc<BaseConsumer<Listener>>,
    /// The topic whose metadata was last asked for, and when the asking ended.
    asked: Mutex<Option<(Topic, Instant)>>,
}

impl ObserverClient {
    pub(crate) fn new(config: &ClientConfig) -> Result<Self, KafkaError> {
        Ok(Self {
            consumer: Arc::new(config.create_with_context(Listener::default())?),
            asked: Mutex::new(None),
        })
    }

    /// Hands out what has queued up: without this, a client that nobody polls keeps every line for ever.
    pub(crate) fn serve(&self) {
        for _ in 0..MAX_EVENTS {
            self.consumer.poll(Duration::ZERO);
            if !self.consumer.context().event.swap(false, Ordering::Relaxed) {
                break;
            }
        }
    }

    pub(crate) fn fault(&self) -> Option<ClientFault> {
        lock(&self.consumer.context().fault).clone()
    }

    /// The last statistics since this was last asked, where the client makes some.
    pub(crate) fn take_statistics(&self) -> Option<Vec<u8>> {
        self.serve();
        lock(&self.consumer.context().statistics).take()
    }

    /// What the client complained about since this was last asked.
    pub(crate) fn take_reports(&self) -> Vec<Report> {
        self.serve();
        std::mem::take(&mut *lock(&self.consumer.context().reports))
    }

    pub(crate) fn metadata(
        &self,
        topic: &Topic,
        timeout: Duration,
    ) -> Result<TopicMetadata, KafkaError> {
        let mut asked = lock(&self.asked);
        self.ask_metadata(&mut asked, topic, timeout)
    }

    /// A client that never asks for metadata stays wrong for 30 s after a leader has moved; so it asks, unless it has
    /// within a second. Whether there was an answer does not matter here: a silent broker may have been asked, and
    /// the leaders that are known may well answer.
    pub(crate) fn refresh(&self, topic: &Topic, timeout: Duration) {
        let mut asked = lock(&self.asked);
        let fresh = asked
            .as_ref()
            .is_some_and(|(of, at)| of == topic && at.elapsed() < METADATA_SERVES);
        if !fresh && let Err(error) = self.ask_metadata(&mut asked, topic, timeout) {
            tracing::debug!(%topic, %error, "no metadata before offsets");
        }
    }

    fn ask_metadata(
        &self,
        asked: &mut Option<(Topic, Instant)>,
        topic: &Topic,
        timeout: Duration,
    ) -> Result<TopicMetadata, KafkaError> {
        self.serve();
        let metadata = native::topic_metadata(self.consumer.client(), topic, timeout);
        *asked = Some((topic.clone(), Instant::now()));
        metadata
    }

    /// Offsets that every partition has.
    pub(crate) fn offsets(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        position: Position,
        timeout: Duration,
    ) -> Result<Offsets, KafkaError> {
        let found = self.positions(topic, partitions, position, timeout)?;
        let known = |found: Result<Option<Offset>, KafkaError>| {
            found?.ok_or(KafkaError::OffsetFetch(RDKafkaErrorCode::NoOffset))
        };
        Ok(found
            .into_iter()
            .map(|(partition, found)| (partition, known(found)))
            .collect())
    }

    /// Where `position` (an end, or a time) lies in each partition, chunk by chunk.
    pub(crate) fn positions(
        &self,
        topic: &Topic,
        partitions: &[Partition],
        position: Position,
        timeout: Duration,
    ) -> Result<BTreeMap<Partition, Result<Option<Offset>, KafkaError>>, KafkaError> {
        let deadline = Instant::now() + timeout;
        // Half of the time, so that a broker that does not answer the metadata leaves some for the leaders.
        self.refresh(topic, timeout / 2);
        lists::in_chunks(partitions, CHUNK, lists::DIVISIONS, |chunk| {
            let list = lists::list(topic, chunk, position)?;
            let remaining = deadline.saturating_duration_since(Instant::now());
            self.consumer.offsets_for_times(list, remaining)
        })
    }
}

/// The lock's content, also after a panic elsewhere: it is replaced as a whole, never half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
