use super::*;

const A: Partition = Partition(0);
const B: Partition = Partition(1);

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

fn ms(millis: u64) -> Moment {
    Moment::from_millis(10_000 + millis)
}

/// Two partitions, a window of 100 bytes; A has used all of it and nothing is settled.
fn starved() -> Throttle {
    let mut throttle = Throttle::default();
    throttle.feed(true, Credit::default());
    throttle.allow(100);
    throttle.place(A, at(0));
    throttle.place(B, at(0));
    assert_eq!(throttle.step(ms(0)), Step::Poll);
    throttle.cut(A, at(10), 120);
    throttle
}

#[test]
fn polling_stops_at_once_and_pauses_come_after_200_ms() {
    let mut throttle = starved();
    assert_eq!(throttle.step(ms(0)), Step::Wait(STOP_POLLING));
    assert_eq!(
        throttle.step(ms(150)),
        Step::Wait(Duration::from_millis(50))
    );
    assert_eq!(
        throttle.step(ms(200)),
        Step::Pause(vec![A]),
        "B has its reserve"
    );
    assert_eq!(throttle.step(ms(200)), Step::Poll);
}

#[test]
fn credit_within_the_200_ms_keeps_the_prefetch() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.allow(121);
    assert_eq!(throttle.step(ms(199)), Step::Poll);
}

#[test]
fn a_reserve_is_one_batch() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.cut(B, at(5), 50);
    assert_eq!(throttle.step(ms(201)), Step::Pause(vec![B]));
    throttle.settled(B, at(5));
    assert_eq!(
        throttle.step(ms(202)),
        Step::Resume(vec![B]),
        "settled: its reserve is free again"
    );
}

#[test]
fn a_pause_ends_with_half_of_the_window_and_not_before() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.allow(169);
    assert_eq!(throttle.step(ms(300)), Step::Poll);
    assert!(throttle.starved_since().is_some());
    throttle.allow(170);
    assert_eq!(throttle.step(ms(301)), Step::Resume(vec![A]));
    assert_eq!(throttle.starved_since(), None);
}

#[test]
fn a_window_that_shrank_does_not_leave_the_reader_on_its_reserves() {
    let mut throttle = starved();
    throttle.step(ms(0));
    throttle.step(ms(200));
    throttle.settled(A, at(10));
    throttle.allow(120 + 40);
    throttle.step(ms(300));
    assert_eq!(throttle.starved_since(), None);
}

#[test]
fn without_a_feed_not_even_reserves_flow() {
    let mut throttle = starved();
    throttle.allow(1000);
    throttle.feed(false, Credit::default());
    assert_eq!(throttle.step(ms(0)), Step::Wait(STOP_POLLING));
    assert_eq!(throttle.step(ms(200)), Step::Pause(vec![A, B]));
    throttle.feed(true, Credit::default());
    throttle.allow(100);
    assert_eq!(throttle.step(ms(300)), Step::Resume(vec![A, B]));
}

#[test]
fn a_held_partition_stays_paused_while_its_siblings_flow() {
    let mut throttle = starved();
    throttle.allow(1000);
    throttle.hold(B);
    assert_eq!(throttle.step(ms(0)), Step::Pause(vec![B]));
    assert_eq!(throttle.step(ms(5000)), Step::Poll);
    throttle.place(B, at(7));
    assert_eq!(
        throttle.step(ms(5001)),
        Step::Poll,
        "placed anew, it is not paused any more"
    );
}

#[test]
fn a_thread_without_partitions_always_polls() {
    let mut throttle = Throttle::default();
    assert_eq!(throttle.step(ms(0)), Step::Poll);
}
