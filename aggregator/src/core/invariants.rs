//! What must hold at every moment, in one place: for debug builds, for tests, for a model.
//!
//! The numbers are those of the design: I1 committed ≤ acked ≤ leased ≤ sent, I3 first deliveries in order
//! (checked where a batch is handed out, since it speaks of a step), I4 leases are disjoint and contiguous,
//! I5 every requested topic has a slot, I7 memory is bounded. I2 (everything is offered in the end) and I6
//! (what is lost is named) speak of whole runs: tests hold them.

use super::lease::Place;
use super::partition::PartitionState;
use super::roll::Roll;
use super::topic::TopicState;

/// Checks a roll; the text names the invariant that does not hold, where, and by what numbers.
pub fn check(roll: &Roll) -> Result<(), String> {
    for topic in &roll.topics {
        check_topic(topic).map_err(|broken| format!("{}: {broken}", topic.topic))?;
    }
    check_leases(roll)?;
    check_gathers(roll)
}

fn check_topic(topic: &TopicState) -> Result<(), String> {
    for (number, partition) in &topic.partitions {
        partition
            .check()
            .map_err(|broken| format!("partition {number}: {broken}"))?;
    }
    check_memory(topic)
}

/// I7: bytes are at most the share and one batch for each partition, and every byte is on a feed's ledger.
fn check_memory(topic: &TopicState) -> Result<(), String> {
    let held = topic.held_bytes();
    let reserves: u64 = topic.partitions.values().map(PartitionState::largest).sum();
    if held > topic.share.bytes + reserves {
        return Err(format!(
            "I7: {held} bytes held, share {} and reserves {reserves}",
            topic.share.bytes
        ));
    }
    let on_ledgers: u64 = topic.ledgers.values().map(|ledger| ledger.held()).sum();
    if on_ledgers != held {
        return Err(format!(
            "I7: {held} bytes held, {on_ledgers} on the ledgers"
        ));
    }
    Ok(())
}

/// I4: a partition is held by at most one lease (by its type), and leases and partitions agree on it.
fn check_leases(roll: &Roll) -> Result<(), String> {
    for (key, topic) in roll.topics.iter().enumerate() {
        for (&number, partition) in &topic.partitions {
            let Some(held) = partition.held() else {
                continue;
            };
            let place: Place = (super::roster::TopicKey(key), number);
            let agrees = roll
                .leases
                .get(held.lease)
                .is_some_and(|lease| lease.places.contains(&place));
            if !agrees {
                return Err(format!(
                    "I4: {} {number} is held by lease {}, which does not know",
                    topic.topic, held.lease.0
                ));
            }
        }
    }
    for (id, lease) in roll.leases.iter() {
        for &(topic, number) in &lease.places {
            let held = roll.topics[topic.0]
                .partitions
                .get(&number)
                .and_then(|partition| partition.held());
            if held.is_none_or(|held| held.lease != id) {
                return Err(format!(
                    "I4: lease {} holds partition {number}, which does not know",
                    id.0
                ));
            }
        }
    }
    Ok(())
}

/// I5: a gather has one slot for each topic that was asked for.
fn check_gathers(roll: &Roll) -> Result<(), String> {
    let wrong = roll.gathers.values().find(|gather| {
        !gather
            .slots
            .iter()
            .map(|slot| slot.topic)
            .eq(gather.terms.topics.iter().copied())
    });
    wrong.map_or(Ok(()), |gather| {
        Err(format!("I5: gather {} lacks a slot", gather.id.0))
    })
}
