use super::*;
use proptest::prelude::*;

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).unwrap()
}

fn sent_to(next: i64) -> Sent {
    let mut sent = Sent::new(at(10));
    sent.begin(at(10), []);
    sent.send(at(next));
    sent
}

#[test]
fn only_the_contiguous_settled_prefix_is_committed() {
    let mut sent = sent_to(40);
    assert!(!sent.settle(range(20, 30)));
    assert_eq!(sent.committable(), at(10));
    assert!(sent.settle(range(10, 20)));
    assert_eq!(sent.committable(), at(30));
}

#[test]
fn an_ack_beyond_what_was_sent_is_not_believed() {
    let mut sent = sent_to(20);
    sent.settle(range(10, 1000));
    assert_eq!(sent.committable(), at(20));
}

#[test]
fn the_end_is_committed_only_when_nothing_is_unsettled() {
    let mut sent = sent_to(40);
    sent.reached_end(at(43));
    assert_eq!(sent.committable(), at(10));
    sent.settle(range(10, 40));
    assert_eq!(sent.committable(), at(43));
}

#[test]
fn an_end_that_lies_below_what_was_sent_is_forgotten() {
    let mut sent = sent_to(40);
    sent.reached_end(at(39));
    sent.settle(range(10, 40));
    assert_eq!(sent.committable(), at(40));
}

#[test]
fn a_broken_feed_keeps_acks_and_the_high_water_mark() {
    let mut sent = sent_to(40);
    sent.settle(range(20, 30));
    sent.rewind();
    assert_eq!(
        (sent.next(), sent.high(), sent.unsettled()),
        (at(10), at(40), false)
    );
    assert_eq!(sent.settled().collect::<Vec<_>>(), [range(20, 30)]);
    sent.settle(range(10, 20));
    assert_eq!(
        sent.floor(),
        at(30),
        "a late ack inside what was ever sent counts"
    );
}

#[test]
fn a_claim_begins_where_the_aggregator_says() {
    let mut sent = sent_to(40);
    sent.rewind();
    sent.begin(at(25), [range(30, 35)]);
    assert_eq!((sent.floor(), sent.next()), (at(25), at(25)));
    sent.send(at(40));
    sent.settle(range(25, 30));
    assert_eq!(sent.committable(), at(35));
}

#[test]
fn a_lost_range_does_not_hold_the_commit() {
    let mut sent = sent_to(40);
    sent.lose(range(40, 90));
    sent.settle(range(10, 40));
    assert_eq!(sent.floor(), at(90));
    assert!(!sent.unsettled());
}

proptest! {
    #[test]
    fn committed_is_never_beyond_the_acked_prefix(
        steps in proptest::collection::vec((0i64..60, 1i64..20, any::<bool>()), 1..40)
    ) {
        let mut sent = sent_to(10);
        let mut acked = vec![false; 4000];
        for (first, length, send) in steps {
            if send {
                sent.send(at(sent.next().get() + length));
            } else {
                let high = sent.high().get();
                for offset in first..(first + length).min(high) {
                    acked[usize::try_from(offset).unwrap()] = true;
                }
                sent.settle(range(first, first + length));
            }
            let prefix = (10..).find(|&o| !acked[usize::try_from(o).unwrap()]).unwrap();
            prop_assert_eq!(sent.committable(), at(prefix));
            prop_assert!(sent.floor() <= sent.next() && sent.next() <= sent.high());
        }
    }
}

#[test]
fn a_claim_after_a_committed_end_starts_at_that_end() {
    let mut sent = sent_to(40);
    sent.settle(range(10, 40));
    sent.reached_end(at(43));
    sent.rewind();
    assert_eq!((sent.floor(), sent.next()), (at(43), at(43)));
}
