//! Judges a run that is too long to be kept: what was seen goes through once, in the order of its time, and per
//! partition only ranges are kept.
//!
//! Records are told apart by their numbers, which ascend in each log whatever happens to it; so a record that came
//! first after a later one, came twice, or never came is known even where a log was truncated or made anew.

mod account;
mod outage;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::v1::VerdictCode;

use super::history::Log;
use super::line::{FaultSeen, Gather, Line, Said, TopicRuns};
use super::{Broken, INVARIANTS, answers, memory};
use place::Place;

pub use account::{Account, Gone};
pub use outage::WaveSeen;

/// What is told of each invariant that is broken: the first places.
const TOLD: usize = 5;

/// After a wave is over its faults may still cause redelivery: a lease of a client that is gone, and a session.
const AFTERMATH: Duration = Duration::from_secs(20);

/// The books of a run.
#[derive(Debug, Default)]
pub struct Ledger {
    places: BTreeMap<Log, Place>,
    waves: Vec<WaveSeen>,
    silent: BTreeMap<Topic, Duration>,
    broken: Vec<Broken>,
    account: Account,
}

impl Ledger {
    /// Takes what was seen next. Lines come in the order of their time.
    pub fn apply(&mut self, line: &Line) {
        let at = Duration::from_nanos(line.at_ns);
        match &line.said {
            Said::Gather(gather) => self.gathered(at, gather),
            Said::Written { topics } => self.each_run(topics, |place, run| place.written(run)),
            Said::Log { topics } => self.each_run(topics, |place, run| place.found(run)),
            Said::Committed { topic, offsets } => self.committed(topic, offsets),
            &Said::Held {
                bytes,
                budget,
                partitions,
                batch,
            } => self.note("I7", memory::within(bytes, budget, partitions, batch)),
            Said::Named {
                topic,
                partition,
                first_offset,
                next_offset,
            } => {
                self.place(topic, *partition)
                    .named(*first_offset, *next_offset);
            }
            Said::Removed { topic, before } => {
                for (partition, &before) in (0..).zip(before) {
                    self.place(topic, partition).removed(before);
                }
            }
            Said::Recreated {
                topic,
                first_numbers,
            } => {
                for (partition, &number) in (0..).zip(first_numbers) {
                    self.place(topic, partition).recreated(number);
                }
            }
            Said::Truncated { topic } => {
                let places = self.places.iter_mut();
                let of_topic = places.filter(|(log, _)| log.topic == *topic);
                of_topic.for_each(|(_, place)| place.truncated());
            }
            Said::Silenced { topic } => drop(self.silent.insert(topic.clone(), at)),
            Said::Heard { topic } => drop(self.silent.remove(topic)),
            Said::Begun { wave, faults } => {
                self.begun(WaveSeen::begun(*wave, faults.clone(), at));
            }
            Said::Mended { .. } => self.with_last_wave(|wave| wave.mended = Some(at)),
            Said::Over { .. } => self.with_last_wave(|wave| wave.over = Some(at)),
        }
    }

    /// The result, when all is over and what the logs hold was seen. Unless all was read to the end, what is behind all
    /// that came is not lost yet.
    pub fn close(mut self, finished: bool) -> Account {
        let mut found = Vec::new();
        for (log, place) in &self.places {
            self.account.add(log, place, finished, &mut found);
        }
        for (invariant, how) in found {
            self.note(invariant, Err(how));
        }
        self.account.waves = self.waves;
        self.account.broken = self.broken;
        self.account
    }

    fn gathered(&mut self, at: Duration, gather: &Gather) {
        if let Some(wrong) = &gather.wrong {
            let rule = if wrong.contains("slot") { "I5" } else { "I3" };
            self.note(rule, Err(format!("{}: {wrong}", gather.client)));
        }
        for slot in &gather.empty {
            self.slot(gather, &slot.topic, &slot.verdict);
        }
        for topic in &gather.topics {
            self.brought(at, gather, topic);
        }
    }

    /// I5, of a slot without records.
    fn slot(&mut self, gather: &Gather, topic: &Topic, verdict: &str) {
        let asked = Duration::from_nanos(gather.asked_ns);
        let silent = self.silent.get(topic);
        let silent_for = silent.map(|&since| asked.saturating_sub(since));
        let verdict = VerdictCode::from_str_name(verdict);
        let said = answers::empty(verdict, silent_for);
        self.note("I5", said.map_err(|how| format!("{topic}: {how}")));
    }

    fn brought(&mut self, at: Duration, gather: &Gather, topic: &TopicRuns) {
        let mut repeated = 0;
        let ends_early = self.leases_end_early(&topic.topic);
        for run in &topic.runs {
            let log = log(&topic.topic, run.partition);
            let place = self.places.entry(log.clone()).or_default();
            let came = place.came(run, at);
            if let (Some(last), Some(wave)) = (came.last_fresh, self.waves.last_mut()) {
                wave.came(&log, last, at);
            }
            repeated += came.repeated;
            let out_of_order = came.out_of_order;
            self.account.out_of_order += out_of_order.map_or(0, |range| range.len());
            self.note(
                "I3",
                out_of_order.map_or(Ok(()), |range| {
                    Err(format!("{log}: numbers {range} came after later ones"))
                }),
            );
            let held = self
                .place(&topic.topic, run.partition)
                .hold(run, gather, at, ends_early);
            self.note("I4", held.map_err(|how| format!("{log}: {how}")));
        }
        if repeated > 0 {
            self.explain(at, &topic.topic, repeated);
        }
    }

    /// Every repetition has a fault that explains it: the last one that may touch the topic, and is not long over.
    fn explain(&mut self, at: Duration, topic: &Topic, repeated: u64) {
        let fresh_enough = |wave: &&WaveSeen| wave.over.is_none_or(|over| at <= over + AFTERMATH);
        let recent = self.waves.iter().rev().take_while(fresh_enough);
        let cause = recent
            .flat_map(|wave| &wave.faults)
            .find(|fault| touches(fault, topic));
        match cause {
            Some(fault) => {
                let kind = fault.kind.clone();
                *self.account.repeated_by.entry(kind).or_default() += repeated;
            }
            None => self.note(
                "I3",
                Err(format!(
                    "{topic}: {repeated} records came again, and no fault explains it"
                )),
            ),
        }
    }

    fn committed(&mut self, topic: &Topic, offsets: &[Option<i64>]) {
        let open = self.waves.last().filter(|wave| wave.over.is_none());
        let remade = |fault: &FaultSeen| fault.remakes_logs && touches(fault, topic);
        if open.is_some_and(|wave| wave.faults.iter().any(remade)) {
            return;
        }
        for (partition, offset) in (0..).zip(offsets) {
            if let Some(offset) = *offset {
                let said = self.place(topic, partition).committed(offset);
                self.note(
                    "I1",
                    said.map_err(|how| format!("{topic}-{partition}: {how}")),
                );
            }
        }
    }

    /// Whether leases of a topic may be ended by a fault just now.
    fn leases_end_early(&self, topic: &Topic) -> bool {
        let open = self.waves.last().filter(|wave| wave.over.is_none());
        let ends = |fault: &FaultSeen| fault.ends_leases && touches(fault, topic);
        open.is_some_and(|wave| wave.faults.iter().any(ends))
    }

    fn begun(&mut self, wave: WaveSeen) {
        self.waves.push(wave);
        let logs = self.places.keys();
        let ended = logs.filter(|log| self.leases_end_early(&log.topic));
        for log in ended.cloned().collect::<Vec<_>>() {
            self.place(&log.topic, log.partition.0).release();
        }
    }

    fn with_last_wave(&mut self, act: impl FnOnce(&mut WaveSeen)) {
        if let Some(wave) = self.waves.last_mut() {
            act(wave);
        }
    }

    fn place(&mut self, topic: &Topic, partition: i32) -> &mut Place {
        self.places.entry(log(topic, partition)).or_default()
    }

    fn each_run(&mut self, topics: &[TopicRuns], act: impl Fn(&mut Place, &super::line::Run)) {
        for topic in topics {
            for run in &topic.runs {
                act(self.place(&topic.topic, run.partition), run);
            }
        }
    }

    fn note(&mut self, invariant: &'static str, said: Result<(), String>) {
        let Err(how) = said else {
            return;
        };
        *self.account.breaches.entry(invariant).or_default() += 1;
        let told = self.broken.iter().filter(|one| one.invariant == invariant);
        if told.count() < TOLD {
            self.broken.push(Broken {
                invariant,
                rule: rule(invariant),
                how,
            });
        }
    }
}

/// The topics that these faults touch alone; none when one of them may touch all.
fn scope(faults: &[FaultSeen]) -> Option<BTreeSet<&Topic>> {
    faults.iter().map(|fault| fault.topic.as_ref()).collect()
}

fn touches(fault: &FaultSeen, topic: &Topic) -> bool {
    fault.topic.as_ref().is_none_or(|only| only == topic)
}

fn log(topic: &Topic, partition: i32) -> Log {
    Log {
        topic: topic.clone(),
        partition: Partition(partition),
    }
}

fn rule(invariant: &str) -> &'static str {
    let found = INVARIANTS.iter().find(|(name, _, _)| *name == invariant);
    found.map_or(super::I6, |(_, rule, _)| rule)
}

#[cfg(test)]
mod tests;
