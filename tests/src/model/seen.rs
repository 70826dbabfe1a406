//! What can be seen from outside, as a history for the checker.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_proto::ids::{GatherId, Offset, Topic};
use rollcall_proto::packed;
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{GatherSummary, PackedBatch};

use super::clients::LEASE;
use super::fetcher::{BEGIN, TOPIC};
use super::kafka::Kafka;
use crate::checker::{self, Event, GatherKey, History, Log, SlotSeen};

/// What holds while things happen; I2 and I5 are for the end.
const AT_EVERY_MOMENT: [&str; 3] = ["I1", "I3", "I4"];

/// What was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    history: Arc<History>,
    /// Whether there is something new to judge.
    fresh: bool,
    /// Offsets that were acked, by partition: what the checker goes by.
    pub(super) acked: BTreeMap<i32, RangeSet>,
    /// Offsets that were handed out.
    pub(super) offered: BTreeMap<i32, RangeSet>,
}

impl Seen {
    /// The records lie in the log.
    pub(super) fn new(kafka: &Kafka) -> Self {
        let mut history = History::default();
        for (partition, log) in kafka.numbered() {
            let offsets = (0..log.records).filter_map(Offset::known).collect();
            let log = named(partition);
            history.add(BEGIN, Event::Produced { log, offsets });
        }
        Self {
            history: Arc::new(history),
            fresh: false,
            acked: BTreeMap::new(),
            offered: BTreeMap::new(),
        }
    }

    fn add(&mut self, at: Moment, event: Event) {
        Arc::make_mut(&mut self.history).add(at, event);
        self.fresh = true;
    }

    pub(super) fn asked(&mut self, gather: GatherId, at: Moment) {
        let (gather, topics) = (GatherKey(gather.0), vec![topic()]);
        self.add(at, Event::Asked { gather, topics });
    }

    /// A batch came; its offsets are returned.
    pub(super) fn handed_out(
        &mut self,
        gather: GatherId,
        batch: &PackedBatch,
        at: Moment,
    ) -> Vec<i64> {
        let records = packed::records(batch).into_iter().flatten();
        let offsets: Vec<Offset> = records.map(|record| record.offset).collect();
        let raw = offsets.iter().map(|offset| offset.get()).collect();
        let offered = self.offered.entry(batch.partition).or_default();
        offsets
            .iter()
            .filter_map(|&offset| one(offset))
            .for_each(|one| offered.insert(one));
        let range = OffsetRange::from_raw(batch.first_offset, batch.next_offset);
        if let Some(range) = range {
            let event = Event::HandedOut {
                gather: GatherKey(gather.0),
                log: named(batch.partition),
                range,
                offsets,
                auto_ack: false,
            };
            self.add(at, event);
        }
        raw
    }

    pub(super) fn summed_up(
        &mut self,
        gather: GatherId,
        summary: &GatherSummary,
        came: u32,
        at: Moment,
    ) {
        let took = summary.took.as_ref().and_then(rollcall_proto::time::length);
        let slot = |slot: &rollcall_proto::v1::Slot| SlotSeen {
            topic: topic(),
            said: slot.record_count,
            came,
            verdict: slot.verdict.as_ref().map(|verdict| verdict.code()),
        };
        let event = Event::SummedUp {
            gather: GatherKey(gather.0),
            took: took.unwrap_or_default(),
            lease: LEASE,
            slots: summary.slots.iter().map(slot).collect(),
        };
        self.add(at, event);
    }

    pub(super) fn left(&mut self, gather: GatherId, at: Moment) {
        let gather = GatherKey(gather.0);
        self.add(at, Event::Left { gather });
    }

    pub(super) fn acked(&mut self, partition: i32, offset: i64, at: Moment) {
        if let Some(range) = Offset::known(offset).and_then(one) {
            self.acked.entry(partition).or_default().insert(range);
            let log = named(partition);
            self.add(at, Event::Acked { log, range });
        }
    }

    pub(super) fn nacked(&mut self, partition: i32, offset: i64, at: Moment) {
        if let Some(range) = Offset::known(offset).and_then(one) {
            let log = named(partition);
            self.add(at, Event::Nacked { log, range });
        }
    }

    pub(super) fn committed(&mut self, partition: i32, offset: Offset, end: i64, at: Moment) {
        let event = Event::Committed {
            log: named(partition),
            offset,
            end: Offset::known(end).unwrap_or_default(),
        };
        self.add(at, event);
    }

    pub(super) fn aggregator_killed(&mut self, at: Moment) {
        self.add(at, Event::AggregatorKilled);
    }

    /// What the newest events break, if they break anything.
    pub(super) fn judge(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.fresh) {
            return None;
        }
        let broken = checker::broken(&self.history)
            .into_iter()
            .find(|broken| AT_EVERY_MOMENT.contains(&broken.invariant));
        broken.map(|broken| broken.to_string())
    }

    /// What a history that is over breaks, if it breaks anything.
    pub(super) fn judge_all(&self) -> Option<String> {
        let broken = checker::broken(&self.history);
        broken.first().map(ToString::to_string)
    }
}

fn topic() -> Topic {
    Topic::new(TOPIC).expect("it is a topic's name")
}

fn named(partition: i32) -> Log {
    Log::new(TOPIC, partition).expect("it is a topic's name")
}

fn one(offset: Offset) -> Option<OffsetRange> {
    OffsetRange::new(offset, offset.checked_add(1)?)
}
