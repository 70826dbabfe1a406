//! The value of a record: its number and partition, a checksum over these, its topic and the rest, and a rest to make it as
//! large as records are.

use rollcall_proto::ids::Topic;

/// Bytes before the rest: number, partition, checksum.
const HEAD: usize = 8 + 4 + 8;

/// The value of a record, of so many bytes (at least 20).
pub(super) fn value(topic: &Topic, partition: i32, number: i64, bytes: usize) -> Vec<u8> {
    let mut value = vec![0; bytes.max(HEAD)];
    for (at, byte) in value.iter_mut().enumerate().skip(HEAD) {
        *byte = (number as u8).wrapping_add(at as u8);
    }
    let sum = checksum(topic, partition, number, &value[HEAD..]);
    value[..8].copy_from_slice(&number.to_be_bytes());
    value[8..12].copy_from_slice(&partition.to_be_bytes());
    value[12..HEAD].copy_from_slice(&sum.to_be_bytes());
    value
}

/// The number in a value that came as a record of this partition; what is wrong with it otherwise.
pub(super) fn number(topic: &Topic, partition: i32, value: &[u8]) -> Result<i64, String> {
    let (Some(number), Some(of), Some(sum)) = (array(value, 0), array(value, 8), array(value, 12))
    else {
        return Err(format!("a value of {} bytes", value.len()));
    };
    let (number, of) = (i64::from_be_bytes(number), i32::from_be_bytes(of));
    if of != partition {
        return Err(format!(
            "record {number} of partition {of} came as one of {partition}"
        ));
    }
    if u64::from_be_bytes(sum) != checksum(topic, partition, number, &value[HEAD..]) {
        return Err(format!("record {number} is damaged"));
    }
    Ok(number)
}

fn array<const N: usize>(value: &[u8], at: usize) -> Option<[u8; N]> {
    value.get(at..at + N)?.try_into().ok()
}

/// FNV-1a of 64 bits.
fn checksum(topic: &Topic, partition: i32, number: i64, rest: &[u8]) -> u64 {
    let parts = [
        topic.as_str().as_bytes(),
        &partition.to_be_bytes(),
        &number.to_be_bytes(),
        rest,
    ];
    let bytes = parts.into_iter().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_was_written_and_damage_is_noticed() {
        let topic = Topic::new("t").unwrap();
        let value = value(&topic, 3, 77, 100);
        assert_eq!(value.len(), 100);
        assert_eq!(number(&topic, 3, &value), Ok(77));
        assert!(number(&topic, 4, &value).is_err());
        assert!(number(&Topic::new("u").unwrap(), 3, &value).is_err());
        assert!(number(&topic, 3, &value[..10]).is_err());
        for at in 0..value.len() {
            let mut damaged = value.clone();
            damaged[at] ^= 1;
            assert!(number(&topic, 3, &damaged).is_err(), "byte {at}");
        }
    }
}
