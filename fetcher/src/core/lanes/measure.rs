//! All feeds together in numbers.

use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use super::{Lanes, Standing};
use crate::core::session::{Measures, Tally};

impl Lanes {
    /// The fetcher at this moment: what is of a feed is summed up, what is of the client is told once.
    pub fn measure(&self, now: Moment) -> Measures {
        let sessions = self.slots.values().map(|slot| slot.session.measure(now));
        let mut all = sessions.reduce(merged).unwrap_or_default();
        all.tally = tallied(&all.tally, &self.past);
        let pulse = &mut all.pulse;
        let waiting = self.given.iter().filter(|p| !self.has(**p));
        let waiting: Vec<_> = waiting.map(|p| unfed(p.0)).collect();
        if let Some(group) = &mut pulse.group {
            let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
            group.assigned = group.assigned.saturating_add(count);
        }
        pulse.partitions.extend(waiting);
        pulse
            .partitions
            .sort_by_key(|partition| partition.partition);
        all.lanes = match self.standing {
            Standing::Agreed(lanes) => lanes,
            Standing::Unknown | Standing::Disagreed(_) => 0,
        };
        let missing = u32::try_from(self.missing().len()).unwrap_or(u32::MAX);
        all.lanes_fed = all.lanes.saturating_sub(missing);
        all.welcomed = all.lanes > 0 && missing == 0;
        all
    }

    fn has(&self, partition: rollcall_proto::ids::Partition) -> bool {
        let mut slots = self.slots.values();
        slots.any(|slot| slot.session.has(partition))
    }
}

/// A partition that waits for its lane.
fn unfed(partition: i32) -> v1::PartitionPulse {
    v1::PartitionPulse {
        partition,
        assigned: true,
        ..v1::PartitionPulse::default()
    }
}

fn merged(mut all: Measures, one: Measures) -> Measures {
    merge_pulse(&mut all.pulse, one.pulse);
    all.tally = tallied(&all.tally, &one.tally);
    all.credit_bytes = all.credit_bytes.saturating_add(one.credit_bytes);
    all.waiting_bytes = all.waiting_bytes.saturating_add(one.waiting_bytes);
    all
}

fn merge_pulse(all: &mut v1::Pulse, one: v1::Pulse) {
    if let (Some(group), Some(other)) = (&mut all.group, &one.group) {
        group.assigned = group.assigned.saturating_add(other.assigned);
        group.rebalances = group.rebalances.max(other.rebalances);
    }
    all.standby = all.standby.saturating_add(one.standby);
    all.partitions.extend(one.partitions);
    all.starved = longest(all.starved, one.starved);
    all.pauses = all.pauses.max(one.pauses);
    for error in one.errors {
        let same = |known: &v1::LatchedError| {
            (known.kind, known.code, known.partition) == (error.kind, error.code, error.partition)
        };
        if !all.errors.iter().any(same) {
            all.errors.push(error);
        }
    }
}

fn longest(
    a: Option<prost_types::Duration>,
    b: Option<prost_types::Duration>,
) -> Option<prost_types::Duration> {
    let length = |span: &prost_types::Duration| (span.seconds, span.nanos);
    a.into_iter().chain(b).max_by_key(length)
}

/// Probes and lost clients are told to every feed; what was sent and committed is each one's own.
pub(super) fn tallied(all: &Tally, one: &Tally) -> Tally {
    let mut sum = *all;
    sum.batches += one.batches;
    sum.records += one.records;
    sum.bytes = sum.bytes.saturating_add(one.bytes);
    sum.commits += one.commits;
    sum.commit_failures += one.commit_failures;
    sum.probes = sum.probes.max(one.probes);
    sum.probe_failures = sum.probe_failures.max(one.probe_failures);
    sum.clients_lost = sum.clients_lost.max(one.clients_lost);
    sum
}
