//! Watches consumer groups that other software runs, from outside: joins nothing, commits nothing, creates nothing.
//!
//! [`Watch`] asks the cluster once a second, on threads of its own, and says what it found as [`Sighting`]s: evidence
//! about one topic of one group, which whoever judges takes as it comes. A group of which no topic is known is spoken
//! of without one.

mod backlog;
mod catalog;
mod cluster;
mod ends;
mod names;
mod pace;
mod pulse;
mod reading;
mod round;
mod say;
mod settings;
mod unread;
mod view;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rollcall_proto::ids::Topic;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1;
use tokio::sync::mpsc;

/// client.id of everything that watches, for the cluster's logs and quotas.
pub const CLIENT_ID: &str = "rollcall-doctor";
/// Sightings that wait for whoever judges. A watch that finds no room waits, and asks the cluster nothing meanwhile.
const ROOM: usize = 4_096;

/// What to watch, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Connects to the cluster: `bootstrap.servers` and what security needs. The rest is replaced.
    pub client: ClientConfig,
    /// The groups.
    pub groups: Groups,
    /// These topics and no others; empty: all that a group has committed or its members own.
    pub topics: Vec<Topic>,
    /// What was told of the application.
    pub app: AppSettings,
    /// Whether records may be read, for gaps between them, their age and what is visible.
    pub may_read: bool,
}

impl Options {
    /// The name that clients bear which want one. A right to one group may be all that there is, so they name no
    /// other where one is known.
    fn any_group(&self) -> &str {
        let named = match &self.groups {
            Groups::Named(names) => names.first().map(String::as_str),
            Groups::Chosen(_) | Groups::OnTopics => None,
        };
        named.unwrap_or(CLIENT_ID)
    }
}

/// Which groups.
#[derive(Clone)]
pub enum Groups {
    /// These, whether they exist or not.
    Named(Vec<String>),
    /// Every group whose name is chosen, as they come and go.
    Chosen(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    /// Every group that has committed or owns a partition of one of [`Options::topics`].
    OnTopics,
}

/// Settings of the application that were told: from outside nothing of them can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppSettings {
    /// How long one of its calls waits for records.
    pub timeout: Option<Duration>,
    /// Its isolation level.
    pub isolation_level: Option<v1::IsolationLevel>,
    /// Its fetch.wait.max.ms.
    pub fetch_wait: Option<Duration>,
    /// Its fetch.min.bytes.
    pub fetch_min_bytes: Option<u32>,
    /// How often it commits by itself; `None` too where it does not.
    pub commit_interval: Option<Duration>,
    /// Records that one of its calls returns at most.
    pub max_records: Option<u32>,
}

/// A piece of evidence. A group that was chosen and is not there any more is spoken of last with a closed feed and no
/// topic.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// When it was seen, by the clock that the watch was given.
    pub at: Moment,
    /// The group.
    pub group: String,
    /// The topic; `None` for a group of which no topic is known.
    pub topic: Option<Topic>,
    /// What was seen.
    pub evidence: v1::Evidence,
}

/// Watches until it is dropped. Threads end with the call that they are in, within about two seconds.
#[derive(Debug)]
pub struct Watch {
    sightings: mpsc::Receiver<Sighting>,
    not_looked_at: Arc<AtomicUsize>,
    chosen: Arc<AtomicBool>,
}

impl Watch {
    /// Begins to watch. The cluster may be away: what comes then says so.
    ///
    /// # Errors
    ///
    /// When no client can be made of the settings, or the machine gives no threads.
    pub fn start(options: Options, clock: Clock) -> Result<Self, StartError> {
        let (sender, sightings) = mpsc::channel(ROOM);
        let not_looked_at = Arc::new(AtomicUsize::new(0));
        let chosen = Arc::new(AtomicBool::new(false));
        let told = (Arc::clone(&not_looked_at), Arc::clone(&chosen));
        round::start(options, clock, sender, told)?;
        Ok(Self {
            sightings,
            not_looked_at,
            chosen,
        })
    }

    /// Whether every group of the cluster has said by now whether it is one of those that are watched, and there was a
    /// sighting of each that is. One that begins later is found within some seconds.
    pub fn has_chosen(&self) -> bool {
        self.chosen.load(Ordering::Relaxed)
    }

    /// Groups of the cluster that were to be looked at and are not, or not yet: there is room for 1,000.
    pub fn groups_not_looked_at(&self) -> usize {
        self.not_looked_at.load(Ordering::Relaxed)
    }

    /// The next sighting. Safe to drop while it waits. `None` never comes while the watch lasts.
    pub async fn next(&mut self) -> Option<Sighting> {
        self.sightings.recv().await
    }

    /// The next sighting if one is there.
    pub fn try_next(&mut self) -> Option<Sighting> {
        self.sightings.try_recv().ok()
    }

    /// Waits for the next sighting, outside of an asynchronous runtime.
    pub fn blocking_next(&mut self) -> Option<Sighting> {
        self.sightings.blocking_recv()
    }
}

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No client can be made of the settings.
    #[error("no Kafka client can be made of the settings: {0}")]
    Client(#[from] KafkaError),
    /// No thread.
    #[error("the machine gives no thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(names) => f.debug_tuple("Named").field(names).finish(),
            Self::Chosen(_) => f.write_str("Chosen"),
            Self::OnTopics => f.write_str("OnTopics"),
        }
    }
}
