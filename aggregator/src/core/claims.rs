//! Who feeds a partition: the highest epoch wins, and a claim that is not proven displaces nobody.

use rollcall_proto::ids::{Epoch, Offset, Partition, TopicId};
use rollcall_proto::ranges::RangeSet;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::books::FeedKey;

/// A claim as it came, checked.
#[derive(Clone, Debug)]
pub struct ClaimAsk {
    /// The partition.
    pub partition: Partition,
    /// Kafka's id of the topic; `None` while the fetcher does not know it.
    pub topic_id: Option<TopicId>,
    /// The group's committed offset.
    pub committed: Offset,
    /// Offset after the highest record that the fetcher has sent; at least `committed`.
    pub sent: Offset,
    /// What the fetcher knows to be settled in `[committed, sent)`.
    pub settled: RangeSet,
    /// What the log lost begins here.
    pub cut_at: Option<Offset>,
    /// The message itself.
    pub wire: v1::Claim,
}

/// A claim that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its epoch.
    pub epoch: Epoch,
    /// The feed that made it.
    pub feed: FeedKey,
    /// Whether Kafka confirmed the ownership.
    pub proven: bool,
    /// When it was made.
    pub since: Moment,
    /// The fetcher's number of it.
    pub generation: u64,
}

/// What is remembered of the log that a partition's floor, buffers and leases speak of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log {
    /// Kafka's id of the topic; `None` when the fetcher did not know it.
    pub topic_id: Option<TopicId>,
    /// The highest committed offset that was told.
    pub told: Offset,
}

/// Why a partition starts anew: its floor, buffers and leases speak of another log, all of them or those above a cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reset {
    /// The topic was deleted and created again under its name.
    #[error("topic id was {}, is {}", id(.was.as_ref()), id(.is.as_ref()))]
    Recreated {
        /// The id before.
        was: Option<TopicId>,
        /// The id now.
        is: Option<TopicId>,
    },
    /// An unclean election took the end of the log.
    #[error("the log was cut at {at}")]
    Cut {
        /// Below it the log is as it was.
        at: Offset,
    },
    /// The group's commit went back: an operator rewound it, or the log was cut and nobody could tell where.
    #[error("committed offset was {was}, is {is}")]
    Rewound {
        /// The highest committed offset that was told before.
        was: Offset,
        /// The committed offset now.
        is: Offset,
    },
}

/// Why a claim is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another feed holds the partition, and this claim could not be proven.
    #[error("not proven, and another feed holds the partition")]
    NotProven,
    /// The fetcher that held the partition may still commit: it is kept for it for a moment.
    #[error("kept for the fetcher that held it a moment ago")]
    Kept,
    /// The commit that it says is below one that was told: it may have been read before that one was made.
    #[error("the commit is older than one that was told, and is to be read again")]
    OldCommit,
    /// A member of the group has claimed the partition with Kafka's word for it.
    #[error("a member of the group has claimed it")]
    Displaced,
}

/// Whether a claim may be granted beside the one that holds now.
pub fn admit(holds: Option<&Claim>, feed: FeedKey, ask: &ClaimAsk) -> Result<(), Refusal> {
    match holds {
        Some(claim) if claim.feed != feed && !ask.wire.proven => Err(Refusal::NotProven),
        Some(_) | None => Ok(()),
    }
}

impl Log {
    /// Whether a claim speaks of another log than this one.
    ///
    /// An id that is not known proves nothing, so it counts as another one: that costs a redelivery, the
    /// opposite could lose records.
    pub fn differs(&self, ask: &ClaimAsk) -> Option<Reset> {
        if self.topic_id.is_none() || self.topic_id != ask.topic_id {
            return Some(Reset::Recreated {
                was: self.topic_id.clone(),
                is: ask.topic_id.clone(),
            });
        }
        let told = ask.cut_at.map_or(self.told, |at| self.told.min(at));
        (ask.committed < told).then_some(Reset::Rewound {
            was: told,
            is: ask.committed,
        })
    }
}

fn id(topic_id: Option<&TopicId>) -> &str {
    topic_id.map_or("unknown", TopicId::as_str)
}
