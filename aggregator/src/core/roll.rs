//! The roll: all state of an aggregator, and the one function that changes it.
//!
//! [`Roll::apply`] turns an event into actions and never waits. What happens inside one call happens at
//! once for everybody: a settled range, the credit that it frees and the records that another gather gets
//! by it belong together.

mod batches;
mod claims;
mod feeds;
mod gathers;
mod handing;
mod hearing;
mod image;
mod leases;
pub(crate) mod measure;
pub(crate) mod past;
mod settling;
mod standby;
pub(crate) mod status;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rollcall_proto::ids::{GatherId, LeaseId, Partition, Topic};
use rollcall_proto::time::Moment;
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::{Settled, feed_response};

use super::books::FeedKey;
use super::budget::Share;
use super::count::{Count, Counters};
use super::event::{Action, Event, Notice};
use super::evidence::wire::Wall;
use super::evidence::{OperatorWords, TopicEvidence};
use super::gather::Gather;
use super::inbound::FeedMessage;
use super::invariants;
use super::kept::Kept;
use super::lease::{Leases, Place};
use super::recorder::Recorder;
use super::roster::{Roster, TopicKey};
use super::settings::Settings;
use super::timers::Timers;
use super::topic::TopicState;
use super::trace::log::Room;

/// All state of an aggregator.
#[derive(Clone, Debug)]
pub struct Roll {
    settings: Settings,
    roster: Arc<Roster>,
    wall: Wall,
    started: Moment,
    started_wall: SystemTime,
    pub(super) topics: Vec<TopicState>,
    pub(super) feeds: BTreeMap<FeedKey, Feed>,
    pub(super) gathers: BTreeMap<GatherId, Gather>,
    pub(super) leases: Leases,
    kept: Kept,
    recorder: Recorder,
    counters: Counters,
    timers: Timers<Timer>,
    probes: u64,
    stopping: bool,
    /// Events since the invariants were checked, in debug builds.
    unchecked: usize,
    /// Partitions whose effects nobody has heard of yet.
    touched: BTreeSet<Place>,
    /// Topics of which something may have become available.
    woken: BTreeSet<TopicKey>,
    /// Topics whose credit may have changed.
    freed: BTreeSet<TopicKey>,
    /// Where the call that is being applied stands in a trace: what it settles says so.
    trace: Option<TraceContext>,
    actions: Vec<Action>,
}

/// One open feed.
#[derive(Clone, Debug)]
pub(super) struct Feed {
    topic: TopicKey,
    fetcher_id: String,
    group: String,
    /// Whether it takes its partitions without a group: nobody but this aggregator fences it.
    fixed: bool,
    /// When anything last came from it.
    heard: Moment,
    /// When a probe was asked for that is not answered yet.
    probe_asked: Option<Moment>,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A gather's timeout is near: evidence is asked for, so that it is there at the close.
    Look(GatherId),
    /// A gather's timeout.
    Close(GatherId),
    /// The end of a gather's wait for evidence.
    Grace(GatherId),
    /// The end of the time that a client has for reading its answer.
    CutOff(GatherId),
    /// The end of a lease.
    Lease(LeaseId),
    /// The end of a back-off.
    BackOff(Place),
    /// The oldest kept ack is forgotten.
    Kept,
    /// A topic is judged without a gather.
    Judge(TopicKey),
    /// A topic's silence becomes too long.
    Overdue(TopicKey),
    /// A partition that fetchers wait for may become free.
    Standby(TopicKey),
}

/// How long before its timeout a gather asks for evidence that would be too old at the close. The way
/// and the probe take milliseconds; on a busy machine more than the grace after the close.
const LOOK_AHEAD: Duration = Duration::from_millis(400);

/// How far ahead a silence that becomes too long is foreseen: a pulse comes at least so often.
const FORESEEN: Duration = Duration::from_secs(2);
/// How long after it became too long the log's end is measured, so that the measurement is not from before.
const OVERDUE_BY: Duration = Duration::from_millis(100);

/// Topics whose invariants are checked for each event, in the mean.
const CHECKED: usize = 64;

/// How long a probe that was asked for is waited for before another one is.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);

impl Roll {
    /// The roll of an aggregator that starts now; `now` and `wall` are the same instant.
    pub fn new(
        settings: Settings,
        roster: Arc<Roster>,
        words: &BTreeMap<Topic, OperatorWords>,
        now: Moment,
        wall: SystemTime,
    ) -> Self {
        let share = Share::of(settings.budget_bytes, roster.len(), settings.batch_bytes);
        let past = Room::of(roster.len());
        let topic = |topic: &Topic| {
            let words = words.get(topic).cloned().unwrap_or_default();
            let mut evidence = TopicEvidence::new(topic.clone(), words, now, wall);
            evidence.set_lane(settings.lane);
            TopicState::new(topic.clone(), share, evidence, past)
        };
        Self {
            topics: roster.topics().iter().map(topic).collect(),
            recorder: Recorder::new(settings.history),
            wall: Wall::new(now, wall),
            started: now,
            started_wall: wall,
            timers: first_timers(roster.len(), now + settings.judge_every),
            settings,
            roster,
            feeds: BTreeMap::new(),
            gathers: BTreeMap::new(),
            leases: Leases::default(),
            kept: Kept::default(),
            counters: Counters::default(),
            probes: 0,
            stopping: false,
            unchecked: 0,
            touched: BTreeSet::new(),
            woken: BTreeSet::new(),
            freed: BTreeSet::new(),
            trace: None,
            actions: Vec::new(),
        }
    }

    /// Takes in what happened, and says what is to be done.
    pub fn apply(&mut self, event: Event, now: Moment) -> Vec<Action> {
        match event {
            Event::Feed(feed, message) => {
                let pulse = matches!(message, FeedMessage::Pulse(_));
                self.feed_message(feed, message, now);
                if pulse {
                    self.judge_with_pulse(feed, now);
                }
            }
            Event::FeedFault(feed, fault) => self.fault(feed, fault, now),
            Event::FeedClosed(feed) => self.close_feed(feed, None, now),
            Event::Gather(call) => self.call(*call, now),
            Event::ChunkTaken(gather) => self.chunk_taken(gather, now),
            Event::SummaryTaken(gather) => self.summary_taken(gather, now),
            Event::StreamEnded(gather) => self.abandon(gather, Count::GathersAbandoned),
            Event::Settle(call, ranges, trace) => {
                self.trace = trace;
                let results = self.settle(ranges, now);
                self.actions.push(Action::Settled(call, results));
            }
            Event::Look(topics) => topics
                .into_iter()
                .for_each(|topic| self.ask_probe(topic, now, None, now)),
            Event::Follow(topics) => self.follow(&topics),
            Event::Unfollow { topics, cut_off } => {
                self.unfollow(&topics);
                self.counters.add(Count::RecordersCutOff, cut_off.into());
            }
            Event::Tick => {}
            Event::Stop => self.stop(now),
        }
        self.fire_timers(now);
        self.spread(now);
        self.trace = None;
        debug_assert_eq!(self.check(), Ok(()));
        std::mem::take(&mut self.actions)
    }

    /// Checks the invariants after every event; of many topics after some of them only, since that looks at all topics.
    fn check(&mut self) -> Result<(), String> {
        self.unchecked += 1;
        if self.unchecked * CHECKED < self.topics.len() {
            return Ok(());
        }
        self.unchecked = 0;
        invariants::check(self)
    }

    /// When [`Event::Tick`] is due at the latest.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.timers.next()
    }

    /// Whether nothing is open any more.
    pub fn is_drained(&self) -> bool {
        self.gathers.is_empty()
    }

    /// The counts since the start.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The topics, in order.
    pub fn topics(&self) -> &[TopicState] {
        &self.topics
    }

    fn fire_timers(&mut self, now: Moment) {
        while let Some((due, timer)) = self.timers.pop_due(now) {
            match timer {
                Timer::Look(gather) => self.look_ahead(gather, now),
                Timer::Close(gather) => self.close_if_due(gather, now),
                Timer::Grace(gather) => self.answer(gather, now),
                Timer::CutOff(gather) => self.cut_off(gather),
                Timer::Lease(lease) => self.expire(lease),
                Timer::BackOff(place) => self.end_back_off(place, now),
                Timer::Judge(topic) => self.judge(topic, now),
                Timer::Overdue(topic) => self.overdue(topic, now),
                Timer::Standby(topic) => self.relieve(topic, due, now),
                Timer::Kept => {
                    let forgotten = self.kept.expire(now);
                    self.counters.add(Count::AcksKeptInVain, forgotten);
                    self.watch_kept();
                }
            }
        }
    }

    /// Spreads the word until nothing changes any more: effects of partitions, then what gathers get by
    /// them (which may settle offsets that hold no record), then credit.
    fn spread(&mut self, now: Moment) {
        while !self.touched.is_empty() || !self.woken.is_empty() {
            while let Some(place) = self.touched.pop_first() {
                self.spread_effects(place);
            }
            if let Some(topic) = self.woken.pop_first() {
                self.serve(topic, now);
            }
        }
        while let Some(topic) = self.freed.pop_first() {
            self.regrant(topic);
        }
    }

    fn spread_effects(&mut self, place: Place) {
        let (key, number) = place;
        let topic = &mut self.topics[key.0];
        let Some(partition) = topic.partitions.get_mut(&number) else {
            return;
        };
        let effects = partition.take_effects();
        let claim = partition.claim().copied();
        if let Some(lease) = effects.let_go {
            self.woken.insert(key);
            if self.leases.let_go(lease, place) {
                self.timers.clear(Timer::Lease(lease));
            }
        }
        let Some(claim) = claim else { return };
        if let Some(ledger) = topic
            .ledgers
            .get_mut(&claim.feed)
            .filter(|_| effects.freed > 0)
        {
            ledger.released += effects.freed;
            self.freed.insert(key);
        }
        if !effects.settled.is_empty() {
            let ranges = effects.settled.iter().map(Into::into).collect();
            let settled = Settled {
                partition: number.0,
                epoch: claim.epoch.0,
                ranges,
                traceparent: trace::told(self.trace),
            };
            self.tell(claim.feed, feed_response::Event::Settled(settled));
        }
    }

    fn topic_mut(&mut self, key: TopicKey) -> &mut TopicState {
        &mut self.topics[key.0]
    }

    fn tell(&mut self, feed: FeedKey, event: feed_response::Event) {
        self.actions.push(Action::Tell(feed, event));
    }

    fn note(&mut self, notice: Notice) {
        self.actions.push(Action::Note(notice));
    }

    fn topic_name(&self, key: TopicKey) -> Topic {
        self.topics[key.0].topic.clone()
    }

    fn touch(&mut self, topic: TopicKey, partition: Partition) {
        self.touched.insert((topic, partition));
    }

    fn watch_kept(&mut self) {
        match self.kept.next_expiry() {
            Some(at) => self.timers.set(Timer::Kept, at),
            None => self.timers.clear(Timer::Kept),
        }
    }
}

/// The deadlines of a roll of so many topics, which are first judged then.
fn first_timers(topics: usize, judge: Moment) -> Timers<Timer> {
    let mut timers = Timers::new();
    for topic in (0..topics).map(TopicKey) {
        timers.set(Timer::Judge(topic), judge);
    }
    timers
}
