//! All measurements, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;

use super::beside::{Beside, beside};
use super::delay::delays;
use super::figures::median;
use super::load::load;
use super::moments::{Moments, moments};
use super::plan::{Plan, Reader, Size};
use super::readers::Readers;
use super::run::Run;
use crate::idle;
use crate::kafka::{Kafka, Version};

/// Six members that join at once get their partitions at once, not one a second: joining is not what is measured.
const BROKER: [(&str, &str); 2] = [
    ("group.consumer.assignment.interval.ms", "0"),
    ("log.retention.check.interval.ms", "300000"),
];

/// After this, six fetchers and an aggregator have joined and read the log's tail.
const WARM_UP: Duration = Duration::from_secs(15);

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    pub(super) plan: Plan,
    pub(super) runs: BTreeMap<(Size, Reader), Vec<Run>>,
    /// Sorted milliseconds.
    pub(super) delays: BTreeMap<Reader, Vec<f64>>,
    /// With another topic at half of the speed that rollcall reached in this run.
    pub(super) beside: BTreeMap<Size, Beside>,
    pub(super) moments: Option<Moments>,
    pub(super) idle: Option<idle::Round>,
}

/// Measures all of it, on a Kafka of its own.
pub async fn measure(plan: &Plan) -> Result<Measured> {
    let kafka = Kafka::start_with(Version::V4_3, &BROKER).await?;
    let readers = Readers::get(&kafka, &plan.readers).await?;
    let mut measured = Measured {
        plan: plan.clone(),
        runs: BTreeMap::new(),
        delays: BTreeMap::new(),
        beside: BTreeMap::new(),
        moments: None,
        idle: None,
    };
    for &size in &plan.sizes {
        measured.read_all(&readers, size).await?;
    }
    for reader in [Reader::Aiokafka, Reader::Rollcall] {
        if plan.samples > 0 && plan.readers.contains(&reader) {
            eprintln!("delay of {} records: {}", plan.samples, reader.name());
            let sampled = delays(&readers, reader, plan.samples).await?;
            measured.delays.insert(reader, sampled);
        }
    }
    for &size in &plan.sizes {
        let full = median(&measured, size, Reader::Rollcall, |run| {
            Some(run.records_per_second())
        });
        if let Some(full) = full.filter(|_| plan.samples > 0) {
            eprintln!("the same beside a topic at half speed: {}", size.name());
            let half = beside(&readers, size, full / 2.0, plan.samples).await?;
            measured.beside.insert(size, half);
        }
    }
    if plan.moments && plan.readers.contains(&Reader::Rollcall) {
        eprintln!("rollcall status, rollcall up");
        measured.moments = Some(moments(&readers).await?);
    }
    if !plan.idle.is_zero() && plan.readers.contains(&Reader::Rollcall) {
        eprintln!("an idle roll, for {:?}", plan.idle);
        let plan = idle::Plan {
            rounds: 1,
            warm_up: WARM_UP,
            measured: plan.idle,
        };
        measured.idle = Some(idle::roll_round(&kafka, plan).await?);
    }
    Ok(measured)
}

impl Measured {
    /// The readers in turn, round after round; the first round warms up what they touch, and does not count.
    async fn read_all(&mut self, readers: &Readers<'_>, size: Size) -> Result<()> {
        let loaded = load(readers.kafka, &self.plan, size).await?;
        for round in 0..=self.plan.rounds {
            for &reader in &self.plan.readers {
                let run = readers.run(reader, &loaded, size).await?;
                eprintln!(
                    "{} round {round}: {:<26} {:>9.0} records/s",
                    size.name(),
                    reader.name(),
                    run.records_per_second()
                );
                if round > 0 {
                    self.runs.entry((size, reader)).or_default().push(run);
                }
            }
        }
        for topic in &loaded.topics {
            readers.kafka.delete_topic(topic).await?;
        }
        Ok(())
    }
}
