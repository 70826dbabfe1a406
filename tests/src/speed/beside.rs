//! How old a record is when the client has it in its hands, while another topic of the roll runs at half of full speed.
//!
//! The busy topic is full before, so that nothing but the reading of it costs anything meanwhile; its client takes so many
//! records a second and no more.

use anyhow::{Result, ensure};

use super::delay::sample;
use super::load::{Loaded, empty, fill};
use super::plan::{PARTITIONS, READ, Size};
use super::readers::{Readers, client};
use super::run::{Done, done, warm};
use super::spread::quantile;

/// Seconds that the busy topic lasts: a third of them before the first record is timed.
const LASTS: f64 = 24.0;
/// Gathers of the busy topic a second: records of one come at once, and the next ones wait.
const GATHERS: f64 = 200.0;
/// The part of the wanted rate that the busy topic must have reached, or what was measured is not what was asked for.
const REACHED: f64 = 0.9;

/// What was measured.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    /// Milliseconds of each record of the quiet topic, sorted.
    pub(super) delays: Vec<f64>,
    /// Records a second of the busy topic.
    pub(super) rate: f64,
}

/// Times so many records of one topic while another one is read with `rate` records of this size a second. Each has a client of
/// its own.
pub(super) async fn beside(
    readers: &Readers<'_>,
    size: Size,
    rate: f64,
    samples: usize,
) -> Result<Beside> {
    let topics = empty(readers.kafka).await?;
    let [quiet, busy, ..] = &topics[..] else {
        anyhow::bail!("two topics are needed");
    };
    let part = (rate * LASTS / f64::from(PARTITIONS)) as u64;
    let full = Loaded {
        topics: vec![busy.clone()],
        records: part * u64::from(PARTITIONS.unsigned_abs()),
    };
    fill(readers.kafka, &full, size).await?;
    let roll = readers.roll(&[quiet.clone(), busy.clone()]).start().await?;
    let flags = ["--topics", quiet, "--delays", "--close", "any"];
    let timed = client(&roll, samples as u64, &flags).await?;
    let (pace, at_once) = (rate.to_string(), (rate / GATHERS).ceil().to_string());
    let flags = ["--topics", busy, "--pace", &pace, "--max-records", &at_once];
    let mut reads = client(&roll, full.records, &flags).await?;
    warm(&mut reads).await?;
    let delays = sample(readers.kafka, timed, std::slice::from_ref(quiet), samples).await?;
    let ended = reads.stdout()?.lines().find_map(done);
    ensure!(
        ended.is_none(),
        "the busy topic ended before the last record was timed"
    );
    let read: Done = reads.line("that all has come", READ, done).await?;
    drop((reads, roll));
    // Gigabytes, which the next round's do not have to fit beside.
    for topic in &topics {
        readers.kafka.delete_topic(topic).await?;
    }
    let reached = read.records_per_second();
    ensure!(
        reached >= rate * REACHED,
        "the busy topic was read with {reached:.0} records/s, {rate:.0} were to be (p99 of the quiet one was {:.1} ms then)",
        quantile(&delays, 0.99).unwrap_or(f64::NAN)
    );
    Ok(Beside {
        delays,
        rate: reached,
    })
}
