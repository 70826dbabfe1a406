//! librdkafka's log lines, thinned out: a failed handshake alone makes 20 a second, for ever.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rdkafka::config::RDKafkaLogLevel;
use rollcall_proto::time::{Clock, Moment};

use crate::core::latch::printable;

/// Time between two lines of one facility.
const QUIET: Duration = Duration::from_secs(1);
/// Facilities that are told apart; lines of further ones share a place.
const FACILITIES: usize = 64;

/// Passes on one line of each facility a second, and says how many it kept back.
#[derive(Debug)]
pub(crate) struct LogGate {
    clock: Clock,
    seen: Mutex<HashMap<String, (Moment, u64)>>,
}

impl LogGate {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            seen: Mutex::new(HashMap::new()),
        }
    }

    /// A line from the library.
    pub(crate) fn line(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        if let Some(kept_back) = self.pass(facility) {
            write(level, facility, &printable(text), kept_back);
        }
    }

    /// How many lines were kept back since the last one, or `None` to keep this one back too.
    fn pass(&self, facility: &str) -> Option<u64> {
        let now = self.clock.now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let name = if seen.len() < FACILITIES || seen.contains_key(facility) {
            facility
        } else {
            ""
        };
        match seen.get_mut(name) {
            Some((last, kept_back)) if now.since(*last) < QUIET => {
                *kept_back += 1;
                None
            }
            Some((last, kept_back)) => {
                *last = now;
                Some(std::mem::take(kept_back))
            }
            None => {
                seen.insert(name.to_owned(), (now, 0));
                Some(0)
            }
        }
    }
}

fn write(level: RDKafkaLogLevel, facility: &str, text: &str, kept_back: u64) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "librdkafka", facility, kept_back, "{text}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", facility, kept_back, "{text}");
        }
        RDKafkaLogLevel::Debug => {
            tracing::debug!(target: "librdkafka", facility, kept_back, "{text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_facility_is_one_line_and_others_are_heard() {
        let gate = LogGate::new(Clock::start());
        let passed = (0..1000).filter(|_| gate.pass("FAIL").is_some()).count();
        assert!(passed <= 2, "{passed} lines in a moment");
        assert_eq!(gate.pass("SESSTMOUT"), Some(0));
    }
}
