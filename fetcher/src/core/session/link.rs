//! The feed's side: what the aggregator says, and what is sent next.

use rollcall_proto::ids::{LeaderEpoch, Partition};
use rollcall_proto::time::Moment;
use rollcall_proto::v1;
use rollcall_proto::v1::feed_request::Event;
use rollcall_proto::v1::feed_response::Event as Answer;

use crate::core::credit::Credit;
use crate::core::facts::CutBatch;
use crate::core::pulse::std_duration;
use crate::core::session::holding::Holding;
use crate::core::session::{Action, Limits, Outgoing, Phase, Session};

/// Messages that wait for the feed at most; evidence beyond that is dropped, the newest comes again.
const OUTBOX: usize = 4096;

/// How the feed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is none.
    Down,
    /// The stream is open and `open` was said.
    Opening,
    /// Welcomed.
    Open,
    /// The aggregator asked to open a new one: nothing new is sent.
    Rotating {
        /// How long it waits.
        deadline: Moment,
    },
}

impl Session {
    /// A stream to the aggregator was opened.
    pub fn connected(&mut self) {
        self.link = Link::Opening;
        self.outbox.clear();
        let topic_id = self
            .topic_id
            .as_ref()
            .map_or_else(String::new, |id| id.as_str().to_owned());
        let open = v1::Open {
            topic_id,
            group_protocol: self.group.protocol.to_owned(),
            ..self.identity.open.clone()
        };
        self.say(Event::Open(open));
    }

    /// The stream ended, for whatever reason. What was sent and is not settled will be sent again.
    pub fn disconnected(&mut self, now: Moment) {
        self.link = Link::Down;
        self.credit = Credit::default();
        self.outbox.clear();
        self.forget_beats();
        (self.probe_told, self.probe_again) = (None, None);
        self.actions.push(Action::Feed(None));
        for (partition, held) in &mut self.holdings {
            if held.leaving() {
                continue;
            }
            // With nothing unsettled the client stands where the next claim will begin.
            if held.sent.unsettled() {
                held.sent.rewind();
                if held.withdraw() {
                    self.actions.push(Action::Withdraw(*partition));
                }
            }
            if held.resolved() {
                held.phase = Phase::Resolved;
            }
        }
        self.tick_holdings(now);
        self.finish_revoke(now);
    }

    /// The aggregator said something. What is not known is ignored.
    pub fn received(&mut self, answer: v1::FeedResponse, now: Moment) {
        match answer.event {
            Some(Answer::Welcome(welcome)) => self.welcome(&welcome, now),
            Some(Answer::Claimed(claimed)) => self.claimed(&claimed, now),
            Some(Answer::Credit(credit)) => {
                self.credit.allow(credit.cumulative_bytes);
                self.allow_polling();
            }
            Some(Answer::Settled(settled)) => self.settled(&settled, now),
            Some(Answer::Vacant(vacant)) => self.vacant(&vacant.partitions, now),
            Some(Answer::Beat(beat)) => self.beat_heard(beat, now),
            Some(Answer::Probe(probe)) => self.actions.push(Action::Probe(probe.probe_id)),
            Some(Answer::Drain(drain)) => {
                let wait = drain
                    .deadline
                    .as_ref()
                    .map(std_duration)
                    .unwrap_or_default();
                self.link = Link::Rotating {
                    deadline: now + wait,
                };
                self.tick_link(now);
            }
            None => {}
        }
    }

    fn welcome(&mut self, welcome: &v1::Welcome, now: Moment) {
        if self.link != Link::Opening {
            return;
        }
        self.link = Link::Open;
        self.credit = Credit::default();
        self.unsent = 0;
        if let Some(interval) = welcome.pulse_interval.as_ref().map(std_duration) {
            self.pulse_interval = interval.clamp(super::PULSE_LEAST, super::PULSE_MOST);
        }
        let limits = Limits {
            batch_bytes: welcome.batch_bytes,
            max_record_bytes: welcome
                .max_record_bytes
                .min(self.identity.open.max_record_bytes),
            waiting_bytes: 0,
        };
        if self.limits.is_some_and(|before| !before.alike(limits)) {
            self.withdraw_all();
        }
        let limits = Limits {
            waiting_bytes: self.holdings.values().map(Holding::pending_bytes).sum(),
            ..limits
        };
        self.limits = Some(limits);
        self.actions.push(Action::Feed(Some(limits)));
        if let Some(history) = self.history.clone() {
            self.outbox.push_back(Outgoing::History(Box::new(history)));
        }
        self.pulse(now);
        self.prove_ready(now);
    }

    /// What was cut for another aggregator's limits is cut anew.
    fn withdraw_all(&mut self) {
        for (partition, held) in &mut self.holdings {
            held.sent.rewind();
            if held.withdraw() {
                self.actions.push(Action::Withdraw(*partition));
            }
        }
    }

    /// A rotation goes on once nothing is unsettled, or when its time is up.
    pub(super) fn tick_link(&mut self, now: Moment) {
        if let Link::Rotating { deadline } = self.link {
            let quiet = self.holdings.values().all(|h| !h.sent.unsettled());
            if now >= deadline || (quiet && self.outbox.is_empty()) {
                self.actions.push(Action::Rotate);
            }
        }
    }

    /// Records came from the polling thread. Those of an older placement are dropped: their place in
    /// the log is read again.
    pub fn batch(&mut self, batch: CutBatch, now: Moment) {
        let partition = batch.partition();
        let present = |h: &&mut Holding| h.placement == batch.generation && h.placed;
        let Some(held) = self.holdings.get_mut(&partition).filter(present) else {
            return self.never_sent(batch.credit_bytes());
        };
        // Where a later leader wrote what one before had written, the log was cut, and nobody was asked.
        let overwritten = held.epochs.written_by(batch.first_record);
        if overwritten.is_some_and(|known| batch.behind.leader_epoch > Some(known)) {
            self.never_sent(batch.credit_bytes());
            return self.overwritten(partition, batch.first_record, now);
        }
        let next = rollcall_proto::ids::Offset::known(batch.packed.next_offset);
        if let Some(next) = next {
            held.polled_to(next, now);
            held.handed_over = Some(next);
            held.comes_to(next, now);
            held.read_to = next;
        }
        if batch.packed.record_count > 0 {
            held.last_record = Some(now);
        }
        held.last_timestamp_ms = held.last_timestamp_ms.max(batch.last_timestamp_ms);
        held.end = None;
        held.epochs.note(batch.behind);
        held.pending.push_back(batch);
        self.progressed();
    }

    /// Drops what waits to be sent of a partition: it is read again.
    pub(super) fn drop_pending(&mut self, partition: Partition) {
        if let Some(held) = self.holdings.get_mut(&partition) {
            let bytes = held.pending_bytes();
            held.pending.clear();
            self.never_sent(bytes);
        }
    }

    /// The polling thread counts batches against the credit when it cuts them. What of it never comes to
    /// be sent is given back to it, or its credit would shrink with each partition that moves.
    fn never_sent(&mut self, bytes: u64) {
        if bytes > 0 && self.welcomed() {
            self.unsent = self.unsent.saturating_add(bytes);
            self.allow_polling();
        }
    }

    fn allow_polling(&mut self) {
        let allowed = self.credit.allowed();
        if allowed > 0 {
            let cut = allowed.saturating_add(self.unsent);
            self.actions.push(Action::Allow(cut));
        }
    }

    /// Whether a message can be sent now.
    pub fn has_message(&self) -> bool {
        self.link != Link::Down && (!self.outbox.is_empty() || self.next_partition().is_some())
    }

    /// The next message: what was said first, then records, partitions taking turns.
    pub fn next_message(&mut self, now: Moment) -> Option<v1::FeedRequest> {
        let event = match self.outbox.pop_front() {
            Some(out) => Some(self.dated(out, now)),
            None => self.next_batch().map(Event::Batch),
        };
        event.map(|event| v1::FeedRequest { event: Some(event) })
    }

    fn dated(&self, out: Outgoing, now: Moment) -> Event {
        match out {
            Outgoing::Ready(event) => *event,
            Outgoing::Pulse => Event::Pulse(self.pulse_message(now)),
            Outgoing::Probed(facts) => Event::Probed(crate::core::pulse::probed(&facts, now)),
            Outgoing::History(facts) => Event::History(crate::core::pulse::history(&facts, now)),
        }
    }

    pub(super) fn say_if_room(&mut self, out: Outgoing) {
        if self.welcomed() && self.outbox.len() < OUTBOX {
            self.outbox.push_back(out);
        }
    }

    /// The partition whose turn it is: it has a batch, and credit or its reserve allows it.
    fn next_partition(&self) -> Option<Partition> {
        if self.link != Link::Open || self.leaving.is_some() {
            return None;
        }
        let may_send = |held: &Holding| {
            let feeding = matches!(held.phase, Phase::Feeding { .. });
            feeding
                && !held.pending.is_empty()
                && (!self.credit.exhausted() || !held.sent.unsettled())
        };
        let able = || {
            self.holdings
                .iter()
                .filter(|(_, held)| may_send(held))
                .map(|(p, _)| *p)
        };
        let after = self.turn;
        able()
            .find(|p| after.is_none_or(|turn| *p > turn))
            .or_else(|| able().next())
    }

    fn next_batch(&mut self) -> Option<v1::Batch> {
        let partition = self.next_partition()?;
        self.turn = Some(partition);
        let held = self.holdings.get_mut(&partition)?;
        let epoch = held.epoch()?;
        let batch = held.pending.pop_front()?;
        let next = rollcall_proto::ids::Offset::known(batch.packed.next_offset)?;
        held.sent.send(next);
        held.note_end();
        self.credit.spend(batch.credit_bytes());
        self.tally
            .sent(batch.packed.record_count, batch.credit_bytes());
        Some(v1::Batch {
            epoch: epoch.0,
            packed: Some(batch.packed),
            first_timestamp_ms: batch.first_timestamp_ms,
            last_timestamp_ms: batch.last_timestamp_ms,
            // Whoever sends it knows whether that has a span.
            traceparent: String::new(),
            leader_epoch: batch.behind.leader_epoch.map(|LeaderEpoch(epoch)| epoch),
        })
    }
}
