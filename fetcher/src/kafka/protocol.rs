//! Which group protocol the cluster speaks, asked before a member is made.
//!
//! There is no error to learn it from: a KIP-848 member of a Kafka 3.9 cluster waits for ever without one
//! (librdkafka 2.12.1 refuses the request locally and only says so on a debug line).

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rollcall_proto::v1::ErrorKind;

use super::{errors, meaning, native, observer};
use crate::core::latch::Report;

/// First version of ConsumerGroupHeartbeat that librdkafka speaks; Kafka 3.9 offers only version 0.
const HEARTBEAT_VERSION: i32 = 1;
/// How librdkafka's debug line of a broker's ApiVersions names the request. The text is no contract: rdkafka-sys
/// pins the library, and a test against a real broker holds it.
const HEARTBEAT_LINE: &str = "ConsumerGroupHeartbeat (68) Versions ";
/// Events that are looked through, at most: a broker offers about a hundred requests.
const MAX_EVENTS: usize = 10_000;
/// Stands for "no broker has offered the request".
const NOT_OFFERED: i32 = -1;

/// How the members of a group agree on who owns what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupProtocol {
    /// KIP-848: the coordinator assigns; nobody stops when a member comes or goes.
    Consumer,
    /// JoinGroup and SyncGroup: a member assigns; everybody stops meanwhile.
    Classic,
}

impl GroupProtocol {
    /// The value of librdkafka's `group.protocol`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Classic => "classic",
        }
    }
}

/// Asks a broker which protocol a new group should use. Takes 10 to 60 ms, joins nothing.
///
/// `Consumer` is no promise: a Kafka 4 cluster with the protocol switched off offers the request too, and refuses the
/// member with a fatal `UnsupportedVersion`, whereupon a new client has to be made with `Classic`. An error when no
/// broker answered in time; with it what the client's log says of the cause.
pub fn preflight(base: &ClientConfig, timeout: Duration) -> Result<GroupProtocol, NoAnswer> {
    let mut config = observer::group_less(base);
    // Without the log level nothing of `debug` arrives.
    config
        .set("debug", "feature")
        .set_log_level(RDKafkaLogLevel::Debug);
    let consumer: BaseConsumer<Offers> = config.create_with_context(Offers::default())?;
    // Waits for a broker's first metadata; its ApiVersions come before any other answer.
    native::cluster_id(consumer.client(), timeout);
    let offers = consumer.context();
    for _ in 0..MAX_EVENTS {
        // Log lines are handed out by poll, one each.
        consumer.poll(Duration::ZERO);
        if !offers.event.swap(false, Ordering::Relaxed) {
            break;
        }
    }
    offers.protocol().ok_or_else(|| NoAnswer {
        error: KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut),
        cause: offers.cause(),
    })
}

/// No broker said which protocol it speaks.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub struct NoAnswer {
    /// The error.
    error: KafkaError,
    /// What the client said of the cause.
    pub(crate) cause: Option<Report>,
}

impl From<KafkaError> for NoAnswer {
    fn from(error: KafkaError) -> Self {
        Self { error, cause: None }
    }
}

impl NoAnswer {
    /// The error itself.
    pub(crate) const fn error(&self) -> &KafkaError {
        &self.error
    }
}

/// What the brokers offer, as librdkafka logs it.
struct Offers {
    /// Highest version of ConsumerGroupHeartbeat that every broker seen offers, or `NOT_OFFERED`.
    heartbeat: AtomicI32,
    /// Whether a broker has said what it offers.
    heard: AtomicBool,
    /// Whether an event was handed out since this was last asked.
    event: AtomicBool,
    /// The cause that the client named, if no broker answers: its first complaint that tells one.
    cause: Mutex<Option<Report>>,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            heartbeat: AtomicI32::new(NOT_OFFERED),
            heard: AtomicBool::new(false),
            event: AtomicBool::new(false),
            cause: Mutex::new(None),
        }
    }
}

impl Offers {
    fn cause(&self) -> Option<Report> {
        self.lock().clone()
    }

    fn complain(&self, report: Report) {
        self.lock().get_or_insert(report);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Report>> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The protocol to use; `None` while no broker has said what it offers.
    fn protocol(&self) -> Option<GroupProtocol> {
        let offered = self.heartbeat.load(Ordering::Relaxed) >= HEARTBEAT_VERSION;
        let protocol = if offered {
            GroupProtocol::Consumer
        } else {
            GroupProtocol::Classic
        };
        self.heard.load(Ordering::Relaxed).then_some(protocol)
    }

    /// In a cluster of mixed versions the lowest offer holds.
    fn offered(&self, version: i32) {
        let lowest = match self.heartbeat.load(Ordering::Relaxed) {
            NOT_OFFERED => version,
            other => other.min(version),
        };
        self.heartbeat.store(lowest, Ordering::Relaxed);
    }
}

impl ClientContext for Offers {
    fn log(&self, _level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.event.store(true, Ordering::Relaxed);
        if facility == "APIVERSION" {
            self.heard.store(true, Ordering::Relaxed);
            if let Some(version) = heartbeat_version(line) {
                self.offered(version);
            }
        }
        meaning::of_line(facility, line)
            .into_iter()
            .for_each(|report| self.complain(report));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.event.store(true, Ordering::Relaxed);
        let report = errors::report(&error, reason);
        if report.kind == ErrorKind::Authentication {
            self.complain(report);
        }
    }
}

impl ConsumerContext for Offers {}

/// The highest version in `…ConsumerGroupHeartbeat (68) Versions 0..1`.
fn heartbeat_version(line: &str) -> Option<i32> {
    let (_, versions) = line.split_once(HEARTBEAT_LINE)?;
    let (_, highest) = versions.split_once("..")?;
    highest.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn base(cluster: &MockCluster<'_, impl ClientContext>) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        config
    }

    #[test]
    fn a_cluster_that_offers_the_heartbeat_gets_the_consumer_protocol() {
        let cluster = MockCluster::new(1).unwrap();
        let asked = preflight(&base(&cluster), SOON).unwrap();
        assert_eq!(asked, GroupProtocol::Consumer);
    }

    fn heard(lines: &[&str]) -> Option<GroupProtocol> {
        let offers = Offers::default();
        for line in lines {
            offers.log(RDKafkaLogLevel::Debug, "APIVERSION", line);
        }
        offers.protocol()
    }

    #[test]
    fn a_cluster_that_offers_version_0_only_gets_the_classic_protocol() {
        let kafka_3_9 = "x/1:   ApiKey ConsumerGroupHeartbeat (68) Versions 0..0";
        assert_eq!(heard(&[kafka_3_9]), Some(GroupProtocol::Classic));
        let kafka_4 = "x/2:   ApiKey ConsumerGroupHeartbeat (68) Versions 0..1";
        assert_eq!(heard(&[kafka_4]), Some(GroupProtocol::Consumer));
        // The lowest offer holds, in any order.
        assert_eq!(heard(&[kafka_4, kafka_3_9]), Some(GroupProtocol::Classic));
        assert_eq!(heard(&[kafka_3_9, kafka_4]), Some(GroupProtocol::Classic));
    }

    #[test]
    fn a_cluster_that_does_not_know_the_heartbeat_gets_the_classic_protocol() {
        let fetch = "x/1:   ApiKey Fetch (1) Versions 4..17";
        assert_eq!(heard(&[fetch]), Some(GroupProtocol::Classic));
        assert_eq!(heard(&[]), None);
    }

    #[test]
    fn a_cluster_that_is_not_there_is_an_error_and_not_an_old_one() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = closed.local_addr().unwrap().to_string();
        drop(closed);
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", address);
        assert!(preflight(&config, Duration::from_millis(300)).is_err());
    }

    #[test]
    fn only_the_line_of_the_heartbeat_is_read() {
        let line = "[thrd:x]: x/1:   ApiKey ConsumerGroupHeartbeat (68) Versions 0..1";
        assert_eq!(heartbeat_version(line), Some(1));
        assert_eq!(heartbeat_version("ApiKey Fetch (1) Versions 4..17"), None);
        assert_eq!(
            heartbeat_version("ConsumerGroupHeartbeat (68) Versions"),
            None
        );
    }
}
