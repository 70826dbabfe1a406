//! Typed names and numbers of what the contract speaks about.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::TOPIC_NAME_BYTES;

/// A topic's name, checked by Kafka's own rules; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Topic(Arc<str>);

/// Why a text is no topic name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It is empty.
    #[error("topic name is empty")]
    Empty,
    /// It has more than 249 bytes.
    #[error("topic name has {0} bytes, at most {TOPIC_NAME_BYTES} are allowed")]
    TooLong(usize),
    /// It is "." or "..".
    #[error("topic name {0:?} is reserved")]
    Reserved(String),
    /// It has a character outside `[a-zA-Z0-9._-]`.
    #[error(
        "topic name {name:?} has the character {character:?}; allowed are letters, digits, '.', '_' and '-'"
    )]
    Character {
        /// The name.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
}

impl Topic {
    /// Checks a name (source: Kafka's `Topic.validate`).
    pub fn new(name: &str) -> Result<Self, TopicError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        match name {
            "" => Err(TopicError::Empty),
            "." | ".." => Err(TopicError::Reserved(name.to_owned())),
            _ if name.len() > TOPIC_NAME_BYTES => Err(TopicError::TooLong(name.len())),
            _ => match name.chars().find(|&c| !allowed(c)) {
                Some(character) => Err(TopicError::Character {
                    name: name.to_owned(),
                    character,
                }),
                None => Ok(Self(name.into())),
            },
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Topic {
    type Error = TopicError;

    fn try_from(name: String) -> Result<Self, TopicError> {
        Self::new(&name)
    }
}

impl From<Topic> for String {
    fn from(topic: Topic) -> Self {
        topic.0.as_ref().into()
    }
}

impl std::str::FromStr for Topic {
    type Err = TopicError;

    fn from_str(name: &str) -> Result<Self, TopicError> {
        Self::new(name)
    }
}

/// Kafka's id of a topic: the only proof that two topics of one name are the same.
///
/// 22 characters of base64 on a real cluster, `mock:NAME` on the embedded broker. Unknown is
/// `Option<TopicId>`, never an empty one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicId(Arc<str>);

/// Longest topic id that is accepted from the wire.
const TOPIC_ID_BYTES: usize = TOPIC_NAME_BYTES + "mock:".len();

impl TopicId {
    /// An id as it came from Kafka or over the wire; `None` when it is empty or too long to be one.
    pub fn new(id: &str) -> Option<Self> {
        (!id.is_empty() && id.len() <= TOPIC_ID_BYTES).then(|| Self(id.into()))
    }

    /// The stand-in for a topic of the embedded broker, whose topics cannot be recreated.
    pub fn embedded(topic: &Topic) -> Self {
        Self(format!("mock:{topic}").into())
    }

    /// The id as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TopicId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(&id).ok_or("it is empty or too long to be a topic's id")
    }
}

impl From<TopicId> for String {
    fn from(id: TopicId) -> Self {
        id.0.as_ref().into()
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A partition's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition(pub i32);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An offset in a partition's log; never negative.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Offset(i64);

impl Offset {
    /// The first offset of any log.
    pub const ZERO: Self = Self(0);

    /// An offset as Kafka says it: `None` for -1, -1001 and every other negative stand-in.
    pub fn known(raw: i64) -> Option<Self> {
        (raw >= 0).then_some(Self(raw))
    }

    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The offset `offsets` later; `None` beyond the last one that there can be.
    pub fn checked_add(self, offsets: u64) -> Option<Self> {
        self.0.checked_add_unsigned(offsets).map(Self)
    }

    /// Offsets from `earlier` up to this one; 0 when `earlier` lies later.
    pub fn distance_from(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl TryFrom<i64> for Offset {
    type Error = &'static str;

    fn try_from(raw: i64) -> Result<Self, Self::Error> {
        Self::known(raw).ok_or("an offset is not negative")
    }
}

impl From<Offset> for i64 {
    fn from(offset: Offset) -> Self {
        offset.0
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Counts the leaders of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaderEpoch(pub i32);

impl LeaderEpoch {
    /// An epoch as Kafka says it: a negative one is none.
    pub fn known(raw: i32) -> Option<Self> {
        (raw >= 0).then_some(Self(raw))
    }
}

/// A place in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogPosition {
    /// The offset.
    pub offset: Offset,
    /// No record before it was written under a later epoch than this one; `None` where that is not known.
    ///
    /// It may be later than the truth, and never earlier, which would show a truncation that was none.
    pub leader_epoch: Option<LeaderEpoch>,
}

impl LogPosition {
    /// A place of which nothing but its offset is known.
    pub const fn of_unknown_epoch(offset: Offset) -> Self {
        Self {
            offset,
            leader_epoch: None,
        }
    }
}

/// Epoch of a claim: the highest of a partition wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// Number of a lease, unique in a run of an aggregator; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

/// Number of a gather, unique in a run of an aggregator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatherId(pub u64);
