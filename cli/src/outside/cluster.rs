//! The cluster's own answer to a first question: whether it lets anybody in, and which topics it has.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::MetadataTopic;
use rollcall_fetcher::kafka::native;
use rollcall_proto::ids::Topic;

use crate::catalog::nearest;
use crate::sanitize::safe;
use crate::target::{Groups, Target};

/// How long the first answer may take.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long one attempt takes: between two of them the client says why it cannot connect.
const ATTEMPT: Duration = Duration::from_millis(500);
/// How long a refusal must stand before it is the answer: another bootstrap server may still let us in.
const REFUSED: Duration = Duration::from_secs(2);
/// How long one connection may take.
const CONNECT: Duration = Duration::from_millis(500);
/// What a port does that speaks another protocol.
const HANGS_UP: &str = "something listens there and hangs up on this client";
/// Characters of an error text that are repeated.
const SHOWN: usize = 300;

/// What the cluster has, as far as it shows it to this client.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// Its topics.
    pub topics: Vec<String>,
    /// Topics that were named and that it says it does not have: others may be hidden.
    pub missing: Vec<String>,
    /// Its groups, where they were to be chosen among; `None` where they could not be listed.
    pub groups: Option<Vec<String>>,
}

/// What the cluster has, or why it cannot be asked and what to check. Blocks for some seconds at most.
pub fn inventory(target: &Target) -> Result<Inventory, String> {
    let mut config = target.client();
    config
        .set("allow.auto.create.topics", "false")
        .set_log_level(RDKafkaLogLevel::Emerg);
    let client: BaseConsumer<Ear> = config
        .create_with_context(Ear::default())
        .map_err(|error| error.to_string())?;
    let begun = Instant::now();
    loop {
        let answer = client.fetch_metadata(None, ATTEMPT);
        let error = match answer {
            Ok(metadata) => {
                let topics = metadata.topics().iter();
                let topics: Vec<String> = topics.map(|topic| topic.name().to_owned()).collect();
                return Ok(Inventory {
                    missing: missing(&client, target, &topics),
                    groups: chosen_among(&client, target),
                    topics,
                });
            }
            Err(error) => error,
        };
        // Hands out what the client has to say.
        client.poll(Duration::ZERO);
        let cause = client.context().cause();
        let refused = cause.as_ref().is_some_and(|(code, _)| is_refusal(*code));
        let waited = begun.elapsed();
        if waited >= PATIENCE || (refused && waited >= REFUSED) {
            return Err(told(cause, &error, target));
        }
    }
}

/// Topics that were named and that the cluster denies to have: of one that is hidden it says no more than that.
fn missing(client: &BaseConsumer<Ear>, target: &Target, topics: &[String]) -> Vec<String> {
    let named = target.topics.iter().map(Topic::as_str);
    let unlisted = named.filter(|named| !topics.iter().any(|topic| topic == named));
    let denied = unlisted.filter(|name| {
        let answer = client.fetch_metadata(Some(name), ATTEMPT);
        answer.is_ok_and(|metadata| {
            let mut said = metadata.topics().iter().filter_map(MetadataTopic::error);
            said.any(|error| Code::from(error) == Code::UnknownTopicOrPartition)
        })
    });
    denied.map(str::to_owned).collect()
}

/// The groups that the target chooses among; nothing where they are named.
fn chosen_among(client: &BaseConsumer<Ear>, target: &Target) -> Option<Vec<String>> {
    match target.groups {
        Groups::Named(_) => None,
        Groups::Matching(_) | Groups::All => {
            let listed = native::group_names(client.client(), PATIENCE);
            listed.ok().map(|listed| listed.names)
        }
    }
}

/// The consumer groups of the cluster that this client may see; `None` where it may not list them. Blocks for some
/// seconds at most.
pub fn groups(target: &Target) -> Option<Vec<String>> {
    let mut config = target.client();
    config.set_log_level(RDKafkaLogLevel::Emerg);
    let client: BaseConsumer<Ear> = config.create_with_context(Ear::default()).ok()?;
    let listed = native::group_names(client.client(), PATIENCE).ok()?;
    Some(listed.names)
}

/// Names the topic that is most like one that is missing.
pub fn not_there(topic: &str, topics: &[String]) -> String {
    let hint = match nearest(topic, topics.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it shows {} topics to this client", topics.len()),
    };
    safe(&format!("topic {topic} is not on the cluster; {hint}")).into_owned()
}

/// What the client complained about: the first cause, not what follows from it.
#[derive(Default)]
struct Ear(Mutex<Option<(Code, String)>>);

impl Ear {
    fn cause(&self) -> Option<(Code, String)> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ClientContext for Ear {
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _line: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(Code::Fail);
        let mut cause = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = |cause: &(Code, String)| is_refusal(cause.0);
        if code != Code::AllBrokersDown && !cause.as_ref().is_some_and(refused) {
            *cause = Some((code, reason.chars().take(SHOWN).collect()));
        }
    }
}

impl ConsumerContext for Ear {}

/// Whether trying again cannot help.
fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL | Code::Resolve
    )
}

/// What was tried, what came of it, what to check next.
fn told(cause: Option<(Code, String)>, error: &KafkaError, target: &Target) -> String {
    let (code, said) = cause.unwrap_or_else(|| {
        // librdkafka says nothing at all of a port that takes the connection and hangs up.
        let said = match is_listening(&target.bootstrap_servers) {
            true => HANGS_UP.to_owned(),
            false => error.to_string(),
        };
        (Code::OperationTimedOut, said)
    });
    let protocol = target
        .client()
        .get("security.protocol")
        .unwrap_or("plaintext")
        .to_lowercase();
    let next = next(code, &said, &protocol);
    let servers = &target.bootstrap_servers;
    safe(&format!("cannot look at {servers}: {said}; {next}")).into_owned()
}

/// Whether any of the servers takes a connection.
fn is_listening(servers: &str) -> bool {
    let addresses = servers
        .split(',')
        .filter_map(|server| server.trim().to_socket_addrs().ok());
    let mut addresses = addresses.flatten();
    addresses.any(|address| TcpStream::connect_timeout(&address, CONNECT).is_ok())
}

/// What to check. librdkafka says itself when it suspects that the port speaks something else.
fn next(code: Code, said: &str, protocol: &str) -> &'static str {
    let plaintext = protocol == "plaintext";
    let other_protocol = said == HANGS_UP
        || said.contains("security.protocol")
        || said.contains("PLAINTEXT broker listener")
        || said.contains("ssl3_get_record")
        || said.contains("wrong version number")
        || said.contains("packet length too long");
    if other_protocol && plaintext {
        return "the port wants TLS or SASL: say -X security.protocol=SSL, SASL_SSL or SASL_PLAINTEXT";
    }
    if other_protocol {
        return "the port speaks no TLS: check it, or leave out security.protocol (SASL without TLS is SASL_PLAINTEXT)";
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "librdkafka's codes are not ours; the others say that no connection came about"
    )]
    match code {
        Code::Authentication | Code::SaslAuthenticationFailed => {
            "check sasl.username, sasl.password and sasl.mechanism"
        }
        Code::SSL => {
            "check ssl.ca.location, and that the broker's certificate is for this host name"
        }
        Code::Resolve => "check the host name (-b)",
        _ if plaintext => {
            "check host and port (-b); a port for TLS or SASL wants -X security.protocol=SSL, SASL_SSL or SASL_PLAINTEXT"
        }
        _ => "check host and port (-b), and that the port speaks this security.protocol",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_spoken_at_a_port_is_told_with_what_to_say() {
        let to_tls = "127.0.0.1:1/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect \
             security.protocol configuration (connecting to a SSL listener?)";
        assert!(
            next(Code::BrokerTransportFailure, to_tls, "plaintext")
                .starts_with("the port wants TLS or SASL")
        );
        assert!(
            next(Code::OperationTimedOut, HANGS_UP, "plaintext").starts_with("the port wants TLS")
        );
        let to_plaintext =
            "SSL handshake failed: error:0A00010B:SSL routines::wrong version number";
        assert!(next(Code::SSL, to_plaintext, "ssl").starts_with("the port speaks no TLS"));
        let closed = "SSL handshake failed: Disconnected: SSL connection closed by peer: connecting to a PLAINTEXT broker \
             listener? (after 1ms in state SSL_HANDSHAKE)";
        assert!(next(Code::SSL, closed, "ssl").starts_with("the port speaks no TLS"));
        let password = "SASL SCRAM-SHA-512 mechanism handshake failed: Authentication failed";
        assert!(
            next(Code::Authentication, password, "sasl_ssl").starts_with("check sasl.username")
        );
    }

    #[test]
    fn a_missing_topic_is_told_with_the_nearest_name() {
        let topics = ["ORDERS".to_owned(), "PRICES".to_owned()];
        assert_eq!(
            not_there("ODERS", &topics),
            "topic ODERS is not on the cluster; did you mean ORDERS?"
        );
        assert_eq!(
            not_there("zz", &topics),
            "topic zz is not on the cluster; it shows 2 topics to this client"
        );
    }
}
