//! What delivery knows of a topic at the moment of judging: the aggregator's own facts.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{Epoch, LeaseId, Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use serde::{Deserialize, Serialize};

/// Names one open feed in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FeedKey(pub u64);

/// The books of one topic.
#[derive(Clone, Debug, Default)]
pub struct TopicBooks {
    /// Every partition that was ever claimed.
    pub partitions: BTreeMap<Partition, PartitionBooks>,
    /// When a gather that takes records (no peek) last asked for the topic: its open one, or the end of
    /// the last; `None` when none ever did.
    pub last_asked: Option<Moment>,
    /// Records that the last such gather got.
    pub last_record_count: u32,
}

/// The books of one partition.
#[derive(Clone, Debug, Default)]
pub struct PartitionBooks {
    /// The claim that holds now.
    pub claim: Option<ClaimBooks>,
    /// Everything below is settled.
    pub floor: Offset,
    /// Offset after the last record that came over a feed.
    pub received: Offset,
    /// Records that wait here and are out on no lease.
    pub buffered_records: u64,
    /// Since when the oldest of them waits.
    pub buffered_since: Option<Moment>,
    /// Records that are handed out and not settled.
    pub unacked_records: u64,
    /// The lease that holds the partition.
    pub lease: Option<LeaseBooks>,
    /// A nack holds records back until then.
    pub back_off_until: Option<Moment>,
    /// Ranges lost to retention, or skipped by policy.
    pub lost: Vec<OffsetRange>,
}

/// A claim that holds.
#[derive(Clone, Copy, Debug)]
pub struct ClaimBooks {
    /// Its epoch.
    pub epoch: Epoch,
    /// The feed that made it.
    pub feed: FeedKey,
    /// When it was made.
    pub since: Moment,
}

/// A lease that holds a partition.
#[derive(Clone, Debug)]
pub struct LeaseBooks {
    /// Its number.
    pub lease: LeaseId,
    /// Who holds it: the gather's client id, from the network.
    pub client: String,
    /// When its first record of this partition was handed out.
    pub since: Moment,
    /// How long it still lasts; `None` while its gather is open.
    pub remaining: Option<Duration>,
    /// What it holds of this partition.
    pub range: OffsetRange,
}
