//! What happens to the core, and what it wants done: the only two things that cross its border.

use std::sync::Arc;
use std::time::Duration;

use rollcall_proto::ids::{GatherId, LeaseId, Partition, Topic};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::{self, feed_response};

use super::books::FeedKey;
use super::claims::{Refusal, Reset};
use super::fault::FeedFault;
use super::inbound::FeedMessage;
use super::terms::Terms;

/// Names a call of `Settle` until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub u64);

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A fetcher sent a message.
    Feed(FeedKey, FeedMessage),
    /// A fetcher broke the protocol.
    FeedFault(FeedKey, FeedFault),
    /// A feed's stream ended.
    FeedClosed(FeedKey),
    /// A client calls the roll.
    Gather(Box<Call>),
    /// A gather's stream took one chunk.
    ChunkTaken(GatherId),
    /// A gather's stream took the summary.
    SummaryTaken(GatherId),
    /// A gather's stream ended, taken or not.
    StreamEnded(GatherId),
    /// A client settles ranges; where its call stands in a trace.
    Settle(CallId, Vec<v1::SettleRange>, Option<TraceContext>),
    /// Someone wants the present state of topics; probes are asked for where evidence is too old.
    Look(Vec<super::roster::TopicKey>),
    /// A recording follows topics.
    Follow(Vec<super::roster::TopicKey>),
    /// A recording ends.
    Unfollow {
        /// What it followed.
        topics: Vec<super::roster::TopicKey>,
        /// Whether it was ended because nobody read it.
        cut_off: bool,
    },
    /// A deadline may have come.
    Tick,
    /// The aggregator stops.
    Stop,
}

/// A client's call of the roll.
#[derive(Clone, Debug)]
pub struct Call {
    /// Number of the gather, never used before; not 0.
    pub gather: GatherId,
    /// What it shall do.
    pub terms: Terms,
    /// Settlement of earlier ranges, done first.
    pub settle: Vec<v1::SettleRange>,
}

/// Something is to be done.
#[derive(Clone, Debug)]
pub enum Action {
    /// Tell a fetcher.
    Tell(FeedKey, feed_response::Event),
    /// Close a feed.
    CloseFeed(FeedKey, FeedEnd),
    /// The gather is open.
    Admit(GatherId),
    /// The gather is refused: as many are open as may be, or the aggregator stops.
    Refuse(GatherId, GatherRefusal),
    /// Write batches to a gather's stream. Answered by `ChunkTaken`.
    Chunk(GatherId, Vec<v1::GatherBatch>),
    /// Write the summary to a gather's stream. Answered by `SummaryTaken`.
    Summary(GatherId, Arc<v1::GatherSummary>),
    /// End a gather's stream: its client does not read.
    CutOff(GatherId),
    /// Answer a call of `Settle`.
    Settled(CallId, Vec<v1::SettleResult>),
    /// Hand a line to the recordings that follow its topic.
    Traced(super::roster::TopicKey, super::trace::log::Traced),
    /// Say something in the log.
    Note(Notice),
}

/// Why a feed is closed by the aggregator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedEnd {
    /// The fetcher broke the protocol.
    Fault(FeedFault),
    /// The same fetcher has opened another feed.
    Replaced,
    /// Nothing was heard of the fetcher, and another one waits for what it held.
    Silent,
}

/// Why a gather is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherRefusal {
    /// As many gathers are open as may be.
    TooMany {
        /// How many.
        open: usize,
    },
    /// The aggregator stops.
    Stopping,
}

/// Something that the log should have, with its facts.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A feed was opened.
    FeedOpened {
        /// The feed.
        feed: FeedKey,
        /// The topic.
        topic: Topic,
        /// The fetcher's name of itself. From the network.
        fetcher: String,
    },
    /// A feed has ended.
    FeedEnded {
        /// The feed.
        feed: FeedKey,
        /// The topic, when it was known.
        topic: Option<Topic>,
        /// Why, when it was the aggregator that ended it.
        fault: Option<FeedFault>,
    },
    /// A partition starts anew.
    Reset {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// Why.
        reset: Reset,
        /// Buffered records that were discarded.
        records: u64,
    },
    /// Records are gone before they were acked.
    Lost {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// What is gone.
        range: OffsetRange,
    },
    /// A claim was refused.
    ClaimRefused {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// Why.
        refusal: Refusal,
    },
    /// A fetcher waits for a partition that another one holds.
    StandsBy {
        /// The topic.
        topic: Topic,
        /// The partition.
        partition: Partition,
        /// The feed that waits.
        feed: FeedKey,
    },
    /// A fetcher was not heard, and another one waits for what it held: its feed ends.
    CutOff {
        /// The topic.
        topic: Topic,
        /// The feed that ends.
        feed: FeedKey,
        /// Since when nothing was heard.
        silent: Duration,
    },
    /// A lease ended by its clock.
    LeaseExpired {
        /// The lease.
        lease: LeaseId,
        /// Records that go back.
        records: u64,
        /// Who held it. From the network.
        client: String,
    },
    /// A gather was answered; where it stands in a trace.
    Answered(Arc<v1::GatherSummary>, Option<TraceContext>),
    /// A gather's client left before the summary, or did not read its answer.
    Unanswered {
        /// The gather.
        gather: GatherId,
        /// Records that go back.
        records: u64,
        /// Where it stands in a trace.
        trace: Option<TraceContext>,
        /// Who asked. From the network.
        client: String,
    },
}
