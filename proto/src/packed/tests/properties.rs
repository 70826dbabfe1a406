//! What holds for every batch.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message as _;

use super::*;

fn blob() -> impl Strategy<Value = Option<Vec<u8>>> {
    option::of(vec(any::<u8>(), 0..40))
}

fn timestamp() -> impl Strategy<Value = Option<i64>> {
    let any = prop_oneof![
        0_i64..2_000_000_000_000,
        Just(i64::MIN),
        Just(i64::MAX),
        Just(0)
    ];
    option::weighted(0.8, any)
}

/// A first offset, records after it with gaps between them, and an end some offsets behind the last.
fn batch() -> impl Strategy<Value = (i64, i64, Vec<Owned>)> {
    let headers = vec((vec(any::<u8>(), 0..12), blob()), 0..4);
    let gap = prop_oneof![4 => Just(0_i64), 1 => 1_i64..1000];
    let record = (gap, timestamp(), blob(), blob(), headers);
    (0_i64..1 << 40, vec(record, 1..40), 0_i64..5).prop_map(|(first, parts, tail)| {
        let mut next = first;
        let record = |(gap, timestamp_ms, key, value, headers)| {
            let offset = at(next + gap);
            next += gap + 1;
            Owned {
                offset,
                timestamp_ms,
                key,
                value,
                headers,
            }
        };
        let records: Vec<Owned> = parts.into_iter().map(record).collect();
        (first, next + tail, records)
    })
}

proptest! {
    #[test]
    fn records_come_out_as_they_went_in((first, next, records) in batch()) {
        let batch = pack(first, next, &records);
        prop_assert_eq!(unpack(&batch), records);
        let checked = check(&batch).unwrap();
        prop_assert_eq!(checked.range(), range(first, next));
        prop_assert_eq!(checked.timestamp_type(), TimestampType::CreateTime);
    }

    #[test]
    fn the_index_is_the_message_that_the_contract_describes((first, next, records) in batch()) {
        let batch = pack(first, next, &records);
        let index = index_of(&batch);
        prop_assert_eq!(index.value_lengths.len(), records.len());
        prop_assert_eq!(index.key_lengths.is_empty(), records.iter().all(|r| r.key.is_none()));
        let no_timestamps = records.iter().all(|r| r.timestamp_ms.is_none());
        prop_assert_eq!(index.timestamp_deltas_ms.is_empty(), no_timestamps);
        prop_assert_eq!(index.encode_to_vec(), batch.index.to_vec());
    }

    #[test]
    fn the_builder_knows_its_size_before_it_ends((first, next, records) in batch()) {
        let mut builder = Builder::new(Partition(0), at(first), TimestampType::LogAppendTime);
        for record in &records {
            record.push_to(&mut builder).unwrap();
        }
        let bytes = builder.bytes();
        prop_assert_eq!(batch_bytes(&builder.finish(at(next)).unwrap()), bytes);
        prop_assert_eq!(builder.bytes(), 0);
    }

    #[test]
    fn a_split_keeps_every_record_and_leaves_no_hole((first, next, records) in batch(), n in 1_usize..40) {
        let whole = pack(first, next, &records);
        prop_assume!(n < records.len());
        let (head, tail) = split_at(&whole, n as u32).unwrap();
        prop_assert_eq!(unpack(&head), &records[..n]);
        prop_assert_eq!(unpack(&tail), &records[n..]);
        prop_assert_eq!((head.first_offset, tail.next_offset), (first, next));
        prop_assert_eq!(head.next_offset, tail.first_offset);
        prop_assert_eq!(tail.first_offset, records[n].offset.get());
        prop_assert_eq!(&head, &pack(first, head.next_offset, &records[..n]));
        prop_assert_eq!(&tail, &pack(tail.first_offset, next, &records[n..]));
    }

    #[test]
    fn a_cut_has_the_records_of_its_range((first, next, records) in batch(), a in 0.0..1.0, b in 0.0..1.0) {
        let whole = pack(first, next, &records);
        let point = |share: f64| first + ((next - first) as f64 * share) as i64;
        let (low, high) = (point(f64::min(a, b)), point(f64::max(a, b)));
        prop_assume!(low < high);
        let wanted = range(low, high);
        let part = cut(&whole, wanted).unwrap().unwrap();
        let inside = |r: &&Owned| wanted.contains(r.offset);
        let expected: Vec<Owned> = records.iter().filter(inside).cloned().collect();
        prop_assert_eq!(&part, &pack(low, high, &expected));
    }

    #[test]
    fn records_within_a_limit_make_a_part_within_it((first, next, records) in batch(), share in 0.0..1.2) {
        let whole = pack(first, next, &records);
        let limit = (batch_bytes(&whole) as f64 * share) as u64;
        match records_within(&whole, limit) {
            0 => prop_assert!(limit < batch_bytes(&whole)),
            all if all == whole.record_count => prop_assert!(batch_bytes(&whole) <= limit),
            some => {
                let (head, _) = split_at(&whole, some).unwrap();
                prop_assert!(batch_bytes(&head) <= limit);
            }
        }
    }

    #[test]
    fn plain_records_say_the_same((first, next, records) in batch()) {
        let plain = plain(&pack(first, next, &records)).unwrap();
        prop_assert_eq!(plain.records.len(), records.len());
        for (plain, record) in plain.records.iter().zip(&records) {
            prop_assert_eq!(plain.offset, record.offset.get());
            prop_assert_eq!(plain.timestamp_ms, record.timestamp_ms);
            prop_assert_eq!(plain.value.as_deref(), record.value.as_deref());
            prop_assert_eq!(plain.headers.len(), record.headers.len());
        }
    }

    #[test]
    fn hostile_bytes_are_only_errors(
        (first, next, records) in batch(),
        flips in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        keep in option::of(any::<prop::sample::Index>()),
        record_count in option::of(any::<u32>()),
        body_bytes in option::of(0_usize..200),
    ) {
        let mut batch = pack(first, next, &records);
        let mut index = batch.index.to_vec();
        for (place, byte) in flips {
            let place = place.index(index.len());
            index[place] = byte;
        }
        if let Some(keep) = keep {
            index.truncate(keep.index(index.len()));
        }
        batch.index = index.into();
        batch.record_count = record_count.unwrap_or(batch.record_count);
        batch.body = body_bytes.map_or(batch.body.clone(), |n| vec![7; n].into());
        exercise(&batch);
    }

    #[test]
    fn random_bytes_are_only_errors(index in vec(any::<u8>(), 0..200), body in vec(any::<u8>(), 0..50), n in 0_u32..50) {
        let batch = PackedBatch {
            partition: 0,
            first_offset: 0,
            next_offset: 1000,
            record_count: n,
            index: index.into(),
            body: body.into(),
        };
        exercise(&batch);
    }
}

/// Calls everything on a batch that may be broken; a sound one has to survive its own splitting.
fn exercise(batch: &PackedBatch) {
    let sound = check(batch).is_ok();
    let _ = plain(batch);
    let _ = records_within(batch, 50);
    for n in 0..4 {
        if let Ok((head, tail)) = split_at(batch, n) {
            assert!(!sound || (check(&head).is_ok() && check(&tail).is_ok()));
        }
    }
    if let (true, Ok(records)) = (sound, records(batch)) {
        assert_eq!(records.count(), batch.record_count as usize);
    }
    let _ = cut(batch, range(1, 500));
}
