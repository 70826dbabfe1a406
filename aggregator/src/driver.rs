//! The one loop that owns the state: select, apply, perform.
//!
//! [`select`](Driver::select) is the only place that waits, [`Roll::apply`] decides, [`perform`](Driver::perform)
//! never waits: where a channel is full, the one who does not read it loses its stream, and nobody else
//! loses time.

mod handle;
mod log;
mod perform;
mod recorders;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rollcall_proto::ids::GatherId;
use rollcall_proto::time::{Clock, Moment};
use tokio::sync::{mpsc, oneshot, watch};

use crate::core::books::FeedKey;
use crate::core::event::{Call, CallId, Event, FeedEnd, GatherRefusal};
use crate::core::gather::CHUNKS;
use crate::core::roll::Roll;
use crate::core::roster::TopicKey;

pub(crate) use handle::{Gone, Handle, Query};
pub(crate) use recorders::Recording;
pub(crate) use streams::{Chunk, FeedStream};

use handle::{Command, Settling};
use recorders::Recorder;

/// Commands that wait for the loop; beyond it, whoever sends one waits.
const COMMANDS: usize = 1024;
/// Commands that are taken at once.
const COMMANDS_AT_ONCE: usize = 64;
/// Words for one fetcher that it has not read; beyond it, its feed is closed.
pub(crate) const FEED_WORDS: usize = 4096;
/// Chunks of one gather: those in flight, and the summary.
pub(crate) const GATHER_CHUNKS: usize = CHUNKS as usize + 1;
/// How long a status waits for fresh evidence.
const FRESH_WITHIN: Duration = Duration::from_millis(30);
/// How long answers may take to be read when the aggregator stops.
const DRAIN: Duration = Duration::from_millis(1500);

/// The owner of all state.
pub(crate) struct Driver {
    roll: Roll,
    clock: Clock,
    commands: mpsc::Receiver<Command>,
    /// What gather streams say: bounded by the chunks that they were given.
    progress: mpsc::Receiver<Event>,
    feeds: HashMap<FeedKey, FeedStream>,
    gathers: HashMap<GatherId, mpsc::Sender<Chunk>>,
    /// Calls that wait for their first action.
    admissions: HashMap<GatherId, oneshot::Sender<Result<GatherId, GatherRefusal>>>,
    settlings: HashMap<CallId, oneshot::Sender<Settling>>,
    /// Recordings that follow; as many as have a place.
    recorders: Vec<Recorder>,
    /// Queries that wait for fresh evidence.
    waiting: Vec<Waiting>,
    /// What performing found out: a client that is gone, a fetcher that does not read.
    found: VecDeque<Event>,
    gathers_called: u64,
    settlings_called: u64,
    changes: watch::Sender<u64>,
}

/// A query that waits for fresh evidence.
struct Waiting {
    until: Moment,
    /// Topics whose evidence was too old when it was last looked at.
    stale: Vec<TopicKey>,
    query: Query,
}

/// What [`Driver::select`] found.
enum Input {
    Stop,
    Event(Event),
    Commands,
    Deadline,
    /// Every handle is gone.
    Over,
}

impl Driver {
    /// A driver, and the handle to it.
    pub(crate) fn new(roll: Roll, clock: Clock, max_gathers: usize) -> (Self, Handle) {
        let (commands_in, commands) = mpsc::channel(COMMANDS);
        // Every open gather says once per chunk that it was taken, and once how it ended.
        let (progress_in, progress) = mpsc::channel((max_gathers + 1) * (GATHER_CHUNKS + 1));
        let (changes, changed) = watch::channel(0);
        let driver = Self {
            roll,
            clock,
            commands,
            progress,
            feeds: HashMap::new(),
            gathers: HashMap::new(),
            admissions: HashMap::new(),
            settlings: HashMap::new(),
            recorders: Vec::new(),
            waiting: Vec::new(),
            found: VecDeque::new(),
            gathers_called: 0,
            settlings_called: 0,
            changes,
        };
        (driver, Handle::new(commands_in, progress_in, changed))
    }

    /// Runs until `stop` ends; then answers what is open, and ends.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()> + Send) {
        let mut stop: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(stop);
        let mut taken = Vec::with_capacity(COMMANDS_AT_ONCE);
        loop {
            match self.select(stop.as_mut(), &mut taken).await {
                Input::Stop => break,
                Input::Over => return,
                Input::Event(event) => self.apply(event),
                Input::Deadline => self.apply(Event::Tick),
                Input::Commands => taken.drain(..).for_each(|command| self.obey(command)),
            }
            self.answer_waiting();
        }
        self.drain().await;
    }

    /// The only place that waits.
    async fn select(
        &mut self,
        stop: Pin<&mut (dyn Future<Output = ()> + Send)>,
        taken: &mut Vec<Command>,
    ) -> Input {
        let deadline = self
            .next_deadline()
            .map(|at| tokio::time::Instant::from_std(self.clock.instant(at)));
        tokio::select! {
            biased;
            () = stop => Input::Stop,
            Some(event) = self.progress.recv() => Input::Event(event),
            count = self.commands.recv_many(taken, COMMANDS_AT_ONCE) => if count == 0 { Input::Over } else { Input::Commands },
            () = sleep_until(deadline) => Input::Deadline,
        }
    }

    fn next_deadline(&self) -> Option<Moment> {
        let waiting = self.waiting.iter().map(|waiting| waiting.until).min();
        [self.roll.next_deadline(), waiting]
            .into_iter()
            .flatten()
            .min()
    }

    /// Applies an event, and then what performing its actions brought to light: never in between, or the
    /// words for one feed would overtake each other.
    fn apply(&mut self, event: Event) {
        let mut next = Some(event);
        while let Some(event) = next {
            let changes = changes_the_state(&event);
            let actions = self.roll.apply(event, self.clock.now());
            self.perform(actions);
            if changes {
                self.changes
                    .send_modify(|version| *version = version.wrapping_add(1));
            }
            next = self.found.pop_front();
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Event(event) => self.hear(event),
            Command::OpenFeed(feed, stream) => {
                self.feeds.insert(feed, stream);
            }
            Command::Gather {
                terms,
                settle,
                chunks,
                admitted,
            } => {
                self.gathers_called += 1;
                let gather = GatherId(self.gathers_called);
                self.gathers.insert(gather, chunks);
                self.admissions.insert(gather, admitted);
                self.apply(Event::Gather(Box::new(Call {
                    gather,
                    terms,
                    settle,
                })));
            }
            Command::Settle(ranges, trace, reply) => {
                self.settlings_called += 1;
                let call = CallId(self.settlings_called);
                self.settlings.insert(call, reply);
                self.apply(Event::Settle(call, ranges, trace));
            }
            Command::Record {
                topics,
                without_past,
                reply,
            } => {
                let recording = self.record(topics, without_past);
                // Whoever asked may be gone: then the first line that nobody takes ends the recording.
                drop(reply.send(recording));
            }
            Command::Ask(query) => self.ask(query),
        }
    }

    /// A feed says something. What was on its way when the feed was closed is nobody's any more.
    fn hear(&mut self, event: Event) {
        match &event {
            Event::Feed(feed, _) | Event::FeedFault(feed, _) | Event::FeedClosed(feed)
                if !self.feeds.contains_key(feed) => {}
            Event::FeedClosed(feed) => {
                let feed = *feed;
                self.apply(event);
                self.end_feed(feed, None);
            }
            Event::Feed(..)
            | Event::FeedFault(..)
            | Event::Gather(_)
            | Event::ChunkTaken(_)
            | Event::SummaryTaken(_)
            | Event::StreamEnded(_)
            | Event::Settle(..)
            | Event::Look(_)
            | Event::Follow(_)
            | Event::Unfollow { .. }
            | Event::Tick
            | Event::Stop => self.apply(event),
        }
    }

    /// Answers a query, or lets it wait for a probe.
    fn ask(&mut self, query: Query) {
        let now = self.clock.now();
        let mut stale = query.judged();
        stale.retain(|topic| !self.roll.is_fresh(*topic, now));
        if stale.is_empty() {
            return self.answer(query);
        }
        self.apply(Event::Look(stale.clone()));
        self.waiting.push(Waiting {
            until: now + FRESH_WITHIN,
            stale,
            query,
        });
    }

    fn answer_waiting(&mut self) {
        let now = self.clock.now();
        for mut waiting in std::mem::take(&mut self.waiting) {
            while let Some(topic) = waiting.stale.pop() {
                if !self.roll.is_fresh(topic, now) {
                    waiting.stale.push(topic);
                    break;
                }
            }
            if waiting.until <= now || waiting.stale.is_empty() {
                self.answer(waiting.query);
            } else {
                self.waiting.push(waiting);
            }
        }
    }

    fn answer(&self, query: Query) {
        query.answer(&self.roll, self.clock.now());
    }

    /// Ends: every open gather gets its summary, every fetcher is told to leave; nobody is waited for long.
    async fn drain(&mut self) {
        self.apply(Event::Stop);
        let until = tokio::time::Instant::now() + DRAIN;
        while !self.roll.is_drained() {
            let event = tokio::time::timeout_at(until, self.progress.recv()).await;
            match event {
                Ok(Some(event)) => self.apply(event),
                Ok(None) | Err(_) => {
                    tracing::warn!("answers were not read in time: they are cut");
                    break;
                }
            }
        }
        // Last: an answer that settles itself does so when it was taken, and the fetchers are to hear of it.
        let feeds: Vec<_> = self.feeds.keys().copied().collect();
        feeds.into_iter().for_each(|feed| self.end_feed(feed, None));
    }

    fn end_feed(&mut self, feed: FeedKey, end: Option<FeedEnd>) {
        if let Some(stream) = self.feeds.remove(&feed) {
            stream.end(end);
        }
    }
}

/// Whether a watcher shall hear of an event. Looking does not count, or a watcher would keep itself awake.
const fn changes_the_state(event: &Event) -> bool {
    !matches!(
        event,
        Event::Look(_) | Event::ChunkTaken(_) | Event::Follow(_) | Event::Unfollow { .. }
    )
}

/// Waits until `deadline`; for ever when there is none.
async fn sleep_until(deadline: Option<tokio::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
