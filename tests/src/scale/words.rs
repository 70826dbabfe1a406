//! What a simulated fetcher says: the messages of a real one that reads four partitions of a healthy topic on three brokers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost_types::Timestamp;
use rollcall_proto::v1::{
    BrokerPulse, Claim, GroupState, History, IsolationLevel, Open, PartitionPulse, Probed,
    ProbedPartition, Pulse, RateSample, StartPolicy, StartedFrom, TimestampType, TopicSettings,
};

/// Kafka's id of every topic.
pub(super) const TOPIC_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Brokers of the cluster that is not there.
const BROKERS: i32 = 3;

/// Arrivals that a fetcher found in the log at its start, and the time between two of them: rare, so that a topic which is silent
/// for as long as a measurement lasts is not overdue.
const ARRIVALS: u32 = 100;
const APART: Duration = Duration::from_secs(3600);

/// A partition as its fetcher knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) partition: i32,
    /// The next offset to be read, sent, and probed as the log's end.
    pub(super) next: i64,
    /// What is settled and committed.
    pub(super) floor: i64,
}

pub(super) fn open(topic: &str) -> Open {
    Open {
        fetcher_id: format!("fetcher-{topic}-7c9e6679"),
        topic: topic.to_owned(),
        topic_id: TOPIC_ID.to_owned(),
        group: "scale".to_owned(),
        client_id: format!("rollcall-{topic}"),
        host: "node-17.example.internal".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        group_protocol: "consumer".to_owned(),
        isolation_level: IsolationLevel::ReadCommitted.into(),
        fetch_wait: Some(lasting(Duration::from_millis(500))),
        fetch_min_bytes: 1,
        max_record_bytes: 16 << 20,
        start_policy: StartPolicy::Earliest.into(),
        bootstrap_servers: address(0),
        max_poll_interval: Some(lasting(Duration::from_secs(300))),
        lanes: 1,
        ..Open::default()
    }
}

pub(super) fn claim(standing: Standing) -> Claim {
    Claim {
        partition: standing.partition,
        generation: 1,
        topic_id: TOPIC_ID.to_owned(),
        committed: standing.floor,
        sent: standing.next,
        proven: true,
        started_from: StartedFrom::Commit.into(),
        ..Claim::default()
    }
}

pub(super) fn history() -> History {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let at = |back: u32| {
        let at = now.saturating_sub(APART * back);
        Timestamp {
            seconds: i64::try_from(at.as_secs()).unwrap_or(0),
            nanos: 0,
        }
    };
    History {
        arrivals: (1..=ARRIVALS).rev().map(at).collect(),
        timestamp_type: TimestampType::CreateTime.into(),
        age: Some(lasting(Duration::ZERO)),
        rates: vec![RateSample {
            younger_than: Some(lasting(Duration::from_secs(60))),
            records: 0,
        }],
        records: Some(u64::from(ARRIVALS)),
        ..History::default()
    }
}

/// The pulse of a fetcher that was polled a moment ago; `since` is the time since its partitions were assigned.
pub(super) fn pulse(standings: &[Standing], since: Duration) -> Pulse {
    let lately = Some(lasting(Duration::from_millis(3)));
    Pulse {
        statistics_age: lately,
        group: Some(GroupState {
            state: "up".to_owned(),
            join_state: "steady".to_owned(),
            state_age: Some(lasting(since)),
            rebalances: 1,
            assigned: u32::try_from(standings.len()).unwrap_or(u32::MAX),
            member_id: "3f2b8c1e-94d7-4a6b-8f10-5c2d7e9ab341".to_owned(),
            protocol: "consumer".to_owned(),
            ..GroupState::default()
        }),
        brokers_up: BROKERS.unsigned_abs(),
        brokers_known: BROKERS.unsigned_abs(),
        partitions: standings.iter().map(|at| part(*at, since)).collect(),
        partitions_known: u32::try_from(standings.len()).ok(),
        polled_age: lately,
        brokers: (0..BROKERS).map(|id| broker(id, since)).collect(),
        settings: Some(TopicSettings {
            age: Some(lasting(since)),
            retention: Some(lasting(Duration::from_secs(7 * 24 * 3600))),
            transaction_max_timeout: Some(lasting(Duration::from_secs(900))),
            failure: None,
        }),
        ..Pulse::default()
    }
}

fn part(standing: Standing, since: Duration) -> PartitionPulse {
    let leader = standing.partition % BROKERS;
    PartitionPulse {
        partition: standing.partition,
        next_offset: Some(standing.next),
        handed_over: Some(standing.next),
        committed: Some(standing.floor),
        sent: Some(standing.next),
        floor: Some(standing.floor),
        started_from: StartedFrom::Commit.into(),
        last_fetch_age: Some(lasting(Duration::from_millis(240))),
        leader: Some(leader),
        leader_address: address(leader),
        leader_up: true,
        next_offset_age: Some(lasting(since)),
        assigned: true,
        polled_offset: Some(standing.next),
        polled_offset_age: Some(lasting(since)),
        ..PartitionPulse::default()
    }
}

fn broker(id: i32, since: Duration) -> BrokerPulse {
    BrokerPulse {
        broker: id,
        address: address(id),
        state: "UP".to_owned(),
        in_flight: Some(1),
        last_answer_age: Some(lasting(Duration::from_millis(240))),
        fetches: Some(since.as_secs() * 2),
        fetch_age: Some(lasting(Duration::from_millis(240))),
        connects: Some(1),
        disconnects: Some(0),
        ..BrokerPulse::default()
    }
}

/// A round of the probe that found the log's end where the fetcher stands; `probe_id` is 0 for one in the background.
pub(super) fn probed(standings: &[Standing], probe_id: u64) -> Probed {
    let partition = |at: &Standing| ProbedPartition {
        partition: at.partition,
        high_watermark: Some(at.next),
        last_stable_offset: Some(at.next),
        log_start: Some(0),
        next_offset: Some(at.next),
        leader: Some(at.partition % BROKERS),
        leader_address: address(at.partition % BROKERS),
        ..ProbedPartition::default()
    };
    Probed {
        probe_id,
        age: Some(lasting(Duration::ZERO)),
        took: Some(lasting(Duration::from_millis(2))),
        topic_exists: Some(true),
        topic_id: TOPIC_ID.to_owned(),
        partitions: standings.iter().map(partition).collect(),
        brokers: BROKERS.unsigned_abs(),
        ..Probed::default()
    }
}

fn address(broker: i32) -> String {
    format!("kafka-{broker}.kafka.example.internal:9092")
}

/// Every length here is far below what the wire can say.
fn lasting(length: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(length).unwrap_or_default()
}
