//! What is read of the logs, beside the rounds: when the newest records were written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{self, evidence::Event};
use tokio::sync::mpsc::Sender;

use super::pulse::lock;
use super::{Sighting, say};
use crate::core::pulse::duration;
use crate::kafka::history::{self, Bounds, Budget};

/// Readers at work at the same time.
const READERS: usize = 4;
/// Topics that wait to be read.
const QUEUE: usize = 2_000;
/// Least time until a topic that grew is read again.
const AGAIN: Duration = Duration::from_secs(5);
/// The same while what is known of it makes no rhythm.
const SOON: Duration = Duration::from_secs(1);
/// The same where there were no bytes left to read it.
const PUT_OFF: Duration = Duration::from_secs(60);
/// Records that make one: of two gaps.
const RHYTHM: usize = 3;
/// Records of each partition that are read again.
const NEW_RECORDS: u32 = 50;
/// How many times as long a reading may take that did not come about in its time.
const PATIENCE: u32 = 3;
/// How often a reader that has nothing to do looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(200);

/// What was read of the topics.
#[derive(Debug)]
pub(super) struct Library {
    queue: SyncSender<Wanted>,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    readings: BTreeMap<Topic, Reading>,
}

/// What was read of one topic.
#[derive(Debug, Default)]
struct Reading {
    /// The last history, and when it was read.
    history: Option<(Moment, v1::History)>,
    /// Groups that were told, or wait to be.
    groups: BTreeSet<String>,
    /// Sum of the ends when it was last asked for, and when that was.
    asked: Option<(u64, Instant)>,
}

impl Reading {
    /// Whether new records would say more of the rhythm: a topic that is written all the time says it without.
    fn wants(&self, written: u64, partitions: usize, now: Instant) -> bool {
        let Some((before, at)) = self.asked else {
            return true;
        };
        let new = written.saturating_sub(before);
        let few = u64::from(NEW_RECORDS).saturating_mul(u64::try_from(partitions).unwrap_or(1));
        let Some((_, history)) = &self.history else {
            return false;
        };
        let waited = now.saturating_duration_since(at);
        if history.budget_spent {
            return waited >= PUT_OFF;
        }
        let wait = match history.arrivals.len() < RHYTHM {
            true => SOON,
            false => AGAIN,
        };
        waited >= wait && (1..=few).contains(&new)
    }
}

#[derive(Debug)]
struct Wanted {
    topic: Topic,
    partitions: Vec<Partition>,
    bounds: Bounds,
}

/// What a reader works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) config: ClientConfig,
    pub(super) clock: Clock,
    pub(super) sender: Sender<Sighting>,
    /// Bytes for the history of all topics.
    pub(super) history: Arc<Budget>,
    /// Bytes for the unread records of all topics.
    pub(super) unread: Arc<Budget>,
}

impl Library {
    /// Starts the readers; they end when nobody listens.
    pub(super) fn open(desk: &Desk) -> std::io::Result<Self> {
        let (queue, wanted) = sync_channel(QUEUE);
        let wanted = Arc::new(Mutex::new(wanted));
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        for number in 0..READERS {
            let (desk, wanted, shelf) = (desk.clone(), Arc::clone(&wanted), Arc::clone(&shelf));
            std::thread::Builder::new()
                .name(format!("reader-{number}"))
                .spawn(move || read_all(&desk, &wanted, &shelf))?;
        }
        Ok(Self { queue, shelf })
    }

    /// A group wants the history of a topic whose ends add up to `written`, now and as it grows. What is there
    /// already is returned the first time; the rest is sent as it comes.
    pub(super) fn want(
        &self,
        group: &str,
        topic: &Topic,
        partitions: &[Partition],
        written: u64,
    ) -> Option<(Moment, v1::History)> {
        let mut shelf = lock(&self.shelf);
        let reading = shelf.readings.entry(topic.clone()).or_default();
        let first = reading.groups.insert(group.to_owned());
        let now = Instant::now();
        if reading.wants(written, partitions.len(), now) {
            let mut bounds = Bounds::default();
            if reading.asked.is_some() {
                bounds.partition_records = NEW_RECORDS;
            }
            let wanted = Wanted {
                topic: topic.clone(),
                partitions: partitions.to_vec(),
                bounds,
            };
            // No room: the next round asks again.
            if self.queue.try_send(wanted).is_ok() {
                reading.asked = Some((written, now));
            }
        }
        reading.history.clone().filter(|_| first)
    }

    /// Groups are gone; `left` are the topics that others have to do with.
    pub(super) fn let_go(&self, gone: &[String], left: &BTreeSet<&Topic>) {
        let mut shelf = lock(&self.shelf);
        shelf.readings.retain(|topic, _| left.contains(topic));
        for reading in shelf.readings.values_mut() {
            reading.groups.retain(|group| !gone.contains(group));
        }
    }

    /// Whether the history was read and holds nothing.
    pub(super) fn is_blank(&self, topic: &Topic) -> bool {
        let shelf = lock(&self.shelf);
        let history = shelf
            .readings
            .get(topic)
            .and_then(|reading| reading.history.as_ref());
        history.is_some_and(|(_, history)| history.arrivals.is_empty())
    }
}

fn read_all(desk: &Desk, wanted: &Mutex<Receiver<Wanted>>, shelf: &Mutex<Shelf>) {
    while !desk.sender.is_closed() {
        let next = lock(wanted).recv_timeout(LOOK);
        let Ok(next) = next else {
            continue;
        };
        let history = history(desk, &next);
        let at = desk.clock.now();
        let groups = {
            let mut shelf = lock(shelf);
            let reading = shelf.readings.entry(next.topic.clone()).or_default();
            reading.history = Some((at, history.clone()));
            reading.groups.clone()
        };
        for group in groups {
            let sighting = Sighting {
                at: desk.clock.now(),
                group,
                topic: Some(next.topic.clone()),
                evidence: say::evidence(Event::History(history.clone())),
            };
            if desk.sender.blocking_send(sighting).is_err() {
                return;
            }
        }
    }
}

/// The history; an empty one when it could not be read, so that nobody waits for it. Where the time did not suffice
/// (a busy machine, a cluster that is far away) it is read once more, with more of it.
fn history(desk: &Desk, wanted: &Wanted) -> v1::History {
    let begun = Instant::now();
    let mut read = read_within(desk, wanted, wanted.bounds);
    if read.arrivals.is_empty() && !read.budget_spent && begun.elapsed() >= wanted.bounds.time {
        let patient = Bounds {
            time: wanted.bounds.time * PATIENCE,
            ..wanted.bounds
        };
        read = read_within(desk, wanted, patient);
    }
    v1::History {
        age: Some(duration(Duration::ZERO)),
        ..read
    }
}

fn read_within(desk: &Desk, wanted: &Wanted, bounds: Bounds) -> v1::History {
    let (topic, partitions) = (&wanted.topic, &wanted.partitions);
    let read = history::read(&desk.config, topic, partitions, bounds, &desk.history);
    read.unwrap_or_else(|error| {
        tracing::debug!(topic = %wanted.topic, %error, "no history");
        v1::History::default()
    })
}
