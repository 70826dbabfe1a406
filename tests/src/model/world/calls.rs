//! What reaches the aggregator, and what it wants done: feeds, gathers, settlements.

use std::collections::VecDeque;
use std::sync::Arc;

use rollcall_aggregator::core::books::FeedKey;
use rollcall_aggregator::core::event::{Action as Order, Call, CallId, Event, FeedEnd};
use rollcall_aggregator::core::inbound::{self, FeedMessage};
use rollcall_proto::ids::{Epoch, GatherId};
use rollcall_proto::v1::{self, gather_batch};

use super::World;
use crate::model::action::Travels;
use crate::model::aggregator::Aggregator;
use crate::model::clients::{self, LEASE, Late};
use crate::model::size::Variant;
use crate::model::{Protocol, wire};

impl World {
    /// Lets something happen at the aggregator; clients read at once what they are given.
    fn apply(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.aggregator.now;
            let orders = Arc::make_mut(&mut self.aggregator.roll).apply(event, now);
            for order in orders {
                self.perform(order, &mut events);
            }
            let due = self.aggregator.deadline().is_some_and(|at| at <= now);
            if due && events.is_empty() {
                events.push_back(Event::Tick);
            }
        }
    }

    pub(super) fn tick(&mut self) {
        self.apply(Event::Tick);
    }

    fn perform(&mut self, order: Order, events: &mut VecDeque<Event>) {
        match order {
            Order::Tell(FeedKey(feed), event) => self.tell(feed, event),
            Order::CloseFeed(FeedKey(feed), end) => {
                if let FeedEnd::Fault(fault) = end {
                    self.blame(format!(
                        "feed {feed} keeps the protocol and is blamed: {fault}"
                    ));
                }
                self.aggregator.feeds.remove(&feed);
                self.end_link(feed);
            }
            Order::Chunk(gather, batches) => {
                for batch in batches {
                    self.give(gather, batch);
                }
                events.push_back(Event::ChunkTaken(gather));
            }
            Order::Summary(gather, summary) => {
                self.sum_up(gather, &summary);
                events.push_back(Event::SummaryTaken(gather));
            }
            Order::Refuse(gather, refusal) => {
                self.blame(format!("gather {} is refused: {refusal:?}", gather.0));
            }
            Order::CutOff(gather) => {
                self.blame(format!(
                    "gather {} is cut off, and its client reads",
                    gather.0
                ));
            }
            Order::Admit(_) | Order::Settled(..) | Order::Traced(..) | Order::Note(_) => {}
        }
    }

    fn tell(&mut self, feed: u64, event: v1::feed_response::Event) {
        let Some(event) = wire::heard(event) else {
            return;
        };
        let processes = self
            .fetchers
            .iter_mut()
            .filter_map(|fetcher| fetcher.process.as_mut());
        let mut links = processes.filter_map(|process| process.link.as_mut());
        if let Some(link) = links.find(|link| link.feed == feed && !link.over) {
            link.down.push_back(Arc::new(event));
        }
    }

    // ---- feeds ----

    pub(super) fn hear(&mut self, feed: u64, model: &Protocol) {
        let Some(end) = self.aggregator.feeds.get_mut(&feed) else {
            return;
        };
        let fetcher = end.fetcher;
        let Some(event) = end.up.pop_front() else {
            return;
        };
        let message = v1::FeedRequest {
            event: Some((*event).clone()),
        };
        let event = match inbound::read(message, Aggregator::limits()) {
            Ok(message) => self.taken(feed, message, model.variant),
            Err(fault) => Event::FeedFault(FeedKey(feed), fault),
        };
        self.apply(event);
        self.speak(fetcher, &model.size);
    }

    /// A message as the aggregator takes it. One variant takes what an old claim sent for the present one's.
    fn taken(&self, feed: u64, message: FeedMessage, variant: Variant) -> Event {
        let FeedMessage::Batch(mut batch) = message else {
            return Event::Feed(FeedKey(feed), message);
        };
        let holder = self.aggregator.holder(batch.partition);
        let holder = holder.filter(|_| variant == Variant::TakesOldEpochs);
        let (feed, epoch) = holder.unwrap_or((feed, batch.epoch.0));
        batch.epoch = Epoch(epoch);
        Event::Feed(FeedKey(feed), FeedMessage::Batch(batch))
    }

    pub(super) fn close_feed(&mut self, feed: u64) {
        self.aggregator.feeds.remove(&feed);
        self.apply(Event::FeedClosed(FeedKey(feed)));
    }

    // ---- clients ----

    pub(super) fn gather(&mut self, client: usize, model: &Protocol) {
        self.aggregator.gathers += 1;
        let gather = GatherId(self.aggregator.gathers);
        self.seen.asked(gather, self.aggregator.now);
        self.clients[client].gather = Some(gather);
        let call = Call {
            gather,
            terms: clients::terms(client, model.size.max_records),
            settle: Vec::new(),
        };
        self.apply(Event::Gather(Box::new(call)));
    }

    fn give(&mut self, gather: GatherId, batch: v1::GatherBatch) {
        let now = self.aggregator.now;
        let Some(gather_batch::Records::Packed(packed)) = batch.records else {
            return self.blame(format!(
                "gather {} got something that is not packed",
                gather.0
            ));
        };
        let mut clients = self.clients.iter_mut();
        let Some(client) = clients.find(|client| client.gather == Some(gather)) else {
            return self.blame(format!("gather {} is given to nobody", gather.0));
        };
        for offset in self.seen.handed_out(gather, &packed, now) {
            client.came += 1;
            client
                .given
                .insert((packed.partition, offset), (gather, None));
        }
    }

    fn sum_up(&mut self, gather: GatherId, summary: &v1::GatherSummary) {
        let now = self.aggregator.now;
        let mut clients = self.clients.iter_mut();
        let Some(client) = clients.find(|client| client.gather == Some(gather)) else {
            return self.blame(format!("gather {} is answered to nobody", gather.0));
        };
        self.seen.summed_up(gather, summary, client.came, now);
        (client.gather, client.came) = (None, 0);
        let given = client.given.values_mut().filter(|(of, _)| *of == gather);
        given.for_each(|(_, ends)| *ends = Some(now + LEASE));
    }

    pub(super) fn ack(&mut self, client: usize, partition: i32, offset: i64, travels: Travels) {
        self.seen.acked(partition, offset, self.aggregator.now);
        self.clients[client].given.remove(&(partition, offset));
        if travels != Travels::AtOnce {
            self.late.push(Late { partition, offset });
            self.late.sort_unstable();
        }
        if travels != Travels::Late {
            self.settle(partition, offset, v1::Outcome::Ack);
        }
    }

    pub(super) fn nack(&mut self, client: usize, partition: i32, offset: i64) {
        self.seen.nacked(partition, offset, self.aggregator.now);
        self.clients[client].given.remove(&(partition, offset));
        self.settle(partition, offset, v1::Outcome::Nack);
    }

    pub(super) fn settle(&mut self, partition: i32, offset: i64, outcome: v1::Outcome) {
        let ranges = vec![clients::range(partition, offset, outcome)];
        self.apply(Event::Settle(CallId(1), ranges, None));
    }

    pub(super) fn depart(&mut self, client: usize) {
        let gone = std::mem::take(&mut self.clients[client]);
        if let Some(gather) = gone.gather {
            self.seen.left(gather, self.aggregator.now);
            self.apply(Event::StreamEnded(gather));
        }
    }
}
