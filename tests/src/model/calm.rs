//! From a state on everybody behaves: nothing breaks any more, what can go on goes on, and time passes only when nothing can.

use super::Protocol;
use super::action::Action;
use super::world::World;

/// More than any state needs.
const STEPS: usize = 2_000;

/// Lets everybody behave until all records came out and are committed. The images of the states on the way, or what is
/// wrong. A state that `known` says is good needs no second look.
pub fn comes_out(
    world: &World,
    model: &Protocol,
    known: impl Fn(u64) -> bool,
) -> Result<Vec<u64>, String> {
    let mut world = world.clone();
    let mut passed = Vec::new();
    for _ in 0..STEPS {
        if known(world.fair_image()) {
            return Ok(passed);
        }
        if let Some(how) = world.broken() {
            return Err(how.to_owned());
        }
        passed.push(world.fair_image());
        let Some(action) = next(&world) else {
            return world.seen.judge_all().map_or(Ok(passed), Err);
        };
        world = world.after(action, model);
    }
    Err(format!(
        "I2: nothing comes to an end in {STEPS} steps: {:?}",
        world.kafka
    ))
}

/// What happens next; `None` when everything is done.
fn next(world: &World) -> Option<Action> {
    if let Some(action) = world.must_happen().first() {
        return Some(*action);
    }
    let waits = world.clients.iter().any(|client| client.gather.is_some());
    match (waits, world.kafka.done()) {
        (false, true) => None,
        (false, false) => Some(Action::Gather { client: 0 }),
        (true, _) => Some(Action::AllWait),
    }
}
