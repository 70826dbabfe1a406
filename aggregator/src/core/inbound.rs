//! What a fetcher sends, checked before it meets any state: hostile until proven otherwise.
//!
//! This needs no state and is done by each feed's own task, so that reading a large batch to its end
//! keeps nobody else waiting.

use rollcall_proto::ids::{Epoch, Offset, Partition, TopicId};
use rollcall_proto::limits::{CLAIM_RANGES, HEADER_BYTES};
use rollcall_proto::packed;
use rollcall_proto::ranges::{OffsetRange, RangeSet};
use rollcall_proto::trace::{self, TraceContext};
use rollcall_proto::v1::{self, feed_request};

use super::claims::ClaimAsk;
use super::fault::FeedFault;

/// Partitions that a topic may have here.
pub const MAX_PARTITIONS: i32 = 100_000;
/// Bytes of a name in `open` and `pulse`.
const TEXT_BYTES: usize = 1024;
/// Latched errors in one pulse.
const MAX_ERRORS: usize = 256;
/// Arrivals in one history: 100 of each of some partitions.
const MAX_ARRIVALS: usize = 200_000;
/// Samples of the rate in one history.
const MAX_RATES: usize = 100;

/// One message of a fetcher, checked.
#[derive(Clone, Debug)]
pub enum FeedMessage {
    /// Who feeds what.
    Open(Box<v1::Open>),
    /// It owns a partition.
    Claim(Box<ClaimAsk>),
    /// It gives a partition back.
    Release {
        /// The partition.
        partition: Partition,
        /// Epoch of the claim that ends.
        epoch: Epoch,
    },
    /// Records.
    Batch(Box<Arrived>),
    /// Evidence, once a second.
    Pulse(Box<v1::Pulse>),
    /// A measurement of the log's end.
    Probed(Box<v1::Probed>),
    /// Kafka answered a commit.
    Committed(v1::Committed),
    /// Timestamps of older records.
    History(Box<v1::History>),
    /// It is there, and wants its claims to be confirmed: the number of its beat.
    Beat(u64),
}

/// A batch, checked.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The partition.
    pub partition: Partition,
    /// Epoch of the claim that it belongs to.
    pub epoch: Epoch,
    /// The offsets that it covers.
    pub range: OffsetRange,
    /// Bytes that it counts for.
    pub bytes: u64,
    /// The fetcher's span that sent it.
    pub trace: Option<TraceContext>,
    /// The message itself; its packed records are there.
    pub wire: v1::Batch,
}

/// How large a batch may be.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Bytes of a batch that holds several records.
    pub batch_bytes: u64,
    /// Bytes of one record.
    pub max_record_bytes: u64,
}

/// Checks one message.
pub fn read(message: v1::FeedRequest, limits: BatchLimits) -> Result<FeedMessage, FeedFault> {
    use feed_request::Event;
    match message.event.ok_or(FeedFault::NothingKnown)? {
        Event::Open(open) => read_open(open),
        Event::Claim(claim) => read_claim(claim).map(|claim| FeedMessage::Claim(Box::new(claim))),
        Event::Release(release) => Ok(FeedMessage::Release {
            partition: partition(release.partition)?,
            epoch: Epoch(release.epoch),
        }),
        Event::Batch(batch) => {
            read_batch(batch, limits).map(|batch| FeedMessage::Batch(Box::new(batch)))
        }
        Event::Pulse(pulse) => read_pulse(pulse),
        Event::Probed(probed) => {
            at_most(
                "probed.partitions",
                probed.partitions.len(),
                MAX_PARTITIONS as usize,
            )?;
            Ok(FeedMessage::Probed(Box::new(probed)))
        }
        Event::Committed(committed) => {
            at_most(
                "committed.partitions",
                committed.partitions.len(),
                MAX_PARTITIONS as usize,
            )?;
            Ok(FeedMessage::Committed(committed))
        }
        Event::History(history) => {
            at_most("history.arrivals", history.arrivals.len(), MAX_ARRIVALS)?;
            at_most("history.rates", history.rates.len(), MAX_RATES)?;
            Ok(FeedMessage::History(Box::new(history)))
        }
        Event::Beat(beat) => Ok(FeedMessage::Beat(beat.number)),
    }
}

fn read_open(open: v1::Open) -> Result<FeedMessage, FeedFault> {
    let texts = [
        ("open.fetcher_id", &open.fetcher_id),
        ("open.topic", &open.topic),
        ("open.topic_id", &open.topic_id),
        ("open.group", &open.group),
        ("open.client_id", &open.client_id),
        ("open.host", &open.host),
        ("open.version", &open.version),
        ("open.group_protocol", &open.group_protocol),
        ("open.bootstrap_servers", &open.bootstrap_servers),
    ];
    for (field, text) in texts {
        short(field, text)?;
    }
    Ok(FeedMessage::Open(Box::new(open)))
}

fn read_claim(wire: v1::Claim) -> Result<ClaimAsk, FeedFault> {
    let partition = partition(wire.partition)?;
    at_most("claim.settled", wire.settled.len(), CLAIM_RANGES)?;
    let fault = FeedFault::Claim {
        partition: partition.0,
        committed: wire.committed,
        sent: wire.sent,
    };
    let offsets = Offset::known(wire.committed).zip(Offset::known(wire.sent));
    let (committed, sent) = offsets
        .filter(|(committed, sent)| committed <= sent)
        .ok_or(fault)?;
    let cut_at = match wire.cut_at {
        None => None,
        Some(raw) => {
            let known = Offset::known(raw).filter(|at| *at >= sent);
            Some(known.ok_or(FeedFault::CutBelowSent {
                partition: partition.0,
                cut_at: raw,
                sent: sent.get(),
            })?)
        }
    };
    let in_flight = OffsetRange::new(committed, sent);
    let ranges = wire
        .settled
        .iter()
        .filter_map(|range| OffsetRange::from_raw(range.first_offset, range.next_offset));
    let settled: RangeSet = ranges
        .filter_map(|range| range.intersection(in_flight?))
        .collect();
    Ok(ClaimAsk {
        partition,
        topic_id: TopicId::new(&wire.topic_id),
        committed,
        sent,
        settled,
        cut_at,
        wire,
    })
}

fn read_batch(wire: v1::Batch, limits: BatchLimits) -> Result<Arrived, FeedFault> {
    let batch = wire.packed.as_ref().ok_or(FeedFault::NoPacked)?;
    // The records share the message's memory, and only they are counted.
    short("batch.traceparent", &wire.traceparent)?;
    let lengths = |source| FeedFault::Lengths {
        partition: batch.partition,
        source,
    };
    let range = packed::check(batch).map_err(lengths)?.range();
    let partition = partition(batch.partition)?;
    let (bytes, records) = (packed::batch_bytes(batch), batch.record_count);
    let limit = if records > 1 {
        limits.batch_bytes
    } else {
        limits.max_record_bytes + HEADER_BYTES as u64
    };
    if bytes > limit {
        return Err(FeedFault::TooLarge {
            partition,
            bytes,
            records,
            limit,
        });
    }
    Ok(Arrived {
        partition,
        epoch: Epoch(wire.epoch),
        range,
        bytes,
        trace: trace::heard(&wire.traceparent),
        wire,
    })
}

fn read_pulse(pulse: v1::Pulse) -> Result<FeedMessage, FeedFault> {
    at_most(
        "pulse.partitions",
        pulse.partitions.len(),
        MAX_PARTITIONS as usize,
    )?;
    at_most(
        "pulse.foreign_owners",
        pulse.foreign_owners.len(),
        MAX_PARTITIONS as usize,
    )?;
    at_most("pulse.errors", pulse.errors.len(), MAX_ERRORS)?;
    for error in &pulse.errors {
        short("pulse.errors.text", &error.text)?;
    }
    for owner in &pulse.foreign_owners {
        short("pulse.foreign_owners.client_id", &owner.client_id)?;
        short("pulse.foreign_owners.host", &owner.host)?;
        short("pulse.foreign_owners.member_id", &owner.member_id)?;
    }
    for partition in &pulse.partitions {
        short("pulse.partitions.leader_address", &partition.leader_address)?;
    }
    Ok(FeedMessage::Pulse(Box::new(pulse)))
}

fn partition(number: i32) -> Result<Partition, FeedFault> {
    let known = (0..MAX_PARTITIONS).contains(&number);
    known
        .then_some(Partition(number))
        .ok_or(FeedFault::Partition(number))
}

fn short(field: &'static str, text: &str) -> Result<(), FeedFault> {
    let bytes = text.len();
    if bytes <= TEXT_BYTES {
        Ok(())
    } else {
        Err(FeedFault::TooLong {
            field,
            bytes,
            limit: TEXT_BYTES,
        })
    }
}

fn at_most(field: &'static str, entries: usize, limit: usize) -> Result<(), FeedFault> {
    if entries <= limit {
        Ok(())
    } else {
        Err(FeedFault::TooMany {
            field,
            entries,
            limit,
        })
    }
}

#[cfg(test)]
mod tests;
