//! What librdkafka's errors are about.

use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rollcall_proto::ids::{LeaderEpoch, LogPosition, Offset};
use rollcall_proto::v1::ErrorKind;

use crate::core::facts::{CommitOutcome, Refused};
use crate::core::latch::Report;

/// Codes with a meaning of their own; what is missing is `ErrorKind::Unspecified`.
const KINDS: &[(Code, ErrorKind)] = &[
    (Code::AllBrokersDown, ErrorKind::AllBrokersDown),
    (Code::UnknownTopic, ErrorKind::UnknownTopic),
    (Code::UnknownTopicOrPartition, ErrorKind::UnknownTopic),
    (
        Code::TopicAuthorizationFailed,
        ErrorKind::TopicAuthorization,
    ),
    (
        Code::GroupAuthorizationFailed,
        ErrorKind::GroupAuthorization,
    ),
    (Code::Authentication, ErrorKind::Authentication),
    (Code::SaslAuthenticationFailed, ErrorKind::Authentication),
    (Code::UnsupportedSASLMechanism, ErrorKind::Authentication),
    (Code::SSL, ErrorKind::Authentication),
    (Code::InconsistentGroupProtocol, ErrorKind::GroupProtocol),
    (Code::UnsupportedAssignor, ErrorKind::GroupProtocol),
    (Code::Fatal, ErrorKind::Fatal),
    (Code::BadMessage, ErrorKind::Undecodable),
    (Code::BadCompression, ErrorKind::Undecodable),
    (Code::MessageSizeTooLarge, ErrorKind::RecordTooLarge),
    (Code::BrokerTransportFailure, ErrorKind::Transport),
    (Code::Resolve, ErrorKind::Transport),
    (Code::PollExceeded, ErrorKind::PollInterval),
];

/// Codes that say that a partition is not ours any more, or may not be for the moment.
const FENCED: &[Code] = &[
    Code::State,
    Code::AssignmentLost,
    Code::Fenced,
    Code::FencedInstanceId,
    Code::UnknownMemberId,
    Code::IllegalGeneration,
    Code::StaleMemberEpoch,
    Code::FencedMemberEpoch,
    Code::RebalanceInProgress,
];

/// Codes that say that nobody answered for the group.
const NO_COORDINATOR: &[Code] = &[
    Code::CoordinatorNotAvailable,
    Code::NotCoordinator,
    Code::CoordinatorLoadInProgress,
    Code::WaitingForCoordinator,
    Code::BrokerTransportFailure,
    Code::AllBrokersDown,
    Code::OperationTimedOut,
    Code::RequestTimedOut,
    Code::TimedOutQueue,
    Code::WaitCache,
    Code::InProgress,
];

/// An error as it is latched.
pub(crate) fn report(error: &KafkaError, text: &str) -> Report {
    let code = error.rdkafka_error_code();
    let kind = code.map_or(ErrorKind::Unspecified, |code| kind(code, text));
    Report {
        kind,
        code: code.map_or(0, |c| c as i32),
        text: text.to_owned(),
        partition: None,
    }
}

/// What a question that was not answered failed for.
pub(crate) fn answer_kind(error: &KafkaError) -> ErrorKind {
    use Code::{OperationTimedOut, TimedOutQueue, UnsupportedFeature, UnsupportedVersion};
    match error.rdkafka_error_code() {
        Some(OperationTimedOut | TimedOutQueue) => ErrorKind::TimedOut,
        Some(UnsupportedFeature | UnsupportedVersion) => ErrorKind::Unsupported,
        _said_otherwise => report(error, &error.to_string()).kind,
    }
}

/// Whether the client is lost for good. librdkafka says so in two ways (2.12.1): by an event that is marked, and by
/// one whose code is _FATAL and which is not (a group that is denied under KIP-848).
pub(crate) fn is_fatal(error: &KafkaError) -> bool {
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || error.rdkafka_error_code() == Some(Code::Fatal)
}

/// A fatal error with its cause, as the client remembers it: _FATAL by itself says nothing.
pub(crate) fn fatal(error: &KafkaError, cause: Option<(Code, String)>) -> Report {
    let Some((code, text)) = cause else {
        return report(error, &error.to_string());
    };
    Report {
        kind: kind(code, &text),
        code: code as i32,
        text,
        partition: None,
    }
}

fn kind(code: Code, text: &str) -> ErrorKind {
    let known = KINDS
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, kind)| *kind);
    match known {
        // The same codes stand for two causes; only the text tells them apart (librdkafka 2.12.1).
        Some(ErrorKind::Undecodable) if text.contains("Invalid response size") => {
            ErrorKind::RecordTooLarge
        }
        Some(ErrorKind::Transport) if text.contains("SSL handshake failed") => {
            ErrorKind::Authentication
        }
        Some(kind) => kind,
        None => ErrorKind::Unspecified,
    }
}

/// How a synchronous commit ended.
pub(crate) fn commit_outcome(result: Result<(), KafkaError>) -> CommitOutcome {
    let Err(error) = result else {
        return CommitOutcome::Taken;
    };
    let text = error.to_string();
    match error.rdkafka_error_code() {
        // Nothing was to be committed.
        Some(Code::NoOffset) => CommitOutcome::Taken,
        Some(code) if FENCED.contains(&code) => CommitOutcome::Fenced(text),
        Some(code) if NO_COORDINATOR.contains(&code) => CommitOutcome::NoCoordinator(text),
        Some(code) => CommitOutcome::Refused(code as i32, text),
        None => CommitOutcome::Refused(0, text),
    }
}

/// What an error that asks for a new position says of the old one, where that is outside of its leader's log.
///
/// librdkafka 2.12.1 tells the same error with no offset where it could not look, and where an epoch showed that the log was
/// cut; there it says in words what the leader answered (`rd_kafka_offset_reset` and `rd_kafka_toppar_handle_OffsetForLeaderEpoch`
/// in rdkafka_offset.c).
pub(crate) fn refused(offset: Option<Offset>, text: &str) -> Option<Refused> {
    let is_cut = text.contains("log truncation detected at");
    let refused = Refused { end: end_in(text) };
    (offset.is_some() || is_cut).then_some(refused)
}

/// The place in "broker end offset is 17 (offset leader epoch 3)".
fn end_in(text: &str) -> Option<LogPosition> {
    let (_, end) = text.split_once("broker end offset is ")?;
    let (offset, epoch) = end.split_once(" (offset leader epoch ")?;
    let (epoch, _) = epoch.split_once(')')?;
    Some(LogPosition {
        offset: Offset::known(offset.parse().ok()?)?,
        leader_epoch: Some(LeaderEpoch::known(epoch.parse().ok()?)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_with_two_causes_is_told_apart_by_its_text() {
        let bad = KafkaError::Global(Code::BadMessage);
        assert_eq!(report(&bad, "failed CRC32C").kind, ErrorKind::Undecodable);
        let size = "Invalid response size 3000149 (0..1000512): increase receive.message.max.bytes";
        assert_eq!(report(&bad, size).kind, ErrorKind::RecordTooLarge);
    }

    #[test]
    fn why_a_question_was_not_answered_is_told_by_the_code() {
        let kind = |code| answer_kind(&KafkaError::OffsetFetch(code));
        assert_eq!(kind(Code::OperationTimedOut), ErrorKind::TimedOut);
        assert_eq!(kind(Code::UnsupportedFeature), ErrorKind::Unsupported);
        assert_eq!(kind(Code::BrokerTransportFailure), ErrorKind::Transport);
        assert_eq!(kind(Code::UnknownGroup), ErrorKind::Unspecified);
    }

    #[test]
    fn a_fatal_error_is_about_its_cause_however_it_is_said() {
        let denied = (
            Code::GroupAuthorizationFailed,
            "heartbeat fatal error".to_owned(),
        );
        for said in [
            KafkaError::MessageConsumption(Code::Fatal),
            KafkaError::MessageConsumptionFatal(Code::GroupAuthorizationFailed),
        ] {
            assert!(is_fatal(&said));
            let report = fatal(&said, Some(denied.clone()));
            assert_eq!(
                (report.kind, report.code),
                (ErrorKind::GroupAuthorization, 30)
            );
        }
        assert!(!is_fatal(&KafkaError::MessageConsumption(Code::BadMessage)));
        let alone = KafkaError::MessageConsumption(Code::Fatal);
        assert_eq!(fatal(&alone, None).kind, ErrorKind::Fatal);
    }

    #[test]
    fn a_fenced_commit_is_no_failing_commit() {
        let fenced = Err(KafkaError::ConsumerCommit(Code::UnknownMemberId));
        assert!(matches!(commit_outcome(fenced), CommitOutcome::Fenced(_)));
        let away = Err(KafkaError::ConsumerCommit(Code::CoordinatorNotAvailable));
        assert!(matches!(
            commit_outcome(away),
            CommitOutcome::NoCoordinator(_)
        ));
        let denied = Err(KafkaError::ConsumerCommit(Code::GroupAuthorizationFailed));
        assert!(matches!(
            commit_outcome(denied),
            CommitOutcome::Refused(30, _)
        ));
    }

    #[test]
    fn a_refusal_says_where_the_leaders_log_ends() {
        let cut = "fetch failed due to requested offset not available on the broker: Partition log truncation detected at offset \
                   30 (leader epoch 4): broker end offset is 17 (offset leader epoch 3). Reset to INVALID. (broker 2)";
        let end = LogPosition {
            offset: Offset::known(17).unwrap(),
            leader_epoch: LeaderEpoch::known(3),
        };
        assert_eq!(refused(None, cut), Some(Refused { end: Some(end) }));
        let none = "No epoch found less or equal to offset 30 (leader epoch 4): broker end offset is -1 (offset leader epoch -1).";
        assert_eq!(
            refused(Offset::known(30), none),
            Some(Refused { end: None })
        );
        let outside = "fetch failed due to requested offset not available on the broker";
        assert_eq!(
            refused(Offset::known(30), outside),
            Some(Refused { end: None })
        );
        assert_eq!(refused(None, "no leader"), None);
    }
}
