//! One connection to Kafka: the group's consumer and everything that serves it, from start to close.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic, TopicId};
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::IsolationLevel;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::core::facts::{Look, ProbeId};
use crate::core::lanes::FeedId;
use crate::core::session::Limits;
use crate::kafka::commit;
use crate::kafka::consumer::Seat;
use crate::kafka::event::KafkaEvent;
use crate::kafka::historian::Historian;
use crate::kafka::looker::Looker;
use crate::kafka::mailbox::{Mailbox, Placement};
use crate::kafka::observer::{GroupReader, Observer};
use crate::kafka::offsets;
use crate::kafka::owners::Describer;
use crate::kafka::poller;
use crate::kafka::probe::Probe;
use crate::kafka::prober::{Known, Prober};
use crate::kafka::progress::Progress;
use crate::kafka::protocol::GroupProtocol;
use crate::kafka::worker::{Worker, join_all};

/// Events that wait for the feed at most. Batches among them are bounded by the credit as well.
const EVENTS: usize = 64;
/// Requests that wait for one thread at most.
const REQUESTS: usize = 64;
/// How long leaving the group may take.
const LEAVE_WAIT: Duration = Duration::from_secs(6);
/// How long threads that only ask may take to end. One in a call is left behind: the call ends by its
/// timeout, and a commit to a frozen broker has none.
const HELPERS_WAIT: Duration = Duration::from_millis(250);

/// What an edge is started with.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Properties of the group's consumer.
    pub client: ClientConfig,
    /// The protocol, or `None` to ask the brokers.
    pub protocol: Option<GroupProtocol>,
    /// Whether the group is joined; otherwise the consumer only commits to it.
    pub joins: bool,
    /// The topic.
    pub topic: Topic,
    /// The group.
    pub group: String,
    /// Whether only committed records are read.
    pub read_committed: bool,
    /// Largest record that is passed on.
    pub max_record_bytes: u64,
    /// W: how long a broker may hold an empty fetch.
    pub fetch_wait: Duration,
    /// Whether to read the log's newest timestamps at the start.
    pub history: bool,
    /// The process's clock.
    pub clock: Clock,
}

/// Why an edge could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The client refused its settings.
    #[error("kafka client: {0}")]
    Client(#[from] KafkaError),
    /// The system gave no thread.
    #[error("thread could not be started: {0}")]
    Thread(#[from] io::Error),
}

/// A running edge.
pub struct Edge {
    mailbox: Arc<Mailbox>,
    commits: commit::Queue,
    known: Arc<Known>,
    seat: Seat,
    progress: Progress,
    poller: JoinHandle<()>,
    committer: Worker<()>,
    resolver: Worker<Vec<Partition>>,
    prober: Worker<ProbeId>,
    describer: Worker<()>,
    looker: Worker<Look>,
    historian: Option<Worker<()>>,
}

/// What the threads of an edge share.
struct Shared {
    observer: Arc<Observer>,
    reader: Arc<GroupReader>,
    seat: Seat,
    progress: Progress,
    events: Sender<KafkaEvent>,
}

impl Edge {
    /// Starts the threads; none waits for Kafka to be there.
    pub fn start(wiring: &Wiring) -> Result<(Self, Receiver<KafkaEvent>), StartError> {
        let (events, listener) = channel(EVENTS);
        let (observer, reader) = Observer::with_reader(&wiring.client, &wiring.group)?;
        let shared = Shared {
            observer: Arc::new(observer),
            reader: Arc::new(reader),
            seat: Seat::default(),
            progress: Progress::default(),
            events,
        };
        let mailbox = Arc::new(Mailbox::of(shared.seat.clone()));
        let (commits, known) = <(commit::Queue, Arc<Known>)>::default();
        let edge = Self {
            resolver: start_resolver(wiring, &shared)?,
            committer: start_committer(wiring, &shared, &commits)?,
            prober: start_prober(wiring, &shared, &known)?,
            describer: start_describer(wiring, &shared)?,
            looker: start_looker(wiring, &shared)?,
            historian: wiring
                .history
                .then(|| start_historian(wiring, &shared))
                .transpose()?,
            poller: start_poller(wiring, &shared, &mailbox)?,
            mailbox,
            commits,
            known,
            seat: shared.seat,
            progress: shared.progress,
        };
        Ok((edge, listener))
    }

    /// When the consumer was last polled, or waited for credit on purpose; `None` while there is none.
    pub fn last_polled(&self) -> Option<Moment> {
        self.progress.last_polled()
    }

    /// Asks for C, L, H and S of partitions.
    pub fn resolve(&self, partitions: Vec<Partition>) {
        if !self.resolver.ask(partitions) {
            tracing::warn!("too many requests for offsets wait, one was dropped");
        }
    }

    /// Commits offsets of the topic of that id for a feed, unless it is `until` then.
    pub fn commit(
        &self,
        feed: FeedId,
        ticket: u64,
        offsets: BTreeMap<Partition, LogPosition>,
        topic_id: Option<TopicId>,
        until: Option<Moment>,
    ) {
        let part = commit::Part {
            offsets,
            topic_id,
            until,
        };
        self.commits.add(feed, ticket, part);
        // A full inbox means that the thread is about to look.
        self.committer.ask(());
    }

    /// Measures the log's ends for a request.
    pub fn probe(&self, request: ProbeId) {
        self.prober.ask(request);
    }

    /// Looks at a record's timestamp.
    pub fn look(&self, look: Look) {
        // A full inbox means that the cluster does not answer; it is asked for again.
        self.looker.ask(look);
    }

    /// Describes the group.
    pub fn describe(&self) {
        self.describer.ask(());
    }

    /// Reads a partition from `at` on, for a feed.
    pub fn place(
        &self,
        feed: FeedId,
        partition: Partition,
        number: u64,
        at: LogPosition,
        first: Offset,
    ) {
        let placement = Placement {
            feed,
            number,
            at,
            first,
        };
        self.mailbox.put(|orders| {
            orders.placements.insert(partition, Some(placement));
            orders.floors.remove(&partition);
        });
    }

    /// Reads a partition no more.
    pub fn withdraw(&self, partition: Partition) {
        self.mailbox.put(|orders| {
            orders.placements.insert(partition, None);
        });
    }

    /// Everything below `floor` is settled.
    pub fn settled(&self, partition: Partition, floor: Offset) {
        self.mailbox.put(|orders| {
            orders.floors.insert(partition, floor);
        });
    }

    /// A feed opened, or ended.
    pub fn feed(&self, feed: FeedId, limits: Option<Limits>) {
        self.mailbox.put(|orders| {
            orders.feeds.insert(feed, limits);
            orders.allow.remove(&feed);
        });
    }

    /// The feed may carry that many bytes in all.
    pub fn allow(&self, feed: FeedId, cumulative_bytes: u64) {
        self.mailbox.put(|orders| {
            orders.allow.insert(feed, cumulative_bytes);
        });
    }

    /// Answers the revoke that waits.
    pub fn unassign(&self) {
        self.mailbox.put(|orders| orders.unassign = true);
    }

    /// Tells the prober what it has to know: whether everything is provably read to its end, so that
    /// probes may be rare, and what is assigned.
    pub fn note(&self, caught_up: bool, assigned: BTreeSet<Partition>) {
        self.known.caught_up.store(caught_up, Ordering::Relaxed);
        *self
            .known
            .assigned
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = assigned;
    }

    /// Leaves the group and ends the threads; blocks for some seconds at the most. Only after every
    /// drain is done: librdkafka does not wait for one once it closes.
    pub fn close(self, listener: Receiver<KafkaEvent>) {
        self.mailbox.put(|orders| orders.stop = true);
        // With nobody listening no thread can hang on telling something.
        drop(listener);
        let member = self.seat.consumer().is_some();
        let mut helpers = vec![self.committer.stop(), self.resolver.stop()];
        helpers.extend([
            self.prober.stop(),
            self.describer.stop(),
            self.looker.stop(),
        ]);
        helpers.extend(self.historian.map(Worker::stop));
        // Without a consumer there is nothing to leave: the thread still asks for the protocol.
        let leave_wait = if member { LEAVE_WAIT } else { HELPERS_WAIT };
        let late = join_all(vec![self.poller], leave_wait) + join_all(helpers, HELPERS_WAIT);
        if late > 0 {
            tracing::debug!(late, "threads are in calls to kafka and end by themselves");
        }
    }
}

fn name(role: &str, wiring: &Wiring) -> String {
    format!("{role} {}", wiring.topic)
}

fn start_resolver(wiring: &Wiring, shared: &Shared) -> io::Result<Worker<Vec<Partition>>> {
    let (observer, seat) = (Arc::clone(&shared.observer), shared.seat.clone());
    let (topic, events) = (wiring.topic.clone(), shared.events.clone());
    let read_committed = wiring.read_committed;
    Worker::start(&name("offsets", wiring), REQUESTS, move |requests| {
        offsets::run(requests, &observer, &seat, &topic, read_committed, &events);
    })
}

fn start_committer(
    wiring: &Wiring,
    shared: &Shared,
    queue: &commit::Queue,
) -> io::Result<Worker<()>> {
    let (queue, seat) = (queue.clone(), shared.seat.clone());
    let (topic, events) = (wiring.topic.clone(), shared.events.clone());
    let clock = wiring.clock;
    Worker::start(&name("commit", wiring), 1, move |wakes| {
        commit::run(wakes, &queue, &seat, &topic, clock, &events);
    })
}

fn start_prober(
    wiring: &Wiring,
    shared: &Shared,
    known: &Arc<Known>,
) -> io::Result<Worker<ProbeId>> {
    let isolation = match wiring.read_committed {
        true => IsolationLevel::ReadCommitted,
        false => IsolationLevel::ReadUncommitted,
    };
    let mut prober = Prober {
        probe: Probe::new(wiring.topic.clone(), isolation, wiring.fetch_wait)
            .beside(shared.progress.clone()),
        observer: Arc::clone(&shared.observer),
        reader: Arc::clone(&shared.reader),
        clock: wiring.clock,
        progress: shared.progress.clone(),
        known: Arc::clone(known),
        events: shared.events.clone(),
    };
    Worker::start(&name("probe", wiring), REQUESTS, move |requests| {
        prober.run(requests)
    })
}

fn start_describer(wiring: &Wiring, shared: &Shared) -> io::Result<Worker<()>> {
    let describer = Describer {
        reader: Arc::clone(&shared.reader),
        topic: wiring.topic.clone(),
        clock: wiring.clock,
        events: shared.events.clone(),
    };
    Worker::start(&name("group", wiring), 1, move |requests| {
        describer.run(requests)
    })
}

fn start_looker(wiring: &Wiring, shared: &Shared) -> io::Result<Worker<Look>> {
    let looker = Looker {
        config: wiring.client.clone(),
        observer: Arc::clone(&shared.observer),
        topic: wiring.topic.clone(),
        clock: wiring.clock,
        events: shared.events.clone(),
    };
    Worker::start(&name("look", wiring), REQUESTS, move |requests| {
        looker.run(requests)
    })
}

fn start_historian(wiring: &Wiring, shared: &Shared) -> io::Result<Worker<()>> {
    let historian = Historian {
        observer: Arc::clone(&shared.observer),
        config: wiring.client.clone(),
        topic: wiring.topic.clone(),
        clock: wiring.clock,
        events: shared.events.clone(),
    };
    Worker::start(&name("history", wiring), 1, move |stop| historian.run(stop))
}

fn start_poller(
    wiring: &Wiring,
    shared: &Shared,
    mailbox: &Arc<Mailbox>,
) -> io::Result<JoinHandle<()>> {
    let setup = poller::Setup {
        config: wiring.client.clone(),
        protocol: wiring.protocol,
        joins: wiring.joins,
        topic: wiring.topic.clone(),
        max_record_bytes: wiring.max_record_bytes,
        clock: wiring.clock,
        mailbox: Arc::clone(mailbox),
        seat: shared.seat.clone(),
        progress: shared.progress.clone(),
        events: shared.events.clone(),
    };
    Builder::new()
        .name(name("poll", wiring))
        .spawn(move || poller::run(setup))
}
