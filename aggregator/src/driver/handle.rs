//! What other tasks hold: a cheap way to tell the driver something, and to ask it.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rollcall_proto::ids::GatherId;
use rollcall_proto::time::Moment;
use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1;
use tokio::sync::{mpsc, oneshot, watch};

use super::recorders::Recording;
use super::streams::{Chunk, FeedStream};
use crate::core::advice::Asked;
use crate::core::books::FeedKey;
use crate::core::event::{Event, GatherRefusal};
use crate::core::recorder::Recorded;
use crate::core::roll::Roll;
use crate::core::roll::measure::{TopicMeasures, WholeMeasures};
use crate::core::roll::past::Place;
use crate::core::roster::TopicKey;
use crate::core::terms::Terms;
use crate::core::verdict::Detail;

/// The driver is gone: the aggregator stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the aggregator stops")]
pub(crate) struct Gone;

/// Results of a settlement.
pub(crate) type Settling = Vec<v1::SettleResult>;

/// What a handle sends.
pub(crate) enum Command {
    /// Something happened.
    Event(Event),
    /// A feed's stream was opened; its messages follow.
    OpenFeed(FeedKey, FeedStream),
    /// A client calls the roll.
    Gather {
        /// What it shall do.
        terms: Terms,
        /// Settlement of earlier ranges.
        settle: Vec<v1::SettleRange>,
        /// Where the answer goes.
        chunks: mpsc::Sender<Chunk>,
        /// Whether there will be one.
        admitted: oneshot::Sender<Result<GatherId, GatherRefusal>>,
    },
    /// A client settles ranges; where its call stands in a trace.
    Settle(
        Vec<v1::SettleRange>,
        Option<TraceContext>,
        oneshot::Sender<Settling>,
    ),
    /// Someone records topics.
    Record {
        /// The topics.
        topics: Vec<TopicKey>,
        /// Whether it begins now.
        without_past: bool,
        /// Where the answer goes.
        reply: oneshot::Sender<Recording>,
    },
    /// Someone wants to know something.
    Ask(Query),
}

/// A question about the present state, with the place for its answer.
pub(crate) enum Query {
    /// Whether the loop turns.
    Ping(oneshot::Sender<()>),
    /// The roll.
    Status(
        Vec<TopicKey>,
        Option<Duration>,
        Detail,
        oneshot::Sender<v1::GetStatusResponse>,
    ),
    /// Some of many topics, judged by what is known.
    Statuses(
        Vec<TopicKey>,
        Option<Duration>,
        Detail,
        oneshot::Sender<Vec<v1::TopicStatus>>,
    ),
    /// One topic.
    Topic(
        TopicKey,
        Option<Duration>,
        Option<v1::VerdictCode>,
        oneshot::Sender<v1::GetTopicResponse>,
    ),
    /// A page of the last gathers.
    Gathers(Option<u64>, i32, oneshot::Sender<v1::ListGathersResponse>),
    /// A page of the verdicts of the past.
    Verdicts(
        Vec<TopicKey>,
        Option<Place>,
        i32,
        oneshot::Sender<v1::ListVerdictsResponse>,
    ),
    /// One gather.
    Gather(u64, oneshot::Sender<Option<Recorded>>),
    /// The aggregator as a whole, in numbers.
    Measure(oneshot::Sender<WholeMeasures>),
    /// These topics in numbers, with at most so many partitions over all of them.
    MeasureTopics(Range<usize>, usize, oneshot::Sender<Vec<TopicMeasures>>),
    /// Timeouts in numbers.
    Advise(Vec<TopicKey>, Asked, oneshot::Sender<v1::AdviseResponse>),
}

impl Query {
    /// The topics that it wants judged, for which fresh evidence is worth a moment.
    pub(super) fn judged(&self) -> Vec<TopicKey> {
        match self {
            Self::Status(topics, ..) => topics.clone(),
            Self::Topic(topic, ..) => vec![*topic],
            Self::Ping(_)
            | Self::Statuses(..)
            | Self::Gathers(..)
            | Self::Verdicts(..)
            | Self::Gather(..)
            | Self::Measure(_)
            | Self::MeasureTopics(..)
            | Self::Advise(..) => Vec::new(),
        }
    }

    /// Answers it; whoever asked may be gone.
    pub(super) fn answer(self, roll: &Roll, now: Moment) {
        match self {
            Self::Ping(reply) => drop(reply.send(())),
            Self::Status(topics, timeout, detail, reply) => {
                drop(reply.send(roll.status(&topics, timeout, detail, now)));
            }
            Self::Statuses(topics, timeout, detail, reply) => {
                drop(reply.send(roll.statuses(&topics, timeout, detail, now)));
            }
            Self::Topic(topic, timeout, why_not, reply) => {
                drop(reply.send(roll.topic(topic, timeout, why_not, now)));
            }
            Self::Gathers(after, size, reply) => drop(reply.send(roll.gathers(after, size, now))),
            Self::Verdicts(topics, after, size, reply) => {
                drop(reply.send(roll.verdicts(&topics, after, size, now)))
            }
            Self::Measure(reply) => drop(reply.send(roll.measure())),
            Self::MeasureTopics(topics, partitions, reply) => {
                drop(reply.send(measured(roll, topics, partitions, now)));
            }
            Self::Gather(gather, reply) => drop(reply.send(roll.gather(gather).cloned())),
            Self::Advise(topics, asked, reply) => {
                drop(reply.send(roll.advise(&topics, asked, now)));
            }
        }
    }
}

fn measured(
    roll: &Roll,
    topics: Range<usize>,
    mut partitions: usize,
    now: Moment,
) -> Vec<TopicMeasures> {
    let measured = topics.map_while(|topic| {
        let measured = roll.measure_topic(TopicKey(topic), partitions, now)?;
        partitions = partitions.saturating_sub(measured.partitions.len());
        Some(measured)
    });
    measured.collect()
}

/// A handle to the driver. Clones are cheap.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    commands: mpsc::Sender<Command>,
    progress: mpsc::Sender<Event>,
    changed: watch::Receiver<u64>,
    feeds: Arc<AtomicU64>,
}

impl Handle {
    pub(super) fn new(
        commands: mpsc::Sender<Command>,
        progress: mpsc::Sender<Event>,
        changed: watch::Receiver<u64>,
    ) -> Self {
        Self {
            commands,
            progress,
            changed,
            feeds: Arc::default(),
        }
    }

    /// Tells the driver that something happened; waits while it is busy.
    pub(crate) async fn tell(&self, event: Event) -> Result<(), Gone> {
        self.send(Command::Event(event)).await
    }

    /// Opens a feed.
    pub(crate) async fn open_feed(&self, stream: FeedStream) -> Result<FeedKey, Gone> {
        let feed = FeedKey(self.feeds.fetch_add(1, Ordering::Relaxed) + 1);
        self.send(Command::OpenFeed(feed, stream))
            .await
            .map(|()| feed)
    }

    /// Calls the roll; the answer comes through `chunks`.
    pub(crate) async fn gather(
        &self,
        terms: Terms,
        settle: Vec<v1::SettleRange>,
        chunks: mpsc::Sender<Chunk>,
    ) -> Result<Result<GatherId, GatherRefusal>, Gone> {
        let (admitted, answer) = oneshot::channel();
        self.send(Command::Gather {
            terms,
            settle,
            chunks,
            admitted,
        })
        .await?;
        answer.await.map_err(|_| Gone)
    }

    /// Settles ranges.
    pub(crate) async fn settle(
        &self,
        ranges: Vec<v1::SettleRange>,
        trace: Option<TraceContext>,
    ) -> Result<Settling, Gone> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Settle(ranges, trace, reply)).await?;
        answer.await.map_err(|_| Gone)
    }

    /// Begins a recording.
    pub(crate) async fn record(
        &self,
        topics: Vec<TopicKey>,
        without_past: bool,
    ) -> Result<Recording, Gone> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Record {
            topics,
            without_past,
            reply,
        })
        .await?;
        answer.await.map_err(|_| Gone)
    }

    /// Asks something.
    pub(crate) async fn ask<T>(
        &self,
        query: impl FnOnce(oneshot::Sender<T>) -> Query,
    ) -> Result<T, Gone> {
        let (reply, answer) = oneshot::channel();
        self.send(Command::Ask(query(reply))).await?;
        answer.await.map_err(|_| Gone)
    }

    /// Where a gather's stream says what became of its chunks, without waiting.
    pub(crate) fn progress(&self) -> mpsc::Sender<Event> {
        self.progress.clone()
    }

    /// Changes with every change of the state.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.clone()
    }

    async fn send(&self, command: Command) -> Result<(), Gone> {
        self.commands.send(command).await.map_err(|_| Gone)
    }
}
