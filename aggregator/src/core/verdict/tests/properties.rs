use proptest::prelude::*;
use rollcall_proto::ids::Partition;
use rollcall_proto::v1::{self, Severity, VerdictCode as Code};

use super::scene::{FEED, Scene};
use crate::core::books::FeedKey;
use crate::core::verdict::{Capped, SlotOutcome};

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![Just(-1001), Just(-1), 0..200_i64, any::<i64>()]
}

fn offset() -> impl Strategy<Value = Option<i64>> {
    proptest::option::of(number())
}

fn age() -> impl Strategy<Value = Option<prost_types::Duration>> {
    let seconds = prop_oneof![0..30_i64, any::<i64>()];
    proptest::option::of(
        (seconds, any::<i32>())
            .prop_map(|(seconds, nanos)| prost_types::Duration { seconds, nanos }),
    )
}

fn partition_pulse() -> impl Strategy<Value = v1::PartitionPulse> {
    (
        0..3_i32,
        offset(),
        offset(),
        any::<i32>(),
        age(),
        age(),
        offset(),
        any::<bool>(),
    )
        .prop_map(
            |(partition, next, committed, started_from, paused, age, stamp, up)| {
                v1::PartitionPulse {
                    partition: partition - 1,
                    next_offset: next,
                    handed_over: committed,
                    committed,
                    started_from,
                    paused,
                    next_offset_age: age,
                    unresolved: paused,
                    last_timestamp_ms: stamp,
                    leader: stamp.map(|_| 1),
                    leader_up: up,
                    lost: next.map(|first_offset| v1::OffsetRange {
                        first_offset,
                        next_offset: 5,
                    }),
                    ..Default::default()
                }
            },
        )
}

fn pulse() -> impl Strategy<Value = v1::Pulse> {
    let error = (any::<i32>(), age(), proptest::option::of(any::<i32>())).prop_map(
        |(kind, first_age, partition)| v1::LatchedError {
            kind: kind % 15,
            first_age,
            last_age: first_age,
            partition,
            ..Default::default()
        },
    );
    let errors = proptest::collection::vec(error, 0..4);
    (
        age(),
        age(),
        0..3_u32,
        errors,
        proptest::collection::vec(partition_pulse(), 0..4),
        "[a-z-]{0,6}",
    )
        .prop_map(
            |(statistics_age, starved, brokers_up, errors, partitions, state)| v1::Pulse {
                statistics_age,
                starved,
                brokers_up,
                errors,
                partitions,
                group: Some(v1::GroupState {
                    join_state: state,
                    rebalancing: starved,
                    ..Default::default()
                }),
                ..Default::default()
            },
        )
}

fn probed() -> impl Strategy<Value = v1::Probed> {
    let part = (-1..3_i32, offset(), offset(), offset(), offset()).prop_map(
        |(partition, high, stable, start, next)| v1::ProbedPartition {
            partition,
            high_watermark: high,
            last_stable_offset: stable,
            log_start: start,
            next_offset: next,
            committed: start,
            ..Default::default()
        },
    );
    let parts = proptest::collection::vec(part, 0..4);
    (
        age(),
        parts,
        proptest::option::of(any::<bool>()),
        proptest::option::of("[a-z]{0,4}"),
    )
        .prop_map(|(age, partitions, topic_exists, failure)| v1::Probed {
            age,
            partitions,
            topic_exists,
            failure,
            ..Default::default()
        })
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    Pulse(Box<v1::Pulse>),
    Probed(v1::Probed),
    Open(i32),
    Close,
    Claim(v1::Claim),
    Release(i32),
    Batch(i32, i64, i64, Option<i64>),
    History(Vec<i64>),
    Wait(u64),
}

pub(super) fn event() -> impl Strategy<Value = Event> {
    let claim = (0..3_i32, number(), any::<i32>(), number()).prop_map(
        |(partition, committed, started_from, lost)| {
            let lost = Some(v1::OffsetRange {
                first_offset: lost,
                next_offset: committed,
            });
            v1::Claim {
                partition,
                committed,
                started_from: started_from % 8,
                lost,
                ..Default::default()
            }
        },
    );
    prop_oneof![
        3 => pulse().prop_map(|pulse| Event::Pulse(Box::new(pulse))),
        3 => probed().prop_map(Event::Probed),
        1 => (0..4_i32).prop_map(Event::Open),
        1 => Just(Event::Close),
        2 => claim.prop_map(Event::Claim),
        1 => (-1..3_i32).prop_map(Event::Release),
        2 => (0..3_i32, number(), number(), offset()).prop_map(|(p, a, b, c)| Event::Batch(p, a, b, c)),
        1 => proptest::collection::vec(number(), 0..5).prop_map(Event::History),
        3 => (0..20_000_u64).prop_map(Event::Wait),
    ]
}

pub(super) fn apply(scene: &mut Scene, event: Event) {
    let now = scene.now;
    let evidence = &mut scene.evidence;
    match event {
        Event::Pulse(pulse) => evidence.pulse(FEED, &pulse, now),
        Event::Probed(probed) => evidence.probed(FEED, &probed, now),
        Event::Open(isolation_level) => evidence.feed_opened(
            FEED,
            &v1::Open {
                isolation_level,
                ..Default::default()
            },
            now,
        ),
        Event::Close => evidence.feed_closed(FEED, now),
        Event::Claim(claim) => evidence.claimed(Partition(claim.partition), FEED, &claim, now),
        Event::Release(partition) => evidence.released(Partition(partition), now),
        Event::Batch(partition, first, next, stamp) => {
            let packed = v1::PackedBatch {
                partition,
                first_offset: first,
                next_offset: next,
                record_count: 3,
                ..Default::default()
            };
            let batch = v1::Batch {
                epoch: 1,
                packed: Some(packed),
                first_timestamp_ms: stamp,
                last_timestamp_ms: Some(first),
                ..v1::Batch::default()
            };
            evidence.batch(Partition(partition), &batch, now);
        }
        Event::History(seconds) => {
            let arrivals = seconds
                .iter()
                .map(|&seconds| prost_types::Timestamp {
                    seconds,
                    nanos: i32::MIN,
                })
                .collect();
            evidence.history(
                FeedKey(9),
                &v1::History {
                    arrivals,
                    ..Default::default()
                },
                now,
            );
        }
        Event::Wait(millis) => scene.silence(millis),
    }
}

fn slot() -> impl Strategy<Value = Option<SlotOutcome>> {
    let capped = prop_oneof![
        Just(None),
        Just(Some(Capped::MaxRecords)),
        Just(Some(Capped::MaxBytes))
    ];
    proptest::option::of(
        (0..2_u32, capped).prop_map(|(records, capped)| SlotOutcome { records, capped }),
    )
}

proptest! {
    /// I5: whatever came over the wire, a slot gets a verdict, and a silent fetcher is never caught up.
    #[test]
    fn any_evidence_gets_a_verdict(events in proptest::collection::vec(event(), 0..40), slot in slot(), start in 0..2_i32) {
        let mut scene = if start == 0 { Scene::bare() } else { Scene::caught_up(2) };
        for event in events {
            apply(&mut scene, event);
        }
        scene.slot = slot;
        let judgement = scene.judge();
        let _ = (scene.evidence.fetchers(scene.now), scene.evidence.last_record_age(scene.now));
        prop_assert_ne!(judgement.verdict.code(), Code::Unspecified);
        prop_assert_ne!(judgement.verdict.severity(), Severity::Unspecified);
        prop_assert!(judgement.verdict.partitions <= judgement.verdict.partitions_total);
        scene.silence(3_001);
        scene.slot = super::scene::EMPTY_SLOT;
        prop_assert_ne!(scene.judge().verdict.code(), Code::CaughtUp);
    }
}
