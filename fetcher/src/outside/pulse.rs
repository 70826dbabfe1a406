//! That the observer is alive, and what its clients complain about, once a second.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall_proto::ids::{Partition, Topic};
use rollcall_proto::limits::PULSE_INTERVAL;
use rollcall_proto::time::{Clock, Moment};
use rollcall_proto::v1::{self, evidence::Event};
use tokio::sync::mpsc::Sender;

use super::{Sighting, say};
use crate::core::brokers::BrokerLedger;
use crate::core::facts::SettingsFacts;
use crate::core::latch::{Latches, Report};
use crate::core::pulse::duration;
use crate::kafka::observer::ObserverClient;
use crate::kafka::stats;

/// How often it is looked whether anybody still listens.
const LOOK: Duration = Duration::from_millis(100);

/// What the pulse says, as the rounds leave it.
#[derive(Debug, Default)]
pub(super) struct Heart {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Every topic of every group that was spoken of.
    pairs: Vec<(String, Option<Topic>)>,
    errors: Latches,
    brokers: BrokerLedger,
    brokers_up: u32,
    brokers_known: u32,
    /// When the statistics that say so were made.
    measured: Option<Moment>,
    /// The partitions of each topic, with their leaders and where those are.
    leaders: BTreeMap<Topic, Vec<Led>>,
    /// Settings of topics, where they were asked for.
    settings: BTreeMap<Topic, SettingsFacts>,
}

/// A partition and its leader.
#[derive(Clone, Debug)]
pub(super) struct Led {
    pub(super) partition: Partition,
    /// The last one that was known.
    pub(super) leader: Option<i32>,
    pub(super) address: String,
}

impl Heart {
    /// From now on there is a pulse for this one too.
    pub(super) fn beat_for(&self, group: &str, topic: Option<&Topic>) {
        lock(&self.state)
            .pairs
            .push((group.to_owned(), topic.cloned()));
    }

    /// Groups are gone; `left` are the topics that others have to do with.
    pub(super) fn let_go(&self, gone: &[String], left: &BTreeSet<&Topic>) {
        let mut state = lock(&self.state);
        state.pairs.retain(|(group, _)| !gone.contains(group));
        state.leaders.retain(|topic, _| left.contains(topic));
        state.settings.retain(|topic, _| left.contains(topic));
    }

    /// The cluster answered: what was complained about before is over.
    pub(super) fn answered(&self) {
        use v1::ErrorKind::{AllBrokersDown, Authentication, ProtocolMismatch, Transport};
        let over = [AllBrokersDown, Authentication, ProtocolMismatch, Transport];
        lock(&self.state).errors.contradict(&over);
    }

    /// Where a topic's partitions are led.
    pub(super) fn led(&self, topic: &Topic, partitions: Vec<Led>) {
        lock(&self.state).leaders.insert(topic.clone(), partitions);
    }

    /// What a topic has set.
    pub(super) fn settings(&self, topic: &Topic, settings: SettingsFacts) {
        lock(&self.state).settings.insert(topic.clone(), settings);
    }

    /// Takes a client's statistics.
    fn statistics(&self, json: &[u8], clock: Clock) {
        if let Some(facts) = stats::parse(json, "", clock) {
            let mut state = lock(&self.state);
            state.brokers.observe(&facts.brokers, facts.measured);
            state.brokers_up = facts.brokers_up;
            state.brokers_known = facts.brokers_known;
            state.measured = Some(facts.measured);
        }
    }

    /// No broker answered, and this is what the clients said.
    pub(super) fn silent(&self, reports: &[Report], clock: Clock) {
        let mut state = lock(&self.state);
        for report in reports {
            state.errors.report(report, clock.now());
        }
    }

    /// The pulse of a topic.
    fn pulse(&self, topic: Option<&Topic>, now: Moment) -> v1::Pulse {
        let state = lock(&self.state);
        let up = |leader: i32| {
            let known = state.brokers.state_of(leader);
            // A leader that the client never needed is not down.
            known.is_none_or(|known| known == "UP" || known == "INIT")
        };
        let part = |led: &Led| v1::PartitionPulse {
            partition: led.partition.0,
            leader: led.leader,
            leader_address: led.address.clone(),
            leader_up: led.leader.is_some_and(up),
            ..Default::default()
        };
        let led = topic.and_then(|topic| state.leaders.get(topic));
        let settings = topic.and_then(|topic| state.settings.get(topic));
        v1::Pulse {
            statistics_age: state.measured.map(|made| duration(now.since(made))),
            brokers_up: state.brokers_up,
            brokers_known: state.brokers_known,
            brokers: state.brokers.to_wire(now),
            errors: state.errors.to_wire(now),
            partitions: led.into_iter().flatten().map(part).collect(),
            settings: settings.map(|settings| settings.to_wire(now)),
            ..Default::default()
        }
    }

    fn pairs(&self) -> Vec<(String, Option<Topic>)> {
        lock(&self.state).pairs.clone()
    }
}

/// Beats until nobody listens.
pub(super) fn run(
    heart: &Arc<Heart>,
    client: &ObserverClient,
    clock: Clock,
    sender: &Sender<Sighting>,
) {
    let mut due = clock.now();
    while !sender.is_closed() {
        std::thread::sleep(LOOK.min(due.since(clock.now()).max(Duration::from_millis(1))));
        if clock.now() < due {
            continue;
        }
        due = clock.now() + PULSE_INTERVAL;
        if let Some(json) = client.take_statistics() {
            heart.statistics(&json, clock);
        }
        for (group, topic) in heart.pairs() {
            let pulse = heart.pulse(topic.as_ref(), clock.now());
            let sighting = Sighting {
                at: clock.now(),
                group,
                topic,
                evidence: say::evidence(Event::Pulse(pulse)),
            };
            if sender.blocking_send(sighting).is_err() {
                return;
            }
        }
    }
}

/// The lock's content, also after a panic elsewhere: it is never left half-written.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
