//! librdkafka's statistics, read only where evidence is made of them.

use std::collections::HashMap;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::time::Clock;
use serde::Deserialize;

use crate::core::facts::{ClientBroker, ClientFacts, ClientPartition};

/// Seconds in the clock of the machine per second of the statistics' `time`.
const MILLIS: i64 = 1000;

#[derive(Deserialize)]
struct Statistics {
    /// Microseconds of the client's monotonic clock.
    ts: i64,
    /// Wall-clock seconds.
    time: i64,
    #[serde(default)]
    brokers: HashMap<String, Broker>,
    #[serde(default)]
    topics: HashMap<String, Topic>,
    cgrp: Option<Group>,
}

#[derive(Deserialize)]
struct Broker {
    nodeid: i32,
    nodename: String,
    state: String,
    source: String,
    /// Microseconds since the last response; -1 when there was none.
    rxidle: i64,
    /// Requests in flight.
    #[serde(default = "unsaid")]
    waitresp_cnt: i64,
    #[serde(default = "unsaid")]
    connects: i64,
    #[serde(default = "unsaid")]
    disconnects: i64,
    #[serde(default)]
    req: Requests,
    #[serde(default)]
    throttle: Throttle,
}

/// Requests by kind; of about ninety only one is read.
#[derive(Deserialize)]
struct Requests {
    #[serde(rename = "Fetch", default = "unsaid")]
    fetch: i64,
}

impl Default for Requests {
    fn default() -> Self {
        Self { fetch: unsaid() }
    }
}

/// Milliseconds, over one window.
#[derive(Default, Deserialize)]
struct Throttle {
    #[serde(default)]
    max: i64,
}

/// What stands for a number that is not there.
const fn unsaid() -> i64 {
    -1
}

#[derive(Deserialize)]
struct Topic {
    #[serde(default)]
    partitions: HashMap<i32, TopicPartition>,
}

#[derive(Deserialize)]
struct TopicPartition {
    leader: i32,
    desired: bool,
    next_offset: i64,
}

#[derive(Deserialize)]
struct Group {
    state: String,
    join_state: String,
}

/// Reads statistics; `None` when they are not what they should be.
///
/// They are dated by their own `time`: an unpolled client hands out a burst of old ones.
pub(crate) fn parse(json: &[u8], topic: &str, clock: Clock) -> Option<ClientFacts> {
    let statistics: Statistics = serde_json::from_slice(json).ok()?;
    let now = clock.now();
    // `time` has whole seconds, so anything younger than a second is taken as of now.
    let dated = clock.moment_of_wall_millis(statistics.time.saturating_mul(MILLIS));
    let measured = if now.since(dated) < Duration::from_secs(2) {
        now
    } else {
        dated
    };
    let brokers = || {
        statistics
            .brokers
            .values()
            .filter(|b| b.nodeid >= 0 || b.source == "configured")
    };
    let named = || brokers().filter(|b| b.nodeid >= 0);
    let known = if named().next().is_some() {
        named().count()
    } else {
        brokers().count()
    };
    let up = brokers().filter(|b| b.state == "UP").count().min(known);
    let wanted = statistics.topics.get(topic).map(|t| &t.partitions);
    let wanted = wanted
        .into_iter()
        .flatten()
        .filter(|(number, p)| **number >= 0 && p.desired);
    let (group_state, join_state) = statistics.cgrp.as_ref().map_or_else(Default::default, |g| {
        (g.state.clone(), g.join_state.clone())
    });
    Some(ClientFacts {
        measured,
        group_state,
        join_state,
        brokers_up: u32::try_from(up).unwrap_or(u32::MAX),
        brokers_known: u32::try_from(known).unwrap_or(u32::MAX),
        partitions: wanted
            .map(|(number, p)| (Partition(*number), partition(p, &statistics)))
            .collect(),
        brokers: named()
            .map(|b| (b.nodeid, broker(b, &statistics)))
            .collect(),
    })
}

fn broker(b: &Broker, statistics: &Statistics) -> ClientBroker {
    let known = |number: i64| u64::try_from(number).ok();
    let throttle = known(b.throttle.max).filter(|millis| *millis > 0);
    ClientBroker {
        address: b.nodename.clone(),
        state: b.state.clone(),
        in_flight: u32::try_from(b.waitresp_cnt).ok(),
        last_answer_age: last_answer_age(b, statistics),
        fetches: known(b.req.fetch),
        throttle: throttle.map(Duration::from_millis),
        connects: known(b.connects),
        disconnects: known(b.disconnects),
    }
}

fn last_answer_age(b: &Broker, statistics: &Statistics) -> Option<Duration> {
    let age = u64::try_from(b.rxidle).ok().map(Duration::from_micros);
    age.filter(|age| age.as_micros() <= u128::try_from(statistics.ts).unwrap_or(0))
}

fn partition(p: &TopicPartition, statistics: &Statistics) -> ClientPartition {
    let leader = statistics
        .brokers
        .values()
        .find(|b| b.nodeid == p.leader && p.leader >= 0);
    ClientPartition {
        next_offset: Offset::known(p.next_offset),
        leader: (p.leader >= 0).then_some(p.leader),
        leader_address: leader.map_or_else(String::new, |b| b.nodename.clone()),
        leader_up: leader.is_some_and(|b| b.state == "UP"),
        last_answer_age: leader.and_then(|b| last_answer_age(b, statistics)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"ts": 5000000, "time": 4102444800,
        "brokers": {
            "b:1/1": {"nodeid": 1, "nodename": "b:1", "state": "UP", "source": "learned", "rxidle": 30000,
                "waitresp_cnt": 1, "connects": 3, "disconnects": 2, "req": {"Metadata": 7, "Fetch": 41},
                "throttle": {"min": 0, "max": 8065, "cnt": 3}},
            "b:2/2": {"nodeid": 2, "nodename": "b:2", "state": "TRY_CONNECT", "source": "learned", "rxidle": -1},
            "GroupCoordinator": {"nodeid": -1, "nodename": "", "state": "UP", "source": "logical", "rxidle": 5}},
        "topics": {"t": {"partitions": {
            "0": {"leader": 1, "desired": true, "next_offset": 42},
            "1": {"leader": -1, "desired": true, "next_offset": -1001},
            "2": {"leader": 2, "desired": false, "next_offset": 7},
            "-1": {"leader": -1, "desired": false, "next_offset": -1001}}}},
        "cgrp": {"state": "up", "join_state": "steady"}}"#;

    #[test]
    fn only_wanted_partitions_and_real_brokers_count() {
        let facts = parse(JSON.as_bytes(), "t", Clock::start()).unwrap();
        assert_eq!((facts.brokers_up, facts.brokers_known), (1, 2));
        let next: Vec<_> = facts
            .partitions
            .values()
            .map(|p| p.next_offset.map(Offset::get))
            .collect();
        assert_eq!(next, [Some(42), None], "-1001 is unknown, not an offset");
        let leader = &facts.partitions[&Partition(0)];
        assert_eq!(
            (leader.leader_address.as_str(), leader.leader_up),
            ("b:1", true)
        );
        assert_eq!(leader.last_answer_age, Some(Duration::from_millis(30)));
        assert_eq!(facts.partitions[&Partition(1)].leader, None);
    }

    #[test]
    fn a_broker_is_read_with_what_its_fetches_tell_and_what_is_missing_is_unknown() {
        let facts = parse(JSON.as_bytes(), "t", Clock::start()).unwrap();
        let ids: Vec<_> = facts.brokers.keys().copied().collect();
        assert_eq!(ids, [1, 2], "a coordinator's entry is no further broker");
        let leader = &facts.brokers[&1];
        assert_eq!((leader.in_flight, leader.fetches), (Some(1), Some(41)));
        assert_eq!(leader.throttle, Some(Duration::from_millis(8065)));
        assert_eq!((leader.connects, leader.disconnects), (Some(3), Some(2)));
        let other = &facts.brokers[&2];
        assert_eq!((other.in_flight, other.fetches), (None, None));
        assert_eq!((other.throttle, other.last_answer_age), (None, None));
    }

    #[test]
    fn what_is_no_statistics_is_no_fact() {
        for text in ["", "{}", "[]", "null"] {
            assert!(parse(text.as_bytes(), "t", Clock::start()).is_none());
        }
    }
}
