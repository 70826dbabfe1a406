//! Delivery, in every order that things can happen in: a model checker runs the cores of the aggregator and the fetchers.
//!
//! Nothing of the protocol is written down a second time here. [`World`] holds a real `Roll` and real `Session`s and joins
//! them by channels; around them is as little as will do: a log of a few records with a group that owns and fences
//! ([`kafka`]), the edge of a fetcher that resolves, polls and commits ([`fetcher`]), feeds that break ([`aggregator`]),
//! and clients that ack, or do not ([`clients`]). [`Action`] lists what may happen; ARCHITECTURE.md tells each in its words,
//! and where in the code it ends up.
//!
//! What must hold is said by the functions that the other tests use: `invariants::check` of the aggregator's core for its
//! state, [`checker::broken`](crate::checker::broken) for what was seen from outside. That nothing is ever stuck (I2) is
//! tried from every state: from there on everybody behaves, and all records must come out and be committed ([`calm`]).
//!
//! Two states are one when their images agree: what decides about delivery from there on. The cores write their own
//! (`image.rs` in `core/roll` and `core/partition` of the aggregator, and in `core/session` of the fetcher) and say what they leave out. A clock of its own belongs to each
//! process, and goes on only from one of its deadlines to the next; so what takes long in one process may happen at any
//! moment of another, but two deadlines of one process come in their order.

#![allow(
    clippy::expect_used,
    reason = "names and batches of the model's own are right"
)]

pub mod action;
pub mod aggregator;
pub mod calm;
pub mod clients;
mod expect;
pub mod fetcher;
mod image;
pub mod kafka;
pub mod report;
pub mod seen;
pub mod size;
pub mod walks;
mod wire;
pub mod world;

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use stateright::{Model, Property};

pub use action::Action;
pub use size::{Faults, Size, Variant};
pub use world::World;

/// A size of the model, and whether it is built right.
#[derive(Debug)]
pub struct Protocol {
    pub(crate) size: Size,
    pub(crate) variant: Variant,
    /// States from which everything is known to come out, without the faults that they have left.
    fair: Mutex<HashSet<u64>>,
}

impl Protocol {
    /// A model of this size.
    pub fn new(size: Size, variant: Variant) -> Self {
        Self {
            size,
            variant,
            fair: Mutex::default(),
        }
    }

    /// Whether everything comes out from here on once everybody behaves. What is found out on the way is remembered.
    fn comes_out(&self, world: &World) -> bool {
        let known = |image: u64| self.lock().contains(&image);
        let Ok(passed) = calm::comes_out(world, self, known) else {
            return false;
        };
        self.lock().extend(passed);
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.fair.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.size)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.broken().is_none() {
            actions.extend(world.may_happen(&self.size));
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = world.after(action, self);
        (next.image() != world.image()).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(SAFE, |_, world: &World| world.broken().is_none()),
            Property::always(COMES_OUT, |model: &Self, world: &World| {
                world.broken().is_some() || model.comes_out(world)
            }),
        ];
        properties.extend(expect::reached());
        properties
    }
}

/// I1, I3 and I4 hold, the cores' own invariants too, and nobody who keeps the protocol is blamed.
pub const SAFE: &str = "what must hold at every moment holds";
/// I2: nothing is ever stuck.
pub const COMES_OUT: &str = "every record comes out and is committed once everybody behaves";
