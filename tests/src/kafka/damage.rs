//! Damage to what lies on the disk of a node that does not run.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::Kafka;
use super::node::numbered;

/// Length of the two fields before the part of a batch that its length counts: base offset and length.
const BEFORE_LENGTH: usize = 12;
/// Where the checksum stands in a batch.
const CHECKSUM: usize = 17;
/// Where the attributes stand, the first that the checksum covers.
const ATTRIBUTES: usize = 21;
/// Number of the codec snappy, in the lowest bits of the attributes.
const SNAPPY: u8 = 2;

/// What is done to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Bytes of a record are turned around: the checksum is wrong.
    Payload,
    /// It says that it is compressed, with the checksum made right: decompression fails.
    Codec,
}

/// A damaged log, and how it was.
#[derive(Debug)]
#[must_use = "holds what undoes the damage"]
pub struct Damaged {
    log: PathBuf,
    whole: Vec<u8>,
}

impl Damaged {
    /// Makes the log whole again; the node must not run.
    pub fn undo(self) -> Result<()> {
        fs::write(&self.log, self.whole).context("could not mend the log")
    }
}

impl Kafka {
    /// Damages a batch of a partition, counted from 0, in the log's first segment on this node, which must not run.
    pub fn damage(
        &mut self,
        node: i32,
        (topic, partition): (&str, i32),
        batch: usize,
        damage: Damage,
    ) -> Result<Damaged> {
        let node = numbered(&mut self.nodes, node)?;
        ensure!(node.process.is_none(), "node {} runs", node.id);
        let log = node
            .partition(topic, partition)
            .join("00000000000000000000.log");
        let whole = fs::read(&log).with_context(|| format!("could not read {}", log.display()))?;
        let mut bytes = whole.clone();
        let batch = nth(&mut bytes, batch).context("no such batch")?;
        inflict(batch, damage);
        fs::write(&log, bytes).context("could not write the damaged log")?;
        Ok(Damaged { log, whole })
    }
}

/// The bytes of a batch.
fn nth(log: &mut [u8], batch: usize) -> Option<&mut [u8]> {
    let mut at = 0;
    for _ in 0..batch {
        at += length(log.get(at..)?)?;
    }
    let length = length(log.get(at..)?)?;
    log.get_mut(at..at + length)
}

fn length(batch: &[u8]) -> Option<usize> {
    let counted = i32::from_be_bytes(batch.get(8..BEFORE_LENGTH)?.try_into().ok()?);
    let counted = usize::try_from(counted)
        .ok()
        .filter(|counted| *counted > 0)?;
    Some(BEFORE_LENGTH + counted)
}

fn inflict(batch: &mut [u8], damage: Damage) {
    match damage {
        Damage::Payload => {
            let at = batch.len().saturating_sub(8);
            batch[at] ^= 0xff;
        }
        Damage::Codec => {
            batch[ATTRIBUTES + 1] = batch[ATTRIBUTES + 1] & !0x07 | SNAPPY;
            let checksum = crc32c(&batch[ATTRIBUTES..]);
            batch[CHECKSUM..CHECKSUM + 4].copy_from_slice(&checksum.to_be_bytes());
        }
    }
}

/// Castagnoli's checksum, bit by bit: for one small batch.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnolis() {
        // RFC 3720, B.4: 32 bytes of zeros.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
