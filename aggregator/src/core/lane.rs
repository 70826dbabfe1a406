//! Lanes: one aggregator of several has the partitions whose number, modulo the number of lanes, is its own.

use std::num::NonZeroU32;

use rollcall_proto::ids::Partition;
use serde::{Deserialize, Serialize};

/// Which partitions an aggregator is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its number, from 0.
    pub number: u32,
    /// How many lanes there are.
    pub of: NonZeroU32,
}

impl Default for Lane {
    /// The only one.
    fn default() -> Self {
        Self::new(0, 1)
    }
}

impl Lane {
    /// The lane of that number, of so many (0 counts as 1).
    pub const fn new(number: u32, of: u32) -> Self {
        let of = match NonZeroU32::new(of) {
            Some(of) => of,
            None => NonZeroU32::MIN,
        };
        Self { number, of }
    }

    /// Whether the partition belongs to it.
    pub fn has(&self, partition: Partition) -> bool {
        self.home(partition) == Some(self.number)
    }

    /// The lane that a partition belongs to; `None` for a number that no partition has.
    pub fn home(&self, partition: Partition) -> Option<u32> {
        let number = u32::try_from(partition.0).ok()?;
        Some(number % self.of)
    }

    /// Whether a topic of so many partitions has one in this lane.
    pub const fn has_one_of(&self, partitions: u32) -> bool {
        partitions > self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_dealt_out_in_turn() {
        let home = |partition, of| Lane::new(0, of).home(Partition(partition));
        let homes: Vec<_> = (0..5).filter_map(|partition| home(partition, 3)).collect();
        assert_eq!(homes, [0, 1, 2, 0, 1]);
        assert_eq!(home(-1, 3), None);
        assert_eq!(home(7, 0), Some(0), "no number counts as one lane");
    }

    #[test]
    fn a_lane_has_a_partition_of_a_topic_exactly_when_one_of_them_is_its_own() {
        for of in 1..6 {
            for number in 0..of {
                let lane = Lane::new(number, of);
                for partitions in 0..12 {
                    let any = (0..partitions).any(|partition| lane.has(Partition(partition)));
                    let told = u32::try_from(partitions).unwrap();
                    assert_eq!(lane.has_one_of(told), any, "{lane:?} of {partitions}");
                }
            }
        }
    }
}
