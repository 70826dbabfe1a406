//! A run: everything starts, faults come wave after wave, all is read to the end, and what was seen is judged.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rollcall_proto::ids::Topic;
use tokio::time::{Instant, sleep_until};

use super::book::Merged;
use super::house::{House, Load};
use super::kinds::Kind;
use super::numbered;
use super::plan::{Fault, Wave, waves};
use super::shape::Shape;
use super::watch::{Watch, committed, outsider};
use super::writer::Writer;
use crate::blocking::blocking;
use crate::checker::ledger::{Account, Ledger};
use crate::checker::line::{Run, Said, TopicRuns};
use crate::eventually;
use crate::reader::{Isolation, read_partition};

/// From the undoing of a wave until every partition brings new records: a broker's start on a busy machine, a session, a
/// lease, and a rebalance at the worst.
const FLOWS_AGAIN: Duration = Duration::from_secs(90);

/// Until all that was written is read, acked and committed.
const READ: Duration = Duration::from_secs(180);

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// What runs.
    pub shape: Shape,
    /// Which sequence of faults.
    pub seed: u64,
    /// How many faults; it ends with them, or with the time.
    pub faults: usize,
    /// For how long faults are made.
    pub length: Duration,
    /// Records a second, over all topics.
    pub rate: u64,
    /// Bytes of a record's value.
    pub bytes: usize,
    /// Which kinds of faults.
    pub kinds: Vec<Kind>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was to be done.
    pub options: Options,
    /// What was seen, judged.
    pub account: Account,
    /// Faults that were made, by kind.
    pub made: BTreeMap<Kind, usize>,
    /// Records that Kafka did not acknowledge: they may be in the log or not.
    pub failed: u64,
    /// From the first fault to the last one's end.
    pub took: Duration,
    /// Why it ended before its time.
    pub trouble: Option<String>,
    /// Where what was seen is written.
    pub books: PathBuf,
}

impl Outcome {
    /// Whether nothing was broken, and everything done.
    pub fn is_clean(&self) -> bool {
        self.trouble.is_none() && self.account.broken.is_empty()
    }
}

/// Runs all of it. What rollcall does wrong is in the outcome; an error is what kept it from being judged.
pub async fn run(options: &Options) -> Result<Outcome> {
    let load = Load {
        rate: options.rate,
        bytes: options.bytes,
    };
    eprintln!(
        "starting a Kafka, {} topics and rollcall",
        options.shape.topics
    );
    let mut house = House::open(&options.shape, load).await?;
    let watch = Watch::start(
        house.kafka.bootstrap(),
        &house.addresses,
        options.shape.names(),
        options.shape.partitions,
        &house.book,
    )?;
    let mut show = Show {
        house: &mut house,
        options,
        begun: Instant::now(),
        made: BTreeMap::new(),
    };
    let played = show.play().await;
    let (took, made) = (show.begun.elapsed(), show.made);
    let ended = match played {
        Ok(()) => read_to_the_end(&mut house).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &ended {
        eprintln!("it ends here: {error:#}");
        house.tell_why(error).await?;
        house.revive_brokers().await?;
    }
    house.write_down()?;
    let failed = house.writers.iter().map(Writer::failed).sum();
    drop(watch);
    house.clients.clear();
    write_down_the_logs(&house).await?;
    let books = house.books();
    let account = judge(&books, ended.is_ok());
    Ok(Outcome {
        options: options.clone(),
        account,
        made,
        failed,
        took,
        trouble: ended.err().map(|error| format!("{error:#}")),
        books: books
            .first()
            .and_then(|book| Some(book.parent()?.to_owned()))
            .unwrap_or_default(),
    })
}

/// Judges what is written in these files.
fn judge(books: &[PathBuf], finished: bool) -> Account {
    let mut ledger = Ledger::default();
    for line in Merged::of(books) {
        ledger.apply(&line);
    }
    ledger.close(finished)
}

/// The faults of a run.
struct Show<'h> {
    house: &'h mut House,
    options: &'h Options,
    begun: Instant,
    made: BTreeMap<Kind, usize>,
}

/// What is to be done about a fault.
#[derive(Clone, Copy, Debug)]
enum Act {
    Inflict,
    Mend,
}

impl Show<'_> {
    async fn play(&mut self) -> Result<()> {
        let Options {
            shape,
            seed,
            kinds,
            faults,
            length,
            ..
        } = self.options;
        for (number, wave) in waves(*seed, shape, kinds, *faults).iter().enumerate() {
            if self.begun.elapsed() >= *length {
                return Ok(());
            }
            let told = told(wave, shape);
            let played = self.wave(number, wave).await;
            self.house.write_down()?;
            let flows = played.with_context(|| format!("wave {number}: {told}"))?;
            self.progress(number, &told, flows);
        }
        Ok(())
    }

    /// Makes the faults of a wave, undoes them, and waits until all flows again; how long that took.
    async fn wave(&mut self, number: usize, wave: &Wave) -> Result<Duration> {
        let faults = wave.faults.iter();
        let seen = faults
            .map(|fault| fault.seen(&self.options.shape))
            .collect();
        self.house.book.say(Said::Begun {
            wave: number,
            faults: seen,
        })?;
        let begun = Instant::now();
        let acts = acts(wave);
        let last = acts.len().saturating_sub(1);
        for (at, (when, act, fault)) in acts.into_iter().enumerate() {
            sleep_until(begun + when).await;
            self.house.write_down()?;
            if at == last {
                // It is undone from the first moment of the last mending on.
                self.house.book.say(Said::Mended { wave: number })?;
            }
            let done = match act {
                Act::Inflict => self.house.inflict(fault).await,
                Act::Mend => self.house.mend(fault).await,
            };
            done.with_context(|| format!("could not {act:?} {fault:?}"))?;
        }
        for fault in &wave.faults {
            *self.made.entry(fault.kind).or_default() += 1;
        }
        let mended = Instant::now();
        self.house.until_all_flow(FLOWS_AGAIN).await?;
        self.house.kafka.until_it_serves().await?;
        self.house.book.say(Said::Over { wave: number })?;
        Ok(mended.elapsed())
    }

    fn progress(&self, number: usize, told: &str, flows: Duration) {
        let faults: usize = self.made.values().sum();
        let written: u64 = self.house.writers.iter().map(Writer::written).sum();
        let (second, flows) = (self.begun.elapsed().as_secs(), flows.as_secs_f64());
        eprintln!(
            "{second:>5} s  wave {number}, {faults} faults, {written} records; {told}: flows after {flows:.1} s"
        );
    }
}

/// What is done in a wave, in its order.
fn acts(wave: &Wave) -> Vec<(Duration, Act, &Fault)> {
    let mut acts: Vec<_> = wave.faults.iter().flat_map(of_fault).collect();
    acts.sort_by_key(|(when, _, _)| *when);
    acts
}

fn of_fault(fault: &Fault) -> [(Duration, Act, &Fault); 2] {
    let Fault { after, lasts, .. } = *fault;
    [
        (after, Act::Inflict, fault),
        (after + lasts, Act::Mend, fault),
    ]
}

fn told(wave: &Wave, shape: &Shape) -> String {
    let told = wave.faults.iter().map(|fault| fault.told(shape));
    told.collect::<Vec<_>>().join(" + ")
}

/// No more records are written; waits until all of them are committed.
async fn read_to_the_end(house: &mut House) -> Result<()> {
    eprintln!("no more faults; reading to the end");
    for writer in &house.writers {
        writer.pause().await?;
    }
    house.write_down()?;
    let bootstrap = house.kafka.bootstrap().to_owned();
    let partitions = house.shape.partitions;
    for topic in house.shape.names() {
        let what = format!("all of {topic} is read and committed");
        eventually(&what, READ, async || {
            let committed = all_committed(&bootstrap, &topic, partitions).await?;
            for (partition, committed) in (0..).zip(committed) {
                let (_, end) = house.kafka.watermarks(topic.as_str(), partition).await?;
                ensure!(
                    committed == Some(end) || end == 0,
                    "partition {partition} ends at {end}, committed is {committed:?}"
                );
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}

async fn all_committed(
    bootstrap: &str,
    topic: &Topic,
    partitions: i32,
) -> Result<Vec<Option<i64>>> {
    let (group, topic) = (outsider(bootstrap)?, topic.clone());
    let ask = move || committed(&group, &topic, partitions);
    blocking("read the commits", READ, ask).await?
}

/// What the logs hold now, read by a consumer of no group.
async fn write_down_the_logs(house: &House) -> Result<()> {
    for (topic, partition) in house.places() {
        let bootstrap = house.kafka.bootstrap();
        let name = topic.as_str();
        let records = read_partition(bootstrap, name, partition, Isolation::Committed).await?;
        let mut runs = Vec::new();
        for stored in &records {
            let value = stored.record.value.as_deref().unwrap_or_default();
            let number = numbered::number(&topic, partition, value);
            let number = number.map_err(|wrong| anyhow::anyhow!("the log itself: {wrong}"))?;
            Run::append(&mut runs, Run::one(partition, stored.offset, number));
        }
        let topics = vec![TopicRuns { topic, runs }];
        house.book.say(Said::Log { topics })?;
    }
    Ok(())
}
