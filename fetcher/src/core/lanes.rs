//! One fetcher, several aggregators: what comes from Kafka is dealt out to a session for each feed, and what those want
//! done is merged.
//!
//! Partition p is of lane p modulo N. Which lane an aggregator is, of how many, its welcome says. Records flow only while
//! the welcomes that there are agree; when they say something else than before, partitions move: their old feed gives
//! them up as on a revoke, and only then the new one begins them at their commit. Kafka knows nothing of that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::{LogPosition, Offset, Partition, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::feed_response::Event as Answer;

use crate::core::membership::Shard;
use crate::core::session::{Action, Identity, Session, Tally};

mod deal;
mod measure;
mod route;
mod standing;
#[cfg(test)]
mod tests;

pub use route::Flows;
pub use standing::{Place, Standing};

/// Feeds of one fetcher at most.
pub const FEEDS: usize = 64;
/// How long a partition may be this member's before it is given, at first and after some times: longer than the heartbeat
/// interval of a broker (group.consumer.max.heartbeat.interval.ms, 15 s unless it is set).
const MISSED_WAIT: Duration = Duration::from_secs(20);
const MISSED_WAIT_MOST: Duration = Duration::from_secs(640);
/// How many times that where no member has a partition, for the first of the members: it may be on its way from one to the next.
const UNOWNED_WAITS: u32 = 2;
/// Bits of a placement's number that count within one deal.
const PLACEMENT_BITS: u32 = 32;

/// Names one feed of a fetcher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub u8);

/// One feed: where it goes, and what came of it.
#[derive(Clone, Debug)]
struct Slot {
    address: String,
    session: Session,
    /// What the aggregator last welcomed as.
    place: Option<Place>,
    /// Whether that welcome holds: its stream is open.
    live: bool,
    /// Whether the address is given up.
    gone: bool,
    /// The lane that it is to have.
    target: Option<Shard>,
}

/// What the sessions want done.
#[derive(Clone, Debug, Default)]
struct Wanted {
    actions: Vec<(FeedId, Action)>,
    /// The newest commit of any feed.
    tickets: u64,
    /// The feeds that have not finished with a revoke.
    revoking: BTreeSet<FeedId>,
}

/// All feeds of one fetcher.
#[derive(Clone, Debug)]
pub struct Lanes {
    slots: BTreeMap<FeedId, Slot>,
    /// Partitions that the group gave.
    given: BTreeSet<Partition>,
    wanted: Wanted,
    /// Since when the group counts a partition as this member's that the client never gave.
    missed_since: Option<Moment>,
    /// How long that may last until the client is given up; longer after each time.
    missed_wait: Duration,
    /// Whether it has lasted that long.
    misses: bool,
    leaving: bool,
    /// How often a feed was given a lane.
    deals: u64,
    /// Whether a feed waits for its lane.
    unsettled: bool,
    standing: Standing,
    /// What feeds counted that are no more.
    past: Tally,
    /// The topic that was read last.
    topic_id: Option<TopicId>,
}

impl Lanes {
    /// A fetcher that was given nothing yet and has no feed. With one address it takes itself for the only lane until it
    /// is told otherwise.
    pub fn new(
        identity: &Identity,
        pulse_interval: Duration,
        addresses: &[String],
        now: Moment,
    ) -> Self {
        let alone = addresses.len() == 1;
        let mut lanes = Self {
            slots: BTreeMap::new(),
            given: BTreeSet::new(),
            wanted: Wanted::default(),
            missed_since: None,
            missed_wait: MISSED_WAIT,
            misses: false,
            leaving: false,
            deals: 0,
            unsettled: false,
            standing: Standing::Unknown,
            past: Tally::default(),
            topic_id: None,
        };
        for (address, id) in addresses.iter().zip(FeedId::all()) {
            let mut session = Session::new(identity.clone(), pulse_interval, now);
            if !alone {
                session.keep_only(None, now);
            }
            let target = alone.then_some(Shard::ALL);
            lanes.slots.insert(id, Slot::new(address, session, target));
        }
        lanes
    }

    /// One more address; `None` when there are [`FEEDS`] already.
    pub fn add(&mut self, address: &str, now: Moment) -> Option<FeedId> {
        let id = FeedId::all().find(|id| !self.slots.contains_key(id))?;
        let (_, known) = self.slots.first_key_value()?;
        let session = known.session.beside(now);
        self.slots.insert(id, Slot::new(address, session, None));
        Some(id)
    }

    /// The address is one no more. What the feed has is given up; it may take a while.
    pub fn remove(&mut self, feed: FeedId, now: Moment) {
        if let Some(slot) = self.slots.get_mut(&feed) {
            slot.gone = true;
        }
        self.disconnected(feed, now);
    }

    /// A stream to an aggregator was opened.
    pub fn connected(&mut self, feed: FeedId) {
        self.with(feed, Session::connected);
    }

    /// The stream ended, for whatever reason.
    pub fn disconnected(&mut self, feed: FeedId, now: Moment) {
        let Some(slot) = self.slots.get_mut(&feed) else {
            return;
        };
        let changes = std::mem::take(&mut slot.live) || slot.gone;
        self.with(feed, |session| session.disconnected(now));
        if changes {
            self.deal(now);
        }
    }

    /// An aggregator said something.
    pub fn received(&mut self, feed: FeedId, answer: v1::FeedResponse, now: Moment) {
        if let Some(Answer::Welcome(welcome)) = &answer.event {
            self.place(feed, welcome, now);
        }
        self.with(feed, |session| session.received(answer, now));
    }

    /// Whether the aggregator has welcomed the feed.
    pub fn welcomed(&self, feed: FeedId) -> bool {
        let slot = self.slots.get(&feed);
        slot.is_some_and(|slot| slot.session.welcomed())
    }

    /// Where the feed goes.
    pub fn address(&self, feed: FeedId) -> &str {
        self.slots.get(&feed).map_or("", |slot| &slot.address)
    }

    /// The feeds that have something to say.
    pub fn speakers(&self) -> impl Iterator<Item = FeedId> + '_ {
        let speaks = |(_, slot): &(&FeedId, &Slot)| slot.session.has_message();
        self.slots.iter().filter(speaks).map(|(feed, _)| *feed)
    }

    /// Whether a message can be sent now.
    pub fn has_message(&self, feed: FeedId) -> bool {
        let slot = self.slots.get(&feed);
        slot.is_some_and(|slot| slot.session.has_message())
    }

    /// The next message of a feed.
    pub fn next_message(&mut self, feed: FeedId, now: Moment) -> Option<v1::FeedRequest> {
        self.slots.get_mut(&feed)?.session.next_message(now)
    }

    /// When the consumer was last polled, for a feed that is about to speak.
    pub fn polled(&mut self, feed: FeedId, at: Option<Moment>) {
        if let Some(slot) = self.slots.get_mut(&feed) {
            slot.session.polled(at);
        }
    }

    /// What is to be done, and for which feed; empties the list.
    pub fn take_actions(&mut self) -> Vec<(FeedId, Action)> {
        std::mem::take(&mut self.wanted.actions)
    }

    /// How the aggregators stand to each other.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The lanes that no feed serves now, where their number is known.
    pub fn missing(&self) -> Vec<Shard> {
        let Standing::Agreed(lanes) = self.standing else {
            return Vec::new();
        };
        let lanes = (0..lanes).filter_map(|lane| Shard::new(lane, lanes));
        lanes.filter(|lane| !self.serves(*lane)).collect()
    }

    fn serves(&self, lane: Shard) -> bool {
        let mut slots = self.slots.values();
        slots.any(|slot| slot.session.welcomed() && slot.session.lane() == Some(lane))
    }

    /// Whether it is not known which aggregators there are, or one is away.
    pub fn lacks_aggregators(&self) -> bool {
        !matches!(self.standing, Standing::Agreed(_)) || !self.missing().is_empty()
    }

    /// The feed whose aggregator last said that it is this lane.
    pub fn feed_of(&self, lane: Shard) -> Option<FeedId> {
        let is = |slot: &Slot| !slot.gone && slot.place.and_then(Place::shard) == Some(lane);
        let mut slots = self.slots.iter();
        slots.find(|(_, slot)| is(slot)).map(|(feed, _)| *feed)
    }

    /// Partitions that the group gave to this fetcher, or that it took.
    pub fn assigned(&self) -> BTreeSet<Partition> {
        let held = self.slots.values().map(|slot| slot.session.assigned());
        let held = held.reduce(|mut all, some| {
            all.extend(some);
            all
        });
        let mut all = held.unwrap_or_default();
        if self.slots.len() > 1 || all.len() < self.given.len() {
            all.extend(&self.given);
        }
        all
    }

    /// Whether every partition is at its end by the last probe.
    pub fn caught_up(&self) -> bool {
        let sessions = self.slots.values().map(|slot| &slot.session);
        let mut holders = sessions.filter(|session| !session.has_nothing()).peekable();
        holders.peek().is_some() && holders.all(Session::caught_up)
    }

    /// Kafka's id of the topic, once it is known.
    pub const fn topic_id(&self) -> Option<&TopicId> {
        self.topic_id.as_ref()
    }

    /// Kafka's id of the topic as the feed knows it: what it commits is of that one.
    pub fn topic_id_of(&self, feed: FeedId) -> Option<TopicId> {
        self.slots.get(&feed)?.session.topic_id()
    }

    /// Until when a commit that a feed asks for now may be made; `None` for one that a group fences.
    pub fn commit_until(&self, feed: FeedId, now: Moment) -> Option<Moment> {
        self.slots.get(&feed)?.session.commit_until(now)
    }

    /// The place in the log that an offset is, as a feed knows the partition.
    pub fn position(&self, feed: FeedId, partition: Partition, offset: Offset) -> LogPosition {
        let known = self.slots.get(&feed);
        let known = known.and_then(|slot| slot.session.position(partition, offset));
        known.unwrap_or_else(|| LogPosition::of_unknown_epoch(offset))
    }

    /// When [`Self::tick_if_due`] is due without any event.
    pub fn deadline(&self) -> Moment {
        let deadlines = self.slots.values().map(|slot| slot.session.deadline());
        deadlines.min().unwrap_or_default()
    }

    /// Does what is due, if anything is; to be called after every event.
    pub fn tick_if_due(&mut self, now: Moment) {
        self.each(|session| session.tick_if_due(now));
        if self.unsettled && !self.leaving {
            self.go_on_dealing(now);
        }
    }

    /// Has a session do something, and takes what it wants done.
    fn with(&mut self, feed: FeedId, act: impl FnOnce(&mut Session)) {
        if let Some(slot) = self.slots.get_mut(&feed) {
            self.wanted.by(feed, &mut slot.session, act);
        }
    }

    fn each(&mut self, mut act: impl FnMut(&mut Session)) {
        for (feed, slot) in &mut self.slots {
            self.wanted.by(*feed, &mut slot.session, &mut act);
        }
    }

    /// Hands a fact to every session; the last one gets the original.
    fn hand<T: Clone>(&mut self, fact: T, mut act: impl FnMut(FeedId, &mut Session, T)) {
        let facts = std::iter::repeat_n(fact, self.slots.len());
        for ((feed, slot), fact) in self.slots.iter_mut().zip(facts) {
            self.wanted.by(*feed, &mut slot.session, |session| {
                act(*feed, session, fact)
            });
        }
    }
}

impl Wanted {
    /// Commits are counted over all feeds, in the order in which they are asked for.
    fn by(&mut self, feed: FeedId, session: &mut Session, act: impl FnOnce(&mut Session)) {
        session.count_commits_from(self.tickets);
        act(session);
        self.tickets = session.commits_asked();
        for action in session.take_actions() {
            // A revoke is answered when the last feed is done with it.
            if action == Action::Unassign {
                self.revoking.remove(&feed);
                if !self.revoking.is_empty() {
                    continue;
                }
            }
            self.actions.push((feed, action));
        }
    }
}

impl Slot {
    fn new(address: &str, session: Session, target: Option<Shard>) -> Self {
        Self {
            address: address.to_owned(),
            session,
            place: None,
            live: false,
            gone: false,
            target,
        }
    }
}

impl FeedId {
    /// All that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self).take(FEEDS)
    }

    /// Its place in a list of [`FEEDS`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}
