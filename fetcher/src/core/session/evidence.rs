//! Evidence as it comes from the Kafka edge, and the pulse that is made of it.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_proto::ids::{LogPosition, Offset, Partition, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::ErrorKind;

use crate::core::facts::{ClientFacts, GroupOwners, HistoryFacts, ProbeRound};
use crate::core::latch::Report;
use crate::core::pulse::{self, duration};
use crate::core::session::holding::Holding;
use crate::core::session::{Action, Flow, OWNERS_EVERY, Outgoing, Phase, Session};

/// What a fetch that succeeded proves wrong.
const FETCHING: [ErrorKind; 3] = [
    ErrorKind::TopicAuthorization,
    ErrorKind::UnknownTopic,
    ErrorKind::RequestTimeout,
];
/// What an answering broker proves wrong.
const ANSWERING: [ErrorKind; 4] = [
    ErrorKind::AllBrokersDown,
    ErrorKind::Authentication,
    ErrorKind::ProtocolMismatch,
    ErrorKind::Probe,
];
/// What only reading to the end proves wrong.
const READING: [ErrorKind; 2] = [ErrorKind::Undecodable, ErrorKind::RecordTooLarge];
/// The part of a pulse's interval that it may come earlier or later, to go with the client's statistics.
const PULSE_SLACK: u32 = 4;

impl Session {
    /// A fetch brought something.
    pub(super) fn progressed(&mut self) {
        self.latches.contradict(&FETCHING);
    }

    /// The client reached the end of a partition at `position`.
    pub fn reached_end(
        &mut self,
        partition: Partition,
        placement: u64,
        position: LogPosition,
        now: Moment,
    ) {
        self.progressed();
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        if held.placement == placement && held.placed {
            let overwritten = held.epochs.written_by(position.offset);
            if overwritten.is_some_and(|known| position.leader_epoch > Some(known)) {
                // No record of it came: they are of aborted transactions, or control records.
                let at = held.in_hand();
                return self.overwritten(partition, at, now);
            }
            held.polled_to(position.offset, now);
            held.comes_to(position.offset, now);
            held.epochs.note(position);
            held.end = Some(position.offset);
            held.note_end();
            self.commit_what_is_settled(now);
        }
    }

    /// A record above the limit holds its partition.
    pub fn oversized(
        &mut self,
        partition: Partition,
        placement: u64,
        record: v1::OversizedRecord,
        now: Moment,
    ) {
        let Some(held) = self.holdings.get_mut(&partition) else {
            return;
        };
        if held.placement == placement {
            let text = format!(
                "record at offset {} has {} bytes, the limit is {}",
                record.offset, record.bytes, record.max_record_bytes
            );
            held.oversized = Some(record);
            let kind = ErrorKind::RecordTooLarge;
            self.error(
                &Report {
                    kind,
                    code: 0,
                    text,
                    partition: Some(partition),
                },
                now,
            );
        }
        self.pulse(now);
    }

    /// The client reported an error. Tells whether it is new.
    pub fn error(&mut self, report: &Report, now: Moment) -> bool {
        let new = self.latches.report(report, now);
        if new {
            self.pulse(now);
        }
        new
    }

    /// The client's statistics came.
    pub fn client(&mut self, facts: ClientFacts, now: Moment) {
        if facts.brokers_up > 0 {
            self.latches
                .contradict(&[ErrorKind::AllBrokersDown, ErrorKind::Authentication]);
        }
        if facts.brokers_up > 0 && facts.brokers_up == facts.brokers_known {
            self.latches.contradict(&[ErrorKind::Transport]);
        }
        if facts.join_state == "steady" {
            self.latches.contradict(&[
                ErrorKind::GroupAuthorization,
                ErrorKind::GroupProtocol,
                ErrorKind::SessionTimeout,
            ]);
        }
        // Who joins no group is in no round of it, whatever the client's own state is called.
        let join_state = match self.fixed {
            Some(_) => "",
            None => facts.join_state.as_str(),
        };
        let news = self
            .group
            .observe(&facts.group_state, join_state, facts.measured);
        for (partition, log) in &facts.partitions {
            let held = self
                .holdings
                .get_mut(partition)
                .filter(|h| h.placed_before(facts.measured));
            if let (Some(held), Some(next)) = (held, log.next_offset) {
                held.polled_to(next, now);
            }
        }
        self.stalls_in(&facts, now);
        self.brokers.observe(&facts.brokers, facts.measured);
        self.client = Some(facts);
        if news {
            self.pulse(now);
        } else {
            self.pulse_with_statistics(now);
        }
    }

    /// A pulse that is due soon goes out with the statistics, at their freshest: the two wake both ends once.
    fn pulse_with_statistics(&mut self, now: Moment) {
        if self.pulse_due.since(now) <= self.pulse_interval / PULSE_SLACK {
            self.pulse(now);
        }
    }

    /// When a pulse is sent without any event. Where statistics come, a due one is given some time to go with them.
    pub(super) fn pulse_deadline(&self) -> Moment {
        match self.client {
            Some(_) => self.pulse_due + self.pulse_interval / PULSE_SLACK,
            None => self.pulse_due,
        }
    }

    /// When the consumer was last polled, or waited for credit on purpose; `None` while there is none.
    pub const fn polled(&mut self, at: Option<Moment>) {
        self.polled = at;
    }

    /// The client joins its group by this protocol.
    pub const fn joining(&mut self, protocol: &'static str) {
        self.group.protocol = protocol;
    }

    /// The member id of this consumer in its group.
    pub fn member(&mut self, id: String) {
        self.group.member_id = id;
    }

    /// A round of the probe ended. A topic under another id is another topic: nothing of what is known
    /// about the old one's offsets holds.
    pub fn probed(&mut self, mut round: ProbeRound, now: Moment) {
        self.note_probe(&round.probed, round.measured, now);
        self.look_for_owners(&round.probed, now);
        for log in &mut round.probed.partitions {
            let partition = Partition(log.partition);
            let held = self.holdings.get(&partition);
            let polled = held.and_then(|h| h.polled);
            let next = round.positions.get(&partition).copied().max(polled);
            log.next_offset = next.filter(|_| held.is_some()).map(Offset::get);
        }
        self.overtaken_in(&round.probed, now);
        self.look_where_worth_while(&round.probed, now);
        self.caught_up = self.at_the_end(&round.probed);
        if self.caught_up {
            self.latches.contradict(&READING);
        }
        let topic_id = TopicId::new(&round.probed.topic_id);
        let recreated = topic_id.is_some() && self.topic_id.is_some() && topic_id != self.topic_id;
        self.know_partitions(&round.probed, recreated);
        self.say_probed(round);
        if recreated {
            for partition in self.assigned() {
                self.restart(partition, now);
            }
            self.tick_holdings(now);
        }
        self.take_partitions(now);
    }

    /// A round that nobody asked for, and that found of an idle topic what the last one found, is told with the next
    /// pulse. One that still waits to be said is replaced by the newer one, which answers its requests too.
    fn say_probed(&mut self, mut round: ProbeRound) {
        let found = v1::Probed {
            took: None,
            ..round.probed.clone()
        };
        let news = self.probe_told.as_ref() != Some(&found);
        if self.caught_up && !news && round.probe_ids.is_empty() {
            self.probe_again = Some(Box::new(round));
            return;
        }
        self.probe_again = None;
        self.probe_told = Some(found).filter(|_| self.welcomed());
        let waiting = self.outbox.iter_mut().find_map(|out| match out {
            Outgoing::Probed(waiting) => Some(waiting),
            Outgoing::Ready(_) | Outgoing::Pulse | Outgoing::History(_) => None,
        });
        match waiting {
            Some(waiting) => {
                round.probe_ids.append(&mut waiting.probe_ids);
                **waiting = round;
            }
            None => self.say_if_room(Outgoing::Probed(Box::new(round))),
        }
    }

    fn note_probe(&mut self, probed: &v1::Probed, measured: Moment, now: Moment) {
        self.tally.probed(probed, measured);
        if let Some(why) = &probed.failure {
            let (kind, text) = (ErrorKind::Probe, why.clone());
            self.error(
                &Report {
                    kind,
                    code: 0,
                    text,
                    partition: None,
                },
                now,
            );
        } else {
            self.latches.contradict(&ANSWERING);
        }
        match probed.topic_exists {
            Some(true) => {
                self.partitions_known = u32::try_from(probed.partitions.len()).ok();
                self.latches.contradict(&[ErrorKind::UnknownTopic]);
            }
            Some(false) => self.partitions_known = Some(0),
            None => {}
        }
    }

    fn at_the_end(&self, probed: &v1::Probed) -> bool {
        let ends: BTreeMap<_, _> = probed
            .partitions
            .iter()
            .map(|log| (log.partition, log))
            .collect();
        let at_end = |(partition, held): (&Partition, &Holding)| {
            ends.get(&partition.0).is_some_and(|log| proves_end(log)) && !held.sent.unsettled()
        };
        probed.failure.is_none() && !self.holdings.is_empty() && self.read().all(at_end)
    }

    /// Other members of the group were described. Gives an error that is new.
    pub fn owners(&mut self, owners: GroupOwners, now: Moment) -> Option<Report> {
        let refused = self.members_seen(&owners, now);
        self.owners = Some(owners);
        self.pulse(now);
        refused
    }

    /// Partitions of this lane that the group did not give to this fetcher.
    pub fn elsewhere(&self) -> impl Iterator<Item = Partition> + '_ {
        self.elsewhere.keys().copied()
    }

    /// Asks who owns the partitions that are not ours, now and then.
    fn look_for_owners(&mut self, probed: &v1::Probed, now: Moment) {
        if self.fixed.is_some() {
            return;
        }
        let lane = self.lane;
        let committed = |log: &v1::ProbedPartition| {
            let partition = Partition(log.partition);
            let ours = lane.is_some_and(|lane| lane.has(partition));
            let elsewhere = ours && !self.holdings.contains_key(&partition);
            elsewhere.then_some((partition, Commit::read(log)))
        };
        let known = std::mem::take(&mut self.elsewhere);
        self.elsewhere = probed.partitions.iter().filter_map(committed).collect();
        // Of a partition that was not there, the last description says nothing.
        let news = self.elsewhere.keys().any(|p| !known.contains_key(p));
        if self.elsewhere.is_empty() {
            self.owners = None;
        } else if news || now >= self.owners_due {
            self.owners_due = now + OWNERS_EVERY;
            self.actions.push(Action::Describe);
        }
    }

    /// The log's newest timestamps were read.
    pub fn history(&mut self, facts: HistoryFacts) {
        self.history = Some(facts.clone());
        self.say_if_room(Outgoing::History(Box::new(facts)));
    }

    /// Back-pressure began, went on or ended.
    pub fn flow(&mut self, flow: Flow, now: Moment) {
        if self.flow != flow {
            self.flow = flow;
            self.pulse(now);
        }
    }

    /// The pulse of this moment.
    pub(super) fn pulse_message(&self, now: Moment) -> v1::Pulse {
        let client = self.client.as_ref();
        let age = |since: Moment| duration(now.since(since));
        v1::Pulse {
            statistics_age: client.map(|c| age(c.measured)),
            group: Some(
                self.group
                    .to_wire(self.read().count(), self.owners.as_ref(), now),
            ),
            brokers_up: client.map_or(0, |c| c.brokers_up),
            brokers_known: client.map_or(0, |c| c.brokers_known),
            errors: self.latches.to_wire(now),
            partitions: self
                .read()
                .map(|(p, h)| self.partition_pulse(*p, h, now))
                .collect(),
            partitions_known: self.partitions_known,
            starved: self.flow.starved_since.map(age),
            foreign_owners: self.foreign_owners(now),
            pauses: self.flow.pauses,
            polled_age: self.polled.map(age),
            brokers: self.brokers.to_wire(now),
            settings: self.settings.as_ref().map(|known| known.to_wire(now)),
            owners_age: self.owners.as_ref().map(|seen| age(seen.measured)),
            standby: u32::try_from(self.holdings.len() - self.read().count()).unwrap_or(u32::MAX),
        }
    }

    /// The partitions that are this fetcher's to read: all but those that another one holds.
    fn read(&self) -> impl Iterator<Item = (&Partition, &Holding)> {
        self.holdings.iter().filter(|(_, held)| !held.stands_by())
    }

    fn partition_pulse(
        &self,
        partition: Partition,
        held: &Holding,
        now: Moment,
    ) -> v1::PartitionPulse {
        let client = self.client.as_ref();
        let seen = client
            .and_then(|c| c.partitions.get(&partition))
            .cloned()
            .unwrap_or_default();
        let statistics_age = client.map_or(Duration::ZERO, |c| now.since(c.measured));
        let age = |since: Moment| duration(now.since(since));
        let sent = held.resolved().then(|| held.sent.next().get());
        v1::PartitionPulse {
            partition: partition.0,
            next_offset: held.polled.map(Offset::get),
            handed_over: held.handed_over.map(Offset::get),
            committed: held.committed.map(Offset::get),
            sent,
            floor: held.resolved().then(|| held.sent.floor().get()),
            started_from: held.started_from.into(),
            paused: self.flow.paused.get(&partition).map(|since| age(*since)),
            last_fetch_age: seen.last_answer_age.map(|a| duration(a + statistics_age)),
            leader: seen.leader,
            leader_address: seen.leader_address,
            leader_up: seen.leader_up,
            unresolved: (!held.resolved()).then(|| age(held.assigned)),
            next_offset_age: held.polled.map(|_| age(held.polled_changed)),
            oversized: held.oversized,
            last_timestamp_ms: held.last_timestamp_ms,
            last_record_age: held.last_record.map(age),
            lost: held.lost.map(Into::into),
            assigned: held.phase != Phase::Done,
            polled_offset: held.come_to.map(Offset::get),
            polled_offset_age: held.come_to.map(|_| age(held.come_to_changed)),
            hidden_record: held.glimpses.hidden(now),
            unread_record: held.glimpses.unread(now),
        }
    }

    fn foreign_owners(&self, now: Moment) -> Vec<v1::ForeignOwner> {
        let Some(seen) = &self.owners else {
            return Vec::new();
        };
        let elsewhere = seen
            .owners
            .iter()
            .filter(|(p, _)| self.in_lane(**p) && !self.holdings.contains_key(p));
        let wire = |(partition, owner): (&Partition, &crate::core::facts::Owner)| {
            let commit = self.elsewhere.get(partition).copied().flatten();
            v1::ForeignOwner {
                partition: partition.0,
                client_id: pulse::name(&owner.client_id),
                host: pulse::name(&owner.host),
                member_id: pulse::name(&owner.member_id),
                age: Some(duration(now.since(seen.measured))),
                committed: commit.and_then(|Commit(offset)| Some(offset?.get())),
                commit_known: commit.is_some(),
            }
        };
        elsewhere.map(wire).collect()
    }
}

/// What the group has committed of a partition, as Kafka told it; `None` when there is no commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit(Option<Offset>);

impl Commit {
    /// The commit that a probe read; `None` when it could not be read.
    fn read(log: &v1::ProbedPartition) -> Option<Self> {
        log.commit_known
            .then(|| Self(log.committed.and_then(Offset::known)))
    }
}

/// Whether a probe shows that everything readable was handed over.
fn proves_end(log: &v1::ProbedPartition) -> bool {
    let end = log.last_stable_offset.or(log.high_watermark);
    matches!((log.next_offset, end), (Some(next), Some(end)) if next >= end)
}
