//! What the client's statistics say of each broker, kept longer than they do: a throttle shows in one window
//! only, and counters begin anew whenever the client rebuilds its entry of a broker.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::facts::ClientBroker;
use crate::core::pulse::{duration, name};

/// Brokers that are kept.
const BROKERS: usize = 256;
/// How much longer than the throttle itself nothing may come: the broker mutes the connection, and a fetch that
/// waits in it is only given up after socket.timeout.ms (measured: 60 s with its default).
const MUTED: Duration = Duration::from_secs(60);

/// The brokers by id.
#[derive(Clone, Debug, Default)]
pub struct BrokerLedger(BTreeMap<i32, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    seen: ClientBroker,
    measured: Moment,
    /// Fetch requests, with restarts of the client's counter added up.
    fetches: u64,
    fetched: Option<Moment>,
    throttle: Option<Throttle>,
}

/// A throttle time that a broker imposed.
#[derive(Clone, Copy, Debug)]
struct Throttle {
    /// When the statistics that said so were made.
    said: Moment,
    length: Duration,
}

impl Throttle {
    fn ends(&self) -> Moment {
        self.said + self.length
    }

    /// Whether it may still hold: it is not over, or nothing has come since it was.
    fn holds(&self, answered: Option<Moment>, now: Moment) -> bool {
        let came = answered.is_some_and(|answered| answered > self.ends());
        now < self.ends() || !came && now < self.ends() + MUTED
    }
}

impl BrokerLedger {
    /// Takes what statistics that were made at `measured` say.
    pub fn observe(&mut self, brokers: &BTreeMap<i32, ClientBroker>, measured: Moment) {
        for (id, seen) in brokers {
            let room = self.0.len() < BROKERS || self.0.contains_key(id);
            if room {
                let before = self.0.remove(id);
                self.0.insert(*id, Entry::next(before, seen, measured));
            }
        }
        let gone = |id: &i32, entry: &Entry| !brokers.contains_key(id) && entry.throttle.is_none();
        self.0.retain(|id, entry| !gone(id, entry));
    }

    /// The client was lost: a new one has new connections, and the same quota.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// State of the client's connection to a broker; `None` for one that it does not know.
    pub fn state_of(&self, broker: i32) -> Option<&str> {
        self.0.get(&broker).map(|entry| entry.seen.state.as_str())
    }

    /// The brokers as they travel.
    pub fn to_wire(&self, now: Moment) -> Vec<v1::BrokerPulse> {
        let wire = |(id, entry): (&i32, &Entry)| entry.to_wire(*id, now);
        self.0.iter().map(wire).collect()
    }
}

impl Entry {
    fn next(before: Option<Self>, seen: &ClientBroker, measured: Moment) -> Self {
        let fresh = Self {
            seen: seen.clone(),
            measured,
            fetches: seen.fetches.unwrap_or(0),
            fetched: None,
            throttle: None,
        };
        let mut entry = before.map_or(fresh.clone(), |before| {
            let grown = grown(before.seen.fetches, seen.fetches);
            Self {
                fetches: before.fetches.saturating_add(grown),
                fetched: if grown > 0 {
                    Some(measured)
                } else {
                    before.fetched
                },
                throttle: before.throttle,
                ..fresh
            }
        });
        let answered = entry.answered();
        let said = seen.throttle.map(|length| Throttle {
            said: measured,
            length,
        });
        let held = entry.throttle.filter(|held| held.holds(answered, measured));
        // A short throttle ends nothing that a long one before it began.
        entry.throttle = said.into_iter().chain(held).max_by_key(Throttle::ends);
        entry
    }

    /// When the broker last answered.
    fn answered(&self) -> Option<Moment> {
        self.seen
            .last_answer_age
            .map(|age| self.measured.before(age))
    }

    fn to_wire(&self, id: i32, now: Moment) -> v1::BrokerPulse {
        let age = |since: Moment| duration(now.since(since));
        let throttle = self
            .throttle
            .filter(|held| held.holds(self.answered(), now));
        v1::BrokerPulse {
            broker: id,
            address: name(&self.seen.address),
            state: name(&self.seen.state),
            in_flight: self.seen.in_flight,
            last_answer_age: self.answered().map(age),
            fetches: self.seen.fetches.map(|_| self.fetches),
            fetch_age: self.fetched.map(age),
            throttle: throttle.map(|held| duration(held.length)),
            throttle_age: throttle.map(|held| age(held.said)),
            connects: self.seen.connects,
            disconnects: self.seen.disconnects,
        }
    }
}

/// By how much a counter grew that may have begun anew.
const fn grown(before: Option<u64>, now: Option<u64>) -> u64 {
    match (before, now) {
        (Some(before), Some(now)) if now >= before => now - before,
        (Some(_) | None, Some(now)) => now,
        (Some(_) | None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    fn statistics(
        fetches: u64,
        throttle_ms: u64,
        idle_seconds: u64,
    ) -> BTreeMap<i32, ClientBroker> {
        let broker = ClientBroker {
            fetches: Some(fetches),
            throttle: (throttle_ms > 0).then(|| Duration::from_millis(throttle_ms)),
            last_answer_age: Some(Duration::from_secs(idle_seconds)),
            ..ClientBroker::default()
        };
        BTreeMap::from([(1, broker)])
    }

    fn throttled(ledger: &BrokerLedger, now: u64) -> bool {
        ledger.to_wire(at(now))[0].throttle.is_some()
    }

    #[test]
    fn a_counter_that_begins_anew_never_makes_the_count_fall() {
        let mut ledger = BrokerLedger::default();
        for (second, fetches) in [(1, 10), (2, 12), (3, 2), (4, 2)] {
            ledger.observe(&statistics(fetches, 0, 0), at(second));
        }
        let wire = &ledger.to_wire(at(5))[0];
        assert_eq!(wire.fetches, Some(14));
        assert_eq!(wire.fetch_age.map(|age| age.seconds), Some(2));
    }

    #[test]
    fn a_throttle_that_shows_in_one_window_holds_until_it_ends_and_something_came() {
        let mut ledger = BrokerLedger::default();
        ledger.observe(&statistics(1, 8_000, 0), at(10));
        ledger.observe(&statistics(1, 0, 1), at(11));
        assert!(throttled(&ledger, 17));
        ledger.observe(&statistics(1, 0, 9), at(19));
        assert!(throttled(&ledger, 19), "it is over, and nothing came since");
        ledger.observe(&statistics(2, 0, 1), at(20));
        assert!(!throttled(&ledger, 20), "an answer came at 19 s");
    }

    #[test]
    fn a_short_throttle_does_not_end_a_long_one() {
        let mut ledger = BrokerLedger::default();
        ledger.observe(&statistics(1, 8_000, 0), at(10));
        ledger.observe(&statistics(1, 12, 0), at(11));
        let wire = &ledger.to_wire(at(12))[0];
        assert_eq!(wire.throttle.map(|length| length.seconds), Some(8));
        ledger.observe(&statistics(1, 12, 0), at(19));
        let wire = &ledger.to_wire(at(19))[0];
        assert_eq!(wire.throttle.map(|length| length.nanos), Some(12_000_000));
    }

    #[test]
    fn a_muted_connection_is_believed_in_for_a_minute_more() {
        let mut ledger = BrokerLedger::default();
        ledger.observe(&statistics(1, 8_000, 0), at(10));
        ledger.observe(&statistics(1, 0, 67), at(77));
        assert!(throttled(&ledger, 77) && !throttled(&ledger, 78));
    }

    #[test]
    fn the_number_of_brokers_is_bounded() {
        let mut ledger = BrokerLedger::default();
        let many = (0..10_000).map(|id| (id, ClientBroker::default()));
        ledger.observe(&many.collect(), at(1));
        assert_eq!(ledger.to_wire(at(1)).len(), BROKERS);
    }
}
