//! Everything that the Kafka edge has to say, in one enum.

use rollcall_proto::ids::{LogPosition, Partition};
use rollcall_proto::v1::{ErrorKind, OversizedRecord};

use crate::core::facts::{
    ClientFacts, CommitAnswer, CutBatch, GroupOwners, HistoryFacts, Looked, ProbeRound, Resolved,
    SettingsFacts, Suspect,
};
use crate::core::lanes::{FeedId, Flows};
use crate::core::latch::Report;
use crate::kafka::protocol::GroupProtocol;

/// Something happened at the Kafka edge.
#[derive(Clone, Debug)]
pub enum KafkaEvent {
    /// The consumer exists and speaks this group protocol.
    Joining(GroupProtocol),
    /// The group gives partitions.
    Assigned(Vec<Partition>),
    /// The group takes partitions, and waits for [`crate::core::session::Action::Unassign`].
    Revoked {
        /// The partitions.
        partitions: Vec<Partition>,
        /// Whether they belong to somebody else already.
        lost: bool,
    },
    /// Records that were read for a feed.
    Batch(FeedId, CutBatch),
    /// The client reached the end of a partition.
    End {
        /// The feed that it is read for.
        feed: FeedId,
        /// The partition.
        partition: Partition,
        /// Its placement.
        placement: u64,
        /// The end, with the control records before it.
        position: LogPosition,
    },
    /// A record above the limit holds its partition.
    Oversized {
        /// The feed that it is read for.
        feed: FeedId,
        /// The partition.
        partition: Partition,
        /// Its placement.
        placement: u64,
        /// The record.
        record: OversizedRecord,
    },
    /// A position is outside of the log; it is one of these.
    Stalled(Vec<Suspect>),
    /// Back-pressure began, went on or ended.
    Flow(Flows),
    /// Start offsets, or bounds of stalled partitions.
    Resolved(Resolved),
    /// A commit was answered.
    Committed(CommitAnswer),
    /// A round of the probe ended.
    Probed(Box<ProbeRound>),
    /// The group was described.
    Owners(GroupOwners),
    /// The group could not be described, for this.
    Undescribed(ErrorKind),
    /// The log's newest timestamps were read.
    History(HistoryFacts),
    /// A record was looked at.
    Looked(Looked),
    /// Settings of the cluster were asked for.
    Settings(SettingsFacts),
    /// The client's statistics.
    Client(ClientFacts),
    /// The consumer's member id.
    Member(String),
    /// The client reported an error.
    Error(Report),
    /// The client is lost for good and must be built anew.
    Fatal(Report),
}
