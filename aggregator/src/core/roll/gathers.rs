//! Gathers: called, closed, answered, taken; or abandoned on the way.

use std::sync::Arc;

use rollcall_proto::ids::{GatherId, Offset, TopicId};
use rollcall_proto::time::Moment;
use rollcall_proto::v1::{self, ClosedBy};

use super::{LOOK_AHEAD, Roll, Timer};
use crate::core::books::TopicBooks;
use crate::core::count::Count;
use crate::core::event::{Action, Call, GatherRefusal, Notice};
use crate::core::evidence::wire::wire_duration;
use crate::core::gather::{Closed, Gather, Phase, Slot};
use crate::core::lease::Place;
use crate::core::roster::TopicKey;
use crate::core::terms::Deliver;
use crate::core::verdict::{Ask, Detail, Judgement, MANY, judge};

/// What a slot was judged by.
type JudgedBy = (TopicKey, Ask, TopicBooks);

impl Roll {
    pub(super) fn call(&mut self, call: Call, now: Moment) {
        let Call {
            gather: id,
            terms,
            settle,
        } = call;
        if let Some(refusal) = self.refusal() {
            self.counters.add(Count::GathersRefused, 1);
            return self.actions.push(Action::Refuse(id, refusal));
        }
        self.trace = terms.trace;
        let mut gather = Gather::new(id, terms, now);
        gather.settled = self.settle(settle, now);
        if !gather.is_peek() {
            self.leases
                .open(gather.lease(), gather.terms.client.clone());
        }
        for key in gather.terms.topics.clone() {
            let state = &mut self.topics[key.0];
            if gather.is_peek() {
                state.peeks.insert(id)
            } else {
                state.takers.insert(id)
            };
            if state.evidence.is_elsewhere() {
                gather.excuse(key);
            }
        }
        let deadline = gather.deadline();
        let look = now.max(deadline.before(LOOK_AHEAD));
        self.timers.set(Timer::Look(id), look);
        self.timers.set(Timer::Close(id), deadline);
        self.gathers.insert(id, gather);
        self.actions.push(Action::Admit(id));
        // What the settlement made available goes to whoever has waited longest.
        self.spread(now);
        self.fill(id, None, now);
    }

    fn refusal(&self) -> Option<GatherRefusal> {
        let open = self.gathers.len();
        match () {
            () if self.stopping => Some(GatherRefusal::Stopping),
            () if open >= self.settings.max_gathers => Some(GatherRefusal::TooMany { open }),
            () => None,
        }
    }

    pub(super) fn chunk_taken(&mut self, id: GatherId, now: Moment) {
        if let Some(gather) = self.gathers.get_mut(&id) {
            gather.taken();
            self.fill(id, None, now);
        }
    }

    pub(super) fn close_if_due(&mut self, id: GatherId, now: Moment) {
        if let Some(by) = self.gathers.get(&id).and_then(|gather| gather.closes(now)) {
            self.close(id, by, now);
        }
    }

    /// A topic turned out to have no partition in this lane: gathers that wait for it do so no more.
    pub(super) fn excuse(&mut self, topic: TopicKey, now: Moment) {
        let state = &self.topics[topic.0];
        let open: Vec<_> = state.takers.iter().chain(&state.peeks).copied().collect();
        for id in open {
            if let Some(gather) = self.gathers.get_mut(&id) {
                gather.excuse(topic);
            }
            self.close_if_due(id, now);
        }
    }

    /// The timeout is near: asks for the evidence that would be too old by then.
    pub(super) fn look_ahead(&mut self, id: GatherId, now: Moment) {
        let gather = self.gathers.get(&id).filter(|gather| gather.is_open());
        let Some((deadline, trace)) = gather.map(|gather| (gather.deadline(), gather.terms.trace))
        else {
            return;
        };
        for topic in self.wanting(id, deadline) {
            self.ask_probe(topic, deadline, trace, now);
        }
    }

    /// Closes a gather: nothing more goes out; the summary follows when the evidence is fresh.
    pub(super) fn close(&mut self, id: GatherId, by: ClosedBy, now: Moment) {
        let Some(gather) = self.gathers.get_mut(&id).filter(|gather| gather.is_open()) else {
            return;
        };
        gather.phase = Phase::Closed(Closed {
            at: now,
            by,
            waits: 0,
        });
        let (is_peek, trace) = (gather.is_peek(), gather.terms.trace);
        for &TopicKey(topic) in &gather.terms.topics {
            let state = &mut self.topics[topic];
            state.peeks.remove(&id);
            if state.takers.remove(&id) && !is_peek {
                state.last_asked = Some(now);
            }
        }
        self.timers.clear(Timer::Look(id));
        self.timers.clear(Timer::Close(id));
        self.timers
            .set(Timer::CutOff(id), now + self.settings.answer_deadline);
        let wanting = self.wanting(id, now);
        if wanting.is_empty() || by == ClosedBy::Shutdown {
            return self.answer(id, now);
        }
        for &topic in &wanting {
            self.topic_mut(topic).waiters.insert(id);
            self.ask_probe(topic, now, trace, now);
        }
        if let Some(Phase::Closed(closed)) =
            self.gathers.get_mut(&id).map(|gather| &mut gather.phase)
        {
            closed.waits = wanting.len();
        }
        self.timers.set(Timer::Grace(id), now + self.settings.grace);
    }

    /// Topics with an empty slot whose evidence will be too old then to judge it.
    fn wanting(&self, id: GatherId, at: Moment) -> Vec<TopicKey> {
        let slots = self
            .gathers
            .get(&id)
            .map(|gather| gather.slots.iter())
            .into_iter()
            .flatten();
        let empty = slots
            .filter(|slot| slot.records == 0)
            .map(|slot| slot.topic);
        empty
            .filter(|topic| self.topics[topic.0].evidence.probe_wanted(at))
            .collect()
    }

    /// Evidence of a topic came: the gathers that waited for nothing else any more are answered.
    pub(super) fn answer_where_fresh(&mut self, topic: TopicKey, now: Moment) {
        let state = self.topic_mut(topic);
        if state.waiters.is_empty() || state.evidence.probe_wanted(now) {
            return;
        }
        for id in std::mem::take(&mut state.waiters) {
            let phase = self.gathers.get_mut(&id).map(|gather| &mut gather.phase);
            if let Some(Phase::Closed(closed)) = phase {
                closed.waits = closed.waits.saturating_sub(1);
                if closed.waits == 0 {
                    self.answer(id, now);
                }
            }
        }
    }

    /// A gather waits for no evidence any more.
    fn wait_no_more(&mut self, id: GatherId) {
        let Some(gather) = self.gathers.get(&id) else {
            return;
        };
        for &TopicKey(topic) in &gather.terms.topics {
            self.topics[topic].waiters.remove(&id);
        }
    }

    /// Writes the summary.
    pub(super) fn answer(&mut self, id: GatherId, now: Moment) {
        let Some(gather) = self.gathers.get(&id) else {
            return;
        };
        let Phase::Closed(closed) = gather.phase else {
            return;
        };
        let (summary, judged) = self.summary(gather, closed, now);
        let summary = Arc::new(summary);
        self.wait_no_more(id);
        for ((topic, ask, books), slot) in judged.iter().zip(&summary.slots) {
            if let Some(verdict) = &slot.verdict {
                self.keep_slot(*topic, ask, books, verdict, now);
            }
        }
        if let Some(gather) = self.gathers.get_mut(&id) {
            gather.phase = Phase::Answered(closed, Arc::clone(&summary));
        }
        self.timers.clear(Timer::Grace(id));
        self.actions.push(Action::Summary(id, summary));
    }

    /// The summary, and what each slot was judged by.
    fn summary(
        &self,
        gather: &Gather,
        closed: Closed,
        now: Moment,
    ) -> (v1::GatherSummary, Vec<JudgedBy>) {
        let terms = &gather.terms;
        let leases = terms.delivery == Deliver::Lease && gather.records() > 0;
        let slots = gather.slots.iter();
        let (slots, judged) = slots
            .map(|slot| self.slot(gather, slot, closed, now))
            .unzip();
        let summary = v1::GatherSummary {
            gather_id: gather.id.0,
            started_at: Some(self.wall.time(gather.started).into()),
            took: Some(wire_duration(now.since(gather.started))),
            timeout: Some(wire_duration(terms.timeout)),
            close: terms.close.to_wire().into(),
            closed_by: closed.by.into(),
            delivery: terms.delivery.to_wire().into(),
            lease_id: if leases { gather.lease().0 } else { 0 },
            lease: leases.then(|| wire_duration(terms.lease)),
            record_count: gather.records(),
            slots,
            settled: gather.settled.clone(),
            client_id: terms.client.clone(),
            lane: self.settings.lane.number,
            lanes: self.settings.lane.of.get(),
        };
        (summary, judged)
    }

    fn slot(
        &self,
        gather: &Gather,
        slot: &Slot,
        closed: Closed,
        now: Moment,
    ) -> (v1::Slot, JudgedBy) {
        let topic = &self.topics[slot.topic.0];
        let ask = Ask {
            timeout: gather.terms.timeout,
            started: gather.started,
            closed: closed.at,
            slot: Some(gather.outcome(slot, gather.leaves_behind(slot, topic))),
            timeout_told: true,
            detail: match gather.slots.len() > MANY {
                false => Detail::Full,
                // What came needs no evidence, what did not does.
                true if slot.records > 0 => Detail::Summary,
                true => Detail::OnePartition,
            },
        };
        let books = topic.books(&self.leases, now);
        let Judgement {
            verdict,
            also,
            ruled_out,
            backlog,
            unacked,
            partitions: _,
        } = judge(&topic.evidence, &books, &ask, now);
        let answer = v1::Slot {
            topic: topic.topic.to_string(),
            topic_id: topic.topic_id().map(TopicId::to_string).unwrap_or_default(),
            record_count: slot.records,
            byte_count: slot.bytes,
            verdict: Some(verdict),
            also,
            ruled_out,
            ranges: slot.ranges_to_wire(),
            backlog,
            unacked,
            last_timestamp_ms: topic.evidence.last_timestamp_ms(),
        };
        (answer, (slot.topic, ask, books))
    }

    /// The client has the whole answer: now the lease's clock runs, and the gather is history.
    pub(super) fn summary_taken(&mut self, id: GatherId, now: Moment) {
        let taken = self.gathers.remove_entry(&id);
        let Some((_, gather)) = taken else { return };
        let Phase::Answered(_, summary) = &gather.phase else {
            self.gathers.insert(id, gather);
            return;
        };
        self.timers.clear(Timer::CutOff(id));
        match gather.terms.delivery {
            Deliver::Peek => {}
            Deliver::Lease => {
                let ends = now + gather.terms.lease;
                if self.leases.start_clock(gather.lease(), ends) {
                    self.timers.set(Timer::Lease(gather.lease()), ends);
                }
            }
            Deliver::AutoAck => {
                self.trace = gather.terms.trace;
                self.auto_ack(&gather, now);
            }
        }
        if !gather.is_peek() {
            for (slot, answered) in gather.slots.iter().zip(&summary.slots) {
                let verdict = answered.verdict.as_ref();
                let code = verdict.map_or(v1::VerdictCode::Unspecified, |verdict| verdict.code());
                let state = self.topic_mut(slot.topic);
                state.statistics.gathered(slot.records, code, now);
                state.last_record_count = slot.records;
            }
        }
        self.recorder.record(Arc::clone(summary), now);
        self.note(Notice::Answered(Arc::clone(summary), gather.terms.trace));
    }

    fn auto_ack(&mut self, gather: &Gather, now: Moment) {
        for slot in &gather.slots {
            for (&number, ranges) in &slot.ranges {
                let partition = self.topics[slot.topic.0].partitions.get(&number);
                let topic_id = partition.and_then(|partition| partition.topic_id().cloned());
                for range in ranges.iter() {
                    let place = (slot.topic, number);
                    self.ack(place, topic_id.clone(), range, Some(gather.lease()), now);
                }
            }
        }
        self.end_lease(gather.lease());
    }

    /// The client is gone, or does not read: what it has goes back.
    pub(super) fn abandon(&mut self, id: GatherId, count: Count) {
        self.wait_no_more(id);
        let Some(gather) = self.gathers.remove(&id) else {
            return;
        };
        for &TopicKey(topic) in &gather.terms.topics {
            self.topics[topic].peeks.remove(&id);
            self.topics[topic].takers.remove(&id);
        }
        let timers = [Timer::Look, Timer::Close, Timer::Grace, Timer::CutOff];
        for timer in timers {
            self.timers.clear(timer(id));
        }
        self.counters.add(count, 1);
        let records = self.end_lease(gather.lease());
        self.note(Notice::Unanswered {
            gather: id,
            records,
            trace: gather.terms.trace,
            client: gather.terms.client,
        });
    }

    pub(super) fn cut_off(&mut self, id: GatherId) {
        self.actions.push(Action::CutOff(id));
        self.abandon(id, Count::GathersCutOff);
    }

    /// After a reset, ranges that were handed out of a partition name another log: nobody may settle them.
    pub(super) fn forget_handed(&mut self, (topic, partition): Place, from: Offset) {
        for gather in self.gathers.values_mut() {
            for slot in gather.slots.iter_mut().filter(|slot| slot.topic == topic) {
                slot.forget_from(partition, from);
            }
        }
    }

    /// The aggregator stops: every open gather gets its summary, every fetcher is told to leave.
    pub(super) fn stop(&mut self, now: Moment) {
        self.stopping = true;
        let open: Vec<_> = self.gathers.keys().copied().collect();
        for id in open {
            self.close(id, ClosedBy::Shutdown, now);
            self.answer(id, now);
        }
        let feeds: Vec<_> = self.feeds.keys().copied().collect();
        feeds.into_iter().for_each(|feed| self.drain(feed));
    }
}
