//! What is read of the logs, beside the rounds: when the newest records were written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rdkafka::ClientConfig;
use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{self, evidence::Event};
use tokio::sync::mpsc::Sender;

use super::pulse::lock;
use super::{Sighting, say};
use crate::core::pulse::duration;
use crate::kafka::history::{self, Bounds};

/// Readers at work at the same time.
const READERS: usize = 4;
/// Topics that wait to be read.
const QUEUE: usize = 2_000;
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
    /// Topics that were asked for.
    asked: BTreeSet<Topic>,
    histories: BTreeMap<Topic, (Moment, v1::History)>,
    /// Groups that want the history of a topic when it is there.
    waiting: BTreeMap<Topic, Vec<String>>,
}

#[derive(Debug)]
struct Wanted {
    topic: Topic,
    partitions: Vec<Partition>,
}

/// What a reader works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) config: ClientConfig,
    pub(super) clock: Clock,
    pub(super) sender: Sender<Sighting>,
    /// Bytes of one topic: the topics share what may be read.
    pub(super) bounds: Bounds,
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

    /// A group wants the history of a topic. What is there already is returned.
    pub(super) fn want(
        &self,
        group: &str,
        topic: &Topic,
        partitions: &[Partition],
    ) -> Option<(Moment, v1::History)> {
        let mut shelf = lock(&self.shelf);
        if let Some(found) = shelf.histories.get(topic) {
            return Some(found.clone());
        }
        let waiting = shelf.waiting.entry(topic.clone()).or_default();
        waiting.push(group.to_owned());
        if shelf.asked.insert(topic.clone()) {
            let wanted = Wanted {
                topic: topic.clone(),
                partitions: partitions.to_vec(),
            };
            if self.queue.try_send(wanted).is_err() {
                tracing::debug!(%topic, "too many topics wait to be read");
            }
        }
        None
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
            shelf
                .histories
                .insert(next.topic.clone(), (at, history.clone()));
            shelf.waiting.remove(&next.topic).unwrap_or_default()
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

/// The history; an empty one when it could not be read, so that nobody waits for it.
fn history(desk: &Desk, wanted: &Wanted) -> v1::History {
    let read = history::read(&desk.config, &wanted.topic, &wanted.partitions, desk.bounds);
    let read = read.unwrap_or_else(|error| {
        tracing::debug!(topic = %wanted.topic, %error, "no history");
        v1::History::default()
    });
    v1::History {
        age: Some(duration(Duration::ZERO)),
        ..read
    }
}
