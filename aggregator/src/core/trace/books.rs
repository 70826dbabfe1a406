//! Books and asks as they travel in a trace: moments become ages at the moment of judging, and back.

use std::time::Duration;

use rollcall_proto::ids::{Epoch, LeaseId, Offset, Partition};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Moment;
use rollcall_proto::v1;

use crate::core::books::{ClaimBooks, FeedKey, LeaseBooks, PartitionBooks, TopicBooks};
use crate::core::evidence::wire::{self, wire_duration};
use crate::core::evidence::{MAX_PARTITIONS, wire::text};
use crate::core::verdict::{Ask, Capped, Detail, SlotOutcome};

/// Ranges of lost records that are written for a partition.
const LOST: usize = 100;

/// The books as they were at `now`.
pub fn to_wire(books: &TopicBooks, now: Moment) -> v1::TraceBooks {
    let partitions = books.partitions.iter().take(MAX_PARTITIONS);
    v1::TraceBooks {
        partitions: partitions
            .map(|(number, books)| partition_to_wire(*number, books, now))
            .collect(),
        last_asked: books.last_asked.map(|asked| age(asked, now)),
        last_record_count: books.last_record_count,
    }
}

/// The books that were written at `now`.
pub fn from_wire(books: &v1::TraceBooks, now: Moment) -> TopicBooks {
    let partitions = books.partitions.iter().filter(|part| part.partition >= 0);
    TopicBooks {
        partitions: partitions
            .take(MAX_PARTITIONS)
            .map(|part| (Partition(part.partition), partition_from_wire(part, now)))
            .collect(),
        last_asked: wire::moment(books.last_asked.as_ref(), now),
        last_record_count: books.last_record_count,
    }
}

/// The slot that was judged at `now`; `None` for a status.
pub fn slot_to_wire(ask: &Ask, now: Moment) -> Option<v1::TraceSlot> {
    let slot = ask.slot?;
    let capped = match slot.capped {
        None => v1::TraceCapped::Unspecified,
        Some(Capped::MaxRecords) => v1::TraceCapped::MaxRecords,
        Some(Capped::MaxBytes) => v1::TraceCapped::MaxBytes,
    };
    Some(v1::TraceSlot {
        started: Some(age(ask.started, now)),
        closed: Some(age(ask.closed, now)),
        record_count: slot.records,
        capped: capped.into(),
    })
}

/// What was asked when something was judged at `now`.
pub fn ask_from_wire(judged: &v1::TraceJudged, now: Moment) -> Ask {
    let told = wire::duration(judged.timeout.as_ref());
    let timeout = told.unwrap_or_default();
    let Some(slot) = &judged.slot else {
        // A timeout that was not said was not told: only from outside that makes a difference.
        return Ask::outside(told, now);
    };
    let capped = match slot.capped() {
        v1::TraceCapped::Unspecified => None,
        v1::TraceCapped::MaxRecords => Some(Capped::MaxRecords),
        v1::TraceCapped::MaxBytes => Some(Capped::MaxBytes),
    };
    Ask {
        timeout,
        started: wire::moment(slot.started.as_ref(), now).unwrap_or(now),
        closed: wire::moment(slot.closed.as_ref(), now).unwrap_or(now),
        slot: Some(SlotOutcome {
            records: slot.record_count,
            capped,
        }),
        timeout_told: true,
        detail: Detail::Full,
    }
}

fn age(then: Moment, now: Moment) -> prost_types::Duration {
    wire_duration(now.since(then))
}

fn partition_to_wire(
    number: Partition,
    books: &PartitionBooks,
    now: Moment,
) -> v1::TracePartitionBooks {
    let lease = books.lease.as_ref().map(|lease| v1::TraceLease {
        lease_id: lease.lease.0,
        client_id: text(&lease.client),
        held: Some(age(lease.since, now)),
        remaining: lease.remaining.map(wire_duration),
        range: Some(lease.range.into()),
    });
    let back_off = books.back_off_until.map(|until| until.since(now));
    v1::TracePartitionBooks {
        partition: number.0,
        epoch: books.claim.map_or(0, |claim| claim.epoch.0),
        feed: books.claim.map_or(0, |claim| claim.feed.0),
        claimed: books.claim.map(|claim| age(claim.since, now)),
        floor: books.floor.get(),
        received: books.received.get(),
        buffered_records: books.buffered_records,
        buffered: books.buffered_since.map(|since| age(since, now)),
        unacked_records: books.unacked_records,
        lease,
        back_off: back_off
            .filter(|left| *left > Duration::ZERO)
            .map(wire_duration),
        lost: books
            .lost
            .iter()
            .rev()
            .take(LOST)
            .rev()
            .copied()
            .map(OffsetRange::into)
            .collect(),
    }
}

fn partition_from_wire(part: &v1::TracePartitionBooks, now: Moment) -> PartitionBooks {
    let claimed = wire::moment(part.claimed.as_ref(), now);
    let range =
        |range: &v1::OffsetRange| OffsetRange::from_raw(range.first_offset, range.next_offset);
    PartitionBooks {
        claim: claimed.map(|since| ClaimBooks {
            epoch: Epoch(part.epoch),
            feed: FeedKey(part.feed),
            since,
        }),
        floor: Offset::known(part.floor).unwrap_or_default(),
        received: Offset::known(part.received).unwrap_or_default(),
        buffered_records: part.buffered_records,
        buffered_since: wire::moment(part.buffered.as_ref(), now),
        unacked_records: part.unacked_records,
        lease: part.lease.as_ref().and_then(|lease| {
            Some(LeaseBooks {
                lease: LeaseId(lease.lease_id),
                client: text(&lease.client_id),
                since: wire::moment(lease.held.as_ref(), now)?,
                remaining: wire::duration(lease.remaining.as_ref()),
                range: range(lease.range.as_ref()?)?,
            })
        }),
        back_off_until: wire::duration(part.back_off.as_ref()).map(|left| now + left),
        lost: part.lost.iter().take(LOST).filter_map(range).collect(),
    }
}
