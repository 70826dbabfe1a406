//! Packed batches: what goes in comes out, parts cover the whole, and hostile bytes are only errors.

use bytes::Bytes;
use prost::Message as _;

use super::*;
use crate::ids::Partition;
use crate::limits::HEADER_LENGTHS_BYTES;
use crate::ranges::OffsetRange;
use crate::v1::{self, RecordIndex, TimestampType};

mod properties;

/// A record with its bytes.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    offset: Offset,
    timestamp_ms: Option<i64>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Owned {
    fn plain(offset: i64, value: &[u8]) -> Self {
        Self {
            offset: at(offset),
            timestamp_ms: None,
            key: None,
            value: Some(value.to_vec()),
            headers: Vec::new(),
        }
    }

    fn push_to(&self, builder: &mut Builder) -> Result<(), PackError> {
        builder.push(RecordParts {
            offset: self.offset,
            timestamp_ms: self.timestamp_ms,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: self
                .headers
                .iter()
                .map(|(n, v)| (n.as_slice(), v.as_deref())),
        })
    }
}

impl From<RecordRef<'_>> for Owned {
    fn from(record: RecordRef<'_>) -> Self {
        let header = |(name, value): (&[u8], Option<&[u8]>)| (name.to_vec(), value.map(Into::into));
        Self {
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            key: record.key.map(Into::into),
            value: record.value.map(Into::into),
            headers: record.headers.map(header).collect(),
        }
    }
}

fn at(offset: i64) -> Offset {
    Offset::known(offset).expect("tests use offsets of 0 and above")
}

fn range(first: i64, next: i64) -> OffsetRange {
    OffsetRange::from_raw(first, next).expect("a range")
}

fn pack(first: i64, next: i64, records: &[Owned]) -> PackedBatch {
    let mut builder = Builder::new(Partition(3), at(first), TimestampType::CreateTime);
    for record in records {
        record.push_to(&mut builder).expect("records ascend");
    }
    builder
        .finish(at(next))
        .expect("the range covers the records")
}

fn unpack(batch: &PackedBatch) -> Vec<Owned> {
    records(batch)
        .expect("a sound batch")
        .map(Owned::from)
        .collect()
}

fn index_of(batch: &PackedBatch) -> RecordIndex {
    RecordIndex::decode(&*batch.index).expect("an index is a protobuf message")
}

fn with_index(mut batch: PackedBatch, index: &RecordIndex) -> PackedBatch {
    batch.index = index.encode_to_vec().into();
    batch
}

#[test]
fn batches_of_one_builder_follow_each_other_without_holes() {
    let mut builder = Builder::new(Partition(0), at(10), TimestampType::CreateTime);
    Owned::plain(12, b"a").push_to(&mut builder).unwrap();
    let first = builder.finish(at(20)).unwrap();
    let empty = builder.finish(at(25)).unwrap();
    Owned::plain(25, b"b").push_to(&mut builder).unwrap();
    let last = builder.finish(builder.next_offset()).unwrap();
    let ranges = [&first, &empty, &last].map(|b| (b.first_offset, b.next_offset));
    assert_eq!(ranges, [(10, 20), (20, 25), (25, 26)]);
    assert_eq!(unpack(&empty), []);
    assert!(empty.index.is_empty());
}

#[test]
fn a_record_that_does_not_ascend_is_refused_and_changes_nothing() {
    let mut builder = Builder::new(Partition(0), at(10), TimestampType::CreateTime);
    Owned::plain(12, b"a").push_to(&mut builder).unwrap();
    let before = builder.bytes();
    let error = Owned::plain(12, b"b").push_to(&mut builder).unwrap_err();
    assert_eq!(
        error,
        PackError::NotAscending {
            offset: at(12),
            expected: at(13)
        }
    );
    assert_eq!(builder.bytes(), before);
}

#[test]
fn a_batch_does_not_end_before_its_last_record_or_where_it_began() {
    let mut builder = Builder::new(Partition(0), at(10), TimestampType::CreateTime);
    assert!(builder.finish(at(10)).is_err());
    Owned::plain(12, b"a").push_to(&mut builder).unwrap();
    assert!(builder.finish(at(12)).is_err());
    assert!(builder.finish(at(13)).is_ok());
}

#[test]
fn a_full_batch_takes_no_more() {
    let mut builder = Builder::new(Partition(0), at(0), TimestampType::CreateTime);
    for offset in 0..i64::from(BATCH_RECORDS) {
        Owned::plain(offset, b"").push_to(&mut builder).unwrap();
    }
    let one_more = Owned::plain(i64::from(BATCH_RECORDS), b"");
    let records = BATCH_RECORDS;
    assert_eq!(
        one_more.push_to(&mut builder),
        Err(PackError::Full { records })
    );
    let batch = builder.finish(builder.next_offset()).unwrap();
    assert_eq!(unpack(&batch).len(), BATCH_RECORDS as usize);
    one_more.push_to(&mut builder).unwrap();
}

#[test]
fn too_many_headers_are_refused_before_the_index_bursts() {
    let mut monster = Owned::plain(1, b"value");
    monster.headers = vec![(Vec::new(), None); HEADER_LENGTHS_BYTES / 2 + 1];
    let mut builder = Builder::new(Partition(0), at(0), TimestampType::CreateTime);
    assert_eq!(
        monster.push_to(&mut builder),
        Err(PackError::TooManyHeaders { offset: at(1) })
    );
    assert_eq!((builder.bytes(), builder.record_count()), (0, 0));
    Owned::plain(0, b"a").push_to(&mut builder).unwrap();
    let before = builder.bytes();
    let full = Err(PackError::Full { records: 1 });
    assert_eq!(monster.push_to(&mut builder), full);
    assert_eq!(builder.bytes(), before);
    monster.headers.pop();
    builder.restart(at(1));
    monster.push_to(&mut builder).unwrap();
    check(&builder.finish(at(2)).unwrap()).unwrap();
}

#[test]
fn the_index_of_the_largest_batch_stays_within_its_limit() {
    let longest_entries = BATCH_RECORDS as usize * 30;
    assert!(longest_entries + HEADER_LENGTHS_BYTES + 64 < MAX_INDEX_BYTES);
}

#[test]
fn parts_share_the_body_of_the_whole() {
    let whole = pack(0, 2, &[Owned::plain(0, b"abc"), Owned::plain(1, b"def")]);
    let (head, tail) = split_at(&whole, 1).unwrap();
    assert_eq!(head.body.as_ptr(), whole.body.as_ptr());
    assert_eq!(tail.body.as_ptr(), whole.body[3..].as_ptr());
}

#[test]
fn a_cut_may_hold_no_record_and_still_covers_its_range() {
    let whole = pack(0, 100, &[Owned::plain(0, b"a"), Owned::plain(90, b"b")]);
    let part = cut(&whole, range(10, 20)).unwrap().unwrap();
    assert_eq!(
        (part.first_offset, part.next_offset, part.record_count),
        (10, 20, 0)
    );
    check(&part).unwrap();
    assert_eq!(cut(&whole, range(100, 200)).unwrap(), None);
    assert_eq!(cut(&whole, range(0, 200)).unwrap(), Some(whole));
}

#[test]
fn a_split_needs_a_record_on_both_sides() {
    let whole = pack(0, 2, &[Owned::plain(0, b"a"), Owned::plain(1, b"b")]);
    assert!(split_at(&whole, 0).is_err());
    assert!(split_at(&whole, 2).is_err());
}

#[test]
fn null_and_empty_are_not_the_same() {
    let mut tombstone = Owned::plain(0, b"");
    tombstone.value = None;
    let mut keyed = Owned::plain(1, b"");
    keyed.key = Some(Vec::new());
    keyed.headers = vec![(b"h".to_vec(), None), (b"h".to_vec(), Some(Vec::new()))];
    let records = [tombstone, keyed];
    assert_eq!(unpack(&pack(0, 2, &records)), records);
}

/// Breaks a sound batch of two records and expects the named fault.
fn broken(expected: &PackedError, break_it: impl FnOnce(&mut PackedBatch, &mut RecordIndex)) {
    let mut batch = pack(5, 7, &[Owned::plain(5, b"abc"), Owned::plain(6, b"de")]);
    let mut index = index_of(&batch);
    break_it(&mut batch, &mut index);
    let batch = with_index(batch, &index);
    assert_eq!(check(&batch).unwrap_err(), *expected);
}

#[test]
fn every_way_to_be_wrong_has_its_name() {
    broken(&PackedError::Partition(-1), |b, _| b.partition = -1);
    let (first_offset, next_offset) = (7, 7);
    let no_range = PackedError::Range {
        first_offset,
        next_offset,
    };
    broken(&no_range, |b, _| b.first_offset = 7);
    broken(&PackedError::Offset { record: 1 }, |b, _| b.next_offset = 6);
    broken(&PackedError::Offset { record: 0 }, |_, i| {
        i.offset_gaps = vec![u64::MAX, 0]
    });
    broken(&PackedError::TooManyRecords(10_001), |b, _| {
        b.record_count = 10_001
    });
    let array = "value_lengths";
    broken(&PackedError::Excess { array }, |b, _| b.record_count = 1);
    broken(&PackedError::Entry { array, record: 1 }, |_, i| {
        i.value_lengths.truncate(1)
    });
    broken(&PackedError::Entry { array, record: 0 }, |_, i| {
        i.value_lengths.clear()
    });
    let array = "header_lengths";
    broken(&PackedError::Entry { array, record: 0 }, |_, i| {
        i.header_counts = vec![u32::MAX, 0]
    });
    broken(&PackedError::Excess { array }, |_, i| {
        i.header_lengths = vec![0, 0]
    });
    let array = "key_lengths";
    broken(&PackedError::Entry { array, record: 1 }, |_, i| {
        i.key_lengths = vec![0]
    });
    let body = |record, lengths, body| PackedError::Body {
        record,
        lengths,
        body,
    };
    broken(&body(2, 5, 6), |b, _| {
        b.body = Bytes::from_static(b"abcdef")
    });
    broken(&body(1, 5, 4), |b, _| b.body = Bytes::from_static(b"abcd"));
    broken(&body(0, u64::from(u32::MAX) - 1, 5), |_, i| {
        i.value_lengths = vec![u32::MAX, 1]
    });
}

#[test]
fn a_field_comes_once_and_packed_and_unknown_ones_are_skipped() {
    let sound = pack(0, 1, &[Owned::plain(0, b"a")]);
    let with = |extra: &[u8]| {
        let mut batch = sound.clone();
        batch.index = [&sound.index, extra].concat().into();
        check(&batch).map(|_| ())
    };
    assert_eq!(
        with(&[0x22, 1, 2]),
        Err(PackedError::Field(4)),
        "a second packed array"
    );
    assert_eq!(
        with(&[0x08, 1]),
        Err(PackedError::Field(1)),
        "an entry that is not packed"
    );
    assert_eq!(
        with(&[0x38, 1]),
        Err(PackedError::Field(7)),
        "a second timestamp type"
    );
    assert_eq!(with(&[0x3a, 1, 1]), Err(PackedError::Field(7)));
    assert_eq!(with(&[0x42, 1, 1]), Ok(()), "field 8, bytes");
    assert_eq!(
        with(&[0x41, 1, 2, 3, 4, 5, 6, 7, 8]),
        Ok(()),
        "field 8, fixed64"
    );
    let end = sound.index.len();
    assert_eq!(with(&[0x43]), Err(PackedError::Malformed(end)), "a group");
    assert_eq!(
        with(&[0x00, 1]),
        Err(PackedError::Malformed(end)),
        "field 0"
    );
    assert_eq!(
        with(&[0x42, 9, 1]),
        Err(PackedError::Malformed(end)),
        "a length beyond the end"
    );
    assert_eq!(with(&[0x42]), Err(PackedError::Malformed(end)), "no length");
    assert_eq!(
        with(&[0xff; 11]),
        Err(PackedError::Malformed(end)),
        "a varint without end"
    );
}

#[test]
fn header_names_that_are_no_text_are_replaced_in_plain_records() {
    let mut record = Owned::plain(0, b"v");
    record.headers = vec![(vec![0xff, b'a'], Some(b"x".to_vec()))];
    let plain = plain(&pack(0, 1, &[record])).unwrap();
    let header = v1::Header {
        name: "\u{fffd}a".to_owned(),
        value: Some(Bytes::from_static(b"x")),
    };
    assert_eq!(plain.records[0].headers, [header]);
}
