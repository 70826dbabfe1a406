//! The protobuf wire of a record index, read and written in place: varints and packed arrays.

use bytes::Bytes;

use super::PackedError;
use crate::v1::TimestampType;

/// Number of arrays in a record index; array `n` is field `n + 1`.
pub(super) const ARRAYS: usize = 6;

/// Most bytes that tags, the lengths of the arrays and the timestamp type add to an index of at most `MAX_INDEX_BYTES`.
pub(super) const INDEX_FRAME_BYTES: usize = 4 * ARRAYS + 2;

/// One array of a record index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Array {
    OffsetGaps = 0,
    Timestamps = 1,
    KeyLengths = 2,
    ValueLengths = 3,
    HeaderCounts = 4,
    HeaderLengths = 5,
}

impl Array {
    pub(super) const ALL: [Self; ARRAYS] = [
        Self::OffsetGaps,
        Self::Timestamps,
        Self::KeyLengths,
        Self::ValueLengths,
        Self::HeaderCounts,
        Self::HeaderLengths,
    ];

    /// The field's name in `RecordIndex`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OffsetGaps => "offset_gaps",
            Self::Timestamps => "timestamp_deltas_ms",
            Self::KeyLengths => "key_lengths",
            Self::ValueLengths => "value_lengths",
            Self::HeaderCounts => "header_counts",
            Self::HeaderLengths => "header_lengths",
        }
    }
}

/// Field of the timestamp type.
const TIMESTAMP_TYPE_FIELD: u32 = 7;
/// Wire types of protobuf.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED32: u64 = 5;
/// Longest varint.
const VARINT_BYTES: usize = 10;

/// A record index as it came: every array still a run of varints.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Index<'a> {
    pub(super) arrays: [&'a [u8]; ARRAYS],
    pub(super) timestamp_type: i32,
}

impl<'a> Index<'a> {
    /// Finds the arrays in an encoded index. Unknown fields are skipped; a known one may come once,
    /// in its packed form.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, PackedError> {
        let mut index = Self::default();
        let mut seen = 0_u32;
        let mut at = 0;
        while at < bytes.len() {
            let malformed = PackedError::Malformed(at);
            let (field, value, used) = read_field(&bytes[at..]).ok_or(malformed)?;
            at += used;
            index.take(field, value, &mut seen)?;
        }
        Ok(index)
    }

    fn take(&mut self, field: u32, value: Field<'a>, seen: &mut u32) -> Result<(), PackedError> {
        if field > TIMESTAMP_TYPE_FIELD {
            return Ok(());
        }
        let first_time = *seen & (1 << field) == 0;
        *seen |= 1 << field;
        let array = self.arrays.get_mut(field as usize - 1);
        match (array, value) {
            (Some(array), Field::Bytes(bytes)) if first_time => *array = bytes,
            // An enum's number is an int32 in a varint of up to 64 bits: the low half is the number.
            (None, Field::Number(number)) if first_time => self.timestamp_type = number as i32,
            _ => return Err(PackedError::Field(field)),
        }
        Ok(())
    }
}

/// The value of one field, as far as an index has a use for it.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Fixed,
}

/// The field at the start of `bytes`, and the bytes that it takes; `None` when there is no valid one.
fn read_field(bytes: &[u8]) -> Option<(u32, Field<'_>, usize)> {
    let (tag, tag_bytes) = read_varint(bytes)?;
    let field = u32::try_from(tag >> 3).ok().filter(|&field| field > 0)?;
    let rest = &bytes[tag_bytes..];
    let (value, used) = match tag & 7 {
        VARINT => read_varint(rest).map(|(number, used)| (Field::Number(number), used))?,
        FIXED64 => rest.get(..8).map(|_| (Field::Fixed, 8))?,
        FIXED32 => rest.get(..4).map(|_| (Field::Fixed, 4))?,
        LENGTH_DELIMITED => {
            let (length, length_bytes) = read_varint(rest)?;
            let end = usize::try_from(length).ok()?.checked_add(length_bytes)?;
            (Field::Bytes(rest.get(length_bytes..end)?), end)
        }
        _ => return None,
    };
    Some((field, value, tag_bytes + used))
}

/// The varint at the start of `bytes`, and its length; `None` when it is cut off or above 64 bits.
#[inline]
pub(super) fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    match *bytes.first()? {
        short @ 0..0x80 => Some((short.into(), 1)),
        _ => read_long_varint(bytes),
    }
}

fn read_long_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().take(VARINT_BYTES).enumerate() {
        if at == VARINT_BYTES - 1 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((value, at + 1));
        }
    }
    None
}

/// Appends a varint.
#[inline]
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes that a varint takes.
fn varint_bytes(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// A signed number as protobuf's sint64 stores it: small numbers of either sign stay short.
#[inline]
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The number behind a sint64.
#[inline]
pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Bytes of an index whose arrays have these lengths.
pub(super) fn index_bytes(lengths: [usize; ARRAYS], timestamp_type: TimestampType) -> usize {
    let array = |&length: &usize| match length {
        0 => 0,
        _ => 1 + varint_bytes(length as u64) + length,
    };
    let arrays: usize = lengths.iter().map(array).sum();
    match timestamp_type {
        TimestampType::Unspecified => arrays,
        TimestampType::CreateTime | TimestampType::LogAppendTime => arrays + 2,
    }
}

/// Writes an index; each array comes in two parts, and an empty one is left out.
pub(super) fn write_index(arrays: [[&[u8]; 2]; ARRAYS], timestamp_type: TimestampType) -> Bytes {
    let lengths = arrays.map(|[start, rest]| start.len() + rest.len());
    let mut out = Vec::with_capacity(index_bytes(lengths, timestamp_type));
    for (field, ([start, rest], length)) in (1_u64..).zip(arrays.into_iter().zip(lengths)) {
        if length > 0 {
            put_varint(&mut out, field << 3 | LENGTH_DELIMITED);
            put_varint(&mut out, length as u64);
            out.extend_from_slice(start);
            out.extend_from_slice(rest);
        }
    }
    if timestamp_type != TimestampType::Unspecified {
        put_varint(&mut out, u64::from(TIMESTAMP_TYPE_FIELD) << 3 | VARINT);
        put_varint(&mut out, timestamp_type as u64);
    }
    out.into()
}
