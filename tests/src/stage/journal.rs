//! The one history that everything on a stage is written into.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rollcall_proto::ids::{Offset, Topic};
use rollcall_proto::ranges::OffsetRange;
use rollcall_proto::time::Clock;
use rollcall_proto::v1::{Delivery, GatherSummary, Outcome, SettleRange};

use crate::checker::{Event, GatherKey, History, Log, SlotSeen};
use crate::client::{Batch, Gathered, Request};
use crate::record::Stored;

/// A handle; all clones write into the same history.
#[derive(Clone, Debug)]
pub struct Journal {
    history: Arc<Mutex<History>>,
    clock: Clock,
    roll: Arc<[Topic]>,
}

impl Journal {
    /// An empty history of a roll.
    pub fn of<'a>(roll: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let roll: Result<Vec<Topic>, _> = roll.into_iter().map(Topic::new).collect();
        Ok(Self {
            history: Arc::default(),
            clock: Clock::start(),
            roll: roll?.into(),
        })
    }

    /// Writes down what happens now.
    pub fn add(&self, event: Event) {
        self.with(|history| history.add(self.clock.now(), event));
    }

    /// What happened so far.
    pub fn history(&self) -> History {
        self.with(|history| history.clone())
    }

    /// Records that lie in the log.
    pub fn produced(&self, topic: &str, records: &[Stored]) -> Result<()> {
        for run in records.chunk_by(|one, next| one.partition == next.partition) {
            let log = log(topic, run[0].partition)?;
            let offsets: Result<Vec<Offset>> = run.iter().map(|r| offset(r.offset)).collect();
            let offsets = offsets?;
            self.add(Event::Produced { log, offsets });
        }
        Ok(())
    }

    /// What the group had committed; nothing is written while it had nothing.
    pub fn committed(
        &self,
        topic: &str,
        partition: i32,
        committed: Option<i64>,
        end: i64,
    ) -> Result<()> {
        let Some(committed) = committed else {
            return Ok(());
        };
        let log = log(topic, partition)?;
        let (offset, end) = (offset(committed)?, offset(end)?);
        self.add(Event::Committed { log, offset, end });
        Ok(())
    }

    /// An operator is about to set the committed offset.
    pub fn rewound(&self, topic: &str, partition: i32, to: i64) -> Result<()> {
        let (log, to) = (log(topic, partition)?, offset(to)?);
        self.add(Event::Rewound { log, to });
        Ok(())
    }

    /// The only fetcher of a topic is about to be killed or frozen.
    pub fn silenced(&self, topic: &str) -> Result<()> {
        let topic = Topic::new(topic)?;
        self.add(Event::Silenced { topic });
        Ok(())
    }

    /// A fetcher of a topic is about to be started or resumed.
    pub fn heard(&self, topic: &str) -> Result<()> {
        let topic = Topic::new(topic)?;
        self.add(Event::Heard { topic });
        Ok(())
    }

    /// A gather is about to be asked for.
    pub(super) fn asked(&self, request: &Request) -> Result<GatherKey> {
        let named: Result<Vec<Topic>, _> = request
            .topics()
            .iter()
            .map(|name| Topic::new(name))
            .collect();
        let mut topics = named?;
        if topics.is_empty() {
            topics = self.roll.to_vec();
        }
        self.settling(request.settlement())?;
        let gather = self.with(History::next_gather);
        self.add(Event::Asked { gather, topics });
        Ok(gather)
    }

    /// A batch came.
    pub(super) fn handed_out(
        &self,
        gather: GatherKey,
        batch: &Batch,
        delivery: Delivery,
    ) -> Result<()> {
        let range = batch.range;
        let offsets: Result<Vec<Offset>> = batch.records.iter().map(|r| offset(r.offset)).collect();
        let log = log(&batch.topic, batch.partition)?;
        let offsets = offsets?;
        if delivery == Delivery::Peek {
            return Ok(());
        }
        self.add(Event::HandedOut {
            gather,
            log,
            range,
            offsets,
            auto_ack: delivery == Delivery::AutoAck,
        });
        Ok(())
    }

    /// A summary came.
    pub(super) fn summed_up(&self, gather: GatherKey, gathered: &Gathered) -> Result<()> {
        let summary = gathered.summary()?;
        let slots: Result<Vec<SlotSeen>> = slots(summary, gathered).collect();
        self.add(Event::SummedUp {
            gather,
            took: duration(summary.took),
            lease: duration(summary.lease),
            slots: slots?,
        });
        Ok(())
    }

    /// Ranges are about to be settled.
    pub(super) fn settling(&self, ranges: &[SettleRange]) -> Result<()> {
        for settle in ranges {
            let log = log(&settle.topic, settle.partition)?;
            let range = OffsetRange::from_raw(settle.first_offset, settle.next_offset);
            let range = range.context("a range to settle that is none")?;
            self.add(match settle.outcome() {
                Outcome::Unspecified | Outcome::Ack => Event::Acked { log, range },
                Outcome::Nack => Event::Nacked { log, range },
            });
        }
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut History) -> T) -> T {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut history)
    }
}

fn slots<'a>(
    summary: &'a GatherSummary,
    gathered: &'a Gathered,
) -> impl Iterator<Item = Result<SlotSeen>> + 'a {
    summary.slots.iter().map(|slot| {
        let verdict = slot.verdict.as_ref().map(|verdict| verdict.code);
        let verdict = verdict.and_then(|code| code.try_into().ok());
        Ok(SlotSeen {
            topic: Topic::new(&slot.topic)?,
            said: slot.record_count,
            came: u32::try_from(gathered.records(&slot.topic).count())?,
            verdict: verdict.filter(|&code| code != rollcall_proto::v1::VerdictCode::Unspecified),
        })
    })
}

fn log(topic: &str, partition: i32) -> Result<Log> {
    Log::new(topic, partition).with_context(|| format!("{topic:?} is no topic's name"))
}

fn offset(raw: i64) -> Result<Offset> {
    Offset::known(raw).with_context(|| format!("{raw} is no offset"))
}

fn duration(wire: Option<prost_types::Duration>) -> Duration {
    wire.and_then(|wire| wire.try_into().ok())
        .unwrap_or_default()
}
