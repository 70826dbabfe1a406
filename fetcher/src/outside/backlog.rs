//! What lies between a group's commit and the end of a partition, read by a client without a group: the oldest record,
//! how many can be seen, and whether they can be read at all.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{ClientConfig, ClientContext, Offset as Position, TopicPartitionList};
use rollcall_proto::ids::{Offset, Partition};
use rollcall_proto::v1::{self, ErrorKind};

use super::ends::Key;
use crate::kafka::assign;
use crate::kafka::errors;
use crate::kafka::history::Budget;
use crate::kafka::history::budget::size;
use crate::kafka::text::bounded;

/// Bytes of one partition.
const PARTITION_BYTES: u64 = 64 << 10;
/// Bytes of one reading; of all together there is a [`Budget`].
const TOTAL_BYTES: u64 = 8 << 20;
/// Time of one reading.
const TIME: Duration = Duration::from_millis(1_000);
/// Partitions that are read again alone, when what went wrong named none.
const ALONE: usize = 16;
/// How long a broker may hold an empty answer.
const FETCH_WAIT_MILLIS: &str = "20";
/// Longest poll: an end that is not reported must not hold up the others.
const POLL: Duration = Duration::from_millis(50);

/// A partition with unread records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// The group whose commit it is.
    pub(super) group: String,
    /// The partition.
    pub(super) key: Key,
    /// The commit.
    pub(super) committed: Offset,
    /// S, or H for who reads uncommitted records.
    pub(super) end: Offset,
    /// H.
    pub(super) high: Offset,
}

/// What was found of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    next_offset: Option<Offset>,
    visible: u32,
    hidden: u32,
    bytes: u64,
    first: Option<(i64, Option<i64>)>,
    open: Option<(i64, Option<i64>)>,
    failure: Option<(String, ErrorKind)>,
    done: bool,
}

impl Found {
    /// As it travels.
    pub(super) fn seen(&self, unread: &Unread) -> v1::BacklogSeen {
        let next = self.next_offset.unwrap_or(unread.committed);
        v1::BacklogSeen {
            partition: unread.key.1.0,
            first_offset: unread.committed.get(),
            next_offset: next.get(),
            visible_records: self.visible,
            hidden_records: self.hidden,
            record_offset: self.first.map(|(offset, _)| offset),
            record_timestamp_ms: self.first.and_then(|(_, millis)| millis),
            failure: self.failure.as_ref().map(|(text, _)| text.clone()),
            failure_kind: self
                .failure
                .as_ref()
                .map_or(ErrorKind::Unspecified, |(_, kind)| *kind)
                .into(),
            bytes: self.bytes,
            open_offset: self.open.map(|(offset, _)| offset),
            open_timestamp_ms: self.open.and_then(|(_, millis)| millis),
            ..Default::default()
        }
    }

    /// One that was looked at up to its end.
    #[cfg(test)]
    pub(super) fn complete(unread: &Unread) -> Self {
        Self {
            next_offset: Some(unread.end),
            done: true,
            ..Self::default()
        }
    }

    /// One of which the first record was read.
    #[cfg(test)]
    pub(super) fn cut(unread: &Unread) -> Self {
        Self {
            next_offset: Offset::known(unread.committed.get() + 1),
            visible: 1,
            ..Self::default()
        }
    }

    /// Whether nothing was read, and nothing says why.
    pub(super) fn is_nothing(&self) -> bool {
        self.next_offset.is_none() && self.hidden == 0 && self.failure.is_none()
    }

    /// Whether everything up to the end was looked at.
    pub(super) fn is_complete(&self, unread: &Unread) -> bool {
        self.next_offset.is_some_and(|next| next >= unread.end)
    }

    /// Whether the records may not be read.
    pub(super) fn is_denied(&self) -> bool {
        let kind = self.failure.as_ref().map(|(_, kind)| *kind);
        kind == Some(ErrorKind::TopicAuthorization)
    }

    /// Takes a record; says how many bytes it has.
    fn record(&mut self, record: &BorrowedMessage<'_>, part: Part, one: &Unread) -> u64 {
        let (offset, bytes) = (record.offset(), size(record));
        let millis = record.timestamp().to_millis().filter(|millis| *millis > 0);
        match part {
            Part::Visible => self.visible(offset, millis, bytes, one.end),
            Part::Hidden => self.hidden(offset, millis, bytes, one.high),
        }
        bytes
    }

    fn visible(&mut self, offset: i64, millis: Option<i64>, bytes: u64, end: Offset) {
        if offset < end.get() {
            self.visible += 1;
            self.bytes += bytes;
            self.first.get_or_insert((offset, millis));
            self.next_offset = Offset::known(offset + 1);
        } else {
            self.next_offset = Some(end);
        }
        self.done = offset + 1 >= end.get() || self.bytes >= PARTITION_BYTES;
    }

    fn hidden(&mut self, offset: i64, millis: Option<i64>, bytes: u64, high: Offset) {
        self.hidden += 1;
        self.bytes += bytes;
        self.open.get_or_insert((offset, millis));
        self.done = offset + 1 >= high.get() || self.bytes >= 2 * PARTITION_BYTES;
    }

    /// The end of the partition was reached.
    fn ended(&mut self, part: Part, one: &Unread) {
        self.done = true;
        if part == Part::Visible {
            self.next_offset = Some(one.end);
        }
    }
}

/// Which part is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// From the commit to the end, as the group would.
    Visible,
    /// From S on, whatever is there.
    Hidden,
}

/// Reads the unread records of partitions of one topic, each of which is there once: librdkafka names no topic when it
/// reports a partition's end. Blocks for at most some seconds. `group` is a name to assign by; it is never joined.
/// Where the budget ends, partitions are left as they are.
pub(super) fn read(
    config: &ClientConfig,
    group: &str,
    read_committed: bool,
    wanted: &[Unread],
    budget: &Budget,
) -> Result<Vec<Found>, KafkaError> {
    let mut found: BTreeMap<Partition, Found> = BTreeMap::new();
    let visible: Vec<_> = wanted
        .iter()
        .filter(|one| one.committed < one.end)
        .collect();
    if !visible.is_empty() {
        let reader = reader(config, group, read_committed)?;
        pass(&reader, &visible, Part::Visible, &mut found, budget)?;
        let undone = |one: &&&Unread| found.get(&one.key.1).is_none_or(|found| !found.done);
        let again: Vec<_> = visible.iter().filter(undone).copied().take(ALONE).collect();
        // What goes wrong names no partition, so those that it may concern are read alone.
        for one in again.into_iter().filter(|_| visible.len() > 1) {
            found.remove(&one.key.1);
            pass(&reader, &[one], Part::Visible, &mut found, budget)?;
        }
    }
    let hidden: Vec<_> = wanted.iter().filter(|one| one.end < one.high).collect();
    if !hidden.is_empty() {
        let reader = reader(config, group, false)?;
        pass(&reader, &hidden, Part::Hidden, &mut found, budget)?;
    }
    let take = |one: &Unread| found.remove(&one.key.1).unwrap_or_default();
    Ok(wanted.iter().map(take).collect())
}

fn reader(
    config: &ClientConfig,
    group: &str,
    read_committed: bool,
) -> Result<BaseConsumer<Reasons>, KafkaError> {
    let level = if read_committed {
        "read_committed"
    } else {
        "read_uncommitted"
    };
    let mut config = config.clone();
    config
        .set("group.id", group)
        .set("isolation.level", level)
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", FETCH_WAIT_MILLIS)
        .set("fetch.min.bytes", "1")
        .set("fetch.queue.backoff.ms", "10")
        .set("max.partition.fetch.bytes", PARTITION_BYTES.to_string())
        .set(
            "queued.max.messages.kbytes",
            (TOTAL_BYTES >> 10).to_string(),
        );
    config.create_with_context(Reasons::default())
}

/// Keeps what the client says of its last error. A poll only says its code, and one code stands for a batch that cannot
/// be decoded and for one that is larger than the client takes.
#[derive(Debug, Default)]
struct Reasons(Mutex<Option<String>>);

impl Reasons {
    fn of(&self, error: &KafkaError) -> String {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        said.map_or_else(|| error.to_string(), |reason| format!("{error}: {reason}"))
    }
}

impl ClientContext for Reasons {
    fn error(&self, _error: KafkaError, reason: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }
}

impl ConsumerContext for Reasons {}

/// Reads until every partition is done, or bytes or time are used up.
fn pass(
    reader: &BaseConsumer<Reasons>,
    wanted: &[&Unread],
    part: Part,
    found: &mut BTreeMap<Partition, Found>,
    budget: &Budget,
) -> Result<(), KafkaError> {
    let mut list = TopicPartitionList::new();
    for one in wanted {
        let from = match part {
            Part::Visible => one.committed,
            Part::Hidden => one.end,
        };
        list.add_partition(one.key.0.as_str(), one.key.1.0)
            .set_offset(Position::Offset(from.get()))?;
        found.entry(one.key.1).or_default().done = false;
    }
    assign::assign(reader, &list)?;
    reader.resume(&list)?;
    let deadline = Instant::now() + TIME;
    let (mut left, mut bytes) = (wanted.len(), 0);
    let may_read = |bytes, now| bytes < TOTAL_BYTES && now < deadline && budget.left(now) > 0;
    while left > 0 && may_read(bytes, Instant::now()) {
        let Some(event) = reader.poll(POLL) else {
            continue;
        };
        let partition = match &event {
            Ok(record) => Partition(record.partition()),
            Err(KafkaError::PartitionEOF(partition)) => Partition(*partition),
            Err(error) if wanted.len() == 1 => {
                let failed = found.entry(wanted[0].key.1).or_default();
                if error.rdkafka_error_code() != Some(Code::AutoOffsetReset) {
                    let reason = reader.context().of(error);
                    failed.failure = Some((bounded(&reason), errors::report(error, &reason).kind));
                }
                break;
            }
            // It may be any of them.
            Err(_) => break,
        };
        let Some(one) = wanted.iter().find(|one| one.key.1 == partition) else {
            continue;
        };
        let state = found.entry(partition).or_default();
        if state.done {
            continue;
        }
        match &event {
            Ok(record) => {
                let read = state.record(record, part, one);
                budget.spend(read, Instant::now());
                bytes += read;
            }
            Err(_) => state.ended(part, one),
        }
        if state.done {
            left -= 1;
            stop(reader, &one.key);
        }
    }
    assign::unassign(reader)
}

fn stop(reader: &BaseConsumer<Reasons>, key: &Key) {
    let mut list = TopicPartitionList::new();
    list.add_partition(key.0.as_str(), key.1.0);
    if let Err(error) = reader.pause(&list) {
        tracing::debug!(topic = %key.0, %error, "partition not paused");
    }
}
