//! The brokers as the pulse of a fetcher shows them.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use serde::{Deserialize, Serialize};

use super::wire;

/// Brokers that are taken note of.
const MAX_BROKERS: usize = 256;
/// A throttle that is shorter holds nothing back: a reader at its quota gets delays of some milliseconds, and the
/// client goes on before its next statistics come.
pub const NOTICEABLE: Duration = Duration::from_millis(100);
/// States of a connection that the broker's machine has accepted (source: librdkafka 2.12.1,
/// `rd_kafka_broker_state_names`): whoever is in one of them waits for an answer of the broker itself.
const ACCEPTED: [&str; 6] = [
    "UP",
    "UPDATE",
    "APIVERSION_QUERY",
    "AUTH_HANDSHAKE",
    "AUTH_LEGACY",
    "AUTH_REQ",
];

/// One broker as a fetcher's client sees it. Whatever is absent is unknown.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BrokerFacts {
    /// "host:port". From the network.
    pub address: String,
    /// librdkafka's state of the connection.
    pub state: String,
    /// Requests that wait for a response.
    pub in_flight: Option<u32>,
    /// When it last answered anything.
    pub answered: Option<Moment>,
    /// Fetch requests since the consumer was made.
    pub fetches: Option<u64>,
    /// When one was last sent.
    pub fetched: Option<Moment>,
    /// The throttle that may still hold.
    pub throttle: Option<Throttled>,
    /// Whether every connection that was made is lost.
    pub all_lost: Option<bool>,
}

/// A throttle time that a broker imposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Throttled {
    /// The longest throttle time of the window.
    pub length: Duration,
    /// When the client's statistics said so.
    pub said: Moment,
}

impl BrokerFacts {
    /// Whether the machine has accepted the connection, so that only the broker is missing.
    pub fn accepted(&self) -> bool {
        ACCEPTED.contains(&self.state.as_str())
    }

    /// The throttle, if it is long enough to hold anything back.
    pub fn held_back(&self) -> Option<Throttled> {
        self.throttle
            .filter(|throttle| throttle.length >= NOTICEABLE)
    }

    /// The brokers of a pulse, by id.
    pub(super) fn read(pulse: &v1::Pulse, now: Moment) -> BTreeMap<i32, Self> {
        let known = pulse.brokers.iter().filter(|broker| broker.broker >= 0);
        let read = |broker: &v1::BrokerPulse| (broker.broker, Self::of(broker, now));
        known.take(MAX_BROKERS).map(read).collect()
    }

    fn of(broker: &v1::BrokerPulse, now: Moment) -> Self {
        let throttle = wire::duration(broker.throttle.as_ref());
        let said = wire::moment(broker.throttle_age.as_ref(), now).unwrap_or(now);
        let connections = broker.connects.zip(broker.disconnects);
        Self {
            address: wire::text(&broker.address),
            state: wire::text(&broker.state),
            in_flight: broker.in_flight,
            answered: wire::moment(broker.last_answer_age.as_ref(), now),
            fetches: broker.fetches,
            fetched: wire::moment(broker.fetch_age.as_ref(), now),
            throttle: throttle.map(|length| Throttled { length, said }),
            all_lost: connections.map(|(made, lost)| made == lost),
        }
    }
}
