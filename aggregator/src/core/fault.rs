//! What ends a feed, and the facts of it.

use rollcall_proto::ids::{Epoch, Offset, Partition, Topic};
use rollcall_proto::packed::PackedError;

use super::count::Count;
use super::lane::Lane;

/// How a fetcher broke the protocol. Its feed is closed; the others do not notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedFault {
    /// Something came before `open`.
    #[error("the first message of a feed is open")]
    NotOpened,
    /// `open` came again.
    #[error("open comes once in a feed")]
    OpenedTwice,
    /// The message holds none of the known kinds.
    #[error("message holds nothing that this aggregator knows")]
    NothingKnown,
    /// The topic is not expected here.
    #[error("topic {topic:?} is not on the roll{}", suggestion(.nearest.as_ref()))]
    UnknownTopic {
        /// The name that came, cut to what a topic name may have.
        topic: String,
        /// The most similar topic of the roll.
        nearest: Option<Topic>,
    },
    /// Feeds of one topic belong to one consumer group, or each would settle the other's records.
    #[error("topic {topic} is fed by group {of:?}, not by {group:?}")]
    OtherGroup {
        /// The topic.
        topic: Topic,
        /// The group that came.
        group: String,
        /// The group of the topic's feeds.
        of: String,
    },
    /// The topic has as many feeds as are allowed.
    #[error("topic {topic} has {limit} feeds already")]
    TooManyFeeds {
        /// The topic.
        topic: Topic,
        /// How many are allowed.
        limit: usize,
    },
    /// The fetcher counts other lanes: it would send partitions to the wrong aggregator, or none to this one.
    #[error(
        "the fetcher counts {said} lanes, this aggregator is lane {} of {}", .lane.number, .lane.of
    )]
    LanesDisagree {
        /// How many lanes the fetcher counts.
        said: u32,
        /// This aggregator's lane.
        lane: Lane,
    },
    /// A claim of a partition that is another lane's.
    #[error(
        "partition {partition} belongs to lane {}, this aggregator is lane {} of {}",
        home(.partition, .lane), .lane.number, .lane.of
    )]
    NotInThisLane {
        /// The partition.
        partition: Partition,
        /// This aggregator's lane.
        lane: Lane,
    },
    /// The message is larger than any that was agreed.
    #[error("message is larger than the largest record that is taken, and a header")]
    MessageTooLarge,
    /// The message cannot be decoded.
    #[error("message is no protobuf message")]
    NoProtobuf,
    /// A text is longer than allowed.
    #[error("{field} has {bytes} bytes, at most {limit} are allowed")]
    TooLong {
        /// Name of the field.
        field: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A list is longer than allowed.
    #[error("{field} has {entries} entries, at most {limit} are allowed")]
    TooMany {
        /// Name of the field.
        field: &'static str,
        /// Its length.
        entries: usize,
        /// The limit.
        limit: usize,
    },
    /// A partition number that no topic has.
    #[error("partition {0} is out of range")]
    Partition(i32),
    /// A claim's offsets contradict each other or are negative.
    #[error(
        "claim of partition {partition}: committed {committed} and sent {sent} are no offsets in order"
    )]
    Claim {
        /// The partition.
        partition: i32,
        /// Committed offset, as it came.
        committed: i64,
        /// Sent offset, as it came.
        sent: i64,
    },
    /// A claim says that the log was cut, and no record can have been sent since.
    #[error("claim of partition {partition}: cut_at {cut_at} is below sent {sent}")]
    CutBelowSent {
        /// The partition.
        partition: i32,
        /// Where the log was cut, as it came.
        cut_at: i64,
        /// Sent offset.
        sent: i64,
    },
    /// A batch of an epoch that this aggregator never gave to the feed.
    #[error("epoch {} of partition {partition} was not given to this feed", epoch.0)]
    Epoch {
        /// The partition.
        partition: Partition,
        /// The epoch that came.
        epoch: Epoch,
    },
    /// A batch does not begin where the one before ended.
    #[error("batch of partition {partition} begins at {first}, the one before ended at {expected}")]
    OutOfOrder {
        /// The partition.
        partition: Partition,
        /// Where it begins.
        first: Offset,
        /// Where it had to begin.
        expected: Offset,
    },
    /// A batch message without records.
    #[error("batch without its packed records")]
    NoPacked,
    /// The batch does not hold together.
    #[error("batch of partition {partition}: {source}")]
    Lengths {
        /// The partition, as it came.
        partition: i32,
        /// What is wrong with it.
        source: PackedError,
    },
    /// The batch is larger than was agreed in `welcome`.
    #[error(
        "batch of partition {partition} has {bytes} bytes in {records} records, at most {limit} are allowed"
    )]
    TooLarge {
        /// The partition.
        partition: Partition,
        /// Bytes of index and body.
        bytes: u64,
        /// Records in it.
        records: u32,
        /// The limit that it breaks.
        limit: u64,
    },
    /// More was sent than the credit allows.
    #[error("batch of partition {partition} came beyond the credit of {granted} bytes")]
    BeyondCredit {
        /// The partition.
        partition: Partition,
        /// Cumulative bytes that were granted.
        granted: u64,
    },
    /// The fetcher does not read what it is told.
    #[error("{0} messages wait to be read")]
    Deaf(usize),
}

impl FeedFault {
    /// The count that it goes to.
    pub const fn count(&self) -> Count {
        match self {
            Self::NotOpened | Self::OpenedTwice => Count::FeedFaultOpen,
            Self::UnknownTopic { .. } => Count::FeedFaultUnknownTopic,
            Self::OtherGroup { .. } => Count::FeedFaultOtherGroup,
            Self::TooManyFeeds { .. } => Count::FeedFaultTooManyFeeds,
            Self::LanesDisagree { .. } => Count::FeedFaultLanesDisagree,
            Self::NotInThisLane { .. } => Count::FeedFaultNotInThisLane,
            Self::NothingKnown
            | Self::NoProtobuf
            | Self::TooLong { .. }
            | Self::TooMany { .. }
            | Self::Partition(_)
            | Self::NoPacked
            | Self::Claim { .. }
            | Self::CutBelowSent { .. } => Count::FeedFaultMalformed,
            Self::Epoch { .. } => Count::FeedFaultEpoch,
            Self::OutOfOrder { .. } => Count::FeedFaultOutOfOrder,
            Self::Lengths { .. } => Count::FeedFaultLengths,
            Self::TooLarge { .. } | Self::MessageTooLarge => Count::FeedFaultTooLarge,
            Self::BeyondCredit { .. } => Count::FeedFaultBeyondCredit,
            Self::Deaf(_) => Count::FeedFaultDeaf,
        }
    }
}

/// The lane of a partition whose number was looked at already.
pub(crate) fn home(partition: &Partition, lane: &Lane) -> u32 {
    lane.home(*partition).unwrap_or(0)
}

/// What to add about the most similar topic.
fn suggestion(topic: Option<&Topic>) -> String {
    topic.map_or_else(String::new, |topic| format!("; the nearest is {topic}"))
}
