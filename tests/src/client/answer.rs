//! The answer to a gather.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rollcall_proto::packed::{self, RecordRef};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::v1::{
    self, GatherResponse, GatherSummary, Outcome, SettleRange, Slot, VerdictCode, gather_batch,
    gather_response,
};
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::record::{Record, Stored, number};

/// An answer that is being read. Dropping it is what a client that dies does.
#[derive(Debug)]
pub struct Answer {
    stream: Streaming<GatherResponse>,
    within: Duration,
}

/// One message of an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// Records of one partition.
    Batch(Batch),
    /// The end.
    Summary(GatherSummary),
}

/// Records of one partition, unpacked.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Topic.
    pub topic: String,
    /// Kafka's id of the topic.
    pub topic_id: String,
    /// Partition.
    pub partition: i32,
    /// The offsets that it covers, those without a record included.
    pub range: OffsetRange,
    /// Lease that holds the records; 0 for a peek.
    pub lease_id: u64,
    /// How often these records were handed out before.
    pub redelivered: u32,
    /// The records, in offset order.
    pub records: Vec<Stored>,
}

/// An answer that was read to its end, or to where it broke off.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// What came, in the order in which it came.
    pub batches: Vec<Batch>,
    /// The end of the answer; none when it broke off before.
    pub summary: Option<GatherSummary>,
    /// Why it broke off; none when it did not, or when the client left.
    pub broken: Option<Status>,
}

impl Answer {
    pub(super) fn new(stream: Streaming<GatherResponse>, within: Duration) -> Self {
        Self { stream, within }
    }

    /// The next message; none at the end. Fails with a [`Status`] when the answer breaks off.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        let message = timeout(self.within, self.stream.message()).await;
        let message =
            message.with_context(|| format!("an answer hung for {:?}", self.within))??;
        message.map(Part::read).transpose()
    }

    /// Reads on to the end.
    pub async fn rest(mut self) -> Result<Gathered> {
        let mut gathered = Gathered::default();
        loop {
            match self.next().await {
                Ok(Some(part)) => gathered.add(part)?,
                Ok(None) => break,
                Err(error) => {
                    gathered.broken = Some(error.downcast::<Status>()?);
                    return Ok(gathered);
                }
            }
        }
        ensure!(gathered.summary.is_some(), "an answer without a summary");
        Ok(gathered)
    }
}

impl Part {
    fn read(message: GatherResponse) -> Result<Self> {
        match message.event.context("an empty message in an answer")? {
            gather_response::Event::Batch(batch) => Batch::read(batch).map(Self::Batch),
            gather_response::Event::Summary(summary) => Ok(Self::Summary(summary)),
        }
    }
}

impl Batch {
    fn read(batch: v1::GatherBatch) -> Result<Self> {
        let (partition, range, records) = match batch.records.context("a batch of nothing")? {
            gather_batch::Records::Packed(packed) => unpack(&packed)?,
            gather_batch::Records::Plain(plain) => take(plain)?,
        };
        Ok(Self {
            topic: batch.topic,
            topic_id: batch.topic_id,
            partition,
            range,
            lease_id: batch.lease_id,
            redelivered: batch.redelivered,
            records,
        })
    }

    /// Settles all of it.
    pub fn settle(&self, outcome: Outcome) -> SettleRange {
        self.settle_part(self.range, outcome)
    }

    /// Settles a part of it.
    pub fn settle_part(&self, range: OffsetRange, outcome: Outcome) -> SettleRange {
        SettleRange {
            topic: self.topic.clone(),
            topic_id: self.topic_id.clone(),
            partition: self.partition,
            first_offset: range.first().get(),
            next_offset: range.next().get(),
            outcome: outcome.into(),
            lease_id: self.lease_id,
        }
    }
}

impl Gathered {
    /// Adds a message; a summary comes once, and nothing after it.
    pub fn add(&mut self, part: Part) -> Result<()> {
        ensure!(self.summary.is_none(), "{part:?} after the summary");
        match part {
            Part::Batch(batch) => self.batches.push(batch),
            Part::Summary(summary) => self.summary = Some(summary),
        }
        Ok(())
    }

    /// The summary.
    pub fn summary(&self) -> Result<&GatherSummary> {
        match (&self.summary, &self.broken) {
            (Some(summary), _) => Ok(summary),
            (None, Some(status)) => bail!("the answer broke off: {status}"),
            (None, None) => bail!("the client left before the summary"),
        }
    }

    /// The slot of a topic.
    pub fn slot(&self, topic: &str) -> Result<&Slot> {
        let slots = &self.summary()?.slots;
        let slot = slots.iter().find(|slot| slot.topic == topic);
        slot.with_context(|| format!("no slot for {topic}"))
    }

    /// Why the slot of a topic is as it is.
    pub fn verdict(&self, topic: &str) -> Result<VerdictCode> {
        let verdict = self.slot(topic)?.verdict.as_ref();
        Ok(verdict.context("a slot without a verdict")?.code())
    }

    /// The records of a topic, in the order in which they came.
    pub fn records(&self, topic: &str) -> impl Iterator<Item = &Stored> {
        let batches = self
            .batches
            .iter()
            .filter(move |batch| batch.topic == topic);
        batches.flat_map(|batch| &batch.records)
    }

    /// Records of all topics.
    pub fn record_count(&self) -> usize {
        self.batches.iter().map(|batch| batch.records.len()).sum()
    }

    /// The numbers in the records of a topic.
    pub fn numbers(&self, topic: &str) -> Result<Vec<u64>> {
        let value = |stored: &Stored| number(stored.record.value.as_deref().unwrap_or_default());
        self.records(topic).map(value).collect()
    }

    /// Settles everything that came.
    pub fn settle(&self, outcome: Outcome) -> Vec<SettleRange> {
        let settle = |batch: &Batch| batch.settle(outcome);
        self.batches.iter().map(settle).collect()
    }

    /// Acks everything that came.
    pub fn acks(&self) -> Vec<SettleRange> {
        self.settle(Outcome::Ack)
    }
}

type Unpacked = (i32, OffsetRange, Vec<Stored>);

fn unpack(batch: &v1::PackedBatch) -> Result<Unpacked> {
    let checked = packed::check(batch)?;
    let stored = |record: RecordRef<'_>| stored_packed(batch.partition, record);
    Ok((
        batch.partition,
        checked.range(),
        checked.records().map(stored).collect(),
    ))
}

fn stored_packed(partition: i32, record: RecordRef<'_>) -> Stored {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = record.headers.clone();
    let headers = headers.map(|(name, value)| (text(name), value.map(<[u8]>::to_vec)));
    Stored {
        partition,
        offset: record.offset.get(),
        record: Record {
            partition: Some(partition),
            key: record.key.map(<[u8]>::to_vec),
            value: record.value.map(<[u8]>::to_vec),
            headers: headers.collect(),
            timestamp: record.timestamp_ms,
        },
    }
}

fn take(batch: v1::RecordBatch) -> Result<Unpacked> {
    let range = OffsetRange::from_raw(batch.first_offset, batch.next_offset);
    let range = range.context("a batch without a range")?;
    let partition = batch.partition;
    let records = batch.records.into_iter();
    Ok((
        partition,
        range,
        records
            .map(|record| stored_plain(partition, record))
            .collect(),
    ))
}

fn stored_plain(partition: i32, record: v1::Record) -> Stored {
    let header = |header: v1::Header| (header.name, header.value.map(|value| value.to_vec()));
    Stored {
        partition,
        offset: record.offset,
        record: Record {
            partition: Some(partition),
            key: record.key.map(|key| key.to_vec()),
            value: record.value.map(|value| value.to_vec()),
            headers: record.headers.into_iter().map(header).collect(),
            timestamp: record.timestamp_ms,
        },
    }
}
