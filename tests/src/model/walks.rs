//! Whether states that look alike behave alike: walks at random, and what they meet twice.

use std::collections::HashMap;

use fastrand::Rng;

use super::world::World;
use super::{Action, Protocol, Size, Variant};

/// What a state's actions lead to: each with the image of the state after it.
type Future = Vec<(Action, u64)>;

/// Walks at random and compares: each state that is met again, by another way, must have the same future. The number of
/// states that were met again, or the first two that look alike and are not.
pub fn compare(size: &Size, walks: usize, steps: usize, seed: u64) -> Result<usize, String> {
    let model = Protocol::new(size.clone(), Variant::Right);
    let mut rng = Rng::with_seed(seed);
    let mut known: HashMap<u64, Future> = HashMap::new();
    let mut again = 0;
    for _ in 0..walks {
        let mut world = World::new(size);
        for _ in 0..steps {
            let future = future(&world, size, &model);
            if let Some(before) = known.insert(world.image(), future.clone()) {
                again += 1;
                alike(&before, &future)?;
            }
            if future.is_empty() {
                break;
            }
            let (action, _) = future[rng.usize(..future.len())];
            world = world.after(action, &model);
        }
    }
    Ok(again)
}

fn future(world: &World, size: &Size, model: &Protocol) -> Future {
    if world.broken().is_some() {
        return Vec::new();
    }
    let actions = world.may_happen(size).into_iter();
    actions
        .map(|action| (action, world.after(action, model).image()))
        .collect()
}

fn alike(one: &Future, other: &Future) -> Result<(), String> {
    let differ = one.iter().zip(other).find(|(a, b)| a != b);
    match differ {
        Some((a, b)) => Err(format!("after {:?} and {:?} they differ", a.0, b.0)),
        None if one.len() != other.len() => Err("one of them may do more".to_owned()),
        None => Ok(()),
    }
}
