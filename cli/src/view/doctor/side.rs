//! Whose a verdict is to deal with.

use rollcall_proto::v1::VerdictCode;

/// Who has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The group: the application that reads.
    Group,
    /// Whoever writes the topic.
    Producer,
    /// Whoever runs the cluster and its rights.
    Cluster,
}

/// Whose it is; of a verdict that is newer than this build, the reader's.
pub(super) fn of(code: i32) -> Side {
    use VerdictCode as V;
    let Ok(code) = V::try_from(code) else {
        return Side::Group;
    };
    match code {
        V::OpenTransaction | V::ProducerOverdue | V::ProducerSlowerThanTimeout | V::TopicEmpty => {
            Side::Producer
        }
        V::AuthenticationFailed
        | V::ProtocolMismatch
        | V::AuthorizationDenied
        | V::ClusterUnreachable
        | V::NoCoordinator
        | V::BrokerDown
        | V::LeaderUnavailable
        | V::BrokerNotAnswering
        | V::UndecodableBatch
        | V::Throttled => Side::Cluster,
        V::Unspecified
        | V::FetcherUnreachable
        | V::LanesDisagree
        | V::NotInThisLane
        | V::ConsumerFatal
        | V::GroupProtocolMismatch
        | V::TopicMissing
        | V::TopicRecreated
        | V::PollIntervalExceeded
        | V::Rebalancing
        | V::PartitionUnowned
        | V::NotSubscribed
        | V::OwnerElsewhere
        | V::OwnerSilent
        | V::OffsetOutOfRange
        | V::StartOffsetUnknown
        | V::RecordTooLarge
        | V::CommitFailing
        | V::WaitingForAck
        | V::NoClient
        | V::PausedBackpressure
        | V::NotPolled
        | V::NoVisibleRecords
        | V::WaitingMinBytes
        | V::ArrivedTooLate
        | V::StuckWithLag
        | V::SkippedToEnd
        | V::CaughtUp
        | V::Undetermined
        | V::Flowing
        | V::CappedByMaxRecords
        | V::CappedByMaxBytes
        | V::FallingBehind
        | V::RetentionNear
        | V::NoMember
        | V::NoGroup => Side::Group,
    }
}

/// Whether records come under this verdict.
pub(super) fn is_flow(code: i32) -> bool {
    use VerdictCode as V;
    V::try_from(code).is_ok_and(|code| {
        matches!(
            code,
            V::Flowing | V::CappedByMaxRecords | V::CappedByMaxBytes | V::FallingBehind
        )
    })
}
