//! One partition as the rules see it: N, A, C, H, S, L, E with their ages, prepared once.

use std::time::Duration;

use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::limits::PULSE_INTERVAL;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{ErrorKind, Source};

use super::Ask;
use super::rules::end::CAUGHT_UP;
use super::whole::Whole;
use crate::core::books::{PartitionBooks, TopicBooks};
use crate::core::evidence::brokers::BrokerFacts;
use crate::core::evidence::feed::{Feed, Isolation};
use crate::core::evidence::ownership::{ClaimFacts, Ownership};
use crate::core::evidence::partition::{Ends, Seen};
use crate::core::evidence::pulse::{Foreign, Latched, PartitionFacts, PulseFacts};
use crate::core::evidence::wire::Measured;
use crate::core::evidence::{PROBE_FRESH, TopicEvidence};

/// A fetcher that has not been heard for this long is silent.
pub const PULSE_FRESH: Duration = PULSE_INTERVAL.saturating_mul(3);
/// A measurement of the log's end that may serve a status while no probe has failed since: the background
/// probe comes every 8 s, and goes with a pulse.
pub const STATUS_FRESH: Duration = Duration::from_secs(11);
/// Less than this is no stall: rebalances delay records by up to 1.7 s (measured).
pub const IN_FLIGHT: Duration = Duration::from_secs(2);
/// What a broker gets beyond the fetch wait to answer anything.
pub const BEYOND_FETCH_WAIT: Duration = Duration::from_secs(1);
/// Statistics older than this say that nobody polls the client.
const STATISTICS_FRESH: Duration = Duration::from_secs(5);
/// Shortest time without movement that is called frozen: an ordinary failover takes 9.9 s.
pub(super) const FROZEN: Duration = Duration::from_secs(10);

/// Kafka's default of `transaction.max.timeout.ms`.
const TRANSACTION_MAX_TIMEOUT: Duration = Duration::from_secs(15 * 60);
/// How long after a transaction's timeout a broker ends it (`transaction.abort.timed.out.transaction.cleanup.interval.ms`).
const TRANSACTION_SWEEP: Duration = Duration::from_secs(10);

/// One partition, or a topic whose partitions are not known yet, at the moment of judging.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The topic's evidence.
    pub evidence: &'a TopicEvidence,
    /// The topic's books.
    pub books: &'a TopicBooks,
    /// What is asked.
    pub ask: &'a Ask,
    /// The moment of judging.
    pub now: Moment,
    /// What is true of the topic as a whole.
    pub whole: Whole,
    /// The partition; `None` while no partition of the topic is known.
    pub partition: Option<Partition>,
    /// The feed that the partition is judged by.
    pub feed: Option<&'a Feed>,
    /// Who holds the partition, and who did.
    pub owner: Option<&'a Ownership>,
    /// What that feed measured of the partition.
    pub seen: Option<&'a Seen>,
    /// The partition's books.
    pub book: Option<&'a PartitionBooks>,
    /// What many rules ask for, prepared once.
    fresh: Fresh<'a>,
}

/// The evidence of a case that is not too old.
#[derive(Clone, Copy, Debug, Default)]
struct Fresh<'a> {
    heard: bool,
    pulse: Option<&'a PulseFacts>,
    part: Option<&'a PartitionFacts>,
    ends: Option<Ends>,
}

/// A case for every partition that evidence or books know; one without a partition when there is none.
pub fn cases<'a>(
    evidence: &'a TopicEvidence,
    books: &'a TopicBooks,
    ask: &'a Ask,
    now: Moment,
) -> Vec<Case<'a>> {
    let mut partitions = evidence.partitions();
    partitions.extend(books.partitions.keys());
    let known = partitions.into_iter().map(Some);
    let mut cases: Vec<_> = known
        .map(|partition| Case::new(evidence, books, ask, now, partition))
        .collect();
    if cases.is_empty() {
        cases.push(Case::new(evidence, books, ask, now, None));
    }
    let whole = Whole::of(&cases);
    cases.iter_mut().for_each(|case| case.whole = whole);
    cases
}

impl<'a> Case<'a> {
    fn new(
        evidence: &'a TopicEvidence,
        books: &'a TopicBooks,
        ask: &'a Ask,
        now: Moment,
        partition: Option<Partition>,
    ) -> Self {
        let feed = match partition {
            Some(partition) => evidence.feed_for(partition),
            None => evidence.heard_last(),
        };
        let mut case = Self {
            evidence,
            books,
            ask,
            now,
            whole: Whole::default(),
            partition,
            feed,
            owner: partition.and_then(|partition| evidence.owners().get(&partition)),
            seen: partition.and_then(|partition| feed?.partitions.get(&partition)),
            book: partition.and_then(|partition| books.partitions.get(&partition)),
            fresh: Fresh::default(),
        };
        case.prepare();
        case
    }

    fn prepare(&mut self) {
        let fresh = |at| self.now.since(at) <= PULSE_FRESH;
        let pulse = self.feed.and_then(|feed| feed.pulse.as_ref());
        let part = self.seen.and_then(|seen| seen.pulse.as_ref());
        self.fresh = Fresh {
            heard: self.feed.is_some_and(|feed| fresh(feed.heard())),
            pulse: pulse.filter(|pulse| fresh(pulse.at)),
            part: part.filter(|part| fresh(part.at)),
            ends: None,
        };
        // By the rest.
        self.fresh.ends = self.fresh_ends();
    }

    /// Time since `then`.
    pub fn since(&self, then: Moment) -> Duration {
        self.now.since(then)
    }

    /// Whether the feed was heard within three pulses.
    pub const fn heard(&self) -> bool {
        self.fresh.heard
    }

    /// The last pulse, while it is fresh.
    pub const fn pulse(&self) -> Option<&'a PulseFacts> {
        self.fresh.pulse
    }

    /// The partition's part of the last pulse, while it is fresh.
    pub const fn part(&self) -> Option<&'a PartitionFacts> {
        self.fresh.part
    }

    /// Whether the partition's fetcher is a member of its group: one without is in no round, and owns nothing by it.
    pub fn in_the_group(&self) -> Option<bool> {
        Some(self.feed?.open.shard.is_none())
    }

    /// The claim that holds.
    pub fn claim(&self) -> Option<&'a ClaimFacts> {
        self.owner?.claim.as_ref()
    }

    /// When the reading began the way that the present claim says.
    pub fn began(&self) -> Option<Moment> {
        self.owner?.began()
    }

    /// An error that lasts and concerns the partition.
    pub fn error(&self, kind: ErrorKind) -> Option<&'a Latched> {
        self.pulse()?
            .errors
            .iter()
            .find(|error| error.kind == kind && error.concerns(self.partition))
    }

    /// The member that owns the partition and is no fetcher of ours, nor the ghost of one.
    pub fn foreign(&self) -> Option<&'a Foreign> {
        let foreign = self.pulse()?.foreign.get(&self.partition?)?;
        let mine = |feed: &Feed| match &feed.pulse {
            Some(pulse) if !pulse.group.member_id.is_empty() => {
                pulse.group.member_id == foreign.member_id
            }
            Some(_) | None => feed.open.client_id == foreign.client_id,
        };
        let ours = self.evidence.feeds().values().any(mine);
        let ghost = self
            .evidence
            .ghosts()
            .of_member(&foreign.member_id)
            .is_some();
        (!ours && !ghost).then_some(foreign)
    }

    /// The broker that leads the partition, as the fetcher's client sees it.
    pub fn broker(&self) -> Option<&'a BrokerFacts> {
        self.pulse()?.brokers.get(&self.part()?.leader?)
    }

    /// Whether the client's statistics are fresh: without polling there are none.
    pub fn statistics_fresh(&self) -> bool {
        let made = self.pulse().and_then(|pulse| pulse.statistics);
        made.is_some_and(|made| self.since(made) <= STATISTICS_FRESH)
    }

    /// N: the next offset to fetch, as last measured.
    pub fn position(&self) -> Option<Measured<Offset>> {
        self.seen?.position
    }

    /// C: the group's commit.
    pub fn committed(&self) -> Option<Measured<Offset>> {
        self.seen?.committed
    }

    /// H, and S and N with it, while they are fresh enough for what is asked.
    pub const fn ends(&self) -> Option<Ends> {
        self.fresh.ends
    }

    fn fresh_ends(&self) -> Option<Ends> {
        let seen = self.seen?;
        let (until, most) = match self.ask.slot {
            Some(_) => (self.ask.closed, PROBE_FRESH),
            None if seen.probe_failure.is_none() && !self.broker_silent() => {
                (self.now, STATUS_FRESH)
            }
            None => (self.now, PROBE_FRESH),
        };
        seen.ends.filter(|ends| until.since(ends.at) <= most)
    }

    /// Whether the leader's broker was away or silent when the client's statistics were made: what was measured before
    /// that says nothing of now. Judged by the statistics' own time, which is up to two seconds ago.
    fn broker_silent(&self) -> bool {
        let gone = self
            .pulse()
            .is_some_and(|pulse| pulse.brokers_down.is_some());
        let down = self.seen.is_some_and(|seen| seen.leader.down.is_some());
        let silent = || {
            let made = self.pulse()?.statistics?;
            let wait = self.feed?.open.fetch_wait? + BEYOND_FETCH_WAIT;
            Some(made.since(self.broker()?.answered?) > wait)
        };
        gone || down || silent() == Some(true)
    }

    /// E: the consumer's end, while it is fresh enough.
    pub fn end(&self) -> Option<Measured<Offset>> {
        let isolation = self.feed?.isolation();
        let ends = self.ends()?;
        ends.end(isolation).map(|end| {
            let source = if end == ends.high {
                Source::ProbeHighWatermark
            } else {
                Source::ProbeLastStable
            };
            Measured::new(end, ends.at, source)
        })
    }

    /// Records E − max(N, L) that can be read and are not; N must have been read after E.
    pub fn readable(&self) -> Option<u64> {
        let (end, position) = (self.end()?, self.position()?);
        let start = self.seen?.log_start.map(|start| start.value);
        // What lies below the log start is lost, and can be read no more.
        let from = start.map_or(position.value, |start| start.max(position.value));
        (position.at >= end.at).then(|| end.value.distance_from(from))
    }

    /// Offset up to which everything has come here.
    pub fn received(&self) -> Option<Offset> {
        let book = self.book?;
        let claimed = self
            .claim()
            .and_then(|claim| claim.committed)
            .unwrap_or_default();
        Some(book.received.max(book.floor).max(claimed))
    }

    /// Offsets that the client has read and that have not come here.
    pub fn on_the_way(&self) -> u64 {
        match (self.position(), self.received()) {
            (Some(position), Some(received)) => position.value.distance_from(received),
            (None, _) | (_, None) => 0,
        }
    }

    /// Whether N changed within the time that records may be on their way.
    pub fn moving(&self) -> bool {
        self.seen
            .and_then(|seen| seen.moved)
            .is_some_and(|moved| self.since(moved) <= IN_FLIGHT)
    }

    /// Whether N moved past offsets that hold no record: for longer than records may be on their way it is beyond what
    /// came, though somebody polls the client and there was credit.
    pub fn passed_nothing(&self) -> bool {
        let passed = self.seen.and_then(|seen| seen.passed);
        let long = passed.is_some_and(|passed| self.since(passed) >= IN_FLIGHT);
        long && self.reads_on() && !self.held_lately()
    }

    /// Whether a gather ever asked for the topic.
    pub fn was_gathered(&self) -> bool {
        self.ask.slot.is_some() || self.books.last_asked.is_some()
    }

    /// Records that wait here.
    pub fn buffered(&self) -> u64 {
        self.book.map_or(0, |book| book.buffered_records)
    }

    /// Whether everything up to E was read and handed out: proven by a fresh probe, a claim that holds and
    /// a fetcher that is heard. Offsets past the last record that came here are explained as holding none
    /// (control records, aborted transactions) only if somebody polls the client and nothing moves.
    pub fn caught_up(&self) -> bool {
        if self.outside() {
            return self.outside_caught_up();
        }
        CAUGHT_UP
            .conditions
            .iter()
            .all(|condition| (condition.holds)(self) == Some(true))
    }

    /// Whether records of the partition are out with a client.
    pub fn leased(&self) -> bool {
        self.book
            .is_some_and(|book| book.lease.is_some() || book.unacked_records > 0)
    }

    /// Whether offsets that were read and did not come here are explained.
    pub fn explained(&self) -> bool {
        self.on_the_way() == 0 || self.holds_nothing_back()
    }

    /// Offsets between S and H, which a read_committed consumer cannot see yet.
    pub fn hidden(&self) -> Option<u64> {
        let ends = self.ends()?;
        match self.feed?.isolation()? {
            Isolation::ReadCommitted => Some(ends.high.distance_from(ends.stable?)),
            Isolation::ReadUncommitted => Some(0),
        }
    }

    /// Whether offsets that were read and did not come here can only be such that hold no record: somebody
    /// polls the client, there is credit, nothing moves, and no record was handed over that did not come.
    fn holds_nothing_back(&self) -> bool {
        let came = self
            .part()
            .is_some_and(|part| part.handed_over <= self.received());
        let in_the_client = self.in_the_client().is_some_and(|offsets| offsets > 0);
        self.reads_on() && came && !in_the_client && !self.moving() && !self.held_lately()
    }

    /// Offsets N − A that the client has fetched and polling has not come to, as of the last pulse.
    pub fn in_the_client(&self) -> Option<u64> {
        let part = self.part()?;
        Some(part.next?.distance_from(part.polled_offset?))
    }

    /// Whether somebody polls the client, and there is credit.
    fn reads_on(&self) -> bool {
        let (Some(pulse), Some(part)) = (self.pulse(), self.part()) else {
            return false;
        };
        self.statistics_fresh() && pulse.starved.is_none() && part.paused.is_none()
    }

    /// Whether reading was held back by the want of credit within the time that records may be on their way.
    /// A client that was paused has thrown away what it had read ahead, and N still counts it.
    fn held_lately(&self) -> bool {
        self.seen
            .and_then(|seen| seen.held)
            .is_some_and(|held| self.since(held) <= IN_FLIGHT)
    }

    /// Whether reading goes on again after it was held back a moment ago.
    pub fn resumed(&self) -> bool {
        self.reads_on() && self.held_lately()
    }

    /// Records that the client has read ahead, or sent, and that have not come here.
    pub fn ahead(&self) -> u64 {
        if self.holds_nothing_back() {
            0
        } else {
            self.on_the_way()
        }
    }

    /// H of a partition that is provably empty: L = H. An older L serves: a log start never falls.
    pub fn empty_at(&self) -> Option<Offset> {
        let (ends, start) = (self.ends()?, self.seen?.log_start?);
        (self.heard() && start.value == ends.high).then_some(ends.high)
    }

    /// How long N must be unchanged to be called frozen: max(3W, 2 pulses, 10 s). From outside N is a commit, and may
    /// stand still for as long as the application lets pass between two of them.
    pub fn frozen_after(&self) -> Duration {
        let fetch_wait = self
            .feed
            .and_then(|feed| feed.open.fetch_wait)
            .unwrap_or_default();
        FROZEN
            .max(fetch_wait.saturating_mul(3))
            .max(PULSE_INTERVAL.saturating_mul(2))
            .max(self.commit_shown())
    }

    /// How long a transaction may be open before something is wrong with the brokers themselves.
    pub fn transaction_limit(&self) -> Duration {
        let pulse = self.feed.and_then(|feed| feed.pulse.as_ref());
        let told = pulse.and_then(|pulse| pulse.settings.transaction_max_timeout);
        told.unwrap_or(TRANSACTION_MAX_TIMEOUT) + TRANSACTION_SWEEP
    }

    /// Whether a gather, if there is one, or the topic as a whole got data.
    pub fn has_data(&self) -> bool {
        self.whole.has_data && (!self.outside() || self.flows() || self.caught_up())
    }
}
