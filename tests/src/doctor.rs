//! `rollcall doctor` as a user runs it: groups for it to look at, and what it says.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::Output;
use crate::kafka::{Kafka, unique};
use crate::process::{Service, run};

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

/// The verdicts of an answer by topic, without their prefix; those that are confirmed.
pub fn verdicts(answer: &Value) -> BTreeMap<String, String> {
    let topics = answer["topics"].as_array().into_iter().flatten();
    let confirmed = topics.filter(|topic| topic["verdict"]["confirmed"] == true);
    let named = confirmed.map(|topic| {
        let code = topic["verdict"]["code"].as_str().unwrap_or_default();
        let code = code.trim_start_matches("VERDICT_CODE_").to_owned();
        (topic["topic"].as_str().unwrap_or_default().to_owned(), code)
    });
    named.collect()
}

/// Groups that have committed every partition of the same topics.
#[derive(Debug)]
pub struct Groups {
    /// What all their names begin with.
    pub prefix: String,
    /// How many topics there are.
    topics: usize,
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
        let names: Vec<String> = (0..topics)
            .map(|number| format!("{prefix}-t{number}"))
            .collect();
        for topic in &names {
            kafka.create_topic(topic, partitions, &[]).await?;
        }
        let each = names
            .iter()
            .flat_map(|topic| (0..partitions).map(move |p| (topic.as_str(), p, 0)));
        let commits: Vec<(&str, i32, i64)> = each.collect();
        for number in 0..groups {
            let group = format!("{prefix}-g{number}");
            kafka.alter_group_offsets(&group, &commits).await?;
        }
        Ok(Self { prefix, topics })
    }

    /// Watches the first group; the running doctor, and how long its first table took.
    pub async fn first_table(&self, kafka: &Kafka) -> Result<(Service, Duration)> {
        let group = format!("{}-g0", self.prefix);
        let begun = Instant::now();
        let args = ["doctor", "-b", kafka.bootstrap(), "-g", &group, "-w"];
        let mut watching = Service::start("rollcall", &args).await?;
        let last = format!("-t{} ", self.topics - 1);
        let row = |line: &str| line.contains(&last).then_some(());
        watching.line("a row", Duration::from_secs(20), row).await?;
        Ok((watching, begun.elapsed()))
    }

    /// Looks at all groups once; what was said, and how long it took.
    pub async fn all(&self, kafka: &Kafka) -> Result<(Output, Duration)> {
        let pattern = format!("{}-.*", self.prefix);
        doctor(&[
            "-b",
            kafka.bootstrap(),
            "--group-regex",
            &pattern,
            "--for",
            "30s",
        ])
        .await
    }
}
