//! Everything at once, and what an action does to it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rollcall_aggregator::core::invariants;
use rollcall_fetcher::core::facts::{CommitAnswer, CommitOutcome, Resolved};
use rollcall_proto::ids::{Partition, TopicId};
use rollcall_proto::v1::{self, feed_response};

use super::action::Action;
use super::aggregator::{Aggregator, FeedEnd};
use super::clients::{Client, Late};
use super::fetcher::{LinkEnd, Process};
use super::kafka::{Kafka, Owner, TOPIC_ID};
use super::seen::Seen;
use super::size::{Faults, Size};
use super::{Protocol, image, wire};

mod calls;
mod choices;

/// A state of everything.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) kafka: Kafka,
    pub(super) fetchers: Vec<Fetcher>,
    pub(super) aggregator: Aggregator,
    pub(super) clients: Vec<Client>,
    /// Acks on their way, in order.
    pub(super) late: Vec<Late>,
    pub(super) seen: Seen,
    pub(super) left: Faults,
    broken: Option<String>,
    /// Its image, with the faults that are left and without.
    images: (u64, u64),
}

/// A fetcher, running or not.
#[derive(Clone, Debug)]
pub struct Fetcher {
    /// How often it was started.
    pub(super) run: u8,
    pub(super) process: Option<Process>,
}

impl World {
    /// Every process has just been started.
    pub(super) fn new(size: &Size) -> Self {
        let fetcher = |fetcher: usize| Fetcher {
            run: 0,
            process: Some(Process::start(fetcher, 0)),
        };
        let kafka = Kafka::new(size);
        let mut world = Self {
            seen: Seen::new(&kafka),
            kafka,
            fetchers: (0..size.fetchers).map(fetcher).collect(),
            aggregator: Aggregator::start(size),
            clients: vec![Client::default(); size.clients],
            late: Vec::new(),
            left: size.faults,
            broken: None,
            images: (0, 0),
        };
        world.reckon();
        world
    }

    /// Which invariant is broken, where and how.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Names the state: what has the same image is the same state.
    pub const fn image(&self) -> u64 {
        self.images.0
    }

    /// The image without the faults that are left.
    pub(super) const fn fair_image(&self) -> u64 {
        self.images.1
    }

    /// The state after an action. A core that panics breaks what it had promised.
    pub fn after(&self, action: Action, model: &Protocol) -> Self {
        let mut next = self.clone();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| next.take(action, model))) {
            next = self.clone();
            next.broken = Some(format!("a core panics: {}", said(&panic)));
        }
        next.reckon();
        next
    }

    fn reckon(&mut self) {
        let image = image::of(self);
        self.images = (image::with_faults(self, image), image);
    }

    fn take(&mut self, action: Action, model: &Protocol) {
        self.left.spend(action);
        match action {
            Action::Assign { partition, fetcher } => self.assign(partition, fetcher, model),
            Action::Revoke { partition } => self.revoke(partition, model),
            Action::Fence { fetcher } => self.fence(fetcher),
            Action::HearItIsLost { fetcher } => self.hear_it_is_lost(fetcher, model),
            Action::SessionEnds { fetcher } => self.own(Owner::Ghost(fetcher), Owner::Nobody),
            Action::Start { fetcher } => self.start(fetcher),
            Action::Kill { fetcher } => self.end_process(fetcher, Owner::Ghost(fetcher)),
            Action::Leave { fetcher } => self.with(fetcher, model, Process::leave),
            Action::Connect { fetcher } => self.connect(fetcher, model),
            Action::Break { fetcher } => self.break_feed(fetcher, model),
            Action::DropFeed { fetcher } => self.drop_feed(fetcher),
            Action::Listen { fetcher } => self.listen(fetcher, model),
            Action::Hear { feed } => self.hear(feed, model),
            Action::NoticeBreak { feed } => self.close_feed(feed),
            Action::Resolve { fetcher } => self.resolve(fetcher, model),
            Action::Commit { fetcher } => self.commit(fetcher, None),
            Action::CommitUnanswered { fetcher, taken } => self.commit(fetcher, Some(taken)),
            Action::HearOfCommit { fetcher } => self.hear_of_commit(fetcher, model),
            Action::Poll { fetcher, partition } => {
                let records = self.kafka.log(partition).records;
                self.with(fetcher, model, |process| {
                    process.poll(Partition(partition), records, &model.size);
                });
            }
            Action::ReachEnd { fetcher, partition } => {
                let end = self.kafka.log(partition).end;
                self.with(fetcher, model, |process| {
                    process.reach_end(Partition(partition), end);
                });
            }
            Action::RestartAggregator => self.restart_aggregator(model),
            Action::Gather { client } => self.gather(client, model),
            Action::Ack {
                client,
                partition,
                offset,
                travels,
            } => self.ack(client, partition, offset, travels),
            Action::Nack {
                client,
                partition,
                offset,
            } => self.nack(client, partition, offset),
            Action::Arrive { at } => {
                let Late { partition, offset } = self.late.remove(at);
                self.settle(partition, offset, v1::Outcome::Ack);
            }
            Action::Depart { client } => self.depart(client),
            Action::FetcherWaits { fetcher } => self.fetcher_waits(fetcher, model),
            Action::AggregatorWaits => self.aggregator_waits(),
            Action::AllWait => self.all_wait(model),
        }
        self.look();
    }

    fn look(&mut self) {
        if self.broken.is_none() {
            self.broken = invariants::check(&self.aggregator.roll).err();
        }
        if self.broken.is_none() {
            self.broken = self.seen.judge();
        }
    }

    pub(super) fn blame(&mut self, how: String) {
        self.broken.get_or_insert(how);
    }

    // ---- the group ----

    /// Partitions change hands.
    fn own(&mut self, from: Owner, to: Owner) {
        let theirs = self.kafka.logs.iter_mut().filter(|log| log.owner == from);
        theirs.for_each(|log| log.owner = to);
    }

    fn assign(&mut self, partition: i32, fetcher: usize, model: &Protocol) {
        self.kafka.log_mut(partition).owner = Owner::Member(fetcher);
        self.with(fetcher, model, |process| {
            let now = process.now;
            process.session_mut().assign(&[Partition(partition)], now);
        });
    }

    fn revoke(&mut self, partition: i32, model: &Protocol) {
        let log = self.kafka.log_mut(partition);
        let Owner::Member(fetcher) = log.owner else {
            return;
        };
        log.owner = Owner::Leaving(fetcher);
        self.with(fetcher, model, |process| {
            let now = process.now;
            let session = process.session_mut();
            session.revoke(&[Partition(partition)], false, now);
        });
    }

    fn fence(&mut self, fetcher: usize) {
        let mut lost = std::collections::BTreeSet::new();
        for (partition, log) in (0..).zip(&mut self.kafka.logs) {
            if log.owner.is(fetcher) {
                log.owner = Owner::Nobody;
                lost.insert(Partition(partition));
            }
        }
        if let Some(process) = &mut self.fetchers[fetcher].process {
            process.lost = lost;
        }
    }

    fn hear_it_is_lost(&mut self, fetcher: usize, model: &Protocol) {
        self.with(fetcher, model, |process| {
            let lost: Vec<_> = std::mem::take(&mut process.lost).into_iter().collect();
            let now = process.now;
            process.session_mut().revoke(&lost, true, now);
        });
    }

    // ---- processes ----

    /// Lets a fetcher's process do something, and does what it wants done.
    fn with(&mut self, fetcher: usize, model: &Protocol, act: impl FnOnce(&mut Process)) {
        let Some(process) = &mut self.fetchers[fetcher].process else {
            return;
        };
        act(process);
        if process.perform(model.variant) {
            self.own(Owner::Leaving(fetcher), Owner::Nobody);
        }
        self.speak(fetcher, &model.size);
        let process = self.fetchers[fetcher].process.as_ref();
        if process.is_some_and(|process| process.session.left()) {
            self.end_process(fetcher, Owner::Nobody);
        }
    }

    /// A fetcher says what there is room for.
    fn speak(&mut self, fetcher: usize, size: &Size) {
        let Some(process) = &mut self.fetchers[fetcher].process else {
            return;
        };
        let Some(link) = &process.link else { return };
        let Some(end) = self.aggregator.feeds.get_mut(&link.feed) else {
            return;
        };
        while end.up.len() < size.room && process.session.has_message() {
            let now = process.now;
            let message = process.session_mut().next_message(now);
            let Some(event) = message.and_then(|message| message.event) else {
                break;
            };
            if wire::carries(&event) {
                end.up.push_back(Arc::new(event));
            }
        }
    }

    fn start(&mut self, fetcher: usize) {
        let this = &mut self.fetchers[fetcher];
        this.run = this.run.saturating_add(1);
        this.process = Some(Process::start(fetcher, this.run));
    }

    /// A fetcher's process is gone; what it owned is `then`'s.
    fn end_process(&mut self, fetcher: usize, then: Owner) {
        let process = self.fetchers[fetcher].process.take();
        if let Some(link) = process.and_then(|process| process.link) {
            self.break_end(link.feed);
        }
        self.own(Owner::Member(fetcher), then);
        self.own(Owner::Leaving(fetcher), then);
    }

    fn restart_aggregator(&mut self, model: &Protocol) {
        let now = self.aggregator.now;
        self.seen.aggregator_killed(now);
        for client in &mut self.clients {
            if let Some(gather) = client.gather.take() {
                self.seen.left(gather, now);
            }
            client.came = 0;
            client.given.values_mut().for_each(|(_, ends)| *ends = None);
        }
        self.aggregator.restart(&model.size);
        for fetcher in &mut self.fetchers {
            let link = fetcher
                .process
                .as_mut()
                .and_then(|process| process.link.as_mut());
            link.into_iter().for_each(|link| link.over = true);
        }
    }

    // ---- feeds ----

    fn connect(&mut self, fetcher: usize, model: &Protocol) {
        let feed = self.aggregator.free_feed(fetcher);
        let end = FeedEnd {
            fetcher,
            run: self.fetchers[fetcher].run,
            up: VecDeque::new(),
            broken: false,
        };
        self.aggregator.feeds.insert(feed, end);
        self.with(fetcher, model, |process| {
            process.link = Some(LinkEnd {
                feed,
                down: VecDeque::new(),
                over: false,
            });
            process.session_mut().connected();
        });
    }

    fn link_of(&self, fetcher: usize) -> Option<&LinkEnd> {
        self.fetchers[fetcher].process.as_ref()?.link.as_ref()
    }

    fn break_end(&mut self, feed: u64) {
        if let Some(end) = self.aggregator.feeds.get_mut(&feed) {
            end.broken = true;
        }
    }

    fn break_feed(&mut self, fetcher: usize, model: &Protocol) {
        if let Some(feed) = self.link_of(fetcher).map(|link| link.feed) {
            self.break_end(feed);
        }
        self.with(fetcher, model, Process::hang_up);
    }

    fn drop_feed(&mut self, fetcher: usize) {
        if let Some(feed) = self.link_of(fetcher).map(|link| link.feed) {
            self.close_feed(feed);
            self.end_link(feed);
        }
    }

    /// The fetcher's end of a feed is over once it has read what is on its way.
    pub(super) fn end_link(&mut self, feed: u64) {
        let processes = self
            .fetchers
            .iter_mut()
            .filter_map(|fetcher| fetcher.process.as_mut());
        let links = processes.filter_map(|process| process.link.as_mut());
        links
            .filter(|link| link.feed == feed)
            .for_each(|link| link.over = true);
    }

    fn listen(&mut self, fetcher: usize, model: &Protocol) {
        self.with(fetcher, model, |process| {
            let next = process.link.as_mut().and_then(|link| link.down.pop_front());
            let Some(event) = next else {
                return process.hang_up();
            };
            if let feed_response::Event::Settled(settled) = &*event {
                process.note_settled(settled, model.variant);
            }
            let (event, now) = (Some((*event).clone()), process.now);
            let answer = v1::FeedResponse { event };
            process.session_mut().received(answer, now);
        });
    }

    // ---- the edge to Kafka ----

    fn resolve(&mut self, fetcher: usize, model: &Protocol) {
        let kafka = &self.kafka;
        let Some(process) = &mut self.fetchers[fetcher].process else {
            return;
        };
        let asked = std::mem::take(&mut process.resolving).into_iter();
        let answer = Resolved {
            topic_id: TopicId::new(TOPIC_ID),
            partitions: asked.map(|p| (p, Ok(kafka.facts(p)))).collect(),
        };
        self.with(fetcher, model, |process| {
            let now = process.now;
            process.session_mut().resolved(&answer, now);
        });
    }

    /// A commit reaches the coordinator, and is answered unless `unanswered` says whether it was taken.
    fn commit(&mut self, fetcher: usize, unanswered: Option<bool>) {
        let Some(process) = &mut self.fetchers[fetcher].process else {
            return;
        };
        let Some((ticket, offsets)) = process.waiting.take() else {
            return;
        };
        let outcome = match unanswered {
            Some(false) => lost(),
            None | Some(true) => self.kafka.commit(fetcher, &offsets),
        };
        if outcome == CommitOutcome::Taken {
            for (&Partition(partition), &offset) in &offsets {
                let end = self.kafka.log(partition).end;
                self.seen
                    .committed(partition, offset, end, self.aggregator.now);
            }
        }
        process.answer = Some(CommitAnswer {
            ticket,
            offsets,
            outcome: if unanswered.is_some() {
                lost()
            } else {
                outcome
            },
        });
    }

    fn hear_of_commit(&mut self, fetcher: usize, model: &Protocol) {
        self.with(fetcher, model, |process| {
            if let Some(answer) = process.answer.take() {
                let now = process.now;
                process.session_mut().committed(answer, now);
            }
        });
    }

    // ---- time ----

    fn fetcher_waits(&mut self, fetcher: usize, model: &Protocol) {
        self.with(fetcher, model, |process| {
            process.now = process.now.max(process.session.deadline());
            let now = process.now;
            process.session_mut().tick_if_due(now);
        });
    }

    fn aggregator_waits(&mut self) {
        if let Some(at) = self.aggregator.deadline() {
            self.aggregator.now = self.aggregator.now.max(at);
            self.tick();
        }
    }

    fn all_wait(&mut self, model: &Protocol) {
        let Some(time) = self.next_deadline() else {
            return;
        };
        self.aggregator.now = self.aggregator.now + time;
        self.tick();
        for fetcher in 0..self.fetchers.len() {
            self.with(fetcher, model, |process| {
                process.now = process.now + time;
                let now = process.now;
                process.session_mut().tick_if_due(now);
            });
        }
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.image() == other.image()
    }
}

impl std::hash::Hash for World {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.image().hash(state);
    }
}

fn lost() -> CommitOutcome {
    CommitOutcome::NoCoordinator("it did not answer".to_owned())
}

fn said(panic: &Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a word").to_owned()
}
