//! One summary of several.

use rollcall_proto::v1::{
    ClosedBy, GatherSummary, PartitionRange, Severity, Slot, Verdict, VerdictCode,
};

use super::super::gather::summary;
use super::{house, verdict};
use crate::view::fixtures::millis;

fn slot(topic: &str, verdict: Verdict, records: u32, partitions: &[i32]) -> Slot {
    let range = |&partition: &i32| PartitionRange {
        partition,
        first_offset: 0,
        next_offset: 5,
    };
    Slot {
        topic: topic.to_owned(),
        record_count: records,
        byte_count: u64::from(records) * 10,
        verdict: Some(verdict),
        ranges: partitions.iter().map(range).collect(),
        backlog: Some(1),
        ..Slot::default()
    }
}

fn of(slots: Vec<Slot>, took: i64, closed_by: ClosedBy) -> GatherSummary {
    GatherSummary {
        gather_id: 12,
        lease_id: 3,
        took: millis(took),
        lease: millis(30_000 - took),
        closed_by: closed_by.into(),
        record_count: slots.iter().map(|slot| slot.record_count).sum(),
        slots,
        client_id: "app".to_owned(),
        ..GatherSummary::default()
    }
}

#[test]
fn a_gather_over_lanes_is_one_summary_in_the_order_that_was_asked_for() {
    let flowing = || verdict(VerdictCode::Flowing, Severity::Ok);
    let caught_up = || verdict(VerdictCode::CaughtUp, Severity::Ok);
    let elsewhere = || verdict(VerdictCode::NotInThisLane, Severity::Ok);
    let even = vec![
        slot("B", caught_up(), 0, &[]),
        slot("A", flowing(), 4, &[2, 0]),
    ];
    let odd = vec![
        slot("B", elsewhere(), 0, &[]),
        slot("A", flowing(), 3, &[1]),
    ];
    let whole = summary(house(vec![
        Some(of(even, 1000, ClosedBy::Timeout)),
        Some(of(odd, 20, ClosedBy::Condition)),
    ]));
    assert_eq!(whole.record_count, 7);
    assert_eq!(
        (whole.gather_id, whole.lease_id),
        (0, 0),
        "each has its own"
    );
    assert_eq!((whole.lane, whole.lanes), (2, 2));
    assert_eq!((whole.took, whole.lease), (millis(1000), millis(29_000)));
    assert_eq!(
        (whole.closed_by(), &*whole.client_id),
        (ClosedBy::Timeout, "app")
    );
    let [b, a] = whole.slots.as_slice() else {
        unreachable!("{:?}", whole.slots)
    };
    assert_eq!((&*b.topic, b.record_count, b.backlog), ("B", 0, Some(1)));
    assert_eq!(b.verdict.as_ref().unwrap().code(), VerdictCode::CaughtUp);
    assert_eq!((&*a.topic, a.record_count, a.byte_count), ("A", 7, 70));
    let ranges: Vec<_> = a.ranges.iter().map(|range| range.partition).collect();
    assert_eq!(ranges, [0, 1, 2]);
}

#[test]
fn a_lane_that_broke_off_leaves_its_slots_open() {
    let caught_up = verdict(VerdictCode::CaughtUp, Severity::Ok);
    let slots = vec![slot("A", caught_up, 0, &[])];
    let whole = summary(house(vec![Some(of(slots, 10, ClosedBy::Condition)), None]));
    let verdict = whole.slots[0].verdict.as_ref().unwrap();
    assert_eq!(verdict.code(), VerdictCode::Undetermined);
    assert_eq!(verdict.severity(), Severity::Unknown);
}
