//! Pausing and resuming, and telling so.

use rdkafka::topic_partition_list::Offset as RawOffset;
use rollcall_proto::ids::Partition;
use rollcall_proto::time::Moment;

use super::Poller;
use crate::core::session::Flow;
use crate::kafka::observer::list;

impl Poller {
    pub(super) fn pause(&mut self, partitions: &[Partition], now: Moment) {
        self.switch(partitions, true);
        self.flow
            .paused
            .extend(partitions.iter().map(|p| (*p, now)));
    }

    pub(super) fn resume(&mut self, partitions: &[Partition], _now: Moment) {
        self.switch(partitions, false);
        self.flow.paused.retain(|p, _| !partitions.contains(p));
    }

    fn switch(&self, partitions: &[Partition], pause: bool) {
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
        let starved_since = self.throttle.starved_since();
        let began = starved_since.is_some() && self.flow.starved_since.is_none();
        let flow = Flow {
            starved_since,
            paused: self.flow.paused.clone(),
            pauses: self.flow.pauses + u64::from(began),
        };
        if flow != self.told {
            self.flow = flow.clone();
            self.told = flow.clone();
            self.tell(crate::kafka::event::KafkaEvent::Flow(flow));
        }
    }
}
