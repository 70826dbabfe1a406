//! What Kafka said to a producer: what is acknowledged, what failed, and what the producer complained of.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::{ClientContext, Message as _};
use rollcall_proto::ids::Topic;

use super::lock;
use crate::chaos::numbered;
use crate::checker::line::Run;

/// Complaints that are remembered, the newest.
const COMPLAINTS: usize = 20;

/// What was said so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// By partition.
    on_their_way: Mutex<BTreeMap<i32, i64>>,
    written: AtomicU64,
    failed: AtomicU64,
    /// Not taken yet, by partition.
    runs: Mutex<BTreeMap<i32, Vec<Run>>>,
    /// What was acknowledged last, by partition.
    last: Mutex<BTreeMap<i32, Acknowledged>>,
    complaints: Mutex<VecDeque<Complaint>>,
}

/// A record that Kafka acknowledged.
#[derive(Clone, Copy, Debug)]
struct Acknowledged {
    offset: i64,
    number: i64,
    at: Instant,
}

/// What a producer said when something was wrong, and how often in a row.
#[derive(Debug)]
struct Complaint {
    text: String,
    times: u64,
    last: Instant,
}

/// The callbacks of one topic's producer.
pub(super) struct Callbacks {
    topic: Topic,
    answers: Arc<Answers>,
}

impl Answers {
    /// Records that Kafka acknowledged.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Records that it did not acknowledge.
    pub(super) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Records that it has not answered for.
    pub(super) fn awaited(&self) -> i64 {
        lock(&self.on_their_way).values().sum()
    }

    /// Whether it has not answered for all of a partition.
    pub(super) fn awaits(&self, partition: i32) -> bool {
        let on_their_way = lock(&self.on_their_way);
        on_their_way.get(&partition).is_some_and(|left| *left > 0)
    }

    /// One more is handed over.
    pub(super) fn await_one(&self, partition: i32) {
        *lock(&self.on_their_way).entry(partition).or_default() += 1;
    }

    fn await_one_less(&self, partition: i32) {
        *lock(&self.on_their_way).entry(partition).or_default() -= 1;
    }

    /// The producer did not take it.
    pub(super) fn not_taken(&self, partition: i32, error: &KafkaError) {
        self.await_one_less(partition);
        self.complain(format!(
            "a record of partition {partition} is not taken: {error}"
        ));
    }

    /// What was acknowledged since this was asked last.
    pub(super) fn take(&self) -> Vec<Run> {
        let runs = std::mem::take(&mut *lock(&self.runs));
        runs.into_values().flatten().collect()
    }

    /// How many of what, and the complaints.
    pub(super) fn told(&self) -> String {
        let [written, failed] = [self.written(), self.failed()];
        let awaited = self.awaited();
        let mut told = format!("{written} acknowledged, {failed} failed, {awaited} on their way\n");
        for Complaint { text, times, last } in &*lock(&self.complaints) {
            let ago = last.elapsed().as_secs_f64();
            // Writing to a String cannot fail.
            let _ = writeln!(told, "    {times} times, last {ago:.1} s ago: {text}");
        }
        told
    }

    /// What was acknowledged last of a partition.
    pub(super) fn told_of(&self, partition: i32) -> String {
        match lock(&self.last).get(&partition) {
            None => "none acknowledged".to_owned(),
            Some(Acknowledged { offset, number, at }) => {
                let ago = at.elapsed().as_secs_f64();
                format!("acknowledged up to {number} at offset {offset}, {ago:.1} s ago")
            }
        }
    }

    fn acknowledge(&self, partition: i32, offset: i64, number: i64) {
        let run = Run::one(partition, offset, number);
        Run::append(lock(&self.runs).entry(partition).or_default(), run);
        let at = Instant::now();
        let last = Acknowledged { offset, number, at };
        lock(&self.last).insert(partition, last);
        self.written.fetch_add(1, Ordering::Relaxed);
    }

    fn complain(&self, text: String) {
        let mut told = lock(&self.complaints);
        let last = Instant::now();
        match told.back_mut().filter(|newest| newest.text == text) {
            Some(again) => (again.times, again.last) = (again.times + 1, last),
            None => told.push_back(Complaint {
                text,
                times: 1,
                last,
            }),
        }
        if told.len() > COMPLAINTS {
            told.pop_front();
        }
    }
}

impl Callbacks {
    pub(super) fn new(topic: &Topic, answers: &Arc<Answers>) -> Self {
        Self {
            topic: topic.clone(),
            answers: Arc::clone(answers),
        }
    }
}

impl ClientContext for Callbacks {
    fn log(&self, level: RDKafkaLogLevel, part: &str, text: &str) {
        self.answers.complain(format!("{level:?} {part} {text}"));
    }

    fn error(&self, error: KafkaError, why: &str) {
        self.answers.complain(format!("{error}: {why}"));
    }
}

impl ProducerContext for Callbacks {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let answers = &self.answers;
        let message = match result {
            Ok(message) => message,
            Err((error, message)) => {
                answers.await_one_less(message.partition());
                // It may be in the log or not: the log itself will tell.
                answers.failed.fetch_add(1, Ordering::Relaxed);
                answers.complain(format!("partition {}: {error}", message.partition()));
                return;
            }
        };
        let (partition, value) = (message.partition(), message.payload().unwrap_or_default());
        if let Ok(number) = numbered::number(&self.topic, partition, value) {
            answers.acknowledge(partition, message.offset(), number);
        }
        answers.await_one_less(partition);
    }
}
