//! How a fetcher comes by its partitions.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use rollcall_proto::ids::Partition;
use rollcall_proto::v1;

/// Most shards that a topic can be shared out to: as many as it may have partitions.
const MOST_SHARDS: u32 = 100_000;

/// How a fetcher comes by its partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// The consumer group gives them.
    #[default]
    Group,
    /// It takes those of its shard. Commits still go to the group, which must have no members.
    Fixed(Shard),
}

/// One of so many parts of a topic: the partitions whose number, modulo `of`, is `number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: NonZeroU32,
}

/// A text that names no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no shard: {reason}")]
pub struct ShardError {
    text: String,
    reason: &'static str,
}

/// What is accepted where a shard is to be named.
pub const SHARD_ACCEPTED: &str = "I/N with I below N, such as 0/2 and 1/2 for two halves";

impl Shard {
    /// The whole topic.
    pub const ALL: Self = Self {
        number: 0,
        of: NonZeroU32::MIN,
    };

    /// The shard of that number, of so many; `None` where there is no such one.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        let of = NonZeroU32::new(of)?;
        (number < of.get()).then_some(Self { number, of })
    }

    /// Whether the partition belongs to it.
    pub fn has(self, partition: Partition) -> bool {
        u32::try_from(partition.0).is_ok_and(|number| number % self.of == self.number)
    }

    /// Its number, from 0.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    pub const fn of(self) -> u32 {
        self.of.get()
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let wrong = |reason| ShardError {
            text: text.to_owned(),
            reason,
        };
        let (number, of) = text.split_once('/').ok_or_else(|| wrong("it has no /"))?;
        let digits = |part: &str| part.parse::<u32>().map_err(|_| wrong("it is no I/N"));
        let (number, of) = (digits(number)?, digits(of)?);
        let of = NonZeroU32::new(of).ok_or_else(|| wrong("there is no shard of 0"))?;
        if of.get() > MOST_SHARDS {
            return Err(wrong("at most 100000 shards can have a partition"));
        }
        if number >= of.get() {
            return Err(wrong("shards are counted from 0, so I is below N"));
        }
        Ok(Self { number, of })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Membership {
    /// The shard of a fixed fetcher.
    pub const fn shard(self) -> Option<Shard> {
        match self {
            Self::Group => None,
            Self::Fixed(shard) => Some(shard),
        }
    }

    /// As it travels.
    pub const fn to_wire(self) -> v1::Membership {
        match self {
            Self::Group => v1::Membership::Group,
            Self::Fixed(_) => v1::Membership::Fixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn shards_cover_every_partition_exactly_once() {
        for of in 1..=5 {
            let shards: Vec<_> = (0..of).map(|i| shard(&format!("{i}/{of}"))).collect();
            for partition in (0..20).map(Partition) {
                let takers = shards.iter().filter(|shard| shard.has(partition));
                assert_eq!(takers.count(), 1, "{partition} of {of}");
            }
        }
        assert!((0..20).map(Partition).all(|p| Shard::ALL.has(p)));
        assert!(!Shard::ALL.has(Partition(-1)));
        assert_eq!(Shard::new(0, 1), Some(Shard::ALL));
        assert_eq!((Shard::new(0, 0), Shard::new(2, 2)), (None, None));
    }

    #[test]
    fn a_shard_is_its_number_and_how_many_there_are() {
        let half = shard("1/2");
        assert_eq!(
            (half.number(), half.of(), half.to_string().as_str()),
            (1, 2, "1/2")
        );
        for (text, why) in [
            ("", "no /"),
            ("1", "no /"),
            ("a/2", "no I/N"),
            ("-1/2", "no I/N"),
            ("1/2/3", "no I/N"),
            ("0/0", "no shard of 0"),
            ("2/2", "from 0"),
            ("0/100001", "at most"),
        ] {
            let error = text.parse::<Shard>().unwrap_err().to_string();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }
}
