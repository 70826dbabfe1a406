//! Sequences of evidence, made up: mostly what fetchers say, some of it hostile.

use proptest::prelude::*;
use rollcall_proto::v1::{self, evidence::Event};

/// A piece of evidence, and the time since the one before in milliseconds.
pub(in crate::core) type Step = (u64, u64, Event);

/// A sequence of at most `most` steps.
pub(in crate::core) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![0..50_u64, 200..1_200_u64, 3_000..40_000_u64];
    let step = (pause, 1..3_u64, event());
    proptest::collection::vec(step, 0..most).prop_map(|steps| {
        let opened = [1, 2].map(|feed| (0, feed, Event::Opened(opened(feed, feed == 1))));
        opened.into_iter().chain(steps).collect()
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => (1..3_u64, any::<bool>()).prop_map(|(run, strict)| Event::Opened(opened(run, strict))),
        1 => Just(Event::Closed(v1::FeedClosed {})),
        8 => pulse().prop_map(Event::Pulse),
        8 => probed().prop_map(Event::Probed),
        2 => committed().prop_map(Event::Committed),
        1 => history().prop_map(Event::History),
        4 => claim().prop_map(Event::Claimed),
        1 => (0..3_i32).prop_map(|partition| Event::Released(v1::Release { partition, epoch: 0 })),
        6 => batch().prop_map(Event::Batch),
    ]
}

fn opened(run: u64, strict: bool) -> v1::Open {
    let level = if strict {
        v1::IsolationLevel::ReadCommitted
    } else {
        v1::IsolationLevel::ReadUncommitted
    };
    v1::Open {
        fetcher_id: format!("run-{run}"),
        topic_id: "id".into(),
        group: "g".into(),
        isolation_level: level.into(),
        fetch_wait: age(500),
        ..Default::default()
    }
}

fn age(millis: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration {
        seconds: millis / 1_000,
        nanos: (millis % 1_000) as i32 * 1_000_000,
    })
}

fn ages() -> impl Strategy<Value = Option<prost_types::Duration>> {
    prop_oneof![
        3 => (0..3_000_i64).prop_map(age),
        1 => (0..10_000_000_i64).prop_map(age),
        1 => Just(None),
        1 => (any::<i64>(), any::<i32>())
            .prop_map(|(seconds, nanos)| Some(prost_types::Duration { seconds, nanos })),
    ]
}

fn offset() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![6 => (0..60_i64).prop_map(Some), 1 => Just(None), 1 => Just(Some(-1001))]
}

fn stamp() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        4 => (1_699_999_900_000..1_700_000_200_000_i64).prop_map(Some),
        1 => Just(None),
        1 => any::<i64>().prop_map(Some),
    ]
}

fn pulse() -> impl Strategy<Value = v1::Pulse> {
    let error = (0..14_i32, ages(), proptest::option::of(0..3_i32)).prop_map(
        |(kind, first_age, partition)| v1::LatchedError {
            kind,
            code: -kind,
            text: "why".into(),
            first_age,
            last_age: first_age,
            count: 1,
            partition,
        },
    );
    let owner =
        (0..3_i32, ages(), offset()).prop_map(|(partition, age, committed)| v1::ForeignOwner {
            partition,
            client_id: "other".into(),
            member_id: "m".into(),
            age,
            committed,
            ..Default::default()
        });
    (
        ages(),
        prop_oneof![4 => Just(None), 1 => ages()],
        proptest::collection::vec(error, 0..2),
        proptest::collection::vec(owner, 0..2),
        proptest::collection::vec(partition_pulse(), 0..4),
        prop_oneof![4 => Just("steady"), 1 => Just("init")],
        0..3_u32,
    )
        .prop_map(
            |(statistics_age, starved, errors, foreign_owners, partitions, join, brokers_up)| {
                v1::Pulse {
                    statistics_age,
                    starved,
                    errors,
                    foreign_owners,
                    partitions,
                    brokers_up,
                    brokers_known: 2,
                    partitions_known: Some(3),
                    group: Some(v1::GroupState {
                        state: if brokers_up == 0 { "query-coord" } else { "up" }.into(),
                        join_state: join.into(),
                        state_age: statistics_age,
                        ..Default::default()
                    }),
                    ..Default::default()
                }
            },
        )
}

fn partition_pulse() -> impl Strategy<Value = v1::PartitionPulse> {
    (0..3_i32, offset(), offset(), ages(), stamp(), any::<bool>()).prop_map(
        |(partition, next_offset, committed, next_offset_age, last_timestamp_ms, up)| {
            v1::PartitionPulse {
                partition,
                next_offset,
                handed_over: next_offset,
                committed,
                next_offset_age,
                last_timestamp_ms,
                leader: up.then_some(1),
                leader_up: up,
                leader_address: "broker:9092".into(),
                assigned: true,
                paused: if up { None } else { next_offset_age },
                ..Default::default()
            }
        },
    )
}

fn probed() -> impl Strategy<Value = v1::Probed> {
    let part = (0..3_i32, offset(), offset(), offset(), offset()).prop_map(
        |(partition, high, stable, start, next)| v1::ProbedPartition {
            partition,
            high_watermark: high,
            last_stable_offset: stable,
            log_start: start.map(|start| start / 10),
            next_offset: next,
            failure: high.is_none().then(|| "timed out".into()),
            leader: high.map(|_| 1),
            ..Default::default()
        },
    );
    (
        ages(),
        proptest::collection::vec(part, 0..4),
        prop_oneof![6 => Just(None), 1 => Just(Some("no broker".to_owned()))],
        prop_oneof![6 => Just(Some(true)), 1 => Just(Some(false)), 1 => Just(None)],
    )
        .prop_map(|(age, partitions, failure, topic_exists)| v1::Probed {
            age,
            partitions,
            failure,
            topic_exists,
            topic_id: "id".into(),
            brokers: 2,
            ..Default::default()
        })
}

fn committed() -> impl Strategy<Value = v1::Committed> {
    (0..3_i32, 0..60_i64, any::<bool>()).prop_map(|(partition, offset, failed)| v1::Committed {
        partitions: vec![v1::CommittedPartition {
            partition,
            offset,
            failure: failed.then(|| "refused".into()),
        }],
    })
}

fn history() -> impl Strategy<Value = v1::History> {
    let stamps = proptest::collection::vec(1_699_999_000..1_700_000_000_i64, 0..30);
    (stamps, ages()).prop_map(|(mut seconds, age)| {
        seconds.sort_unstable();
        let arrivals = seconds
            .into_iter()
            .map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
        v1::History {
            arrivals: arrivals.collect(),
            age,
            ..Default::default()
        }
    })
}

fn claim() -> impl Strategy<Value = v1::Claim> {
    (
        0..3_i32,
        0..60_i64,
        0..7_i32,
        proptest::option::of(0..50_i64),
    )
        .prop_map(|(partition, committed, started_from, lost)| v1::Claim {
            partition,
            committed,
            sent: committed,
            started_from,
            topic_id: "id".into(),
            proven: true,
            lost: lost.map(|first_offset| v1::OffsetRange {
                first_offset,
                next_offset: first_offset + 5,
            }),
            ..Default::default()
        })
}

fn batch() -> impl Strategy<Value = v1::BatchSeen> {
    (0..3_i32, 0..60_i64, 0..20_u32, stamp(), 0..5_000_i64).prop_map(
        |(partition, first_offset, record_count, first_timestamp_ms, span)| v1::BatchSeen {
            partition,
            first_offset,
            next_offset: first_offset + i64::from(record_count),
            record_count,
            first_timestamp_ms,
            last_timestamp_ms: first_timestamp_ms.map(|first| first.saturating_add(span)),
        },
    )
}
