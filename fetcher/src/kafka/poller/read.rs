//! Polling a burst of records and cutting it into batches.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Timestamp;
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::packed::RecordParts;
use rollcall_proto::v1::TimestampType;

use super::{Poller, READ_WAIT, Reader};
use crate::core::facts::{CutBatch, Suspect};
use crate::kafka::errors;
use crate::kafka::event::KafkaEvent;
use crate::kafka::native::Message;

/// How long a burst may go on before what waits is cut, full or not.
const BURST: Duration = Duration::from_millis(20);
/// Records between two looks at the clock.
const CLOCK_EVERY: u32 = 256;

impl Poller {
    /// Takes what is there: waits for the first record, then goes on until nothing more comes, the
    /// credit is used up, or the burst is long enough. Then everything is cut: a lone record leaves at
    /// once.
    pub(super) fn poll(&mut self) {
        let consumer = Arc::clone(&self.consumer);
        let mut patience = READ_WAIT;
        let started = self.now();
        let on_reserves = self.throttle.on_reserves(started);
        let (mut polled, mut waiting, mut full) = (0_u32, 0_u64, Vec::new());
        while let Some(message) = consumer.poll(patience) {
            patience = Duration::ZERO;
            match message.error() {
                None => waiting += self.take(&message, &mut full),
                Some((error, text)) => self.note(&error, &text),
            }
            let cut = !full.is_empty();
            for batch in full.drain(..) {
                waiting = waiting.saturating_sub(batch.credit_bytes());
                self.send(batch);
            }
            polled = polled.wrapping_add(1);
            let long = polled.is_multiple_of(CLOCK_EVERY) && self.now().since(started) >= BURST;
            // A reserve is one batch: what was cut has to be paused before more is read.
            let used_up = if on_reserves {
                cut
            } else {
                self.throttle.exhausted_with(waiting)
            };
            if long || used_up {
                break;
            }
        }
        self.cut_all();
        self.report_stall();
        self.handle_rebalances();
    }

    /// Hands a record to its cutter, and tells how many bytes it adds to what waits.
    fn take(&mut self, message: &Message<'_>, full: &mut Vec<CutBatch>) -> u64 {
        let partition = message.partition();
        // A record of a partition that is not placed any more is read again by whoever owns it.
        let Some(reader) = self.readers.get_mut(&partition).filter(|r| !r.held) else {
            return 0;
        };
        let Some(offset) = message.offset() else {
            return 0;
        };
        let (timestamp_ms, stamped) = match message.timestamp() {
            Timestamp::NotAvailable => (None, TimestampType::Unspecified),
            Timestamp::CreateTime(millis) => (Some(millis), TimestampType::CreateTime),
            Timestamp::LogAppendTime(millis) => (Some(millis), TimestampType::LogAppendTime),
        };
        let (key, value) = (message.key(), message.value());
        let bytes = (key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len)) as u64;
        let record = RecordParts {
            offset,
            timestamp_ms,
            key,
            value,
            headers: message.headers(),
        };
        if let Err(record) = reader.cutter.push(record, stamped, full) {
            reader.held = true;
            let placement = reader.cutter.placement();
            full.extend(reader.cutter.cut(Some(offset)));
            self.throttle.hold(partition);
            for batch in full.drain(..) {
                self.send(batch);
            }
            self.tell(KafkaEvent::Oversized {
                partition,
                placement,
                record,
            });
            return 0;
        }
        bytes
    }

    /// An error that came in a record's place. The context tells those that are not handled here. The end of a partition is
    /// none: it comes each time one is read to its end, thousands of times a second under load.
    fn note(&mut self, error: &KafkaError, text: &str) {
        if let KafkaError::PartitionEOF(partition) = error {
            self.ended.insert(Partition(*partition));
            return;
        }
        self.consumer.context().error(error.clone(), text.trim());
        if errors::is_fatal(error) {
            let cause = self.consumer.client().fatal_error();
            self.tell(KafkaEvent::Fatal(errors::fatal(error, cause)));
        } else if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AutoOffsetReset) {
            self.stalled = true;
        }
    }

    fn send(&mut self, batch: CutBatch) {
        if let Some(next) = Offset::known(batch.packed.next_offset) {
            self.throttle
                .cut(batch.partition(), next, batch.credit_bytes());
            self.setup.progress.set(batch.partition(), next);
        }
        self.tell(KafkaEvent::Batch(batch));
    }

    fn cut_all(&mut self) {
        let ends = self.ends();
        let mut cut = Vec::new();
        for (partition, reader) in &mut self.readers {
            let end = ends
                .iter()
                .find(|(p, _)| p == partition)
                .map(|(_, end)| *end);
            cut.extend(reader.cutter.cut(end));
        }
        for batch in cut {
            self.send(batch);
        }
        for (partition, position) in ends {
            let Some(reader) = self.readers.get(&partition).filter(|r| !r.held) else {
                continue;
            };
            let placement = reader.cutter.placement();
            self.setup.progress.set(partition, position);
            self.tell(KafkaEvent::End {
                partition,
                placement,
                position,
            });
        }
    }

    /// Positions of partitions that were read to their end: control records before it are behind them.
    /// Asked once a burst, for all: the client knows positions of the whole assignment only.
    fn ends(&mut self) -> Vec<(Partition, Offset)> {
        if self.ended.is_empty() {
            return Vec::new();
        }
        let ended = std::mem::take(&mut self.ended);
        let known = self.consumer.positions().unwrap_or_default();
        known
            .into_iter()
            .filter_map(|(p, at)| at.filter(|_| ended.contains(&p)).map(|at| (p, at)))
            .collect()
    }

    /// A position was out of range. The error names no partition. It is one without a position, unless it
    /// handed over records before: then it keeps the position behind them, and may be any.
    fn report_stall(&mut self) {
        if !std::mem::take(&mut self.stalled) {
            return;
        }
        let positions = self.consumer.positions().unwrap_or_default().into_iter();
        let lost: BTreeSet<_> = positions
            .filter(|(_, at)| at.is_none())
            .map(|(p, _)| p)
            .collect();
        let suspect = |(p, reader): (&Partition, &Reader)| Suspect {
            partition: *p,
            placement: reader.cutter.placement(),
            next_offset: reader.position(),
            certain: lost.contains(p),
        };
        let suspects = self.readers.iter().map(suspect).collect();
        self.tell(KafkaEvent::Stalled(suspects));
    }
}
