//! The loop that owns a fetcher's state: select waits, apply decides, perform does.

mod link;
mod links;
mod names;
mod narrate;
mod parting;
mod ready;
mod spread;
mod traced;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use rollcall_proto::service::admin::Readiness;
use rollcall_proto::service::token::Bearer;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;
use tokio::sync::mpsc::{self, OwnedPermit, Receiver};
use tokio::sync::{oneshot, watch};

use crate::core::backoff::Backoff;
use crate::core::facts::ProbeId;
use crate::core::lanes::{FeedId, Lanes};
use crate::core::latch::Report;
use crate::core::session::{Action, Identity, Measures};
use crate::kafka::{Edge, GroupProtocol, KafkaEvent, StartError, Wiring};
use link::LinkEvent;
use links::Links;
use names::Names;
use parting::Parting;
use ready::Ready;
use traced::Traced;

pub use names::Lookup;
pub(crate) use names::by_the_system;
pub(crate) use parting::{Cause, Partings};

/// First and longest pause before a lost client is built anew.
const REBUILD: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long the claims of a topic that was made anew may take to be heard before its client is left behind.
const RENEW: Duration = Duration::from_secs(2);
/// How long the last messages may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);
/// Questions for the loop that wait; whoever asks one more waits.
const QUESTIONS: usize = 4;
/// librdkafka's code of UnsupportedVersion.
const UNSUPPORTED_VERSION: i32 = 35;

/// What a feed is started with.
pub(crate) struct Setup {
    pub(crate) identity: Identity,
    pub(crate) wiring: Wiring,
    /// Whether the protocol was left to the fetcher to choose.
    pub(crate) choose_protocol: bool,
    /// Where the aggregators are.
    pub(crate) aggregators: Vec<String>,
    pub(crate) lookup: Lookup,
    pub(crate) bearer: Bearer,
    pub(crate) pulse_interval: Duration,
    pub(crate) drain_timeout: Duration,
    pub(crate) readiness: watch::Sender<Readiness>,
}

/// Kafka, as far as it is there.
enum Broker {
    Running(Box<Edge>, Receiver<KafkaEvent>),
    /// The client was lost; a new one is made then.
    Rebuilding(Moment),
}

/// Something happened.
enum Event {
    Kafka(KafkaEvent),
    KafkaGone,
    Link(FeedId, LinkEvent),
    Room(FeedId, OwnedPermit<v1::FeedRequest>),
    /// The host's name has these addresses.
    Found(Vec<SocketAddr>),
    Asked(oneshot::Sender<Measured>),
    Due,
    Stop,
}

/// The fetcher in numbers.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// The session.
    pub(crate) session: Measures,
    /// How often there was no feed, by cause.
    pub(crate) partings: Partings,
}

/// Where the loop is asked for its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Asker(mpsc::Sender<oneshot::Sender<Measured>>);

impl Asker {
    /// The numbers of this moment; `None` when the loop has ended.
    pub(crate) async fn measure(&self) -> Option<Measured> {
        let (reply, answer) = oneshot::channel();
        self.0.send(reply).await.ok()?;
        answer.await.ok()
    }
}

/// The loop's state.
pub(crate) struct Feed {
    lanes: Lanes,
    links: Links,
    names: Names,
    broker: Broker,
    wiring: Wiring,
    choose_protocol: bool,
    rebuild: Backoff,
    /// When to leave the client behind that has read another topic of this name.
    renew: Option<Moment>,
    drain_timeout: Duration,
    ready: Ready,
    questions: Receiver<oneshot::Sender<Measured>>,
    partings: Partings,
    traced: Traced,
    clock: Clock,
    stopping: bool,
}

impl Feed {
    pub(crate) fn start(setup: Setup) -> Result<(Self, Asker), StartError> {
        let clock = setup.wiring.clock;
        let (edge, events) = Edge::start(&setup.wiring)?;
        let (asker, questions) = mpsc::channel(QUESTIONS);
        let traced = Traced::new(&setup.wiring.topic);
        let (identity, addresses) = (&setup.identity, &setup.aggregators);
        let feed = Self {
            lanes: Lanes::new(identity, setup.pulse_interval, addresses, clock.now()),
            links: Links::new(addresses, setup.bearer),
            names: Names::of(addresses, setup.lookup),
            broker: Broker::Running(Box::new(edge), events),
            wiring: setup.wiring,
            choose_protocol: setup.choose_protocol,
            rebuild: Backoff::new(REBUILD.0, REBUILD.1),
            renew: None,
            drain_timeout: setup.drain_timeout,
            ready: Ready::new(setup.readiness),
            questions,
            partings: Partings::default(),
            traced,
            clock,
            stopping: false,
        };
        Ok((feed, Asker(asker)))
    }

    /// Runs until `shutdown` ends and everything was drained, or the time for it is up.
    pub(crate) async fn run(mut self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        while !(self.stopping && self.lanes.left()) {
            let event = self.select(shutdown.as_mut()).await;
            self.apply(event);
            self.perform();
        }
        self.end().await;
    }

    /// When something has to be done without an event.
    fn due(&self) -> Moment {
        let client = match self.broker {
            Broker::Running(..) => self.renew,
            Broker::Rebuilding(at) => Some(at),
        };
        // No client is made any more while this process ends: a time for it that is over would be due all the while.
        let client = client.filter(|_| !self.stopping);
        client.map_or_else(|| self.lanes.deadline(), |at| at.min(self.lanes.deadline()))
    }

    /// The only place that waits.
    async fn select(&mut self, shutdown: Pin<&mut impl Future<Output = ()>>) -> Event {
        let due = self.clock.instant(self.due());
        let room = links::room(self.links.senders(self.lanes.speakers()));
        let kafka = async {
            match &mut self.broker {
                Broker::Running(_, events) => events.recv().await,
                Broker::Rebuilding(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown, if !self.stopping => Event::Stop,
            event = kafka => event.map_or(Event::KafkaGone, Event::Kafka),
            (feed, event) = self.links.next() => Event::Link(feed, event),
            (feed, permit) = room => Event::Room(feed, permit),
            addresses = self.names.found() => Event::Found(addresses),
            Some(reply) = self.questions.recv() => Event::Asked(reply),
            () = tokio::time::sleep_until(due.into()) => Event::Due,
        }
    }

    fn apply(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Kafka(event) => self.kafka(event, now),
            Event::KafkaGone => self.lose_client(now),
            Event::Link(feed, event) => self.linked(feed, event, now),
            Event::Room(feed, permit) => self.speak(feed, permit, now),
            Event::Found(addresses) => self.found(&addresses, now),
            // Whoever asked may be gone.
            Event::Asked(reply) => drop(reply.send(self.measure(now))),
            Event::Due => {
                self.renew_when_due(now);
                self.rebuild_when_due(now);
            }
            Event::Stop => {
                self.stopping = true;
                self.lanes.leave(now + self.drain_timeout, now);
                self.ready.stop();
            }
        }
        self.lanes.tick_if_due(now);
    }

    fn measure(&self, now: Moment) -> Measured {
        Measured {
            session: self.lanes.measure(now),
            partings: self.partings,
        }
    }

    fn kafka(&mut self, event: KafkaEvent, now: Moment) {
        narrate::kafka(&event);
        let lanes = &mut self.lanes;
        match event {
            KafkaEvent::Joining(protocol) => lanes.joining(protocol.as_str()),
            KafkaEvent::Assigned(partitions) => {
                self.rebuild.worked();
                lanes.assign(&partitions, now);
            }
            KafkaEvent::Revoked { partitions, lost } => lanes.revoke(&partitions, lost, now),
            KafkaEvent::Batch(feed, batch) => lanes.batch(feed, batch, now),
            KafkaEvent::End {
                feed,
                partition,
                placement,
                position,
            } => {
                lanes.reached_end(feed, partition, placement, position, now);
            }
            KafkaEvent::Oversized {
                feed,
                partition,
                placement,
                record,
            } => {
                lanes.oversized(feed, partition, placement, record, now);
            }
            KafkaEvent::Stalled(suspects) => lanes.stalled(&suspects, now),
            KafkaEvent::Flow(flow) => lanes.flow(flow, now),
            KafkaEvent::Resolved(answer) => {
                // Without a group it is the only word that this client works.
                if answer.partitions.iter().any(|(_, facts)| facts.is_ok()) {
                    self.rebuild.worked();
                }
                let before = lanes.topic_id().cloned();
                lanes.resolved(&answer, now);
                if before.is_some() && before.as_ref() != lanes.topic_id() {
                    self.renew = Some(now + RENEW);
                }
            }
            KafkaEvent::Committed(answer) => {
                self.traced.committed(&answer);
                lanes.committed(answer, now);
            }
            KafkaEvent::Probed(round) => {
                self.traced.probed(&round);
                lanes.probed(*round, now);
            }
            KafkaEvent::Owners(owners) => {
                let refused = lanes.owners(owners, now);
                refused.iter().for_each(narrate::error);
                if lanes.misses_partitions() && !self.stopping {
                    tracing::warn!(
                        "partitions of the group come to nobody, or not to this member, whose they are: a new client is made"
                    );
                    self.lose_client(now);
                }
            }
            KafkaEvent::Undescribed(kind) => lanes.undescribed(kind, now),
            KafkaEvent::History(facts) => lanes.history(facts),
            KafkaEvent::Looked(looked) => lanes.looked(looked),
            KafkaEvent::Settings(settings) => lanes.settings(settings),
            KafkaEvent::Client(facts) => lanes.client(facts, now),
            KafkaEvent::Member(id) => lanes.member(id),
            KafkaEvent::Error(report) => {
                if lanes.error(&report, now) {
                    narrate::error(&report);
                }
            }
            KafkaEvent::Fatal(report) => self.fatal(report, now),
        }
    }

    /// A fatal error is for life: the client is left behind and a new one made, with the classic
    /// protocol when the cluster turned out not to speak the other one.
    fn fatal(&mut self, mut report: Report, now: Moment) {
        narrate::lost(&report);
        if report.code == UNSUPPORTED_VERSION && self.choose_protocol {
            self.wiring.protocol = Some(GroupProtocol::Classic);
        }
        if report.kind == ErrorKind::Unspecified {
            report.kind = ErrorKind::Fatal;
        }
        self.lanes.error(&report, now);
        self.lose_client(now);
    }

    /// librdkafka (2.12.1) takes no leader from an epoch below one that it knows, whatever the topic's id. Where leaders
    /// had moved before a topic was deleted and created again, a client that read the old one may ask the wrong
    /// broker, or none, until the new one's leaders have moved as often. A new client knows nothing of the old topic.
    fn renew_when_due(&mut self, now: Moment) {
        let is_due = self.renew.is_some_and(|at| now >= at);
        if is_due && !self.stopping && matches!(self.broker, Broker::Running(..)) {
            tracing::info!("the topic was made anew, and so is the kafka client");
            self.lose_client(now);
        }
    }

    fn lose_client(&mut self, now: Moment) {
        self.renew = None;
        let delay = self.rebuild.failed(fastrand::f64());
        let lost = std::mem::replace(&mut self.broker, Broker::Rebuilding(now + delay));
        if let Broker::Running(edge, events) = lost {
            // Closing blocks, and nothing waits for its end.
            drop(tokio::task::spawn_blocking(move || edge.close(events)));
        }
        self.lanes.client_lost(now);
        self.traced.client_lost();
    }

    fn rebuild_when_due(&mut self, now: Moment) {
        let Broker::Rebuilding(at) = self.broker else {
            return;
        };
        if now < at || self.stopping {
            return;
        }
        match Edge::start(&self.wiring) {
            Ok((edge, events)) => {
                self.broker = Broker::Running(Box::new(edge), events);
                self.lanes.client_built();
            }
            Err(error) => {
                tracing::error!(%error, "kafka client could not be made");
                let delay = self.rebuild.failed(fastrand::f64());
                self.broker = Broker::Rebuilding(now + delay);
            }
        }
    }

    fn linked(&mut self, feed: FeedId, event: LinkEvent, now: Moment) {
        match event {
            LinkEvent::Opened => {
                self.lanes.connected(feed);
            }
            LinkEvent::Message(message) => {
                let was_welcome = self.lanes.welcomed(feed);
                if !was_welcome && self.names.is_one_of_several(&message) {
                    return self.spread(feed, now);
                }
                self.traced.heard(feed, &message);
                narrate::told(&message);
                self.lanes.received(feed, *message, now);
                if !was_welcome && self.lanes.welcomed(feed) {
                    self.links.welcomed(feed);
                    tracing::info!(aggregator = self.lanes.address(feed), "feed is open");
                    self.ready.welcomed(feed, &self.lanes);
                }
            }
            LinkEvent::Ended(parting) => self.hang_up(feed, &parting, now),
        }
    }

    fn hang_up(&mut self, feed: FeedId, parting: &Parting, now: Moment) {
        self.lanes.disconnected(feed, now);
        self.traced.hung_up(feed);
        if !self.stopping {
            self.partings.add(parting.cause);
        }
        let what = match parting.cause {
            Cause::Unauthenticated => "not let in by",
            Cause::Unreachable | Cause::Refused | Cause::Silent | Cause::Ended => "no feed to",
        };
        let reason = format!("{what} {}: {}", self.lanes.address(feed), parting.why);
        self.ready.hung_up(feed, reason, &self.lanes);
        // Every lane has its aggregator: this address was of one that is a lane no more.
        if self.names.spreads() && !self.lanes.lacks_aggregators() {
            self.drop_link(feed, now);
        }
    }

    /// Sends what there is while the transport takes it.
    fn speak(&mut self, feed: FeedId, permit: OwnedPermit<v1::FeedRequest>, now: Moment) {
        let polled = match &self.broker {
            Broker::Running(edge, _) => edge.last_polled(),
            Broker::Rebuilding(_) => None,
        };
        self.lanes.polled(feed, polled);
        let mut permit = Some(permit);
        while let Some(room) = permit.take() {
            let Some(mut message) = self.lanes.next_message(feed, now) else {
                return;
            };
            self.traced.sends(&mut message);
            let sender = room.send(message);
            if self.lanes.has_message(feed) {
                permit = sender.try_reserve_owned().ok();
            }
        }
    }

    fn perform(&mut self) {
        for (feed, action) in self.lanes.take_actions() {
            if action == Action::Rotate {
                self.links.rotate(feed);
                self.lanes.disconnected(feed, self.clock.now());
            } else {
                self.order(feed, action);
            }
        }
        // What the end of a feed brings about.
        for (feed, action) in self.lanes.take_actions() {
            self.order(feed, action);
        }
        if let Broker::Running(edge, _) = &self.broker {
            edge.note(self.lanes.caught_up(), self.lanes.assigned());
        }
        self.names.look_while(|| self.lanes.lacks_aggregators());
    }

    /// Passes an action on to Kafka; without a client it is moot, since nothing is assigned then.
    fn order(&mut self, feed: FeedId, action: Action) {
        let Broker::Running(edge, _) = &self.broker else {
            return;
        };
        match action {
            Action::Resolve(partitions) => edge.resolve(partitions),
            Action::Commit { ticket, offsets } => {
                self.traced.commit(ticket, &offsets);
                let until = self.lanes.commit_until(feed, self.clock.now());
                let topic_id = self.lanes.topic_id_of(feed);
                let position = |(p, at)| (p, self.lanes.position(feed, p, at));
                let offsets = offsets.into_iter().map(position).collect();
                edge.commit(feed, ticket, offsets, topic_id, until);
            }
            Action::Place {
                partition,
                placement,
                at,
                first,
            } => {
                let at = self.lanes.position(feed, partition, at);
                edge.place(feed, partition, placement, at, first);
            }
            Action::Withdraw(partition) => edge.withdraw(partition),
            Action::Floor(partition, floor) => edge.settled(partition, floor),
            Action::Feed(limits) => edge.feed(feed, limits),
            Action::Allow(bytes) => edge.allow(feed, bytes),
            Action::Unassign => edge.unassign(),
            Action::Probe(number) => edge.probe(ProbeId { feed, number }),
            Action::Describe => edge.describe(),
            Action::Look(look) => edge.look(look),
            // It is about the link, not about Kafka.
            Action::Rotate => {}
        }
    }

    /// Everything is drained and committed: leaves the group, and lets the last messages go.
    async fn end(self) {
        let Self {
            mut links, broker, ..
        } = self;
        links.farewell(FAREWELL).await;
        if let Broker::Running(edge, events) = broker {
            let closed = tokio::task::spawn_blocking(move || edge.close(events)).await;
            if let Err(error) = closed {
                tracing::error!(%error, "kafka client did not close");
            }
        }
    }
}

#[cfg(test)]
mod tests;
