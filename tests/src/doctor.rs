//! `rollcall doctor` as a user runs it: groups for it to look at, and what it says.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rollcall_proto::v1::{Severity, VerdictCode};
use serde_json::Value;

use crate::command::Output;
use crate::kafka::{Kafka, unique};
use crate::process::{Service, run};
use crate::wait::eventually;
use crate::{Producer, Record};

/// Longer than the doctor ever takes.
const PATIENCE: Duration = Duration::from_secs(90);

/// The doctor to its end, whatever its exit code, and how long it took.
pub async fn doctor(args: &[&str]) -> Result<(Output, Duration)> {
    let begun = Instant::now();
    let ended = run("rollcall", &[&["doctor"], args].concat(), PATIENCE).await?;
    Ok((ended, begun.elapsed()))
}

/// The doctor's answer for one group, whatever its exit code.
pub async fn answer(args: &[&str]) -> Result<(Value, Duration)> {
    let (ended, took) = doctor(&[args, &["-o", "json"]].concat()).await?;
    let answer = serde_json::from_str(&ended.stdout)
        .with_context(|| format!("no document: {}\nstderr: {}", ended.stdout, ended.stderr))?;
    Ok((answer, took))
}

/// The verdicts of an answer by topic, with their severity and without their prefix; those that are confirmed.
pub fn verdicts(answer: &Value) -> BTreeMap<String, (Severity, &'static str)> {
    let topics = answer["topics"].as_array().into_iter().flatten();
    let confirmed = topics.filter(|topic| topic["verdict"]["confirmed"] == true);
    let named = confirmed.filter_map(|topic| {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let severity = Severity::from_str_name(&text(&topic["verdict"]["severity"])?)?;
        let code = VerdictCode::from_str_name(&text(&topic["verdict"]["code"])?)?;
        Some((text(&topic["topic"])?, (severity, code.name())))
    });
    named.collect()
}

/// Records in each partition of the topics of [`Groups`].
const WRITTEN: u32 = 5;
/// Time between two of them.
const GAP: Duration = Duration::from_secs(30);
/// Every so many groups one lags, beginning with the first.
const LAGS: usize = 10;

/// Groups without members that have committed every partition of the same topics, in each of which a few records lie.
///
/// Most have read everything. Every tenth lags, by partition number modulo 5 records: from 0 to 4 of the 5.
#[derive(Debug)]
pub struct Groups {
    /// What all their names begin with.
    pub prefix: String,
    topics: Vec<String>,
    partitions: i32,
}

impl Groups {
    /// Makes so many topics with so many partitions each, and so many groups.
    pub async fn make(
        kafka: &Kafka,
        groups: usize,
        topics: usize,
        partitions: i32,
    ) -> Result<Self> {
        let prefix = unique("many");
        let names = (0..topics).map(|number| format!("{prefix}-t{number}"));
        let made = Self {
            topics: names.collect(),
            prefix,
            partitions,
        };
        let producer = Producer::new(kafka.bootstrap())?;
        for topic in &made.topics {
            kafka.create_topic(topic, partitions, &[]).await?;
            producer.send_all(topic, made.records()).await?;
        }
        for number in 0..groups {
            let offset = |partition: i32| match number % LAGS {
                0 => i64::from(WRITTEN) - Self::lag_of(partition),
                _ => i64::from(WRITTEN),
            };
            let logs = made.topics.iter().flat_map(|topic| {
                let logs = made.each().map(move |partition| (topic, partition));
                logs.map(|(topic, partition)| (topic.as_str(), partition, offset(partition)))
            });
            let commits: Vec<(&str, i32, i64)> = logs.collect();
            let group = made.group(number);
            kafka.alter_group_offsets(&group, &commits).await?;
        }
        Ok(made)
    }

    /// A group by its number.
    pub fn group(&self, number: usize) -> String {
        format!("{}-g{number}", self.prefix)
    }

    /// Records that a group which lags has not read of one partition.
    pub fn lag_of(partition: i32) -> i64 {
        i64::from(partition) % i64::from(WRITTEN)
    }

    /// Records that a group which lags has not read, of all topics.
    pub fn lag(&self) -> i64 {
        let of_topic: i64 = self.each().map(Self::lag_of).sum();
        of_topic * i64::try_from(self.topics.len()).unwrap_or(i64::MAX)
    }

    fn each(&self) -> Range<i32> {
        0..self.partitions
    }

    /// What lies in a topic.
    fn records(&self) -> Vec<Record> {
        let ages = (1..=WRITTEN).rev().map(|age| GAP * age);
        let of_age = |age| {
            let record = move |partition| Record::numbered(0).to_partition(partition).aged(age);
            self.each().map(record)
        };
        ages.flat_map(of_age).collect()
    }

    /// Watches the first group; the running doctor, and how long its first table took.
    pub async fn first_table(&self, kafka: &Kafka) -> Result<(Service, Duration)> {
        table(kafka, &["-g", &self.group(0)], self.topics.len()).await
    }

    /// Watches all of so many groups; the running doctor, and how long it took until it had a verdict of each topic for
    /// every one of them.
    pub async fn first_table_of_all(
        &self,
        kafka: &Kafka,
        groups: usize,
    ) -> Result<(Service, Duration)> {
        let verdicts = self.topics.len() * groups;
        table(kafka, &["--group-regex", &self.all_names()], verdicts).await
    }

    fn all_names(&self) -> String {
        format!("{}-.*", self.prefix)
    }

    /// Looks at all groups once; what was said, and how long it took.
    pub async fn all(&self, kafka: &Kafka) -> Result<(Output, Duration)> {
        doctor(&[
            "-b",
            kafka.bootstrap(),
            "--group-regex",
            &self.all_names(),
            "--for",
            "30s",
        ])
        .await
    }
}

/// Watches these groups until so many verdicts were said; the running doctor, and how long that took.
async fn table(kafka: &Kafka, groups: &[&str], verdicts: usize) -> Result<(Service, Duration)> {
    let begun = Instant::now();
    let args = [&["doctor", "-b", kafka.bootstrap(), "-w"], groups].concat();
    let watching = Service::start("rollcall", &args).await?;
    let said = async || {
        let said = watching.stdout()?.lines().count();
        ensure!(said >= verdicts, "{said} verdicts of {verdicts}");
        Ok(())
    };
    eventually("every verdict is said", PATIENCE, said).await?;
    Ok((watching, begun.elapsed()))
}
