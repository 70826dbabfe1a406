//! What librdkafka says in its log and nowhere else. The texts are no contract: rdkafka-sys pins the library
//! (2.12.1), and tests against a real broker hold them.

use std::time::Duration;

use rollcall_proto::v1::ErrorKind;

use crate::core::latch::Report;

/// A broker that hangs up sooner after a change of the connection's state has not understood the client.
const UNDERSTOOD_NOTHING: Duration = Duration::from_millis(100);
/// Stands for the code of a line, which has none.
const NO_CODE: i32 = 0;

/// What a line of the log is evidence of; most are of nothing.
pub(crate) fn of_line(facility: &str, line: &str) -> Option<Report> {
    let kind = match facility {
        "MAXPOLL" => ErrorKind::PollInterval,
        // The coordinator refuses heartbeats for a while before the session ends: the last refusal is in the text.
        "SESSTMOUT" if line.contains("uthorization failed") => ErrorKind::GroupAuthorization,
        "SESSTMOUT" => ErrorKind::SessionTimeout,
        "REQTMOUT" if line.contains("FetchRequest") => ErrorKind::RequestTimeout,
        "FAIL" if hung_up_at_once(line) => ErrorKind::ProtocolMismatch,
        _ => return None,
    };
    Some(Report {
        kind,
        code: NO_CODE,
        text: line.to_owned(),
        partition: None,
    })
}

/// "Disconnected: connection closed by peer … (after 1ms in state APIVERSION_QUERY)".
fn hung_up_at_once(line: &str) -> bool {
    let hung_up = line.contains("Disconnected") || line.contains("closed by peer");
    hung_up && after(line).is_some_and(|after| after <= UNDERSTOOD_NOTHING)
}

/// How long the connection had been in its state: `(after 1ms in state UP…`.
fn after(line: &str) -> Option<Duration> {
    let (_, rest) = line.rsplit_once("(after ")?;
    let (millis, _) = rest.split_once("ms in state")?;
    millis.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(facility: &str, line: &str) -> Option<ErrorKind> {
        of_line(facility, line).map(|report| report.kind)
    }

    #[test]
    fn a_peer_that_hangs_up_at_once_did_not_understand_the_client() {
        let line = |after: u32, state: &str| {
            format!(
                "k:9093/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after {after}ms in state {state})"
            )
        };
        let mismatch = Some(ErrorKind::ProtocolMismatch);
        assert_eq!(kind("FAIL", &line(1, "APIVERSION_QUERY")), mismatch);
        assert_eq!(kind("FAIL", &line(100, "UP")), mismatch);
        assert_eq!(
            kind("FAIL", &line(101, "UP")),
            None,
            "an idle connection, or a restart"
        );
        let refused = "k:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)";
        assert_eq!(kind("FAIL", refused), None);
    }

    #[test]
    fn a_session_that_ended_for_a_missing_right_is_a_missing_right() {
        let line = "Consumer group session timed out (in join-state steady) after 10002 ms without a successful response from the group coordinator (broker 1, last error was Broker: Group authorization failed): revoking assignment and rejoining group";
        assert_eq!(kind("SESSTMOUT", line), Some(ErrorKind::GroupAuthorization));
        let other = line.replace("Broker: Group authorization failed", "Success");
        assert_eq!(kind("SESSTMOUT", &other), Some(ErrorKind::SessionTimeout));
    }

    #[test]
    fn only_a_fetch_that_timed_out_says_something_of_reading() {
        let line = |what: &str| {
            format!(
                "k:1/1: Timed out {what} in flight (after 10097ms, timeout #0): possibly held back"
            )
        };
        assert_eq!(
            kind("REQTMOUT", &line("FetchRequest")),
            Some(ErrorKind::RequestTimeout)
        );
        assert_eq!(kind("REQTMOUT", &line("MetadataRequest")), None);
        assert_eq!(kind("PARTCNT", "whatever"), None);
    }
}
