//! What happened, in the order in which it was seen.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::VerdictCode;

/// One partition's log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Log {
    /// Topic.
    pub topic: Topic,
    /// Partition.
    pub partition: Partition,
}

/// Names a gather in a history, whatever number its aggregator gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GatherKey(pub u64);

/// A slot of a summary.
#[derive(Clone, Debug)]
pub struct SlotSeen {
    /// Its topic.
    pub topic: Topic,
    /// Records that it says were handed out.
    pub said: u32,
    /// Records that came.
    pub came: u32,
    /// Its verdict; none when there is none, or one that nobody knows.
    pub verdict: Option<VerdictCode>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// Records that lie in the log, visible to a consumer. Seen at any time: a record can be read before its producer
    /// knows that it is there.
    Produced {
        /// The log.
        log: Log,
        /// Their offsets.
        offsets: Vec<Offset>,
    },
    /// A gather was asked for.
    Asked {
        /// Its key.
        gather: GatherKey,
        /// The topics, in order.
        topics: Vec<Topic>,
    },
    /// A batch of a gather came.
    HandedOut {
        /// The gather.
        gather: GatherKey,
        /// The log.
        log: Log,
        /// What the batch covers.
        range: OffsetRange,
        /// The offsets of its records.
        offsets: Vec<Offset>,
        /// Whether the aggregator settles it without an ack: at some time between the asking and the summary, maybe
        /// long before the batch is read.
        auto_ack: bool,
    },
    /// The summary of a gather came.
    SummedUp {
        /// The gather.
        gather: GatherKey,
        /// How long it took, by its own word.
        took: Duration,
        /// How long the lease lasts from the summary on.
        lease: Duration,
        /// Its slots, in order.
        slots: Vec<SlotSeen>,
    },
    /// The client is about to leave in the middle of an answer, or the answer broke off.
    Left {
        /// The gather.
        gather: GatherKey,
    },
    /// A client is about to ack a range that it was given.
    Acked {
        /// The log.
        log: Log,
        /// The range.
        range: OffsetRange,
    },
    /// A client is about to give a range back.
    Nacked {
        /// The log.
        log: Log,
        /// The range.
        range: OffsetRange,
    },
    /// What the group had committed.
    Committed {
        /// The log.
        log: Log,
        /// The committed offset.
        offset: Offset,
        /// The end of the log then.
        end: Offset,
    },
    /// An operator is about to set the group's committed offset.
    Rewound {
        /// The log.
        log: Log,
        /// The offset.
        to: Offset,
    },
    /// The aggregator is about to be killed: all leases end.
    AggregatorKilled,
    /// The only fetcher of a topic has fallen silent.
    Silenced {
        /// The topic.
        topic: Topic,
    },
    /// A fetcher of the topic is about to be heard again.
    Heard {
        /// The topic.
        topic: Topic,
    },
    /// What the aggregator held.
    Held {
        /// Bytes buffered or leased.
        bytes: u64,
        /// Bytes that may be, but for one batch of each partition.
        budget: u64,
        /// Partitions of the roll.
        partitions: u64,
        /// Bytes of one batch.
        batch: u64,
    },
}

/// An event and its time.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it was seen.
    pub at: Moment,
    /// What it was.
    pub event: Event,
}

/// All that happened.
#[derive(Clone, Debug, Default)]
pub struct History {
    entries: Vec<Entry>,
    gathers: u64,
}

impl Log {
    /// A partition of a topic; none when that is no topic's name.
    pub fn new(topic: &str, partition: i32) -> Option<Self> {
        Some(Self {
            topic: Topic::new(topic).ok()?,
            partition: Partition(partition),
        })
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

impl fmt::Display for GatherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gather {}", self.0)
    }
}

impl History {
    /// Adds what was seen last.
    pub fn add(&mut self, at: Moment, event: Event) {
        self.entries.push(Entry { at, event });
    }

    /// A key for the next gather.
    pub fn next_gather(&mut self) -> GatherKey {
        self.gathers += 1;
        GatherKey(self.gathers)
    }

    /// What happened, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What happened, in order, without its times.
    pub(super) fn events(&self) -> impl Iterator<Item = &Event> {
        self.entries.iter().map(|entry| &entry.event)
    }

    /// What each gather was given that needs no ack: it counts as acked from the asking on.
    pub(super) fn auto_acked(&self) -> BTreeMap<GatherKey, Vec<(&Log, OffsetRange)>> {
        let mut gathers: BTreeMap<GatherKey, Vec<(&Log, OffsetRange)>> = BTreeMap::new();
        for event in self.events() {
            if let Event::HandedOut {
                gather,
                log,
                range,
                auto_ack: true,
                ..
            } = event
            {
                gathers.entry(*gather).or_default().push((log, *range));
            }
        }
        gathers
    }
}
