//! The window of a gather: what it wants, what it got, whether it may close.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_proto::ids::{GatherId, LeaseId, Offset, Partition};
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, ClosedBy};

use super::partition::{Handed, Room, Take};
use super::roster::TopicKey;
use super::terms::{CloseWhen, Deliver, Terms};
use super::topic::TopicState;
use super::verdict::{Capped, SlotOutcome};

/// Chunks that may be on their way to a client that has not taken them.
pub const CHUNKS: u32 = 8;
/// Bytes after which a chunk is closed. A single batch may be larger.
pub const CHUNK_BYTES: u64 = 256 << 10;
/// Batches after which a chunk is closed.
pub const CHUNK_BATCHES: usize = 256;

/// One gather, from its call until its summary was taken.
#[derive(Clone, Debug)]
pub struct Gather {
    /// Its number; the number of its lease too.
    pub id: GatherId,
    /// What it shall do.
    pub terms: Terms,
    /// When it was called.
    pub started: Moment,
    /// One for each topic, in the order of the answer.
    pub slots: Vec<Slot>,
    /// Where the slot of each topic is.
    places: BTreeMap<TopicKey, usize>,
    /// How far it is.
    pub phase: Phase,
    /// Results of the settlement that came with the call.
    pub settled: Vec<v1::SettleResult>,
    /// Chunks that the client has not taken yet.
    in_flight: u32,
    /// Something was left behind because the client is slow: it gets it before a condition closes.
    held_up: bool,
    /// The next record did not fit into `max_bytes`.
    bytes_full: bool,
    /// The slot whose turn it is.
    turn: usize,
    /// Records and bytes over all slots.
    taken: (u32, u64),
    /// Slots that its condition waits for.
    missing: usize,
    /// Slots whose topic has no partition in this lane.
    elsewhere: usize,
}

/// What one topic gave so far.
#[derive(Clone, Debug)]
pub struct Slot {
    /// The topic.
    pub topic: TopicKey,
    /// Records.
    pub records: u32,
    /// Bytes.
    pub bytes: u64,
    /// What was handed out or shown.
    pub ranges: BTreeMap<Partition, RangeSet>,
    /// Where a peek goes on.
    peeked: BTreeMap<Partition, Offset>,
    /// The partition whose turn it is next in a peek; takers share the topic's.
    pub turn: Partition,
    /// `max_bytes` left records behind.
    bytes_cut: bool,
    /// The topic has no partition in this lane.
    elsewhere: bool,
}

/// How far a gather is.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Records go out as they come.
    Open,
    /// Closed; it waits for fresh evidence.
    Closed(Closed),
    /// The summary is on its way to the client.
    Answered(Closed, Arc<v1::GatherSummary>),
}

/// When and why a gather closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When.
    pub at: Moment,
    /// Why.
    pub by: ClosedBy,
    /// Topics whose evidence it still waits for.
    pub waits: usize,
}

impl Gather {
    /// A gather that was just called.
    pub fn new(id: GatherId, terms: Terms, started: Moment) -> Self {
        let slots: Vec<_> = terms.topics.iter().map(|&topic| Slot::new(topic)).collect();
        let places = terms.topics.iter().zip(0..);
        Self {
            id,
            started,
            places: places.map(|(&topic, place)| (topic, place)).collect(),
            missing: slots
                .iter()
                .filter(|slot| terms.waits_for(slot.topic))
                .count(),
            terms,
            slots,
            phase: Phase::Open,
            settled: Vec::new(),
            in_flight: 0,
            held_up: false,
            bytes_full: false,
            turn: 0,
            taken: (0, 0),
            elsewhere: 0,
        }
    }

    /// A topic has no partition in this lane: nothing of it is waited for.
    pub fn excuse(&mut self, topic: TopicKey) {
        let Some(place) = self.place(topic) else {
            return;
        };
        let slot = &mut self.slots[place];
        if std::mem::replace(&mut slot.elsewhere, true) {
            return;
        }
        self.elsewhere += 1;
        if self.terms.waits_for(topic) && slot.records < self.terms.enough() {
            self.missing -= 1;
        }
    }

    /// The lease of its records; the number is the gather's own.
    pub const fn lease(&self) -> LeaseId {
        LeaseId(self.id.0)
    }

    /// Whether it only looks.
    pub fn is_peek(&self) -> bool {
        self.terms.delivery == Deliver::Peek
    }

    /// Whether it still takes records.
    pub const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// When it closes at the latest.
    pub fn deadline(&self) -> Moment {
        self.started + self.terms.timeout
    }

    /// Records over all topics.
    pub const fn records(&self) -> u32 {
        self.taken.0
    }

    const fn bytes(&self) -> u64 {
        self.taken.1
    }

    /// Where the slot of a topic is; `None` for one that was not asked for.
    pub fn place(&self, topic: TopicKey) -> Option<usize> {
        self.places.get(&topic).copied()
    }

    /// What a slot may still take; `None` when it is full or the gather closed.
    pub fn room(&self, slot: usize) -> Option<Room> {
        let records = self
            .terms
            .max_records
            .checked_sub(self.slots.get(slot)?.records)?;
        let bytes = self.terms.max_bytes.saturating_sub(self.bytes());
        let room = Room {
            records,
            bytes,
            first_passes: self.records() == 0,
        };
        (self.is_open() && !self.bytes_full && records > 0).then_some(room)
    }

    /// Where a peek goes on in a partition.
    pub fn peeked(&self, slot: usize, partition: Partition) -> Offset {
        self.slots[slot]
            .peeked
            .get(&partition)
            .copied()
            .unwrap_or_default()
    }

    /// Whether a slot's topic holds records that this gather could have had as well.
    pub fn leaves_behind(&self, slot: &Slot, topic: &TopicState) -> bool {
        if !self.is_peek() {
            return topic.has_waiting();
        }
        // A peek leaves what it has shown: more is what comes after it.
        topic.partitions.iter().any(|(number, partition)| {
            let from = slot.peeked.get(number).copied().unwrap_or_default();
            matches!(partition.peek(from, Room::ONE), Take::Batch(_))
        })
    }

    /// Notes a batch that goes to the client.
    pub fn take(&mut self, slot: usize, partition: Partition, handed: &Handed, bytes: u64) {
        let slot = &mut self.slots[slot];
        let records = handed.packed.record_count;
        let enough = self.terms.enough();
        let was_missing = slot.records < enough;
        slot.records = slot.records.saturating_add(records);
        slot.bytes += bytes;
        self.taken = (
            self.taken.0.saturating_add(records),
            self.taken.1.saturating_add(bytes),
        );
        let is_there = was_missing && slot.records >= enough;
        if is_there && !slot.elsewhere && self.terms.waits_for(slot.topic) {
            self.missing -= 1;
        }
        slot.peeked.insert(partition, handed.range.next());
        slot.ranges
            .entry(partition)
            .or_default()
            .insert(handed.range);
    }

    /// Notes that the next record of a slot does not fit into `max_bytes`.
    pub fn no_room(&mut self, slot: usize) {
        self.slots[slot].bytes_cut = true;
        self.bytes_full = true;
    }

    /// The slots, beginning with the one whose turn it is; the next call begins one later. Of one topic only its own.
    pub fn turns(&mut self, only: Option<TopicKey>) -> impl Iterator<Item = usize> + use<> {
        let slots = self.slots.len();
        let (first, count) = match only {
            None => (self.turn, slots),
            Some(topic) => match self.place(topic) {
                Some(place) => (place, 1),
                None => (0, 0),
            },
        };
        if only.is_none() {
            self.goes_on_at(first + 1);
        }
        (0..count).map(move |at| (first + at) % slots)
    }

    /// It is this slot's turn next.
    pub fn goes_on_at(&mut self, slot: usize) {
        self.turn = slot % self.slots.len().max(1);
    }

    /// Whether another chunk may go to the client now. If not, what is left behind is remembered.
    pub fn may_send(&mut self) -> bool {
        self.held_up = self.in_flight >= CHUNKS;
        !self.held_up
    }

    /// A chunk goes to the client.
    pub fn sent(&mut self) {
        self.in_flight += 1;
    }

    /// The client took a chunk.
    pub fn taken(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Chunks that the client has not taken yet.
    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Why it is to close now, if it is.
    pub fn closes(&self, now: Moment) -> Option<ClosedBy> {
        match () {
            () if !self.is_open() => None,
            () if now >= self.deadline() => Some(ClosedBy::Timeout),
            // A slow client gets what was there before anything else closes the gather.
            () if self.held_up => None,
            () if self.is_satisfied() => Some(ClosedBy::Condition),
            () if self.bytes_full || self.bytes() >= self.terms.max_bytes => {
                Some(ClosedBy::MaxBytes)
            }
            () => None,
        }
    }

    const fn is_satisfied(&self) -> bool {
        match self.terms.close {
            CloseWhen::Any => self.records() > 0 || self.elsewhere == self.slots.len(),
            CloseWhen::Each | CloseWhen::Full | CloseWhen::Required(_) => self.missing == 0,
        }
    }

    /// What a slot got, for judging. `waiting` says whether records of the topic wait here.
    pub fn outcome(&self, slot: &Slot, waiting: bool) -> SlotOutcome {
        let full = slot.records >= self.terms.max_records;
        let capped = match () {
            () if slot.bytes_cut || (self.bytes_full && waiting && !full) => Some(Capped::MaxBytes),
            () if full && waiting => Some(Capped::MaxRecords),
            () => None,
        };
        SlotOutcome {
            records: slot.records,
            capped,
        }
    }
}

impl Slot {
    const fn new(topic: TopicKey) -> Self {
        Self {
            topic,
            records: 0,
            bytes: 0,
            ranges: BTreeMap::new(),
            peeked: BTreeMap::new(),
            turn: Partition(0),
            bytes_cut: false,
            elsewhere: false,
        }
    }

    /// Forgets what was handed out of a partition from `at` on: its log is another one there now.
    pub fn forget_from(&mut self, partition: Partition, at: Offset) {
        self.peeked.remove(&partition);
        if let Some(ranges) = self.ranges.get_mut(&partition) {
            ranges.remove_from(at);
        }
        self.ranges.retain(|_, ranges| !ranges.is_empty());
    }

    /// What was handed out, as it travels.
    pub fn ranges_to_wire(&self) -> Vec<v1::PartitionRange> {
        let ranges = self
            .ranges
            .iter()
            .flat_map(|(&partition, set)| set.iter().map(move |range| (partition, range)));
        let wire = |(partition, range): (Partition, OffsetRange)| v1::PartitionRange {
            partition: partition.0,
            first_offset: range.first().get(),
            next_offset: range.next().get(),
        };
        ranges.map(wire).collect()
    }
}
