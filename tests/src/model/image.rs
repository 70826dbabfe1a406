//! When two states are one: what decides about delivery from there on, and about what the checker will say of it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use rollcall_proto::ids::{Epoch, GatherId};

use super::fetcher::Process;
use super::wire::From;
use super::world::{Fetcher, World};

/// The image of a state without the faults that it has left.
pub(super) fn of(world: &World) -> u64 {
    let mut out = DefaultHasher::new();
    world.kafka.hash(&mut out);
    let aggregator = &world.aggregator;
    aggregator.roll.image(aggregator.now, &mut out);
    for fetcher in &world.fetchers {
        fetcher_image(world, fetcher, &mut out);
    }
    for (number, end) in &aggregator.feeds {
        (number, end.fetcher, end.run, end.broken, end.up.len()).hash(&mut out);
        let from = counted_from(world, end.fetcher, end.run);
        end.up
            .iter()
            .for_each(|event| from.request(event, &mut out));
    }
    client_image(world, &mut out);
    (&world.late, &world.seen.acked, &world.seen.offered).hash(&mut out);
    world.broken().is_some().hash(&mut out);
    out.finish()
}

/// The image of a state with the faults that it has left.
pub(super) fn with_faults(world: &World, image: u64) -> u64 {
    let mut out = DefaultHasher::new();
    (image, world.left).hash(&mut out);
    out.finish()
}

fn newest_epoch(world: &World) -> Epoch {
    let topic = world.aggregator.roll.topics().first();
    topic.map_or(Epoch(0), |topic| topic.newest_epoch())
}

fn counted_from(world: &World, fetcher: usize, run: u8) -> From {
    let fetcher = &world.fetchers[fetcher];
    let process = fetcher.process.as_ref().filter(|_| fetcher.run == run);
    From {
        epoch: newest_epoch(world).0,
        claim: process.map_or(0, |process| process.session.claims_made()),
        used: process.map_or(0, |process| process.session.credit().used()),
    }
}

fn fetcher_image(world: &World, fetcher: &Fetcher, out: &mut impl Hasher) {
    fetcher.run.hash(out);
    let Some(process) = &fetcher.process else {
        return;
    };
    process.session.image(newest_epoch(world), process.now, out);
    let from = From {
        epoch: newest_epoch(world).0,
        claim: process.session.claims_made(),
        used: process.session.credit().used(),
    };
    process
        .session
        .outgoing()
        .for_each(|event| from.request(event, out));
    if let Some(link) = &process.link {
        (link.feed, link.over, link.down.len()).hash(out);
        link.down.iter().for_each(|event| from.response(event, out));
    }
    edge_image(process, out);
}

fn edge_image(process: &Process, out: &mut impl Hasher) {
    let asked = process.session.commits_asked();
    (&process.resolving, &process.lost, process.settled_to()).hash(out);
    let waiting = process.waiting.as_ref();
    waiting
        .map(|(ticket, offsets)| (asked - ticket, offsets))
        .hash(out);
    if let Some(answer) = &process.answer {
        (asked - answer.ticket, &answer.offsets).hash(out);
        std::mem::discriminant(&answer.outcome).hash(out);
    }
    for (partition, reader) in &process.readers {
        (partition, reader.first(), reader.next, reader.told_end).hash(out);
    }
}

/// Gathers count by their order among those that anybody has to do with.
fn client_image(world: &World, out: &mut impl Hasher) {
    let clients = &world.clients;
    let given = clients.iter().flat_map(|client| client.given.values());
    let mut known: Vec<GatherId> = given.map(|(gather, _)| *gather).collect();
    known.extend(clients.iter().filter_map(|client| client.gather));
    known.sort_unstable();
    known.dedup();
    let place = |gather: GatherId| known.binary_search(&gather).unwrap_or_default();
    for client in clients {
        (client.gather.map(place), client.came, client.given.len()).hash(out);
        for (record, (gather, ends)) in &client.given {
            let left = ends.map(|ends| ends.since(world.aggregator.now));
            (record, place(*gather), left).hash(out);
        }
    }
}
