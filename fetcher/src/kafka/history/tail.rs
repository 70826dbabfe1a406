//! The newest records of each partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message, Timestamp};
use rdkafka::{Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Offset, Partition, Topic};
use rollcall_proto::v1::TimestampType;

use super::budget::size;
use super::{Bounds, Budget, Ends};
use crate::kafka::assign;

/// Passes over the tails: the second one takes fewer records of partitions whose records turned out to be large.
const PASSES: usize = 2;

/// The newest records of one partition, as far as they are read.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    ends: Ends,
    /// Where the reading begins.
    first_offset: Offset,
    /// Timestamps of the records in the order of the log, milliseconds since the epoch.
    pub(super) millis: Vec<i64>,
    /// Whose clock they are from.
    pub(super) timestamp_type: TimestampType,
    /// Bytes of the records.
    pub(super) bytes: u64,
    state: TailState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TailState {
    Reading,
    /// Everything up to the end is read.
    Complete,
    /// The bytes did not suffice.
    TooLarge,
}

impl Tail {
    /// The tail of at most `records` offsets.
    pub(super) fn new(ends: Ends, records: u32) -> Self {
        let first = ends.end.get().saturating_sub(i64::from(records));
        let first_offset = Offset::known(first).unwrap_or_default().max(ends.log_start);
        let state = if first_offset < ends.end {
            TailState::Reading
        } else {
            TailState::Complete
        };
        Self {
            ends,
            first_offset,
            millis: Vec::new(),
            timestamp_type: TimestampType::Unspecified,
            bytes: 0,
            state,
        }
    }

    /// Whether older records of the partition may precede it.
    pub(super) fn is_cut(&self) -> bool {
        self.first_offset > self.ends.log_start
    }

    /// Takes a record that was read.
    fn take(&mut self, offset: i64, timestamp: Timestamp, bytes: u64, bounds: Bounds) {
        let end = self.ends.end.get();
        if offset < end {
            self.bytes += bytes;
            self.note(timestamp);
        }
        if offset >= end - 1 {
            self.state = TailState::Complete;
        } else if self.bytes > bounds.partition_bytes {
            self.state = TailState::TooLarge;
        }
    }

    fn note(&mut self, timestamp: Timestamp) {
        let (millis, timestamp_type) = match timestamp {
            Timestamp::NotAvailable => (-1, self.timestamp_type),
            Timestamp::CreateTime(millis) => (millis, TimestampType::CreateTime),
            Timestamp::LogAppendTime(millis) => (millis, TimestampType::LogAppendTime),
        };
        self.millis.push(millis);
        self.timestamp_type = timestamp_type;
    }

    /// The same tail begun anew, with half of the records that the bytes sufficed for.
    fn shorter(&self) -> Self {
        let records = u32::try_from(self.millis.len() / 2).unwrap_or(u32::MAX);
        Self::new(self.ends, records.max(1))
    }
}

/// What reading the tails may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost<'b> {
    pub(super) bounds: Bounds,
    pub(super) budget: &'b Budget,
    pub(super) deadline: Instant,
}

impl Cost<'_> {
    /// Whether nothing more may be read.
    fn is_spent(&self) -> bool {
        self.budget.left(Instant::now()) == 0
    }
}

type Tails = BTreeMap<Partition, Tail>;

/// Reads the tails; `None` when bytes or time did not suffice for all of them.
pub(super) fn read<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &Topic,
    tails: Vec<Tail>,
    cost: Cost<'_>,
) -> Result<Option<Vec<Tail>>, KafkaError> {
    let tails = tails.into_iter().map(|tail| (tail.ends.partition, tail));
    let mut tails: Tails = tails.collect();
    for _ in 0..PASSES {
        for tail in tails.values_mut() {
            if tail.state == TailState::TooLarge {
                *tail = tail.shorter();
            }
        }
        place(consumer, topic, &tails)?;
        pass(consumer, topic, &mut tails, cost);
    }
    assign::unassign(consumer)?;
    let complete = |tail: &Tail| tail.state == TailState::Complete;
    Ok(tails
        .values()
        .all(complete)
        .then(|| tails.into_values().collect()))
}

fn place<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &Topic,
    tails: &Tails,
) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for (partition, tail) in tails {
        if tail.state == TailState::Reading {
            list.add_partition(topic.as_str(), partition.0)
                .set_offset(Position::Offset(tail.first_offset.get()))?;
        }
    }
    assign::assign(consumer, &list)?;
    // A partition stays paused when it is assigned again.
    consumer.resume(&list)
}

/// Polls until nothing is left to read, or the bytes or the time are used up.
fn pass<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &Topic,
    tails: &mut Tails,
    cost: Cost<'_>,
) {
    let mut reading = tails
        .values()
        .filter(|tail| tail.state == TailState::Reading)
        .count();
    while reading > 0 && !cost.is_spent() {
        let remaining = cost.deadline.saturating_duration_since(Instant::now());
        if remaining == Duration::ZERO {
            break;
        }
        let Some(event) = consumer.poll(remaining) else {
            continue;
        };
        let Some((partition, tail)) = event_of(&event, tails) else {
            continue;
        };
        if tail.state != TailState::Reading {
            continue;
        }
        match &event {
            Ok(record) => {
                let bytes = size(record);
                cost.budget.spend(bytes, Instant::now());
                tail.take(record.offset(), record.timestamp(), bytes, cost.bounds);
            }
            Err(_) => tail.state = TailState::Complete,
        }
        if tail.state != TailState::Reading {
            reading -= 1;
            stop(consumer, topic, partition);
        }
    }
}

/// The partition that an event speaks of: a record's, or the one whose end was reached.
fn event_of<'t>(
    event: &Result<BorrowedMessage<'_>, KafkaError>,
    tails: &'t mut Tails,
) -> Option<(Partition, &'t mut Tail)> {
    let partition = match event {
        Ok(record) => Partition(record.partition()),
        Err(KafkaError::PartitionEOF(partition)) => Partition(*partition),
        Err(error) => {
            // Whatever it is, the tail that it concerns does not become complete, and the time runs out.
            tracing::debug!(%error, "reading the history");
            return None;
        }
    };
    Some((partition, tails.get_mut(&partition)?))
}

/// Stops fetching a partition whose records are read. If that fails they come and are not looked at.
fn stop<C: ClientContext + ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &Topic,
    partition: Partition,
) {
    let mut list = TopicPartitionList::new();
    list.add_partition(topic.as_str(), partition.0);
    if let Err(error) = consumer.pause(&list) {
        tracing::debug!(%topic, %partition, %error, "partition not paused");
    }
}
