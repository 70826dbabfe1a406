use super::*;
use proptest::prelude::*;
use rollcall_proto::packed;

const BOUNDS: Bounds = Bounds {
    batch_bytes: 1000,
    max_record_bytes: 5000,
};

fn at(offset: i64) -> Offset {
    Offset::known(offset).unwrap()
}

fn cutter() -> Cutter {
    Cutter::new(Partition(3), 7, at(100), BOUNDS)
}

fn push(cutter: &mut Cutter, offset: i64, bytes: usize) -> Result<Vec<CutBatch>, OversizedRecord> {
    let value = vec![b'x'; bytes];
    let record = RecordParts {
        offset: at(offset),
        timestamp_ms: Some(offset),
        key: None,
        value: Some(&value),
        headers: std::iter::empty(),
    };
    let mut full = Vec::new();
    cutter
        .push(record, TimestampType::CreateTime, &mut full)
        .map(|()| full)
}

fn range(batch: &CutBatch) -> (i64, i64, u32) {
    (
        batch.packed.first_offset,
        batch.packed.next_offset,
        batch.packed.record_count,
    )
}

#[test]
fn a_lone_record_is_cut_when_nothing_more_comes() {
    let mut cutter = cutter();
    assert!(push(&mut cutter, 104, 10).unwrap().is_empty());
    let batch = cutter.cut(None).unwrap();
    assert_eq!(
        range(&batch),
        (100, 105, 1),
        "the gap before it belongs to the range"
    );
    assert!(cutter.cut(None).is_none());
}

#[test]
fn batches_follow_each_other_over_gaps() {
    let mut cutter = cutter();
    push(&mut cutter, 100, 600).unwrap();
    let cut = push(&mut cutter, 150, 600).unwrap();
    assert_eq!(cut.iter().map(range).collect::<Vec<_>>(), [(100, 150, 1)]);
    assert_eq!(range(&cutter.cut(Some(at(160))).unwrap()), (150, 160, 1));
}

#[test]
fn a_record_larger_than_a_batch_travels_alone() {
    let mut cutter = cutter();
    push(&mut cutter, 100, 10).unwrap();
    let cut = push(&mut cutter, 101, 4000).unwrap();
    assert_eq!(
        cut.iter().map(range).collect::<Vec<_>>(),
        [(100, 101, 1), (101, 102, 1)]
    );
}

#[test]
fn a_record_above_the_limit_is_named_and_left_out() {
    let mut cutter = cutter();
    push(&mut cutter, 100, 10).unwrap();
    let named = push(&mut cutter, 101, 5001).unwrap_err();
    assert_eq!(
        (named.offset, named.bytes, named.max_record_bytes),
        (101, 5001, 5000)
    );
    assert_eq!(
        range(&cutter.cut(None).unwrap()),
        (100, 101, 1),
        "what came before it goes on"
    );
}

#[test]
fn a_batch_has_records_of_one_leader() {
    let mut cutter = cutter();
    let mut batches = Vec::new();
    for (offset, epoch) in [(100, 3), (101, 3), (105, 4), (106, 4)] {
        cutter.written_under(LeaderEpoch::known(epoch), &mut batches);
        batches.extend(push(&mut cutter, offset, 1).unwrap());
    }
    batches.extend(cutter.cut(None));
    let ranges: Vec<_> = batches.iter().map(range).collect();
    assert_eq!(ranges, [(100, 102, 2), (102, 107, 2)]);
    let leaders = batches
        .iter()
        .map(|batch| (batch.first_record, batch.behind));
    let place = |offset, epoch| LogPosition {
        offset: at(offset),
        leader_epoch: LeaderEpoch::known(epoch),
    };
    let expected = [(at(100), place(102, 3)), (at(105), place(107, 4))];
    assert_eq!(leaders.collect::<Vec<_>>(), expected);
}

#[test]
fn a_batch_ends_at_ten_thousand_records() {
    let bounds = Bounds {
        batch_bytes: 1 << 30,
        ..BOUNDS
    };
    let mut cutter = Cutter::new(Partition(0), 1, at(0), bounds);
    let counts: Vec<_> = (0..25_000)
        .flat_map(|o| push(&mut cutter, o, 1).unwrap())
        .map(|b| b.packed.record_count)
        .collect();
    assert_eq!(counts, [10_000, 10_000]);
}

proptest! {
    #[test]
    fn every_record_is_in_exactly_one_batch_and_batches_leave_no_hole(
        records in proptest::collection::vec((0i64..5, 0usize..1500), 1..60)
    ) {
        let mut cutter = cutter();
        let (mut offset, mut batches, mut offsets) = (100, Vec::new(), Vec::new());
        for (gap, bytes) in records {
            offset += gap;
            batches.extend(push(&mut cutter, offset, bytes).unwrap());
            offsets.push(offset);
            offset += 1;
        }
        batches.extend(cutter.cut(None));
        let mut expected_first = 100;
        for batch in &batches {
            prop_assert_eq!(batch.packed.first_offset, expected_first);
            expected_first = batch.packed.next_offset;
            prop_assert!(batch.credit_bytes() <= 1000 || batch.packed.record_count == 1);
        }
        let read: Vec<_> = batches.iter().flat_map(|b| {
            packed::records(&b.packed).unwrap().map(|r| r.offset.get()).collect::<Vec<_>>()
        }).collect();
        prop_assert_eq!(read, offsets);
    }
}
