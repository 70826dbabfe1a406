//! How to make a verdict appear: a few lines of shell for each, to be copied into a terminal beside `make playground`.
//!
//! `make reproduce` follows them as they stand. What they cannot show has no recipe: its paragraph in the words says why.

use rollcall_proto::v1::VerdictCode;

/// The lines that make this verdict appear on a real broker, where it can be made to.
pub fn recipe(code: VerdictCode) -> Option<&'static str> {
    use VerdictCode as Code;
    Some(match code {
        Code::FetcherUnreachable => include_str!("recipes/FETCHER_UNREACHABLE.sh"),
        Code::LanesDisagree => include_str!("recipes/LANES_DISAGREE.sh"),
        Code::NotInThisLane => include_str!("recipes/NOT_IN_THIS_LANE.sh"),
        Code::AuthenticationFailed => include_str!("recipes/AUTHENTICATION_FAILED.sh"),
        Code::ProtocolMismatch => include_str!("recipes/PROTOCOL_MISMATCH.sh"),
        Code::GroupProtocolMismatch => include_str!("recipes/GROUP_PROTOCOL_MISMATCH.sh"),
        Code::AuthorizationDenied => include_str!("recipes/AUTHORIZATION_DENIED.sh"),
        Code::TopicMissing => include_str!("recipes/TOPIC_MISSING.sh"),
        Code::TopicRecreated => include_str!("recipes/TOPIC_RECREATED.sh"),
        Code::ClusterUnreachable => include_str!("recipes/CLUSTER_UNREACHABLE.sh"),
        Code::NoCoordinator => include_str!("recipes/NO_COORDINATOR.sh"),
        Code::Rebalancing => include_str!("recipes/REBALANCING.sh"),
        Code::PartitionUnowned => include_str!("recipes/PARTITION_UNOWNED.sh"),
        Code::NotSubscribed => include_str!("recipes/NOT_SUBSCRIBED.sh"),
        Code::OwnerElsewhere => include_str!("recipes/OWNER_ELSEWHERE.sh"),
        Code::OwnerSilent => include_str!("recipes/OWNER_SILENT.sh"),
        Code::BrokerDown => include_str!("recipes/BROKER_DOWN.sh"),
        Code::LeaderUnavailable => include_str!("recipes/LEADER_UNAVAILABLE.sh"),
        Code::BrokerNotAnswering => include_str!("recipes/BROKER_NOT_ANSWERING.sh"),
        Code::OffsetOutOfRange => include_str!("recipes/OFFSET_OUT_OF_RANGE.sh"),
        Code::StartOffsetUnknown => include_str!("recipes/START_OFFSET_UNKNOWN.sh"),
        Code::RecordTooLarge => include_str!("recipes/RECORD_TOO_LARGE.sh"),
        Code::UndecodableBatch => include_str!("recipes/UNDECODABLE_BATCH.sh"),
        Code::CommitFailing => include_str!("recipes/COMMIT_FAILING.sh"),
        Code::WaitingForAck => include_str!("recipes/WAITING_FOR_ACK.sh"),
        Code::NoClient => include_str!("recipes/NO_CLIENT.sh"),
        Code::PausedBackpressure => include_str!("recipes/PAUSED_BACKPRESSURE.sh"),
        Code::Throttled => include_str!("recipes/THROTTLED.sh"),
        Code::OpenTransaction => include_str!("recipes/OPEN_TRANSACTION.sh"),
        Code::NoVisibleRecords => include_str!("recipes/NO_VISIBLE_RECORDS.sh"),
        Code::WaitingMinBytes => include_str!("recipes/WAITING_MIN_BYTES.sh"),
        Code::StuckWithLag => include_str!("recipes/STUCK_WITH_LAG.sh"),
        Code::SkippedToEnd => include_str!("recipes/SKIPPED_TO_END.sh"),
        Code::ProducerOverdue => include_str!("recipes/PRODUCER_OVERDUE.sh"),
        Code::ProducerSlowerThanTimeout => include_str!("recipes/PRODUCER_SLOWER_THAN_TIMEOUT.sh"),
        Code::TopicEmpty => include_str!("recipes/TOPIC_EMPTY.sh"),
        Code::CaughtUp => include_str!("recipes/CAUGHT_UP.sh"),
        Code::Undetermined => include_str!("recipes/UNDETERMINED.sh"),
        Code::Flowing => include_str!("recipes/FLOWING.sh"),
        Code::CappedByMaxRecords => include_str!("recipes/CAPPED_BY_MAX_RECORDS.sh"),
        Code::CappedByMaxBytes => include_str!("recipes/CAPPED_BY_MAX_BYTES.sh"),
        Code::FallingBehind => include_str!("recipes/FALLING_BEHIND.sh"),
        Code::NoMember => include_str!("recipes/NO_MEMBER.sh"),
        Code::NoGroup => include_str!("recipes/NO_GROUP.sh"),
        Code::ConsumerFatal => include_str!("recipes/CONSUMER_FATAL.sh"),
        Code::PollIntervalExceeded => include_str!("recipes/POLL_INTERVAL_EXCEEDED.sh"),
        Code::NotPolled => include_str!("recipes/NOT_POLLED.sh"),
        Code::ArrivedTooLate => include_str!("recipes/ARRIVED_TOO_LATE.sh"),
        Code::RetentionNear => include_str!("recipes/RETENTION_NEAR.sh"),
        Code::Unspecified => return None,
    })
}
