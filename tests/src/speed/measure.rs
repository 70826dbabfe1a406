//! All measurements, one after the other. What fails is told in its place, and the others go on.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Error, Result};

use super::beside::{Beside, beside};
use super::delay::delays;
use super::figures::rate;
use super::load::load;
use super::moments::{Moments, moments};
use super::plan::{Plan, Reader, Size};
use super::readers::{Others, Readers};
use super::room;
use super::run::Run;
use crate::idle;
use crate::kafka::{Kafka, Version};

/// Six members that join at once get their partitions at once, not one a second: joining is not what is measured. Topics that
/// are done with leave the disk soon.
const BROKER: [(&str, &str); 3] = [
    ("group.consumer.assignment.interval.ms", "0"),
    ("log.retention.check.interval.ms", "300000"),
    ("log.segment.delete.delay.ms", "1000"),
];

/// After this, six fetchers and an aggregator have joined and read the log's tail.
const WARM_UP: Duration = Duration::from_secs(15);

/// Who is timed from produce to the client's hands.
const TIMED: [Reader; 2] = [Reader::Aiokafka, Reader::Rollcall];

/// The reason of a failure is cut off after so many characters: a process may have said a lot.
const REASON: usize = 400;

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    pub(super) plan: Plan,
    /// Why the figures are to be read with care.
    pub(super) warnings: Vec<String>,
    /// Readers that are not part of the workspace, with their versions.
    pub(super) others: Vec<String>,
    pub(super) runs: BTreeMap<(Size, Reader), Vec<Run>>,
    /// Sorted milliseconds of each round.
    pub(super) delays: BTreeMap<Reader, Vec<Vec<f64>>>,
    /// Each round with another topic at half of the speed that rollcall reached in this run.
    pub(super) beside: BTreeMap<Size, Vec<Beside>>,
    pub(super) moments: Option<Moments>,
    pub(super) idle: Option<idle::Round>,
    /// What failed, and why.
    pub(super) missing: BTreeMap<Step, String>,
}

/// A part of the whole that may fail alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Read(Size, Reader),
    Delay(Reader),
    Beside(Size),
    Moments,
    Idle,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(size, reader) => write!(f, "{} of {}", reader.name(), size.name()),
            Self::Delay(reader) => write!(f, "the delay of {}", reader.name()),
            Self::Beside(size) => write!(f, "the delay beside records of {}", size.name()),
            Self::Moments => write!(f, "rollcall status, rollcall up"),
            Self::Idle => write!(f, "an idle roll"),
        }
    }
}

/// Measures all of it, on a Kafka of its own. An error where it cannot even begin.
pub async fn measure(plan: &Plan) -> Result<Measured> {
    let others = Others::look_for(&plan.readers).await?;
    let warnings = room::look(plan).await?;
    for warning in &warnings {
        eprintln!("{warning}");
    }
    let kafka = Kafka::start_with(Version::V4_3, &BROKER).await?;
    let mut measured = Measured::nothing(plan);
    measured.warnings = warnings;
    measured.others.clone_from(&others.versions);
    let readers = Readers::new(&kafka, others);
    for &size in &plan.sizes {
        measured.read_all(&readers, size).await;
    }
    if plan.samples > 0 {
        measured.time(&readers).await;
    }
    if plan.readers.contains(&Reader::Rollcall) {
        measured.look(&readers).await;
    }
    Ok(measured)
}

impl Measured {
    pub(super) fn nothing(plan: &Plan) -> Self {
        Self {
            plan: plan.clone(),
            warnings: Vec::new(),
            others: Vec::new(),
            runs: BTreeMap::new(),
            delays: BTreeMap::new(),
            beside: BTreeMap::new(),
            moments: None,
            idle: None,
            missing: BTreeMap::new(),
        }
    }

    /// Whether nothing of the plan failed.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// The readers in turn, round after round; the first round warms up what they touch, and does not count. A reader that
    /// fails has no more turns.
    async fn read_all(&mut self, readers: &Readers<'_>, size: Size) {
        let loaded = match load(readers.kafka, &self.plan, size).await {
            Ok(loaded) => loaded,
            Err(error) => {
                for reader in self.plan.readers.clone() {
                    self.miss(Step::Read(size, reader), &error);
                }
                return;
            }
        };
        for round in 0..=self.plan.rounds {
            for reader in self.plan.readers.clone() {
                let step = Step::Read(size, reader);
                if self.missing.contains_key(&step) {
                    continue;
                }
                let run = readers.run(reader, &loaded, size).await;
                let Some(run) = self.or_missing(step, run) else {
                    continue;
                };
                let (size_name, name, rate) =
                    (size.name(), reader.name(), run.records_per_second());
                eprintln!("{size_name} round {round}: {name:<26} {rate:>9.0} records/s");
                if round > 0 {
                    self.runs.entry((size, reader)).or_default().push(run);
                }
            }
        }
        for topic in &loaded.topics {
            // What stays takes disk, and nothing else.
            if let Err(error) = readers.kafka.delete_topic(topic).await {
                eprintln!("{topic} stays: {error:#}");
            }
        }
    }

    /// From produce to the client's hands, round after round.
    async fn time(&mut self, readers: &Readers<'_>) {
        for round in 1..=self.plan.rounds {
            for reader in TIMED {
                if self.plan.readers.contains(&reader) {
                    self.time_idle(readers, round, reader).await;
                }
            }
            for size in self.plan.sizes.clone() {
                self.time_beside(readers, round, size).await;
            }
        }
    }

    async fn time_idle(&mut self, readers: &Readers<'_>, round: usize, reader: Reader) {
        let (step, samples) = (Step::Delay(reader), self.plan.samples);
        if !self.missing.contains_key(&step) {
            eprintln!("round {round}: {step}, {samples} records");
            let sampled = delays(readers, reader, samples).await;
            if let Some(sampled) = self.or_missing(step, sampled) {
                self.delays.entry(reader).or_default().push(sampled);
            }
        }
    }

    async fn time_beside(&mut self, readers: &Readers<'_>, round: usize, size: Size) {
        let (step, samples) = (Step::Beside(size), self.plan.samples);
        let full = rate(self, size, Reader::Rollcall).filter(|_| !self.missing.contains_key(&step));
        if let Some(full) = full {
            eprintln!("round {round}: {step} at half of full speed");
            let half = beside(readers, size, full.median / 2.0, samples).await;
            if let Some(half) = self.or_missing(step, half) {
                self.beside.entry(size).or_default().push(half);
            }
        }
    }

    /// What a person waits for, and what idling costs.
    async fn look(&mut self, readers: &Readers<'_>) {
        if self.plan.moments {
            eprintln!("{}", Step::Moments);
            let waited = moments(readers).await;
            self.moments = self.or_missing(Step::Moments, waited);
        }
        if !self.plan.idle.is_zero() {
            eprintln!("{}, for {:?}", Step::Idle, self.plan.idle);
            let plan = idle::Plan {
                rounds: 1,
                warm_up: WARM_UP,
                measured: self.plan.idle,
            };
            let round = idle::roll_round(readers.kafka, plan).await;
            self.idle = self.or_missing(Step::Idle, round);
        }
    }

    fn or_missing<T>(&mut self, step: Step, measured: Result<T>) -> Option<T> {
        measured.map_err(|error| self.miss(step, &error)).ok()
    }

    /// Notes why a step failed, in one line that a table can hold.
    pub(super) fn miss(&mut self, step: Step, error: &Error) {
        let words = format!("{error:#}").replace('|', "/");
        let words: Vec<&str> = words.split_whitespace().collect();
        let why: String = words.join(" ").chars().take(REASON).collect();
        eprintln!("not measured: {step}: {why}");
        self.missing.insert(step, why);
    }
}
