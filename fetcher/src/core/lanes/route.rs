//! What comes from Kafka, and which session it is for: facts about partitions are for whoever has them, facts about the
//! client, the group and the cluster are for all.

use std::collections::BTreeMap;

use rollcall_proto::ids::{LogPosition, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;

use super::{FeedId, Lanes, MISSED_WAIT_MOST, UNOWNED_WAITS};
use crate::core::facts::{
    ClientFacts, CommitAnswer, CutBatch, GroupOwners, HistoryFacts, Looked, Owner, ProbeRound,
    Resolved, SettingsFacts, Suspect,
};
use crate::core::latch::Report;
use crate::core::session::{Flow, Session};

/// What back-pressure does, as the polling thread says it of all feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// The feeds without credit, each with the moment since when.
    pub starved: BTreeMap<FeedId, Moment>,
    /// Paused partitions, each with the moment of its pause.
    pub paused: BTreeMap<Partition, Moment>,
    /// How often polling stopped or partitions were paused since the start.
    pub pauses: u64,
}

impl Lanes {
    /// The group gives partitions. Those of a lane that no feed has wait for one.
    pub fn assign(&mut self, partitions: &[Partition], now: Moment) {
        self.given.extend(partitions);
        self.each(|session| {
            let lane = session.lane();
            let in_lane = |p: &Partition| lane.is_some_and(|lane| lane.has(*p));
            let of_lane: Vec<_> = partitions.iter().copied().filter(in_lane).collect();
            session.assign(&of_lane, now);
        });
    }

    /// The group takes partitions. It is answered when every feed is done with them.
    pub fn revoke(&mut self, partitions: &[Partition], lost: bool, now: Moment) {
        for partition in partitions {
            self.given.remove(partition);
        }
        self.wanted.revoking.extend(self.slots.keys());
        self.each(|session| session.revoke(partitions, lost, now));
    }

    /// This process ends.
    pub fn leave(&mut self, deadline: Moment, now: Moment) {
        self.leaving = true;
        self.each(|session| session.leave(deadline, now));
    }

    /// Whether everything was given up after [`Self::leave`], and the aggregators told.
    pub fn left(&self) -> bool {
        self.leaving && self.slots.values().all(|slot| slot.session.left())
    }

    /// The client was lost for good.
    pub fn client_lost(&mut self, now: Moment) {
        self.given.clear();
        if self.misses {
            self.missed_wait = (self.missed_wait * 2).min(MISSED_WAIT_MOST);
        }
        (self.missed_since, self.misses) = (None, false);
        self.wanted.revoking.clear();
        self.each(|session| session.client_lost(now));
    }

    /// A new client was made.
    pub fn client_built(&mut self) {
        self.each(Session::client_built);
    }

    /// Start offsets were read.
    pub fn resolved(&mut self, answer: &Resolved, now: Moment) {
        let alone = self.slots.len() == 1;
        self.hand(answer.clone(), |_, session, mut answer| {
            answer.partitions.retain(|(p, _)| alone || session.has(*p));
            if alone || !answer.partitions.is_empty() {
                session.resolved(&answer, now);
            }
        });
        self.note_topic(answer);
    }

    /// The topic is the one that a session took the answer for: one that comes too late settles nothing.
    fn note_topic(&mut self, answer: &Resolved) {
        let sessions = self.slots.values().map(|slot| &slot.session);
        let mut took = sessions.filter(|s| answer.partitions.iter().any(|(p, _)| s.has(*p)));
        let topic = match self.slots.len() {
            1 => self.slots.values().find_map(|slot| slot.session.topic_id()),
            _ => took.find_map(Session::topic_id),
        };
        self.topic_id = topic.or(self.topic_id.take());
    }

    /// A commit was answered.
    pub fn committed(&mut self, answer: CommitAnswer, now: Moment) {
        let alone = self.slots.len() == 1;
        self.hand(answer, |_, session, mut answer| {
            answer.offsets.retain(|p, _| alone || session.has(*p));
            if alone || !answer.offsets.is_empty() {
                session.committed(answer, now);
            }
        });
    }

    /// Records came, read for that feed.
    pub fn batch(&mut self, feed: FeedId, batch: CutBatch, now: Moment) {
        self.with(feed, |session| session.batch(batch, now));
    }

    /// The client reached the end of a partition, reading for that feed.
    pub fn reached_end(
        &mut self,
        feed: FeedId,
        partition: Partition,
        placement: u64,
        position: LogPosition,
        now: Moment,
    ) {
        self.with(feed, |s| s.reached_end(partition, placement, position, now));
    }

    /// A record above the limit of that feed holds its partition.
    pub fn oversized(
        &mut self,
        feed: FeedId,
        partition: Partition,
        placement: u64,
        record: v1::OversizedRecord,
        now: Moment,
    ) {
        self.with(feed, |s| s.oversized(partition, placement, record, now));
    }

    /// The client stands still at one of these partitions.
    pub fn stalled(&mut self, suspects: &[Suspect], now: Moment) {
        self.each(|session| session.stalled(suspects, now));
    }

    /// Back-pressure began, went on or ended.
    pub fn flow(&mut self, flows: Flows, now: Moment) {
        self.hand(flows, |feed, session, mut flows| {
            flows.paused.retain(|p, _| session.has(*p));
            let flow = Flow {
                starved_since: flows.starved.get(&feed).copied(),
                paused: flows.paused,
                pauses: flows.pauses,
            };
            session.flow(flow, now);
        });
    }

    /// A round of the probe ended. It answers each aggregator's own requests.
    pub fn probed(&mut self, round: ProbeRound, now: Moment) {
        self.hand(round, |feed, session, mut round| {
            round.probe_ids.retain(|id| id.feed == feed);
            session.probed(round, now);
        });
    }

    /// Other members of the group were described. Gives an error that is new.
    pub fn owners(&mut self, owners: GroupOwners, now: Moment) -> Option<Report> {
        self.note_missed(&owners);
        let mut refused = None;
        self.hand(owners, |_, session, owners| {
            let new = session.owners(owners, now);
            refused = refused.take().or(new);
        });
        refused
    }

    /// Whether a new client may help: the group counts a partition as this member's that the client never gave, or no member
    /// has one. Then any of the members may be the cause, and they do it one after the other.
    fn note_missed(&mut self, owners: &GroupOwners) {
        let sessions = || self.slots.values().map(|slot| &slot.session);
        let ids: Vec<_> = sessions().filter_map(Session::member_id).collect();
        let is_mine = |owner: &&Owner| ids.contains(&owner.member_id.as_str());
        let mut mine = owners.owners.iter().filter(|(_, owner)| is_mine(owner));
        // One that is being taken away is the group's still until that is done.
        let ungiven = mine.any(|(partition, _)| !self.given.contains(partition));
        let turn = ids.first().map_or(0, |id| owners.before(id));
        let mut elsewhere = sessions().flat_map(Session::elsewhere);
        let unowned = elsewhere.any(|partition| !owners.owners.contains_key(&partition));
        let steady = self.wanted.revoking.is_empty() && !self.leaving;
        let wait = match () {
            () if !steady => None,
            () if ungiven => Some(self.missed_wait),
            () if unowned => Some(self.missed_wait.saturating_mul(UNOWNED_WAITS + turn)),
            () => None,
        };
        let Some(wait) = wait else {
            (self.missed_since, self.misses) = (None, false);
            return;
        };
        let since = *self.missed_since.get_or_insert(owners.measured);
        self.misses = owners.measured.since(since) >= wait;
    }

    /// Whether the client has not given a partition for long that the group counts as its own, or as nobody's. librdkafka 2.12.1
    /// never hears of an assignment whose heartbeat was answered after its time: it does not ask for the whole again
    /// (`rd_kafka_cgrp_handle_ConsumerGroupHeartbeat`). And where the group wants such a partition back from a member that never
    /// heard of it, that one says nothing, and no other gets it: by the description it is nobody's.
    pub const fn misses_partitions(&self) -> bool {
        self.misses
    }

    /// The group could not be described.
    pub fn undescribed(&mut self, kind: ErrorKind, now: Moment) {
        self.each(|session| session.undescribed(kind, now));
    }

    /// The log's newest timestamps were read.
    pub fn history(&mut self, facts: HistoryFacts) {
        self.hand(facts, |_, session, facts| session.history(facts));
    }

    /// A record was looked at.
    pub fn looked(&mut self, looked: Looked) {
        self.each(|session| session.looked(looked));
    }

    /// Settings of the cluster were read.
    pub fn settings(&mut self, settings: SettingsFacts) {
        self.hand(settings, |_, session, facts| session.settings(facts));
    }

    /// The client's statistics came.
    pub fn client(&mut self, facts: ClientFacts, now: Moment) {
        self.hand(facts, |_, session, facts| session.client(facts, now));
    }

    /// The client joins its group by this protocol.
    pub fn joining(&mut self, protocol: &'static str) {
        self.each(|session| session.joining(protocol));
    }

    /// The member id of this consumer in its group.
    pub fn member(&mut self, id: String) {
        self.hand(id, |_, session, id| session.member(id));
    }

    /// The client reported an error. Tells whether it is new.
    pub fn error(&mut self, report: &Report, now: Moment) -> bool {
        let mut new = false;
        self.each(|session| new |= session.error(report, now));
        new
    }
}
