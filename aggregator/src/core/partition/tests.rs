//! What a partition alone decides; sequences of events are played in `roll/tests`.

use super::settling::back_off;
use super::*;

#[test]
fn back_off_doubles_up_to_half_a_minute() {
    let millis = |times| back_off(times).as_millis();
    assert_eq!(
        [1, 2, 3, 9, 10, 11, u32::MAX].map(millis),
        [100, 200, 400, 25_600, 30_000, 30_000, 30_000]
    );
    assert_eq!(millis(0), 100);
}

#[test]
fn a_partition_that_nobody_claimed_holds_nothing_and_refuses_everything() {
    let mut partition = PartitionState::default();
    let range = OffsetRange::from_raw(0, 5).unwrap();
    assert_eq!(partition.ack(range), Acked::BeyondSent);
    assert_eq!(partition.nack(range, Moment::default()), Nacked::NoLease);
    assert_eq!(partition.check(), Ok(()));
    assert!(partition.waiting().is_none());
}
