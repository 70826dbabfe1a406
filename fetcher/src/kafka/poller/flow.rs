//! Pausing and resuming, and telling so.

use rdkafka::topic_partition_list::Offset as RawOffset;
use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;

use super::Poller;
use crate::core::lanes::Flows;
use crate::kafka::observer::list;

impl Poller {
    pub(super) fn pause(&mut self, partitions: &[Partition], now: Moment) {
        self.switch(partitions, true);
        self.flow
            .paused
            .extend(partitions.iter().map(|p| (*p, now)));
    }

    pub(super) fn resume(&mut self, partitions: &[Partition], _now: Moment) {
        // The others go on once their places are validated.
        let ready = |partition: &Partition| !self.unvalidated.contains(partition);
        let ready: Vec<_> = partitions.iter().copied().filter(ready).collect();
        self.switch(&ready, false);
        self.flow.paused.retain(|p, _| !partitions.contains(p));
    }

    pub(super) fn switch(&self, partitions: &[Partition], pause: bool) {
        let switched = list(&self.setup.topic, partitions, RawOffset::Invalid).and_then(|list| {
            if pause {
                self.consumer.pause(&list)
            } else {
                self.consumer.resume(&list)
            }
        });
        // A partition that is not assigned any more has nothing to pause.
        if let Err(error) = switched {
            tracing::debug!(%error, pause, "partitions could not be paused or resumed");
        }
    }

    /// Tells the feed when something of it changed.
    pub(super) fn report_flow(&mut self, _now: Moment) {
        let starved = self.throttle.starved();
        let known = &self.flow.starved;
        let began = starved
            .keys()
            .filter(|feed| !known.contains_key(feed))
            .count() as u64;
        let flow = Flows {
            starved,
            paused: self.flow.paused.clone(),
            pauses: self.flow.pauses + began,
        };
        if flow != self.told {
            self.flow = flow.clone();
            self.told = flow.clone();
            self.tell(crate::kafka::event::KafkaEvent::Flow(flow));
        }
    }
}
