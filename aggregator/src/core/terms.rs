//! The terms of a gather: a request, checked, with its defaults filled in.

mod reading;

use std::time::Duration;

use rollcall_proto::trace::TraceContext;
use rollcall_proto::v1::{Close, Delivery};

use super::roster::TopicKey;

pub use reading::{read, read_timeout, read_topics, too_many_ranges};

/// Shortest and longest timeout.
pub const TIMEOUTS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(300));
/// Records per topic of a gather that names no number.
pub const MAX_RECORDS: u32 = 200;
/// Most records per topic.
pub const MAX_RECORDS_MOST: u32 = 1_000_000;
/// Lease of a gather that names none.
pub const LEASE: Duration = Duration::from_secs(30);
/// Shortest and longest lease.
pub const LEASES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3600));
/// Bytes of a client's name.
pub const CLIENT_ID_BYTES: usize = 255;
/// Ranges that one call may settle.
pub const SETTLE_RANGES: usize = 10_000;
/// Violations that are listed; the rest is counted.
pub const VIOLATIONS: usize = 100;

/// What a gather shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Topics, in the order of the answer's slots.
    pub topics: Vec<TopicKey>,
    /// How long to wait for records.
    pub timeout: Duration,
    /// Records per topic.
    pub max_records: u32,
    /// Bytes over all topics.
    pub max_bytes: u64,
    /// When to close.
    pub close: CloseWhen,
    /// What happens to the records.
    pub delivery: Deliver,
    /// How long a lease lasts after the summary.
    pub lease: Duration,
    /// Whether records are written one by one.
    pub plain: bool,
    /// Who asks. From the network.
    pub client: String,
    /// Where the call stands in a trace.
    pub trace: Option<TraceContext>,
}

/// When a gather closes before its timeout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseWhen {
    /// Every topic has a record.
    Each,
    /// Any topic has a record.
    Any,
    /// Every topic has `max_records`.
    Full,
    /// These topics have a record.
    Required(Vec<TopicKey>),
}

/// What happens to the records of a gather.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deliver {
    /// They are shown.
    Peek,
    /// They are the client's until settled, or until the lease ends.
    Lease,
    /// They are settled when the summary is written.
    AutoAck,
}

impl CloseWhen {
    /// As it travels.
    pub const fn to_wire(&self) -> Close {
        match self {
            Self::Each => Close::Each,
            Self::Any => Close::Any,
            Self::Full => Close::Full,
            Self::Required(_) => Close::Required,
        }
    }
}

impl Deliver {
    /// As it travels.
    pub const fn to_wire(self) -> Delivery {
        match self {
            Self::Peek => Delivery::Peek,
            Self::Lease => Delivery::Lease,
            Self::AutoAck => Delivery::AutoAck,
        }
    }
}

impl Terms {
    /// Whether the gather closes no earlier than this topic has [`enough`](Self::enough).
    pub fn waits_for(&self, topic: TopicKey) -> bool {
        match &self.close {
            CloseWhen::Each | CloseWhen::Full => true,
            CloseWhen::Any => false,
            CloseWhen::Required(topics) => topics.contains(&topic),
        }
    }

    /// Records of a topic that it waits for.
    pub const fn enough(&self) -> u32 {
        match self.close {
            CloseWhen::Each | CloseWhen::Any | CloseWhen::Required(_) => 1,
            CloseWhen::Full => self.max_records,
        }
    }
}

#[cfg(test)]
mod tests;
