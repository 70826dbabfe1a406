//! The packed decoder: a batch as it comes from the wire.

use prost::Message as _;
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::{
    Builder, RecordParts, batch_bytes, check, cut, plain, records, records_within, split_at,
};
use rollcall_proto::v1::{PackedBatch, TimestampType};

use super::Target;

pub(super) const TARGET: Target = Target {
    name: "packed",
    what: "a packed batch, as protobuf",
    try_input,
    seeds,
    words: &["\u{8}", "\u{a}", "\u{12}", "\u{7f}"],
};

fn try_input(bytes: &[u8]) {
    let Ok(batch) = PackedBatch::decode(bytes) else {
        return;
    };
    let sound = check(&batch).is_ok();
    assert_eq!(
        plain(&batch).is_ok(),
        sound,
        "plain records and the check disagree"
    );
    let some = records_within(&batch, batch_bytes(&batch) / 2);
    assert!(
        some <= batch.record_count,
        "more records fit than there are"
    );
    if !sound {
        return;
    }
    let offsets = offsets_of(&batch);
    assert_eq!(offsets.len(), batch.record_count as usize);
    assert!(offsets.is_sorted_by(|a, b| a < b), "offsets do not ascend");
    for at in [1, some, batch.record_count.saturating_sub(1)] {
        if let Ok((head, tail)) = split_at(&batch, at) {
            let both: Vec<i64> = [offsets_of(&head), offsets_of(&tail)].concat();
            assert_eq!(both, offsets, "a split loses or moves records");
            assert_eq!(head.next_offset, tail.first_offset, "a split leaves a hole");
        }
    }
    let range = check(&batch).expect("it is sound").range();
    let whole = cut(&batch, range).expect("a sound batch can be cut");
    let whole = whole.expect("the whole of a batch is a part of it");
    assert_eq!(offsets_of(&whole), offsets, "a cut loses records");
}

fn offsets_of(batch: &PackedBatch) -> Vec<i64> {
    let records = records(batch).expect("a part of a sound batch is sound");
    records.map(|record| record.offset.get()).collect()
}

fn seeds() -> Vec<Vec<u8>> {
    let batches = [
        batch(0, 1, 1, 10),
        batch(5, 20, 2, 3),
        batch(1 << 40, 3, 1, 0),
    ];
    let mut seeds: Vec<_> = batches.iter().map(prost::Message::encode_to_vec).collect();
    seeds.push(Vec::new());
    seeds
}

/// Records from an offset on, every `step`th, with values of that many bytes, keys and headers.
pub(super) fn batch(first: i64, count: i64, step: i64, bytes: usize) -> PackedBatch {
    let at = |offset| Offset::known(offset).unwrap_or_default();
    let mut builder = Builder::new(Partition(0), at(first), TimestampType::CreateTime);
    let value = vec![b'v'; bytes];
    for number in 0..count {
        let record = RecordParts {
            offset: at(first + number * step),
            timestamp_ms: (number % 3 > 0).then_some(1_700_000_000_000 + number),
            key: (number % 2 == 0).then_some(&b"key"[..]),
            value: Some(value.as_slice()),
            headers: [(&b"h"[..], None), (&b"g"[..], Some(&b"x"[..]))],
        };
        builder.push(record).expect("offsets ascend");
    }
    let next = at(first + count * step);
    builder
        .finish(next)
        .expect("it ends behind its last record")
}
