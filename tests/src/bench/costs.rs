//! What looking costs: the doctor's time, the six zeros, the rounds of the probe under gathers, and an idle roll beside plain
//! consumers. Measured when the situations are over, one after the other.

mod probes;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

use super::machine;
use crate::aiokafka::Commit;
use crate::doctor::{Groups, answer, verdicts};
use crate::kafka::{Kafka, Version};
use crate::zeros::Zeros;
use crate::{idle, process};

/// An idle roll is short of what `make bench-idle` does, and enough for a median.
const IDLE: idle::Plan = idle::Plan {
    rounds: 3,
    warm_up: Duration::from_secs(15),
    measured: Duration::from_secs(30),
};

/// What was measured. Times are seconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Costs {
    /// Until the doctor's first table of 6 topics with 12 partitions.
    pub first_table: f64,
    /// Until the doctor's first table that has all of 100 groups of 600 partitions.
    pub hundred_groups: f64,
    /// Its whole look at them, until all is confirmed.
    pub hundred_sure: f64,
    /// From the onset of the six zeros to the doctor's right answer, for an application that commits once a second.
    pub zeros_auto: f64,
    /// The same, for one that commits every five seconds.
    pub zeros_default: f64,
    /// The same, for one that commits only what it has read.
    pub zeros_read: f64,
    /// Rounds of the probe that one fetcher makes a second, under gathers; of six fetchers the one that makes the most.
    pub probe_rounds: f64,
    /// Gathers a second, meanwhile.
    pub gathers: f64,
    /// Share of a core of six idle fetchers and an aggregator beyond six plain consumers, median.
    pub idle: f64,
    /// Share of a core of all seven, median.
    pub idle_all: f64,
    /// How long measuring all of this took.
    pub took: f64,
    /// The machine's load when the idle roll was measured.
    pub load: String,
}

/// Measures all of it, on a Kafka of its own.
pub async fn measure() -> Result<Costs> {
    let begun = Instant::now();
    let kafka = Kafka::start(Version::V4_3).await?;
    let first_table = first_table(&kafka).await?;
    let groups = Groups::make(&kafka, 100, 6, 100).await?;
    let (watching, hundred_groups) = groups.first_table_of_all(&kafka, 100).await?;
    drop(watching);
    let (ended, hundred_sure) = groups.all(&kafka).await?;
    ensure!(ended.stdout.contains("100 groups:"), "{ended:?}");
    let zeros_auto = zeros(&kafka, "-auto", Commit::Auto).await?;
    let zeros_default = zeros(&kafka, "-default", Commit::Default).await?;
    let zeros_read = zeros(&kafka, "-read", Commit::OnlyWhatWasRead).await?;
    let probes = probes::measure(&kafka).await?;
    drop(kafka);
    let kafka = Kafka::start(Version::V4_3).await?;
    let consumer = process::binary("bench-idle").await?;
    let (plain, roll) = idle::measure(&kafka, &consumer, IDLE).await?;
    let (idle, idle_all) = idle::beyond(&plain, &roll);
    Ok(Costs {
        first_table: first_table.as_secs_f64(),
        hundred_groups: hundred_groups.as_secs_f64(),
        hundred_sure: hundred_sure.as_secs_f64(),
        zeros_auto: zeros_auto.as_secs_f64(),
        zeros_default: zeros_default.as_secs_f64(),
        zeros_read: zeros_read.as_secs_f64(),
        probe_rounds: probes.rounds,
        gathers: probes.gathers,
        idle,
        idle_all,
        took: begun.elapsed().as_secs_f64(),
        load: machine::load(),
    })
}

async fn first_table(kafka: &Kafka) -> Result<Duration> {
    let groups = Groups::make(kafka, 1, 6, 12).await?;
    let (_watching, took) = groups.first_table(kafka).await?;
    Ok(took)
}

/// From the onset to the doctor's answer, which must be right.
async fn zeros(kafka: &Kafka, suffix: &str, commit: Commit) -> Result<Duration> {
    let mut zeros = Zeros::start(kafka, suffix, commit).await?;
    let onset = zeros.break_it().await?;
    let group = zeros.group.clone();
    let args = [
        "-b",
        kafka.bootstrap(),
        "-g",
        &group,
        "--app",
        "timeout_ms=1000",
    ];
    let (answer, _) = answer(&args).await?;
    let took = onset.elapsed();
    let (said, right) = (verdicts(&answer), zeros.right());
    zeros.end().await?;
    ensure!(said == right, "{commit:?}: {said:?}, not {right:?}");
    Ok(took)
}
