//! Cutting and trimming: bytes and records always add up.

use proptest::prelude::*;
use rollcall_proto::ids::Partition;
use rollcall_proto::packed::{Builder, RecordParts};
use rollcall_proto::v1::TimestampType;

use super::*;

fn offset(raw: i64) -> Offset {
    Offset::known(raw).unwrap()
}

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).unwrap()
}

/// A batch of records at every second offset of `[first, next)`.
fn piece(first: i64, next: i64) -> Piece {
    let mut builder = Builder::new(Partition(0), offset(first), TimestampType::CreateTime);
    for at in (first..next).filter(|at| at % 2 == 0) {
        let value = Some(&b"value"[..]);
        builder
            .push(RecordParts {
                offset: offset(at),
                timestamp_ms: None,
                key: None,
                value,
                headers: [],
            })
            .unwrap();
    }
    let packed = builder.finish(offset(next)).unwrap();
    let bytes = packed::batch_bytes(&packed);
    Piece {
        packed,
        range: range(first, next),
        bytes,
        arrived: Moment::default(),
        trace: None,
    }
}

fn queue() -> Queue {
    let mut queue = Queue::default();
    (0..4).for_each(|at| queue.push(piece(at * 10, at * 10 + 10)));
    queue
}

fn consistent(queue: &Queue) {
    assert_eq!(
        queue.bytes(),
        queue.iter().map(|piece| piece.bytes).sum::<u64>()
    );
    assert_eq!(
        queue.records(),
        queue
            .iter()
            .map(|piece| u64::from(piece.packed.record_count))
            .sum::<u64>()
    );
    for piece in queue.iter() {
        let checked = packed::check(&piece.packed).unwrap();
        assert_eq!(checked.range(), piece.range);
    }
}

#[test]
fn a_cut_loses_nothing() {
    let mut queue = queue();
    let (bytes, records) = (queue.bytes(), queue.records());
    assert!(queue.cut(1, offset(15)));
    assert!(!queue.cut(1, offset(15)), "there is nothing behind the end");
    assert!(!queue.cut(9, offset(15)), "there is no such piece");
    consistent(&queue);
    assert_eq!((queue.bytes(), queue.records()), (bytes, records));
    assert_eq!(queue.get(1).unwrap().range, range(10, 15));
}

#[test]
fn a_batch_goes_when_its_last_record_is_settled() {
    let mut queue = queue();
    let mut settled = Settled::default();
    settled.insert(range(0, 9));
    assert_eq!(queue.trim(range(0, 9), &settled), 0);
    settled.insert(range(9, 25));
    assert_eq!(queue.trim(range(9, 25), &settled), 2 * piece(0, 10).bytes);
    consistent(&queue);
    assert_eq!(queue.get(0).unwrap().range, range(20, 30));
}

#[test]
fn the_floor_rises_over_ranges_that_touch_it() {
    let mut settled = Settled::below(offset(5));
    settled.insert(range(8, 10));
    assert_eq!(settled.floor(), offset(5));
    assert_eq!(
        settled.missing_in(range(0, 12)),
        [range(5, 8), range(10, 12)]
    );
    settled.insert(range(4, 8));
    assert_eq!((settled.floor(), settled.above().count()), (offset(10), 0));
    assert!(settled.covers(range(0, 10)) && !settled.covers(range(0, 11)));
}

proptest! {
    #[test]
    fn whatever_is_cut_and_settled_the_queue_adds_up(
        cuts in prop::collection::vec((0..6_usize, 0..45_i64), 0..12),
        acks in prop::collection::vec((0..40_i64, 1..15_i64), 0..12),
    ) {
        let mut queue = queue();
        let mut settled = Settled::default();
        for (at, end) in cuts {
            queue.cut(at, offset(end));
            consistent(&queue);
        }
        let all = queue.bytes();
        let mut freed = 0;
        for (first, len) in acks {
            settled.insert(range(first, first + len));
            freed += queue.trim(range(first, first + len), &settled);
            consistent(&queue);
        }
        prop_assert_eq!(freed + queue.bytes(), all);
        prop_assert!(queue.iter().all(|piece| !settled.covers(piece.range)));
    }

    /// What is settled, against one flag for each offset.
    #[test]
    fn what_is_settled_agrees_with_one_flag_per_offset(
        start in 0..20_i64,
        acks in prop::collection::vec((0..40_i64, 1..12_i64, prop::bool::weighted(0.2)), 0..20),
        asked in (0..50_i64, 1..14_i64),
    ) {
        let mut settled = Settled::below(offset(start));
        let mut flags = [false; 64];
        flags[..start as usize].fill(true);
        for (first, len, raises) in acks {
            if raises {
                settled.raise(offset(first));
                flags[..first as usize].fill(true);
            } else {
                settled.insert(range(first, first + len));
                flags[first as usize..(first + len) as usize].fill(true);
            }
        }
        let floor = flags.iter().take_while(|flag| **flag).count() as i64;
        prop_assert_eq!(settled.floor(), offset(floor));
        prop_assert!(settled.above().all(|range| range.first() > settled.floor()));
        let (asked, inside) = (range(asked.0, asked.0 + asked.1), asked.0 as usize..(asked.0 + asked.1) as usize);
        let flag = |part: &OffsetRange| {
            let part = part.first().get() as usize..part.next().get() as usize;
            flags[part].to_vec()
        };
        let (known, missing) = (settled.parts_of(asked), settled.missing_in(asked));
        prop_assert!(known.iter().all(|part| flag(part).iter().all(|flag| *flag)));
        prop_assert!(missing.iter().all(|part| flag(part).iter().all(|flag| !*flag)));
        let length = |parts: &[OffsetRange]| parts.iter().map(|part| part.len()).sum::<u64>();
        prop_assert_eq!(length(&known) + length(&missing), asked.len());
        prop_assert_eq!(settled.covers(asked), flags[inside].iter().all(|flag| *flag));
    }
}
