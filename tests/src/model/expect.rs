//! What the model is to reach: if it never did, it would prove less than it says.

use rollcall_aggregator::core::count::Count;
use stateright::Property;

use super::world::World;
use super::{Protocol, kafka};

/// Situations that some state of a size with all faults is in.
pub(super) fn reached() -> Vec<Property<Protocol>> {
    vec![
        Property::sometimes("everything is committed", |_, world: &World| {
            world.kafka.done()
        }),
        Property::sometimes("a batch of an old epoch is dropped", |_, world: &World| {
            counts(world, Count::BatchesOfOldEpoch)
        }),
        Property::sometimes(
            "a batch comes that is settled already",
            |_, world: &World| counts(world, Count::BatchesSettledBefore),
        ),
        Property::sometimes("records are handed out again", |_, world: &World| {
            counts(world, Count::RecordsRedelivered)
        }),
        Property::sometimes("a lease ends by its clock", |_, world: &World| {
            counts(world, Count::LeasesExpired)
        }),
        Property::sometimes("an ack waits for a claim", |_, world: &World| {
            counts(world, Count::AcksKept)
        }),
        Property::sometimes("an ack is refused", |_, world: &World| {
            counts(world, Count::SettlementsRefused)
        }),
        Property::sometimes("a claim is refused", |_, world: &World| {
            counts(world, Count::ClaimsRefused)
        }),
        Property::sometimes("a partition begins anew", |_, world: &World| {
            counts(world, Count::PartitionsReset)
        }),
        Property::sometimes("a feed takes the place of another", |_, world: &World| {
            counts(world, Count::FeedsReplaced)
        }),
        Property::sometimes(
            "a member is fenced and does not know",
            |_, world: &World| {
                world.fetchers.iter().any(|fetcher| {
                    let process = fetcher.process.as_ref();
                    process.is_some_and(|process| !process.lost.is_empty())
                })
            },
        ),
        Property::sometimes("a dead member owns a partition", |_, world: &World| {
            let ghost = |log: &kafka::Log| matches!(log.owner, kafka::Owner::Ghost(_));
            world.kafka.logs.iter().any(ghost)
        }),
    ]
}

fn counts(world: &World, count: Count) -> bool {
    world.aggregator.roll.counters().get(count) > 0
}
