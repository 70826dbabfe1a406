//! Why a trace cannot be judged again.

use std::time::Duration;

/// The version of the format that this build writes and reads.
pub const VERSION: u32 = 1;
/// Topics of a trace, each in each of its groups.
pub const MAX_TOPICS: usize = 1_000;
/// Partitions that all feeds of a trace together may speak of: what a reader holds in memory.
pub const MAX_SEEN: usize = 200_000;
/// Longest time that a trace spans.
pub const LONGEST: Duration = Duration::from_secs(400 * 24 * 3600);

/// Why a trace cannot be judged again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceFault {
    /// It does not begin with a header.
    #[error("it is no trace of rollcall: the first line has no \"rollcall_trace\"")]
    NotOurs,
    /// It has another version.
    #[error("it is a trace of version {0}; this rollcall reads version {VERSION}")]
    Version(u32),
    /// It has no time to count from.
    #[error("its header has no time that can be")]
    NoTime,
    /// A name that no topic can have.
    #[error("it names a topic that cannot be: {0}")]
    Topic(#[from] rollcall_proto::ids::TopicError),
    /// Too many topics.
    #[error("it has more than {MAX_TOPICS} topics")]
    TooManyTopics,
    /// Too many partitions.
    #[error("its feeds speak of more than {MAX_SEEN} partitions")]
    TooManyPartitions,
    /// A time that cannot be.
    #[error("its time lies more than 400 days after its beginning")]
    TooLong,
    /// Something follows the end.
    #[error("it goes on behind its end")]
    BehindTheEnd,
}
