//! The loop that owns a fetcher's state: select waits, apply decides, perform does.

mod link;
mod narrate;
mod parting;
mod traced;

use std::future::Future;
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
use crate::core::latch::Report;
use crate::core::session::{Action, Identity, Measures, Session};
use crate::kafka::{Edge, GroupProtocol, KafkaEvent, StartError, Wiring};
use link::{FeedLink, LinkEvent};
use parting::Parting;
use traced::Traced;

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
    pub(crate) aggregator: tonic::transport::Endpoint,
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
    Link(LinkEvent),
    Room(OwnedPermit<v1::FeedRequest>),
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
    session: Session,
    link: FeedLink,
    broker: Broker,
    wiring: Wiring,
    choose_protocol: bool,
    rebuild: Backoff,
    /// When to leave the client behind that has read another topic of this name.
    renew: Option<Moment>,
    drain_timeout: Duration,
    readiness: watch::Sender<Readiness>,
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
        let feed = Self {
            session: Session::new(setup.identity, setup.pulse_interval, clock.now()),
            link: FeedLink::new(setup.aggregator, setup.bearer),
            broker: Broker::Running(Box::new(edge), events),
            wiring: setup.wiring,
            choose_protocol: setup.choose_protocol,
            rebuild: Backoff::new(REBUILD.0, REBUILD.1),
            renew: None,
            drain_timeout: setup.drain_timeout,
            readiness: setup.readiness,
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
        while !(self.stopping && self.session.left()) {
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
        client.map_or_else(
            || self.session.deadline(),
            |at| at.min(self.session.deadline()),
        )
    }

    /// The only place that waits.
    async fn select(&mut self, shutdown: Pin<&mut impl Future<Output = ()>>) -> Event {
        let due = self.clock.instant(self.due());
        let speaks = self.session.has_message();
        let sender = self.link.sender();
        let kafka = async {
            match &mut self.broker {
                Broker::Running(_, events) => events.recv().await,
                Broker::Rebuilding(_) => std::future::pending().await,
            }
        };
        let room = async {
            match sender {
                Some(sender) if speaks => sender.reserve_owned().await.ok(),
                Some(_) | None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shutdown, if !self.stopping => Event::Stop,
            event = kafka => event.map_or(Event::KafkaGone, Event::Kafka),
            event = self.link.next() => Event::Link(event),
            Some(permit) = room => Event::Room(permit),
            Some(reply) = self.questions.recv() => Event::Asked(reply),
            () = tokio::time::sleep_until(due.into()) => Event::Due,
        }
    }

    fn apply(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Kafka(event) => self.kafka(event, now),
            Event::KafkaGone => self.lose_client(now),
            Event::Link(event) => self.linked(event, now),
            Event::Room(permit) => self.speak(permit, now),
            // Whoever asked may be gone.
            Event::Asked(reply) => drop(reply.send(self.measure(now))),
            Event::Due => {
                self.renew_when_due(now);
                self.rebuild_when_due(now);
            }
            Event::Stop => {
                self.stopping = true;
                self.session.leave(now + self.drain_timeout, now);
                self.readiness
                    .send_replace(Readiness::not_ready("stopping"));
            }
        }
        self.session.tick_if_due(now);
    }

    fn measure(&self, now: Moment) -> Measured {
        Measured {
            session: self.session.measure(now),
            partings: self.partings,
        }
    }

    fn kafka(&mut self, event: KafkaEvent, now: Moment) {
        narrate::kafka(&event);
        let session = &mut self.session;
        match event {
            KafkaEvent::Joining(protocol) => session.joining(protocol.as_str()),
            KafkaEvent::Assigned(partitions) => {
                self.rebuild.worked();
                session.assign(&partitions, now);
            }
            KafkaEvent::Revoked { partitions, lost } => session.revoke(&partitions, lost, now),
            KafkaEvent::Batch(batch) => session.batch(batch, now),
            KafkaEvent::End {
                partition,
                placement,
                position,
            } => {
                session.reached_end(partition, placement, position, now);
            }
            KafkaEvent::Oversized {
                partition,
                placement,
                record,
            } => {
                session.oversized(partition, placement, record, now);
            }
            KafkaEvent::Stalled(suspects) => session.stalled(&suspects, now),
            KafkaEvent::Flow(flow) => session.flow(flow, now),
            KafkaEvent::Resolved(answer) => {
                // Without a group it is the only word that this client works.
                if answer.partitions.iter().any(|(_, facts)| facts.is_ok()) {
                    self.rebuild.worked();
                }
                let before = session.topic_id();
                session.resolved(&answer, now);
                if before.is_some() && before != session.topic_id() {
                    self.renew = Some(now + RENEW);
                }
            }
            KafkaEvent::Committed(answer) => {
                self.traced.committed(&answer);
                session.committed(answer, now);
            }
            KafkaEvent::Probed(round) => {
                self.traced.probed(&round);
                session.probed(*round, now);
            }
            KafkaEvent::Owners(owners) => {
                let refused = session.owners(owners, now);
                refused.iter().for_each(narrate::error);
            }
            KafkaEvent::Undescribed(kind) => session.undescribed(kind, now),
            KafkaEvent::History(facts) => session.history(facts),
            KafkaEvent::Looked(looked) => session.looked(looked),
            KafkaEvent::Settings(settings) => session.settings(settings),
            KafkaEvent::Client(facts) => session.client(facts, now),
            KafkaEvent::Member(id) => session.member(id),
            KafkaEvent::Error(report) => {
                if session.error(&report, now) {
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
        self.session.error(&report, now);
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
        self.session.client_lost(now);
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
                self.session.client_built();
            }
            Err(error) => {
                tracing::error!(%error, "kafka client could not be made");
                let delay = self.rebuild.failed(fastrand::f64());
                self.broker = Broker::Rebuilding(now + delay);
            }
        }
    }

    fn linked(&mut self, event: LinkEvent, now: Moment) {
        match event {
            LinkEvent::Opened => {
                self.session.connected();
            }
            LinkEvent::Message(message) => {
                let was_welcome = self.session.welcomed();
                self.traced.heard(&message);
                narrate::told(&message);
                self.session.received(*message, now);
                if !was_welcome && self.session.welcomed() {
                    self.link.welcomed();
                    self.readiness.send_replace(Readiness::ready());
                    tracing::info!(aggregator = self.link.address(), "feed is open");
                }
            }
            LinkEvent::Ended(parting) => self.hang_up(&parting, now),
        }
    }

    fn hang_up(&mut self, parting: &Parting, now: Moment) {
        self.session.disconnected(now);
        self.traced.hung_up();
        if !self.stopping {
            self.partings.add(parting.cause);
        }
        let what = match parting.cause {
            Cause::Unauthenticated => "not let in by",
            Cause::Unreachable | Cause::Refused | Cause::Silent | Cause::Ended => "no feed to",
        };
        let reason = format!("{what} {}: {}", self.link.address(), parting.why);
        if !self.stopping {
            self.readiness.send_replace(Readiness::not_ready(reason));
        }
    }

    /// Sends what there is while the transport takes it.
    fn speak(&mut self, permit: OwnedPermit<v1::FeedRequest>, now: Moment) {
        self.session.polled(match &self.broker {
            Broker::Running(edge, _) => edge.last_polled(),
            Broker::Rebuilding(_) => None,
        });
        let mut permit = Some(permit);
        while let Some(room) = permit.take() {
            let Some(mut message) = self.session.next_message(now) else {
                return;
            };
            self.traced.sends(&mut message);
            let sender = room.send(message);
            if self.session.has_message() {
                permit = sender.try_reserve_owned().ok();
            }
        }
    }

    fn perform(&mut self) {
        for action in self.session.take_actions() {
            if action == Action::Rotate {
                self.link.rotate();
                self.session.disconnected(self.clock.now());
            } else {
                self.order(action);
            }
        }
        // What the end of a feed brings about.
        for action in self.session.take_actions() {
            self.order(action);
        }
        if let Broker::Running(edge, _) = &self.broker {
            edge.note(self.session.caught_up(), self.session.assigned());
        }
    }

    /// Passes an action on to Kafka; without a client it is moot, since nothing is assigned then.
    fn order(&mut self, action: Action) {
        let Broker::Running(edge, _) = &self.broker else {
            return;
        };
        match action {
            Action::Resolve(partitions) => edge.resolve(partitions),
            Action::Commit { ticket, offsets } => {
                self.traced.commit(ticket, &offsets);
                let until = self.session.commit_until(self.clock.now());
                edge.commit(ticket, offsets, self.session.topic_id(), until);
            }
            Action::Place {
                partition,
                placement,
                at,
                first,
            } => edge.place(partition, placement, at, first),
            Action::Withdraw(partition) => edge.withdraw(partition),
            Action::Floor(partition, floor) => edge.settled(partition, floor),
            Action::Feed(limits) => edge.feed(limits),
            Action::Allow(bytes) => edge.allow(bytes),
            Action::Unassign => edge.unassign(),
            Action::Probe(id) => edge.probe(id),
            Action::Describe => edge.describe(),
            Action::Look(look) => edge.look(look),
            // It is about the link, not about Kafka.
            Action::Rotate => {}
        }
    }

    /// Everything is drained and committed: leaves the group, and lets the last messages go.
    async fn end(self) {
        let Self {
            mut link, broker, ..
        } = self;
        link.farewell(FAREWELL).await;
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
