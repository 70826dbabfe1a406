//! That the observer is alive, and what its clients complain about, once a second.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rollcall_proto::ids::Topic;
use rollcall_proto::limits::PULSE_INTERVAL;
use rollcall_proto::time::Clock;
use rollcall_proto::v1::{self, evidence::Event};
use tokio::sync::mpsc::Sender;

use super::{Sighting, say};
use crate::core::latch::{Latches, Report};

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
    brokers_up: u32,
    brokers_known: u32,
}

impl Heart {
    /// From now on there is a pulse for this one too.
    pub(super) fn beat_for(&self, group: &str, topic: Option<&Topic>) {
        lock(&self.state)
            .pairs
            .push((group.to_owned(), topic.cloned()));
    }

    /// The cluster answered: what was complained about before is over.
    pub(super) fn answered(&self, brokers: u32) {
        use v1::ErrorKind::{AllBrokersDown, Authentication, Transport};
        let mut state = lock(&self.state);
        state
            .errors
            .contradict(&[AllBrokersDown, Authentication, Transport]);
        state.brokers_up = brokers;
        state.brokers_known = brokers;
    }

    /// No broker answered, and this is what the clients said.
    pub(super) fn silent(&self, reports: &[Report], clock: Clock) {
        let mut state = lock(&self.state);
        state.brokers_up = 0;
        for report in reports {
            state.errors.report(report, clock.now());
        }
    }

    fn pulse(&self, clock: Clock) -> (v1::Pulse, Vec<(String, Option<Topic>)>) {
        let state = lock(&self.state);
        let pulse = v1::Pulse {
            brokers_up: state.brokers_up,
            brokers_known: state.brokers_known,
            errors: state.errors.to_wire(clock.now()),
            ..Default::default()
        };
        (pulse, state.pairs.clone())
    }
}

/// Beats until nobody listens.
pub(super) fn run(heart: &Arc<Heart>, clock: Clock, sender: &Sender<Sighting>) {
    let mut due = clock.now();
    while !sender.is_closed() {
        std::thread::sleep(LOOK.min(due.since(clock.now()).max(Duration::from_millis(1))));
        if clock.now() < due {
            continue;
        }
        due = clock.now() + PULSE_INTERVAL;
        let (pulse, pairs) = heart.pulse(clock);
        for (group, topic) in pairs {
            let sighting = Sighting {
                at: clock.now(),
                group,
                topic,
                evidence: say::evidence(Event::Pulse(pulse.clone())),
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
