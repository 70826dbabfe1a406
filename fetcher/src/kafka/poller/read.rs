//! Polling a burst of records and cutting it into batches.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Timestamp;
use rollcall_proto::ids::{LogPosition, Offset, Partition};
use rollcall_proto::packed::RecordParts;
use rollcall_proto::time::Moment;
use rollcall_proto::v1::TimestampType;

use super::{Poller, Reader};
use crate::core::facts::{CutBatch, Suspect};
use crate::core::headway::Distance;
use crate::core::lanes::{FEEDS, FeedId};
use crate::kafka::errors;
use crate::kafka::event::KafkaEvent;
use crate::kafka::native::{GroupConsumer, Message};

/// How long a burst may go on before what waits is cut, full or not.
const BURST: Duration = Duration::from_millis(20);
/// Records between two looks at the clock.
const CLOCK_EVERY: usize = 256;
/// What is taken at once at the most, in bytes (by the mean of the burst) and in records: it may overshoot the credit.
const BYTES_AT_ONCE: u64 = 64 << 10;
const RECORDS_AT_ONCE: u64 = 512;
/// Fewer at once save nothing.
const WORTH_IT: usize = 8;

/// What a burst has brought so far.
struct Burst {
    started: Moment,
    polled: usize,
    /// Records since the clock was looked at.
    unclocked: usize,
    bytes: u64,
    /// Bytes that are not cut yet, of each feed.
    waiting: [u64; FEEDS],
    full: Vec<CutBatch>,
    /// Whether a batch was cut of a partition that is on its reserve.
    reserve_used: bool,
}

impl Burst {
    const fn new(started: Moment) -> Self {
        Self {
            started,
            polled: 0,
            unclocked: 0,
            bytes: 0,
            waiting: [0; FEEDS],
            full: Vec::new(),
            reserve_used: false,
        }
    }

    const fn polled(&mut self, records: usize) {
        self.polled += records;
        self.unclocked += records;
    }

    /// Whether it is time to look at the clock.
    const fn is_clock_due(&mut self) -> bool {
        let due = self.unclocked >= CLOCK_EVERY;
        if due {
            self.unclocked = 0;
        }
        due
    }

    /// Records of the mean size that fill what is taken at once.
    fn at_once(&self) -> usize {
        let mean = (self.bytes / self.polled.max(1) as u64).max(1);
        (BYTES_AT_ONCE / mean).min(RECORDS_AT_ONCE) as usize
    }
}

impl Poller {
    /// Takes what is there: waits for the first record, then goes on until nothing more comes, the
    /// credit is used up, or the burst is long enough. Then everything is cut: a lone record leaves at
    /// once.
    pub(super) fn poll(&mut self) {
        let consumer = Arc::clone(&self.consumer);
        let mut burst = Burst::new(self.now());
        let (mut patience, mut many) = (self.patience(), Vec::new());
        while let Some(message) = consumer.poll(patience) {
            patience = Duration::ZERO;
            burst.polled(1);
            self.headway.read(1);
            self.hear(&message, &mut burst);
            let count = self.at_once(&burst);
            if count >= WORTH_IT {
                consumer.poll_many(count, &mut many);
                self.hear_many(&mut many, &mut burst);
            }
            if self.is_over(&mut burst) {
                break;
            }
        }
        self.cut_all();
        self.report_stall();
        self.handle_rebalances();
    }

    fn is_over(&mut self, burst: &mut Burst) -> bool {
        if burst.is_clock_due() {
            if self.now().since(burst.started) >= BURST {
                return true;
            }
            if self.at_once(burst) == 0 {
                self.measure_headway();
            }
        }
        // A reserve is one batch: what was cut has to be paused before more is read.
        burst.reserve_used || self.throttle.exhausted_with(&burst.waiting, 0)
    }

    /// How many records may be taken at once; 0 while they have to come one by one.
    fn at_once(&self, burst: &Burst) -> usize {
        let room = 2 * BYTES_AT_ONCE;
        if self.throttle.on_reserves() || self.throttle.exhausted_with(&burst.waiting, room) {
            return 0;
        }
        let count = burst.at_once();
        let allowed = self.headway.allows(count, burst.started);
        if allowed { count } else { 0 }
    }

    fn measure_headway(&mut self) {
        let read = || self.readers.iter().filter(|(_, reader)| !reader.held);
        let ends = self.consumer.ends(read().map(|(partition, _)| *partition));
        let distances = read().zip(ends).map(|((_, reader), end)| Distance {
            position: reader.position(),
            end,
            ended_at: reader.ended,
        });
        self.headway.measure(distances);
    }

    fn hear_many(&mut self, many: &mut Vec<Message<'_>>, burst: &mut Burst) {
        burst.polled(many.len());
        self.headway.read(many.len());
        for message in many.drain(..) {
            if !message.is_record() {
                self.misplaced.insert(message.partition());
                self.headway.surprised(burst.started);
            }
            self.hear(&message, burst);
        }
    }

    fn hear(&mut self, message: &Message<'_>, burst: &mut Burst) {
        if message.is_record() {
            // Its position is behind this record now.
            if !self.misplaced.is_empty() {
                self.misplaced.remove(&message.partition());
            }
            self.take(message, burst);
        } else if message.is_end() {
            // It comes each time a partition is read to its end, thousands of times a second under load.
            let end = message.offset().map(|end| (message.partition(), end));
            self.ended.extend(end);
        } else if let Some((error, text)) = message.error() {
            self.note(message, &error, &text);
        }
    }

    /// Hands a record to its cutter, and sends what that makes full.
    fn take(&mut self, message: &Message<'_>, burst: &mut Burst) {
        let partition = message.partition();
        if !self.ended.is_empty() {
            self.ended.remove(&partition);
        }
        // A record of a partition that is not placed any more is read again by whoever owns it.
        let Some(reader) = self.readers.get_mut(&partition).filter(|r| !r.held) else {
            return;
        };
        let Some(offset) = message.offset() else {
            return;
        };
        let feed = reader.feed;
        let (timestamp_ms, stamped) = match message.timestamp() {
            Timestamp::NotAvailable => (None, TimestampType::Unspecified),
            Timestamp::CreateTime(millis) => (Some(millis), TimestampType::CreateTime),
            Timestamp::LogAppendTime(millis) => (Some(millis), TimestampType::LogAppendTime),
        };
        reader
            .cutter
            .written_under(message.leader_epoch(), &mut burst.full);
        let (key, value) = (message.key(), message.value());
        let bytes = (key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len)) as u64;
        let record = RecordParts {
            offset,
            timestamp_ms,
            key,
            value,
            headers: message.headers(),
        };
        if let Err(record) = reader.cutter.push(record, stamped, &mut burst.full) {
            reader.held = true;
            let placement = reader.cutter.placement();
            burst.full.extend(reader.cutter.cut(Some(offset)));
            self.throttle.hold(partition);
            self.send_full(feed, burst);
            return self.tell(KafkaEvent::Oversized {
                feed,
                partition,
                placement,
                record,
            });
        }
        burst.bytes += bytes;
        burst.waiting[feed.index()] += bytes;
        if !burst.full.is_empty() {
            self.send_full(feed, burst);
        }
    }

    fn send_full(&mut self, feed: FeedId, burst: &mut Burst) {
        burst.reserve_used |= self.throttle.reserves_of(feed);
        let waiting = &mut burst.waiting[feed.index()];
        for batch in burst.full.drain(..) {
            *waiting = waiting.saturating_sub(batch.credit_bytes());
            self.send(feed, batch);
        }
    }

    /// An error that came in a record's place. The context tells those that are not handled here.
    fn note(&mut self, message: &Message<'_>, error: &KafkaError, text: &str) {
        self.consumer.context().error(error.clone(), text.trim());
        if errors::is_fatal(error) {
            let cause = self.consumer.client().fatal_error();
            self.tell(KafkaEvent::Fatal(errors::fatal(error, cause)));
        } else if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) {
            self.stalled = true;
            if let Some(refused) = errors::refused(message.offset(), text) {
                self.refused.insert(message.partition(), refused);
            }
        }
    }

    fn send(&mut self, feed: FeedId, batch: CutBatch) {
        if let Some(next) = Offset::known(batch.packed.next_offset) {
            self.throttle
                .cut(feed, batch.partition(), next, batch.credit_bytes());
            self.setup.progress.set(batch.partition(), next);
        }
        self.tell(KafkaEvent::Batch(feed, batch));
    }

    /// Cuts what waits, and tells where partitions were read to their ends: control records before an end are behind it.
    fn cut_all(&mut self) {
        let ends = std::mem::take(&mut self.ended);
        let mut cut = Vec::new();
        for (partition, reader) in &mut self.readers {
            let last = reader.cutter.cut(ends.get(partition).copied());
            cut.extend(last.map(|batch| (reader.feed, batch)));
        }
        for (feed, batch) in cut {
            self.send(feed, batch);
        }
        for (partition, position) in ends {
            let reader = self.readers.get_mut(&partition);
            let Some(reader) = reader.filter(|reader| !reader.held) else {
                continue;
            };
            reader.ended = Some(position);
            let position = place_of_end(&self.consumer, partition, reader, position);
            if position.offset >= reader.at.offset {
                reader.at = position;
            }
            let (feed, placement) = (reader.feed, reader.cutter.placement());
            self.setup.progress.set(partition, position.offset);
            self.tell(KafkaEvent::End {
                feed,
                partition,
                placement,
                position,
            });
        }
    }

    /// A position was out of range. Where the error does not say that its partition's was refused, it is one without a
    /// position, unless it handed over records before: then it keeps the position behind them, and may be any.
    fn report_stall(&mut self) {
        if !std::mem::take(&mut self.stalled) {
            return;
        }
        let positions = self.consumer.positions().unwrap_or_default().into_iter();
        let lost: BTreeSet<_> = positions
            .filter(|(_, at)| at.is_none())
            .map(|(p, _)| p)
            .collect();
        let refused = std::mem::take(&mut self.refused);
        let suspect = |(p, reader): (&Partition, &Reader)| Suspect {
            partition: *p,
            placement: reader.cutter.placement(),
            next_offset: reader.position(),
            certain: lost.contains(p) || refused.contains_key(p),
            refused: refused.get(p).copied(),
        };
        let suspects = self.readers.iter().map(suspect).collect();
        self.tell(KafkaEvent::Stalled(suspects));
    }
}

/// The place in the log that an end is. Control records before it are no part of a batch, and may be of a later leader.
fn place_of_end(
    consumer: &GroupConsumer,
    partition: Partition,
    reader: &Reader,
    end: Offset,
) -> LogPosition {
    let known = reader.place_at(end);
    if known.leader_epoch.is_some() {
        return known;
    }
    let stands = consumer.position_of(partition);
    stands.filter(|at| at.offset == end).unwrap_or(known)
}
