//! The six zeros: an aiokafka application that gathers `[5, 0, 0, 0, 0, 0]` for five different causes.
//!
//! One topic flows, five are silent: one is written every 5 s, one has a paused consumer with 500 records waiting, one
//! an open transaction, one was never written, and the producer of one died after a rhythm of 0.5 s.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail, ensure};
use rollcall_proto::v1::{Severity, VerdictCode};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval};

use crate::aiokafka::{Aiokafka, Commit, Gathering};
use crate::{Kafka, Producer, Record, Service, eventually};

/// The topics by what happens to them, in the order in which they are gathered, and what is right to say of them.
pub const ROLL: [(&str, Fate, Severity, VerdictCode); 6] = [
    (
        "SCHEDULE-STATION-PARAM",
        Fate::Flows,
        Severity::Ok,
        VerdictCode::Flowing,
    ),
    (
        "SCHEDULE-CAR-ORDER",
        Fate::Slow,
        Severity::Note,
        VerdictCode::ProducerSlowerThanTimeout,
    ),
    (
        "SCHEDULE-CAR-PRICE",
        Fate::Paused,
        Severity::Fault,
        VerdictCode::StuckWithLag,
    ),
    (
        "SCHEDULE-DEVICE-HOST-DCDC",
        Fate::OpenTransaction,
        Severity::Warn,
        VerdictCode::OpenTransaction,
    ),
    (
        "SCHEDULE-DEVICE-STORAGE",
        Fate::NeverWritten,
        Severity::Note,
        VerdictCode::TopicEmpty,
    ),
    (
        "MODULE-OUTPUT-PV_PREDICTION",
        Fate::ProducerDies,
        Severity::Warn,
        VerdictCode::ProducerOverdue,
    ),
];

/// What happens to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Five records at once, again and again.
    Flows,
    /// A record every 5 s.
    Slow,
    /// Its consumer pauses, then 500 records come.
    Paused,
    /// A transaction opens, writes and stays open.
    OpenTransaction,
    /// Nobody ever writes.
    NeverWritten,
    /// A record every 0.5 s, then none.
    ProducerDies,
}

/// Partitions of each topic.
const PARTITIONS: i32 = 2;
/// Records that wait behind the paused consumer.
const WAITING: u64 = 500;
/// Time between five records and the next five of the flowing topic: less than a call waits.
const FLOWING: Duration = Duration::from_millis(800);
/// Time between two records of the slow topic.
const SLOW: Duration = Duration::from_secs(5);
/// Time between two records of the topic whose producer dies.
const LIVELY: Duration = Duration::from_millis(500);
/// Records of the past, by which a rhythm is known.
const PAST: u64 = 60;
/// Joining, interpreter, a busy machine.
const SOON: Duration = Duration::from_secs(60);
/// What the application gathers once everything is broken, but for the rounds that meet the slow topic's record.
const FIVE_AND_ZEROS: &str = "= [5, 0, 0, 0, 0, 0]";

/// The application and everything that is written to its topics.
pub struct Zeros {
    /// Its group.
    pub group: String,
    /// Its topics, in the order of [`ROLL`].
    pub topics: Vec<String>,
    app: Service,
    producer: Producer,
    transaction: Producer,
    writers: Vec<JoinHandle<()>>,
    dying: JoinHandle<()>,
}

impl Zeros {
    /// Starts it with everything well: each topic but the empty one has a past, and the application has read it.
    /// `suffix` keeps several of them on one Kafka apart.
    pub async fn start(kafka: &Kafka, suffix: &str, commit: Commit) -> Result<Self> {
        let topics: Vec<String> = ROLL
            .iter()
            .map(|(topic, ..)| format!("{topic}{suffix}"))
            .collect();
        for topic in &topics {
            kafka.create_topic(topic, PARTITIONS, &[]).await?;
        }
        let group = format!("stack-charge-tcp-command-xfy{suffix}");
        let producer = Producer::new(kafka.bootstrap())?;
        let id = format!("writer{suffix}");
        let transaction = Producer::transactional(kafka.bootstrap(), &id).await?;
        for (topic, (_, fate, ..)) in topics.iter().zip(&ROLL) {
            write_past(&producer, topic, *fate).await?;
        }
        let paused = at(&topics, Fate::Paused)?;
        let app = Gathering {
            bootstrap: kafka.bootstrap(),
            group: &group,
            topics: &topics,
            commit,
            pause: Some((&paused, PAST as usize)),
        };
        let app = Aiokafka::get().await?.gather(&app)?;
        let writers = vec![
            writer(kafka, at(&topics, Fate::Flows)?, FLOWING, 5)?,
            writer(kafka, at(&topics, Fate::Slow)?, SLOW, 1)?,
        ];
        let dying = writer(kafka, at(&topics, Fate::ProducerDies)?, LIVELY, 1)?;
        let mut zeros = Self {
            group,
            topics,
            app,
            producer,
            transaction,
            writers,
            dying,
        };
        zeros.until_read(kafka).await?;
        Ok(zeros)
    }

    /// Waits until the application has read everything, and has committed it.
    async fn until_read(&mut self, kafka: &Kafka) -> Result<()> {
        let paused = |line: &str| line.starts_with("paused").then_some(());
        self.app.line("that it paused", SOON, paused).await?;
        let topic = at(&self.topics, Fate::Paused)?;
        eventually("what was read is committed", SOON, async || {
            for partition in 0..PARTITIONS {
                let committed = kafka.committed(&self.group, &topic, partition).await?;
                let (_, end) = kafka.watermarks(&topic, partition).await?;
                ensure!(
                    committed == Some(end),
                    "P{partition}: {committed:?} of {end}"
                );
            }
            Ok(())
        })
        .await
    }

    /// Breaks what is to be broken. The moment at which all of it is.
    pub async fn break_it(&mut self) -> Result<Instant> {
        let paused = at(&self.topics, Fate::Paused)?;
        self.producer.numbers(&paused, None, 0..WAITING).await?;
        self.dying.abort();
        self.transaction.begin()?;
        let hidden = at(&self.topics, Fate::OpenTransaction)?;
        let onset = Instant::now();
        self.transaction.numbers(&hidden, None, 0..13).await?;
        Ok(onset)
    }

    /// The application's own line of the newest round that found five records and five times nothing.
    pub async fn line(&self, within: Duration) -> Result<String> {
        let before = self.app.stdout()?.lines().count();
        eventually("the application gathers five zeros", within, async || {
            let printed = self.app.stdout()?;
            let mut rounds = printed.lines().skip(before);
            let found = rounds.find(|line| line.ends_with(FIVE_AND_ZEROS));
            found
                .map(str::to_owned)
                .with_context(|| format!("it says: {printed}"))
        })
        .await
    }

    /// The severity and the verdict that are right for each topic.
    pub fn right(&self) -> BTreeMap<String, (Severity, &'static str)> {
        let right = ROLL.map(|(.., severity, code)| (severity, code.name()));
        self.topics.iter().cloned().zip(right).collect()
    }

    /// Ends the application as it would be ended, and the writers.
    pub async fn end(mut self) -> Result<()> {
        for writer in &self.writers {
            writer.abort();
        }
        self.app.terminate()?;
        let status = self.app.end(SOON).await?;
        ensure!(
            status.success(),
            "the application ended with {status}: {}",
            self.app.stderr()?
        );
        Ok(())
    }
}

impl Drop for Zeros {
    fn drop(&mut self) {
        for writer in self.writers.iter().chain([&self.dying]) {
            writer.abort();
        }
    }
}

/// The topic with this fate.
fn at(topics: &[String], wanted: Fate) -> Result<String> {
    let found = topics
        .iter()
        .zip(&ROLL)
        .find(|(_, (_, fate, ..))| *fate == wanted);
    let Some((topic, _)) = found else {
        bail!("no topic of {wanted:?}");
    };
    Ok(topic.clone())
}

/// Records with the timestamps of a rhythm that was kept until now.
async fn write_past(producer: &Producer, topic: &str, fate: Fate) -> Result<()> {
    let every = match fate {
        Fate::NeverWritten => return Ok(()),
        Fate::Flows => Duration::from_millis(200),
        Fate::Slow => SLOW,
        Fate::Paused | Fate::OpenTransaction | Fate::ProducerDies => LIVELY,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let records = (0..PAST).map(|number| {
        let ago = every.saturating_mul(u32::try_from(PAST - number).unwrap_or(u32::MAX));
        let at = i64::try_from(now.saturating_sub(ago).as_millis()).unwrap_or(i64::MAX);
        let partition = i32::try_from(number).unwrap_or(0) % PARTITIONS;
        Record::numbered(number).to_partition(partition).at(at)
    });
    producer.send_all(topic, records.collect()).await.map(drop)
}

/// Writes so many records at once, again and again. A record that is refused ends it: the topic falls silent, and the
/// verdict on it is no longer the expected one.
fn writer(kafka: &Kafka, topic: String, every: Duration, count: u64) -> Result<JoinHandle<()>> {
    let producer = Producer::new(kafka.bootstrap())?;
    Ok(tokio::spawn(async move {
        let mut ticks = interval(every);
        let mut number = PAST;
        loop {
            ticks.tick().await;
            let partition = i32::try_from(number / count).unwrap_or(0) % PARTITIONS;
            if producer
                .numbers(&topic, Some(partition), number..number + count)
                .await
                .is_err()
            {
                return;
            }
            number += count;
        }
    }))
}
