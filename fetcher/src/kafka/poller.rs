//! The polling thread of the group's consumer: it alone polls, and does what the feed orders.

mod flow;
mod orders;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rollcall_proto::ids::{LogPosition, Offset, Partition, Topic};
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::ErrorKind;
use tokio::sync::mpsc::Sender;

use crate::core::cutter::{Bounds, Cutter};
use crate::core::facts::{ClientFacts, Refused};
use crate::core::headway::Headway;
use crate::core::lanes::{FeedId, Flows};
use crate::core::latch::Report;
use crate::core::throttle::{Step, Throttle};
use crate::kafka::consumer::{self, Seat};
use crate::kafka::context::{Context, Rebalance};
use crate::kafka::errors;
use crate::kafka::event::KafkaEvent;
use crate::kafka::mailbox::{Mailbox, Placement};
use crate::kafka::native::{self, GroupConsumer};
use crate::kafka::progress::Progress;
use crate::kafka::protocol::{self, GroupProtocol};

/// How long one poll waits for a record at most; orders end it, and so do the statistics, once a second.
const READ_WAIT: Duration = Duration::from_secs(2);
/// Time between two tries to have a place validated: a commit that is on its way keeps it waiting.
const VALIDATE_AGAIN: Duration = Duration::from_millis(10);
/// Time between two looks at the member id while nothing is read, or after a question that was not answered.
const MEMBER_AGAIN: Duration = Duration::from_secs(2);
/// Time between two questions for the topic while nothing is read; librdkafka remembers the answer for 15 minutes.
const TOPIC_AGAIN: Duration = Duration::from_secs(60);
/// How long one of them may take: an order waits meanwhile.
const TOPIC_WAIT: Duration = Duration::from_millis(500);
/// How long the brokers may take to say which group protocol they speak.
const ASK_WAIT: Duration = Duration::from_secs(2);
/// Pause between two questions which group protocol the brokers speak.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long closing may take before the consumer is left behind.
const CLOSE_WAIT: Duration = Duration::from_secs(5);

/// What a polling thread is started with.
pub(crate) struct Setup {
    pub(crate) config: ClientConfig,
    /// The protocol, or `None` to ask the brokers.
    pub(crate) protocol: Option<GroupProtocol>,
    /// Whether the group is joined.
    pub(crate) joins: bool,
    pub(crate) topic: Topic,
    pub(crate) max_record_bytes: u64,
    pub(crate) clock: Clock,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) seat: Seat,
    pub(crate) progress: Progress,
    pub(crate) events: Sender<KafkaEvent>,
}

/// One partition that is being read.
struct Reader {
    cutter: Cutter,
    /// The feed that it is read for.
    feed: FeedId,
    /// Where it was placed, or the last end that was met; the first batch may begin below it.
    at: LogPosition,
    /// The last end that was met.
    ended: Option<Offset>,
    /// It came to a record above the limit and hands over nothing more.
    held: bool,
}

/// The thread's state.
struct Poller {
    setup: Setup,
    consumer: Arc<GroupConsumer>,
    /// What each feed takes.
    bounds: BTreeMap<FeedId, Bounds>,
    throttle: Throttle,
    readers: BTreeMap<Partition, Reader>,
    /// Placements that wait for a revoke to be answered.
    waiting: BTreeMap<Partition, Option<Placement>>,
    /// The revoke that librdkafka waits to be answered.
    revoking: Option<Vec<Partition>>,
    /// A position is outside of the log.
    stalled: bool,
    /// Partitions whose position their leader refused.
    refused: BTreeMap<Partition, Refused>,
    /// Partitions that were read to their end in this burst, and where that is.
    ended: BTreeMap<Partition, Offset>,
    /// How much may be read at once.
    headway: Headway,
    /// Partitions whose position in the client is one too far.
    misplaced: BTreeSet<Partition>,
    /// Partitions that are paused until their leaders are asked whether their places are still in the log.
    unvalidated: BTreeSet<Partition>,
    flow: Flows,
    /// The flow as it was told last.
    told: Flows,
    /// When to do again what is to be done while nothing is read.
    idle_due: Moment,
}

/// Runs until it is told to stop.
pub(crate) fn run(setup: Setup) {
    let protocol = match setup.joins {
        true => find_protocol(&setup),
        false => None,
    };
    if setup.joins && protocol.is_none() {
        return;
    }
    let context = Context::new(setup.topic.as_str(), setup.clock, setup.events.clone());
    match consumer::make(&setup.config, protocol, setup.topic.clone(), context) {
        Ok(consumer) => {
            setup.seat.take(&consumer);
            if let Some(protocol) = protocol {
                let _gone = setup.events.blocking_send(KafkaEvent::Joining(protocol));
            }
            Poller::new(setup, consumer).run();
        }
        Err(error) => {
            let report = errors::report(&error, &error.to_string());
            let _gone = setup.events.blocking_send(KafkaEvent::Fatal(report));
        }
    }
}

fn find_protocol(setup: &Setup) -> Option<GroupProtocol> {
    if setup.protocol.is_some() {
        return setup.protocol;
    }
    loop {
        match protocol::preflight(&setup.config, ASK_WAIT) {
            Ok(found) => return Some(found),
            Err(none) => {
                let text = format!("no broker says what it can: {none}");
                let report = Report {
                    kind: ErrorKind::AllBrokersDown,
                    ..errors::report(none.error(), &text)
                };
                let all = [Some(report), none.cause];
                let errors = all.into_iter().flatten().map(KafkaEvent::Error);
                for event in errors.chain([KafkaEvent::Client(nobody(setup))]) {
                    let _gone = setup.events.blocking_send(event);
                }
            }
        }
        setup.mailbox.wait(ASK_AGAIN);
        if setup.mailbox.stops() || setup.events.is_closed() {
            return None;
        }
    }
}

/// What the statistics of a client would say to which no broker answers.
fn nobody(setup: &Setup) -> ClientFacts {
    let servers = setup.config.get("bootstrap.servers").unwrap_or_default();
    let brokers_known = u32::try_from(servers.split(',').count()).unwrap_or(u32::MAX);
    ClientFacts {
        measured: setup.clock.now(),
        brokers_known,
        ..ClientFacts::default()
    }
}

impl Poller {
    fn new(setup: Setup, consumer: Arc<GroupConsumer>) -> Self {
        Self {
            setup,
            consumer,
            bounds: BTreeMap::new(),
            throttle: Throttle::default(),
            readers: BTreeMap::new(),
            waiting: BTreeMap::new(),
            revoking: None,
            stalled: false,
            refused: BTreeMap::new(),
            ended: BTreeMap::new(),
            headway: Headway::default(),
            misplaced: BTreeSet::new(),
            unvalidated: BTreeSet::new(),
            flow: Flows::default(),
            told: Flows::default(),
            idle_due: Moment::default(),
        }
    }

    fn run(mut self) {
        while !self.setup.events.is_closed() {
            let orders = self.setup.mailbox.take();
            if orders.stop {
                break;
            }
            self.obey(orders);
            self.validate();
            let now = self.now();
            self.setup.progress.polled(now);
            match self.throttle.step(now) {
                Step::Poll => self.poll(),
                Step::Wait(patience) => self.setup.mailbox.wait(patience.min(self.patience())),
                Step::Pause(partitions) => self.pause(&partitions, now),
                Step::Resume(partitions) => self.resume(&partitions, now),
            }
            self.report_flow(now);
            if self.readers.is_empty() && now >= self.idle_due {
                self.idle_due = now + self.while_idle();
            }
        }
        self.close();
    }

    /// How long to wait for records or orders at most.
    fn patience(&self) -> Duration {
        match self.unvalidated.is_empty() {
            true => READ_WAIT,
            false => VALIDATE_AGAIN,
        }
    }

    fn now(&self) -> Moment {
        self.setup.clock.now()
    }

    fn tell(&self, event: KafkaEvent) {
        // When nobody listens any more the loop ends by itself.
        let _closed = self.setup.events.blocking_send(event);
    }

    /// Does what is to be done while nothing is read, and tells after what time it is again.
    ///
    /// A member that the group gives nothing is told so by nobody. A client that joins no group hears of its topic with
    /// the first partition that it reads, and reads it when librdkafka next looks after topics that it does not know, up to
    /// a second later: a standby is to know before.
    fn while_idle(&self) -> Duration {
        if self.setup.joins {
            self.tell_member();
            return MEMBER_AGAIN;
        }
        match native::topic_metadata(self.consumer.client(), &self.setup.topic, TOPIC_WAIT) {
            Ok(_) => TOPIC_AGAIN,
            Err(_) => MEMBER_AGAIN,
        }
    }

    fn tell_member(&self) {
        if let Some(id) = native::member_id(self.consumer.client()) {
            self.tell(KafkaEvent::Member(id));
        }
    }

    fn handle_rebalances(&mut self) {
        while let Some(rebalance) = self.consumer.next_rebalance() {
            match rebalance {
                Rebalance::Assigned(partitions) => {
                    self.tell(KafkaEvent::Assigned(partitions));
                    self.tell_member();
                }
                Rebalance::Revoked { partitions, lost } => {
                    for partition in &partitions {
                        self.forget(*partition);
                        self.waiting.remove(partition);
                    }
                    self.revoking = Some(partitions.clone());
                    self.tell(KafkaEvent::Revoked { partitions, lost });
                }
            }
        }
    }

    /// The partition hands over nothing more; what waits of it is dropped and read again by its owner.
    fn forget(&mut self, partition: Partition) {
        self.readers.remove(&partition);
        self.misplaced.remove(&partition);
        self.unvalidated.remove(&partition);
        self.throttle.withdraw(partition);
        self.setup.progress.remove(partition);
        self.flow.paused.remove(&partition);
    }

    /// Leaves the group. Everything was drained and committed before.
    fn close(self) {
        let started = self.now();
        // A client that is lost refuses to be closed, and is just dropped.
        if self.consumer.close().is_err() {
            return;
        }
        while !self.consumer.is_closed() && self.now().since(started) < CLOSE_WAIT {
            drop(self.consumer.poll(Duration::from_millis(20)));
        }
        if !self.consumer.is_closed() {
            tracing::warn!("consumer did not close in time, left behind");
            // Dropping it would wait until it is closed, for ever.
            std::mem::forget(Arc::clone(&self.consumer));
        }
    }
}
